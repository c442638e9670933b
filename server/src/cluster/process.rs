//! A process of this machine, known by more than its pid: pids are given again.

use std::fs;
use std::io;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

/// A process, running or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Its pid, as long as it runs.
    pub pid: u32,
    /// When it began: the boot of the machine, and the clock ticks from then on. No other process ever has the same
    /// with the same pid.
    pub started: String,
}

/// What a process can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// To end in an orderly way.
    Terminate,
    /// To end at once: it is not asked.
    Kill,
    /// To stop running, and lose nothing.
    Stop,
    /// To run again.
    Continue,
}

impl Process {
    /// The process that now has this pid.
    ///
    /// # Errors
    /// When there is none.
    pub fn of_pid(pid: u32) -> io::Result<Process> {
        let (started, _) = look_up(pid)?;
        Ok(Process { pid, started })
    }

    /// Whether it still runs, if only stopped. One that has ended and that its parent has not taken note of does not.
    pub fn is_running(&self) -> bool {
        match look_up(self.pid) {
            Ok((started, _)) if started != self.started => false,
            // Its first thread has ended. The others may still be there, and with them its sockets and its locks.
            Ok((_, 'Z' | 'X')) => !has_ended(self.pid),
            Ok(_) => true,
            Err(_) => false,
        }
    }

    /// Sends it a signal. Says false when it does not run any more; who has its pid now is not touched.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn signal(&self, signal: Signal) -> io::Result<bool> {
        let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) else {
            return Ok(false);
        };
        // The handle stays that of one process: if it is the right one after it was opened, the signal goes to it.
        let handle = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(handle) => handle,
            Err(rustix::io::Errno::SRCH) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        if !self.is_running() {
            return Ok(false);
        }
        match pidfd_send_signal(&handle, signal.number()) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::SRCH) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl Signal {
    fn number(self) -> rustix::process::Signal {
        match self {
            Signal::Terminate => rustix::process::Signal::TERM,
            Signal::Kill => rustix::process::Signal::KILL,
            Signal::Stop => rustix::process::Signal::STOP,
            Signal::Continue => rustix::process::Signal::CONT,
        }
    }
}

/// Whether all threads of the process with this pid have ended.
fn has_ended(pid: u32) -> bool {
    let Some(handle) =
        i32::try_from(pid).ok().and_then(Pid::from_raw).map(|pid| pidfd_open(pid, PidfdFlags::empty()))
    else {
        return true;
    };
    let Ok(handle) = handle else { return true };
    let mut ends = [PollFd::new(&handle, PollFlags::IN)];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut ends, Some(&at_once)).is_ok_and(|count| count == 1)
}

/// When the process with this pid began, and its state, as one letter (`man 5 proc`).
fn look_up(pid: u32) -> io::Result<(String, char)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    // The name stands in brackets and may hold anything, brackets too: the fields begin after the last one. The state
    // is the third field of the line, the start the 22nd.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let state = fields.first().and_then(|field| field.chars().next());
    match (state, fields.get(19)) {
        (Some(state), Some(ticks)) => Ok((format!("{}+{ticks}", boot.trim()), state)),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "/proc does not look as it should")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command};

    fn sleeper() -> Child {
        Command::new("sleep").arg("600").spawn().expect("sleep can be run")
    }

    #[test]
    fn a_process_runs_until_it_is_killed_also_if_nobody_takes_note() {
        let mut child = sleeper();
        let process = Process::of_pid(child.id()).expect("it runs");
        assert!(process.is_running());
        assert!(process.signal(Signal::Stop).expect("it may be signalled"));
        assert!(process.is_running());
        assert!(process.signal(Signal::Kill).expect("it may be signalled"));
        child.wait().expect("it ends");
        assert!(!process.is_running());
        assert!(!process.signal(Signal::Kill).expect("nobody is signalled"));
    }

    #[test]
    fn a_pid_that_was_given_again_is_not_signalled() {
        let mut child = sleeper();
        let process = Process::of_pid(child.id()).expect("it runs");
        let before = Process { started: "another boot+1".to_owned(), ..process.clone() };
        assert!(!before.is_running());
        assert!(!before.signal(Signal::Kill).expect("nobody is signalled"));
        assert!(process.is_running());
        child.kill().and_then(|()| child.wait()).expect("it ends");
    }
}

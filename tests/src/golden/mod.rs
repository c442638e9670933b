//! Golden scripts: a law of Raft as a few commands to real nodes, and under them what the nodes do.
//!
//! A script is a file of `tests/golden/`. Its first line is its law. Each block of commands is followed by `---` and
//! by what came of it in the notation of `notation.rs`, and a test fails where that differs; `make golden` writes it
//! anew. `expect`, `count` and `converged` fail by themselves, so that no law goes by being written anew. The form is
//! that of the crate `goldenscript`: `( … )` is silent, `!` must fail, `#` begins a remark.
//!
//! Of a message, the line tells that it is sent, `lost:` that it does not arrive, `in silence:` that it arrives and the
//! node has nothing to say to it; of a message that arrives and has an effect, the effect is told.
//!
//! | command | what it does |
//! |---|---|
//! | `cluster N …` | starts n0 … n(N-1) with empty disks; first in every script. Settings below; `without=RULE` leaves a rule out, `rounds=true` shows the rounds of leaders' messages |
//! | `newcomer ID …` | starts a server that waits to be added; it may have settings of its own |
//! | `log ID TERM… term=T` | restarts a server with this log, given as the term of each entry, in term T (or its last) |
//! | `timeout ID` | its election timer runs out |
//! | `tick ID` | its timers are looked at |
//! | `elect ID` | time passes in which nobody hears a leader, its timer runs out, everything is delivered, twice |
//! | `heartbeat ID` | a heartbeat interval later, its timers are looked at |
//! | `pass MS`, `run MS` | time passes and timers run out; in a `run` messages arrive at once, else they wait |
//! | `skip MS` | time passes and nobody looks at a timer |
//! | `deliver …`, `drop …`, `double …`, `hold …` | messages under way, of those `from=ID to=ID kind=KIND with=INDEX`, or the one of them numbered `nth=1`, arrive, are lost, get a copy and come last, are kept back |
//! | `release` | what is kept back is under way again |
//! | `settle` | everything is delivered, and what it causes |
//! | `cut ID ID`, `isolate ID…`, `heal` | a link loses everything in that direction; these servers and the others lose all that they send each other; nothing is lost |
//! | `slow ID`, `fast ID` | its writes wait to be synced; they do not |
//! | `sync ID count=N` | its writes become durable, all or the oldest N |
//! | `fail ID` | a write of its fails |
//! | `crash ID`, `restart ID …` | the process ends, and what is not synced is lost; it starts from its disk, with new settings |
//! | `propose ID NAME… size=N` | clients want commands in the log |
//! | `read ID NAME`, `readhere ID NAME` | a client wants to read, from a leader; from this server |
//! | `transfer ID ID` | leadership should go to the second |
//! | `members ID add="ID…" remove="ID…" learners="ID…"` | a change of the membership |
//! | `snapshot ID size=N` | it takes a snapshot and compacts its log |
//! | `inject ID ID KIND term=T …` | a message out of nowhere, from the first to the second: `last=3@1`, `prev=3@1 entries="4@2" commit=3`, `granted=true` |
//! | `state ID…` | shows them |
//! | `expect ID …` | fails unless `role=`, `term=`, `vote=`, `leader=`, `log="1@1 2@1"`, `last=2@1`, `durable=`, `commit=`, `commands="a b"`, `answered="a r"` (what was answered and not refused), `config=`, `snapshot=`, or, of a leader, `match="n1:3"`, `next="n1:4"`, `sends="n1:probe"`, is so |
//! | `count N …` | fails unless so many such messages are under way |
//! | `converged` | fails unless all that run hold the same log and have applied the same commands |
//!
//! Settings: `pre_vote`, `check_quorum`, `max_entries`, `max_bytes`, `max_inflight`, `max_uncommitted`, `chunk`, `lease_drift`.

mod bench;
mod commands;
mod laws;
mod notation;
mod view;

use std::error::Error;
use std::path::Path;

use goldenscript::{Command, Context};
use mini_raft_core::raft::Rule;

use bench::Bench;

/// Plays the script at `path` and compares what comes of it.
///
/// # Panics
/// Where it differs, where an expectation of the script fails, and where a law of Figure 3 is broken by nodes that keep
/// all rules.
pub fn play(path: &Path) {
    goldenscript::run(&mut Stage::default(), path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// Whether the script `text` notices that its nodes leave `rule` out, besides those that it leaves out itself: something
/// that it expects is not so. That the nodes do something else is not enough.
pub fn notices_without(text: &str, rule: Rule) -> bool {
    let play = || goldenscript::generate(&mut Stage { bench: None, without: Some(rule) }, text);
    // Nodes without a rule may come to a state that they know cannot be.
    !matches!(std::panic::catch_unwind(play), Ok(Ok(_)))
}

/// Where a script is played: nothing before `cluster`.
#[derive(Default)]
struct Stage {
    bench: Option<Bench>,
    /// A rule that every cluster leaves out, whatever the script says.
    without: Option<Rule>,
}

impl goldenscript::Runner for Stage {
    type Command = Command;

    fn run(&mut self, command: &Command, _context: &Context) -> Result<String, Box<dyn Error>> {
        let shown = self.obey(command)?;
        let bench = self.bench.as_mut().ok_or("a script begins with `cluster`")?;
        Ok(bench.take_told()? + &shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint_about(script: &str) -> String {
        goldenscript::generate(&mut Stage::default(), script).expect_err("it should fail").to_string()
    }

    /// No output is written that hides it.
    #[test]
    fn an_expectation_that_is_not_met_fails() {
        let told = complaint_about("cluster 3\n(elect n0)\nexpect n0 role=leader term=2\n---\n");
        assert!(told.contains("n0: term is 1, not 2"), "{told}");
        let told = complaint_about("cluster 3\n(timeout n0)\ncount 3 kind=PreVote\n---\n");
        assert!(told.contains("2 such messages are under way, not 3"), "{told}");
        let told = complaint_about("cluster 3\nlog n0 1 1\nconverged\n---\n");
        assert!(told.contains("these differ"), "{told}");
    }

    /// Here the script itself makes an entry that cannot be.
    #[test]
    fn a_broken_law_fails() {
        let told = complaint_about("cluster 3\n(elect n0)\nlog n1 1\n---\n");
        assert!(told.contains("log matching: 1@1"), "{told}");
        let vote_twice = "(cluster 3 pre_vote=false)\n(timeout n0)\n(settle)\n(isolate n0)\n(log n1 term=0)\n(log n2 term=0)\n";
        let told = complaint_about(&format!("{vote_twice}(timeout n1)\n(settle)\n---\n"));
        assert!(told.contains("election safety: n0 and n1 lead in term 1"), "{told}");
    }

    /// A rule that a script leaves out may break laws.
    #[test]
    fn laws_are_not_watched_without_a_rule() {
        let script = "(cluster 3 without=vote-is-durable)\n(elect n0)\nlog n1 1\n---\n";
        assert!(goldenscript::generate(&mut Stage::default(), script).is_ok());
    }
}

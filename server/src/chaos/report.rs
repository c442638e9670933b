//! What is told of a run in the end.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::nemesis::{Fault, FaultKind};

/// A run with fewer acknowledged writes than this has shown nothing.
const WRITES_MIN: u64 = 100;

/// What a run did, and what was wrong.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Nothing was wrong, and the run was worth something.
    pub ok: bool,
    /// All that was wrong, in sentences.
    pub problems: Vec<String>,
    /// What the faults were drawn from.
    pub seed: u64,
    /// How long the clients worked.
    pub duration_ms: u64,
    /// What the clients did.
    pub operations: Operations,
    /// What struck.
    pub faults: Vec<Struck>,
    /// How many times a process was killed.
    pub kills: u64,
    /// How often the leader changed.
    pub leader_changes: u64,
    /// What the judge said.
    pub linearizability: Judged,
    /// What was read back in the end.
    pub read_back: ReadBack,
    /// Whether all nodes held the same in the end.
    pub nodes_equal: bool,
}

/// How the operations of all clients ended.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Operations {
    /// Writes with an answer.
    pub writes: u64,
    /// Reads with an answer.
    pub reads: u64,
    /// Certainly not done.
    pub refused: u64,
    /// Writes that may have been done.
    pub unknown: u64,
}

/// A fault that struck.
#[derive(Clone, Debug, Serialize)]
pub struct Struck {
    /// When, from the start of the clients.
    pub at_ms: u64,
    /// Of what kind.
    pub kind: FaultKind,
    /// In words.
    pub what: String,
    /// From its end until a client's write was acknowledged.
    pub served_after_ms: u64,
}

/// What the judge said of the histories of keys.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Judged {
    /// How many there were.
    pub keys: u64,
    /// How many operations they had.
    pub operations: u64,
    /// The keys that no order explains, with what cannot be explained.
    pub broken: BTreeMap<String, String>,
    /// The keys of which nothing can be said.
    pub undecided: Vec<String>,
}

/// What was read back in the end of what was written once.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ReadBack {
    /// How many writes were acknowledged.
    pub acknowledged: u64,
    /// Acknowledged, and not there.
    pub lost: Vec<String>,
    /// There, and never written, or refused.
    pub invented: Vec<String>,
}

impl Struck {
    pub(super) fn new(at: Duration, fault: &Fault) -> Struck {
        Struck {
            at_ms: at.as_millis() as u64,
            kind: fault.kind,
            what: fault.what.clone(),
            served_after_ms: 0,
        }
    }
}

impl Report {
    /// Adds what the numbers say is wrong, and decides whether the run was good.
    pub(super) fn close(mut self) -> Report {
        let mut wrong = |what: String| self.problems.push(what);
        if !self.read_back.lost.is_empty() {
            wrong(format!("acknowledged writes are lost: {}", some_of(&self.read_back.lost)));
        }
        if !self.read_back.invented.is_empty() {
            wrong(format!("there are keys that nobody wrote: {}", some_of(&self.read_back.invented)));
        }
        for (key, what) in self.linearizability.broken.iter().take(3) {
            wrong(format!("the history of {key} is not linearizable: {what}"));
        }
        if !self.linearizability.undecided.is_empty() {
            let keys = some_of(&self.linearizability.undecided);
            wrong(format!("of these keys the judge cannot say whether they are linearizable: {keys}"));
        }
        if !self.nodes_equal {
            wrong("the nodes do not hold the same in the end".to_owned());
        }
        if self.faults.is_empty() {
            wrong("no fault struck: the run shows nothing".to_owned());
        }
        if self.operations.writes < WRITES_MIN {
            let writes = self.operations.writes;
            wrong(format!(
                "only {writes} writes were acknowledged, at least {WRITES_MIN} are wanted: run longer"
            ));
        }
        self.ok = self.problems.is_empty();
        self
    }
}

fn some_of(keys: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = keys.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if keys.len() > SHOWN { format!("{shown} and {} more", keys.len() - SHOWN) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Report {
        let operations = Operations { writes: WRITES_MIN, reads: 1, refused: 0, unknown: 0 };
        let struck = Struck { at_ms: 1, kind: FaultKind::Kill, what: String::new(), served_after_ms: 1 };
        Report { operations, faults: vec![struck], nodes_equal: true, ..Report::default() }
    }

    #[test]
    fn a_run_is_good_only_if_it_lost_nothing_and_showed_something() {
        assert!(good().close().ok);
        let bad: [fn(&mut Report); 7] = [
            |report| report.read_back.lost.push("k".to_owned()),
            |report| report.read_back.invented.push("k".to_owned()),
            |report| report.linearizability.undecided.push("k".to_owned()),
            |report| drop(report.linearizability.broken.insert("k".to_owned(), "why".to_owned())),
            |report| report.nodes_equal = false,
            |report| report.faults.clear(),
            |report| report.operations.writes = WRITES_MIN - 1,
        ];
        for (number, spoil) in bad.into_iter().enumerate() {
            let mut report = good();
            spoil(&mut report);
            let report = report.close();
            assert!(!report.ok && report.problems.len() == 1, "{number}: {:?}", report.problems);
        }
    }
}

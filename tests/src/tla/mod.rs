//! Runs of the core in TLA+, for an outside judge: a model checker that is told what Raft is by `docs/tla/Raft.tla`
//! and knows nothing of this program.
//!
//! [`Behaviour::of`] plays a scenario and tells of every step that its servers took which step of the specification it
//! is, and how the server looks from outside afterwards. [`Behaviour::module`] is the module that `RaftTrace.tla`
//! reads. A step is named by what the core says that it did (its facts) and by what it wrote and sent; whether it was
//! allowed, and whether it leads to the state that was seen, is for the checker to say.

mod message;
mod mirror;
mod needed;
mod recording;
mod translate;

use std::fmt::Write as _;

use mini_raft_core::raft::NodeId;
use mini_raft_core::scenario::{self, Scenario};
use mini_raft_core::sim::Command;
use mini_raft_core::time::Micros;

pub use message::{Message, Server, list};
use recording::Recording;
pub use recording::{Kept, Seen};

/// A run as a behaviour of the specification.
pub struct Behaviour {
    servers: u32,
    voters: u32,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// A step of the specification.
#[derive(Clone, Debug)]
pub struct Step {
    /// When.
    pub at: Micros,
    /// The action.
    pub action: &'static str,
    /// Whose step.
    pub server: Option<NodeId>,
    /// What else the action needs: names and values in TLA+.
    pub details: Vec<(&'static str, String)>,
    /// How the server looks afterwards, if that was seen.
    pub seen: Option<Seen>,
    /// Promises that the server has given by now.
    pub promised: Vec<Message>,
}

impl Behaviour {
    /// Plays a scenario to its end.
    pub fn of(scenario: &Scenario) -> Behaviour {
        let recording = Recording::of(scenario);
        let steps = translate::steps(&recording);
        Behaviour { servers: recording.servers, voters: recording.voters, steps }
    }

    /// The module `TraceData`.
    pub fn module(&self) -> String {
        let servers = |count| list((0..count).map(|number| Server(NodeId(number))));
        let mut text = String::from("---- MODULE TraceData ----\nEXTENDS Raft\n\n");
        let _ = writeln!(text, "TraceServer == {{{}}}\n", servers(self.servers));
        let _ = writeln!(text, "TraceVoters == {{{}}}\n", servers(self.voters));
        text.push_str(KEPT);
        text.push_str("TraceSteps == <<\n");
        text.push_str(&self.steps.iter().map(Step::record).collect::<Vec<_>>().join(",\n"));
        text.push_str("\n>>\n\n====\n");
        text
    }
}

/// What of a server's state a crash does not touch, of the log only its end: `Kept` in the trace.
const KEPT: &str = "Kept(ofTerm, ofVote, ofBase, ofLast, ofLastTerm) ==\n    \
    [term |-> ofTerm, vote |-> ofVote, base |-> ofBase, last |-> ofLast, lastTerm |-> ofLastTerm]\n\n";

impl Step {
    /// The step in a sentence, for a message to people.
    pub fn describe(&self) -> String {
        let server = self.server.map_or("the network".to_owned(), |id| id.to_string());
        let details = self.details.iter().map(|(name, value)| format!("{name} = {value}"));
        format!("{} at {} µs, {}: {}", self.action, self.at.0, server, list(details))
    }

    fn record(&self) -> String {
        let mut fields = vec![format!("action |-> \"{}\"", self.action)];
        fields.extend(self.server.map(|id| format!("node |-> {}", Server(id))));
        fields.extend(self.details.iter().map(|(name, value)| format!("{name} |-> {value}")));
        if let Some(Seen { memory, disk, role, commit }) = &self.seen {
            fields.push(format!(
                "seen |-> [memory |-> {memory}, disk |-> {disk}, role |-> \"{role}\", commit |-> {commit}]"
            ));
        }
        if !self.promised.is_empty() {
            fields.push(format!("promised |-> {{{}}}", list(&self.promised)));
        }
        format!("    [{}]", fields.join(", "))
    }
}

/// The scenarios of the library whose runs a judge can be asked about, each with its name: those that leave out no rule
/// and lose no disk, and no more than the first seconds of the long ones.
pub fn judged() -> impl Iterator<Item = (&'static str, Scenario)> {
    let builtins = scenario::library().iter().map(|builtin| (builtin.stem, builtin.scenario()));
    builtins.filter(|(_, scenario)| scenario.setup.without.is_empty() && !loses_a_disk(scenario)).map(
        |(stem, mut scenario)| {
            scenario.end_at(scenario.until.min(SPAN_MAX));
            (stem, scenario)
        },
    )
}

/// Whether a server loses its disk, which the specification leaves out: see `docs/tla/README.md`.
pub fn loses_a_disk(scenario: &Scenario) -> bool {
    scenario.steps.iter().any(|step| matches!(step.command, Command::Wipe { .. }))
}

/// What the long scenarios do after that is more of the same.
const SPAN_MAX: Micros = Micros::from_millis(15_000);

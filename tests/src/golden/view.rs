//! What a golden script can see of nodes, and expect of them.

use mini_raft_core::raft::{Index, Node, NodeId, Progress, ProgressState, Switchable};

use super::bench::Bench;
use super::commands::parse_id;
use super::notation;

impl Bench {
    /// `n0@1 leader vote=n0 log=[1@1 2@1] durable=2 commit=2 commands=[x]`.
    pub(super) fn state(&self, id: NodeId) -> Result<String, String> {
        let node = self.node(id)?;
        let (term, vote, log) = (node.current_term(), voted_for(node), log(node));
        let (durable, commit, commands) =
            (node.durable_index(), node.commit_index(), self.commands(id).join(" "));
        let snapshot = node.log().snapshot_id();
        let snapshot =
            if snapshot.index > Index::ZERO { format!(" snapshot={snapshot}") } else { String::new() };
        Ok(format!(
            "{}@{term} {} vote={vote}{snapshot} log=[{log}] durable={durable} commit={commit} commands=[{commands}]\n",
            notation::node(id),
            node.role(),
        ))
    }

    /// Fails unless all of this is so.
    pub(super) fn expect(&self, id: NodeId, wanted: &[(&str, &str)]) -> Result<(), String> {
        let node = self.node(id)?;
        let mut wrong = Vec::new();
        for (what, wanted) in wanted {
            let found = self.look(node, what, wanted)?;
            if found != *wanted {
                wrong.push(format!("{}: {what} is {found}, not {wanted}", notation::node(id)));
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    fn look(&self, node: &Node<Switchable>, what: &str, wanted: &str) -> Result<String, String> {
        // What a leader knows of another is asked for as `n1:3`.
        let of = |tell: fn(&Progress) -> String| -> Result<String, String> {
            let id = parse_id(wanted.split(':').next().unwrap_or_default())?;
            let found = node.progress().find(|(other, _)| *other == id);
            let told = found.map_or("unknown".to_owned(), |(_, progress)| tell(progress));
            Ok(format!("{}:{told}", notation::node(id)))
        };
        Ok(match what {
            "role" => node.role().to_string(),
            "term" => node.current_term().to_string(),
            "vote" => voted_for(node),
            "leader" => node.leader().map_or("none".to_owned(), notation::node),
            "log" => log(node),
            "last" => node.log().last().to_string(),
            "durable" => node.durable_index().to_string(),
            "commit" => node.commit_index().to_string(),
            "commands" => self.commands(node.id()).join(" "),
            "answered" => self.answered(node.id()).join(" "),
            "config" => notation::configuration(node.configuration()),
            "snapshot" => node.log().snapshot_id().to_string(),
            "halted" => node.is_halted().to_string(),
            "match" => of(|progress| progress.match_index.to_string())?,
            "next" => of(|progress| progress.next_index.to_string())?,
            "sends" => of(|progress| sending(progress).to_owned())?,
            other => return Err(format!("nothing is called {other}")),
        })
    }

    /// Fails unless all that run hold the same log and have applied the same commands.
    pub(super) fn converged(&self) -> Result<(), String> {
        let running: Vec<NodeId> = self.ids().into_iter().filter(|id| self.node(*id).is_ok()).collect();
        let mut all = running.iter().map(|id| -> Result<_, String> {
            let node = self.node(*id)?;
            Ok((*id, node.log().last(), node.commit_index(), self.commands(*id).join(" ")))
        });
        let Some(first) = all.next().transpose()? else { return Err("nobody runs".to_owned()) };
        for other in all {
            let other = other?;
            if (other.1, other.2, &other.3) != (first.1, first.2, &first.3) {
                return Err(format!("these differ:\n{}{}", self.state(first.0)?, self.state(other.0)?));
            }
        }
        Ok(())
    }
}

fn voted_for(node: &Node<Switchable>) -> String {
    node.voted_for().map_or("none".to_owned(), notation::node)
}

fn log(node: &Node<Switchable>) -> String {
    let entries = node.log().iter_from(node.log().first_index());
    entries.map(|entry| entry.id().to_string()).collect::<Vec<_>>().join(" ")
}

fn sending(progress: &Progress) -> &'static str {
    match progress.state {
        ProgressState::Probe { .. } => "probe",
        ProgressState::Replicate { .. } => "stream",
        ProgressState::Snapshot { .. } => "snapshot",
    }
}

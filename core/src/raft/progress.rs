//! What a leader knows of one follower's log.

use std::sync::Arc;

use super::config::Config;
use super::entry::Snapshot;
use super::ids::{Incarnation, Index};
use crate::time::Micros;

/// `next_index` and `match_index` of Figure 2, and how the leader sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The next entry to send to this follower.
    pub next_index: Index,
    /// Up to here the follower's log is known to be the leader's, on stable storage.
    pub match_index: Index,
    /// How the leader sends.
    pub state: ProgressState,
    /// When it last answered, in the leader's local time; at first, when the leader began.
    pub heard_at: Micros,
    /// The newest round of the leader's messages that it answered.
    pub round_answered: u64,
    /// The round in which it was added: answers to earlier rounds belong to a membership that has ended.
    pub joined_in_round: u64,
    /// It lost its disk, and lives as this incarnation: its acknowledgements do not count.
    pub forgetful: Option<Incarnation>,
    /// When an empty AppendEntries is due if nothing is sent before.
    pub heartbeat_at: Micros,
}

/// How a leader sends to a follower.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProgressState {
    /// Where the logs match is not known: one message at a time.
    Probe {
        /// A message is under way; the next one waits for its answer or for a heartbeat's time.
        sent: bool,
    },
    /// The logs match: entries are sent without waiting for answers.
    Replicate {
        /// The messages under way, the oldest first.
        inflight: Vec<InFlight>,
    },
    /// The follower needs a snapshot, which is under way.
    Snapshot {
        /// The snapshot: it stays the same one until it is through, also when the leader takes another meanwhile.
        snapshot: Arc<Snapshot>,
        /// How many bytes of it are acknowledged: where the next chunk begins.
        offset: u64,
        /// When the last chunk was sent, in the leader's local time.
        sent_at: Micros,
    },
}

/// A message with entries under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InFlight {
    /// The index of its last entry.
    pub last: Index,
    /// The bytes of its commands.
    pub bytes: u64,
}

impl Progress {
    /// Figure 2: `next_index` begins after the leader's last entry, `match_index` at 0.
    pub(super) fn new(last_index: Index, now: Micros, round: u64) -> Progress {
        Progress {
            next_index: last_index.next(),
            match_index: Index::ZERO,
            state: ProgressState::Probe { sent: false },
            heard_at: now,
            round_answered: round,
            joined_in_round: round,
            forgetful: None,
            heartbeat_at: now,
        }
    }

    /// Whether entries may be sent now.
    pub(super) fn may_send(&self, config: &Config) -> bool {
        match &self.state {
            ProgressState::Probe { sent } => !sent,
            ProgressState::Replicate { inflight } => {
                let bytes: u64 = inflight.iter().map(|message| message.bytes).sum();
                let fits = inflight.len() < config.max_inflight as usize && bytes < config.max_inflight_bytes;
                fits || inflight.is_empty()
            }
            ProgressState::Snapshot { .. } => false,
        }
    }

    /// The follower's log matches up to `match_index`. Returns whether that is news.
    pub(super) fn advance(&mut self, match_index: Index) -> bool {
        let news = match_index > self.match_index;
        self.match_index = self.match_index.max(match_index);
        self.next_index = self.next_index.max(match_index.next());
        match &mut self.state {
            ProgressState::Probe { .. } => self.state = ProgressState::Replicate { inflight: Vec::new() },
            ProgressState::Replicate { inflight } => {
                while inflight.first().is_some_and(|message| message.last <= match_index) {
                    inflight.remove(0);
                }
            }
            ProgressState::Snapshot { snapshot, .. } => {
                if match_index >= snapshot.last_included.index {
                    self.state = ProgressState::Replicate { inflight: Vec::new() };
                }
            }
        }
        news
    }

    /// The logs do not match at `next_index - 1`, or something is lost: probe from `next_index` on, never at or
    /// before what is known to match.
    pub(super) fn probe_from(&mut self, next_index: Index) {
        self.next_index = next_index.max(self.match_index.next());
        self.state = ProgressState::Probe { sent: false };
    }

    /// Entries have been sent.
    pub(super) fn sent_entries(&mut self, message: InFlight) {
        match &mut self.state {
            ProgressState::Probe { sent } => *sent = true,
            ProgressState::Replicate { inflight } => {
                // Optimistic: the next message begins where this one ends (thesis 10.2.1, pipelining).
                inflight.push(message);
                self.next_index = message.last.next();
            }
            ProgressState::Snapshot { .. } => unreachable!("entries sent while a snapshot is under way"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raft::configuration::Configuration;
    use crate::raft::ids::NodeId;

    fn config(max_inflight: u32, max_inflight_bytes: u64) -> Config {
        Config { max_inflight, max_inflight_bytes, ..Config::new(NodeId(0), Configuration::of_size(3)) }
    }

    fn message(last: u64, bytes: u64) -> InFlight {
        InFlight { last: Index(last), bytes }
    }

    #[test]
    fn a_full_window_stops_sending_and_an_answer_frees_it() {
        for config in [config(2, 1_000), config(9, 20)] {
            let mut progress = Progress::new(Index(0), Micros::ZERO, 0);
            progress.advance(Index(0));
            progress.sent_entries(message(3, 10));
            progress.sent_entries(message(5, 10));
            assert!(!progress.may_send(&config));
            progress.advance(Index(3));
            assert!(progress.may_send(&config));
            assert_eq!(progress.next_index, Index(6));
        }
    }

    #[test]
    fn an_old_answer_lowers_nothing() {
        let mut progress = Progress::new(Index(0), Micros::ZERO, 0);
        assert!(progress.advance(Index(5)));
        assert!(!progress.advance(Index(3)));
        assert_eq!(progress.match_index, Index(5));
        progress.probe_from(Index(2));
        assert_eq!(progress.next_index, Index(6), "probing never goes back behind what matches");
    }

    #[test]
    fn a_probe_sends_one_message_at_a_time() {
        let mut progress = Progress::new(Index(9), Micros::ZERO, 0);
        assert!(progress.may_send(&config(8, 8)));
        progress.sent_entries(message(9, 1));
        assert!(!progress.may_send(&config(8, 8)));
        assert_eq!(progress.next_index, Index(10), "a probe does not move next_index");
    }
}

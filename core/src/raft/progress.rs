//! What a leader knows of one follower's log.

use std::collections::VecDeque;

use super::ids::Index;
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
        /// The last index of each message under way, the oldest first.
        inflight: VecDeque<Index>,
    },
    /// The follower needs a snapshot, which is under way.
    Snapshot {
        /// The last index that the snapshot covers.
        last_included: Index,
        /// When it was sent, in the leader's local time.
        sent_at: Micros,
    },
}

impl Progress {
    /// Figure 2: `next_index` begins after the leader's last entry, `match_index` at 0.
    pub(super) fn new(last_index: Index, now: Micros) -> Progress {
        Progress {
            next_index: last_index.next(),
            match_index: Index::ZERO,
            state: ProgressState::Probe { sent: false },
            heard_at: now,
            round_answered: 0,
            heartbeat_at: now,
        }
    }

    /// Whether entries may be sent now, with a window of `max_inflight` messages.
    pub(super) fn may_send(&self, max_inflight: u32) -> bool {
        match &self.state {
            ProgressState::Probe { sent } => !sent,
            ProgressState::Replicate { inflight } => inflight.len() < max_inflight as usize,
            ProgressState::Snapshot { .. } => false,
        }
    }

    /// The follower's log matches up to `match_index`. Returns whether that is news.
    pub(super) fn advance(&mut self, match_index: Index) -> bool {
        let news = match_index > self.match_index;
        self.match_index = self.match_index.max(match_index);
        self.next_index = self.next_index.max(match_index.next());
        match &mut self.state {
            ProgressState::Probe { .. } => {
                self.state = ProgressState::Replicate { inflight: VecDeque::new() }
            }
            ProgressState::Replicate { inflight } => {
                while inflight.front().is_some_and(|last| *last <= match_index) {
                    inflight.pop_front();
                }
            }
            ProgressState::Snapshot { last_included, .. } => {
                if match_index >= *last_included {
                    self.state = ProgressState::Replicate { inflight: VecDeque::new() };
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

    /// Entries up to `last` have been sent.
    pub(super) fn sent_entries(&mut self, last: Index) {
        match &mut self.state {
            ProgressState::Probe { sent } => *sent = true,
            ProgressState::Replicate { inflight } => {
                // Optimistic: the next message begins where this one ends (thesis 10.2.1, pipelining).
                inflight.push_back(last);
                self.next_index = last.next();
            }
            ProgressState::Snapshot { .. } => unreachable!("entries sent while a snapshot is under way"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_window_stops_sending_and_an_answer_frees_it() {
        let mut progress = Progress::new(Index(0), Micros::ZERO);
        progress.advance(Index(0));
        progress.sent_entries(Index(3));
        progress.sent_entries(Index(5));
        assert!(!progress.may_send(2));
        progress.advance(Index(3));
        assert!(progress.may_send(2));
        assert_eq!(progress.next_index, Index(6));
    }

    #[test]
    fn an_old_answer_lowers_nothing() {
        let mut progress = Progress::new(Index(0), Micros::ZERO);
        assert!(progress.advance(Index(5)));
        assert!(!progress.advance(Index(3)));
        assert_eq!(progress.match_index, Index(5));
        progress.probe_from(Index(2));
        assert_eq!(progress.next_index, Index(6), "probing never goes back behind what matches");
    }

    #[test]
    fn a_probe_sends_one_message_at_a_time() {
        let mut progress = Progress::new(Index(9), Micros::ZERO);
        assert!(progress.may_send(8));
        progress.sent_entries(Index(9));
        assert!(!progress.may_send(8));
        assert_eq!(progress.next_index, Index(10), "a probe does not move next_index");
    }
}

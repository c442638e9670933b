//! A node among peers and a driver that tell it anything.

use std::sync::Arc;

use mini_raft_core::raft::*;
use mini_raft_core::time::Micros;
use proptest::prelude::*;

/// What a node is told, or what happens to it.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    /// This, after so much time.
    Input(Micros, Box<Input>),
    /// As much of this message as may be, made to fit the node's term and log, after so much time.
    Fitting(Micros, Message),
    /// All that it wanted written is written.
    AllWritten,
    /// Its election timer runs out, and one peer votes for it.
    Elected,
    /// The state machine's snapshot of all that is applied.
    Snapshot,
    /// Its process ends and starts again.
    Restart,
}

pub(crate) struct Victim {
    node: Node<Paper>,
    disk: Persistent,
    queue: Vec<Write>,
    seed: u64,
    now: Micros,
    /// All that happened in it.
    pub(crate) facts: Vec<Fact>,
}

impl Victim {
    pub(crate) fn new(seed: u64) -> Victim {
        let disk = Persistent::default();
        let node = started(seed, &disk, Micros::ZERO);
        Victim { node, disk, queue: Vec::new(), seed, now: Micros::ZERO, facts: Vec::new() }
    }

    /// The node takes it in, and what is committed, and its term, do not go back.
    pub(crate) fn hears(&mut self, told: Told) {
        match told {
            Told::Input(span, input) => {
                self.now = Micros(self.now.0.saturating_add(span.0));
                self.step(*input);
            }
            Told::Fitting(span, mut message) => {
                self.now = Micros(self.now.0.saturating_add(span.0));
                fit(&mut message, &self.node);
                self.step(Input::Message(message));
            }
            Told::AllWritten => self.all_written(),
            Told::Elected => {
                self.step(Input::SetElectionDeadline(self.now));
                self.step(Input::TimerCheck);
                let granted = VoteReply { campaign_term: Term::ZERO, vote_granted: true };
                for body in [Body::PreVoteReply(granted), Body::RequestVoteReply(granted)] {
                    let message = Message { from: NodeId(1), to: NodeId(0), term: Term::ZERO, body };
                    self.hears(Told::Fitting(Micros::ZERO, message));
                    self.all_written();
                }
            }
            Told::Snapshot => {
                let index = self.node.last_applied();
                self.step(Input::SnapshotTaken { index, data: Arc::from(*b"a snapshot") });
            }
            Told::Restart => {
                self.queue.clear();
                self.seed = self.seed.wrapping_add(1);
                self.node = started(self.seed, &self.disk, self.now);
            }
        }
    }

    fn all_written(&mut self) {
        let Some(last) = self.queue.last().map(|write| write.id) else { return };
        self.queue.drain(..).for_each(|write| self.disk.take(write));
        self.step(Input::WriteDone(last));
    }

    fn step(&mut self, input: Input) {
        let (term, commit) = (self.node.current_term(), self.node.commit_index());
        let applied = self.node.last_applied();
        let mut out = Output::default();
        self.node.step(self.now, input, &mut out);
        assert!(self.node.current_term() >= term && self.node.commit_index() >= commit);
        assert!(self.node.commit_index() <= self.node.log().last().index);
        let begin = out.restore.as_ref().map_or(applied, |snapshot| snapshot.last_included.index);
        let expected = (begin.0 + 1..).map(Index).take(out.apply.len());
        assert!(out.apply.iter().map(|entry| entry.index).eq(expected), "applied in order, each once");
        self.queue.extend(out.writes);
        self.facts.append(&mut out.facts);
    }
}

fn started(seed: u64, disk: &Persistent, now: Micros) -> Node<Paper> {
    let config = Config {
        seed,
        facts: true,
        max_inflight: 2,
        max_entries_per_append: 3,
        snapshot_chunk_bytes: 4,
        lost_disk: seed.is_multiple_of(4).then_some(Incarnation(seed / 4 % 8)),
        lease_reads: Some(ClockDrift { percent: 10 }),
        ..Config::new(NodeId(0), Configuration::of_size(3))
    };
    Node::new(config, Paper, disk.clone(), now, &mut Output::default())
}

/// Makes a peer of the same term of whoever sent it, one that knows this node's log.
fn fit(message: &mut Message, node: &Node<Paper>) {
    let (term, last) = (node.current_term(), node.log().last().index);
    let in_the_log = |index: Index| Index(index.0 % (last.0 + 1));
    message.to = NodeId(0);
    message.term = term;
    match &mut message.body {
        Body::RequestVoteReply(reply) => reply.campaign_term = term,
        Body::PreVoteReply(reply) => reply.campaign_term = term.next(),
        Body::AppendEntries(append) => {
            let index = in_the_log(append.prev_log.index);
            append.prev_log = EntryId { index, term: node.log().term_at(index).unwrap_or_default() };
            let follow = |(place, entry): (u64, &Entry)| Entry {
                term: Term(entry.term.0 % (term.0.saturating_add(1)).max(1)).max(append.prev_log.term),
                index: Index(index.0 + place),
                payload: entry.payload.clone(),
            };
            append.entries = (1..).zip(append.entries.iter()).map(follow).collect();
        }
        Body::AppendEntriesReply(reply) => match &mut reply.outcome {
            AppendOutcome::Success { match_index } => *match_index = in_the_log(*match_index),
            AppendOutcome::Failure { prev_log_index, .. } => *prev_log_index = in_the_log(*prev_log_index),
        },
        Body::InstallSnapshot(install) => {
            install.last_included.term = install.last_included.term.min(term);
            install.last_included.index =
                Index(node.commit_index().0 + 1 + install.last_included.index.0 % 4);
            install.offset %= 2;
        }
        _ => {}
    }
}

pub(crate) fn told() -> impl Strategy<Value = Told> {
    prop_oneof![
        12 => (span(), message()).prop_map(|(span, it)| Told::Fitting(span, it)),
        4 => (span(), message()).prop_map(|(span, it)| Told::Input(span, Box::new(Input::Message(it)))),
        6 => (span(), of_the_driver()).prop_map(|(span, it)| Told::Input(span, Box::new(it))),
        4 => Just(Told::AllWritten),
        2 => Just(Told::Elected),
        1 => Just(Told::Snapshot),
        1 => Just(Told::Restart),
    ]
}

fn span() -> impl Strategy<Value = Micros> {
    prop_oneof![8 => 0u64..20_000, 2 => 0u64..400_000, 1 => number()].prop_map(Micros)
}

/// Mostly a small number, as in a young cluster; now and then one at an edge.
fn number() -> impl Strategy<Value = u64> {
    let edge = proptest::sample::select(
        &[1 << 31, (1 << 62) - 1, 1 << 62, (1 << 62) + 1, u64::MAX - 1, u64::MAX][..],
    );
    prop_oneof![20 => 0u64..8, 3 => 0u64..70, 1 => edge, 1 => any::<u64>()]
}

fn term() -> impl Strategy<Value = Term> {
    number().prop_map(Term)
}

fn index() -> impl Strategy<Value = Index> {
    number().prop_map(Index)
}

fn entry_id() -> impl Strategy<Value = EntryId> {
    (term(), index()).prop_map(|(term, index)| EntryId { term, index })
}

fn id() -> impl Strategy<Value = NodeId> {
    prop_oneof![20 => 0u32..4, 1 => any::<u32>()].prop_map(NodeId)
}

fn ids() -> impl Strategy<Value = Vec<NodeId>> {
    proptest::collection::vec(id(), 0..4)
}

fn bytes() -> impl Strategy<Value = Bytes> {
    proptest::collection::vec(any::<u8>(), 0..10).prop_map(Arc::from)
}

fn incarnation() -> impl Strategy<Value = Option<Incarnation>> {
    proptest::option::weighted(0.1, number().prop_map(Incarnation))
}

fn configuration() -> impl Strategy<Value = Configuration> {
    let admitted = proptest::collection::vec((id(), number().prop_map(Incarnation)), 0..2);
    (ids(), ids(), ids(), admitted).prop_map(|(voters, outgoing, learners, admitted)| {
        Configuration::from_parts(voters, outgoing, learners).with_admitted(admitted)
    })
}

fn payload() -> impl Strategy<Value = Payload> {
    prop_oneof![
        2 => Just(Payload::Noop),
        6 => bytes().prop_map(Payload::Command),
        1 => configuration().prop_map(|it| Payload::Configuration(Arc::new(it))),
    ]
}

/// What follows `prev_log` as it should, or any entries.
fn entries(prev_log: EntryId) -> impl Strategy<Value = Arc<[Entry]>> {
    let fitting = proptest::collection::vec((0u64..2, payload()), 0..4).prop_map(move |items| {
        let mut term = prev_log.term;
        let entry = |(place, (more, payload)): (u64, (u64, Payload))| {
            term = Term(term.0.saturating_add(more));
            Entry { term, index: Index(prev_log.index.0.saturating_add(place)), payload }
        };
        (1u64..).zip(items).map(entry).collect()
    });
    let any = proptest::collection::vec((term(), index(), payload()), 0..4).prop_map(|items| {
        items.into_iter().map(|(term, index, payload)| Entry { term, index, payload }).collect()
    });
    prop_oneof![4 => fitting, 1 => any]
}

fn append() -> impl Strategy<Value = Body> {
    entry_id().prop_flat_map(|prev_log| (Just(prev_log), entries(prev_log), index(), number())).prop_map(
        |(prev_log, entries, leader_commit, round)| {
            Body::AppendEntries(AppendEntries { prev_log, entries, leader_commit, round })
        },
    )
}

fn append_reply() -> impl Strategy<Value = Body> {
    let success = index().prop_map(|match_index| AppendOutcome::Success { match_index });
    let failure = (index(), proptest::option::of(term()), index()).prop_map(
        |(prev_log_index, conflict_term, conflict_index)| AppendOutcome::Failure {
            prev_log_index,
            conflict_term,
            conflict_index,
        },
    );
    (number(), incarnation(), prop_oneof![success, failure]).prop_map(|(round, forgetful, outcome)| {
        Body::AppendEntriesReply(AppendEntriesReply { round, forgetful, outcome })
    })
}

fn vote_request() -> impl Strategy<Value = RequestVote> {
    (term(), entry_id(), any::<bool>()).prop_map(|(campaign_term, last_log, leadership_transfer)| {
        RequestVote { campaign_term, last_log, leadership_transfer }
    })
}

fn vote_reply() -> impl Strategy<Value = VoteReply> {
    (term(), any::<bool>())
        .prop_map(|(campaign_term, vote_granted)| VoteReply { campaign_term, vote_granted })
}

fn install() -> impl Strategy<Value = Body> {
    (entry_id(), configuration(), number(), bytes(), any::<bool>(), number()).prop_map(
        |(last_included, configuration, offset, data, done, round)| {
            let configuration = Arc::new(configuration);
            Body::InstallSnapshot(InstallSnapshot { last_included, configuration, offset, data, done, round })
        },
    )
}

fn body() -> impl Strategy<Value = Body> {
    let install_reply = (number(), incarnation(), number(), index()).prop_map(
        |(round, forgetful, next_offset, match_index)| {
            Body::InstallSnapshotReply(InstallSnapshotReply { round, forgetful, next_offset, match_index })
        },
    );
    let read_reply = (number().prop_map(ReadId), proptest::option::of(index()))
        .prop_map(|(read, read_index)| Body::ReadIndexReply(ReadIndexReply { read, read_index }));
    prop_oneof![
        2 => vote_request().prop_map(Body::RequestVote),
        4 => vote_reply().prop_map(Body::RequestVoteReply),
        1 => vote_request().prop_map(Body::PreVote),
        4 => vote_reply().prop_map(Body::PreVoteReply),
        6 => append(),
        6 => append_reply(),
        2 => install(),
        2 => install_reply,
        1 => Just(Body::TimeoutNow),
        1 => number().prop_map(|read| Body::ReadIndex(ReadIndex { read: ReadId(read) })),
        1 => read_reply,
    ]
}

fn message() -> impl Strategy<Value = Message> {
    let to = prop_oneof![30 => Just(NodeId(0)), 1 => id()];
    (id(), to, term(), body()).prop_map(|(from, to, term, body)| Message { from, to, term, body })
}

fn of_the_driver() -> impl Strategy<Value = Input> {
    let proposals =
        proptest::collection::vec((number().prop_map(ProposalId), bytes()), 0..4).prop_map(|all| {
            Input::Propose(all.into_iter().map(|(id, command)| Proposal { id, command }).collect())
        });
    let change =
        (number().prop_map(ProposalId), ids(), ids(), ids()).prop_map(|(id, add, remove, learners)| {
            Input::ChangeMembership { id, change: MembershipChange { add, remove, learners } }
        });
    prop_oneof![
        6 => Just(Input::TimerCheck),
        6 => proposals,
        1 => number().prop_map(|read| Input::Read(ReadId(read))),
        1 => number().prop_map(|read| Input::ReadHere(ReadId(read))),
        1 => number().prop_map(|id| Input::WriteDone(WriteId(id))),
        1 => (index(), bytes()).prop_map(|(index, data)| Input::SnapshotTaken { index, data }),
        1 => change,
        1 => id().prop_map(Input::TransferLeadership),
        2 => Just(Input::SetElectionDeadline(Micros::ZERO)),
        1 => number().prop_map(|at| Input::SetElectionDeadline(Micros(at))),
    ]
}

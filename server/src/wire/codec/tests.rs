use std::sync::Arc;

use mini_raft_core::raft::{
    AppendEntries, AppendEntriesReply, AppendOutcome, Body, Configuration, Entry, EntryId, Incarnation,
    Index, InstallSnapshot, InstallSnapshotReply, NodeId, Payload, ReadId, ReadIndex, ReadIndexReply,
    RequestVote, Term, VoteReply,
};
use proptest::prelude::*;

use super::*;

/// Messages of every kind that a server can send.
pub(crate) fn messages() -> impl Strategy<Value = Message> {
    let ends = (0..9u32, 0..9u32).prop_filter("two nodes", |(from, to)| from != to);
    (ends, 1..1u64 << 40).prop_flat_map(|((from, to), term)| {
        bodies(term).prop_map(move |body| Message {
            from: NodeId(from),
            to: NodeId(to),
            term: Term(term),
            body,
        })
    })
}

fn bodies(term: u64) -> impl Strategy<Value = Body> {
    let vote = move |campaign_term| {
        (entry_ids(term), any::<bool>()).prop_map(move |(last_log, leadership_transfer)| RequestVote {
            campaign_term: Term(campaign_term),
            last_log,
            leadership_transfer,
        })
    };
    let vote_reply = (1..1u64 << 40, any::<bool>())
        .prop_map(|(term, vote_granted)| VoteReply { campaign_term: Term(term), vote_granted });
    let incarnation = || proptest::option::of(any::<u64>().prop_map(Incarnation));
    let number = || 0..1u64 << 50;
    let append_reply = (any::<u64>(), incarnation(), outcomes())
        .prop_map(|(round, forgetful, outcome)| AppendEntriesReply { round, forgetful, outcome });
    let install_reply = (any::<u64>(), incarnation(), number(), number()).prop_map(
        |(round, forgetful, next_offset, match_index)| InstallSnapshotReply {
            round,
            forgetful,
            next_offset,
            match_index: Index(match_index),
        },
    );
    prop_oneof![
        vote(term).prop_map(Body::RequestVote),
        vote(term + 1).prop_map(Body::PreVote),
        vote_reply.clone().prop_map(Body::RequestVoteReply),
        vote_reply.prop_map(Body::PreVoteReply),
        appends(term).prop_map(Body::AppendEntries),
        append_reply.prop_map(Body::AppendEntriesReply),
        installs(term).prop_map(Body::InstallSnapshot),
        install_reply.prop_map(Body::InstallSnapshotReply),
        Just(Body::TimeoutNow),
        any::<u64>().prop_map(|read| Body::ReadIndex(ReadIndex { read: ReadId(read) })),
        (any::<u64>(), proptest::option::of(number())).prop_map(|(read, index)| {
            Body::ReadIndexReply(ReadIndexReply { read: ReadId(read), read_index: index.map(Index) })
        }),
    ]
}

fn entry_ids(term_max: u64) -> impl Strategy<Value = EntryId> {
    prop_oneof![
        Just(EntryId::ZERO),
        (1..=term_max, 1..1u64 << 40).prop_map(|(term, index)| EntryId::new(term, index))
    ]
}

fn outcomes() -> impl Strategy<Value = AppendOutcome> {
    let number = || 0..1u64 << 50;
    prop_oneof![
        number().prop_map(|index| AppendOutcome::Success { match_index: Index(index) }),
        (number(), proptest::option::of(number()), number()).prop_map(|(prev, term, index)| {
            AppendOutcome::Failure {
                prev_log_index: Index(prev),
                conflict_term: term.map(Term),
                conflict_index: Index(index),
            }
        }),
    ]
}

fn appends(term: u64) -> impl Strategy<Value = AppendEntries> {
    let payloads = proptest::collection::vec((any::<bool>(), payloads()), 0..6);
    (entry_ids(term), payloads, 0..1u64 << 40, any::<u64>()).prop_map(
        move |(prev_log, payloads, leader_commit, round)| {
            let mut before = prev_log;
            let entries = payloads.into_iter().map(|(now, payload)| {
                let entry_term = if now || before.term == Term::ZERO { Term(term) } else { before.term };
                before = EntryId { term: entry_term, index: before.index.next() };
                Entry { term: before.term, index: before.index, payload }
            });
            let entries = entries.collect::<Vec<_>>().into();
            AppendEntries { prev_log, entries, leader_commit: Index(leader_commit), round }
        },
    )
}

fn payloads() -> impl Strategy<Value = Payload> {
    prop_oneof![
        Just(Payload::Noop),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(|bytes| Payload::Command(bytes.into())),
        configurations().prop_map(|configuration| Payload::Configuration(Arc::new(configuration))),
    ]
}

fn configurations() -> impl Strategy<Value = Configuration> {
    let ids = |least| proptest::collection::vec((0..9u32).prop_map(NodeId), least..6);
    let admitted =
        proptest::collection::vec(((0..9u32).prop_map(NodeId), any::<u64>().prop_map(Incarnation)), 0..4);
    (ids(1), ids(0), ids(0), admitted).prop_map(|(voters, outgoing, learners, admitted)| {
        Configuration::from_parts(voters, outgoing, learners).with_admitted(admitted)
    })
}

fn installs(term: u64) -> impl Strategy<Value = InstallSnapshot> {
    let data = proptest::collection::vec(any::<u8>(), 0..300);
    let place = (1..=term, 1..1u64 << 40);
    (place, configurations(), 0..1u64 << 50, data, any::<bool>(), any::<u64>()).prop_map(
        |((term, index), configuration, offset, data, done, round)| InstallSnapshot {
            last_included: EntryId::new(term, index),
            configuration: Arc::new(configuration),
            offset,
            data: data.into(),
            done,
            round,
        },
    )
}

proptest! {
    /// What is written is read, in both forms.
    #[test]
    fn a_message_comes_back_as_it_was(message in messages()) {
        prop_assert_eq!(decode(&encode(&message)), Ok(message.clone()));
        prop_assert_eq!(decode_json(encode_json(&message).as_bytes()), Ok(message));
    }

    /// A message that was cut is not a message, wherever it was cut.
    #[test]
    fn a_cut_message_is_none(message in messages(), cut in any::<proptest::sample::Index>()) {
        let bytes = encode(&message);
        prop_assert!(decode(&bytes[..cut.index(bytes.len())]).is_err());
        let json = encode_json(&message);
        prop_assert!(decode_json(&json.as_bytes()[..cut.index(json.len())]).is_err());
    }

    /// Bytes of any kind give a message or an error, and a message that is read can be written.
    #[test]
    fn hostile_bytes_are_read_without_a_panic(
        message in messages(),
        noise in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = encode(&message);
        for (at, byte) in noise {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(read) = decode(&bytes) {
            prop_assert_eq!(decode(&encode(&read)), Ok(read));
        }
    }
}

#[test]
fn golden_bytes_and_golden_json() {
    let entries = [Entry { term: Term(3), index: Index(8), payload: Payload::Command((*b"x=1").into()) }];
    let append = AppendEntries {
        prev_log: EntryId::new(2, 7),
        entries: Arc::new(entries),
        leader_commit: Index(7),
        round: 300,
    };
    let message =
        Message { from: NodeId(0), to: NodeId(1), term: Term(3), body: Body::AppendEntries(append) };
    assert_eq!(
        encode(&message),
        [1, 0, 1, 3, 4, 2, 7, 1, 3, 8, 1, 3, b'x', b'=', b'1', 7, 0xac, 0x02],
        "the compact form is fixed: a change needs another MESSAGE_VERSION"
    );
    assert_eq!(
        encode_json(&message),
        concat!(
            r#"{"version":1,"message":{"from":"node-0","to":"node-1","term":3,"body":{"append_entries":"#,
            r#"{"prev_log":{"term":2,"index":7},"entries":[{"term":3,"index":8,"payload":{"command":"eD0x"}}],"#,
            r#""leader_commit":7,"round":300}}}}"#
        )
    );
}

#[test]
fn another_version_is_named_and_nothing_else_is_read() {
    assert_eq!(decode(&[2, 255, 255]), Err(BadMessage::Version { found: 2 }));
    assert!(matches!(decode(&[]), Err(BadMessage::Form(_))));
    let message = Message { from: NodeId(0), to: NodeId(1), term: Term(3), body: Body::TimeoutNow };
    let json = encode_json(&message).replace(r#""version":1"#, r#""version":9"#);
    assert_eq!(decode_json(json.as_bytes()), Err(BadMessage::Version { found: 9 }));
    let unknown = encode_json(&message).replace(r#""term":3"#, r#""term":3,"urgent":true"#);
    assert!(matches!(decode_json(unknown.as_bytes()), Err(BadMessage::Form(why)) if why.contains("urgent")));
}

/// A count that the bytes do not bear out takes no memory for it.
#[test]
fn a_claimed_count_is_not_believed() {
    let mut bytes = vec![1, 0, 1, 3, 4, 2, 7];
    bytes.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    assert!(matches!(decode(&bytes), Err(BadMessage::Form(_))));
    let trailing =
        [encode(&Message { from: NodeId(0), to: NodeId(1), term: Term(3), body: Body::TimeoutNow }), vec![0]]
            .concat();
    assert!(matches!(decode(&trailing), Err(BadMessage::Form(why)) if why.starts_with("1 bytes follow")));
}

/// What no server sends is refused although its form is right: fault 37.
#[test]
fn impossible_messages_are_refused() {
    let entry = |term, index| Entry { term: Term(term), index: Index(index), payload: Payload::Noop };
    let append = |prev_log, entries: Vec<Entry>, commit| {
        Body::AppendEntries(AppendEntries {
            prev_log,
            entries: entries.into(),
            leader_commit: Index(commit),
            round: 1,
        })
    };
    let vote = |campaign_term| {
        let last_log = EntryId::ZERO;
        RequestVote { campaign_term: Term(campaign_term), last_log, leadership_transfer: false }
    };
    let nobody = Payload::Configuration(Arc::new(Configuration::new([])));
    let install = |last_included, configuration| {
        let configuration = Arc::new(configuration);
        let (offset, data, done, round) = (0, (*b"x").into(), true, 1);
        Body::InstallSnapshot(InstallSnapshot { last_included, configuration, offset, data, done, round })
    };
    let far = u64::MAX;
    let cases = [
        (3, append(EntryId::new(2, 7), vec![entry(3, 9)], 0), "entries[0].index is 9, after 7"),
        (3, append(EntryId::new(2, 7), vec![entry(3, 8), entry(3, 8)], 0), "entries[1].index is 8, after 8"),
        (3, append(EntryId::new(2, 7), vec![entry(1, 8)], 0), "entries[0].term is 1, after 2"),
        (3, append(EntryId::ZERO, vec![entry(0, 1)], 0), "entries[0].term is 0"),
        (3, append(EntryId::new(2, 7), vec![entry(4, 8)], 0), "entries[0].term is 4"),
        (3, append(EntryId::new(4, 7), vec![], 0), "prev_log.term is 4"),
        (3, append(EntryId::new(0, 7), vec![], 0), "prev_log has index 7 and term 0"),
        (3, append(EntryId::new(2, 0), vec![], 0), "prev_log has index 0 and term 2"),
        (3, append(EntryId::new(2, far), vec![], 0), "prev_log is"),
        (3, append(EntryId::ZERO, vec![], far), "leader_commit is"),
        (0, append(EntryId::ZERO, vec![], 0), "term is 0"),
        (
            3,
            append(EntryId::ZERO, vec![Entry { payload: nobody, ..entry(3, 1) }], 0),
            "entries[0] is a configuration in which nobody votes",
        ),
        (far, Body::TimeoutNow, "term is 18446744073709551615"),
        (0, Body::TimeoutNow, "term is 0"),
        (3, Body::RequestVote(vote(4)), "campaign_term"),
        (3, Body::PreVote(vote(3)), "campaign_term"),
        (0, Body::RequestVote(vote(0)), "term is 0"),
        (3, install(EntryId::ZERO, Configuration::of_size(3)), "last_included.index is 0"),
        (3, install(EntryId::new(4, 1), Configuration::of_size(3)), "last_included.term is 4"),
        (3, install(EntryId::new(3, 1), Configuration::new([])), "nobody votes"),
    ];
    for (term, body, expected) in cases {
        let message = Message { from: NodeId(0), to: NodeId(1), term: Term(term), body };
        for read in [decode(&encode(&message)), decode_json(encode_json(&message).as_bytes())] {
            match read {
                Err(BadMessage::Impossible(why)) => {
                    assert!(why.contains(expected), "{why:?}, not {expected:?}")
                }
                other => panic!("{message:?} gave {other:?}"),
            }
        }
    }
    let to_itself = Message { from: NodeId(1), to: NodeId(1), term: Term(1), body: Body::TimeoutNow };
    assert!(matches!(decode(&encode(&to_itself)), Err(BadMessage::Impossible(_))));
}

#[test]
fn a_configuration_has_one_form() {
    let json = |voters: &str, admitted: &str| {
        format!(
            r#"{{"version":1,"message":{{"from":"node-0","to":"node-1","term":3,"body":{{"append_entries":{{
            "prev_log":{{"term":0,"index":0}},"entries":[{{"term":3,"index":1,"payload":{{"configuration":
            {{"voters":{voters},"outgoing":[],"learners":[],"admitted":{admitted}}}}}}}],
            "leader_commit":0,"round":1}}}}}}}}"#
        )
    };
    assert!(decode_json(json(r#"["node-0","node-1"]"#, r#"[["node-1",7]]"#).as_bytes()).is_ok());
    for (voters, admitted) in [
        (r#"["node-1","node-0"]"#, "[]"),
        (r#"["node-0","node-0"]"#, "[]"),
        (r#"["node-0"]"#, r#"[["node-1",7]]"#),
    ] {
        let read = decode_json(json(voters, admitted).as_bytes());
        assert!(
            matches!(&read, Err(BadMessage::Form(why)) if why.contains("each node once")),
            "{voters} {admitted}: {read:?}"
        );
    }
}

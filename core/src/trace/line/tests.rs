//! The form of a line, byte for byte: what the reader of a trace may rely on.

use std::sync::Arc;

use super::*;
use crate::kv::ClientId;
use crate::raft::{
    AppendEntries, AppendEntriesReply, AppendOutcome, Body, Configuration, Entry, EntryId, HardState,
    Incarnation, Index, InstallSnapshot, InstallSnapshotReply, Message, NodeId, ReadId, ReadIndex,
    ReadIndexReply, RequestVote, RoleName, RoleReason, Term, VoteReply,
};
use crate::sim::event::Violation;
use crate::sim::{Command, DropReason, Target};

/// The line of what happened on node-1 in term 5, without what every such line begins with: `wipe}`.
fn on_node(kind: EventKind) -> String {
    let line = line(Some(NodeId(1)), kind);
    let (ev, rest) =
        line.split_once(r#"","node":"node-1","term":5"#).expect("it begins with its node and term");
    format!("{ev}{rest}")
}

/// The line of what happened on no node, without the time: `skipped,"step":2}`.
fn elsewhere(kind: EventKind) -> String {
    line(None, kind).replacen('"', "", 1)
}

fn line(node: Option<NodeId>, kind: EventKind) -> String {
    let mut line = String::new();
    let event = Event { seq: 0, at: Micros(1_500), cause: None, node, term: Term(5), kind };
    assert!(super::event(&event, &mut line), "it is part of the form");
    line.strip_prefix(r#"{"t_us":1500,"ev":""#).expect("every line begins with its time").to_owned()
}

fn check(cases: impl IntoIterator<Item = (String, &'static str)>) {
    for (line, expected) in cases {
        assert_eq!(line, expected);
    }
}

fn entry(term: u64, index: u64, payload: EntryPayload) -> Entry {
    Entry { term: Term(term), index: Index(index), payload }
}

fn set(request: u64) -> kv::Command {
    let op = Op::Set { key: "k".into(), value: "v".into() };
    kv::Command { client: ClientId::new("c1"), request, op, stamp: None }
}

/// Three voters of which node-2 had lost its disk, and a learner; node-0 is about to leave.
fn joint() -> Configuration {
    let voters = [1, 2, 3].map(NodeId).to_vec();
    let outgoing = [0, 1, 2].map(NodeId).to_vec();
    Configuration::from_parts(voters, outgoing, vec![NodeId(4)]).with_admitted([(NodeId(2), Incarnation(7))])
}

const JOINT: &str = r#""voters":["node-1","node-2","node-3"],"learners":["node-4"],"outgoing":["node-0","node-1","node-2"],"admitted":{"node-2":7}"#;

#[test]
fn a_change_of_role_says_why() {
    let changed = |to, why| {
        on_node(EventKind::Fact(Fact::RoleChanged { from: RoleName::Follower, to, term: Term(5), why }))
    };
    let of = |why| changed(RoleName::Follower, why);
    let (from, leader) = (NodeId(0), NodeId(0));
    check([
        (
            changed(RoleName::PreCandidate, RoleReason::ElectionTimeout),
            r#"role,"role":"pre-candidate","why":"election-timeout"}"#,
        ),
        (
            changed(RoleName::Candidate, RoleReason::PreVoteWon { votes: 2, needed: 2 }),
            r#"role,"role":"candidate","why":"pre-vote-won"}"#,
        ),
        (
            changed(RoleName::Leader, RoleReason::ElectionWon { votes: 2, needed: 2 }),
            r#"role,"role":"leader","why":"election-won"}"#,
        ),
        (
            changed(RoleName::Candidate, RoleReason::TimeoutNow { leader }),
            r#"role,"role":"candidate","why":"timeout-now"}"#,
        ),
        (
            of(RoleReason::HigherTerm { from, term: Term(5) }),
            r#"role,"role":"follower","why":"higher-term"}"#,
        ),
        (of(RoleReason::LeaderDiscovered { leader }), r#"role,"role":"follower","why":"leader-discovered"}"#),
        (
            of(RoleReason::QuorumLost { heard: 1, needed: 2 }),
            r#"role,"role":"follower","why":"quorum-lost"}"#,
        ),
        (of(RoleReason::Removed { index: Index(3) }), r#"role,"role":"follower","why":"removed"}"#),
        (of(RoleReason::WriteFailed), r#"role,"role":"follower","why":"write-failed"}"#),
    ]);
}

#[test]
fn a_configuration_names_its_servers_and_its_entry() {
    let in_use = Fact::ConfigurationInUse { index: Index(9), configuration: Arc::new(joint()) };
    assert_eq!(on_node(EventKind::Fact(in_use)), format!(r#"config,{JOINT},"index":9}}"#));
}

#[test]
fn what_happens_to_a_log_is_told_with_indexes_and_terms() {
    let entries = vec![
        entry(5, 7, EntryPayload::Noop),
        entry(5, 8, EntryPayload::Command(set(3).encode())),
        entry(5, 9, EntryPayload::Command(vec![255].into())),
        entry(5, 10, EntryPayload::Configuration(Arc::new(joint()))),
    ];
    let told = [
        r#"{"index":7,"term":5,"kind":"noop"}"#.to_owned(),
        r#"{"index":8,"term":5,"kind":"command","command":{"client":"c1","request":3,"op":"set","key":"k","value":"v"}}"#
            .to_owned(),
        r#"{"index":9,"term":5,"kind":"command","command":null}"#.to_owned(),
        format!(r#"{{"index":10,"term":5,"kind":"config",{JOINT}}}"#),
    ];
    assert_eq!(
        on_node(EventKind::Append { entries: entries.into() }),
        format!(r#"append,"entries":[{}]}}"#, told.join(","))
    );
    let snapshot = |origin| on_node(EventKind::Snapshot { last_included: EntryId::new(4, 6), origin });
    check([
        (on_node(EventKind::Truncate { from: Index(7) }), r#"truncate,"from":7}"#),
        (on_node(EventKind::Sync { last: EntryId::new(4, 6) }), r#"sync,"index":6,"entry_term":4}"#),
        (on_node(EventKind::Commit { index: Index(6) }), r#"commit,"index":6}"#),
        (snapshot(SnapshotOrigin::Taken), r#"snapshot,"index":6,"snapshot_term":4,"how":"taken"}"#),
        (snapshot(SnapshotOrigin::Installed), r#"snapshot,"index":6,"snapshot_term":4,"how":"installed"}"#),
    ]);
}

#[test]
fn an_applied_entry_has_its_command_and_what_it_came_to() {
    let applied =
        |payload, outcome| on_node(EventKind::Apply { entry: entry(4, 6, payload), outcome, digest: 0xab });
    let of_set = |outcome| applied(EntryPayload::Command(set(3).encode()), Some(outcome));
    let (noop, command) = (
        r#"apply,"index":6,"entry_term":4,"command":null,"result":null,"digest":"00000000000000ab"}"#,
        r#"apply,"index":6,"entry_term":4,"command":{"client":"c1","request":3,"op":"set","key":"k","value":"v"},"#,
    );
    assert_eq!(applied(EntryPayload::Noop, None), noop);
    for (outcome, result) in [
        (Outcome::Done, "null"),
        (Outcome::Stale, "null"),
        (Outcome::Malformed, "null"),
        (Outcome::Swapped(true), "true"),
        (Outcome::Value(Some("v".into())), r#""v""#),
        (Outcome::Value(None), "null"),
    ] {
        assert_eq!(of_set(outcome), format!(r#"{command}"result":{result},"digest":"00000000000000ab"}}"#));
    }
    let stamp = kv::Stamp { now: Micros(9), timeout: Micros(5), since: Some(Micros(2)) };
    let stamped = kv::Command { stamp: Some(stamp), ..set(3) };
    assert_eq!(
        applied(EntryPayload::Command(stamped.encode()), Some(Outcome::Expired(Micros(9)))),
        r#"apply,"index":6,"entry_term":4,"command":{"client":"c1","request":3,"op":"set","key":"k","value":"v","at_us":9,"timeout_us":5,"since_us":2},"result":{"expired_us":9},"digest":"00000000000000ab"}"#
    );
}

#[test]
fn a_process_that_ends_and_starts_tells_what_its_disk_holds() {
    let restart = |voted_for| {
        let hard_state = HardState { current_term: Term(5), voted_for, ..HardState::default() };
        on_node(EventKind::Restart { hard_state, last: EntryId::new(4, 6), snapshot_index: Index(2) })
    };
    check([
        (on_node(EventKind::Crash { lost: Some(Index(7)) }), r#"crash,"lost":7}"#),
        (on_node(EventKind::Crash { lost: None }), "crash}"),
        (
            restart(Some(NodeId(2))),
            r#"restart,"voted_for":"node-2","last_index":6,"last_term":4,"snapshot_index":2}"#,
        ),
        (restart(None), r#"restart,"voted_for":null,"last_index":6,"last_term":4,"snapshot_index":2}"#),
        (on_node(EventKind::Wipe), "wipe}"),
        (on_node(EventKind::Pause), "pause}"),
        (on_node(EventKind::Resume), "resume}"),
    ]);
}

#[test]
fn messages_between_servers_have_the_names_of_the_paper() {
    let told = |body| {
        let message = Message { from: NodeId(0), to: NodeId(1), term: Term(4), body };
        let payload = Arc::new(Payload::Peer(message));
        let line =
            elsewhere(EventKind::Send { message: 7, from: NodeId(0).into(), to: NodeId(1).into(), payload });
        let start = r#"send,"id":7,"from":"node-0","to":"node-1","kind":"#;
        line.strip_prefix(start).expect("every message begins so").to_owned()
    };
    let vote =
        RequestVote { campaign_term: Term(5), last_log: EntryId::new(3, 9), leadership_transfer: true };
    let vote_reply = VoteReply { campaign_term: Term(5), vote_granted: true };
    let append = AppendEntries {
        prev_log: EntryId::new(3, 9),
        entries: Arc::new([entry(4, 10, EntryPayload::Noop)]),
        leader_commit: Index(8),
        round: 2,
    };
    let append_reply = |forgetful, outcome| {
        told(Body::AppendEntriesReply(AppendEntriesReply { round: 2, forgetful, outcome }))
    };
    let failure = |conflict_term| AppendOutcome::Failure {
        prev_log_index: Index(9),
        conflict_term,
        conflict_index: Index(6),
    };
    let install = InstallSnapshot {
        last_included: EntryId::new(3, 9),
        configuration: Arc::new(joint()),
        offset: 100,
        data: vec![0; 20].into(),
        done: true,
        round: 2,
    };
    let install_reply =
        InstallSnapshotReply { round: 2, forgetful: None, next_offset: 120, match_index: Index(9) };
    let read = ReadId(3);
    check([
        (
            told(Body::RequestVote(vote)),
            r#""request-vote","msg_term":4,"campaign_term":5,"last_log_index":9,"last_log_term":3,"leadership_transfer":true}"#,
        ),
        (
            told(Body::PreVote(vote)),
            r#""pre-vote","msg_term":4,"campaign_term":5,"last_log_index":9,"last_log_term":3,"leadership_transfer":true}"#,
        ),
        (
            told(Body::RequestVoteReply(vote_reply)),
            r#""request-vote-reply","msg_term":4,"campaign_term":5,"vote_granted":true}"#,
        ),
        (
            told(Body::PreVoteReply(vote_reply)),
            r#""pre-vote-reply","msg_term":4,"campaign_term":5,"vote_granted":true}"#,
        ),
        (
            told(Body::AppendEntries(append)),
            r#""append-entries","msg_term":4,"prev_log_index":9,"prev_log_term":3,"entries":[{"index":10,"term":4,"kind":"noop"}],"leader_commit":8,"round":2}"#,
        ),
        (
            append_reply(Some(Incarnation(7)), AppendOutcome::Success { match_index: Index(10) }),
            r#""append-entries-reply","msg_term":4,"success":true,"match_index":10,"round":2,"forgetful":true,"incarnation":7}"#,
        ),
        (
            append_reply(None, failure(Some(Term(2)))),
            r#""append-entries-reply","msg_term":4,"success":false,"prev_log_index":9,"conflict_index":6,"conflict_term":2,"round":2,"forgetful":false}"#,
        ),
        (
            append_reply(None, failure(None)),
            r#""append-entries-reply","msg_term":4,"success":false,"prev_log_index":9,"conflict_index":6,"conflict_term":null,"round":2,"forgetful":false}"#,
        ),
        (
            told(Body::InstallSnapshot(install)),
            r#""install-snapshot","msg_term":4,"last_included_index":9,"last_included_term":3,"offset":100,"data_bytes":20,"done":true,"round":2}"#,
        ),
        (
            told(Body::InstallSnapshotReply(install_reply)),
            r#""install-snapshot-reply","msg_term":4,"match_index":9,"next_offset":120,"round":2,"forgetful":false}"#,
        ),
        (told(Body::TimeoutNow), r#""timeout-now","msg_term":4}"#),
        (told(Body::ReadIndex(ReadIndex { read })), r#""read-index","msg_term":4,"read":3}"#),
        (
            told(Body::ReadIndexReply(ReadIndexReply { read, read_index: Some(Index(8)) })),
            r#""read-index-reply","msg_term":4,"read":3,"read_index":8}"#,
        ),
        (
            told(Body::ReadIndexReply(ReadIndexReply { read, read_index: None })),
            r#""read-index-reply","msg_term":4,"read":3,"read_index":null}"#,
        ),
    ]);
}

#[test]
fn messages_of_clients_have_no_term_and_a_lost_one_says_why() {
    let client = ClientId::new("c1");
    let request =
        Payload::Request { client: client.clone(), request: 3, op: Op::Get { key: "k".into() }, since: None };
    let dropped = |why| {
        let (from, to) = (crate::sim::Endpoint::Client(client.clone()), NodeId(1).into());
        elsewhere(EventKind::Drop { message: 7, from, to, payload: Arc::new(request.clone()), why })
    };
    for (reason, why) in [
        (DropReason::Lost, "lost"),
        (DropReason::Cut, "cut"),
        (DropReason::Down, "down"),
        (DropReason::ByHand, "by-hand"),
        (DropReason::Full, "full"),
    ] {
        assert_eq!(
            dropped(reason),
            format!(
                r#"drop,"id":7,"from":"c1","to":"node-1","kind":"client-request","msg_term":0,"client":"c1","request":3,"op":"get","key":"k","why":"{why}"}}"#
            )
        );
    }
    let answered = |answer| {
        let payload = Arc::new(Payload::Reply { client: client.clone(), request: 3, answer });
        let (from, to) = (NodeId(1).into(), crate::sim::Endpoint::Client(client.clone()));
        let line = elsewhere(EventKind::Deliver { message: 7, from, to, payload });
        let start = r#"deliver,"id":7,"from":"node-1","to":"c1","kind":"client-reply","msg_term":0,"client":"c1","request":3,"#;
        line.strip_prefix(start).expect("every answer begins so").to_owned()
    };
    let value = Outcome::Value(Some("v".into()));
    check([
        (
            answered(ClientAnswer::Done { outcome: value, index: Index(8) }),
            r#""ok":true,"result":"v","index":8}"#,
        ),
        (
            answered(ClientAnswer::NotLeader { leader: Some(NodeId(2)) }),
            r#""ok":false,"error":"not-leader","leader":"node-2"}"#,
        ),
        (
            answered(ClientAnswer::NotLeader { leader: None }),
            r#""ok":false,"error":"not-leader","leader":null}"#,
        ),
        (
            answered(ClientAnswer::Done { outcome: Outcome::Expired(Micros(9)), index: Index(8) }),
            r#""ok":false,"error":"session-expired","expired_us":9,"index":8}"#,
        ),
        (answered(ClientAnswer::Unknown), r#""ok":false,"error":"unknown"}"#),
    ]);
}

#[test]
fn an_operation_begins_and_ends_with_the_same_names() {
    let (client, op) = (ClientId::new("c1"), Op::Delete { key: "k".into() });
    let invoke = EventKind::Invoke { client: client.clone(), request: 3, op: op.clone() };
    let ended = |result, served_by| {
        let (client, op) = (client.clone(), op.clone());
        elsewhere(EventKind::Return { client, request: 3, op, result, served_by })
    };
    check([
        (elsewhere(invoke), r#"invoke,"client":"c1","request":3,"op":"delete","key":"k"}"#),
        (
            ended(Ok(Outcome::Done), Some((NodeId(1), Index(8)))),
            r#"return,"client":"c1","request":3,"op":"delete","key":"k","ok":true,"result":null,"served_by":"node-1","served_index":8}"#,
        ),
        (
            ended(Err(ClientError::Rejected), None),
            r#"return,"client":"c1","request":3,"op":"delete","key":"k","ok":false,"error":"rejected"}"#,
        ),
        (
            ended(Err(ClientError::Unknown), None),
            r#"return,"client":"c1","request":3,"op":"delete","key":"k","ok":false,"error":"unknown"}"#,
        ),
    ]);
}

#[test]
fn what_no_node_did_has_no_node_in_front() {
    let violation = Violation {
        property: "election-safety",
        detail: "node-0 and node-1 lead term 5.".to_owned(),
        indexes: vec![Index(3)],
        nodes: vec![NodeId(0), NodeId(1)],
    };
    check([
        (
            elsewhere(EventKind::Fault(Command::Transfer { to: Target::Leader })),
            r#"fault,"do":"transfer","to":"leader"}"#,
        ),
        (
            elsewhere(EventKind::Skipped { step: 2, why: "there is no leader".to_owned() }),
            r#"skipped,"step":2,"why":"there is no leader"}"#,
        ),
        (
            elsewhere(EventKind::Violation(violation)),
            r#"violation,"property":"election-safety","detail":"node-0 and node-1 lead term 5.","indexes":[3],"nodes":["node-0","node-1"]}"#,
        ),
    ]);
}

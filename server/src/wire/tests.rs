//! What a sealed frame promises, and what becomes of every other one.

use mini_raft_core::raft::{Body as RaftBody, EntryId, Message, NodeId, Term};
use proptest::prelude::*;

use super::codec::tests::messages;
use super::*;

fn identity(number: u32, boot: u64) -> Identity {
    Identity {
        cluster: "lab".parse().expect("a name"),
        id: NodeId(number),
        boot: BootId(boot),
        secret: Secret::new(b"a secret of the lab").expect("long enough"),
    }
}

fn hello(nonce: u8) -> Hello {
    let last_log = EntryId::new(2, 9);
    Hello { nonce: Nonce([nonce; 16]), disk_id: 77, fresh: false, format: 1, term: Term(3), last_log }
}

fn message(from: u32, to: u32) -> Message {
    Message { from: NodeId(from), to: NodeId(to), term: Term(3), body: RaftBody::TimeoutNow }
}

/// `sealer` says hello to `opener`.
fn meet(sealer: &Sealer, opener: &Opener, nonce: u8) -> HelloReply {
    let hello = hello(nonce);
    let opened = opener.open(&sealer.hello(&hello).frame()).expect("a hello");
    assert_eq!(opened.body, Body::Hello(hello.clone()));
    let answer = Answer { known_disk: Some(77), refusal: None };
    let reply = opener.reply(&opened, &hello, answer).frame();
    sealer.accept(&hello, &reply).expect("an answer")
}

/// node-0 in its run 10, which has said hello to node-1 in its run 20.
fn met() -> (Sealer, Opener) {
    let (sealer, opener) = (Sealer::new(identity(0, 10), NodeId(1)), Opener::new(identity(1, 20)));
    let reply = meet(&sealer, &opener, 1);
    assert_eq!((reply.boot, reply.session, reply.known_disk), (BootId(20), 1, Some(77)));
    (sealer, opener)
}

fn refusal(opener: &Opener, frame: &[u8]) -> Rejected {
    opener.open(frame).expect_err("refused")
}

#[test]
fn after_a_hello_frames_are_taken() {
    let (sealer, opener) = met();
    for _ in 0..3 {
        let opened = opener.open(&sealer.message(&message(0, 1)).frame()).expect("a message");
        assert_eq!(
            (opened.from, opened.boot, opened.body),
            (NodeId(0), BootId(10), Body::Message(message(0, 1)))
        );
    }
}

#[test]
fn a_replayed_frame_is_refused_in_any_order() {
    let (sealer, opener) = met();
    let frames: Vec<_> = (0..5).map(|_| sealer.message(&message(0, 1)).frame()).collect();
    for at in [2, 0, 4, 1, 3] {
        opener.open(&frames[at]).expect("new");
    }
    for (at, frame) in frames.iter().enumerate() {
        let counter = u64::try_from(at).expect("few") + 1;
        assert_eq!(refusal(&opener, frame), Rejected::Replayed { counter });
    }
}

#[test]
fn a_frame_for_an_earlier_run_of_its_receiver_is_refused() {
    let (sealer, _) = met();
    let recorded = sealer.message(&message(0, 1)).frame();
    let restarted = Opener::new(identity(1, 21));
    assert_eq!(refusal(&restarted, &recorded), Rejected::Stale);
    meet(&sealer, &restarted, 2);
    assert_eq!(refusal(&restarted, &recorded), Rejected::Stale);
    restarted.open(&sealer.message(&message(0, 1)).frame()).expect("of the new session");
}

#[test]
fn a_frame_of_an_earlier_run_of_its_sender_never_comes_back() {
    let (sealer, opener) = met();
    let (seen, held) = (sealer.message(&message(0, 1)).frame(), sealer.message(&message(0, 1)).frame());
    opener.open(&seen).expect("new");
    let restarted = Sealer::new(identity(0, 11), NodeId(1));
    meet(&restarted, &opener, 2);
    opener.open(&held).expect("nothing of the next session has come yet");
    opener.open(&restarted.message(&message(0, 1)).frame()).expect("of the new session");
    let late = sealer.message(&message(0, 1)).frame();
    for frame in [seen, held, late] {
        assert_eq!(refusal(&opener, &frame), Rejected::Stale);
    }
}

/// Whoever repeats a hello learns what the answer says, and changes nothing for its sender.
#[test]
fn a_replayed_hello_changes_nothing() {
    let (sealer, opener) = met();
    let recorded = sealer.hello(&hello(1)).frame();
    opener.open(&sealer.message(&message(0, 1)).frame()).expect("new");
    for _ in 0..100 {
        let opened = opener.open(&recorded).expect("a hello");
        let reply = opener.reply(&opened, &hello(1), Answer::default()).frame();
        assert_eq!(sealer.accept(&hello(9), &reply), Err(Rejected::Stale), "the answer to another hello");
    }
    opener.open(&sealer.message(&message(0, 1)).frame()).expect("still the same session");
}

#[test]
fn a_refused_hello_begins_no_session() {
    let (sealer, opener) = (Sealer::new(identity(0, 10), NodeId(1)), Opener::new(identity(1, 20)));
    let opened = opener.open(&sealer.hello(&hello(1)).frame()).expect("a hello");
    let answer = Answer { known_disk: Some(78), refusal: Some("an old backup".to_owned()) };
    let reply =
        sealer.accept(&hello(1), &opener.reply(&opened, &hello(1), answer).frame()).expect("an answer");
    assert_eq!(reply.refusal.as_deref(), Some("an old backup"));
    assert_eq!(refusal(&opener, &sealer.message(&message(0, 1)).frame()), Rejected::Stale);
}

#[test]
fn every_frame_but_the_true_one_is_refused_by_its_own_name() {
    let (sealer, opener) = met();
    let (met_frame, fresh) = (sealer.message(&message(0, 1)).frame(), message(0, 1));
    let other_cluster = Identity { cluster: "shop".parse().expect("a name"), ..identity(0, 10) };
    let forger = Identity { secret: Secret::new(&[7; 16]).expect("long enough"), ..identity(0, 10) };
    let of = |identity: Identity, to| Sealer::new(identity, NodeId(to)).message(&fresh).frame().to_vec();
    let mut newer = met_frame.to_vec();
    newer[3] = WIRE_VERSION + 1;
    let reply = {
        let opened = opener.open(&sealer.hello(&hello(5)).frame()).expect("a hello");
        opener.reply(&opened, &hello(5), Answer::default()).frame().to_vec()
    };
    let cases = [
        (newer, "other_version", 412),
        (of(other_cluster, 1), "other_cluster", 412),
        (of(forger, 1), "not_authentic", 401),
        (of(identity(0, 10), 2), "other_node", 412),
        (of(identity(0, 10), 1), "stale_session", 409),
        (of(identity(1, 10), 1), "malformed", 400),
        (reply, "other_node", 412),
        (Vec::new(), "not_authentic", 401),
        (b"GET / HTTP/1.1".to_vec(), "not_authentic", 401),
        (sealer.message(&message(2, 1)).frame().to_vec(), "malformed", 400),
        (sealer.message(&message(0, 0)).frame().to_vec(), "malformed", 400),
    ];
    for (frame, code, status) in cases {
        let rejected = refusal(&opener, &frame);
        assert_eq!((rejected.code(), rejected.status()), (code, status), "{rejected}");
    }
    opener.open(&met_frame).expect("none of that harmed the session");
}

#[test]
fn a_message_as_json_is_sealed_like_any_other() {
    let (sealer, opener) = met();
    let SealedJson { seal, body } = sealer.message_json(&message(0, 1));
    let forged = body.replace(r#""term":3"#, r#""term":9"#);
    assert_eq!(opener.open_json(&seal, forged.as_bytes()).expect_err("forged"), Rejected::NotAuthentic);
    assert_eq!(opener.open_json("no base64!", body.as_bytes()).expect_err("forged"), Rejected::NotAuthentic);
    let opened = opener.open_json(&seal, body.as_bytes()).expect("a message");
    assert_eq!(opened.body, Body::Message(message(0, 1)));
    let again = opener.open_json(&seal, body.as_bytes()).expect_err("replayed");
    assert_eq!(again, Rejected::Replayed { counter: 1 });
}

#[test]
fn an_answer_of_somebody_else_is_refused() {
    let (sealer, opener) = met();
    let opened = opener.open(&sealer.hello(&hello(3)).frame()).expect("a hello");
    let reply = opener.reply(&opened, &hello(3), Answer::default()).frame();
    let stranger = Sealer::new(identity(0, 10), NodeId(2));
    assert!(matches!(stranger.accept(&hello(3), &reply), Err(Rejected::Malformed(_))), "it asked node-2");
    let restarted = Sealer::new(identity(0, 11), NodeId(1));
    assert_eq!(restarted.accept(&hello(3), &reply), Err(Rejected::Stale), "an earlier run asked");
    let message_frame = sealer.message(&message(0, 1)).frame();
    assert!(sealer.accept(&hello(3), &message_frame).is_err(), "it is no answer");
}

#[test]
fn the_later_of_two_sessions_is_kept() {
    let (sealer, opener) = met();
    let open = |nonce| {
        let opened = opener.open(&sealer.hello(&hello(nonce)).frame()).expect("a hello");
        opener.reply(&opened, &hello(nonce), Answer::default()).frame()
    };
    let (earlier, later) = (open(2), open(3));
    assert_eq!(sealer.accept(&hello(3), &later).expect("an answer").session, 3);
    assert_eq!(sealer.accept(&hello(2), &earlier).expect("an answer").session, 2);
    let later = sealer.message(&message(0, 1)).frame();
    opener.open(&later).expect("of the later session");
    assert_eq!(refusal(&opener, &later), Rejected::Replayed { counter: 1 });
}

#[test]
fn an_authentic_frame_with_nonsense_is_malformed() {
    let (sealer, opener) = met();
    let nonsense = Message { term: Term(0), ..message(0, 1) };
    let rejected = refusal(&opener, &sealer.message(&nonsense).frame());
    assert_eq!((rejected.code(), rejected.status()), ("malformed", 400));
    opener.open(&sealer.message(&message(0, 1)).frame()).expect("the session goes on");
}

#[test]
fn identities_do_not_show_the_secret() {
    assert!(format!("{:?}", Sealer::new(identity(0, 10), NodeId(1))).contains("Secret(…)"));
}

proptest! {
    /// Any change to any byte of a frame is noticed, and the true frame is taken after it.
    #[test]
    fn no_byte_of_a_frame_can_be_changed(
        message in messages().prop_map(|message| Message { from: NodeId(0), to: NodeId(1), ..message }),
        at in any::<proptest::sample::Index>(),
        flip in 1..=255u8,
        cut in any::<proptest::sample::Index>(),
    ) {
        let (sealer, opener) = met();
        let frame = sealer.message(&message).frame();
        let mut changed = frame.to_vec();
        changed[at.index(frame.len())] ^= flip;
        let status = refusal(&opener, &changed).status();
        prop_assert!([401, 412].contains(&status), "{}", status);
        prop_assert!([401, 412].contains(&refusal(&opener, &frame[..cut.index(frame.len())]).status()));
        prop_assert_eq!(opener.open(&frame).expect("the true one").body, Body::Message(message));
    }

    /// A hello and its answer are read whole or not at all.
    #[test]
    fn hellos_are_read_whole_or_not_at_all(
        junk in proptest::collection::vec(any::<u8>(), 0..80),
        cut in any::<proptest::sample::Index>(),
        refusal in proptest::option::of(".{0,40}"),
    ) {
        let reply = HelloReply { nonce: Nonce([3; 16]), boot: BootId(7), session: 4, known_disk: None, refusal };
        let (asked, answered) = (hello(3).encode(), reply.encode());
        prop_assert!(Hello::decode(&asked[..cut.index(asked.len())]).is_err());
        prop_assert!(Hello::decode(&[&asked[..], &[0]].concat()).is_err());
        prop_assert!(HelloReply::decode(&answered[..cut.index(answered.len())]).is_err());
        prop_assert!(HelloReply::decode(&[&answered[..], &[0]].concat()).is_err());
        prop_assert_eq!(Hello::decode(&asked), Ok(hello(3)));
        prop_assert_eq!(HelloReply::decode(&answered), Ok(reply));
        if let Ok(read) = Hello::decode(&junk) {
            prop_assert_eq!(Hello::decode(&read.encode()), Ok(read));
        }
        prop_assert!(HelloReply::decode(&junk).is_err() || junk.len() > 17);
    }

    /// Bytes that nobody sealed are refused without a panic.
    #[test]
    fn hostile_bytes_are_not_authentic(tail in proptest::collection::vec(any::<u8>(), 0..300)) {
        let opener = Opener::new(identity(1, 20));
        let status = refusal(&opener, &[&b"MRF\x01\x03lab"[..], &tail].concat()).status();
        prop_assert_eq!(status, 401);
        prop_assert!([401, 412].contains(&refusal(&opener, &tail).status()));
    }
}

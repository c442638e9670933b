//! What the state machine promises, whatever the log holds.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::command::{BadCommand, KEY_MAX, REQUEST_KEY_MAX, TAGS_MAX, VALUE_MAX, stamp};
use super::requests::REQUEST_REMEMBERED_MS;
use super::*;

fn put<'a>(key: &'a str, value: &'a [u8], condition: Condition) -> Op<'a> {
    Op::Put { key, value, condition }
}

fn delete(key: &str, condition: Condition) -> Op<'_> {
    Op::Delete { key, condition }
}

fn plain(op: Op<'_>) -> Vec<u8> {
    Command { at_ms: 0, request: None, op }.encode()
}

fn asked(at_ms: u64, key: &str, op: Op<'_>) -> Vec<u8> {
    let request = RequestKey { key, fingerprint: Fingerprint::of(&op) };
    Command { at_ms, request: Some(request), op }.encode()
}

#[test]
fn puts_and_deletes_come_to_what_http_says() {
    let mut store = Store::new();
    let mut run = |index, op| store.apply(index, &plain(op)).outcome;
    let none = || Condition::None;
    assert_eq!(run(1, put("a", b"1", none())), Outcome::Created { mod_index: 1 });
    assert_eq!(run(4, put("a", b"2", none())), Outcome::Replaced { mod_index: 4 });
    assert_eq!(run(5, delete("a", none())), Outcome::Deleted { existed: true });
    assert_eq!(run(6, delete("a", none())), Outcome::Deleted { existed: false });
    assert_eq!(run(7, put("", b"", none())), Outcome::Malformed);
}

#[test]
fn a_condition_that_does_not_hold_changes_nothing_and_names_what_is() {
    let mut store = Store::new();
    store.apply(1, &plain(put("a", b"1", Condition::IfNoneMatchAny)));
    let failed = |current| Outcome::PreconditionFailed { current };
    let cases = [
        (put("a", b"x", Condition::IfNoneMatchAny), failed(Some(1))),
        (put("a", b"x", Condition::IfMatch(vec![7, 9])), failed(Some(1))),
        (put("b", b"x", Condition::IfMatchAny), failed(None)),
        (put("b", b"x", Condition::IfMatch(vec![1])), failed(None)),
        (delete("a", Condition::IfMatch(vec![])), failed(Some(1))),
        (delete("b", Condition::IfMatchAny), failed(None)),
    ];
    let before = store.get("a").cloned();
    for (index, (op, expected)) in (2..).zip(cases) {
        let applied = store.apply(index, &plain(op.clone()));
        assert_eq!((applied.outcome, applied.change), (expected, None), "{op:?}");
    }
    assert_eq!((store.get("a").cloned(), store.len()), (before, 1));
    let applied = store.apply(10, &plain(put("a", b"2", Condition::IfMatch(vec![9, 1]))));
    assert_eq!(applied.outcome, Outcome::Replaced { mod_index: 10 });
    let applied = store.apply(11, &plain(delete("a", Condition::IfMatchAny)));
    assert_eq!(applied.outcome, Outcome::Deleted { existed: true });
}

#[test]
fn a_retried_request_is_done_once_and_answered_again() {
    let mut store = Store::new();
    let first = store.apply(1, &asked(0, "r1", put("a", b"1", Condition::None)));
    assert_eq!((&first.outcome, first.repeated), (&Outcome::Created { mod_index: 1 }, false));
    store.apply(2, &plain(put("a", b"2", Condition::None)));
    let again = store.apply(3, &asked(9, "r1", put("a", b"1", Condition::None)));
    assert_eq!((again.outcome, again.repeated, again.change), (first.outcome, true, None));
    assert_eq!(store.get("a").expect("there").value, "2");
}

/// Another key, value or condition under the same `Idempotency-Key` is another request.
#[test]
fn another_request_under_the_same_key_is_a_conflict() {
    let mut store = Store::new();
    store.apply(1, &asked(0, "r1", put("a", b"1", Condition::None)));
    let others = [
        put("a", b"2", Condition::None),
        put("b", b"1", Condition::None),
        put("a", b"1", Condition::IfMatchAny),
        put("a", b"1", Condition::IfMatch(vec![1])),
        delete("a", Condition::None),
    ];
    for (index, op) in (2..).zip(others) {
        let applied = store.apply(index, &asked(0, "r1", op));
        assert_eq!((applied.outcome, applied.repeated), (Outcome::IdempotencyConflict, false));
    }
    let again = store.apply(9, &asked(0, "r1", put("a", b"1", Condition::None)));
    assert_eq!(again.outcome, Outcome::Created { mod_index: 1 });
}

/// Also a request that failed is answered as it was, although its condition would hold by now.
#[test]
fn a_failed_request_stays_failed_when_it_is_retried() {
    let mut store = Store::new();
    let request = || asked(0, "r1", put("a", b"1", Condition::IfMatchAny));
    let failed = Outcome::PreconditionFailed { current: None };
    assert_eq!(store.apply(1, &request()).outcome, failed);
    store.apply(2, &plain(put("a", b"2", Condition::None)));
    assert_eq!(store.apply(3, &request()).outcome, failed);
}

#[test]
fn a_request_is_forgotten_ten_minutes_after_its_last_use() {
    let mut store = Store::new();
    let request = |at_ms| asked(at_ms, "r1", put("a", b"1", Condition::None));
    let ttl = REQUEST_REMEMBERED_MS;
    assert!(!store.apply(1, &request(0)).repeated);
    assert!(store.apply(2, &request(ttl - 1)).repeated);
    assert!(store.apply(3, &request(2 * ttl - 2)).repeated, "the retry was a use");
    assert!(!store.apply(4, &request(3 * ttl - 2)).repeated);
    store.apply(5, &Command { at_ms: 9 * ttl, request: None, op: delete("a", Condition::None) }.encode());
    assert_eq!(store.requests_len(), 0);
    assert!(!store.apply(6, &request(0)).repeated);
    assert_eq!(store.time_ms(), 9 * ttl, "time does not go back");
}

#[test]
fn of_too_many_requests_the_least_recently_used_are_forgotten() {
    let mut store = Store::remembering(3);
    let request = |key| asked(0, key, delete("a", Condition::None));
    for (index, key) in (1..).zip(["r1", "r2", "r3", "r1", "r4"]) {
        store.apply(index, &request(key));
    }
    assert_eq!(store.requests_len(), 3);
    assert!(store.apply(10, &request("r1")).repeated);
    assert!(!store.apply(11, &request("r2")).repeated);
}

#[test]
fn a_list_comes_in_pages() {
    let mut store = Store::new();
    let keys = ["a", "b/1", "b/2", "b/3", "b0", "c"];
    for (index, key) in (1..).zip(keys) {
        store.apply(index, &plain(put(key, key.as_bytes(), Condition::None)));
    }
    let list = |prefix, after, limit| {
        let Page { items, next } = store.list(prefix, after, limit);
        let keys: Vec<_> = items.iter().map(|(key, _)| key.to_string()).collect();
        (keys, next.map(|key| key.to_string()))
    };
    let names = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
    assert_eq!(list("", None, 10), (names(&keys), None));
    assert_eq!(list("b/", None, 2), (names(&["b/1", "b/2"]), Some("b/2".to_owned())));
    assert_eq!(list("b/", Some("b/2"), 2), (names(&["b/3"]), None));
    assert_eq!(list("b/", None, 3), (names(&["b/1", "b/2", "b/3"]), None));
    assert_eq!(list("b/", Some("a"), 1), (names(&["b/1"]), Some("b/1".to_owned())));
    assert_eq!(list("b/", Some("c"), 9), (names(&[]), None));
    assert_eq!(list("b/", Some("b/1x"), 9), (names(&["b/2", "b/3"]), None), "the key itself may be gone");
}

#[test]
fn a_page_ends_before_its_values_are_too_much() {
    let mut store = Store::new();
    let value = vec![7; VALUE_MAX];
    for (index, key) in (1..).zip(["a", "b", "c", "d", "e", "f"]) {
        store.apply(index, &plain(put(key, &value, Condition::None)));
    }
    let page = store.list("", None, 1000);
    assert_eq!((page.items.len(), page.next.as_deref()), (4, Some("d")));
    assert_eq!(store.list("", Some("d"), 1000).items.len(), 2);
}

#[test]
fn who_watches_sees_every_change_once_and_a_restored_store_knows_none() {
    let mut store = Store::new();
    store.apply(1, &plain(put("a", b"1", Condition::None)));
    store.apply(2, &plain(put("b", b"1", Condition::None)));
    store.apply(3, &plain(put("a", b"1", Condition::IfNoneMatchAny)));
    let deleted = store.apply(4, &plain(delete("a", Condition::None))).change.expect("a change");
    let gone = store.apply(5, &plain(delete("a", Condition::None)));
    assert_eq!(gone.change, None);
    let seen = store.changes("a", 1, 9).expect("known");
    assert_eq!(seen.iter().map(|change| change.index).collect::<Vec<_>>(), [1, 4]);
    assert_eq!((&*deleted, &deleted.value), (&*seen[1], &ValueChange::Deleted));
    let restored = Store::restore(&store.freeze().encode()).expect("a snapshot");
    assert_eq!(restored.changes("", 5, 9), Err(Compacted { oldest: 6 }));
    assert_eq!(restored.changes("", 6, 9), Ok(vec![]));
}

#[test]
fn a_leader_stamps_a_command_last() {
    let op = put("a", b"1", Condition::None);
    let mut bytes = plain(op.clone());
    stamp(&mut bytes, 77);
    assert_eq!(Command::decode(&bytes), Ok(Command { at_ms: 77, request: None, op }));
}

#[test]
fn limits_are_kept_to_the_byte() {
    let (key, value, request) = ("k".repeat(KEY_MAX), vec![0; VALUE_MAX], "r".repeat(REQUEST_KEY_MAX));
    let tags = Condition::IfMatch(vec![1; TAGS_MAX]);
    assert!(Command::decode(&asked(0, &request, put(&key, &value, tags))).is_ok());
    let (longer_key, longer_value) = ([&key, "k"].concat(), vec![0; VALUE_MAX + 1]);
    let longer_request = [&request, "r"].concat();
    let too_much = [
        plain(put(&longer_key, b"", Condition::None)),
        plain(delete(&longer_key, Condition::None)),
        plain(put("a", &longer_value, Condition::None)),
        plain(delete("a", Condition::IfMatch(vec![1; TAGS_MAX + 1]))),
        asked(0, &longer_request, delete("a", Condition::None)),
        asked(0, "", delete("a", Condition::None)),
        plain(delete("", Condition::None)),
        [plain(delete("a", Condition::None)), vec![0]].concat(),
        vec![],
        vec![2],
        vec![1, 0, 0],
    ];
    for bytes in too_much {
        let read = Command::decode(&bytes);
        assert!(matches!(read, Err(BadCommand(_))), "{} bytes: {read:?}", bytes.len());
    }
}

#[test]
fn golden_bytes_of_a_command_and_of_a_snapshot() {
    let command = asked(258, "r1", put("a", b"xy", Condition::IfMatch(vec![3])));
    assert_eq!(hex(&command), GOLDEN_COMMAND);
    let mut store = Store::new();
    store.apply(3, &plain(put("a", b"1", Condition::None)));
    store.apply(4, &command);
    assert_eq!(hex(&store.freeze().encode()), GOLDEN_SNAPSHOT);
    assert!(Store::restore(&store.freeze().encode()).is_ok());
}

const GOLDEN_COMMAND: &str = "01000000000000010201027231639ff6ce973d60a1ee127160c5b65050000161027879020103";
const GOLDEN_SNAPSHOT: &str =
    "4d524b56010482020101016104027879027231639ff6ce973d60a1ee127160c5b650500104048202868a533806dc4263";

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// A command as a test makes it up.
#[derive(Clone, Debug)]
struct Step {
    passed_ms: u64,
    request: Option<u8>,
    key: u8,
    value: Option<Vec<u8>>,
    condition: Condition,
}

fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let condition = prop_oneof![
        3 => Just(Condition::None),
        1 => Just(Condition::IfMatchAny),
        1 => Just(Condition::IfNoneMatchAny),
        2 => proptest::collection::vec(0..40u64, 0..4).prop_map(Condition::IfMatch),
    ];
    let passed_ms = prop_oneof![9 => 0..1000u64, 1 => 0..2 * REQUEST_REMEMBERED_MS];
    let value = proptest::option::weighted(0.7, proptest::collection::vec(any::<u8>(), 0..20));
    let step = (passed_ms, proptest::option::of(0..12u8), 0..20u8, value, condition).prop_map(
        |(passed_ms, request, key, value, condition)| Step { passed_ms, request, key, value, condition },
    );
    proptest::collection::vec(step, 0..most)
}

/// The steps as entries of a log, from index 1.
fn log(steps: &[Step]) -> Vec<Vec<u8>> {
    let mut at_ms = 0;
    let mut encode = |step: &Step| {
        at_ms += step.passed_ms;
        let (key, request) = (format!("key/{}", step.key), step.request.map(|number| format!("r{number}")));
        let condition = step.condition.clone();
        let op = match &step.value {
            Some(value) => put(&key, value, condition),
            None => delete(&key, condition),
        };
        match &request {
            Some(request) => asked(at_ms, request, op),
            None => Command { at_ms, request: None, op }.encode(),
        }
    };
    steps.iter().map(&mut encode).collect()
}

/// The least that could be right: plain maps, everything remembered with its time.
#[derive(Default)]
struct Model {
    values: BTreeMap<String, (Vec<u8>, u64)>,
    requests: BTreeMap<String, (Fingerprint, Outcome, u64)>,
    now_ms: u64,
}

impl Model {
    fn apply(&mut self, index: u64, bytes: &[u8]) -> (Outcome, bool) {
        let command = Command::decode(bytes).expect("a command");
        self.now_ms = self.now_ms.max(command.at_ms);
        let known =
            |(_, _, used_ms): &(Fingerprint, Outcome, u64)| used_ms + REQUEST_REMEMBERED_MS > self.now_ms;
        self.requests.retain(|_, request| known(request));
        let Some(RequestKey { key, fingerprint }) = command.request else {
            return (self.run(index, &command.op), false);
        };
        let done = self.requests.get(key).cloned();
        let (outcome, repeated) = match done {
            Some((other, ..)) if other != fingerprint => return (Outcome::IdempotencyConflict, false),
            Some((_, outcome, _)) => (outcome, true),
            None => (self.run(index, &command.op), false),
        };
        self.requests.insert(key.to_owned(), (fingerprint, outcome.clone(), self.now_ms));
        (outcome, repeated)
    }

    fn run(&mut self, index: u64, op: &Op<'_>) -> Outcome {
        let current = self.values.get(op.key()).map(|(_, index)| *index);
        match op {
            op if !op.condition().holds(current) => Outcome::PreconditionFailed { current },
            Op::Put { key, value, .. } => {
                match self.values.insert((*key).to_owned(), (value.to_vec(), index)) {
                    None => Outcome::Created { mod_index: index },
                    Some(_) => Outcome::Replaced { mod_index: index },
                }
            }
            Op::Delete { key, .. } => Outcome::Deleted { existed: self.values.remove(*key).is_some() },
        }
    }
}

proptest! {
    /// Whatever the log holds, the store is what the least that could be right is.
    #[test]
    fn the_store_is_its_model(steps in steps(120)) {
        let (mut store, mut model) = (Store::new(), Model::default());
        for (index, command) in (1..).zip(log(&steps)) {
            let applied = store.apply(index, &command);
            prop_assert_eq!((applied.outcome, applied.repeated), model.apply(index, &command));
        }
        let items = store.list("", None, usize::MAX).items;
        let values = items.iter().map(|(key, record)| (key.to_string(), (record.value.to_vec(), record.mod_index)));
        prop_assert!(values.eq(model.values));
        prop_assert_eq!(store.requests_len(), model.requests.len());
    }

    /// A replica that starts from a snapshot, taken anywhere, comes to the same state as one that applied all, byte
    /// for byte; and what was frozen does not move.
    #[test]
    fn a_snapshot_stands_for_what_it_replaces(steps in steps(80), cut in any::<proptest::sample::Index>()) {
        let entries: Vec<_> = (1..).zip(log(&steps)).collect();
        let cut = cut.index(entries.len() + 1);
        let mut store = Store::new();
        for (index, command) in &entries[..cut] {
            store.apply(*index, command);
        }
        let frozen = store.freeze();
        let bytes = frozen.encode();
        let mut restored = Store::restore(&bytes).expect("a snapshot");
        prop_assert_eq!(restored.freeze().encode(), bytes.clone());
        for (index, command) in &entries[cut..] {
            prop_assert_eq!(store.apply(*index, command), restored.apply(*index, command));
            prop_assert_eq!(store.digest(), restored.digest());
        }
        prop_assert_eq!(restored.freeze().encode(), store.freeze().encode());
        prop_assert_eq!(frozen.encode(), bytes);
    }

    /// A change to any byte of a snapshot, or a cut anywhere, is noticed.
    #[test]
    fn a_damaged_snapshot_is_refused(
        steps in steps(30),
        at in any::<proptest::sample::Index>(),
        flip in 1..=255u8,
    ) {
        let mut store = Store::new();
        for (index, command) in (1..).zip(log(&steps)) {
            store.apply(index, &command);
        }
        let bytes = store.freeze().encode();
        let at = at.index(bytes.len());
        let mut damaged = bytes.clone();
        damaged[at] ^= flip;
        prop_assert!(Store::restore(&damaged).is_err(), "byte {}", at);
        prop_assert!(Store::restore(&bytes[..at]).is_err(), "cut at {}", at);
        prop_assert!(Store::restore(&[bytes, vec![0]].concat()).is_err());
    }

    /// Bytes of any kind are a command or `Malformed`, never a panic; and what is read can be written.
    #[test]
    fn hostile_commands_change_nothing(
        steps in steps(4),
        noise in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..6),
        junk in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let mut store = Store::new();
        for (index, mut command) in (1..).zip(log(&steps).into_iter().chain([junk])) {
            for (at, byte) in &noise {
                if !command.is_empty() {
                    let at = at.index(command.len());
                    command[at] = *byte;
                }
            }
            let before = (store.len(), store.requests_len());
            let applied = store.apply(index, &command);
            match Command::decode(&command) {
                Ok(read) => {
                    let written = read.encode();
                    prop_assert_eq!(Command::decode(&written), Ok(read));
                }
                Err(_) => {
                    prop_assert_eq!(applied.outcome, Outcome::Malformed);
                    prop_assert_eq!((store.len(), store.requests_len()), before);
                }
            }
        }
    }

    /// However often each request is sent, in whatever order with others, it is done once.
    #[test]
    fn retried_requests_are_done_once(order in proptest::collection::vec(0..6u8, 1..60)) {
        let (mut store, mut done) = (Store::new(), BTreeMap::new());
        for (index, request) in (1..).zip(order) {
            let (name, key) = (format!("r{request}"), format!("k{}", request % 2));
            let applied = store.apply(index, &asked(0, &name, put(&key, name.as_bytes(), Condition::None)));
            let first = done.entry(request).or_insert_with(|| applied.outcome.clone());
            prop_assert_eq!(&applied.outcome, &*first);
        }
        let changes = store.changes("", 1, usize::MAX).expect("known");
        prop_assert_eq!(changes.len(), done.len());
    }
}

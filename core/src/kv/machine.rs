//! The state machine that every server runs: keys and values, and the sessions of clients.

use std::sync::Arc;

use super::codec::{DecodeError, Reader, Writer};
use super::command::{ClientId, Command, Op, Outcome, Stamp};
use crate::hash::Hasher;
use crate::raft::Bytes;
use crate::sorted::{LongMap, SortedMap};
use crate::time::Micros;

/// Keys, values and sessions after some prefix of the log.
///
/// A clone shares keys, values and sessions; the first change after it copies what is near to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    values: LongMap<Arc<str>, Arc<str>>,
    sessions: Arc<SortedMap<ClientId, Session>>,
    /// The time of the log: the greatest of all stamps. It stays 0 where sessions are kept for ever.
    time: Micros,
    /// The sum of the hashes of all keys with their values.
    digest: u64,
}

/// What is remembered of a client, so that its last request is applied once however often it is sent (thesis 6.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The number of its last request that was applied.
    pub request: u64,
    /// What that came to.
    pub outcome: Outcome,
    /// The time of the log when that was applied.
    pub used_at: Micros,
}

impl Machine {
    /// No keys, no sessions.
    pub fn new() -> Machine {
        Machine::default()
    }

    /// Applies a committed command, once for each request of a client (§8).
    ///
    /// A request that was applied as its client's last one gives its outcome again; an older one is
    /// [`Outcome::Stale`]; one that may have been applied before its client was forgotten is [`Outcome::Expired`]; bytes
    /// that are no command are [`Outcome::Malformed`]. All four leave keys and values as they are.
    pub fn apply(&mut self, command: &[u8]) -> Outcome {
        self.apply_with(command, true)
    }

    /// As [`apply`](Machine::apply) if `remember`; else sessions are neither asked nor kept, and a retried request
    /// is applied again: for runs without the rule `request-applied-once`.
    pub fn apply_with(&mut self, command: &[u8], remember: bool) -> Outcome {
        let Ok(Command { client, request, op, stamp }) = Command::decode(command) else {
            return Outcome::Malformed;
        };
        if !remember {
            return self.run(op);
        }
        if let Some(stamp) = stamp {
            self.forget_sessions(stamp);
        }
        match self.sessions.get(&client) {
            Some(session) if request == session.request => return session.outcome.clone(),
            Some(session) if request < session.request => return Outcome::Stale,
            None if stamp.is_some_and(|stamp| self.may_have_forgotten(stamp)) => {
                return Outcome::Expired(self.time);
            }
            _ => {}
        }
        let outcome = self.run(op);
        let session = Session { request, outcome: outcome.clone(), used_at: self.time };
        Arc::make_mut(&mut self.sessions).insert(client, session);
        outcome
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<Arc<str>> {
        self.values.get(key).cloned()
    }

    /// All keys and their values, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        self.values.iter().map(|(key, value)| (key, value))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.values.first().is_none()
    }

    /// A hash of all keys and values, kept up to date: machines of equal keys and values have equal digests, and
    /// others hardly ever. Sessions are not in it.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// What is remembered of this client.
    pub fn session(&self, client: &ClientId) -> Option<&Session> {
        self.sessions.get(client)
    }

    /// The session of each client, in the order of their names.
    pub fn sessions(&self) -> impl Iterator<Item = (&ClientId, &Session)> {
        self.sessions.iter()
    }

    /// The whole state as bytes; equal states give equal bytes.
    pub fn snapshot(&self) -> Bytes {
        let mut writer = Writer::new();
        writer.number(self.values.len() as u64);
        for (key, value) in self.values.iter() {
            writer.text(key);
            writer.text(value);
        }
        writer.number(self.sessions.len() as u64);
        for (client, session) in self.sessions.iter() {
            writer.text(&client.0);
            writer.number(session.request);
            writer.outcome(&session.outcome);
        }
        if self.time > Micros::ZERO {
            writer.number(self.time.0);
            self.sessions.values().for_each(|session| writer.number(session.used_at.0));
        }
        writer.into_bytes()
    }

    /// The machine of which these bytes are the [`snapshot`](Machine::snapshot).
    pub fn restore(snapshot: &[u8]) -> Result<Machine, DecodeError> {
        let mut reader = Reader::new(snapshot)?;
        let mut values: LongMap<Arc<str>, _> = LongMap::default();
        for _ in 0..reader.number()? {
            let key = reader.text()?;
            comes_after(values.last().map(|(last, _)| last), &key)?;
            values.insert(key, reader.text()?);
        }
        let mut sessions = SortedMap::new();
        for _ in 0..reader.number()? {
            let client = ClientId(reader.text()?);
            let request = reader.number()?;
            let outcome = reader.outcome()?;
            comes_after(sessions.last().map(|(last, _): &(ClientId, Session)| last), &client)?;
            sessions.insert(client, Session { request, outcome, used_at: Micros::ZERO });
        }
        let mut time = Micros::ZERO;
        if !reader.is_at_end() {
            time = Micros(reader.number()?);
            for session in sessions.values_mut() {
                session.used_at = Micros(reader.number()?);
            }
            // Without time there is nothing to tell.
            comes_after(Some(&Micros::ZERO), &time)?;
        }
        reader.finish()?;
        Ok(Machine {
            digest: values.iter().fold(0, |sum: u64, (key, value)| sum.wrapping_add(hash(key, value))),
            values,
            sessions: Arc::new(sessions),
            time,
        })
    }

    /// Time goes on, and never back: another leader's clock may be behind.
    fn forget_sessions(&mut self, stamp: Stamp) {
        self.time = self.time.max(stamp.now);
        let time = self.time;
        let is_kept = |session: &Session| session.used_at + stamp.timeout > time;
        if !self.sessions.values().all(is_kept) {
            Arc::make_mut(&mut self.sessions).retain(|_, session| is_kept(session));
        }
    }

    /// Whether a request of a client without a session may have been applied before: not if its client learnt the time
    /// of the log so lately that what was applied since would still be remembered.
    fn may_have_forgotten(&self, stamp: Stamp) -> bool {
        stamp.since.is_none_or(|since| since + stamp.timeout <= self.time)
    }

    fn run(&mut self, op: Op) -> Outcome {
        match op {
            Op::Get { key } => Outcome::Value(self.get(&key)),
            Op::Set { key, value } => {
                self.insert(key, value);
                Outcome::Done
            }
            Op::Delete { key } => {
                self.remove(&key);
                Outcome::Done
            }
            Op::Cas { key, expected, value } => {
                let swapped = self.values.get(&key) == expected.as_ref();
                if swapped {
                    self.insert(key, value);
                }
                Outcome::Swapped(swapped)
            }
            Op::Append { key, value } => {
                let longer = match self.values.get(&key) {
                    None => value,
                    Some(before) => Arc::from([&**before, &*value].concat()),
                };
                self.insert(key, longer);
                Outcome::Done
            }
        }
    }

    fn insert(&mut self, key: Arc<str>, value: Arc<str>) {
        if let Some(before) = self.values.get(&key) {
            self.digest = self.digest.wrapping_sub(hash(&key, before));
        }
        self.digest = self.digest.wrapping_add(hash(&key, &value));
        self.values.insert(key, value);
    }

    fn remove(&mut self, key: &str) {
        if let Some(value) = self.values.remove(key) {
            self.digest = self.digest.wrapping_sub(hash(key, &value));
        }
    }
}

fn hash(key: &str, value: &str) -> u64 {
    Hasher::new().field(key.as_bytes()).field(value.as_bytes()).finish()
}

/// The keys of a snapshot are in order, each once.
fn comes_after<K: Ord>(last: Option<&K>, key: &K) -> Result<(), DecodeError> {
    if last.is_some_and(|last| last >= key) { Err(DecodeError::Order) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::codec::tests::command;
    use super::*;

    fn set(client: &str, request: u64, key: &str, value: &str) -> Bytes {
        encode(client, request, Op::Set { key: key.into(), value: value.into() })
    }

    fn append(client: &str, request: u64, value: &str) -> Bytes {
        encode(client, request, Op::Append { key: "log".into(), value: value.into() })
    }

    fn cas(request: u64, expected: Option<&str>, value: &str) -> Bytes {
        encode(
            "c1",
            request,
            Op::Cas { key: "city".into(), expected: expected.map(Arc::from), value: value.into() },
        )
    }

    fn encode(client: &str, request: u64, op: Op) -> Bytes {
        Command { client: ClientId::new(client), request, op, stamp: None }.encode()
    }

    fn value(machine: &Machine, key: &str) -> Option<String> {
        machine.get(key).map(|value| value.to_string())
    }

    #[test]
    fn each_operation_does_what_it_says() {
        let mut machine = Machine::new();
        assert_eq!(machine.apply(&set("c1", 1, "city", "Oslo")), Outcome::Done);
        assert_eq!(value(&machine, "city").as_deref(), Some("Oslo"));
        assert_eq!(machine.apply(&cas(2, Some("Rome"), "Bern")), Outcome::Swapped(false));
        assert_eq!(machine.apply(&cas(3, Some("Oslo"), "Bern")), Outcome::Swapped(true));
        assert_eq!(value(&machine, "city").as_deref(), Some("Bern"));
        let get = Op::Get { key: "city".into() };
        let found = Outcome::Value(Some("Bern".into()));
        assert_eq!(machine.apply(&encode("c1", 4, get)), found);
        let delete = Op::Delete { key: "city".into() };
        assert_eq!(machine.apply(&encode("c1", 5, delete.clone())), Outcome::Done);
        assert_eq!(machine.apply(&encode("c1", 6, delete)), Outcome::Done);
        assert!(machine.is_empty());
        assert_eq!(machine.apply(&cas(7, None, "Lima")), Outcome::Swapped(true));
        assert_eq!(machine.apply(&cas(8, None, "Kyiv")), Outcome::Swapped(false));
        assert_eq!(machine.apply(&append("c1", 9, "a")), Outcome::Done);
        assert_eq!(machine.apply(&append("c1", 10, "b")), Outcome::Done);
        let all: Vec<(&str, &str)> = machine.iter().map(|(key, value)| (&**key, &**value)).collect();
        assert_eq!(all, [("city", "Lima"), ("log", "ab")]);
    }

    /// A retried request is applied once and told its first outcome; an older one is stale.
    #[test]
    fn a_retry_is_applied_once() {
        let mut machine = Machine::new();
        machine.apply(&append("c1", 1, "a"));
        assert_eq!(machine.apply(&append("c1", 1, "a")), Outcome::Done);
        // The number names the request, whatever the bytes of the retry say.
        assert_eq!(machine.apply(&append("c1", 1, "z")), Outcome::Done);
        machine.apply(&append("c1", 2, "b"));
        assert_eq!(machine.apply(&append("c1", 1, "a")), Outcome::Stale);
        // Sessions are of one client each.
        machine.apply(&append("c2", 1, "c"));
        assert_eq!(value(&machine, "log").as_deref(), Some("abc"));
    }

    /// A compare-and-set that is retried is told what the first one came to, though it would now come to another.
    #[test]
    fn a_retry_is_told_the_first_outcome() {
        let mut machine = Machine::new();
        machine.apply(&set("c2", 1, "city", "Oslo"));
        let swap = cas(1, Some("Oslo"), "Rome");
        assert_eq!(machine.apply(&swap), Outcome::Swapped(true));
        assert_eq!(machine.apply(&swap), Outcome::Swapped(true));
    }

    #[test]
    fn a_retry_is_applied_once_after_a_snapshot() {
        let mut machine = Machine::new();
        machine.apply(&append("c1", 4, "a"));
        let mut restored = Machine::restore(&machine.snapshot()).unwrap();
        assert_eq!(restored.apply(&append("c1", 4, "a")), Outcome::Done);
        assert_eq!(restored.apply(&append("c1", 3, "x")), Outcome::Stale);
        assert_eq!(value(&restored, "log").as_deref(), Some("a"));
        let session = Session { request: 4, outcome: Outcome::Done, used_at: Micros::ZERO };
        let sessions: Vec<_> = restored.sessions().collect();
        assert_eq!(sessions, [(&ClientId::new("c1"), &session)]);
    }

    /// Without the rule `request-applied-once` a retry is applied again.
    #[test]
    fn without_sessions_a_retry_is_applied_again() {
        let mut machine = Machine::new();
        machine.apply_with(&append("c1", 1, "a"), false);
        machine.apply_with(&append("c1", 1, "a"), false);
        assert_eq!(value(&machine, "log").as_deref(), Some("aa"));
        assert_eq!(machine.sessions().count(), 0);
    }

    /// A request stamped by a leader whose clock shows `now`, where sessions last for 100.
    fn stamped(client: &str, request: u64, now: u64, since: Option<u64>) -> Bytes {
        let stamp = Stamp { now: Micros(now), timeout: Micros(100), since: since.map(Micros) };
        let op = Op::Append { key: "log".into(), value: client.into() };
        Command { client: ClientId::new(client), request, op, stamp: Some(stamp) }.encode()
    }

    /// Thesis 6.3: a request that comes after its session is forgotten is refused, however it is numbered, and so is
    /// one of a client that nobody knows; with the time of the log in its hand a client begins anew.
    #[test]
    fn a_late_retry_is_refused_once_its_session_has_expired() {
        let mut machine = Machine::new();
        assert_eq!(machine.apply(&stamped("a", 1, 10, None)), Outcome::Expired(Micros(10)));
        assert_eq!(machine.apply(&stamped("a", 1, 20, Some(10))), Outcome::Done);
        assert_eq!(machine.apply(&stamped("a", 1, 119, Some(10))), Outcome::Done, "a retry in time");
        assert_eq!(machine.apply(&stamped("a", 1, 120, Some(10))), Outcome::Expired(Micros(120)));
        assert_eq!(machine.apply(&stamped("a", 1, 130, None)), Outcome::Expired(Micros(130)));
        assert_eq!(value(&machine, "log").as_deref(), Some("a"));
        assert_eq!(machine.apply(&stamped("a", 2, 140, Some(120))), Outcome::Done);
        assert_eq!(machine.apply(&stamped("a", 1, 141, Some(10))), Outcome::Stale);
        assert_eq!(value(&machine, "log").as_deref(), Some("aa"));
    }

    /// A session lasts for the timeout after its last use; what others do forgets it then.
    #[test]
    fn sessions_that_are_not_used_are_forgotten() {
        let mut machine = Machine::new();
        for (client, now) in [("a", 10), ("b", 50), ("b", 90)] {
            machine.apply(&stamped(client, now, now, Some(now)));
        }
        let clients = |machine: &Machine| -> Vec<String> {
            machine.sessions().map(|(client, _)| client.to_string()).collect()
        };
        machine.apply(&stamped("c", 1, 109, Some(100)));
        assert_eq!(clients(&machine), ["a", "b", "c"]);
        machine.apply(&stamped("c", 2, 110, Some(100)));
        assert_eq!(clients(&machine), ["b", "c"]);
    }

    /// The time of the log never goes back, though another leader's clock may be behind.
    #[test]
    fn the_time_of_the_log_never_goes_back() {
        let mut machine = Machine::new();
        machine.apply(&stamped("a", 1, 500, Some(500)));
        assert_eq!(machine.apply(&stamped("b", 1, 30, Some(30))), Outcome::Expired(Micros(500)));
        assert_eq!(machine.apply(&stamped("b", 1, 40, Some(500))), Outcome::Done);
        let mut restored = Machine::restore(&machine.snapshot()).unwrap();
        assert_eq!(restored, machine);
        assert_eq!(restored.apply(&stamped("c", 1, 50, None)), Outcome::Expired(Micros(500)));
    }

    #[test]
    fn a_clone_is_not_changed_by_the_original() {
        let mut machine = Machine::new();
        machine.apply(&set("c1", 1, "city", "Oslo"));
        let before = machine.clone();
        machine.apply(&set("c1", 2, "city", "Rome"));
        assert_eq!(value(&before, "city").as_deref(), Some("Oslo"));
        assert_ne!(before, machine);
    }

    /// The digest depends on keys and values alone, and not on how they came about.
    #[test]
    fn the_digest_is_of_the_state() {
        let (mut one, mut two) = (Machine::new(), Machine::new());
        assert_eq!(one.digest(), 0);
        one.apply(&set("c1", 1, "a", "1"));
        one.apply(&set("c1", 2, "b", "2"));
        two.apply(&set("c2", 7, "b", "1"));
        assert_ne!(one.digest(), two.digest());
        two.apply(&set("c2", 8, "b", "2"));
        two.apply(&set("c3", 1, "a", "1"));
        assert_eq!(one.digest(), two.digest());
        one.apply(&append("c1", 3, "x"));
        assert_ne!(one.digest(), two.digest());
        one.apply(&encode("c1", 4, Op::Delete { key: "log".into() }));
        assert_eq!(one.digest(), two.digest());
    }

    #[test]
    fn a_snapshot_out_of_order_or_with_a_hostile_count_is_refused() {
        let twice = [1, 2, 1, b'k', 0, 1, b'k', 0, 0];
        assert_eq!(Machine::restore(&twice), Err(DecodeError::Order));
        let no_time = [1, 0, 0, 0];
        assert_eq!(Machine::restore(&no_time), Err(DecodeError::Order));
        let many = [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
        assert_eq!(Machine::restore(&many), Err(DecodeError::Truncated));
    }

    proptest! {
        /// The same log gives the same state, the same outcomes and the same snapshot; a machine restored from it
        /// is the same and goes on in the same way.
        #[test]
        fn equal_logs_give_equal_snapshots(
            log in proptest::collection::vec(command(), 0..40),
            more in proptest::collection::vec(command(), 0..10),
        ) {
            let (mut one, mut two) = (Machine::new(), Machine::new());
            for command in &log {
                let bytes = command.encode();
                prop_assert_eq!(one.apply(&bytes), two.apply(&bytes));
            }
            prop_assert_eq!(one.snapshot(), two.snapshot());
            let mut restored = Machine::restore(&one.snapshot()).unwrap();
            prop_assert_eq!(&restored, &one);
            for command in &more {
                let bytes = command.encode();
                prop_assert_eq!(restored.apply(&bytes), one.apply(&bytes));
            }
            prop_assert_eq!(restored.snapshot(), one.snapshot());
        }

        /// Every command sent twice in a row comes to what it comes to when sent once.
        #[test]
        fn twice_is_once(log in proptest::collection::vec(command(), 0..40)) {
            let (mut once, mut twice) = (Machine::new(), Machine::new());
            for command in &log {
                let bytes = command.encode();
                let outcome = once.apply(&bytes);
                prop_assert_eq!(twice.apply(&bytes), outcome.clone());
                prop_assert_eq!(twice.apply(&bytes), outcome);
            }
            prop_assert_eq!(once, twice);
        }

        /// Bytes from anywhere never panic, change nothing unless they are a command, and restore nothing but what
        /// is a snapshot in its one form.
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let versioned = [&[super::super::codec::VERSION], &bytes[..]].concat();
            for bytes in [&bytes, &versioned] {
                let mut machine = Machine::new();
                if Command::decode(bytes).is_err() {
                    prop_assert_eq!(machine.apply(bytes), Outcome::Malformed);
                    prop_assert_eq!(&machine, &Machine::new());
                }
                if let Ok(restored) = Machine::restore(bytes) {
                    prop_assert_eq!(&restored.snapshot()[..], &bytes[..]);
                }
            }
        }
    }
}

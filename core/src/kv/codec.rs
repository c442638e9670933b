//! The binary form of commands and snapshots: a version byte, then fields one after the other.
//!
//! Whole numbers are LEB128 of the fewest bytes, texts are UTF-8 after their length, and what is one of several
//! things starts with a tag byte. Each value has exactly one form, so equal states are equal bytes. A length is
//! believed only as far as there are bytes, so that a hostile one allocates nothing.

use std::sync::Arc;

use super::command::{ClientId, Command, Op, Outcome, Stamp};
use crate::raft::Bytes;
use crate::time::Micros;

/// The version of the form, its first byte.
pub(super) const VERSION: u8 = 1;

/// In the tag of an operation: a stamp comes before its fields.
const STAMPED: u8 = 0x40;

/// Why bytes are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// They end too early.
    #[error("the bytes end too early")]
    Truncated,
    /// They go on after the end.
    #[error("{0} bytes too many")]
    Trailing(usize),
    /// They are of another version, or of something else altogether.
    #[error("unknown version {0}")]
    Version(u8),
    /// A tag stands for nothing.
    #[error("unknown tag {tag} of {of}")]
    Tag {
        /// What was to be read.
        of: &'static str,
        /// The tag.
        tag: u8,
    },
    /// A whole number is greater than 2^64 - 1, or not in its shortest form.
    #[error("a number is not in its shortest form")]
    Number,
    /// A text is not UTF-8.
    #[error("a text is not UTF-8")]
    Utf8,
    /// Keys or clients do not ascend.
    #[error("keys are out of order")]
    Order,
}

impl Command {
    /// The bytes that go into the log.
    pub fn encode(&self) -> Bytes {
        let mut writer = Writer::new();
        writer.text(&self.client.0);
        writer.number(self.request);
        let tag = match &self.op {
            Op::Get { .. } => 0,
            Op::Set { .. } => 1,
            Op::Delete { .. } => 2,
            Op::Cas { .. } => 3,
            Op::Append { .. } => 4,
        };
        match self.stamp {
            None => writer.tag(tag),
            Some(Stamp { now, timeout, since }) => {
                writer.tag(tag | STAMPED);
                writer.number(now.0);
                writer.number(timeout.0);
                writer.optional_number(since.map(|since| since.0));
            }
        }
        writer.text(self.op.key());
        if let Op::Cas { expected, .. } = &self.op {
            writer.optional_text(expected.as_deref());
        }
        if let Op::Set { value, .. } | Op::Cas { value, .. } | Op::Append { value, .. } = &self.op {
            writer.text(value);
        }
        writer.into_bytes()
    }

    /// The command that these bytes stand for.
    pub fn decode(bytes: &[u8]) -> Result<Command, DecodeError> {
        let mut reader = Reader::new(bytes)?;
        let client = ClientId(reader.text()?);
        let request = reader.number()?;
        let tag = reader.tag()?;
        let stamp = match tag & STAMPED {
            0 => None,
            _ => Some(Stamp {
                now: Micros(reader.number()?),
                timeout: Micros(reader.number()?),
                since: reader.optional_number()?.map(Micros),
            }),
        };
        let op = match tag & !STAMPED {
            0 => Op::Get { key: reader.text()? },
            1 => Op::Set { key: reader.text()?, value: reader.text()? },
            2 => Op::Delete { key: reader.text()? },
            3 => Op::Cas { key: reader.text()?, expected: reader.optional_text()?, value: reader.text()? },
            4 => Op::Append { key: reader.text()?, value: reader.text()? },
            _ => return Err(DecodeError::Tag { of: "operation", tag }),
        };
        reader.finish()?;
        Ok(Command { client, request, op, stamp })
    }
}

/// Puts values one after the other.
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn new() -> Writer {
        Writer { bytes: vec![VERSION] }
    }

    pub(super) fn tag(&mut self, tag: u8) {
        self.bytes.push(tag);
    }

    pub(super) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub(super) fn optional_text(&mut self, text: Option<&str>) {
        match text {
            None => self.tag(0),
            Some(text) => {
                self.tag(1);
                self.text(text);
            }
        }
    }

    pub(super) fn optional_number(&mut self, number: Option<u64>) {
        match number {
            None => self.tag(0),
            Some(number) => {
                self.tag(1);
                self.number(number);
            }
        }
    }

    pub(super) fn outcome(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Done => self.tag(0),
            Outcome::Value(value) => {
                self.tag(1);
                self.optional_text(value.as_deref());
            }
            Outcome::Swapped(false) => self.tag(2),
            Outcome::Swapped(true) => self.tag(3),
            Outcome::Stale => self.tag(4),
            Outcome::Malformed => self.tag(5),
            Outcome::Expired(now) => {
                self.tag(6);
                self.number(now.0);
            }
        }
    }

    pub(super) fn into_bytes(self) -> Bytes {
        Arc::from(self.bytes)
    }
}

/// Takes values one after the other.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Reader<'a>, DecodeError> {
        let mut reader = Reader { rest: bytes };
        match reader.tag()? {
            VERSION => Ok(reader),
            other => Err(DecodeError::Version(other)),
        }
    }

    pub(super) fn tag(&mut self) -> Result<u8, DecodeError> {
        let (first, rest) = self.rest.split_first().ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(*first)
    }

    pub(super) fn number(&mut self) -> Result<u64, DecodeError> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.tag()?;
            let bits = u64::from(byte & 0x7f);
            // The tenth byte has room for one bit.
            if shift == 63 && bits > 1 {
                return Err(DecodeError::Number);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                let shortest = bits != 0 || shift == 0;
                return if shortest { Ok(number) } else { Err(DecodeError::Number) };
            }
        }
        Err(DecodeError::Number)
    }

    pub(super) fn text(&mut self) -> Result<Arc<str>, DecodeError> {
        let length = usize::try_from(self.number()?).map_err(|_| DecodeError::Truncated)?;
        let (text, rest) = self.rest.split_at_checked(length).ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        std::str::from_utf8(text).map(Arc::from).map_err(|_| DecodeError::Utf8)
    }

    pub(super) fn optional_text(&mut self) -> Result<Option<Arc<str>>, DecodeError> {
        match self.tag()? {
            0 => Ok(None),
            1 => self.text().map(Some),
            tag => Err(DecodeError::Tag { of: "optional text", tag }),
        }
    }

    pub(super) fn optional_number(&mut self) -> Result<Option<u64>, DecodeError> {
        match self.tag()? {
            0 => Ok(None),
            1 => self.number().map(Some),
            tag => Err(DecodeError::Tag { of: "optional number", tag }),
        }
    }

    pub(super) fn outcome(&mut self) -> Result<Outcome, DecodeError> {
        Ok(match self.tag()? {
            0 => Outcome::Done,
            1 => Outcome::Value(self.optional_text()?),
            2 => Outcome::Swapped(false),
            3 => Outcome::Swapped(true),
            4 => Outcome::Stale,
            5 => Outcome::Malformed,
            6 => Outcome::Expired(Micros(self.number()?)),
            tag => return Err(DecodeError::Tag { of: "outcome", tag }),
        })
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn finish(self) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            more => Err(DecodeError::Trailing(more)),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text() -> impl Strategy<Value = Arc<str>> {
        "[a-c]{0,3}|\\PC{0,12}".prop_map(Arc::from)
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            text().prop_map(|key| Op::Get { key }),
            (text(), text()).prop_map(|(key, value)| Op::Set { key, value }),
            text().prop_map(|key| Op::Delete { key }),
            (text(), proptest::option::of(text()), text()).prop_map(|(key, expected, value)| Op::Cas {
                key,
                expected,
                value
            }),
            (text(), text()).prop_map(|(key, value)| Op::Append { key, value }),
        ]
    }

    /// Some come in time and some too late, and clocks go back.
    fn stamp() -> impl Strategy<Value = Stamp> {
        let moment = || (0..100u64).prop_map(Micros);
        // No scenario has sessions that last no time at all.
        let timeout = (1..100u64).prop_map(Micros);
        (moment(), timeout, proptest::option::of(moment())).prop_map(|(now, timeout, since)| Stamp {
            now,
            timeout,
            since,
        })
    }

    /// Commands of few clients, few keys and small request numbers, so that they meet.
    pub(in crate::kv) fn command() -> impl Strategy<Value = Command> {
        let client = "c[1-3]".prop_map(|name| ClientId::new(&name));
        (client, prop_oneof![1..5u64, any::<u64>()], op(), proptest::option::of(stamp()))
            .prop_map(|(client, request, op, stamp)| Command { client, request, op, stamp })
    }

    proptest! {
        /// What is written is read back.
        #[test]
        fn command_round_trip(command in command()) {
            prop_assert_eq!(Command::decode(&command.encode()), Ok(command));
        }

        /// Bytes that are read have no other form: nothing is read in two ways.
        #[test]
        fn command_has_one_form(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let versioned = [&[VERSION], &bytes[..]].concat();
            if let Ok(command) = Command::decode(&versioned) {
                prop_assert_eq!(&command.encode()[..], &versioned[..]);
            }
        }

        /// A command cut short, or with one byte changed, is refused or is another command; it never panics.
        #[test]
        fn damaged_command_is_not_the_same(command in command(), at in any::<prop::sample::Index>(), mask in 1..=255u8) {
            let bytes = command.encode();
            let at = at.index(bytes.len());
            prop_assert!(Command::decode(&bytes[..at]).is_err());
            let mut changed = bytes.to_vec();
            changed[at] ^= mask;
            prop_assert_ne!(Command::decode(&changed), Ok(command));
        }
    }

    /// A session remembers what its last request came to, whatever that is, through a snapshot.
    #[test]
    fn outcome_round_trip() {
        for outcome in [
            Outcome::Done,
            Outcome::Value(Some("v".into())),
            Outcome::Value(None),
            Outcome::Swapped(false),
            Outcome::Swapped(true),
            Outcome::Stale,
            Outcome::Malformed,
            Outcome::Expired(Micros(1_000)),
        ] {
            let mut writer = Writer::new();
            writer.outcome(&outcome);
            let bytes = writer.into_bytes();
            let mut reader = Reader::new(&bytes).expect("it begins with the version");
            assert_eq!(reader.outcome(), Ok(outcome));
            assert_eq!(reader.finish(), Ok(()));
        }
        let unknown = Reader { rest: &[7] }.outcome();
        assert_eq!(unknown, Err(DecodeError::Tag { of: "outcome", tag: 7 }));
    }

    #[test]
    fn a_hostile_length_is_refused() {
        // The client's name claims 2^63 bytes.
        let bytes = [VERSION, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];
        assert_eq!(Command::decode(&bytes), Err(DecodeError::Truncated));
    }

    #[test]
    fn numbers_are_read_only_in_their_shortest_form() {
        let number = |bytes: &[u8]| Reader { rest: bytes }.number();
        assert_eq!(number(&[0]), Ok(0));
        assert_eq!(number(&[0x80, 0]), Err(DecodeError::Number));
        assert_eq!(number(&[0xff; 10]), Err(DecodeError::Number));
        let mut greatest = Writer { bytes: Vec::new() };
        greatest.number(u64::MAX);
        assert_eq!(number(&greatest.bytes), Ok(u64::MAX));
        *greatest.bytes.last_mut().unwrap() = 2;
        assert_eq!(number(&greatest.bytes), Err(DecodeError::Number));
    }

    #[test]
    fn each_fault_has_its_name() {
        assert_eq!(Command::decode(&[]), Err(DecodeError::Truncated));
        assert_eq!(Command::decode(&[7]), Err(DecodeError::Version(7)));
        assert_eq!(Command::decode(&[VERSION, 1, 0xff]), Err(DecodeError::Utf8));
        let tag = DecodeError::Tag { of: "operation", tag: 9 };
        assert_eq!(Command::decode(&[VERSION, 0, 1, 9]), Err(tag));
        assert_eq!(Command::decode(&[VERSION, 0, 1, 0, 0, 5, 5]), Err(DecodeError::Trailing(2)));
    }
}

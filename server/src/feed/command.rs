//! What a command of the store asks for, and what it came to, in the form of a trace.

use serde::{Serialize, Serializer};

use crate::store::{Applied, Command, Condition, Op, Outcome};

/// A command. Clients of HTTP have no names of their own: all are `http`.
#[derive(Serialize)]
struct Asked<'a> {
    client: &'static str,
    /// The `Idempotency-Key`; without one nothing tells a request from its repetition.
    request: Option<&'a str>,
    op: &'static str,
    key: &'a str,
    #[serde(flatten)]
    value: Option<Value<'a>>,
    /// Only with `set-if` and `delete-if`.
    #[serde(rename = "if", skip_serializing_if = "Option::is_none")]
    condition: Option<If<'a>>,
    at_ms: u64,
}

/// The largest value that is told as it is: the actor writes the lines, and must not be kept from its heartbeats.
const VALUE_BYTES_MAX: usize = 4 << 10;

/// Bytes as text where they are one, else as base64; of many bytes, how many they are, and their checksum.
#[derive(Clone, Copy)]
pub(super) struct Value<'a>(pub(super) &'a [u8]);

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum If<'a> {
    /// The key was last changed at one of these indexes, or, `*`, is there.
    Match(#[serde(serialize_with = "tags")] Option<&'a [u64]>),
    /// `*`: the key is not there.
    NoneMatch(&'static str),
}

/// Appends the command; null for bytes that are none.
pub(super) fn asked(out: &mut String, bytes: &[u8]) {
    let Ok(command) = Command::decode(bytes) else { return out.push_str("null") };
    let condition = match command.op.condition() {
        Condition::None => None,
        Condition::IfMatchAny => Some(If::Match(None)),
        Condition::IfMatch(tags) => Some(If::Match(Some(tags))),
        Condition::IfNoneMatchAny => Some(If::NoneMatch("*")),
    };
    let (op, value) = match (&command.op, &condition) {
        (Op::Put { value, .. }, None) => ("set", Some(Value(value))),
        (Op::Put { value, .. }, Some(_)) => ("set-if", Some(Value(value))),
        (Op::Delete { .. }, None) => ("delete", None),
        (Op::Delete { .. }, Some(_)) => ("delete-if", None),
    };
    let request = command.request.map(|request| request.key);
    let (key, at_ms) = (command.op.key(), command.at_ms);
    let asked = Asked { client: "http", request, op, key, value, condition, at_ms };
    out.push_str(&serde_json::to_string(&asked).expect("a command has texts for keys"));
}

/// `result` of a command: whether the condition held of one that has a condition, else null.
pub(super) fn result(bytes: &[u8], applied: &Applied) -> Option<bool> {
    let command = Command::decode(bytes).ok()?;
    let conditional = *command.op.condition() != Condition::None;
    match applied.outcome {
        Outcome::Created { .. } | Outcome::Replaced { .. } | Outcome::Deleted { .. } => {
            conditional.then_some(true)
        }
        Outcome::PreconditionFailed { .. } => Some(false),
        Outcome::IdempotencyConflict | Outcome::Malformed => None,
    }
}

/// Why an applied command changed nothing though its condition may hold; `None` for any other.
pub(super) fn left_out(applied: &Applied) -> Option<&'static str> {
    match applied.outcome {
        _ if applied.repeated => Some("repeated"),
        Outcome::IdempotencyConflict => Some("conflict"),
        Outcome::Malformed => Some("malformed"),
        _ => None,
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(Some(1))?;
        if self.0.len() > VALUE_BYTES_MAX {
            // Whoever compares replicas needs the same text for the same value, not all of it.
            let named = format!("({} bytes, CRC-32C {:08x})", self.0.len(), crc32c::crc32c(self.0));
            map.serialize_entry("value", &named)?;
            return map.end();
        }
        match std::str::from_utf8(self.0) {
            Ok(text) => map.serialize_entry("value", text)?,
            Err(_) => map.serialize_entry("value_base64", &data_encoding::BASE64.encode(self.0))?,
        }
        map.end()
    }
}

fn tags<S: Serializer>(tags: &Option<&[u64]>, serializer: S) -> Result<S::Ok, S::Error> {
    match tags {
        Some(tags) => tags.serialize(serializer),
        None => serializer.serialize_str("*"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Fingerprint, RequestKey, Store};

    fn put(value: &[u8], condition: Condition, key: Option<&'static str>) -> Vec<u8> {
        let op = Op::Put { key: "k", value, condition };
        let request = key.map(|key| RequestKey { key, fingerprint: Fingerprint::of(&op) });
        Command { at_ms: 7, request, op }.encode()
    }

    fn told(bytes: &[u8]) -> String {
        let mut out = String::new();
        asked(&mut out, bytes);
        out
    }

    #[test]
    fn a_command_is_told_with_its_condition_and_its_request() {
        let cases = [
            (
                put(b"v", Condition::None, Some("r-1")),
                r#"{"client":"http","request":"r-1","op":"set","key":"k","value":"v","at_ms":7}"#,
            ),
            (
                put(&[0xff], Condition::IfMatch(vec![3, 4]), None),
                r#"{"client":"http","request":null,"op":"set-if","key":"k","value_base64":"/w==","if":{"match":[3,4]},"at_ms":7}"#,
            ),
            (
                put(b"", Condition::IfNoneMatchAny, None),
                r#"{"client":"http","request":null,"op":"set-if","key":"k","value":"","if":{"none_match":"*"},"at_ms":7}"#,
            ),
        ];
        for (bytes, expected) in cases {
            assert_eq!(told(&bytes), expected);
        }
        let op = Op::Delete { key: "k", condition: Condition::IfMatchAny };
        let delete = Command { at_ms: 7, request: None, op }.encode();
        let expected =
            r#"{"client":"http","request":null,"op":"delete-if","key":"k","if":{"match":"*"},"at_ms":7}"#;
        assert_eq!(told(&delete), expected);
        assert_eq!(told(b"no command"), "null");
    }

    #[test]
    fn a_result_says_whether_a_condition_held_and_a_repetition_says_that_it_is_one() {
        let mut store = Store::new();
        let mut apply = |index, bytes: &[u8]| {
            let applied = store.apply(index, bytes);
            (result(bytes, &applied), left_out(&applied))
        };
        assert_eq!(apply(1, &put(b"v", Condition::None, Some("r"))), (None, None));
        assert_eq!(apply(2, &put(b"v", Condition::None, Some("r"))), (None, Some("repeated")));
        assert_eq!(apply(3, &put(b"w", Condition::None, Some("r"))), (None, Some("conflict")));
        assert_eq!(apply(4, &put(b"w", Condition::IfMatch(vec![1]), None)), (Some(true), None));
        assert_eq!(apply(5, &put(b"w", Condition::IfMatch(vec![1]), None)), (Some(false), None));
        assert_eq!(apply(6, b"no command"), (None, Some("malformed")));
    }
}

//! JSON files in which each changed byte is found: the last member of the object is a checksum of all before it.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What the checksum is called in the file, and how its value begins.
const NAME: &str = ",\n  \"checksum\": \"crc32c:";
const END: &str = "\"\n}\n";
/// How many bytes of a file are not covered by the checksum: they are determined by it.
const SEAL_BYTES: usize = NAME.len() + 8 + END.len();

/// What is wrong with a sealed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) offset: u64,
    pub(super) expected: String,
    pub(super) found: String,
}

/// The file of this object, and its checksum.
pub(super) fn seal(object: &impl Serialize) -> (Vec<u8>, u32) {
    let mut bytes = serde_json::to_vec_pretty(object).expect("a struct of texts and numbers is JSON");
    let body = bytes.strip_suffix(b"\n}").expect("an object with members ends so").len();
    bytes.truncate(body);
    let checksum = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(seal_of(checksum).as_bytes());
    (bytes, checksum)
}

/// The checksum of a file whose bytes are all as they were sealed.
pub(super) fn check(bytes: &[u8]) -> Result<u32, Flaw> {
    let Some(body) = bytes.len().checked_sub(SEAL_BYTES) else {
        let expected = format!("a whole file, which has more than {SEAL_BYTES} bytes");
        return Err(Flaw { offset: 0, expected, found: format!("{} bytes", bytes.len()) });
    };
    let checksum = crc32c::crc32c(&bytes[..body]);
    let (expected, found) = (seal_of(checksum), &bytes[body..]);
    if expected.as_bytes() == found {
        return Ok(checksum);
    }
    let found = String::from_utf8_lossy(found).replace('\n', " ");
    Err(Flaw {
        offset: body as u64,
        expected: format!("the seal of the bytes before it, crc32c:{checksum:08x}"),
        found: format!("\"{}\"", found.trim()),
    })
}

/// The object of a file that was [`check`]ed. Its type has a member for the checksum, and ignores it.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Flaw> {
    serde_json::from_slice(bytes).map_err(|error| Flaw {
        offset: offset_of_line(bytes, error.line()) + error.column().saturating_sub(1) as u64,
        expected: "a form that this version of mini-raft reads".to_owned(),
        found: format!("\"{error}\""),
    })
}

fn seal_of(checksum: u32) -> String {
    format!("{NAME}{checksum:08x}{END}")
}

fn offset_of_line(bytes: &[u8], line: usize) -> u64 {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    lines.take(line.saturating_sub(1)).map(|line| line.len() as u64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_changed_bit_and_every_missing_byte_is_found() {
        let (sealed, checksum) = seal(&serde_json::json!({ "term": 7, "vote": null }));
        assert_eq!(check(&sealed), Ok(checksum));
        for place in 0..sealed.len() {
            for bit in 0..8 {
                let mut changed = sealed.clone();
                changed[place] ^= 1 << bit;
                assert!(check(&changed).is_err(), "byte {place}, bit {bit}");
            }
            assert!(check(&sealed[..place]).is_err(), "{place} bytes");
        }
        assert!(check(&[&sealed[..], b"\n"].concat()).is_err());
    }

    #[test]
    fn a_sealed_file_is_json() {
        let (sealed, checksum) = seal(&serde_json::json!({ "term": 7 }));
        let object: serde_json::Value = parse(&sealed).expect("JSON");
        let expected = serde_json::json!({ "term": 7, "checksum": format!("crc32c:{checksum:08x}") });
        assert_eq!(object, expected);
    }
}

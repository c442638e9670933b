//! A scenario as a text that fits into a link: `1.` and the compressed JSON, in the letters of base64url.
//!
//! Version 1: the bytes behind `1.` are the first four of the FNV-1a hash (64 bits, little-endian) of what follows
//! them, and then the scenario's JSON in pieces. A piece begins with a number (LEB128): an even one, `2n`, is followed
//! by `n` bytes of text; an odd one, `2n + 1`, by a distance (LEB128), and stands for `n + 4` bytes which are so far
//! back. Before the text stands a dictionary, so that what every scenario says costs little.
//!
//! It is ours, and not a crate's, because it is a hundred lines, its output is bounded while it is read, and a link
//! must be read in ten years as it is today.

use super::{Mistakes, Scenario};
use crate::hash::Fnv1a;
use crate::json::quoted;

/// The longest link that is written or read, in letters.
pub const LINK_LETTERS_MAX: usize = 8_192;

/// The longest text that a link may stand for, in bytes.
const TEXT_BYTES_MAX: usize = 256 << 10;

const VERSION: &str = "1";
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A shorter repetition costs as much as its text.
const MATCH_BYTES_MIN: usize = 4;
/// How many earlier places are compared before the longest match is taken.
const TRIES: usize = 32;
/// Places are found by a hash of so many bits.
const HASH_BITS: u32 = 12;

/// What stands before the text of version 1. A change makes every link unreadable that was ever written.
const DICTIONARY: &str = concat!(
    r#"{"at_ms":2400,"term_at_least":2},{"at_ms":2400,"role":{"node":"node-0","role":"follower"}}"#,
    r#"{"at_ms":2400,"applied":{"node":"node-0","key":"x","value":"1"}}"#,
    r#"{"do":"partition","groups":[["node-0","node-1"],["node-2","node-3","node-4"]]}"#,
    r#"{"do":"members","add":["node-5"],"remove":["node-0"],"learners":["node-6"]}"#,
    r#"{"do":"network","from":"node-0","to":"node-1","latency_ms":[100,200],"loss":0.1,"duplicate":0.1}"#,
    r#"{"do":"disk","node":"node-0","sync_ms":[50,100],"fails":true}{"do":"clock","node":"node-0","rate":0.5}"#,
    r#"{"do":"drop","kind":"append-entries-reply","from":"node-0","to":"node-1","count":1,"id":100}"#,
    r#"{"do":"hold","kind":"request-vote","count":1,"id":100}{"do":"release","count":1,"id":100}"#,
    r#"{"do":"duplicate","count":1,"id":100}{"do":"timers","how":"align"}{"do":"timers","how":"spread"}"#,
    r#"{"do":"append","client":"you","key":"x","value":"1","to":"leader"}"#,
    r#"{"do":"cas","client":"you","key":"x","value":"2","expected":"1","to":"leader"}"#,
    r#"{"do":"get","client":"you","key":"x","to":"leader"}{"do":"delete","client":"you","key":"x","to":"leader"}"#,
    r#"{"do":"set","client":"you","key":"x","value":"1","to":"leader"}{"do":"transfer","to":"node-1"}"#,
    r#"{"do":"wipe","node":"node-1"}{"do":"pause","node":"node-2"}{"do":"resume","node":"node-3"}"#,
    r#"{"do":"timeout","node":"node-4"}{"do":"snapshot","node":"leader"}{"do":"restart","node":"node-0"}"#,
    r#"{"do":"cut","from":"node-0","to":"node-1","both":true},{"do":"heal","from":"node-0","to":"node-1","both":false},"#,
    r#"{"version":1,"name":"Five nodes and a client","about":"Five nodes elect a leader, and a client writes and "#,
    r#"reads now and then. Nothing goes wrong by itself: crash the leader, cut a link, or drop a message, and see "#,
    r#"what that does.","nodes":5,"seed":199,"config":{"election_timeout_ms":[150,300],"heartbeat_ms":50,"#,
    r#""pre_vote":true,"check_quorum":true,"max_entries_per_append":64,"max_inflight":32,"snapshot_every":1000},"#,
    r#""network":{"latency_ms":[5,15],"loss":0.0,"duplicate":0.0},"disk":{"sync_ms":[0.5,2]},"clients":[{"id":"c1","#,
    r#""every_ms":150,"mix":{"set":4,"get":2,"cas":1,"delete":1,"append":0},"keys":4}],"without":[],"#,
    r#""steps":[{"at_ms":1000,"do":"crash","node":"node-0"}],"until_ms":600000,"expect":[{"violations":[]}]}"#,
);

/// Why a link cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// It is longer than any that is written.
    #[error("it is {0} letters long, and no link is longer than {LINK_LETTERS_MAX}")]
    TooLong(usize),
    /// Another program wrote it, or a later version of this one.
    #[error("it does not begin with the version that this page reads, {VERSION}")]
    Version,
    /// Not a link's letter.
    #[error("a link has no letter {}", quoted(&.0.to_string()))]
    Letter(char),
    /// Its letters are not those that were written.
    #[error("a part of it is missing or was changed")]
    Damaged,
    /// It stands for more text than any that is written.
    #[error("it stands for more than {TEXT_BYTES_MAX} bytes of text")]
    TooMuch,
    /// It was written whole, but what it holds is no scenario.
    #[error("its scenario is wrong: {0}")]
    Scenario(Mistakes),
}

/// The scenario is too long for a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the link would be {letters} letters long, and at most {LINK_LETTERS_MAX} are allowed")]
pub struct TooLong {
    /// How many letters it would take.
    pub letters: usize,
}

/// Writes a scenario for a link: ASCII letters, digits, `.`, `-` and `_`.
///
/// # Errors
/// It is longer than [`LINK_LETTERS_MAX`].
pub fn to_link(scenario: &Scenario) -> Result<String, TooLong> {
    let link = seal(&compress(scenario.to_json().as_bytes()));
    if link.len() > LINK_LETTERS_MAX { Err(TooLong { letters: link.len() }) } else { Ok(link) }
}

/// Reads the scenario of a link from anybody. It takes time and memory in proportion to the link and to what it may
/// stand for, and the scenario is held to the [`limits`](super::limits) of any other.
///
/// # Errors
/// See [`LinkFault`].
pub fn from_link(link: &str) -> Result<Scenario, LinkFault> {
    if link.len() > LINK_LETTERS_MAX {
        return Err(LinkFault::TooLong(link.len()));
    }
    let letters = link.strip_prefix(VERSION).and_then(|rest| rest.strip_prefix('.'));
    let bytes = bytes_of(letters.ok_or(LinkFault::Version)?)?;
    let (sum, pieces) = bytes.split_first_chunk::<4>().ok_or(LinkFault::Damaged)?;
    if *sum != checksum(pieces) {
        return Err(LinkFault::Damaged);
    }
    let text = String::from_utf8(expand(pieces)?).map_err(|_| LinkFault::Damaged)?;
    Scenario::from_json(&text).map_err(LinkFault::Scenario)
}

/// Puts version and checksum before the pieces.
fn seal(pieces: &[u8]) -> String {
    let bytes = [&checksum(pieces)[..], pieces].concat();
    let mut link = format!("{VERSION}.");
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            link.push(char::from(LETTERS[(bits >> (18 - 6 * place)) as usize % 64]));
        }
    }
    link
}

fn bytes_of(letters: &str) -> Result<Vec<u8>, LinkFault> {
    let mut bytes = Vec::with_capacity(letters.len());
    let (mut bits, mut count) = (0_u32, 0);
    for letter in letters.chars() {
        let value = LETTERS.iter().position(|other| char::from(*other) == letter);
        bits = bits << 6 | value.ok_or(LinkFault::Letter(letter))? as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    // One letter alone is no byte, and what is left over of the last one is nothing.
    let rest = bits & ((1 << count) - 1);
    if count == 6 || rest != 0 { Err(LinkFault::Damaged) } else { Ok(bytes) }
}

fn checksum(pieces: &[u8]) -> [u8; 4] {
    (Fnv1a::new().bytes(pieces).finish() as u32).to_le_bytes()
}

fn compress(text: &[u8]) -> Vec<u8> {
    let bytes = [DICTIONARY.as_bytes(), text].concat();
    // For each hash the last place that has it, and for each place the one before it with the same hash.
    let mut last = vec![0_usize; 1 << HASH_BITS];
    let mut before = vec![0_usize; bytes.len()];
    let hash = |at: usize| {
        let word =
            bytes[at..at + MATCH_BYTES_MIN].iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        (word.wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS)) as usize
    };
    let mut pieces = Vec::new();
    let (mut at, mut plain_from) = (0, DICTIONARY.len());
    while at + MATCH_BYTES_MIN <= bytes.len() {
        let mut best = (0, 0);
        if at >= DICTIONARY.len() {
            // Places are kept with 1 added: 0 is none.
            let mut place = last[hash(at)];
            for _ in 0..TRIES {
                let Some(start) = place.checked_sub(1) else { break };
                let length =
                    bytes[at..].iter().zip(&bytes[start..]).take_while(|(here, there)| here == there).count();
                if length > best.0 {
                    best = (length, at - start);
                }
                place = before[start];
            }
        }
        let (length, distance) = best;
        let end = if length >= MATCH_BYTES_MIN {
            put_plain(&mut pieces, &bytes[plain_from..at]);
            put_number(&mut pieces, (length - MATCH_BYTES_MIN) << 1 | 1);
            put_number(&mut pieces, distance);
            plain_from = at + length;
            plain_from
        } else {
            at + 1
        };
        while at < end {
            if at + MATCH_BYTES_MIN <= bytes.len() {
                let slot = &mut last[hash(at)];
                (before[at], *slot) = (*slot, at + 1);
            }
            at += 1;
        }
    }
    put_plain(&mut pieces, &bytes[plain_from..]);
    pieces
}

fn put_plain(pieces: &mut Vec<u8>, text: &[u8]) {
    if !text.is_empty() {
        put_number(pieces, text.len() << 1);
        pieces.extend(text);
    }
}

fn put_number(pieces: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        pieces.push(number as u8 | 0x80);
        number >>= 7;
    }
    pieces.push(number as u8);
}

fn expand(mut pieces: &[u8]) -> Result<Vec<u8>, LinkFault> {
    let mut bytes = DICTIONARY.as_bytes().to_vec();
    let bytes_max = DICTIONARY.len() + TEXT_BYTES_MAX;
    while !pieces.is_empty() {
        let head = take_number(&mut pieces)?;
        let length = head >> 1;
        if length > bytes_max.saturating_sub(bytes.len()) {
            return Err(LinkFault::TooMuch);
        }
        if head & 1 == 0 {
            let (text, rest) = pieces.split_at_checked(length).ok_or(LinkFault::Damaged)?;
            bytes.extend(text);
            pieces = rest;
        } else {
            let distance = take_number(&mut pieces)?;
            let start =
                bytes.len().checked_sub(distance).filter(|_| distance > 0).ok_or(LinkFault::Damaged)?;
            // It may reach into what it makes itself.
            for place in start..start + length + MATCH_BYTES_MIN {
                bytes.push(bytes[place]);
            }
        }
    }
    Ok(bytes.split_off(DICTIONARY.len()))
}

/// A number of four bytes at most: none is larger.
fn take_number(pieces: &mut &[u8]) -> Result<usize, LinkFault> {
    let mut number = 0;
    for shift in [0, 7, 14, 21] {
        let (byte, rest) = pieces.split_first().ok_or(LinkFault::Damaged)?;
        *pieces = rest;
        number |= usize::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Ok(number);
        }
    }
    Err(LinkFault::Damaged)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::library;
    use super::super::strategies::{command, setup, span};
    use super::super::{Step, limits};
    use super::*;

    fn small() -> Scenario {
        Scenario::from_json(r#"{"version":1,"nodes":3,"until_ms":1000}"#).expect("it is right")
    }

    /// A link that was written is read for ever.
    #[test]
    fn a_link_of_version_1_is_read_and_written_as_ever() {
        let link = to_link(&small()).expect("it is short");
        assert_eq!(from_link(&link), Ok(small()));
        assert_eq!(link, "1.2xuKLyPOBQ-3BQ2KBAIzCYoEAjQB0gGBBIkEKbADE4UDBbQDC4MDBF19");
    }

    #[test]
    fn every_scenario_of_the_library_fits_into_a_link() {
        for builtin in library() {
            let scenario = builtin.scenario();
            let link = to_link(&scenario).expect("it fits");
            assert!(link.len() < 2_500, "{}: {} letters", builtin.stem, link.len());
            assert_eq!(from_link(&link), Ok(scenario));
        }
    }

    #[test]
    fn what_is_too_long_for_a_link_is_told() {
        let mut scenario = small();
        scenario.until = limits::SPAN;
        let digits = (0..limits::STEPS as u64)
            .map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 3_600_000_000);
        let heal = || crate::sim::Command::Heal { link: None };
        scenario.steps = digits.map(|at| Step { at: crate::time::Micros(at), command: heal() }).collect();
        let TooLong { letters } = to_link(&scenario).expect_err("it is too long");
        assert!(letters > LINK_LETTERS_MAX);
    }

    /// Of a link from a stranger, the fault is named, and nothing else happens.
    #[test]
    fn hostile_links_are_refused_by_name() {
        let good = to_link(&small()).expect("it is short");
        let sealed = |text: &str| seal(&compress(text.as_bytes()));
        let bomb = || {
            let mut pieces = vec![2, b'x'];
            for _ in 0..1_000 {
                put_number(&mut pieces, 100_000 << 1 | 1);
                put_number(&mut pieces, 1);
            }
            seal(&pieces)
        };
        let corpus = [
            (String::new(), "it does not begin with the version that this page reads, 1"),
            ("2.AAAA".to_owned(), "it does not begin with the version"),
            ("1".to_owned(), "it does not begin with the version"),
            ("1.".to_owned(), "a part of it is missing or was changed"),
            ("1.AAAAAAAA".to_owned(), "a part of it is missing or was changed"),
            (good[..good.len() - 1].to_owned(), "a part of it is missing or was changed"),
            (good.to_lowercase(), "a part of it is missing or was changed"),
            (format!("{good}="), "a link has no letter \"=\""),
            ("1.<script>alert(1)</script>".to_owned(), "a link has no letter \"<\""),
            ("1.\u{202e}".to_owned(), r#"a link has no letter "\u{202e}""#),
            (
                format!("1.{}", "A".repeat(LINK_LETTERS_MAX)),
                "it is 8194 letters long, and no link is longer than 8192",
            ),
            (bomb(), "it stands for more than 262144 bytes of text"),
            (seal(&[0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]), "a part of it is missing"),
            (seal(&[100, b'x']), "a part of it is missing"),
            (seal(&[1, 0]), "a part of it is missing"),
            (seal(&[1, 0xff, 0xff, 0xff, 0x7f]), "a part of it is missing"),
            (seal(&[2, 0xff]), "a part of it is missing"),
            (seal(&[]), "its scenario is wrong: line 1, column 1: the text ends"),
            (sealed("[[[["), "its scenario is wrong: line 1, column 5"),
            (
                sealed(r#"{"version":1,"nodes":1000000,"until_ms":1}"#),
                "its scenario is wrong: nodes: expected a whole",
            ),
            (
                sealed(r#"{"version":1,"nodes":3,"until_ms":1e300}"#),
                "its scenario is wrong: until_ms: expected",
            ),
            (
                sealed(r#"{"version":1,"nodes":3,"until_ms":1,"x":1}"#),
                "its scenario is wrong: x: unknown field",
            ),
        ];
        for (link, expected) in corpus {
            let fault = from_link(&link).expect_err("nobody can open this").to_string();
            assert!(fault.starts_with(expected), "{link:.60}\n expected {expected}\n found    {fault}");
        }
    }

    proptest! {
        #[test]
        fn every_scenario_is_read_as_it_was_written(
            setup in setup(),
            steps in proptest::collection::vec((span(), command()), 0..20),
        ) {
            let steps = steps.into_iter().map(|(at, command)| Step { at, command }).collect();
            let until = limits::SPAN;
            let scenario = Scenario { setup, steps, until, ..small() };
            if let Ok(link) = to_link(&scenario) {
                prop_assert_eq!(from_link(&link), Ok(scenario));
            }
        }

        /// Whatever comes behind a right checksum, nothing panics, and nothing grows beyond its bound.
        #[test]
        fn any_pieces_are_read_or_refused(pieces in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(text) = expand(&pieces) {
                prop_assert!(text.len() <= TEXT_BYTES_MAX + MATCH_BYTES_MIN);
            }
            let _ = from_link(&seal(&pieces));
        }

        #[test]
        fn any_text_is_read_or_refused(link in "1\\.[A-Za-z0-9_-]{0,40}|\\PC{0,40}") {
            let _ = from_link(&link);
        }

        #[test]
        fn any_bytes_are_compressed_and_expanded(text in proptest::collection::vec(0_u8..4, 0..300)) {
            prop_assert_eq!(expand(&compress(&text)), Ok(text));
        }
    }
}

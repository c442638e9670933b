//! How true bytes are damaged.

use proptest::prelude::*;
use proptest::sample::Index;

/// One change, at a place that fits however long the bytes are.
#[derive(Clone, Debug)]
pub(crate) enum Damage {
    /// A byte becomes another.
    Change(Index, u8),
    /// A bit is flipped.
    Flip(Index, u8),
    /// The rest is gone.
    Cut(Index),
    /// A piece is gone.
    Remove(Index, Index),
    /// A piece comes again somewhere else.
    Copy(Index, Index, Index),
    /// These bytes stand there too.
    Insert(Index, Vec<u8>),
}

/// What readers of numbers, lists and texts trip over.
const TRIPS: &[&[u8]] = &[
    b"0",
    b"-1",
    b"1e9",
    b"1e400",
    b"0.0000001",
    b"18446744073709551616",
    b"[",
    b"{",
    b"]",
    b"}",
    b"\"",
    b",",
    b"null",
    b"\\u0000",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x80",
    b"\xc0\x80",
    b"leader",
    b"node-8",
];

impl Damage {
    /// A few changes, one after another.
    pub(crate) fn some() -> impl Strategy<Value = Vec<Damage>> {
        let place = any::<Index>;
        let inserted = prop_oneof![
            proptest::sample::select(TRIPS).prop_map(<[u8]>::to_vec),
            proptest::collection::vec(any::<u8>(), 1..12),
        ];
        let one = prop_oneof![
            3 => (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Change(at, byte)),
            3 => (place(), 0u8..8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
            1 => place().prop_map(Damage::Cut),
            2 => (place(), place()).prop_map(|(from, to)| Damage::Remove(from, to)),
            2 => (place(), place(), place()).prop_map(|(from, to, at)| Damage::Copy(from, to, at)),
            4 => (place(), inserted).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        ];
        proptest::collection::vec(one, 1..4)
    }
}

/// No piece that is removed or comes again is longer: else hardly anything stays whole.
const PIECE: usize = 40;

pub(crate) fn damaged(bytes: &[u8], damage: &[Damage]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for one in damage {
        let len = bytes.len() + 1;
        let piece = |from: &Index, to: &Index| {
            let from = from.index(len);
            from..(from + to.index(PIECE)).min(len - 1)
        };
        match one {
            Damage::Change(at, byte) => {
                bytes.iter_mut().skip(at.index(len)).take(1).for_each(|it| *it = *byte)
            }
            Damage::Flip(at, bit) => {
                bytes.iter_mut().skip(at.index(len)).take(1).for_each(|it| *it ^= 1 << bit)
            }
            Damage::Cut(at) => bytes.truncate(at.index(len)),
            Damage::Remove(from, to) => drop(bytes.drain(piece(from, to))),
            Damage::Copy(from, to, at) => {
                let again = bytes[piece(from, to)].to_vec();
                let at = at.index(len);
                bytes.splice(at..at, again);
            }
            Damage::Insert(at, more) => {
                let at = at.index(len);
                bytes.splice(at..at, more.iter().copied());
            }
        }
    }
    bytes
}

//! A hash of 64 bits, the same on every machine and in every version of this program.
//!
//! It tells replicas apart that differ by accident, and a damaged snapshot from a whole one. It resists nobody who
//! wants two states to look alike; what peers say is under a MAC.

/// An odd number with bits of no pattern: 2^64 divided by the golden ratio.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// Another such number.
const FACTOR: u64 = 0xd6e8_feb8_6659_fd93;

#[derive(Clone, Copy, Debug)]
pub(super) struct Hasher(u64);

impl Hasher {
    /// The kind of what is hashed keeps equal bytes of two kinds apart.
    pub(super) fn new(kind: u64) -> Hasher {
        Hasher(MIX ^ kind)
    }

    pub(super) fn number(self, number: u64) -> Hasher {
        let product = u128::from(self.0 ^ number.wrapping_mul(MIX)) * u128::from(FACTOR);
        let folded = u64::try_from(product & u128::from(u64::MAX)).expect("the lower half")
            ^ u64::try_from(product >> 64).expect("the upper half");
        Hasher(folded ^ self.0.rotate_left(23))
    }

    /// The bytes with their length, so that what follows them cannot be taken for a part of them.
    pub(super) fn bytes(self, bytes: &[u8]) -> Hasher {
        let (words, rest) = bytes.as_chunks::<8>();
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        let hash = words.iter().fold(self, |hash, word| hash.number(u64::from_le_bytes(*word)));
        hash.number(u64::from_le_bytes(last)).number(bytes.len() as u64)
    }

    pub(super) fn finish(self) -> u64 {
        self.number(MIX).0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Near inputs, of which state machines are full, have hashes that share nothing.
    #[test]
    fn near_inputs_have_far_hashes() {
        let mut seen = BTreeSet::new();
        let mut flipped_bits = 0;
        for number in 0..20_000u64 {
            let hash = Hasher::new(0).number(number).bytes(&number.to_be_bytes()).finish();
            let near = Hasher::new(0).number(number ^ 1).bytes(&number.to_be_bytes()).finish();
            assert!(seen.insert(hash), "{number}");
            flipped_bits += (hash ^ near).count_ones();
        }
        assert!((31 * 20_000..33 * 20_000).contains(&flipped_bits), "{flipped_bits}");
        for length in 0..64 {
            assert!(seen.insert(Hasher::new(0).bytes(&vec![0; length]).finish()), "{length} zeroes");
        }
    }

    #[test]
    fn the_hash_is_fixed() {
        let hash = Hasher::new(1).bytes(b"color").number(7).bytes(b"a value that is longer").finish();
        assert_eq!(hash, GOLDEN, "snapshots on disk hold digests: {hash:#x}");
    }

    const GOLDEN: u64 = 0x50c8_6d56_bcdc_8fee;
}

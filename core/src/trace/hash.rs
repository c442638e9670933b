//! FNV-1a, 64 bits: a hash of which anyone can write a copy in five lines.
//!
//! Start with 14695981039346656037; for every byte, first exclusive-or the byte in, then multiply by 1099511628211,
//! modulo 2^64. It tells two runs apart; it is no protection against forgery.

/// The hash of the bytes given so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fnv1a(u64);

impl Fnv1a {
    pub(super) fn new() -> Fnv1a {
        Fnv1a(0xcbf2_9ce4_8422_2325)
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    pub(super) fn value(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vectors() {
        let hash = |text: &str| {
            let mut hash = Fnv1a::new();
            hash.add(text.as_bytes());
            hash.value()
        };
        assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash("foobar"), 0x8594_4171_f739_67e8);
    }
}

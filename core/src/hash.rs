//! A small hash of bytes, kept in our own code so that its values outlive a compiler update.

/// FNV-1a of 64 bits (Fowler, Noll and Vo): a hash of which anyone can write a copy in five lines.
///
/// Start with 14695981039346656037; for every byte, first exclusive-or the byte in, then multiply by 1099511628211,
/// modulo 2^64.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fnv1a(u64);

impl Fnv1a {
    pub(crate) fn new() -> Fnv1a {
        Fnv1a(0xcbf2_9ce4_8422_2325)
    }

    /// The hash goes on with these bytes.
    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Fnv1a {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        self
    }

    /// The hash of everything so far.
    pub(crate) fn finish(self) -> u64 {
        self.0
    }
}

/// [`Fnv1a`] of fields, with a mixing of the bits at the end.
///
/// It tells contents apart that differ by accident; it is no defence against somebody who looks for a collision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hasher {
    state: Fnv1a,
}

impl Hasher {
    pub(crate) fn new() -> Hasher {
        Hasher { state: Fnv1a::new() }
    }

    /// The hash goes on with these bytes, and with where they end: `ab`, `c` is not `a`, `bc`.
    pub(crate) fn field(self, bytes: &[u8]) -> Hasher {
        Hasher { state: self.state.bytes(bytes) }.number(bytes.len() as u64)
    }

    /// The hash goes on with a number.
    pub(crate) fn number(self, number: u64) -> Hasher {
        Hasher { state: self.state.bytes(&number.to_le_bytes()) }
    }

    /// The hash of everything so far.
    pub(crate) fn finish(self) -> u64 {
        let mut z = self.state.finish();
        z = (z ^ (z >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        z = (z ^ (z >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        z ^ (z >> 33)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vectors() {
        assert_eq!(Fnv1a::new().bytes(b"").finish(), 0xcbf2_9ce4_8422_2325);
        assert_eq!(Fnv1a::new().bytes(b"a").finish(), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(Fnv1a::new().bytes(b"foobar").finish(), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn where_a_field_ends_counts() {
        let hash = |fields: [&[u8]; 2]| Hasher::new().field(fields[0]).field(fields[1]).finish();
        assert_ne!(hash([b"ab", b"c"]), hash([b"a", b"bc"]));
    }
}

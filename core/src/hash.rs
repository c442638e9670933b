//! A small hash of bytes, kept in our own code so that its values outlive a compiler update.

/// FNV-1a of 64 bits (Fowler, Noll and Vo), with a mixing of the bits at the end.
///
/// It tells contents apart that differ by accident; it is no defence against somebody who looks for a collision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hasher {
    state: u64,
}

impl Hasher {
    pub(crate) fn new() -> Hasher {
        Hasher { state: 0xcbf2_9ce4_8422_2325 }
    }

    /// The hash goes on with these bytes, and with where they end: `ab`, `c` is not `a`, `bc`.
    pub(crate) fn field(self, bytes: &[u8]) -> Hasher {
        self.bytes(bytes).number(bytes.len() as u64)
    }

    /// The hash goes on with a number.
    pub(crate) fn number(self, number: u64) -> Hasher {
        self.bytes(&number.to_le_bytes())
    }

    /// The hash of everything so far.
    pub(crate) fn finish(self) -> u64 {
        let mut z = self.state;
        z = (z ^ (z >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        z = (z ^ (z >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        z ^ (z >> 33)
    }

    fn bytes(mut self, bytes: &[u8]) -> Hasher {
        for byte in bytes {
            self.state = (self.state ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published vectors of FNV-1a.
    #[test]
    fn the_published_vectors() {
        assert_eq!(Hasher::new().bytes(b"").state, 0xcbf2_9ce4_8422_2325);
        assert_eq!(Hasher::new().bytes(b"a").state, 0xaf63_dc4c_8601_ec8c);
        assert_eq!(Hasher::new().bytes(b"foobar").state, 0x8594_4171_f739_67e8);
    }

    #[test]
    fn where_a_field_ends_counts() {
        let hash = |fields: [&[u8]; 2]| Hasher::new().field(fields[0]).field(fields[1]).finish();
        assert_ne!(hash([b"ab", b"c"]), hash([b"a", b"bc"]));
    }
}

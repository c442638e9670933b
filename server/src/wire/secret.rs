//! What the members of a cluster share, and nobody else knows.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How many bytes a secret has at least.
pub const SECRET_MIN: usize = 16;

/// The length of a message authentication code in bytes.
pub(super) const MAC_LENGTH: usize = 32;

/// A cluster's secret, ready to make codes with. It is not shown by `Debug`, and cannot be read back.
#[derive(Clone)]
pub struct Secret(Hmac<Sha256>);

/// Too few bytes for a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret has at least {SECRET_MIN} bytes, this one has {found}")]
pub struct TooShort {
    /// How many there are.
    pub found: usize,
}

impl Secret {
    /// The secret made of these bytes, at least [`SECRET_MIN`].
    pub fn new(bytes: &[u8]) -> Result<Secret, TooShort> {
        if bytes.len() < SECRET_MIN {
            return Err(TooShort { found: bytes.len() });
        }
        Ok(Secret(Hmac::new_from_slice(bytes).expect("HMAC takes keys of any length")))
    }

    /// The code of what the parts make together.
    pub(super) fn code(&self, parts: &[&[u8]]) -> [u8; MAC_LENGTH] {
        self.over(parts).finalize().into_bytes().into()
    }

    /// Whether this is the code of the parts; takes as long for a wrong one as for the right one.
    pub(super) fn verifies(&self, parts: &[&[u8]], code: &[u8]) -> bool {
        self.over(parts).verify_slice(code).is_ok()
    }

    fn over(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Whether two secrets are the same.
#[cfg(test)]
pub(crate) fn same(one: &Secret, other: &Secret) -> bool {
    one.code(&[b"test"]) == other.code(&[b"test"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_secret_is_refused_and_none_is_shown() {
        assert_eq!(Secret::new(&[7; 15]).expect_err("too short"), TooShort { found: 15 });
        let secret = Secret::new(b"correct horse battery").expect("long enough");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }

    /// The code is HMAC-SHA-256 and nothing else: test case 6 of RFC 4231, with a key longer than a block.
    #[test]
    fn the_code_is_that_of_rfc_4231() {
        let secret = Secret::new(&[0xaa; 131]).expect("long enough");
        let text = b"Test Using Larger Than Block-Size Key - Hash Key First";
        let expected = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
        let code = secret.code(&[&text[..10], &text[10..]]);
        assert_eq!(data_encoding::HEXLOWER.encode(&code), expected);
        assert!(secret.verifies(&[text], &code) && !secret.verifies(&[text], &code[..31]));
    }
}

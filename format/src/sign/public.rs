//! Public keys and signatures: their texts, and whether a key has signed a statement.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::VerifyingKey;

use crate::bytes::from_hex;

/// A public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(pub [u8; 32]);

/// A signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

/// A public key that somebody trusts, and the epoch that it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    /// The epoch.
    pub epoch: u64,
    /// The key.
    pub public: PublicKey,
}

/// Why a text is no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no public key: a line `falco-record public key, epoch N: ` and 64 hexadecimal digits is needed, as `falco-record keygen` writes it"
)]
pub struct KeyText;

impl PublicKey {
    /// Whether this key has signed a statement. Keys of small order and malleable signatures are refused.
    pub fn has_signed(&self, statement: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        VerifyingKey::from_bytes(&self.0)
            .is_ok_and(|key| key.verify_strict(statement, &signature).is_ok())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        put_hex(f, &self.0)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        put_hex(f, &self.0)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({self})")
    }
}

fn put_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

impl FromStr for PublicKey {
    type Err = KeyText;

    fn from_str(text: &str) -> Result<PublicKey, KeyText> {
        from_hex(text).map(PublicKey).ok_or(KeyText)
    }
}

impl FromStr for Signature {
    type Err = KeyText;

    fn from_str(text: &str) -> Result<Signature, KeyText> {
        from_hex(text).map(Signature).ok_or(KeyText)
    }
}

/// What stands before the epoch in the line of a public key.
const TRUSTED: &str = "falco-record public key, epoch ";

impl fmt::Display for TrustedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{TRUSTED}{}: {}", self.epoch, self.public)
    }
}

impl FromStr for TrustedKey {
    type Err = KeyText;

    fn from_str(text: &str) -> Result<TrustedKey, KeyText> {
        let rest = text.trim().strip_prefix(TRUSTED).ok_or(KeyText)?;
        let (epoch, public) = rest.split_once(": ").ok_or(KeyText)?;
        Ok(TrustedKey {
            epoch: epoch.parse().map_err(|_| KeyText)?,
            public: public.parse()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::EpochKey;

    #[test]
    fn a_public_key_survives_its_text() {
        let key = EpochKey::first().expect("randomness");
        let text = key.trusted().to_string();
        assert_eq!(text.parse(), Ok(key.trusted()));
        assert_eq!(format!("{text}\n").parse(), Ok(key.trusted()));
        for wrong in ["", "falco-record public key, epoch 0: 12", &text[..60]] {
            assert_eq!(wrong.parse::<TrustedKey>(), Err(KeyText), "{wrong}");
        }
    }
}

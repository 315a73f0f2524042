//! Keys of epochs: one signs until a segment is sealed, then says which is the next, and is gone.
//!
//! Ed25519. Secrets are wiped from memory when they are dropped; that they are wiped from the disk is the recorder's matter.

use std::fmt;
use std::io;

use ed25519_dalek::{Signer as _, SigningKey};

use super::mark::Mark;
use super::public::{PublicKey, Signature, TrustedKey};
use super::statement::key_statement;

/// The secret key of an epoch.
pub struct EpochKey {
    epoch: u64,
    secret: SigningKey,
    certificate: Option<Signature>,
}

impl EpochKey {
    /// The first key of a new chain of keys.
    pub fn first() -> io::Result<EpochKey> {
        EpochKey::random(0, None)
    }

    fn random(epoch: u64, certified: Option<&EpochKey>) -> io::Result<EpochKey> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(io::Error::other)?;
        let secret = SigningKey::from_bytes(&secret);
        let public = PublicKey(secret.verifying_key().to_bytes());
        let certificate = certified.map(|key| key.sign(&key_statement(epoch, &public)));
        Ok(EpochKey {
            epoch,
            secret,
            certificate,
        })
    }

    /// The key of the next epoch, which this one vouches for.
    pub fn next(&self) -> io::Result<EpochKey> {
        EpochKey::random(self.epoch.saturating_add(1), Some(self))
    }

    /// A key that was kept: its epoch, its secret, and what the key before it said of it.
    pub fn kept(epoch: u64, secret: &[u8; 32], certificate: Option<Signature>) -> EpochKey {
        EpochKey {
            epoch,
            secret: SigningKey::from_bytes(secret),
            certificate,
        }
    }

    /// The secret, to be kept where nobody else reads it.
    pub fn secret(&self) -> &[u8; 32] {
        self.secret.as_bytes()
    }

    /// Its epoch.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Its public part.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.secret.verifying_key().to_bytes())
    }

    /// What the key of the epoch before said of it; the first has none.
    pub fn certificate(&self) -> Option<Signature> {
        self.certificate
    }

    /// The public part as an examiner keeps it.
    pub fn trusted(&self) -> TrustedKey {
        TrustedKey {
            epoch: self.epoch,
            public: self.public(),
        }
    }

    fn sign(&self, statement: &[u8]) -> Signature {
        Signature(self.secret.sign(statement).to_bytes())
    }

    /// Signs what `statement` makes of the epoch and the public key.
    pub(crate) fn mark(&self, statement: impl Fn(u64, &PublicKey) -> Vec<u8>) -> Mark {
        let public = self.public();
        Mark {
            epoch: self.epoch,
            public,
            certificate: self.certificate,
            signature: self.sign(&statement(self.epoch, &public)),
        }
    }
}

impl fmt::Debug for EpochKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EpochKey({}, {})", self.epoch, self.public())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_vouches_for_the_next() {
        let first = EpochKey::first().expect("randomness");
        let next = first.next().expect("randomness");
        let statement = key_statement(1, &next.public());
        let said = next.certificate().expect("a certificate");
        assert!(first.public().has_signed(&statement, &said));
        assert!(!next.public().has_signed(&statement, &said));
        let shown = format!("{first:?}");
        let secret = Signature([0; 64]).to_string();
        assert!(shown.contains(&first.public().to_string()) && secret.len() == 128);
        let hex: String = first.secret().iter().map(|b| format!("{b:02x}")).collect();
        assert!(!shown.contains(&hex));
    }
}

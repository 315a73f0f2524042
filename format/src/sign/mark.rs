//! A signature as it stands in a segment: before the body of a SIGNATURE item, and behind the totals of an END.
//!
//! Decoding proves nothing: what a mark says is compared with the items in `prove`.

use super::public::{PublicKey, Signature};
use super::statement::end_statement;
use crate::bytes::{Cursor, Malformed};

/// Ed25519, the only scheme there is.
const ED25519: u8 = 1;

/// Who signed, and the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The epoch of the key.
    pub epoch: u64,
    /// The key.
    pub public: PublicKey,
    /// What the key of the epoch before said of it; the first has none.
    pub certificate: Option<Signature>,
    /// The signature.
    pub signature: Signature,
}

impl Mark {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[
            ED25519,
            u8::from(self.certificate.is_some()),
            0,
            0,
            0,
            0,
            0,
            0,
        ]);
        out.extend_from_slice(&self.epoch.to_le_bytes());
        out.extend_from_slice(&self.public.0);
        let certificate = self.certificate.map_or([0; 64], |signature| signature.0);
        out.extend_from_slice(&certificate);
        out.extend_from_slice(&self.signature.0);
    }

    pub(crate) fn decode(cursor: &mut Cursor<'_>) -> Result<Mark, Malformed> {
        let at = cursor.malformed();
        let [scheme, has_certificate, ..]: [u8; 8] = cursor.array()?;
        if scheme != ED25519 {
            return Err(at);
        }
        let (epoch, public) = (cursor.u64()?, PublicKey(cursor.array()?));
        let certificate = Signature(cursor.array()?);
        Ok(Mark {
            epoch,
            public,
            certificate: (has_certificate == 1).then_some(certificate),
            signature: Signature(cursor.array()?),
        })
    }

    /// Whether the key that it names has signed this end.
    pub(super) fn vouches_for_end(&self, body: &[u8]) -> bool {
        let statement = end_statement(self.epoch, &self.public, body);
        self.public.has_signed(&statement, &self.signature)
    }
}

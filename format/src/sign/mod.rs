//! Signatures over segments: who wrote them, with keys that are replaced as soon as they have sealed one.
//!
//! In: items as they are written, and the key of an epoch. Out: marks that stand in the segment, and, from segments that are read, which of their items are what was signed.
//! Where keys are kept and when one is replaced is the recorder's matter; which key an examiner trusts is theirs.

mod anchor;
mod certificates;
mod checkpoint;
mod key;
mod mark;
mod prove;
mod public;
mod statement;

pub use anchor::{Anchor, AnchorError, AnchorFault, AnchorReport, compare_anchors};
pub use certificates::{CERTIFICATES_FILE, Certificate, CertificateError, certificates_beside};
pub use key::EpochKey;
pub use mark::Mark;
pub use prove::{Extent, Proof, SegmentProof, SignatureFault, SignatureFaultKind, prove};
pub use public::{KeyText, PublicKey, Signature, TrustedKey};

pub(crate) use checkpoint::Checkpoint;
pub(crate) use statement::end_statement;

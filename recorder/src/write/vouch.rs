//! Vouching for what is written: when it is signed and anchored, and what is said where that fails.

use falco_format::{Anchor, SegmentHeader, SegmentSummary};

use crate::causes::with_sources;

use super::Writer;

impl Writer {
    /// Signs and anchors what was written since the last time, if it is time.
    pub(super) fn vouch(&mut self) {
        let Some(segment) = &mut self.segment else {
            return;
        };
        if self.vouching.is_due(segment) {
            let result = self.vouching.vouch(segment);
            self.noted(result);
        }
    }

    /// Anchors a sealed segment, and replaces the key that signed it.
    pub(super) fn vouch_for_sealed(&mut self, header: &SegmentHeader, summary: &SegmentSummary) {
        let anchor = Anchor::of(header, summary.items, summary.digest, true);
        if let Err(error) = self.vouching.sealed(anchor, &header.node) {
            (self.notice)(&format!(
                "the key stays for the next segment: {}",
                with_sources(&error)
            ));
        }
    }

    /// Goes on with the certificates where recording goes on.
    pub(super) fn move_certificates(&mut self) {
        let root = std::sync::Arc::clone(&self.store.root);
        let moved = self.vouching.signer().map(|signer| signer.move_to(&root));
        if let Some(Err(error)) = moved {
            (self.notice)(&with_sources(&error));
        }
    }
}

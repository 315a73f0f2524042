//! Vouching: segments are signed with keys that are replaced as soon as they have sealed one, and digests leave the node as they are made.
//!
//! In: segments as they are written and sealed. Out: signatures in them, lines in the places that the operator named, certificates beside the captures.
//! What a signature or a digest proves, and how it is compared, is `falco_format`'s matter.

mod anchors;
mod key_file;
mod signer;

use std::time::{Duration, Instant};

use falco_format::{Anchor, FileIo, SegmentWriter, WriteError};

pub use anchors::{AnchorError, Anchors, Place, parse_place};
pub use key_file::{KeyError, KeyFile};
pub use signer::Signer;

/// How often what was written is signed and its digest anchored: what came since is vouched for by nobody when the node is taken over.
const INTERVAL: Duration = Duration::from_secs(10);
/// How many items are written at most before they are signed; a signature lists no more than [`falco_format::limits::SIGNED_ITEMS_MAX`].
const ITEMS_MAX: usize = falco_format::limits::SIGNED_ITEMS_MAX / 2;

/// Who vouches for a recording, if anybody does.
#[derive(Debug, Default)]
pub struct Vouching {
    signer: Option<Signer>,
    anchors: Option<Anchors>,
    /// When the segment was last vouched for, and how many items it had.
    last: Option<(Instant, u64)>,
    /// The digest that a sealed segment ended with, last.
    newest: Option<Anchor>,
}

impl Vouching {
    /// With a key, places for digests, both or none.
    pub fn new(signer: Option<Signer>, anchors: Option<Anchors>) -> Vouching {
        Vouching {
            signer,
            anchors,
            ..Vouching::default()
        }
    }

    /// The key.
    pub fn signer(&mut self) -> Option<&mut Signer> {
        self.signer.as_mut()
    }

    /// Takes note of a segment that begins.
    pub fn begin(&mut self, segment: &mut SegmentWriter<FileIo>) {
        if self.signer.is_some() {
            segment.list_for_signatures();
        }
        self.last = Some((Instant::now(), segment.items()));
    }

    /// Whether something waits for being vouched for.
    pub fn is_due(&self, segment: &SegmentWriter<FileIo>) -> bool {
        if self.signer.is_none() && self.anchors.is_none() {
            return false;
        }
        let is_late = self
            .last
            .is_none_or(|(at, items)| at.elapsed() >= INTERVAL && segment.items() > items);
        is_late || segment.unsigned() >= ITEMS_MAX
    }

    /// Signs what was written, makes it durable, and lets its digest leave the node.
    pub fn vouch(&mut self, segment: &mut SegmentWriter<FileIo>) -> Result<(), WriteError> {
        let signed = match &self.signer {
            Some(signer) => segment.sign(signer.key()),
            None => Ok(()),
        };
        // It is tried again when the next is due, and no sooner: a full disk would be asked without end.
        self.last = Some((Instant::now(), segment.items()));
        signed?;
        // A digest must not tell of what a loss of power takes away again.
        segment.sync()?;
        let anchor = Anchor::of(segment.header(), segment.items(), segment.digest(), false);
        self.send(anchor, &segment.header().node);
        Ok(())
    }

    /// Lets the digest of a sealed segment leave the node, and replaces the key that has signed it. What could not be done is told.
    pub fn sealed(&mut self, anchor: Anchor, node: &str) -> Result<(), KeyError> {
        self.send(anchor, node);
        self.signer.as_mut().map_or(Ok(()), Signer::replace)
    }

    fn send(&mut self, mut anchor: Anchor, node: &str) {
        anchor.key = self.signer.as_ref().map(|signer| signer.key().trusted());
        if let Some(anchors) = &mut self.anchors {
            let time = jiff::Timestamp::now().to_string();
            anchors.send(&anchor.to_line(&time, node));
        }
        if anchor.is_sealed {
            self.newest = Some(anchor);
        }
    }

    /// Waits until digests have left, and says what became of it all.
    pub fn finish(self) -> Vouched {
        let anchors = self.anchors.map(Anchors::finish);
        Vouched {
            newest: self.newest,
            unsent: anchors.unwrap_or_default(),
        }
    }
}

/// What became of vouching.
#[derive(Clone, Debug, Default)]
pub struct Vouched {
    /// What was last sealed.
    pub newest: Option<Anchor>,
    /// How many digests could not be brought to where they should go.
    pub unsent: u64,
}

//! Captures of `falco-record`: what a recorded node leaves behind, written once and read for ever.
//!
//! A [`Capture`] is a directory of segments of one boot of one node.
//! A segment is an append-only file of items: the event table ([`Schema`]), clocks, snapshots, losses, and [`Block`]s of events, shredded by event type and column.
//! `FORMAT.md` beside this crate describes every byte.
//!
//! Writing: rows or the probe's frames go into a [`BlockBuilder`]; an [`EncodedBlock`] comes out; a [`SegmentWriter`] appends it; a [`CaptureWriter`] names and chains the segments.
//! Reading: [`Capture::open`], then [`Capture::items`] in stream order, then [`Block::decode`] with a [`Projection`], then [`EventView`]s.
//!
//! This crate moves bytes by their wire types and never interprets a value; it knows no rules, no state and no /proc.
//! [`container`] says what the JSON of containers looks like, for those who write and who read it; nothing here asks it.
//! Every byte that it reads is hostile: damage comes out as [`Damage`] and never as a panic.
//!
//! ```
//! use falco_abi::events::openat;
//! use falco_format::{BlockBuilder, BlockLimits, Projection, Pid, RawParam, RowMeta, RowOrder, Tid};
//!
//! let mut builder = BlockBuilder::new(RowOrder::TimeCpu, BlockLimits::default());
//! let meta = RowMeta { time: 1_000, tid: Tid(42), pid: Pid(42), ..RowMeta::default() };
//! let fd = 3i64.to_le_bytes();
//! builder.push(openat::EVENT, &meta, &[RawParam::present(&fd), RawParam::ABSENT, RawParam::present(b"/etc/shadow")])?;
//!
//! let block = builder.finish(1).expect("one row waits").into_block()?;
//! let rows = block.decode(&Projection::none().with_event(openat::EVENT))?;
//! let row = rows.iter().next().expect("one row");
//! assert_eq!((row.name(), row.int(openat::fd)), ("openat", Some(3)));
//! assert_eq!(row.bytes(openat::name), Some(&b"/etc/shadow"[..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod block;
mod boot;
mod bytes;
mod capture;
mod checksum;
mod clock;
mod compress;
pub mod container;
mod derivation;
mod directory;
mod dropped;
mod ids;
mod layout;
pub mod limits;
mod locks;
mod lost;
mod mmap;
mod projection;
mod row;
mod schema;
mod segment;
mod shared;
mod sign;
mod span;
pub mod text;

pub use block::{
    Block, BlockBuilder, BlockError, BlockLimits, EncodedBlock, EventView, First, RowBatch,
    RowOrder, Rows, SequenceSpan,
};
pub use boot::{BootId, BootText, NoBootId};
pub use capture::{
    Boot, Capture, CaptureError, CaptureIdentity, CaptureWriter, Carried, ChainLink, ChainState,
    Gap, GapKind, Item, Items, OpenError, Outline, Passed, Recordings, RecoverError, RecoverReport,
    SEGMENT_EXTENSION, Segment, SegmentFile, SegmentStart, SegmentVerdict, Stretch, Totals,
    VerifyReport, boot_directories, is_boot_directory, is_segment_start, recover,
    segment_file_name, segment_number, verify,
};
pub use checksum::{Digest, NoDigest};
pub use clock::{ClockMap, ClockPair, UnixNanos};
pub use derivation::{Derivation, DerivationCounts, DerivationSource, DerivationStep};
pub use directory::{Access, Directory, Entry};
pub use dropped::{DroppedRange, Numbers};
pub use ids::{Pid, Tid};
pub use layout::ItemKind;
pub use lost::LostInterval;
pub use projection::Projection;
pub use row::{FrameError, RawParam, RowError, RowMeta};
pub use schema::{Schema, SchemaError, SchemaEvent, SchemaFingerprint, SchemaParam};
pub use segment::{
    Damage, DamageKind, Dialect, End, Fate, Fault, FileIo, FormatVersion, Index, IndexEntry,
    MemoryIo, SegmentHeader, SegmentIo, SegmentSummary, SegmentWriter, Sequel, WriteError,
};
pub use sign::{
    Anchor, AnchorError, AnchorFault, AnchorReport, CERTIFICATES_FILE, Certificate,
    CertificateError, EpochKey, Extent, KeyText, Mark, Proof, PublicKey, SegmentProof, Signature,
    SignatureFault, SignatureFaultKind, TrustedKey, certificates_beside, compare_anchors, prove,
};
pub use span::Span;

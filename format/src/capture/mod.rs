//! Captures: the segments of one boot of one node, as a directory or as a single file; and roots, which hold a directory per boot.
//!
//! [`Capture`] reads, [`CaptureWriter`] writes, [`verify`] recomputes every checksum and digest, [`recover`] writes a clean copy of a damaged capture.

mod admit;
mod beside;
mod checks;
mod cut;
mod error;
mod file;
mod gaps;
mod holes;
mod items;
mod join;
mod open;
mod outline;
mod parts;
mod recover;
mod root;
mod segment;
mod stretch;
mod totals;
mod verify;
mod writer;

pub use error::OpenError;
pub use gaps::{Gap, GapKind};
pub use items::{Item, Items};
pub use join::{Boot, Recordings, is_segment_start};
pub use open::Capture;
pub use outline::Outline;
pub use recover::{RecoverError, RecoverReport, recover};
pub use root::{boot_directories, is_boot_directory};
pub use segment::Segment;
pub use stretch::{Carried, Passed, Stretch};
pub use totals::Totals;
pub use verify::{ChainLink, ChainState, SegmentVerdict, VerifyReport, verify};
pub use writer::{CaptureError, CaptureIdentity, CaptureWriter, SegmentFile, SegmentStart};

use std::path::Path;

/// The extension of segment files.
pub const SEGMENT_EXTENSION: &str = "flc";

/// The file name of a segment.
pub fn segment_file_name(number: u64) -> String {
    format!("{number:08}.{SEGMENT_EXTENSION}")
}

/// The number in a segment's file name, if it is one.
pub fn segment_number(path: &Path) -> Option<u64> {
    let is_segment = path.extension()?.to_str()? == SEGMENT_EXTENSION;
    path.file_stem()?
        .to_str()?
        .parse()
        .ok()
        .filter(|_| is_segment)
}

//! A segment that is no longer written: where it lies, and how large it is.
//!
//! It owns that alone; which segments stay, `retain` decides, and which have gone, `dropped` remembers.

use std::ffi::{OsStr, OsString};

/// A segment that is no longer written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptSegment {
    /// The directory below the root; the root itself where it is `None`.
    pub place: Option<OsString>,
    /// Its file name.
    pub name: OsString,
    /// Its bytes.
    pub bytes: u64,
    /// How many events it has, where this recording wrote it.
    pub rows: Option<u64>,
}

impl KeptSegment {
    /// A segment of an earlier recording.
    pub fn earlier(place: Option<&OsStr>, name: OsString, bytes: u64) -> KeptSegment {
        KeptSegment {
            place: place.map(OsStr::to_owned),
            name,
            bytes,
            rows: None,
        }
    }
}

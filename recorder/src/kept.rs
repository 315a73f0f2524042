//! A segment that is no longer written: where it lies, and how large it is.
//!
//! It owns that alone; which segments stay, `retain` decides, and which have gone, `dropped` remembers.

use std::ffi::{OsStr, OsString};

/// What stands behind a segment's name in that of the file that pins it.
pub const PIN_SUFFIX: &str = ".pin";

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
    /// How it is told: its name, behind that of its directory below the root.
    pub fn below_root(&self) -> String {
        let name = self.name.to_string_lossy();
        match &self.place {
            Some(place) => format!("{}/{name}", place.to_string_lossy()),
            None => name.into_owned(),
        }
    }

    /// The name of the file that pins it.
    pub fn pin_name(&self) -> OsString {
        let mut name = self.name.clone();
        name.push(PIN_SUFFIX);
        name
    }

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

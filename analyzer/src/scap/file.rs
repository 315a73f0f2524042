//! One `.scap` file that was opened: what it is called, and where its bytes are.
//!
//! In: a path, or bytes in memory. Out: the file's items, from its start as often as they are asked for; what they hold is not looked at here.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use falco_format::{BlockLimits, OpenError};

use super::block::{SECTION_SEEN, is_section};
use super::items::ScapItems;
use super::source::{ByteSource, Progress};

/// Blocks that are asked at once and thrown away: small enough to stay in the processor's cache from being filled to being read.
const PASSING: BlockLimits = BlockLimits {
    rows: 4096,
    raw_bytes: 1 << 20,
};

/// A `.scap` file that was opened.
#[derive(Clone, Debug)]
pub struct ScapFile {
    name: String,
    source: ByteSource,
}

impl ScapFile {
    /// Opens a file if its first bytes, unpacked, are those of a `.scap` file; `None` where they are not.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(path: &Path) -> Result<Option<Self>, OpenError> {
        let failed = |source: io::Error| {
            let path = path.to_path_buf();
            match source.kind() {
                io::ErrorKind::NotFound => OpenError::NotFound { path },
                io::ErrorKind::PermissionDenied => OpenError::Permission { path },
                _ => OpenError::Io { path, source },
            }
        };
        // Opening a pipe would wait for its writer.
        if !path.metadata().map_err(failed)?.is_file() {
            return Ok(None);
        }
        File::open(path).map_err(failed)?;
        let name = path.file_name().map_or_else(
            || path.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        );
        Ok(Self::new(name, ByteSource::File(path.to_path_buf())))
    }

    /// Takes bytes in memory for a file; `None` where they are no `.scap` file.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        Self::new("memory".to_owned(), ByteSource::Memory(bytes.into()))
    }

    /// Reads a source as a file of this name; `None` where it is no `.scap` file.
    pub(crate) fn new(name: String, source: ByteSource) -> Option<Self> {
        let mut head = Vec::new();
        // Packed bytes that do not unpack are some other file, and who opens those says what is wrong.
        let mut stream = source
            .read(&Progress::default())
            .ok()?
            .take(SECTION_SEEN as u64);
        let _ = stream.read_to_end(&mut head);
        is_section(&head).then_some(ScapFile { name, source })
    }

    /// The file's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes of the file as it lies there, packed or not.
    #[must_use]
    pub fn stored_bytes(&self) -> u64 {
        self.source.stored_bytes()
    }

    /// Its bytes as they lie there, packed or not.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn stored(&self) -> io::Result<impl Read> {
        self.source.stored()
    }

    /// Its bytes, unpacked.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn unpacked(&self) -> io::Result<impl Read> {
        self.source.read(&Progress::default())
    }

    /// Reads it from its start. Blocks hold their rows in memory, and are small.
    #[must_use]
    pub fn items(&self) -> ScapItems {
        ScapItems::new(&self.name, &self.source, PASSING)
    }

    /// Reads it from its start, with blocks that are large enough to be kept.
    #[must_use]
    pub fn items_to_keep(&self) -> ScapItems {
        ScapItems::new(&self.name, &self.source, BlockLimits::default())
    }
}

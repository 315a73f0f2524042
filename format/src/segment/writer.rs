//! Writes one segment, item by item, and seals it.
//!
//! Every append is one write of one whole item, so that a crash tears at most the last one.
//! Only what was appended counts in the chain and in the index.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use super::damage::{Damage, encode_repair};
use super::header::SegmentHeader;
use super::index::{End, Index, IndexEntry, Sequel};
use super::io::{Fate, FileIo, SegmentIo};
use crate::block::EncodedBlock;
use crate::checksum::{Chain, Digest};
use crate::clock::{self, ClockPair};
use crate::derivation::Derivation;
use crate::directory::Directory;
use crate::dropped::{self, DroppedRange};
use crate::layout::{HEADER_LEN, ItemHeader, ItemKind, item_len, put_item, put_item_as};
use crate::limits::ITEM_PAYLOAD_MAX;
use crate::lost::{self, LostInterval};
use crate::schema::{Schema, SchemaFingerprint};
use crate::sign::{Checkpoint, EpochKey, end_statement};

/// Why an item was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file could not be created.
    #[error("{path} cannot be created")]
    Create {
        /// Its path.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Appending failed; nothing of the item counts as written, and it may be tried again.
    #[error("an item {} cannot be written", kind.name())]
    Append {
        /// The item's kind.
        kind: ItemKind,
        /// Why.
        source: io::Error,
    },
    /// Syncing failed: what was written since the last sync may be lost. Start another segment.
    #[error("the segment cannot be synced")]
    Sync(#[source] io::Error),
    /// The payload exceeds [`ITEM_PAYLOAD_MAX`].
    #[error("an item {} of {length} bytes is too long", kind.name())]
    TooLong {
        /// The item's kind.
        kind: ItemKind,
        /// Bytes of its payload.
        length: usize,
    },
    /// A block came before the table that it was encoded by.
    #[error("the segment has no SCHEMA that the block was encoded by")]
    NoSchema,
}

impl WriteError {
    /// Whether there was no room.
    pub fn is_no_space(&self) -> bool {
        let source = match self {
            WriteError::Create { source, .. } | WriteError::Append { source, .. } => source,
            WriteError::Sync(source) => source,
            WriteError::TooLong { .. } | WriteError::NoSchema => return false,
        };
        matches!(
            source.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        )
    }
}

/// What a sealed segment holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentSummary {
    /// Its number in the capture.
    pub segment_number: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// How many items it has, INDEX and END included.
    pub items: u64,
    /// How many rows its EVENTS blocks have.
    pub rows: u64,
    /// The smallest time of an event; `u64::MAX` where there is none.
    pub first_time: u64,
    /// The largest time of an event; 0 where there is none.
    pub last_time: u64,
    /// The digest that the next segment names as the one before it.
    pub digest: Digest,
}

/// Writes a segment.
#[derive(Debug)]
pub struct SegmentWriter<W: SegmentIo> {
    io: W,
    header: SegmentHeader,
    tag: u64,
    chain: Chain,
    index: Index,
    length: u64,
    rows: u64,
    first_time: u64,
    last_time: u64,
    schema: Option<SchemaFingerprint>,
    buffer: Vec<u8>,
    /// The digests of items that no signature lists yet; `None` where nothing is signed.
    unsigned: Option<Vec<Digest>>,
}

impl SegmentWriter<FileIo> {
    /// Creates a file of mode 0600 and writes the segment's header. A file that exists is an error.
    pub fn create(path: &Path, header: SegmentHeader) -> Result<Self, WriteError> {
        let failed = |source| WriteError::Create {
            path: path.display().to_string(),
            source,
        };
        let io = FileIo::create(path).map_err(failed)?;
        SegmentWriter::new(io, header)
    }

    /// The same in a directory that is open.
    pub fn create_in(
        directory: &Directory,
        name: &OsStr,
        header: SegmentHeader,
    ) -> Result<Self, WriteError> {
        let failed = |source| WriteError::Create {
            path: directory.path().join(name).display().to_string(),
            source,
        };
        let io = FileIo::create_in(directory, name).map_err(failed)?;
        SegmentWriter::new(io, header)
    }

    /// What became of the file under its name.
    pub fn fate(&self, directory: &Directory, name: &OsStr) -> Fate {
        self.io.fate(directory, name)
    }
}

impl<W: SegmentIo> SegmentWriter<W> {
    /// Writes the header of a segment to an empty place.
    pub fn new(io: W, header: SegmentHeader) -> Result<Self, WriteError> {
        let tag = random_tag(&header);
        SegmentWriter::with_tag(io, header, tag)
    }

    /// The same with a chosen tag: for output that must be the same every time. A tag that a recorded program can guess lets it forge items that a reader may find where a segment is damaged.
    pub fn with_tag(io: W, header: SegmentHeader, tag: u64) -> Result<Self, WriteError> {
        let mut writer = SegmentWriter {
            io,
            tag,
            chain: Chain::start(),
            index: Index::default(),
            length: 0,
            rows: 0,
            first_time: u64::MAX,
            last_time: 0,
            schema: None,
            buffer: Vec::new(),
            unsigned: None,
            header,
        };
        let payload = writer.header.encode();
        writer.append(ItemKind::SEGMENT, &payload, None)?;
        Ok(writer)
    }

    /// Writes the event table.
    pub fn schema(&mut self, schema: &Schema) -> Result<(), WriteError> {
        self.append(ItemKind::SCHEMA, &schema.encode(), None)?;
        self.schema = Some(schema.fingerprint());
        Ok(())
    }

    /// Writes pairs of clocks.
    pub fn clock(&mut self, pairs: &[ClockPair]) -> Result<(), WriteError> {
        self.append(ItemKind::CLOCK, &clock::encode(pairs), None)
    }

    /// Writes a block of snapshot rows.
    pub fn state(&mut self, block: &EncodedBlock) -> Result<(), WriteError> {
        self.block(ItemKind::STATE, block)
    }

    /// Writes intervals of loss; nothing where there are none.
    pub fn lost(&mut self, intervals: &[LostInterval]) -> Result<(), WriteError> {
        if intervals.is_empty() {
            return Ok(());
        }
        self.append(ItemKind::LOST, &lost::encode(intervals), None)
    }

    /// Writes a block of events.
    pub fn events(&mut self, block: &EncodedBlock) -> Result<(), WriteError> {
        self.block(ItemKind::EVENTS, block)?;
        self.rows = self.rows.saturating_add(block.rows as u64);
        if block.rows > 0 {
            self.first_time = self.first_time.min(block.first_time);
            self.last_time = self.last_time.max(block.last_time);
        }
        Ok(())
    }

    /// Writes that evidence is missing here: what a repair or an import found.
    pub fn damage(&mut self, damage: &Damage) -> Result<(), WriteError> {
        self.append(ItemKind::REPAIR, &encode_repair(damage), None)
    }

    /// Writes which segments retention dropped; nothing where there are none.
    pub fn dropped(&mut self, ranges: &[DroppedRange]) -> Result<(), WriteError> {
        if ranges.is_empty() {
            return Ok(());
        }
        self.append(ItemKind::DROPPED, &dropped::encode(ranges), None)
    }

    /// Writes what the segment is derived from. It stands behind the header, and again with its counts behind everything else.
    pub fn derived(&mut self, derivation: &Derivation) -> Result<(), WriteError> {
        self.append(ItemKind::DERIVED, &derivation.encode(), None)
    }

    /// Has signatures list what is written from the first item on. It is called right after the segment was begun.
    pub fn list_for_signatures(&mut self) {
        self.unsigned = Some(vec![Digest::of(&self.buffer)]);
    }

    /// How many items no signature lists yet.
    pub fn unsigned(&self) -> usize {
        self.unsigned.as_ref().map_or(0, Vec::len)
    }

    /// Signs the items that no signature lists yet; nothing where there are none.
    pub fn sign(&mut self, key: &EpochKey) -> Result<(), WriteError> {
        let Some(items) = self.unsigned.take() else {
            return Ok(());
        };
        let listed = items.len() as u64;
        if listed == 0 {
            self.unsigned = Some(items);
            return Ok(());
        }
        let checkpoint = Checkpoint {
            boot_id: self.header.boot_id,
            capture: self.header.capture.unwrap_or(0),
            segment_number: self.header.segment_number,
            link: self.chain.digest(),
            first: self.items().saturating_sub(listed),
            items,
        };
        let payload = checkpoint.encode(key);
        self.unsigned = Some(Vec::new());
        let result = self.append(ItemKind::SIGNATURE, &payload, None);
        if result.is_err() {
            self.unsigned = Some(checkpoint.items);
        }
        result
    }

    /// Returns when everything written so far survives a loss of power.
    pub fn sync(&mut self) -> Result<(), WriteError> {
        self.io.sync().map_err(WriteError::Sync)
    }

    /// Seals the last segment of a recording: index, end, sync. A segment that cannot be sealed stays readable.
    pub fn finish(self) -> Result<SegmentSummary, WriteError> {
        self.finish_with(Sequel::Ended)
    }

    /// Seals the segment, and says what follows it.
    pub fn finish_with(mut self, sequel: Sequel) -> Result<SegmentSummary, WriteError> {
        self.finish_signed(sequel, None)
    }

    /// The same, and signs it where there is a key. Where that fails, [`digest`](Self::digest) stands for what was written of the end as well; nothing may be written behind it.
    pub fn finish_signed(
        &mut self,
        sequel: Sequel,
        key: Option<&EpochKey>,
    ) -> Result<SegmentSummary, WriteError> {
        if let Some(key) = key {
            self.sign(key)?;
        }
        let index_offset = self.length;
        let payload = self.index.encode();
        // An index that is too long is left out: a reader walks the items instead.
        if payload.len() <= ITEM_PAYLOAD_MAX {
            self.append(ItemKind::INDEX, &payload, None)?;
        }
        let end = End {
            items: self.items(),
            rows: self.rows,
            index_offset,
            first_time: self.first_time,
            last_time: self.last_time,
            digest: self.chain.digest(),
            sequel,
        };
        let mut payload = end.encode();
        if let Some(key) = key {
            key.mark(|epoch, public| end_statement(epoch, public, &payload))
                .encode(&mut payload);
        }
        self.append(ItemKind::END, &payload, None)?;
        self.sync()?;
        Ok(SegmentSummary {
            segment_number: self.header.segment_number,
            bytes: self.length,
            items: self.items(),
            rows: self.rows,
            first_time: self.first_time,
            last_time: self.last_time,
            digest: self.chain.digest(),
        })
    }

    /// How many bytes sealing takes, with one small item that may still come before it.
    pub fn end_bytes(&self) -> u64 {
        /// An END item with its signature, a small item, and what that adds to the index; none has more than three hundred bytes, and zstd may store the index a little longer than it is.
        const REST: usize = 1024;
        let index = item_len(self.index.encode().len());
        let signature = self.unsigned().saturating_mul(size_of::<Digest>());
        index.saturating_add(signature).saturating_add(REST) as u64
    }

    /// Bytes written so far.
    pub fn bytes(&self) -> u64 {
        self.length
    }

    /// Items written so far.
    pub fn items(&self) -> u64 {
        self.index.entries.len() as u64
    }

    /// Rows of EVENTS blocks written so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The chain's digest of everything written so far: what the next segment names as the one before it, should this one never be sealed.
    pub fn digest(&self) -> Digest {
        self.chain.digest()
    }

    /// Its header.
    pub fn header(&self) -> &SegmentHeader {
        &self.header
    }

    fn block(&mut self, kind: ItemKind, block: &EncodedBlock) -> Result<(), WriteError> {
        if self.schema != Some(block.schema) {
            return Err(WriteError::NoSchema);
        }
        self.append(kind, &block.bytes, Some(block))
    }

    /// Appends an item of a kind that this build only copies.
    pub(crate) fn copy(&mut self, header: &ItemHeader, payload: &[u8]) -> Result<(), WriteError> {
        let header = ItemHeader {
            tag: self.tag,
            ordinal: self.items(),
            ..*header
        };
        self.buffer.clear();
        put_item_as(&mut self.buffer, &header, payload);
        self.write_buffer(header.kind, None)
    }

    /// Appends an item without rows.
    pub(crate) fn append(
        &mut self,
        kind: ItemKind,
        payload: &[u8],
        block: Option<&EncodedBlock>,
    ) -> Result<(), WriteError> {
        if payload.len() > ITEM_PAYLOAD_MAX {
            return Err(WriteError::TooLong {
                kind,
                length: payload.len(),
            });
        }
        self.buffer.clear();
        self.buffer
            .reserve(payload.len().saturating_add(HEADER_LEN * 2));
        let ordinal = self.items();
        put_item(&mut self.buffer, self.tag, ordinal, kind, payload);
        self.write_buffer(kind, block)
    }

    fn write_buffer(
        &mut self,
        kind: ItemKind,
        block: Option<&EncodedBlock>,
    ) -> Result<(), WriteError> {
        let appended = self.io.append(&self.buffer);
        appended.map_err(|source| WriteError::Append { kind, source })?;
        self.chain.add(&self.buffer);
        if let Some(unsigned) = &mut self.unsigned {
            unsigned.push(Digest::of(&self.buffer));
        }
        let length = self.buffer.len() as u64;
        self.index.entries.push(IndexEntry {
            kind,
            offset: self.length,
            length,
            first_time: block.map_or(0, |block| block.first_time),
            last_time: block.map_or(0, |block| block.last_time),
            event_counts: block.map_or_else(Vec::new, |block| block.event_counts.clone()),
        });
        self.length = self.length.saturating_add(length);
        Ok(())
    }
}

/// A number that recorded programs cannot know: the kernel's randomness, mixed with what differs between segments.
fn random_tag(header: &SegmentHeader) -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u64(header.segment_number);
    hasher.write_u64(header.created_realtime.0);
    hasher.finish()
}

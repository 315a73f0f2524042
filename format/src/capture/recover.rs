//! Writes a clean copy of a damaged capture.
//!
//! Good items are copied byte for byte into new segments with a chain of their own; where something is missing, a REPAIR item says what.
//! The original is never touched: it is the evidence.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::beside::After;
use super::items::{Item, Placed};
use super::open::Capture;
use super::segment::Segment;
use super::segment_file_name;
use crate::block::Block;
use crate::checksum::Digest;
use crate::layout::ItemKind;
use crate::projection::Projection;
use crate::schema::SchemaFingerprint;
use crate::segment::{
    Damage, DamageKind, FileIo, FormatVersion, SegmentHeader, SegmentWriter, Sequel, WriteError,
};

/// Why no copy was written.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The directory for the copy exists and is not empty, or cannot be used.
    #[error("{directory} cannot take the copy")]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Every segment's header is lost: nothing says whose capture it is.
    #[error("no segment of the capture has a readable header")]
    NoHeader,
    /// Writing failed.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What a copy has and has not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoverReport {
    /// How many segments were written.
    pub segments: u64,
    /// How many items were copied.
    pub items_copied: u64,
    /// How many rows the copied EVENTS blocks have.
    pub rows: u64,
    /// What could not be copied.
    pub damage: Vec<Damage>,
}

/// Writes a clean, sealed copy of a capture into a directory that does not exist or is empty.
pub fn recover(capture: &Capture, directory: &Path) -> Result<RecoverReport, RecoverError> {
    let failed = |source| RecoverError::Directory {
        directory: directory.to_path_buf(),
        source,
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(failed)?;
    if fs::read_dir(directory).map_err(failed)?.next().is_some() {
        return Err(failed(io::ErrorKind::DirectoryNotEmpty.into()));
    }
    let template = capture.header().ok_or(RecoverError::NoHeader)?;
    let mut copy = CleanCopy {
        root: directory,
        directory: directory.to_path_buf(),
        last: None,
        template,
        report: RecoverReport::default(),
        previous: None,
        last_number: 0,
        waiting: Vec::new(),
    };
    let mut open: Option<(&Segment, Target)> = None;
    let mut items = capture.items();
    while let Some(placed) = items.next_placed() {
        if placed.segment.is_passed_over() {
            // Nothing of the file is copied; what is told of it stands in the next segment that is.
            copy.waiting.extend(told(placed));
            continue;
        }
        let target = match open.take() {
            Some((segment, target)) if std::ptr::eq(segment, placed.segment) => target,
            other => {
                copy.seal(other, Some(placed.segment))?;
                copy.start(placed.segment)?
            }
        };
        let (_, target) = open.insert((placed.segment, target));
        copy.item(placed, target)?;
    }
    if let Some((_, target)) = &mut open {
        copy.tell_waiting(target)?;
    }
    copy.seal(open, None)?;
    File::open(directory)
        .and_then(|handle| handle.sync_all())
        .map_err(failed)?;
    Ok(copy.report)
}

fn told(placed: Placed<'_>) -> Option<Damage> {
    match placed.item {
        Item::Damage(damage) => Some(damage),
        _ => None,
    }
}

/// What the copy of a segment says of what follows it: the chain of a copy goes on over what was not there.
fn sequel(segment: &Segment, next: Option<&Segment>) -> Sequel {
    let next = next.filter(|next| next.is_beside(segment));
    let is_missing = next.is_some_and(|next| next.before.missing > 0);
    if is_missing || segment.after == After::Missing {
        Sequel::Missing
    } else if segment.is_sealed() || segment.is_live() {
        segment.sequel()
    } else {
        Sequel::EndMissing
    }
}

/// A segment of the copy, while it is written.
struct Target {
    writer: SegmentWriter<FileIo>,
    /// The table that it has.
    schema: Option<SchemaFingerprint>,
}

/// The copy so far.
struct CleanCopy<'a> {
    root: &'a Path,
    /// Where the boot's segments go: the root, or a directory in it.
    directory: PathBuf,
    /// The segment before the one that is copied.
    last: Option<&'a Segment>,
    /// What the header of a segment says whose own is lost.
    template: &'a SegmentHeader,
    report: RecoverReport,
    previous: Option<Digest>,
    last_number: u64,
    /// Damage that belongs to no segment of the copy.
    waiting: Vec<Damage>,
}

impl<'a> CleanCopy<'a> {
    fn start(&mut self, segment: &'a Segment) -> Result<Target, RecoverError> {
        self.enter(segment)?;
        let next = self.last_number.saturating_add(1);
        self.last_number = segment.number().unwrap_or(next).max(next);
        let header = SegmentHeader {
            version: FormatVersion::CURRENT,
            segment_number: self.last_number,
            previous: self.previous,
            ..segment.header().unwrap_or(self.template).clone()
        };
        let path = self.directory.join(segment_file_name(self.last_number));
        let mut writer = SegmentWriter::create(&path, header)?;
        writer.dropped(&segment.dropped())?;
        if let Some(derivation) = segment.derivation() {
            writer.derived(&derivation)?;
        }
        Ok(Target {
            writer,
            schema: None,
        })
    }

    /// Copies of a root have a directory per boot as well, each with a chain of its own.
    fn enter(&mut self, segment: &'a Segment) -> Result<(), RecoverError> {
        let is_same = self.last.is_some_and(|last| last.is_beside(segment));
        self.last = Some(segment);
        if is_same {
            return Ok(());
        }
        (self.previous, self.last_number) = (None, 0);
        let name = Path::new(segment.name()).parent().unwrap_or(Path::new(""));
        self.directory = self.root.join(name);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.directory)
            .map_err(|source| RecoverError::Directory {
                directory: self.directory.clone(),
                source,
            })
    }

    fn seal(
        &mut self,
        open: Option<(&Segment, Target)>,
        next: Option<&Segment>,
    ) -> Result<(), RecoverError> {
        if let Some((segment, target)) = open {
            self.report.segments = self.report.segments.saturating_add(1);
            let summary = target.writer.finish_with(sequel(segment, next))?;
            self.previous = Some(summary.digest);
        }
        Ok(())
    }

    fn item(&mut self, placed: Placed<'_>, target: &mut Target) -> Result<(), RecoverError> {
        let raw = placed.raw;
        self.tell_waiting(target)?;
        match placed.item {
            // The copy has its own header and its own end.
            Item::Segment(_) | Item::End(_) | Item::NotSealed { is_live: true, .. } => {
                return Ok(());
            }
            Item::NotSealed { segment, .. } => {
                // The copy is sealed, so it must say that the original was not.
                let damage = Damage {
                    segment: segment.as_ref().to_owned(),
                    offset: placed.segment.bytes(),
                    bytes_skipped: 0,
                    what: DamageKind::NotSealed,
                };
                return self.repair(damage, target);
            }
            Item::Clock(pairs) if raw.is_none() => {
                // That of another segment, where the segment's own is lost.
                target.writer.clock(&pairs)?;
                return Ok(());
            }
            Item::Damage(damage) => return self.repair(damage, target),
            Item::State(block) | Item::Events(block) => {
                if let Err(error) = block.decode(&Projection::all()) {
                    let damage = Damage {
                        segment: placed.segment.name().to_owned(),
                        offset: raw.map_or(0, |raw| raw.offset as u64),
                        bytes_skipped: raw.map_or(0, |raw| raw.bytes.len() as u64),
                        what: DamageKind::Block(error),
                    };
                    return self.repair(damage, target);
                }
                self.block(&block, raw.map(|raw| raw.header.kind), target)?;
            }
            Item::Schema(schema) => {
                target.writer.schema(&schema)?;
                target.schema = Some(schema.fingerprint());
            }
            Item::Clock(_) | Item::Lost(_) | Item::Skipped { .. } => {
                if let Some(raw) = raw {
                    target.writer.copy(&raw.header, raw.payload)?;
                }
            }
        }
        self.report.items_copied = self.report.items_copied.saturating_add(1);
        Ok(())
    }

    fn block(
        &mut self,
        block: &Block,
        kind: Option<ItemKind>,
        target: &mut Target,
    ) -> Result<(), RecoverError> {
        let schema = block.schema();
        if target.schema != Some(schema.fingerprint()) {
            // The segment's own table is lost, and an equal one was found elsewhere.
            target.writer.schema(schema)?;
            target.schema = Some(schema.fingerprint());
        }
        if kind == Some(ItemKind::STATE) {
            target.writer.state(&block.to_encoded())?;
        } else {
            target.writer.events(&block.to_encoded())?;
            self.report.rows = self.report.rows.saturating_add(block.rows() as u64);
        }
        Ok(())
    }

    fn tell_waiting(&mut self, target: &mut Target) -> Result<(), RecoverError> {
        for damage in std::mem::take(&mut self.waiting) {
            self.repair(damage, target)?;
        }
        Ok(())
    }

    fn repair(&mut self, damage: Damage, target: &mut Target) -> Result<(), RecoverError> {
        target.writer.damage(&damage)?;
        self.report.damage.push(damage);
        Ok(())
    }
}

//! The items of a source, each to the rewriter and then to the target.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use falco_format::limits::{DERIVATION_STEPS_MAX, DERIVATION_TEXT_MAX};
use falco_format::{
    Block, Damage, DamageKind, DerivationCounts, DerivationStep, Dialect, Digest, DroppedRange,
    FormatVersion, Item, Projection, Schema, SegmentHeader, Sequel,
};

use super::digests::{FoundSource, Sources};
use super::error::DeriveError;
use super::rewrite::{Fate, Rewriter};
use super::target::Target;
use crate::pipeline::{Flow, Input, Part, Stream as _, Tally};

/// What is done, as the derived capture says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// One word: `slice`, `redact`.
    pub name: String,
    /// With what arguments, as an object of JSON. Never with a key.
    pub arguments: serde_json::Value,
}

/// What was read and what was written.
#[derive(Clone, Debug, Default)]
pub struct DeriveReport {
    /// What was read.
    pub read: Tally,
    /// What became of the rows, in all segments.
    pub counts: DerivationCounts,
    /// Segments that were written.
    pub segments: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Writes a capture that is made from a part of an input into a directory that is empty. `watch` is told how many of the [input's bytes](Input::bytes) were read since the last call, and may stop.
///
/// # Errors
/// When the source cannot be read, the directory not be written, or `watch` stops; what was written until then is for the caller to take away.
pub fn derive(
    (input, part): (&Input, &Part),
    operation: &Operation,
    rewriter: &mut dyn Rewriter,
    directory: &Path,
    watch: &mut dyn FnMut(u64) -> Flow,
) -> Result<DeriveReport, DeriveError> {
    let bytes = operation.arguments.to_string().len();
    if bytes > DERIVATION_TEXT_MAX {
        return Err(DeriveError::Arguments { bytes });
    }
    let unread = |source| DeriveError::Source {
        path: input.path.clone(),
        source,
    };
    let mut walk = Walk {
        sources: Sources::of(input, part).map_err(unread)?,
        operation,
        rewriter,
        root: directory,
        place: None,
        target: None,
        previous: None,
        capture: random(),
        offset: None,
        is_cut: part.passed().is_some_and(|passed| passed.segments > 0),
        is_cut_behind: part
            .stretch()
            .is_some_and(|stretch| stretch.segments_behind > 0),
        waiting: Vec::new(),
        rows: 0,
        dialect: Dialect::Native,
        table: None,
        report: DeriveReport::default(),
    };
    let (mut items, mut told) = (input.items_of(part), 0);
    while let Some(item) = items.next() {
        walk.item(&item)?;
        let done = items.bytes_done();
        if watch(done.saturating_sub(told)) == Flow::Stop {
            return Err(DeriveError::Stopped);
        }
        told = done;
    }
    walk.finish()
}

/// Where the walk is.
struct Walk<'w> {
    sources: Sources<'w>,
    operation: &'w Operation,
    rewriter: &'w mut dyn Rewriter,
    root: &'w Path,
    /// The directory below a root, or the section, that is written.
    place: Option<String>,
    target: Option<Target>,
    previous: Option<Digest>,
    /// The number that all segments of a directory share.
    capture: u64,
    /// What is taken off the numbers of segments, so that those of a capture whose beginning is cut off begin with 1.
    offset: Option<u64>,
    is_cut: bool,
    /// Whether segments that follow are cut off.
    is_cut_behind: bool,
    /// Damage that was told before the segment that it is told in.
    waiting: Vec<Damage>,
    /// Rows of events so far.
    rows: u64,
    dialect: Dialect,
    /// The table of the last rows, and what became of it.
    table: Option<(Arc<Schema>, Arc<Schema>)>,
    report: DeriveReport,
}

impl Walk<'_> {
    fn item(&mut self, item: &Item) -> Result<(), DeriveError> {
        self.report.read.item(item);
        match item {
            Item::Segment(header) => self.begin(header)?,
            Item::Schema(schema) => {
                let schema = self.table(schema);
                if let Some(target) = &mut self.target {
                    target.schema(&schema)?;
                }
            }
            Item::Clock(pairs) => {
                if let Some(target) = &mut self.target {
                    target.between()?.clock(pairs)?;
                }
            }
            Item::Lost(intervals) => {
                if let Some(target) = &mut self.target {
                    target.between()?.lost(intervals)?;
                }
            }
            Item::State(block) => self.state(block)?,
            Item::Events(block) => self.events(block)?,
            Item::End(end) => self.say_sequel(end.sequel),
            Item::NotSealed { segment, is_live } => {
                if *is_live {
                    self.say_sequel(Sequel::Unknown);
                } else {
                    self.note(&missing_end(segment))?;
                    self.say_sequel(Sequel::EndMissing);
                }
            }
            Item::Damage(damage) => self.damage(damage)?,
            // What only newer writers know cannot be judged, and is left out.
            Item::Skipped { .. } => {}
        }
        Ok(())
    }

    /// What becomes of the table of some rows.
    fn table(&mut self, given: &Arc<Schema>) -> Arc<Schema> {
        let is_same = |known: &Arc<Schema>| Arc::ptr_eq(known, given) || known == given;
        if let Some((_, written)) = self.table.as_ref().filter(|(known, _)| is_same(known)) {
            return Arc::clone(written);
        }
        let written = self.rewriter.schema(given);
        self.table = Some((Arc::clone(given), Arc::clone(&written)));
        written
    }

    fn say_sequel(&mut self, sequel: Sequel) {
        if let Some(target) = &mut self.target {
            target.sequel = sequel;
        }
    }

    /// Begins a segment, behind the one before it.
    fn begin(&mut self, header: &Arc<SegmentHeader>) -> Result<(), DeriveError> {
        let is_missing = |damage: &Damage| {
            matches!(
                damage.what,
                DamageKind::MissingSegments(_) | DamageKind::MissingSequel
            )
        };
        if self.waiting.iter().any(is_missing) {
            self.say_sequel(Sequel::Missing);
        }
        self.seal()?;
        self.dialect = header.dialect;
        let Some(mut found) = self.sources.next(header) else {
            return Ok(());
        };
        self.rewriter.place(&mut found.directory);
        let dropped = found.dropped.iter_mut();
        dropped.for_each(|range| self.rewriter.place(&mut range.directory));
        let directory = self.enter(&found)?;
        let first = header.segment_number.saturating_sub(1);
        let cut = if self.is_cut { first } else { 0 };
        let offset = *self.offset.get_or_insert(cut);
        let mut written = SegmentHeader {
            version: FormatVersion::CURRENT,
            segment_number: header.segment_number.saturating_sub(offset).max(1),
            previous: self.previous,
            capture: Some(self.capture),
            ..header.as_ref().clone()
        };
        self.rewriter.header(&mut written);
        let mut derivation = found.before;
        if derivation.steps.len() >= DERIVATION_STEPS_MAX {
            return Err(DeriveError::Steps);
        }
        let steps = derivation.steps.iter_mut();
        steps.for_each(|step| self.rewriter.step(step));
        derivation.steps.push(DerivationStep {
            source: found.source,
            tool: concat!("falco-analyze ", env!("CARGO_PKG_VERSION")).to_owned(),
            operation: self.operation.name.clone(),
            arguments: self.operation.arguments.to_string(),
            counts: DerivationCounts::default(),
        });
        let mut target = Target::create(&directory, written, derivation)?;
        if offset == 0 {
            let own: Vec<DroppedRange> = found.dropped;
            target.between()?.dropped(&own)?;
        }
        self.target = Some(target);
        for damage in std::mem::take(&mut self.waiting) {
            self.note(&damage)?;
        }
        Ok(())
    }

    /// The directory that a segment goes to: numbers and chains begin anew in each.
    fn enter(&mut self, found: &FoundSource) -> Result<PathBuf, DeriveError> {
        let directory = self.root.join(&found.directory);
        if self.place.as_ref() != Some(&found.directory) {
            self.place = Some(found.directory.clone());
            (self.previous, self.offset, self.capture) = (None, None, random());
            let built = DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&directory);
            built.map_err(failed(&directory))?;
        }
        Ok(directory)
    }

    fn state(&mut self, block: &Block) -> Result<(), DeriveError> {
        let rows = match block.decode(&Projection::all()) {
            Ok(rows) => rows,
            Err(error) => return self.undecodable(block, DamageKind::Block(error)),
        };
        let table = self.table(block.schema());
        let layout = (&table, block.order());
        let Some(target) = &mut self.target else {
            return Ok(());
        };
        for view in rows.iter() {
            let fate = self.rewriter.entry(&view, self.rows);
            target.entry(&view, layout, &fate)?;
        }
        Ok(())
    }

    fn events(&mut self, block: &Block) -> Result<(), DeriveError> {
        let before = self.rows;
        self.rows = self.rows.saturating_add(block.rows() as u64);
        let rows = match block.decode(&Projection::all()) {
            Ok(rows) => rows,
            Err(error) => return self.undecodable(block, DamageKind::Block(error)),
        };
        let table = self.table(block.schema());
        let layout = (&table, block.order());
        let is_native = self.dialect == Dialect::Native;
        let Some(target) = &mut self.target else {
            return Ok(());
        };
        for view in rows.iter() {
            let place = before.saturating_add(u64::from(view.position()));
            let fate = self.rewriter.event(&view, place);
            // A row that an earlier step kept for the state alone is never shown again.
            let fate = match fate {
                Fate::Keep if crate::dialect::is_for_state(view.abi(), is_native) => Fate::ForState,
                fate => fate,
            };
            target.event(&view, layout, &fate, is_native)?;
        }
        Ok(())
    }

    fn undecodable(&mut self, block: &Block, what: DamageKind) -> Result<(), DeriveError> {
        let damage = Damage {
            segment: String::new(),
            offset: 0,
            bytes_skipped: block.encoded_bytes() as u64,
            what,
        };
        self.report.read.damaged(damage.clone());
        self.note(&damage)
    }

    fn damage(&mut self, damage: &Damage) -> Result<(), DeriveError> {
        // What is missing between segments is told in front of the segment that follows.
        let is_between = matches!(
            damage.what,
            DamageKind::MissingSegments(_)
                | DamageKind::MissingSequel
                | DamageKind::DoesNotFollow
                | DamageKind::OtherCapture
                | DamageKind::SameNumber(_)
                | DamageKind::NotASegment
                | DamageKind::NewerSegment
                | DamageKind::Unreadable(_)
                | DamageKind::OtherName(_)
                | DamageKind::Empty
        );
        if is_between || self.target.is_none() {
            self.waiting.push(damage.clone());
            return Ok(());
        }
        self.note(damage)
    }

    /// Writes down that something is missing here.
    fn note(&mut self, damage: &Damage) -> Result<(), DeriveError> {
        let Some(target) = &mut self.target else {
            self.waiting.push(damage.clone());
            return Ok(());
        };
        let (mut words, mut segment) = match &damage.what {
            DamageKind::Repaired(words) => (words.clone(), damage.segment.clone()),
            what => (what.to_string(), damage.segment.clone()),
        };
        self.rewriter.note(&mut words, &mut segment);
        target.note(&Damage {
            segment,
            what: DamageKind::Repaired(words),
            ..damage.clone()
        })
    }

    fn seal(&mut self) -> Result<(), DeriveError> {
        let Some(target) = self.target.take() else {
            return Ok(());
        };
        let (summary, counts) = target.finish()?;
        self.previous = Some(summary.digest);
        self.report.counts.add(&counts);
        self.report.segments = self.report.segments.saturating_add(1);
        self.report.bytes = self.report.bytes.saturating_add(summary.bytes);
        Ok(())
    }

    fn finish(mut self) -> Result<DeriveReport, DeriveError> {
        for damage in std::mem::take(&mut self.waiting) {
            if matches!(damage.what, DamageKind::MissingSequel) {
                self.say_sequel(Sequel::Missing);
            }
            self.note(&damage)?;
        }
        if let Some(target) = &mut self.target
            && self.is_cut_behind
            && target.sequel == Sequel::GoesOn
        {
            target.sequel = Sequel::Ended;
        }
        self.seal()?;
        if self.report.segments == 0 {
            return Err(DeriveError::NoHeader);
        }
        if matches!(self.sources, Sources::Scap { sections: 1, .. }) {
            self.lift_only_section()?;
        }
        let root = self.root;
        let synced = File::open(root).and_then(|handle| handle.sync_all());
        synced.map_err(failed(root))?;
        Ok(self.report)
    }

    /// The one section of a file is the capture itself.
    fn lift_only_section(&self) -> Result<(), DeriveError> {
        let section = self.root.join("1");
        for entry in fs::read_dir(&section).map_err(failed(&section))? {
            let entry = entry.map_err(failed(&section))?;
            let to = self.root.join(entry.file_name());
            fs::rename(entry.path(), &to).map_err(failed(&to))?;
        }
        fs::remove_dir(&section).map_err(failed(&section))
    }
}

fn missing_end(segment: &str) -> Damage {
    Damage {
        segment: segment.to_owned(),
        offset: 0,
        bytes_skipped: 0,
        what: DamageKind::NotSealed,
    }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> DeriveError {
    let path = path.to_path_buf();
    move |source| DeriveError::Io {
        path: path.clone(),
        source,
    }
}

/// A number that no other capture has: the kernel's randomness.
fn random() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(std::process::id()).max(1)
}

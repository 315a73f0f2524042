//! One segment of a derived capture, while it is written.
//!
//! In: rows as they are decided, and what stands between them. Out: a sealed segment that says what it was made from, with its counts.
//! Rows of several blocks become one, up to the limits of a block: a slice of many blocks is a few small ones.

use std::path::Path;
use std::sync::Arc;

use falco_format::{
    BlockBuilder, BlockLimits, Damage, Derivation, DerivationCounts, EventView, FileIo, RawParam,
    RowOrder, Schema, SchemaFingerprint, SegmentHeader, SegmentSummary, SegmentWriter, Sequel,
    segment_file_name,
};

use super::error::DeriveError;
use super::rewrite::Fate;

use crate::dialect::{is_for_state, marked_for_state};

/// The zstd level of blocks: what is derived is written once and read often, and may lie in a repository for years.
const LEVEL: i32 = 9;

/// Which rows wait.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Events,
    State,
}

/// A segment.
pub(super) struct Target {
    writer: SegmentWriter<FileIo>,
    derivation: Derivation,
    counts: DerivationCounts,
    /// The table that the segment has.
    schema: Option<SchemaFingerprint>,
    /// Rows that wait, all of one kind, one table and one order.
    waiting: Option<(Kind, SchemaFingerprint, RowOrder, BlockBuilder)>,
    /// What is said of what follows, as far as it is known yet.
    pub(super) sequel: Sequel,
}

impl Target {
    pub(super) fn create(
        directory: &Path,
        header: SegmentHeader,
        derivation: Derivation,
    ) -> Result<Target, DeriveError> {
        let path = directory.join(segment_file_name(header.segment_number));
        let mut writer = SegmentWriter::create(&path, header)?;
        writer.derived(&derivation)?;
        Ok(Target {
            writer,
            derivation,
            counts: DerivationCounts::default(),
            schema: None,
            waiting: None,
            // Of a part that ends within a segment, nothing follows.
            sequel: Sequel::Ended,
        })
    }

    /// The writer, for what stands between rows: those that wait stand before it.
    pub(super) fn between(&mut self) -> Result<&mut SegmentWriter<FileIo>, DeriveError> {
        self.flush()?;
        Ok(&mut self.writer)
    }

    /// The table of the rows that follow.
    pub(super) fn schema(&mut self, schema: &Schema) -> Result<(), DeriveError> {
        if self.schema != Some(schema.fingerprint()) {
            self.flush()?;
            self.writer.schema(schema)?;
            self.schema = Some(schema.fingerprint());
        }
        Ok(())
    }

    pub(super) fn note(&mut self, damage: &Damage) -> Result<(), DeriveError> {
        self.flush()?;
        Ok(self.writer.damage(damage)?)
    }

    /// Takes an event.
    pub(super) fn event(
        &mut self,
        view: &EventView<'_>,
        (schema, order): (&Arc<Schema>, RowOrder),
        fate: &Fate,
        is_native: bool,
    ) -> Result<(), DeriveError> {
        let mut meta = view.meta();
        match fate {
            Fate::Drop => {
                self.counts.left_out = self.counts.left_out.saturating_add(1);
                return Ok(());
            }
            Fate::ForState => {
                meta.abi = marked_for_state(meta.abi, is_native);
                self.counts.for_state = self.counts.for_state.saturating_add(1);
            }
            Fate::Keep => self.counts.kept = self.counts.kept.saturating_add(1),
            Fate::Change(row) => {
                let counts = &mut self.counts;
                let kept = if is_for_state(row.meta.abi, is_native) {
                    &mut counts.for_state
                } else {
                    &mut counts.kept
                };
                *kept = kept.saturating_add(1);
                self.counts.changed = self.counts.changed.saturating_add(1);
                meta = row.meta;
            }
        }
        self.push(Kind::Events, view, meta, (schema, order), fate)
    }

    /// Takes a row of a snapshot.
    pub(super) fn entry(
        &mut self,
        view: &EventView<'_>,
        (schema, order): (&Arc<Schema>, RowOrder),
        fate: &Fate,
    ) -> Result<(), DeriveError> {
        let mut meta = view.meta();
        let counts = &mut self.counts;
        match fate {
            Fate::Drop => {
                counts.entries_left_out = counts.entries_left_out.saturating_add(1);
                return Ok(());
            }
            Fate::ForState | Fate::Keep => {}
            Fate::Change(row) => {
                counts.entries_changed = counts.entries_changed.saturating_add(1);
                meta = row.meta;
            }
        }
        counts.entries_kept = counts.entries_kept.saturating_add(1);
        self.push(Kind::State, view, meta, (schema, order), fate)
    }

    fn push(
        &mut self,
        kind: Kind,
        view: &EventView<'_>,
        meta: falco_format::RowMeta,
        (schema, order): (&Arc<Schema>, RowOrder),
        fate: &Fate,
    ) -> Result<(), DeriveError> {
        let wanted = (kind, schema.fingerprint(), order);
        let fits = |waiting: &(Kind, SchemaFingerprint, RowOrder, BlockBuilder)| {
            (waiting.0, waiting.1, waiting.2) == wanted && !waiting.3.is_full()
        };
        if !self.waiting.as_ref().is_some_and(fits) {
            self.flush()?;
            self.schema(schema)?;
            let limits = BlockLimits::default();
            let builder = BlockBuilder::with_schema(Arc::clone(schema), order, limits);
            self.waiting = Some((kind, wanted.1, order, builder));
        }
        let Some((.., builder)) = &mut self.waiting else {
            return Ok(());
        };
        let params: Vec<RawParam<'_>> = match fate {
            Fate::Change(row) => row.params().collect(),
            _ => (0..view.params()).map(|index| view.param(index)).collect(),
        };
        builder.push(view.event(), &meta, &params)?;
        Ok(())
    }

    /// Writes the rows that wait.
    fn flush(&mut self) -> Result<(), DeriveError> {
        let Some((kind, .., mut builder)) = self.waiting.take() else {
            return Ok(());
        };
        while let Some(block) = builder.finish(LEVEL) {
            match kind {
                Kind::Events => self.writer.events(&block)?,
                Kind::State => self.writer.state(&block)?,
            }
        }
        Ok(())
    }

    /// Seals it.
    pub(super) fn finish(mut self) -> Result<(SegmentSummary, DerivationCounts), DeriveError> {
        self.flush()?;
        if let Some(last) = self.derivation.steps.last_mut() {
            last.counts = self.counts;
        }
        self.writer.derived(&self.derivation)?;
        Ok((self.writer.finish_with(self.sequel)?, self.counts))
    }
}

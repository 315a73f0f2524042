//! What a reading of captures came across: counts, times, losses, damage.
//!
//! In: each item of the stream, once. Out: the numbers that summaries print and that decide whether evidence is complete.
//! It decodes nothing: blocks carry their counts and times in front.

use std::collections::BTreeMap;

use falco_abi::{EventId, Lane, LossReason};
use falco_format::{Block, Damage, Item, LostInterval};

use crate::dialect::{DROP_TYPES, event_id};
use crate::state::StateCounters;
use crate::time::TimeRange;

/// How many damaged places are kept in full; beyond it they are only counted.
/// A hostile file could hold millions, and nobody reads more than the first few.
const DAMAGE_KEPT_MAX: usize = 64;

/// How many events were lost, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LossTally {
    /// Events lost, by reason and lane. A map with an order, so that summaries have one.
    pub by_reason: BTreeMap<(LossReason, Lane), u64>,
    /// How many intervals said so.
    pub intervals: u64,
}

impl LossTally {
    /// All events lost.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.by_reason
            .values()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }

    fn add(&mut self, interval: &LostInterval) {
        self.intervals += 1;
        let count = self
            .by_reason
            .entry((interval.reason, interval.lane))
            .or_default();
        *count = count.saturating_add(interval.count);
    }
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Segments begun.
    pub segments: u64,
    /// Segments that ended with their end item, so that their chain is closed.
    pub sealed: u64,
    /// Segments whose end is missing. One that is being written has none yet and does not count.
    pub unsealed: u64,
    /// Rows of EVENTS blocks, whether decoded or not.
    pub events: u64,
    /// The same by event, with the name that the segment's schema gives it.
    pub by_event: BTreeMap<EventId, u64>,
    /// EVENTS blocks.
    pub blocks: u64,
    /// Rows of STATE items.
    pub state_rows: u64,
    /// Bytes of EVENTS blocks as they lie in the file, and before compression.
    pub encoded_bytes: u64,
    /// Bytes of EVENTS rows before shredding and compression.
    pub raw_bytes: u64,
    /// EVENTS blocks of which rows were wanted; others were read for the state alone.
    pub blocks_shown: u64,
    /// Bytes of what was decompressed of EVENTS blocks.
    pub decompressed_bytes: u64,
    /// Times since boot of the events.
    pub boottime: Option<TimeRange>,
    /// Losses that the recorder told.
    pub losses: LossTally,
    /// Events by which a driver says that it drops others, uncounted.
    pub sampled: u64,
    /// Items of kinds that this program does not know and may skip.
    pub skipped_items: u64,
    /// Damaged places.
    pub damaged_places: u64,
    /// The first of them in full.
    pub damage: Vec<Damage>,
    /// What the state counted, up to where the answer ends.
    pub state: StateCounters,
}

impl Tally {
    /// Counts an item.
    pub fn item(&mut self, item: &Item) {
        match item {
            Item::Segment(_) => self.segments += 1,
            Item::End(_) => self.sealed += 1,
            Item::State(block) => self.state_rows += block.rows() as u64,
            Item::Events(block) => self.events_block(block),
            Item::Lost(intervals) => intervals
                .iter()
                .for_each(|interval| self.losses.add(interval)),
            Item::Damage(damage) => self.damaged(damage.clone()),
            Item::Skipped { .. } => self.skipped_items += 1,
            Item::NotSealed { is_live, .. } => self.unsealed += u64::from(!is_live),
            Item::Schema(_) | Item::Clock(_) => {}
        }
    }

    /// Counts a damaged place: one the reader found, or a block that would not decode.
    pub fn damaged(&mut self, damage: Damage) {
        self.damaged_places += 1;
        if self.damage.len() < DAMAGE_KEPT_MAX {
            self.damage.push(damage);
        }
    }

    /// Counts whether rows of a block were wanted, and bytes of it as they were decompressed.
    pub(super) fn walked(&mut self, is_shown: bool, bytes: u64) {
        self.blocks_shown += u64::from(is_shown);
        self.decompressed_bytes = self.decompressed_bytes.saturating_add(bytes);
    }

    /// Counts some rows of a block: each by its event and its time since boot. Where there are any, the bytes are those of the block.
    pub fn rows_of(&mut self, block: &Block, rows: &[(EventId, u64)]) {
        if rows.is_empty() {
            return;
        }
        self.block(block);
        for (event, time) in rows {
            self.rows(*event, 1);
            self.boottime = Some(TimeRange::extended(self.boottime, *time, *time));
        }
    }

    fn block(&mut self, block: &Block) {
        self.blocks += 1;
        self.encoded_bytes += block.encoded_bytes() as u64;
        self.raw_bytes += block.raw_bytes();
    }

    fn rows(&mut self, event: EventId, count: u64) {
        self.events += count;
        *self.by_event.entry(event).or_default() += count;
        let mut drops = DROP_TYPES.into_iter().map(event_id);
        if drops.any(|drop| drop == event) {
            self.sampled += count;
        }
    }

    fn events_block(&mut self, block: &Block) {
        self.block(block);
        for (event, count) in block.event_counts() {
            self.rows(event, u64::from(count));
        }
        self.boottime = Some(TimeRange::extended(
            self.boottime,
            block.first_time(),
            block.last_time(),
        ));
    }

    /// Adds another reading's counts.
    pub fn add(&mut self, other: &Self) {
        self.segments += other.segments;
        self.sealed += other.sealed;
        self.unsealed += other.unsealed;
        self.sampled += other.sampled;
        self.events += other.events;
        self.blocks += other.blocks;
        self.state_rows += other.state_rows;
        self.encoded_bytes += other.encoded_bytes;
        self.raw_bytes += other.raw_bytes;
        self.blocks_shown += other.blocks_shown;
        let decompressed = self.decompressed_bytes;
        self.decompressed_bytes = decompressed.saturating_add(other.decompressed_bytes);
        self.skipped_items += other.skipped_items;
        self.state.add(&other.state);
        for (event, count) in &other.by_event {
            *self.by_event.entry(*event).or_default() += count;
        }
        if let Some(range) = other.boottime {
            self.boottime = Some(TimeRange::extended(self.boottime, range.first, range.last));
        }
        self.losses.intervals += other.losses.intervals;
        for (key, count) in &other.losses.by_reason {
            let sum = self.losses.by_reason.entry(*key).or_default();
            *sum = sum.saturating_add(*count);
        }
        for damage in &other.damage {
            self.damaged(damage.clone());
        }
        self.damaged_places += other
            .damaged_places
            .saturating_sub(other.damage.len() as u64);
    }

    /// Whether nothing of what was recorded is known to be missing: no loss, no damage, no end that is not there, and nothing that the state had no room for.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.losses.intervals == 0
            && self.damaged_places == 0
            && self.unsealed == 0
            && self.sampled == 0
            && self.state.dropped() == 0
    }
}

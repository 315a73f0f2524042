//! What was made of a section so far: items that wait to be handed out, and rows that are no block yet.
//!
//! In: the rows of lists and events, and what is damaged or unknown of them, with where it lies in the file. Out: items in stream order.
//! It counts what a section's end tells, and knows nothing of how blocks of the file lie.

use std::collections::VecDeque;
use std::sync::Arc;

use falco_format::text::count;
use falco_format::{
    Block, BlockBuilder, BlockLimits, ClockPair, Damage, DamageKind, Digest, End, Item, ItemKind,
    RowBatch, SegmentHeader, Sequel, UnixNanos,
};

use super::altered::Altered;
use super::block::BlockHead;
use super::lift::Lifter;
use super::rows::EventRows;
use super::snapshot::Snapshot;
use crate::dialect::falco_schema;

/// How many damaged places of a section end a block of rows, so that they stand where they are. Beyond it they may stand a block early.
const DAMAGE_PLACED_MAX: u64 = 1024;

/// The items of the section that is read.
pub(super) struct ItemQueue {
    name: Arc<str>,
    limits: BlockLimits,
    waiting: VecDeque<Item>,
    /// Rows of the lists that are no block yet.
    pub(super) snapshot: Snapshot,
    /// Events that are no block yet.
    pub(super) rows: EventRows,
    /// Enters that wait for their exits.
    pub(super) lifter: Lifter,
    section_rows: u64,
    section_items: u64,
    damage: u64,
    /// How many events and entries were said to have more than is known.
    unknown_told: u64,
}

impl ItemQueue {
    /// Nothing yet, of the file of this name; blocks of events will be of at most this size.
    pub(super) fn new(name: &str, limits: BlockLimits) -> ItemQueue {
        ItemQueue {
            name: name.into(),
            limits,
            waiting: VecDeque::new(),
            snapshot: Snapshot::new(),
            rows: EventRows::new(limits),
            lifter: Lifter::default(),
            section_rows: 0,
            section_items: 0,
            damage: 0,
            unknown_told: 0,
        }
    }

    /// The next item.
    pub(super) fn take(&mut self) -> Option<Item> {
        self.waiting.pop_front()
    }

    /// Whether no item waits. Rows may.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether no block of the section's events was made yet.
    pub(super) fn is_first_block(&self) -> bool {
        self.section_rows == 0
    }

    fn push(&mut self, item: Item) {
        self.section_items = self.section_items.saturating_add(1);
        self.waiting.push_back(item);
    }

    /// Begins a section: its header, the event table, and a clock by which boot time is the wall's.
    pub(super) fn begin_section(&mut self, header: SegmentHeader) {
        self.snapshot = Snapshot::new();
        self.rows = EventRows::new(self.limits);
        self.lifter = Lifter::default();
        self.damage = 0;
        self.unknown_told = 0;
        self.section_rows = 0;
        self.section_items = 0;
        self.push(Item::Segment(Arc::new(header)));
        self.push(Item::Schema(falco_schema()));
        let identity = ClockPair {
            boottime_ns: 0,
            realtime_ns: UnixNanos(0),
        };
        self.push(Item::Clock(vec![identity]));
    }

    /// Says how the section ended, at this place of the file. Its rows were handed out before.
    pub(super) fn end_section(&mut self, offset: u64) {
        self.tell_altered(offset);
        let end = if self.damage == 0 {
            Item::End(End {
                items: self.section_items,
                rows: self.section_rows,
                index_offset: 0,
                first_time: 0,
                last_time: 0,
                digest: Digest([0; 32]),
                sequel: Sequel::Unknown,
            })
        } else {
            Item::NotSealed {
                segment: Arc::clone(&self.name),
                is_live: false,
            }
        };
        self.push(end);
    }

    /// Says at a section's end what of it no row holds.
    fn tell_altered(&mut self, offset: u64) {
        let mut altered = Altered::default();
        altered.add(self.snapshot.altered());
        altered.add(self.rows.altered());
        let given_up = self.lifter.given_up();
        if given_up > 0 {
            let words = format!(
                "{} given up: waiting for their exits took more than the limit of memory",
                count(given_up, "enter event")
            );
            self.damaged(offset, 0, &words);
        }
        for words in altered.words() {
            self.damaged(offset, 0, &words);
        }
    }

    /// Says that bytes from a place on are missing or passed over. What was read before stands before it.
    pub(super) fn damaged(&mut self, offset: u64, bytes_skipped: usize, words: &str) {
        if self.damage < DAMAGE_PLACED_MAX {
            self.flush();
        }
        self.damage = self.damage.saturating_add(1);
        self.push(Item::Damage(Damage {
            segment: self.name.as_ref().to_owned(),
            offset,
            bytes_skipped: bytes_skipped as u64,
            what: DamageKind::Foreign(words.to_owned()),
        }));
    }

    /// Says that so many bytes of a block, or values in it, are of a newer writer.
    pub(super) fn skipped(&mut self, head: BlockHead, offset: u64, bytes: usize) {
        self.push(Item::Skipped {
            segment: Arc::clone(&self.name),
            // The kinds of blocks that there ever were fit.
            kind: ItemKind(head.number as u16),
            offset,
            bytes: bytes as u64,
        });
    }

    /// Says of values that only newer writers know how many events and entries have them.
    pub(super) fn tell_unknown(&mut self, head: BlockHead, offset: u64) {
        let unknown = self.snapshot.altered().unknown;
        let unknown = unknown.saturating_add(self.rows.altered().unknown);
        for _ in self.unknown_told..unknown {
            self.skipped(head, offset, 0);
        }
        self.unknown_told = unknown;
    }

    /// Makes blocks of the rows that wait.
    pub(super) fn flush(&mut self) {
        for block in drain(self.snapshot.builder()) {
            self.section_items = self.section_items.saturating_add(1);
            self.waiting.push_back(Item::State(block));
        }
        self.flush_events();
    }

    /// Makes blocks of the events that wait.
    pub(super) fn flush_events(&mut self) {
        for block in drain(self.rows.builder()) {
            self.section_items = self.section_items.saturating_add(1);
            self.section_rows = self.section_rows.saturating_add(block.rows() as u64);
            self.waiting.push_back(Item::Events(block));
        }
    }
}

/// What waits, as blocks that are read where they are.
fn drain(builder: &mut BlockBuilder) -> impl Iterator<Item = Block> {
    std::iter::from_fn(|| builder.take().map(RowBatch::into_block))
}

//! Walks a capture in stream order.

use std::collections::VecDeque;
use std::sync::Arc;

use super::checks::{self, SegmentCheck, SpareClock};
use super::cut::Cut;
use super::segment::Segment;
use crate::block::{Block, BlockError};
use crate::bytes::Malformed;
use crate::clock::{self, ClockPair};
use crate::derivation::Derivation;
use crate::dropped;
use crate::layout::{CRITICAL, ItemKind};
use crate::lost::{self, LostInterval};
use crate::schema::Schema;
use crate::segment::{
    Damage, DamageKind, End, Found, RawItem, Scanner, SegmentHeader, decode_repair,
};

/// What stands at a place of the stream. An item shares its bytes with the capture, and may outlive it or go to another thread.
#[derive(Clone, Debug)]
pub enum Item {
    /// A segment starts.
    Segment(Arc<SegmentHeader>),
    /// The event table of what follows.
    Schema(Arc<Schema>),
    /// Pairs of clocks.
    Clock(Vec<ClockPair>),
    /// Rows of a snapshot.
    State(Block),
    /// Intervals of loss.
    Lost(Vec<LostInterval>),
    /// Events.
    Events(Block),
    /// A sealed segment ends.
    End(End),
    /// A segment ends that was not sealed: it is still being written, or its writer died.
    NotSealed {
        /// The segment's file name.
        segment: Arc<str>,
        /// Whether its writer is at work; else the end is missing.
        is_live: bool,
    },
    /// An item of a kind that this build does not know and may ignore.
    Skipped {
        /// The segment's file name.
        segment: Arc<str>,
        /// Its kind.
        kind: ItemKind,
        /// Where it starts in the file.
        offset: u64,
        /// Bytes of it.
        bytes: u64,
    },
    /// Evidence that is missing here.
    Damage(Damage),
}

/// An item with where it stands.
#[derive(Clone, Debug)]
pub(super) struct Placed<'a> {
    pub(super) segment: &'a Segment,
    /// The item's bytes; damage and the ends of unsealed segments have none.
    pub(super) raw: Option<RawItem<'a>>,
    pub(super) item: Item,
}

/// How many event tables are remembered for blocks whose own is lost. Captures have one or two.
const SCHEMAS_KEPT: usize = 8;

/// The items of a capture in stream order.
#[derive(Debug)]
pub struct Items<'a> {
    rest: std::slice::Iter<'a, Segment>,
    current: Option<(&'a Segment, Scanner<'a>)>,
    queue: VecDeque<Placed<'a>>,
    /// Tables seen so far, the latest first.
    schemas: VecDeque<Arc<Schema>>,
    /// The latest, with the bytes that it was decoded from.
    last_schema: Option<(&'a [u8], Arc<Schema>)>,
    /// The segment before the one that is read.
    before: Option<&'a Segment>,
    check: SegmentCheck,
    spare_clock: SpareClock,
    /// Where the part ends that is read.
    cut: Cut,
}

impl<'a> Items<'a> {
    pub(super) fn new(segments: &'a [Segment]) -> Self {
        Items::of(segments, Cut::default())
    }

    /// The items of a part.
    pub(super) fn of(segments: &'a [Segment], cut: Cut) -> Self {
        Items {
            rest: segments.iter(),
            current: None,
            queue: VecDeque::new(),
            schemas: VecDeque::from([Schema::native()]),
            last_schema: None,
            before: None,
            check: SegmentCheck::new(),
            spare_clock: SpareClock::default(),
            cut,
        }
    }

    /// The next item with where it stands.
    pub(super) fn next_placed(&mut self) -> Option<Placed<'a>> {
        while self.queue.is_empty() {
            self.step()?;
        }
        self.queue.pop_front()
    }

    /// What opening already knows of everything that was not reached, for readers that stop early: damage between segments, files that were passed over, ends that are missing.
    pub fn unread(mut self) -> impl Iterator<Item = Item> {
        let is_told =
            |placed: &Placed<'_>| matches!(placed.item, Item::Damage(_) | Item::NotSealed { .. });
        self.queue.retain(is_told);
        loop {
            if let Some((segment, _)) = self.current.take() {
                self.not_sealed(segment);
            }
            if self.start().is_none() {
                break;
            }
        }
        self.queue.into_iter().map(|placed| placed.item)
    }

    /// Starts the next segment, if there is one.
    fn start(&mut self) -> Option<()> {
        let Some(segment) = self.rest.next() else {
            let last = self.before.take()?;
            self.behind(last);
            return Some(());
        };
        self.check = SegmentCheck::new();
        if let Some(why) = segment.why_passed_over() {
            self.damage(segment, 0, 0, why.clone());
            return Some(());
        }
        let before = self.before.replace(segment);
        if let Some(before) = before {
            self.tail(before);
        }
        if before.is_some_and(|before| !before.is_beside(segment)) {
            // Another boot has another clock.
            self.spare_clock = SpareClock::default();
        }
        let seam = checks::seam(before, segment);
        if let Some(what) = seam.filter(|_| self.cut.has_seam(before.is_none())) {
            self.damage(segment, 0, 0, what);
        }
        if segment.bytes() == 0 && !segment.is_live() {
            self.damage(segment, 0, 0, DamageKind::Empty);
        }
        self.check = SegmentCheck::new();
        let bytes = self.cut.bytes(segment, self.rest.as_slice().is_empty());
        self.current = Some((segment, Scanner::new(bytes)));
        Some(())
    }

    /// Tells what is missing behind the last segment; of a part that ends before it, what was lost in it and is only told further on.
    fn behind(&mut self, last: &'a Segment) {
        if self.cut.has_tail() {
            self.tail(last);
        }
        let lost = self.cut.take_lost();
        if !lost.is_empty() {
            self.queue.push_back(Placed {
                segment: last,
                raw: None,
                item: Item::Lost(lost),
            });
        }
    }

    /// Tells what is missing behind a segment.
    fn tail(&mut self, segment: &'a Segment) {
        if let Some(what) = checks::tail(segment) {
            let end = segment.bytes.as_slice().len();
            self.damage(segment, end, 0, what);
        }
    }

    /// Says of a segment that ends here that it has no end.
    fn not_sealed(&mut self, segment: &'a Segment) {
        let reaches_end = self.cut.reaches_end(self.rest.as_slice().is_empty());
        if self.check.is_ended || segment.is_sealed() || !reaches_end {
            return;
        }
        let item = Item::NotSealed {
            segment: segment.shared_name(),
            is_live: segment.is_live(),
        };
        self.queue.push_back(Placed {
            segment,
            raw: None,
            item,
        });
    }

    fn step(&mut self) -> Option<()> {
        let Some((segment, scanner)) = &mut self.current else {
            return self.start();
        };
        let segment: &'a Segment = segment;
        match scanner.next() {
            None => {
                self.current = None;
                self.not_sealed(segment);
            }
            // The last item of a segment that is being written is not whole yet.
            Some(Found::Damage {
                what: DamageKind::TornTail,
                ..
            }) if segment.is_live() => {}
            Some(Found::Damage { offset, length, .. }) if self.check.is_ended => {
                self.damage(segment, offset, length, DamageKind::BytesBehindEnd);
            }
            Some(Found::Damage {
                offset,
                length,
                what,
            }) => self.damage(segment, offset, length, what),
            Some(Found::Item(raw)) if self.check.is_ended => self.damage(
                segment,
                raw.offset,
                raw.bytes.len(),
                DamageKind::BehindEnd(raw.header.kind),
            ),
            Some(Found::Item(raw)) => self.good(segment, raw),
        }
        Some(())
    }

    /// Takes an item whose bytes are good.
    fn good(&mut self, segment: &'a Segment, raw: RawItem<'a>) {
        self.check.item(&raw);
        let item = match self.read(segment, &raw) {
            Ok(Some(item)) => item,
            Ok(None) => return,
            Err(what) => return self.damage(segment, raw.offset, raw.bytes.len(), what),
        };
        self.before_item(segment, &raw, &item);
        self.queue.push_back(Placed {
            segment,
            raw: Some(raw),
            item,
        });
    }

    /// What an item shows of the segment around it, told before the item.
    fn before_item(&mut self, segment: &'a Segment, raw: &RawItem<'a>, item: &Item) {
        match item {
            Item::Clock(pairs) if !pairs.is_empty() => {
                self.check.has_clock = true;
                self.spare_clock.read(segment, pairs);
            }
            Item::State(_) | Item::Lost(_) => self.need_clock(segment),
            Item::Events(block) => {
                self.check.events(block);
                self.need_clock(segment);
            }
            Item::Damage(_) => {
                self.check.is_repaired = true;
                self.check.damaged();
            }
            Item::End(end) => {
                if let Some(what) = self.check.totals(end) {
                    self.damage(segment, raw.offset, 0, what);
                }
                self.check.is_ended = true;
            }
            _ => {}
        }
    }

    /// Rows come, and no clock came before them: that of another segment of the boot stands in for it.
    fn need_clock(&mut self, segment: &'a Segment) {
        if std::mem::replace(&mut self.check.has_clock, true) {
            return;
        }
        let found = self
            .spare_clock
            .find(segment, self.rest.as_slice())
            .cloned();
        let (name, pairs) = found.unzip();
        if !self.check.is_repaired {
            self.damage(segment, 0, 0, DamageKind::NoClock(name));
        }
        if let Some(pairs) = pairs {
            self.queue.push_back(Placed {
                segment,
                raw: None,
                item: Item::Clock(pairs),
            });
        }
    }

    fn damage(&mut self, segment: &'a Segment, offset: usize, length: usize, what: DamageKind) {
        self.check.damaged();
        let item = Item::Damage(Damage {
            segment: segment.name().to_owned(),
            offset: offset as u64,
            bytes_skipped: length as u64,
            what,
        });
        self.queue.push_back(Placed {
            segment,
            raw: None,
            item,
        });
    }

    /// The item that these bytes are; `None` for those that only readers of files care for.
    fn read(
        &mut self,
        segment: &'a Segment,
        raw: &RawItem<'a>,
    ) -> Result<Option<Item>, DamageKind> {
        let kind = raw.header.kind;
        if !kind.is_known(raw.header.version) {
            return self.unknown(segment, raw);
        }
        let malformed = |_| DamageKind::Malformed(kind);
        Ok(Some(match kind {
            ItemKind::SEGMENT => {
                let header = segment.shared_header();
                Item::Segment(header.ok_or(DamageKind::Malformed(kind))?)
            }
            ItemKind::SCHEMA => Item::Schema(self.schema(raw.payload).map_err(malformed)?),
            ItemKind::CLOCK => Item::Clock(clock::decode(raw.payload).map_err(malformed)?),
            ItemKind::LOST => Item::Lost(lost::decode(raw.payload).map_err(malformed)?),
            ItemKind::STATE => Item::State(self.block(segment, raw)?),
            ItemKind::EVENTS => Item::Events(self.block(segment, raw)?),
            ItemKind::REPAIR => Item::Damage(decode_repair(raw.payload).map_err(malformed)?),
            ItemKind::END => Item::End(End::decode(raw.payload).map_err(malformed)?),
            // Whoever asks for these asks the segment.
            ItemKind::DROPPED => {
                return dropped::decode(raw.payload)
                    .map_err(malformed)
                    .map(|_| None);
            }
            ItemKind::DERIVED => {
                return Derivation::decode(raw.payload)
                    .map_err(malformed)
                    .map(|_| None);
            }
            _ => return Ok(None),
        }))
    }

    /// The event table in these bytes. Most segments have that of the one before, which is not decoded again.
    fn schema(&mut self, payload: &'a [u8]) -> Result<Arc<Schema>, Malformed> {
        if let Some((bytes, schema)) = &self.last_schema
            && *bytes == payload
        {
            return Ok(Arc::clone(schema));
        }
        let schema = Arc::new(Schema::decode(payload)?);
        self.schemas.push_front(Arc::clone(&schema));
        self.schemas.truncate(SCHEMAS_KEPT);
        self.last_schema = Some((payload, Arc::clone(&schema)));
        Ok(schema)
    }

    fn unknown(
        &mut self,
        segment: &'a Segment,
        raw: &RawItem<'a>,
    ) -> Result<Option<Item>, DamageKind> {
        let kind = raw.header.kind;
        if raw.header.flags & CRITICAL == 0 {
            return Ok(Some(Item::Skipped {
                segment: segment.shared_name(),
                kind,
                offset: raw.offset as u64,
                bytes: raw.bytes.len() as u64,
            }));
        }
        let end = segment.bytes.as_slice().len();
        if let Some((_, scanner)) = &mut self.current {
            scanner.skip_rest();
        }
        self.check.is_ended = true;
        self.damage(
            segment,
            raw.offset,
            end.saturating_sub(raw.offset),
            DamageKind::UnknownCritical(kind),
        );
        Ok(None)
    }

    fn block(&self, segment: &Segment, raw: &RawItem<'_>) -> Result<Block, DamageKind> {
        let start = raw.offset.saturating_add(crate::layout::HEADER_LEN);
        let bytes = segment.bytes.slice(start, raw.payload.len());
        let native = Schema::native();
        let mut other = false;
        for schema in self.schemas.iter().chain([&native]) {
            match Block::parse(bytes.clone(), Arc::clone(schema)) {
                Ok(block) => return Ok(block),
                Err(BlockError::OtherSchema { .. }) => other = true,
                Err(error) => return Err(DamageKind::Block(error)),
            }
        }
        Err(if other {
            DamageKind::NoSchema
        } else {
            DamageKind::Malformed(raw.header.kind)
        })
    }
}

impl Iterator for Items<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        self.next_placed().map(|placed| placed.item)
    }
}

#[cfg(test)]
mod tests;

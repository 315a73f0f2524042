//! A `.scap` file in stream order, as the items of a capture.
//!
//! Each section is a segment: its header, Falco's event table, the identity as its clock, the lists as snapshots, the events.
//! Blocks of the file are taken here, one by one; what is made of them waits in the queue of items.
//! What is damaged is said where it stands. A block that holds no event or list that can be is passed over; where the framing itself breaks, reading ends.
//! An exit that finds another call's enter, at which Falco stops with an error, takes nothing from it and is a damaged place.

use bumpalo::Bump;
use falco_format::{BlockLimits, Dialect, FormatVersion, Item, SegmentHeader, UnixNanos};

use super::block::{
    BlockHead, BlockKind, EventLayout, HEAD_LEN, SECTION_SEEN, SECTIONS_MAX, is_section,
};
use super::cursor::{Cursor, Malformed};
use super::event;
use super::item_queue::ItemQueue;
use super::machine;
use super::source::{ByteSource, Progress};
use super::window::{WINDOW_MAX, Window};
use super::{reading, section};

/// The longest entry of a list: eight strings of 65,535 bytes and their fixed fields fit.
const ENTRY_MAX: usize = 1 << 20;
/// Lists end where less than this is left: what follows pads.
const ENTRY_MIN: usize = 4;
/// Bytes behind a block's body: its length again.
const TRAILER_LEN: usize = 4;
/// What is being read of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No section began.
    Before,
    /// Lists, and no event yet.
    Lists,
    Events,
    Done,
}

/// A list of which entries were read already: its rows are handed out block by block, so that no list stands in memory as a whole.
#[derive(Clone, Copy, Debug)]
struct OpenList {
    head: BlockHead,
    kind: BlockKind,
    /// The thread whose descriptors it lists.
    tid: u64,
    /// Bytes of it that were not read.
    left: usize,
}

/// The items of a `.scap` file, each made when it is asked for.
pub struct ScapItems {
    progress: Progress,
    window: Window,
    items: ItemQueue,
    list: Option<OpenList>,
    arena: Bump,
    phase: Phase,
    section: u64,
}

impl ScapItems {
    /// Reads a file into blocks of events of at most this size.
    pub(super) fn new(name: &str, source: &ByteSource, limits: BlockLimits) -> Self {
        let progress = Progress::default();
        ScapItems {
            window: Window::new(source.read(&progress)),
            progress,
            items: ItemQueue::new(name, limits),
            list: None,
            arena: Bump::new(),
            phase: Phase::Before,
            section: 0,
        }
    }

    /// Bytes of the file that were read so far, as they lie there.
    #[must_use]
    pub fn stored_bytes_read(&self) -> u64 {
        self.progress.bytes()
    }

    /// Reads one block or a part of a list, or ends.
    fn step(&mut self) {
        if let Some(list) = self.list.take() {
            return self.entries(list);
        }
        let head = self.window.peek(HEAD_LEN);
        let seen = head.len();
        let Some(head) = head.first_chunk().map(BlockHead::parse) else {
            return self.end(seen);
        };
        let Some(head) = head else {
            self.damaged(
                0,
                "a block that is shorter than its own frame ends the file",
            );
            return self.finish();
        };
        let block_kind = BlockKind::of(head.number);
        match (self.phase, block_kind) {
            (_, BlockKind::Section) => self.begin_section(head),
            (Phase::Before, _) => {
                self.damaged(0, "the file does not begin with a section header");
                self.finish();
            }
            (_, BlockKind::Event(layout)) => self.event(head, layout),
            (_, BlockKind::Machine) => self.machine(head),
            // Of the recording that it tells of, only who has both wants to know.
            (_, BlockKind::Origin) => self.skip(head),
            (_, BlockKind::Other) => self.pass_over(head),
            (_, list) => self.list(head, list),
        }
    }

    /// Says that bytes from here on are missing or passed over. What was read before stands before it.
    fn damaged(&mut self, bytes_skipped: usize, words: &str) {
        let offset = self.window.offset();
        self.items.damaged(offset, bytes_skipped, words);
    }

    /// The stream has no whole head left: at the border of a block that is the end, elsewhere damage.
    fn end(&mut self, left: usize) {
        if let Some(failure) = self.window.failure() {
            let words = format!("the file ends early: {failure}");
            self.damaged(left, &words);
        } else if left > 0 {
            self.damaged(left, "the file ends within a block");
        }
        self.finish();
    }

    /// The rest of a block is missing.
    fn torn(&mut self, seen: usize) {
        match self.window.failure().map(str::to_owned) {
            Some(failure) => {
                self.damaged(seen, &format!("the file ends within a block: {failure}"))
            }
            None => self.damaged(seen, "the file ends within a block"),
        }
        self.finish();
    }

    fn finish(&mut self) {
        self.end_section();
        self.phase = Phase::Done;
    }

    fn begin_section(&mut self, head: BlockHead) {
        if !is_section(self.window.peek(SECTION_SEEN)) {
            self.damaged(0, "a section header without its magic number ends the file");
            return self.finish();
        }
        if self.section >= SECTIONS_MAX {
            self.damaged(
                0,
                "the file has more sections than are read; the rest was left out",
            );
            return self.finish();
        }
        self.end_section();
        self.section = self.section.saturating_add(1);
        let bytes = self.window.peek(section::IDENTITY_BYTES);
        let header = SegmentHeader {
            version: FormatVersion::CURRENT,
            boot_id: section::boot_id(bytes, self.section),
            node: section::node(bytes, head.length),
            dialect: Dialect::Falco,
            segment_number: self.section,
            previous: None,
            created_realtime: UnixNanos(0),
            recording: None,
            capture: None,
        };
        self.phase = Phase::Lists;
        self.items.begin_section(header);
        self.skip(head);
    }

    fn end_section(&mut self) {
        self.end_lists();
        self.items.flush();
        if !matches!(self.phase, Phase::Before | Phase::Done) {
            self.items.end_section(self.window.offset());
        }
    }

    /// The first event, or the section's end, says that the lists are complete.
    fn end_lists(&mut self) {
        if self.phase == Phase::Lists {
            self.items.snapshot.complete();
            self.items.flush();
            self.phase = Phase::Events;
        }
    }

    /// Passes over a block of a kind that only newer writers know.
    fn pass_over(&mut self, head: BlockHead) {
        let offset = self.window.offset();
        self.items.skipped(head, offset, head.length);
        self.skip(head);
    }

    /// Passes over a block.
    fn skip(&mut self, head: BlockHead) {
        let skipped = self.window.skip(head.length as u64);
        if skipped < head.length as u64 {
            self.torn(0);
        }
    }

    /// Goes on behind a block of which everything but the last length was read.
    fn end_block(&mut self, head: BlockHead) {
        let trailer = self.window.peek(TRAILER_LEN);
        match trailer
            .first_chunk()
            .map(|bytes| u32::from_le_bytes(*bytes))
        {
            None => {
                let seen = trailer.len();
                return self.torn(seen);
            }
            Some(length) if length as usize != head.length => {
                self.damaged(0, "a block's two lengths differ; the first was believed");
            }
            Some(_) => {}
        }
        self.window.consume(TRAILER_LEN);
    }

    fn machine(&mut self, head: BlockHead) {
        self.items.flush_events();
        let wanted = head.body_len().min(machine::BODY_MAX);
        let bytes = self.window.peek(HEAD_LEN.saturating_add(wanted));
        let body = bytes.get(HEAD_LEN..).unwrap_or_default();
        if body.len() < wanted {
            let seen = bytes.len();
            return self.torn(seen);
        }
        if machine::read(body, &mut self.items.snapshot).is_err() {
            self.damaged(head.length, "a block about the machine cannot be read");
        }
        self.skip(head);
    }

    fn list(&mut self, head: BlockHead, kind: BlockKind) {
        self.items.flush_events();
        self.window.consume(HEAD_LEN);
        let mut left = head.body_len();
        let mut tid = 0;
        if let BlockKind::Fds { .. } = kind {
            let Some(bytes) = self.window.peek(8.min(left)).first_chunk() else {
                return self.bad_list(left);
            };
            tid = u64::from_le_bytes(*bytes);
            self.window.consume(8);
            left = left.saturating_sub(8);
        }
        let list = OpenList {
            head,
            kind,
            tid,
            left,
        };
        self.entries(list);
    }

    /// Reads entries until a block of rows is full or the list ends.
    fn entries(&mut self, mut list: OpenList) {
        while list.left >= ENTRY_MIN {
            let wanted = list.left.min(ENTRY_MAX);
            let bytes = self.window.peek(wanted);
            let is_torn = bytes.len() < wanted;
            let mut cursor = Cursor::new(bytes);
            let read = reading::entry(list.kind, list.tid, &mut cursor, &mut self.items.snapshot);
            let used = bytes.len().saturating_sub(cursor.rest().len());
            match read {
                Ok(()) => {}
                Err(Malformed) if is_torn => return self.torn(0),
                Err(Malformed) => return self.bad_list(list.left),
            }
            self.window.consume(used);
            self.items.tell_unknown(list.head, self.window.offset());
            list.left = list.left.saturating_sub(used);
            if self.items.snapshot.builder().is_full() {
                self.items.flush();
                self.list = Some(list);
                return;
            }
        }
        self.window.skip(list.left as u64);
        self.end_block(list.head);
    }

    /// The rest of a list cannot be read.
    fn bad_list(&mut self, left: usize) {
        self.damaged(left, "the rest of a list cannot be read");
        let rest = left.saturating_add(TRAILER_LEN) as u64;
        if self.window.skip(rest) < rest {
            self.torn(0);
        }
    }

    fn event(&mut self, head: BlockHead, layout: EventLayout) {
        self.end_lists();
        if self.items.snapshot.builder().rows() > 0 {
            self.items.flush();
        }
        if head.length > WINDOW_MAX {
            self.damaged(head.length, "an event is longer than any row can be");
            return self.skip(head);
        }
        let block = self.window.peek(head.length);
        if block.len() < head.length {
            let seen = block.len();
            return self.torn(seen);
        }
        let body_end = HEAD_LEN.saturating_add(head.body_len());
        let body = block.get(HEAD_LEN..body_end).unwrap_or_default();
        let found = match event::parse(layout, body) {
            Ok(raw) => {
                let items = &mut self.items;
                reading::event(&raw, &mut items.rows, &mut items.lifter, &self.arena)
            }
            Err(Malformed) => Err("an event's lengths contradict each other"),
        };
        self.arena.reset();
        match found {
            Ok(None) => {}
            Ok(Some(words)) => self.damaged(0, words),
            Err(words) => self.damaged(head.length, words),
        }
        self.window.consume(body_end);
        self.items.tell_unknown(head, self.window.offset());
        self.end_block(head);
        // The first event is a block of its own, so that the time of the first is known: later ones may be older.
        if self.items.rows.builder().is_full() || self.items.is_first_block() {
            self.items.flush();
        }
    }
}

impl Iterator for ScapItems {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        while self.items.is_empty() && self.phase != Phase::Done {
            self.step();
        }
        self.items.take()
    }
}

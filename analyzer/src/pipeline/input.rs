//! An opened capture, whichever form it has: segments, or a `.scap` file of Falco's.
//!
//! In: what [`inputs`](crate::inputs) opened. Out: its items in stream order, and how much there is of it.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use falco_format::{Capture, Item, Segment};

use super::Part;
use super::part::Reading;
use crate::scap::{ItemsBeside, ScapFile, ScapItems};

/// An opened capture and the path it was given by.
pub struct Input {
    /// The path as the user typed it.
    pub path: PathBuf,
    /// What is there.
    pub opened: Opened,
}

/// What a path leads to.
pub enum Opened {
    /// A directory of segments, or one segment.
    Capture(Capture),
    /// A `.scap` file.
    Scap(ScapFile),
}

impl Input {
    /// Everything in it, in stream order, from the start.
    #[must_use]
    pub fn items(&self) -> InputItems<'_> {
        self.items_of(&Part::whole())
    }

    /// How many of so many threads are left for a pass, beside the one that reads for it.
    #[must_use]
    pub fn threads_for(&self, threads: NonZeroUsize) -> NonZeroUsize {
        let beside = match &self.opened {
            Opened::Scap(_) => 1,
            Opened::Capture(_) => 0,
        };
        let left = threads.get().saturating_sub(beside);
        NonZeroUsize::new(left).unwrap_or(NonZeroUsize::MIN)
    }

    /// What is read of a part, in stream order.
    #[must_use]
    pub fn items_of(&self, part: &Part) -> InputItems<'_> {
        self.read(part, false)
    }

    /// The same for a pass that may use so many threads. With several, a `.scap` file is unpacked and taken apart beside the pass.
    #[must_use]
    pub fn items_for(&self, part: &Part, threads: NonZeroUsize) -> InputItems<'_> {
        self.read(part, threads > NonZeroUsize::MIN)
    }

    fn read(&self, part: &Part, beside: bool) -> InputItems<'_> {
        let source = match (&self.opened, &part.reading) {
            (Opened::Capture(capture), Reading::Stretch(stretch)) => {
                Source::Capture(Box::new(capture.items_of(stretch)))
            }
            (Opened::Capture(capture), _) => Source::Capture(Box::new(capture.items())),
            (Opened::Scap(file), _) => Source::of_scap(file, beside),
        };
        let blocks_left = match &part.reading {
            Reading::Blocks(blocks) => Some(*blocks),
            Reading::Everything | Reading::Stretch(_) => None,
        };
        InputItems {
            source,
            block_bytes: 0,
            blocks_left,
        }
    }

    /// Everything from where a part begins, in stream order: what comes later may tell something of it.
    #[must_use]
    pub fn items_from(&self, part: &Part) -> InputItems<'_> {
        self.items_of(&part.to_the_end())
    }

    /// How much is read of a part, for those who show how far they are: bytes of files.
    #[must_use]
    pub fn bytes_of(&self, part: &Part) -> u64 {
        match (&self.opened, part.stretch()) {
            (Opened::Capture(capture), Some(stretch)) => capture.bytes_of(stretch),
            _ => self.bytes(),
        }
    }

    /// How much there is to read, for those who show how far they are: bytes of files. Nothing is read to know it.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        match &self.opened {
            Opened::Capture(capture) => capture.segments().iter().map(Segment::bytes).sum(),
            Opened::Scap(file) => file.stored_bytes(),
        }
    }

    /// The capture, where it is one of our own: only those have digests, indexes and segments on disk.
    #[must_use]
    pub fn capture(&self) -> Option<&Capture> {
        match &self.opened {
            Opened::Capture(capture) => Some(capture),
            Opened::Scap(_) => None,
        }
    }
}

/// The items of an input.
pub struct InputItems<'a> {
    source: Source<'a>,
    /// Bytes of the blocks so far.
    block_bytes: u64,
    /// How many more blocks of events are handed out, where not all are.
    blocks_left: Option<u64>,
}

enum Source<'a> {
    Capture(Box<falco_format::Items<'a>>),
    Scap(Box<ScapItems>),
    Beside(Box<ItemsBeside>),
}

impl Source<'_> {
    fn of_scap(file: &ScapFile, beside: bool) -> Self {
        let copy = file.clone();
        let started = beside.then(|| ItemsBeside::new(move || copy.items()));
        match started {
            Some(Ok(items)) => Source::Beside(Box::new(items)),
            // A machine that gives no thread has it read where it is asked.
            None | Some(Err(_)) => Source::Scap(Box::new(file.items())),
        }
    }
}

/// Items in stream order, from wherever: files, memory, a capture that grows.
pub trait Stream: Iterator<Item = Item> {
    /// How many bytes were read so far, for those who show how far they are.
    fn bytes_done(&self) -> u64 {
        0
    }

    /// What is known of everything that was not reached, for readers that stop early: damage, and ends that are missing.
    fn unread(self) -> Vec<Item>
    where
        Self: Sized,
    {
        Vec::new()
    }
}

/// Items that are in memory.
impl Stream for std::iter::Cloned<std::slice::Iter<'_, Item>> {}

impl Stream for InputItems<'_> {
    /// Of the [input's bytes](Input::bytes); of a capture all but those of the small items between its blocks.
    fn bytes_done(&self) -> u64 {
        match &self.source {
            Source::Capture(_) => self.block_bytes,
            Source::Scap(items) => items.stored_bytes_read(),
            Source::Beside(items) => items.stored_bytes_read(),
        }
    }

    fn unread(self) -> Vec<Item> {
        match self.source {
            Source::Capture(items) => items.unread().collect(),
            Source::Scap(_) | Source::Beside(_) => Vec::new(),
        }
    }
}

fn block_bytes(item: &Item) -> u64 {
    match item {
        Item::Events(block) | Item::State(block) => block.encoded_bytes() as u64,
        _ => 0,
    }
}

impl Iterator for InputItems<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        let item = match &mut self.source {
            Source::Capture(items) => items.next(),
            Source::Scap(items) => items.next(),
            Source::Beside(items) => items.next(),
        }?;
        if let Some(left) = &mut self.blocks_left
            && (*left == 0 || matches!(item, Item::Events(_)))
        {
            *left = left.checked_sub(1)?;
        }
        self.block_bytes = self.block_bytes.saturating_add(block_bytes(&item));
        Some(item)
    }
}

//! An opened capture, whichever form it has: segments, or a `.scap` file of Falco's.
//!
//! In: what [`inputs`](crate::inputs) opened. Out: its items in stream order, and how much there is of it.

use std::path::PathBuf;

use falco_format::{Capture, Item, Segment};

use crate::scap::{ScapFile, ScapItems};

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
        let source = match &self.opened {
            Opened::Capture(capture) => Source::Capture(Box::new(capture.items())),
            Opened::Scap(file) => Source::Scap(Box::new(file.items())),
        };
        InputItems {
            source,
            block_bytes: 0,
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
}

enum Source<'a> {
    Capture(Box<falco_format::Items<'a>>),
    Scap(Box<ScapItems>),
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
        }
    }

    fn unread(self) -> Vec<Item> {
        match self.source {
            Source::Capture(items) => items.unread().collect(),
            Source::Scap(_) => Vec::new(),
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
        }?;
        self.block_bytes = self.block_bytes.saturating_add(block_bytes(&item));
        Some(item)
    }
}

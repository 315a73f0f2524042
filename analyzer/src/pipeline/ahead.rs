//! Items in stream order, with a look ahead at each snapshot: what will change before its rows are true.
//!
//! In: the items of an input. Out: the same items, and in front of a snapshot's first block the [`Foresight`] of it.
//! Items are held until the stream has come to the snapshot's end; they are the first few of a segment.
//! Snapshots of imports carry no times of their own, and need no such look.

use std::collections::VecDeque;

use falco_abi::events::{SNAPSHOT, events};
use falco_format::{Block, Dialect, Item, Projection};

use super::narrow::Narrow;
use super::{Border, Interest, Stream};
use crate::state::{Foresight, foreseen, looked_at};

/// How many bytes of encoded blocks are held at most: some seconds of a busy node. What lies further is not looked at, and stays doubtful.
const HELD_BYTES_MAX: u64 = 64 << 20;

/// The items.
pub struct LookAhead<I> {
    source: I,
    held: VecDeque<Item>,
    border: Border,
    narrow: Narrow,
    /// Whether the blocks of a snapshot are being handed out.
    in_snapshot: bool,
    foresight: Option<Foresight>,
}

impl<I: Stream> LookAhead<I> {
    /// Looks ahead in these.
    pub fn new(source: I) -> LookAhead<I> {
        LookAhead {
            source,
            held: VecDeque::new(),
            border: Border::default(),
            narrow: Narrow::default(),
            in_snapshot: false,
            foresight: None,
        }
    }

    /// Takes the span of time that is asked for.
    pub(super) fn within(self, narrow: Narrow) -> LookAhead<I> {
        LookAhead { narrow, ..self }
    }

    /// What is wanted of the block that was handed out, where somebody asks for it.
    pub(super) fn interest(&self, block: &Block, asked: Interest) -> Interest {
        self.narrow.interest(block, asked)
    }

    /// Where the items come from.
    pub fn source(&self) -> &I {
        &self.source
    }

    /// What is known to be missing of everything that was not handed out, for readers that stop early.
    pub fn missing(self) -> Vec<Item> {
        let is_told = |item: &Item| matches!(item, Item::Damage(_) | Item::NotSealed { .. });
        let held = self.held.into_iter().filter(is_told);
        held.chain(self.source.unread()).collect()
    }

    /// What was foreseen of the snapshot that the last item begins.
    pub fn foresight(&mut self) -> Option<Foresight> {
        self.foresight.take()
    }

    /// Looks from a snapshot's first block as far as its rows go.
    fn look(&mut self, first: &Block) -> Foresight {
        let mut foresight = Foresight::default();
        let changing = changing();
        let mut end = rows_of_state(first, &mut foresight);
        let mut is_snapshot = true;
        let (mut index, mut bytes) = (0, 0_u64);
        loop {
            if index == self.held.len() {
                match self.source.next() {
                    Some(item) => self.held.push_back(item),
                    None => break,
                }
            }
            match self.held.get(index) {
                Some(Item::State(block)) if is_snapshot => {
                    end = end.max(rows_of_state(block, &mut foresight));
                }
                Some(Item::Events(block)) => {
                    is_snapshot = false;
                    bytes = bytes.saturating_add(block.encoded_bytes() as u64);
                    if block.first_time() > end || bytes > HELD_BYTES_MAX {
                        break;
                    }
                    // A block that does not decode is damage, and the pass says so.
                    if let Ok(rows) = block.decode(&changing) {
                        rows.iter().for_each(|view| foresight.event(&view));
                    }
                }
                Some(_) => {}
                None => break,
            }
            index += 1;
        }
        foresight
    }
}

impl<I: Stream> Iterator for LookAhead<I> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        let item = self.held.pop_front().or_else(|| self.source.next())?;
        let mut is_border = false;
        match &item {
            Item::Segment(header) => {
                is_border = self.border.is_crossed(header);
                self.in_snapshot = false;
            }
            Item::Events(_) => self.in_snapshot = false,
            Item::State(block) if !self.in_snapshot && self.border.dialect() == Dialect::Native => {
                self.in_snapshot = true;
                self.foresight = Some(self.look(block));
            }
            _ => {}
        }
        self.narrow.item(&item, is_border);
        Some(item)
    }
}

/// Takes what a snapshot's rows tell of when they looked and at whose, and hands back the last one.
fn rows_of_state(block: &Block, foresight: &mut Foresight) -> u64 {
    let of_snapshot = events().filter(|event| event.has(SNAPSHOT));
    let wanted = of_snapshot.fold(Projection::none(), |projection, event| {
        projection.with_params(event.id, looked_at(event))
    });
    let Ok(rows) = block.decode(&wanted) else {
        return 0;
    };
    let mut last = 0;
    for view in rows.iter() {
        foresight.look(&view);
        last = last.max(view.time());
    }
    last
}

/// The events that change what rows of a snapshot tell, with the columns that say of what.
fn changing() -> Projection {
    let wanted = events().filter(|event| foreseen(event));
    wanted.fold(Projection::none(), |projection, event| {
        let columns = event.params.iter().enumerate();
        let numbers = columns
            .filter(|(_, param)| param.wire.width().is_some())
            .fold(0, |bits, (index, _)| bits | 1 << index);
        projection.with_params(event.id, numbers)
    })
}

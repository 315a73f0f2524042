//! A capture in Falco's dialect, given back as it was: nothing is interpreted, and no state is needed.

use std::io;

use falco_abi::events::state_complete;
use falco_format::{Block, BlockError, ClockMap, Damage, DamageKind, Item, Projection};

use super::lists;
use super::rows::{EventRow, ListRow};
use super::{Sections, stopped};
use crate::dialect::{UNKNOWN_TYPE, falco_event};
use crate::pipeline::{Border, Flow, Input, Stream as _, Tally};

/// Where a copy is.
struct Copy<'s, 'w> {
    sections: &'s mut Sections<'w>,
    tally: Tally,
    clock: ClockMap,
    border: Border,
    row: EventRow,
}

/// Writes every section of an input. `progress` is told how many of the [input's bytes](Input::bytes) were read since the last call, and may stop.
///
/// # Errors
/// When the writer fails, or `progress` stops.
pub(super) fn copy(
    input: &Input,
    sections: &mut Sections<'_>,
    progress: &mut dyn FnMut(u64) -> Flow,
) -> io::Result<Tally> {
    let mut copy = Copy {
        sections,
        tally: Tally::default(),
        clock: ClockMap::new(),
        border: Border::default(),
        row: EventRow::default(),
    };
    let (mut items, mut told) = (input.items(), 0);
    while let Some(item) = items.next() {
        copy.item(&item)?;
        let done = items.bytes_done();
        if progress(done.saturating_sub(told)) == Flow::Stop {
            return Err(stopped());
        }
        told = done;
    }
    Ok(copy.tally)
}

impl Copy<'_, '_> {
    fn item(&mut self, item: &Item) -> io::Result<()> {
        self.tally.item(item);
        match item {
            Item::Segment(header) => {
                if self.border.is_crossed(header) {
                    self.clock = ClockMap::new();
                    self.sections.begin(header.boot_id)?;
                }
                Ok(())
            }
            Item::Clock(pairs) => {
                self.clock.add(pairs);
                Ok(())
            }
            Item::State(block) => self.lists(block),
            Item::Events(block) => self.events(block),
            _ => Ok(()),
        }
    }

    fn lists(&mut self, block: &Block) -> io::Result<()> {
        let rows = match block.decode(&Projection::all()) {
            Ok(rows) => rows,
            Err(error) => return self.undecodable(block, error),
        };
        let rows: Vec<ListRow<'_>> = rows.iter().map(|view| ListRow::of_view(&view)).collect();
        let unsaid = rows.iter().filter(|row| !lists::has_list(row.event));
        for row in unsaid.filter(|row| row.event != state_complete::EVENT) {
            let name = falco_abi::event(row.event).map_or("unknown", |event| event.name);
            self.sections.unsaid(name);
        }
        self.sections.lists(&rows)
    }

    fn events(&mut self, block: &Block) -> io::Result<()> {
        let rows = match block.decode(&Projection::all()) {
            Ok(rows) => rows,
            Err(error) => return self.undecodable(block, error),
        };
        for view in rows.iter() {
            let time = self.clock.realtime(view.time());
            if view.event() == UNKNOWN_TYPE {
                self.sections.unknown(&view, time)?;
            } else if let Some(event) = falco_event(view.event()) {
                self.row.take(event, &view, time);
                self.sections.event(&self.row)?;
            } else {
                self.sections.unsaid(view.name());
            }
        }
        Ok(())
    }

    fn undecodable(&mut self, block: &Block, error: BlockError) -> io::Result<()> {
        self.tally.damaged(Damage {
            segment: String::new(),
            offset: 0,
            bytes_skipped: block.encoded_bytes() as u64,
            what: DamageKind::Block(error),
        });
        Ok(())
    }
}

//! A capture of our own told in Falco's words: its state as lists, its events as Falco's types.
//!
//! ```text
//! values     one value in Falco's encoding: flags, addresses, both ends of a socket
//! events     one event, its arguments as fields show them
//! lists      threads and descriptors of the state at the start
//! opening    what Falco tells by events and not by lists: containers, and the accounts in them
//! ```
//!
//! Also a filtered capture of either dialect comes this way, since a filter needs the state.
//! What an import has for the state alone stays, whatever the filter says of it.
//! The child's side of a birth is told twice by our captures: by `procfork`, on which state depends, and by the call's own return with 0.
//! The first becomes Falco's `clone` with result 0, and the second is left out.

mod events;
mod lists;
mod opening;
mod values;

use std::io;

use falco_abi::events::{state_complete, state_fd, state_thread};
use falco_format::{ClockMap, Dialect, Item, Projection, Span};
use falco_rules::Filter;

use super::rows::{EventRow, ListRow};
use super::{Sections, stopped};
use crate::dialect::catalog::{self, MODIFIES_STATE};
use crate::dialect::{STATE_ONLY, event_id, falco_event, may_open};
use crate::pipeline::{
    Border, Demand, Flow, Input, Observer, Part, PassOptions, Seen, Standing, Tally, run_pass,
};
use crate::state::State;

use events::{Conversion, Converter};
use opening::Opening;

/// Writes every section of an input. With a filter or a span of time, events that it does not match are left out, or kept for the state alone where that depends on them.
///
/// # Errors
/// When the writer fails, or `progress` stops.
pub(super) fn convert(
    (input, part): (&Input, &Part),
    filter: Option<&Filter>,
    sections: &mut Sections<'_>,
    progress: &mut dyn FnMut(u64) -> Flow,
) -> io::Result<Tally> {
    let mut export = Export {
        filter,
        span: part.span,
        sections,
        progress,
        is_stopped: false,
        border: Border::default(),
        clock: ClockMap::new(),
        wants_lists: false,
        is_opened: false,
        row: EventRow::default(),
        opening: Opening::default(),
        converter: Converter::default(),
    };
    let demand = Demand::everything();
    // Those in front of the span are shown too: the state may depend on them.
    let options = PassOptions {
        part: part.unfiltered(),
        ..PassOptions::default()
    };
    let tally = run_pass(input, &demand, options, &mut export)?;
    export.end_section();
    if export.is_stopped {
        return Err(stopped());
    }
    Ok(tally)
}

/// The observer of the pass.
struct Export<'e, 'w> {
    filter: Option<&'e Filter>,
    /// The time of the events that readers are shown.
    span: Span,
    sections: &'e mut Sections<'w>,
    progress: &'e mut dyn FnMut(u64) -> Flow,
    is_stopped: bool,
    border: Border,
    /// The times of this world: lists have times since the epoch.
    clock: ClockMap,
    /// Whether the section has not its lists yet: later snapshots repeat what the events told.
    wants_lists: bool,
    /// Whether the section has an event that none can open with: readers take accounts and containers in front of it for what was there before.
    is_opened: bool,
    row: EventRow,
    opening: Opening,
    converter: Converter,
}

impl Export<'_, '_> {
    /// The rows that become entries as they are; threads and descriptors of our own captures come from the state.
    fn lists(&mut self, item: &Item, state: &State) -> io::Result<()> {
        let Item::State(block) = item else {
            return Ok(());
        };
        // The pass counts a block that does not decode.
        let Ok(rows) = block.decode(&Projection::all()) else {
            return Ok(());
        };
        let mut entries = Vec::new();
        let mut is_complete = false;
        for view in rows.iter() {
            is_complete |= view.event() == state_complete::EVENT;
            match view.event() {
                state_complete::EVENT => {}
                _ if self.border.dialect() == Dialect::Falco => {
                    entries.push(ListRow::of_view(&view))
                }
                state_thread::EVENT | state_fd::EVENT => {}
                _ => match lists::entry(&view, &self.clock) {
                    Some(entry) => entries.push(entry),
                    None if self.opening.take(&view) => {}
                    None => self.sections.unsaid(view.name()),
                },
            }
        }
        self.sections.lists(&entries)?;
        if is_complete {
            self.threads(state)?;
        }
        Ok(())
    }

    /// The end of the first snapshot, or the first event where it has none.
    fn threads(&mut self, state: &State) -> io::Result<()> {
        self.wants_lists = false;
        if self.border.dialect() == Dialect::Falco {
            return Ok(());
        }
        self.sections.lists(&lists::threads(state, &self.clock))?;
        let descriptors = lists::descriptors(state);
        self.sections.lists(&descriptors)?;
        self.opening.forget_heard(&descriptors);
        Ok(())
    }

    /// What waits for a first event that never came has no time and no place.
    fn end_section(&mut self) {
        let opening = std::mem::take(&mut self.opening);
        for event in opening.events() {
            self.sections.unsaid(event.name());
        }
        self.unheard(&opening);
    }

    fn unheard(&mut self, opening: &Opening) {
        for _ in 0..opening.unheard() {
            self.sections.unsaid("state_listen");
        }
    }

    /// What stands before the first event.
    fn open(&mut self, seen: &Seen<'_>) -> io::Result<()> {
        if self.wants_lists {
            self.threads(seen.state())?;
        }
        let opening = std::mem::take(&mut self.opening);
        self.unheard(&opening);
        for event in opening.events() {
            event.fill(seen.time, &mut self.row);
            if self.filter.is_some() || !self.span.is_open() {
                self.row.flags |= STATE_ONLY;
            }
            self.sections.event(&self.row)?;
        }
        Ok(())
    }
}

impl Observer for Export<'_, '_> {
    fn item(&mut self, item: &Item, standing: &Standing<'_>) -> io::Result<()> {
        match item {
            Item::Segment(header) if self.border.is_crossed(header) => {
                self.wants_lists = true;
                self.is_opened = false;
                self.clock = ClockMap::new();
                self.end_section();
                self.sections.begin(header.boot_id)
            }
            Item::Clock(pairs) => {
                self.clock.add(pairs);
                Ok(())
            }
            // Of our own captures, later snapshots repeat what the events told; a file's lists stand once, wherever they stand.
            Item::State(_) if self.wants_lists || self.border.dialect() == Dialect::Falco => {
                self.lists(item, standing.state())
            }
            _ => Ok(()),
        }
    }

    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        self.tell(seen, true)
    }

    fn for_state(&mut self, seen: &Seen<'_>) -> io::Result<()> {
        if self.border.dialect() == Dialect::Native {
            return self.tell(seen, false).map(drop);
        }
        let Some(event) = falco_event(seen.view.event()) else {
            self.sections.unsaid(seen.view.name());
            return Ok(());
        };
        self.row.take(event, seen.view, seen.time);
        self.row.flags |= STATE_ONLY;
        self.is_opened |= !may_open(seen.view.event());
        self.sections.event(&self.row)
    }

    fn progress(&mut self, encoded_bytes: u64) {
        self.is_stopped |= (self.progress)(encoded_bytes) == Flow::Stop;
    }
}

impl Export<'_, '_> {
    /// Tells an event, for the state alone where nobody is to see it.
    fn tell(&mut self, seen: &Seen<'_>, is_shown: bool) -> io::Result<Flow> {
        if self.is_stopped {
            return Ok(Flow::Stop);
        }
        if self.wants_lists || !self.opening.is_empty() {
            self.open(seen)?;
        }
        let matches = |filter: &Filter| filter.matches(seen.context);
        let is_match = is_shown && self.span.contains(seen.time) && self.filter.is_none_or(matches);
        let conversion = match self.border.dialect() {
            Dialect::Falco => match falco_event(seen.view.event()) {
                Some(event) => {
                    self.row.take(event, seen.view, seen.time);
                    Conversion::Said
                }
                None => Conversion::Unsaid,
            },
            Dialect::Native => self.converter.event(seen, &mut self.row),
        };
        let is_said = conversion == Conversion::Said;
        let opens = is_said && !self.is_opened && !may_open(event_id(self.row.code));
        let is_kept = is_said && (opens || changes_state(self.row.code));
        if !is_match && !is_kept {
            return Ok(Flow::Continue);
        }
        self.is_opened |= opens;
        if !is_match {
            self.row.flags |= STATE_ONLY;
        }
        match conversion {
            Conversion::Said => self.sections.event(&self.row)?,
            Conversion::SaidElsewhere => self.sections.written.said_elsewhere += 1,
            Conversion::Unsaid => self.sections.unsaid(seen.view.name()),
        }
        Ok(Flow::Continue)
    }
}

/// Whether the state depends on events of a type: a filtered export keeps those for the state alone.
fn changes_state(code: u16) -> bool {
    catalog::event_of_code(code).is_some_and(|event| event.has(MODIFIES_STATE))
}

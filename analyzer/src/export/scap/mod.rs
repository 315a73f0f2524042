//! Captures written as `.scap`, for Falco and what reads its files.
//!
//! ```text
//! target     the file: packed or not, named when it is whole
//! frame      one block's bytes
//! lists      machine, interfaces, users, processes, descriptors
//! event      one event
//! legacy     today's events as the pairs that programs of 2022 read
//! rows       entries of lists and events, whatever they came from
//! native/    our own captures: values turned into Falco's encodings
//! origins    what each section is made from
//! copy       captures in Falco's dialect, as they are
//! export     one capture into the file, by the one way or the other
//! ```
//!
//! In: an input and perhaps a filter. Out: a section for each boot, and the number of what could not be said.
//! What was imported is given back exactly: reading the file gives the same rows.

mod copy;
mod event;
mod export;
mod frame;
mod legacy;
mod lists;
mod native;
mod origins;
mod rows;
mod target;

use std::collections::BTreeMap;
use std::io::{self, Write};

use falco_format::{BootId, EventView, UnixNanos};

pub use self::export::{ExportTally, export_scap};
pub use self::target::{Packing, ScapTarget, ScapWriteError};

use self::frame::BlockBytes;
use self::legacy::{Legacy, Lowered};
use self::origins::Origins;
use self::rows::{EventRow, ListRow};
use crate::dialect::{STATE_ONLY, catalog};
use crate::pipeline::Input;
use crate::scap::block::{SECTION_MAGIC, kind};

/// The version in a section header: today's, which was 2022's as well.
const VERSION: (u16, u16) = (1, 2);
/// How long a section is: not known while it is written.
const LENGTH_UNKNOWN: u64 = u64::MAX;

/// Whose event types a file has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScapSchema {
    /// Today's: finished calls that carry their arguments.
    #[default]
    Today,
    /// Those of 2022: pairs of an enter and an exit.
    Of2022,
}

/// What was written, and what could not be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Sections.
    pub sections: u64,
    /// Entries of lists.
    pub entries: u64,
    /// Events of the capture that are in the file to be seen.
    pub events: u64,
    /// Events that a filter left out and that are there for the state alone.
    pub for_state: u64,
    /// Events in the file that were made up: enters of calls.
    pub made_up: u64,
    /// Strings of lists, and events with a parameter, that were cut, being longer than a `.scap` file can say.
    pub cut: u64,
    /// Events that another event of the capture tells: the child's side of a birth, the begin of an old `execve`.
    pub said_elsewhere: u64,
    /// What `.scap` has no words for, by name: events and rows of snapshots.
    pub unsaid: BTreeMap<String, u64>,
}

impl Written {
    fn count(&mut self, row: &EventRow) {
        if row.flags & STATE_ONLY == 0 {
            self.events += 1;
        } else {
            self.for_state += 1;
        }
    }

    /// Adds what was written of another input.
    pub fn add(&mut self, other: &Self) {
        self.sections += other.sections;
        self.entries += other.entries;
        self.events += other.events;
        self.for_state += other.for_state;
        self.made_up += other.made_up;
        self.cut += other.cut;
        self.said_elsewhere += other.said_elsewhere;
        for (name, count) in &other.unsaid {
            *self.unsaid.entry(name.clone()).or_default() += count;
        }
    }
}

/// Whoever watched the export did not want the rest.
fn stopped() -> io::Error {
    io::Error::other("the export was stopped; nothing was written")
}

/// Writes sections of a `.scap` file.
struct Sections<'w> {
    out: &'w mut dyn Write,
    block: BlockBytes,
    /// Whether events are told as those of 2022.
    legacy: Option<Legacy>,
    /// What the section of each boot is made from.
    origins: Origins,
    written: Written,
}

impl<'w> Sections<'w> {
    fn new(out: &'w mut dyn Write, schema: ScapSchema, input: &Input) -> Self {
        Sections {
            out,
            origins: Origins::of(input),
            block: BlockBytes::default(),
            legacy: (schema == ScapSchema::Of2022).then(Legacy::default),
            written: Written::default(),
        }
    }

    /// Begins the section of a boot.
    fn begin(&mut self, boot_id: BootId) -> io::Result<()> {
        let (major, minor) = VERSION;
        let block = self.block.begin(kind::SECTION).u32(SECTION_MAGIC);
        block.u16(major).u16(minor).u64(LENGTH_UNKNOWN);
        block.finish(self.out)?;
        if let Some(origin) = self.origins.next(boot_id) {
            let block = self.block.begin(kind::ORIGIN).bytes(&origin.encoded());
            block.finish(self.out)?;
        }
        self.written.sections += 1;
        Ok(())
    }

    fn lists(&mut self, rows: &[ListRow<'_>]) -> io::Result<()> {
        let knows = match self.legacy {
            Some(_) => legacy::knows_fd_type,
            None => |_| true,
        };
        self.written.entries += rows.iter().filter(|row| lists::has_list(row.event)).count() as u64;
        self.written.cut += lists::write(rows, knows, self.out)?;
        Ok(())
    }

    fn event(&mut self, row: &EventRow) -> io::Result<()> {
        let Some(legacy) = &mut self.legacy else {
            self.written.count(row);
            let is_cut = event::write(&mut self.block, row, self.out)?;
            self.written.cut += u64::from(is_cut);
            return Ok(());
        };
        match legacy.lower(row) {
            Lowered::Later => self.written.said_elsewhere += 1,
            Lowered::Unsaid => {
                let name = catalog::event_of_code(row.code).map_or("unknown", |event| event.name);
                *self.written.unsaid.entry(name.to_owned()).or_default() += 1;
            }
            Lowered::Events(enter, exit) => {
                let mut is_cut = false;
                for row in enter.into_iter().chain([exit]) {
                    is_cut |= event::write(&mut self.block, row, self.out)?;
                }
                self.written.count(exit);
                self.written.made_up += u64::from(enter.is_some());
                self.written.cut += u64::from(is_cut);
            }
        }
        Ok(())
    }

    /// An event of a type that nobody knew at its import.
    fn unknown(&mut self, view: &EventView<'_>, time: UnixNanos) -> io::Result<()> {
        if self.legacy.is_some() {
            self.unsaid("unknown");
            return Ok(());
        }
        self.written.events += 1;
        event::write_unknown(&mut self.block, view, time, self.out)
    }

    /// Counts what `.scap` has no words for.
    fn unsaid(&mut self, name: &str) {
        match self.written.unsaid.get_mut(name) {
            Some(count) => *count += 1,
            None => {
                self.written.unsaid.insert(name.to_owned(), 1);
            }
        }
    }
}

//! The names that were removed before a moment, so that what is still open of them is known.
//!
//! In: a capture and a moment. Out: when each name was removed last, from the snapshot on that the moment's state rests on.
//! What was removed before that snapshot, the snapshot itself tells. A name that a rename took away or another file's name replaced is not among them.

use std::collections::HashMap;
use std::io;

use falco_abi::EventId;
use falco_abi::events::{unlink, unlinkat};
use falco_format::UnixNanos;
use falco_rules::{BoundField, Event as _, FieldArgument, FieldId, Schema as _, Value};

use super::past::part_of;
use super::{Descriptor, PastError};
use crate::fields::SCHEMA;
use crate::pipeline::{Demand, Flow, Input, Observer, PassOptions, Seen, Shown, run_pass};

/// How many names are kept at most: some hundred MB of long ones.
const NAMES_MAX: usize = 1_000_000;
/// The calls.
const CALLS: [EventId; 2] = [unlink::EVENT, unlinkat::EVENT];

/// When names were removed.
pub struct Removed {
    path: Option<BoundField>,
    until: UnixNanos,
    names: HashMap<Box<[u8]>, u64>,
    is_full: bool,
}

/// Why it is not known what was removed.
#[derive(Debug, thiserror::Error)]
pub enum RemovedError {
    /// The moment is not within the capture.
    #[error(transparent)]
    Past(#[from] PastError),
    /// Reading failed.
    #[error(transparent)]
    Reading(#[from] io::Error),
}

impl Removed {
    /// What was removed before a moment.
    ///
    /// # Errors
    /// When the moment is not within the capture.
    pub fn before(input: &Input, at: UnixNanos) -> Result<Removed, RemovedError> {
        let part = part_of(input, at)?;
        let mut removed = Removed {
            path: path(),
            until: at,
            names: HashMap::new(),
            is_full: false,
        };
        let shown = Shown::Only(CALLS.into_iter().collect());
        let demand = Demand::new(shown, &removed.path);
        let options = PassOptions {
            part: part.unfiltered(),
            ..PassOptions::default()
        };
        run_pass(input, &demand, options, &mut removed)?;
        Ok(removed)
    }

    /// Whether a descriptor stands for a file that has no name any more.
    #[must_use]
    pub fn has(&self, descriptor: &Descriptor<'_>) -> bool {
        let since = || {
            let name = descriptor.name().filter(|_| descriptor.is_file())?;
            self.names.get(name)
        };
        descriptor.is_deleted() || since().is_some_and(|&time| time > descriptor.known_at())
    }

    /// Whether there were more names than are kept.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.is_full
    }
}

/// The path that a call is about.
fn path() -> Option<BoundField> {
    let place = SCHEMA.fields().iter();
    let place = place.clone().position(|def| def.name == "fs.path.name")?;
    Some(BoundField {
        field: FieldId(u16::try_from(place).ok()?),
        argument: FieldArgument::None,
        slot: 0,
    })
}

impl Observer for Removed {
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        if seen.time > self.until {
            return Ok(Flow::Stop);
        }
        let row = seen.state().row(seen.view);
        let result = match row.event() {
            unlink::EVENT => row.int(unlink::res),
            unlinkat::EVENT => row.int(unlinkat::res),
            _ => None,
        };
        let name = self.path.as_ref().map(|path| seen.context.extract(path));
        if let (Some(0), Some(Value::Str(name))) = (result, name) {
            self.is_full |= self.names.len() >= NAMES_MAX;
            if !self.is_full {
                self.names.insert(name.into(), seen.view.time());
            }
        }
        Ok(Flow::Continue)
    }
}

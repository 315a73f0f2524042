//! Events to rows: how often, how much, how often in vain, and when.
//!
//! In: events, one by one, in their order. Out: rows by rank; of equal ones those first whose names are.

use std::cmp::Reverse;
use std::io;

use falco_format::{Block, UnixNanos};
use falco_rules::{
    BoundField, Event as _, FieldArgument, FieldDef, FieldId, Schema as _, Value, value_to_text,
};
use hashbrown::HashMap;

use super::kinds::{BESIDE, Kind, OF_DESCRIPTOR};
use crate::fields::SCHEMA;
use crate::pipeline::{
    Demand, Flow, Input, Interest, Observer, Part, PassOptions, Seen, Tally, run_pass,
};
use crate::summary::Histogram;
use crate::time::iso;

/// How many things are told apart, each with its histogram: some hundred MB.
pub const THINGS_MAX: usize = 200_000;

/// What the rank is by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// How many events there were.
    Count,
    /// How many bytes were read and written.
    Bytes,
    /// How long it was from the first event to the last.
    Time,
    /// How many failed.
    Errors,
}

/// A thing and what there was of it.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// What names it, in the order of the kind's names; none where that is not known.
    pub names: Vec<Option<String>>,
    /// How many events.
    pub count: u64,
    /// How many bytes calls returned that read or wrote.
    pub bytes: u64,
    /// How many events failed.
    pub errors: u64,
    /// The first.
    pub first: UnixNanos,
    /// The last.
    pub last: UnixNanos,
    /// How many there were when.
    pub histogram: Histogram,
}

impl Row {
    fn new(names: Vec<Option<String>>) -> Row {
        Row {
            names,
            first: UnixNanos(u64::MAX),
            ..Row::default()
        }
    }

    fn add(&mut self, seen: &Seen<'_>, (bytes, has_failed): (u64, bool)) {
        self.count = self.count.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
        self.errors = self.errors.saturating_add(u64::from(has_failed));
        self.first = self.first.min(seen.time);
        self.last = self.last.max(seen.time);
        self.histogram.add(seen.time);
    }

    /// What the rank is by.
    #[must_use]
    pub fn value(&self, by: By) -> u64 {
        match by {
            By::Count => self.count,
            By::Bytes => self.bytes,
            By::Time => self.last.0.saturating_sub(self.first.0),
            By::Errors => self.errors,
        }
    }
}

/// A field with its declaration.
struct Asked {
    bound: BoundField,
    def: FieldDef,
    /// Whether it is the name of the event's descriptor.
    is_of_descriptor: bool,
}

/// What was counted so far, over all captures that were read.
pub struct Tops {
    kind: Kind,
    parts: Vec<(bool, Vec<Asked>)>,
    beside: Vec<Asked>,
    rows: HashMap<Vec<Option<String>>, Row>,
    /// Those for which there was no room.
    rest: Row,
    all: Row,
    watch: Box<dyn FnMut(Read) -> Flow>,
}

/// How far reading came since it was last told.
#[derive(Clone, Copy, Debug)]
pub enum Read {
    /// So many of the input's bytes.
    Bytes(u64),
    /// A block of so many events begins.
    Rows(u64),
}

impl Tops {
    /// Nothing was counted yet. `watch` is told how far reading comes, and may stop before a block.
    #[must_use]
    pub fn new(kind: Kind, watch: Box<dyn FnMut(Read) -> Flow>) -> Tops {
        let each = |fields: &[&str]| fields.iter().filter_map(|name| asked(name)).collect();
        let parts = kind.parts().iter();
        Tops {
            kind,
            parts: parts
                .map(|part| (part.is_needed, each(part.fields)))
                .collect(),
            beside: each(&BESIDE),
            rows: HashMap::new(),
            rest: Row::new(Vec::new()),
            all: Row::new(Vec::new()),
            watch,
        }
    }

    /// Counts a part of a capture.
    ///
    /// # Errors
    /// None but those of memory and threads.
    pub fn read(&mut self, input: &Input, part: &Part) -> io::Result<Tally> {
        let fields = self.parts.iter().flat_map(|(_, fields)| fields);
        let fields = fields.chain(&self.beside).map(|asked| &asked.bound);
        let demand = Demand::new(self.kind.shown(), fields);
        let options = PassOptions {
            part: part.clone(),
            ..PassOptions::default()
        };
        run_pass(input, &demand, options, self)
    }

    /// The rows, those of which there was most first, and of equal ones in the order of their names.
    #[must_use]
    pub fn ranked(&self, by: By) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.rows.values().collect();
        rows.sort_by(|one, other| {
            let ranks = |row: &Row| (Reverse(row.value(by)), Reverse(row.count));
            let order = ranks(one).cmp(&ranks(other));
            order.then_with(|| one.names.cmp(&other.names))
        });
        rows
    }

    /// Everything that was counted, as one row.
    #[must_use]
    pub fn all(&self) -> &Row {
        &self.all
    }

    /// What there was no room for, as one row.
    #[must_use]
    pub fn rest(&self) -> &Row {
        &self.rest
    }

    /// The names of what an event is of; none where it is of nothing.
    fn names(&self, seen: &Seen<'_>, kind: &[u8]) -> Option<Vec<Option<String>>> {
        let kinds = self.kind.descriptors();
        let is_descriptor = kinds.is_none_or(|kinds| kinds.contains(&kind));
        let mut names = Vec::with_capacity(self.parts.len());
        for (is_needed, fields) in &self.parts {
            let of_it = fields
                .iter()
                .filter(|asked| is_descriptor || !asked.is_of_descriptor);
            let name = match fields.is_empty() {
                true => began(seen),
                false => of_it.into_iter().find_map(|asked| asked.text(seen)),
            };
            if name.is_none() && *is_needed {
                return None;
            }
            names.push(name);
        }
        Some(names)
    }
}

impl Observer for Tops {
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        let [failed, result, direction, kind] = self.beside.as_slice() else {
            return Ok(Flow::Stop);
        };
        let has_failed = seen.context.extract(&failed.bound) == Value::Bool(true);
        if self.kind == Kind::Errors && !has_failed {
            return Ok(Flow::Continue);
        }
        let descriptor = match seen.context.extract(&kind.bound) {
            Value::Str(kind) => kind,
            _ => b"",
        };
        let Some(names) = self.names(seen, descriptor) else {
            return Ok(Flow::Continue);
        };
        let moves =
            matches!(seen.context.extract(&direction.bound), Value::Str(way) if !way.is_empty());
        let bytes = match seen.context.extract(&result.bound) {
            Value::Int(bytes) if moves => u64::try_from(bytes).unwrap_or(0),
            _ => 0,
        };
        let of = (bytes, has_failed);
        self.all.add(seen, of);
        let has_room = self.rows.len() < THINGS_MAX;
        match self.rows.get_mut(&names) {
            Some(row) => row.add(seen, of),
            None if has_room => {
                let mut row = Row::new(names.clone());
                row.add(seen, of);
                self.rows.insert(names, row);
            }
            None => self.rest.add(seen, of),
        }
        Ok(Flow::Continue)
    }

    fn block(&mut self, block: &Block) -> Interest {
        match (self.watch)(Read::Rows(block.rows() as u64)) {
            Flow::Continue => Interest::Rows,
            Flow::Stop => Interest::Nothing,
        }
    }

    fn progress(&mut self, bytes: u64) {
        let _ = (self.watch)(Read::Bytes(bytes));
    }
}

impl Asked {
    /// Its value as text; none where there is none.
    fn text(&self, seen: &Seen<'_>) -> Option<String> {
        match seen.context.extract(&self.bound) {
            Value::Absent | Value::Str(b"") => None,
            Value::Str(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            other => {
                let mut text = String::new();
                value_to_text(other, &self.def, &mut text);
                Some(text)
            }
        }
    }
}

/// When the process of an event began: its leader, since each thread has a start of its own.
fn began(seen: &Seen<'_>) -> Option<String> {
    let state = seen.state();
    let thread = state.thread_of(state.row(seen.view))?;
    let leader = state.main_thread(thread).unwrap_or(thread);
    let start = Some(leader.start).filter(|&start| start > 0)?;
    Some(iso(seen.realtime(start)))
}

fn asked(name: &str) -> Option<Asked> {
    let mut all = (0..).map(FieldId).zip(SCHEMA.fields());
    let (field, def) = all.find(|(_, def)| def.name == name)?;
    Some(Asked {
        bound: BoundField {
            field,
            argument: FieldArgument::None,
            slot: u32::from(field.0),
        },
        def: *def,
        is_of_descriptor: name == OF_DESCRIPTOR,
    })
}

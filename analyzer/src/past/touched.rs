//! What a process and its descendants did, over the whole of a capture.
//!
//! In: a capture and the number of a process. Out: what each did to what, with how often and when.
//! Whoever was born to the family belongs to it for ever: a daemon that its parent left behind does too, and whoever gets the number of one that ended does not.

use std::collections::{BTreeMap, HashMap};
use std::io;

use falco_abi::events::procexit;
use falco_format::UnixNanos;
use falco_rules::{BoundField, Event as _, FieldArgument, FieldId, Schema as _, Value};

use crate::fields::SCHEMA;
use crate::pipeline::{Demand, Flow, Input, Observer, PassOptions, Seen, Shown, Tally, run_pass};
use crate::state::{PROC_TICK_NS, State, Thread};

/// How many different acts are kept at most: some hundred MB of long names.
pub const TOUCHED_MAX: usize = 1_000_000;

/// What names the thing that an event is about, the first that has a value; and as what the thing counts.
const OBJECTS: [(&str, &str); 5] = [
    ("fs.path.target", "path"),
    ("fs.path.source", "path"),
    ("fs.path.name", "path"),
    ("fd.name", "descriptor"),
    ("proc.exepath", "program"),
];
/// Events whose thing is the program that they begin.
const BEGINNINGS: [&str; 2] = ["execve", "execveat"];

/// Who did what to what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Act {
    /// The process.
    pub pid: i64,
    /// When it began.
    pub start: Option<UnixNanos>,
    /// Its name.
    pub name: Vec<u8>,
    /// The event's type.
    pub event: &'static str,
    /// What the thing is: `path`, `program`, or the type of the descriptor.
    pub kind: &'static str,
    /// The thing.
    pub object: Vec<u8>,
}

/// How often, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// How often it was done or tried.
    pub count: u64,
    /// How often it failed.
    pub failed: u64,
    /// The first time.
    pub first: UnixNanos,
    /// The last time.
    pub last: UnixNanos,
    /// Whether every one of the events is whole evidence.
    pub is_complete: bool,
}

/// Which fields tell what an event is about.
pub(crate) struct Objects {
    fields: Vec<(BoundField, &'static str)>,
    failed: Option<BoundField>,
}

/// What an event is about.
pub(crate) struct Object<'e> {
    /// The event's type.
    pub(crate) event: &'static str,
    /// What the thing is: `path`, `program` or `descriptor`.
    pub(crate) kind: &'static str,
    /// The thing.
    pub(crate) name: &'e [u8],
}

impl Objects {
    /// All of them.
    pub(crate) fn new() -> Self {
        let objects = OBJECTS.iter().zip(0..);
        let objects = objects.filter_map(|((name, kind), slot)| Some((bound(name, slot)?, *kind)));
        Objects {
            fields: objects.collect(),
            failed: bound("evt.failed", OBJECTS.len()),
        }
    }

    /// What must be decoded for them, of every event.
    pub(crate) fn demand(&self) -> Demand {
        let named = self.fields.iter().map(|(field, _)| field);
        Demand::new(Shown::Every, named.chain(&self.failed))
    }

    /// What an event is about; none where that is nothing with a name.
    pub(crate) fn of<'e>(&self, seen: &'e Seen<'_>) -> Option<Object<'e>> {
        let place = usize::from(seen.context.event_type().0);
        let event = SCHEMA.event_types().get(place)?.name;
        let is_beginning = BEGINNINGS.contains(&event);
        let (kind, name) = self.fields.iter().find_map(|(field, kind)| {
            let is_asked = is_beginning == (*kind == "program");
            match seen.context.extract(field) {
                Value::Str(text) if is_asked && !text.is_empty() => Some((*kind, text)),
                _ => None,
            }
        })?;
        Some(Object { event, kind, name })
    }

    /// Whether it failed.
    pub(crate) fn has_failed(&self, seen: &Seen<'_>) -> bool {
        let failed = self.failed.as_ref();
        failed.is_some_and(|field| seen.context.extract(field) == Value::Bool(true))
    }
}

struct Family {
    root: i64,
    objects: Objects,
    /// Whether each living process that was seen belongs to the family, by its number; and when it began.
    members: HashMap<i64, (u64, bool)>,
    acts: BTreeMap<Act, Touched>,
}

/// What a process of this number and its descendants did, and what reading came across.
///
/// # Errors
/// When they did more different things than are kept.
pub fn touched_by(input: &Input, pid: i64) -> io::Result<(BTreeMap<Act, Touched>, Tally)> {
    let mut family = Family {
        root: pid,
        objects: Objects::new(),
        members: HashMap::new(),
        acts: BTreeMap::new(),
    };
    let demand = family.objects.demand();
    let tally = run_pass(input, &demand, PassOptions::default(), &mut family)?;
    Ok((family.acts, tally))
}

fn bound(name: &str, slot: usize) -> Option<BoundField> {
    let place = SCHEMA.fields().iter().position(|def| def.name == name)?;
    Some(BoundField {
        field: FieldId(u16::try_from(place).ok()?),
        argument: FieldArgument::None,
        slot: u32::try_from(slot).ok()?,
    })
}

impl Family {
    /// Whether a process belongs to the family, by its leader: by its birth, which is the first that is seen of it.
    fn has(&mut self, state: &State, leader: &Thread) -> bool {
        let (pid, start) = (leader.shown_pid(), leader.start);
        let is_same = |other: u64| other / PROC_TICK_NS == start / PROC_TICK_NS;
        if let Some((other, is_member)) = self.members.get(&pid)
            && is_same(*other)
        {
            return *is_member;
        }
        let is_kin = |thread: &Thread| {
            let pid = thread.shown_pid();
            let known = self.members.get(&pid);
            pid == self.root || known.is_some_and(|(_, is_member)| *is_member)
        };
        let is_member = pid == self.root || state.ancestors(leader).any(is_kin);
        self.members.insert(pid, (start, is_member));
        is_member
    }

    fn act(&self, seen: &Seen<'_>, leader: &Thread) -> Option<Act> {
        let object = self.objects.of(seen)?;
        let start = Some(leader.start).filter(|&start| start != 0);
        Some(Act {
            pid: leader.shown_pid(),
            start: start.map(|start| seen.realtime(start)),
            name: leader.comm.as_deref().unwrap_or_default().to_vec(),
            event: object.event,
            kind: object.kind,
            object: object.name.to_vec(),
        })
    }

    fn note(&mut self, act: Act, seen: &Seen<'_>) -> io::Result<()> {
        let has_failed = self.objects.has_failed(seen);
        if self.acts.len() >= TOUCHED_MAX && !self.acts.contains_key(&act) {
            let message = format!("it touched more than {TOUCHED_MAX} different things");
            return Err(io::Error::other(message));
        }
        let touched = self.acts.entry(act).or_insert(Touched {
            first: seen.time,
            is_complete: true,
            ..Touched::default()
        });
        touched.count = touched.count.saturating_add(1);
        touched.failed = touched.failed.saturating_add(u64::from(has_failed));
        touched.last = touched.last.max(seen.time);
        touched.is_complete &= seen.is_complete();
        Ok(())
    }
}

impl Observer for Family {
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        let state = seen.state();
        let Some(thread) = state.thread_of(state.row(seen.view)) else {
            return Ok(Flow::Continue);
        };
        let leader = state.main_thread(thread).unwrap_or(thread);
        if self.has(state, leader)
            && let Some(act) = self.act(seen, leader)
        {
            self.note(act, seen)?;
        }
        // Whoever gets the number next is another.
        if seen.view.event() == procexit::EVENT && thread.is_leader() {
            self.members.remove(&leader.shown_pid());
        }
        Ok(Flow::Continue)
    }
}

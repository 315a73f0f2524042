//! Stories for tests: rows made by name, encoded and decoded as a capture has them, and replayed.

pub(crate) mod falco;

use std::fmt::Write as _;

use falco_abi::{EventDef, EventId, Lane, LossReason, ParamStatus, event_by_name};
use falco_format::{
    Block, BlockBuilder, BlockLimits, ClockMap, ClockPair, Dialect, EventView, LostInterval, Pid,
    Projection, RawParam, RowMeta, RowOrder, Rows, Schema, Tid, UnixNanos,
};
use falco_rules::{
    ArgumentKind, BoundField, Event, FieldArgument, FieldId, Schema as _, Value, value_to_text,
};

use super::{Doubt, Foresight, State, StateLimits};
use crate::fields::{EventContext, SCHEMA, Times};

/// Nanoseconds between boot and the epoch in stories.
pub(crate) const EPOCH_NS: u64 = 1_700_000_000_000_000_000;

/// A parameter's value.
#[derive(Clone)]
pub(crate) enum Param {
    Int(i64),
    Bytes(Vec<u8>),
    /// Bytes that were cut at their limit.
    Cut(Vec<u8>),
}

impl From<i64> for Param {
    fn from(value: i64) -> Param {
        Param::Int(value)
    }
}

impl From<&str> for Param {
    fn from(value: &str) -> Param {
        Param::Bytes(value.as_bytes().to_vec())
    }
}

impl From<Vec<u8>> for Param {
    fn from(value: Vec<u8>) -> Param {
        Param::Bytes(value)
    }
}

/// Named parameters: `params![fd: 3, name: "/etc/passwd"]`.
macro_rules! params {
    ($($name:ident : $value:expr),* $(,)?) => {
        vec![$((stringify!($name).trim_start_matches("r#"), $crate::state::testing::Param::from($value))),*]
    };
}
pub(crate) use params;

/// Who makes an event, and when it started.
#[derive(Clone, Copy)]
pub(crate) struct Actor {
    pub(crate) tid: u32,
    pub(crate) pid: u32,
    pub(crate) start: u64,
}

/// A process of one thread, started at its pid in milliseconds.
pub(crate) const fn process(pid: u32) -> Actor {
    thread(pid, pid)
}

/// A thread of a process.
pub(crate) const fn thread(tid: u32, pid: u32) -> Actor {
    Actor {
        tid,
        pid,
        start: tid as u64 * 1_000_000,
    }
}

enum Step {
    Snapshot(Rows),
    Event(Rows),
    Lost(LostInterval),
}

/// A stream of a few rows.
#[derive(Default)]
pub(crate) struct Story {
    steps: Vec<Step>,
    time: u64,
    limits: Option<StateLimits>,
    is_falco: bool,
    looks_ahead: bool,
}

impl Story {
    pub(crate) fn new() -> Story {
        Story {
            time: 1_000_000_000,
            ..Story::default()
        }
    }

    fn dialect(&self) -> Dialect {
        if self.is_falco {
            Dialect::Falco
        } else {
            Dialect::Native
        }
    }

    /// The state before the row of this place; where the story looks ahead, with what each snapshot can know of the events behind it.
    fn state_before(&self, place: usize) -> State {
        let mut state = State::new(self.limits.unwrap_or_default(), self.dialect());
        for at in 0..=place.min(self.steps.len()) {
            self.look_ahead(&mut state, at);
            if let Some(step) = self.steps.get(at).filter(|_| at < place) {
                apply(&mut state, step, true);
            }
        }
        state
    }

    /// Where a snapshot begins, what its events will change, as a pass looks ahead.
    fn look_ahead(&self, state: &mut State, place: usize) {
        let (before, rest) = self.steps.split_at(place);
        let is_row = |step: Option<&Step>| matches!(step, Some(Step::Snapshot(_)));
        if !self.looks_ahead || !is_row(rest.first()) || is_row(before.last()) {
            return;
        }
        let (mut foresight, mut end, mut is_snapshot) = (Foresight::default(), 0, true);
        for step in rest {
            match step {
                Step::Snapshot(rows) if is_snapshot => rows.iter().for_each(|view| {
                    end = end.max(view.time());
                    foresight.look(&view);
                }),
                Step::Event(rows) => {
                    is_snapshot = false;
                    let is_near = |view: &EventView<'_>| view.time() <= end;
                    let near = rows.iter().filter(is_near);
                    near.for_each(|view| foresight.event(&view));
                }
                Step::Snapshot(_) | Step::Lost(_) => {}
            }
        }
        state.foresee(foresight);
    }

    /// Knows at each snapshot what the events behind it will change, as a pass does.
    pub(crate) fn looking_ahead(mut self) -> Story {
        self.looks_ahead = true;
        self
    }

    pub(crate) fn with_limits(mut self, limits: StateLimits) -> Story {
        self.limits = Some(limits);
        self
    }

    /// The next event, one microsecond after the last.
    pub(crate) fn event(self, name: &str, actor: Actor, params: Vec<(&str, Param)>) -> Story {
        let time = self.time + 1_000;
        self.event_at(time, name, actor, params)
    }

    /// An event at a time of its own.
    pub(crate) fn event_at(
        mut self,
        time: u64,
        name: &str,
        actor: Actor,
        params: Vec<(&str, Param)>,
    ) -> Story {
        self.time = time;
        self.steps.push(Step::Event(row(time, name, actor, params)));
        self
    }

    /// A row of a STATE item, seen at the time of the last step.
    pub(crate) fn seen(self, name: &str, actor: Actor, params: Vec<(&str, Param)>) -> Story {
        let time = self.time;
        self.seen_at(time, name, actor, params)
    }

    /// A row of a STATE item, seen at a time of its own. Starts come from /proc.
    pub(crate) fn seen_at(
        mut self,
        time: u64,
        name: &str,
        actor: Actor,
        params: Vec<(&str, Param)>,
    ) -> Story {
        let start = actor.start / super::thread::PROC_TICK_NS * super::thread::PROC_TICK_NS;
        let actor = Actor { start, ..actor };
        let rows = row(time, name, actor, params);
        self.steps.push(Step::Snapshot(rows));
        self
    }

    /// A loss that ends now.
    pub(crate) fn lost(mut self, lane: Lane) -> Story {
        self.time += 1_000;
        self.steps.push(Step::Lost(LostInterval {
            cpu: 0,
            lane,
            reason: LossReason::RingFull,
            count: 1,
            last_good_time: self.time - 1_000,
            next_good_time: self.time,
        }));
        self
    }

    /// The state after everything, and after what the last event took away.
    pub(crate) fn state(&self) -> State {
        self.state_before(self.steps.len())
    }

    /// What may be stale behind the last event.
    pub(crate) fn doubt(&self) -> Doubt {
        let last = self.steps.last().expect("a story has an event");
        let mut state = self.state_before(self.steps.len() - 1);
        let rows = apply(&mut state, last, false).expect("the last step is an event");
        state.doubt(&rows.get(0).expect("one row"))
    }

    /// The last event's fields, as text; `(absent)` where there is no value.
    #[track_caller]
    pub(crate) fn check(&self, expected: &[(&str, &str)]) {
        self.check_step(self.steps.len().saturating_sub(1), expected);
    }

    /// The fields of the event of this time, though others follow it.
    #[track_caller]
    pub(crate) fn check_at(&self, time: u64, expected: &[(&str, &str)]) {
        let is_it = |step: &Step| match step {
            Step::Event(rows) => rows.get(0).is_some_and(|view| view.meta().time == time),
            _ => false,
        };
        let place = self.steps.iter().position(is_it);
        self.check_step(place.expect("an event of this time"), expected);
    }

    #[track_caller]
    fn check_step(&self, place: usize, expected: &[(&str, &str)]) {
        let last = self.steps.get(place).expect("a story has an event");
        let mut state = self.state_before(place);
        let rows = apply(&mut state, last, false).expect("the last step is an event");
        let view = rows.get(0).expect("one row");
        let clock = ClockMap::from_pairs(&[ClockPair {
            boottime_ns: 0,
            realtime_ns: UnixNanos(EPOCH_NS),
        }]);
        let times = Times {
            first: Some(0),
            ..Times::default()
        };
        let context = EventContext::among(&state, &view, &clock, 7, times);
        for (field, text) in expected {
            assert_eq!(&ask(&context, field), text, "{field}");
        }
    }
}

fn apply<'s>(state: &mut State, step: &'s Step, whole: bool) -> Option<&'s Rows> {
    match step {
        Step::Snapshot(rows) => {
            for view in rows.iter() {
                state.apply_snapshot(&view);
            }
            None
        }
        Step::Event(rows) => {
            for view in rows.iter() {
                state.before(&view);
                if whole {
                    state.after(&view);
                }
            }
            Some(rows)
        }
        Step::Lost(interval) => {
            state.lost(std::slice::from_ref(interval));
            None
        }
    }
}

impl Story {
    /// Asks the last event for every field that needs no argument.
    pub(crate) fn ask_everything(&self) {
        let last = self.steps.last().expect("a story has an event");
        let mut state = self.state_before(self.steps.len() - 1);
        let rows = apply(&mut state, last, false).expect("the last step is an event");
        let view = rows.get(0).expect("one row");
        let clock = ClockMap::new();
        let context = EventContext::new(&state, &view, &clock, 7);
        for def in SCHEMA.fields() {
            if def.argument != ArgumentKind::KeyRequired {
                ask(&context, def.name);
            }
        }
    }
}

/// A field's value as text.
pub(crate) fn ask(context: &EventContext<'_>, text: &str) -> String {
    let field = bind(text);
    let def = &SCHEMA.fields()[usize::from(field.field.0)];
    match context.extract(&field) {
        Value::Absent => "(absent)".to_owned(),
        Value::List(values) => {
            let mut all = String::new();
            for value in values {
                let _ = write!(all, "{}", if all.is_empty() { "" } else { " " });
                value_to_text(*value, def, &mut all);
            }
            all
        }
        value => {
            let mut out = String::new();
            value_to_text(value, def, &mut out);
            out
        }
    }
}

/// The longest field that a text begins with, and the rest as its argument.
fn bind(text: &str) -> BoundField {
    let defs = SCHEMA.fields().iter().enumerate();
    let fits = defs.filter(|(_, def)| {
        let rest = text.strip_prefix(def.name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
    });
    let (place, def) = fits
        .max_by_key(|(_, def)| def.name.len())
        .unwrap_or_else(|| panic!("no field {text}"));
    let rest = &text[def.name.len()..];
    let inner = rest.trim_start_matches(['[', '.']).trim_end_matches(']');
    let indexed = !matches!(
        def.argument,
        ArgumentKind::KeyRequired | ArgumentKind::KeyOptional
    );
    let argument = match inner.parse() {
        _ if inner.is_empty() => FieldArgument::None,
        Ok(index) if indexed => FieldArgument::Index(index),
        _ => FieldArgument::Key(inner.into()),
    };
    BoundField {
        field: FieldId(u16::try_from(place).expect("few fields")),
        argument,
        slot: 0,
    }
}

/// One row, encoded and decoded.
pub(crate) fn row(time: u64, name: &str, actor: Actor, params: Vec<(&str, Param)>) -> Rows {
    let event = event_by_name(name).unwrap_or_else(|| panic!("no event {name}"));
    let meta = RowMeta {
        time,
        cpu: 0,
        abi: 0,
        tid: Tid(actor.tid),
        pid: Pid(actor.pid),
        start: actor.start,
        sequence: 0,
    };
    let mut values: Vec<Option<(ParamStatus, Vec<u8>)>> = vec![None; event.params.len()];
    for (param, value) in params {
        let place = event.param(param);
        let place = place.unwrap_or_else(|| panic!("{name} has no parameter {param}"));
        let status = match value {
            Param::Cut(_) => ParamStatus::Truncated,
            _ => ParamStatus::Present,
        };
        values[place] = Some((status, encode(event, place, value)));
    }
    let params: Vec<RawParam<'_>> = values
        .iter()
        .map(|value| match value {
            Some((status, bytes)) => RawParam {
                status: *status,
                ..RawParam::present(bytes)
            },
            None => RawParam::ABSENT,
        })
        .collect();
    let mut builder = BlockBuilder::new(RowOrder::AsPushed, BlockLimits::default());
    builder
        .push(EventId(event.id.0), &meta, &params)
        .expect("the row fits the table");
    let encoded = builder.finish(1).expect("one row");
    let block = Block::from_bytes(encoded.bytes, Schema::native()).expect("own block");
    block.decode(&Projection::all()).expect("own block")
}

fn encode(event: &EventDef, place: usize, value: Param) -> Vec<u8> {
    match (value, event.params[place].wire.width()) {
        (Param::Int(value), Some(width)) => value.to_le_bytes()[..width].to_vec(),
        (Param::Bytes(bytes) | Param::Cut(bytes), None) => bytes,
        (Param::Int(_), None) | (Param::Bytes(_) | Param::Cut(_), Some(_)) => {
            panic!(
                "{} of {} has another type",
                event.params[place].name, event.name
            )
        }
    }
}

/// A `struct sockaddr_in`.
pub(crate) fn sockaddr_v4(address: [u8; 4], port: u16) -> Vec<u8> {
    let mut bytes = vec![2, 0];
    bytes.extend(port.to_be_bytes());
    bytes.extend(address);
    bytes
}

/// The probe's tuple of an IPv4 socket.
pub(crate) fn tuple_v4(
    protocol: u8,
    (local, local_port): ([u8; 4], u16),
    (remote, remote_port): ([u8; 4], u16),
) -> Vec<u8> {
    let kind = if protocol == 17 { 2 } else { 1 };
    let mut bytes = vec![2, protocol, 1, kind];
    bytes.extend(local_port.to_le_bytes());
    bytes.extend(remote_port.to_le_bytes());
    bytes.extend(local);
    bytes.extend(remote);
    bytes
}

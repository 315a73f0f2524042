//! Rows of Falco's dialect for tests, made by the names of Falco's parameters.

use falco_abi::{EventId, Wire, event_by_name};
use falco_format::{
    Block, BlockBuilder, BlockLimits, Pid, Projection, RawParam, RowMeta, RowOrder, Rows, Tid,
};

use super::{Param, Step, Story};
use crate::dialect::catalog::{self, Direction, FalcoEvent, OLD, Origin};
use crate::dialect::{SNAPSHOT_PARAMS, event_id, falco_schema, wire_of};

impl Story {
    /// A stream of a capture of Falco's. Boot was at the epoch, so that its times are boot times.
    pub(crate) fn falco() -> Story {
        Story {
            is_falco: true,
            ..Story::new()
        }
    }

    /// An event of a thread, one microsecond after the last: the newest end of the name, or what has no begin.
    pub(crate) fn call(mut self, name: &str, tid: u32, params: Vec<(&str, Param)>) -> Story {
        let newest = catalog::all().filter(|ty| ty.name == name && is_final(ty));
        let ty = newest.last().unwrap_or_else(|| panic!("no type {name}"));
        self.time += 1_000;
        let rows = falco_event(self.time, ty, tid, params);
        self.steps.push(Step::Event(rows));
        self
    }

    /// Lets time pass, nanoseconds.
    pub(crate) fn later(mut self, time: u64) -> Story {
        self.time += time;
        self
    }

    /// The begin of a call, by the number of its type.
    pub(crate) fn enter(mut self, code: u16, tid: u32, params: Vec<(&str, Param)>) -> Story {
        let ty = catalog::event_of_code(code).unwrap_or_else(|| panic!("no type {code}"));
        self.time += 1_000;
        let rows = falco_event(self.time, ty, tid, params);
        self.steps.push(Step::Event(rows));
        self
    }

    /// A row of what was found when the capture began.
    pub(crate) fn found(
        mut self,
        name: &str,
        (tid, pid): (u32, u32),
        params: Vec<(&str, Param)>,
    ) -> Story {
        let event = event_by_name(name).unwrap_or_else(|| panic!("no row {name}"));
        let row = SNAPSHOT_PARAMS.iter().find(|(id, _)| *id == event.id);
        let (id, list) = row.unwrap_or_else(|| panic!("no row {name} in the dialect"));
        let wires: Vec<(&str, Wire)> = list.iter().map(|(name, wire, _)| (*name, *wire)).collect();
        let rows = encode_row(self.time, *id, (tid, pid), &wires, params);
        self.steps.push(Step::Snapshot(rows));
        self
    }
}

fn is_final(ty: &FalcoEvent) -> bool {
    let is_call = ty.origin == Origin::Syscall;
    !ty.has(OLD) && (!is_call || ty.direction == Direction::Exit)
}

fn falco_event(time: u64, ty: &FalcoEvent, tid: u32, params: Vec<(&str, Param)>) -> Rows {
    let list = ty.params.iter();
    let wires: Vec<(&str, Wire)> = list.map(|param| (param.name, wire_of(param.ty))).collect();
    encode_row(time, event_id(ty.code), (tid, 0), &wires, params)
}

fn encode_row(
    time: u64,
    event: EventId,
    (tid, pid): (u32, u32),
    wires: &[(&str, Wire)],
    params: Vec<(&str, Param)>,
) -> Rows {
    let limits = BlockLimits::default();
    let mut builder = BlockBuilder::with_schema(falco_schema(), RowOrder::AsPushed, limits);
    push_row(&mut builder, time, event, (tid, pid), wires, params);
    let encoded = builder.finish(1).expect("one row");
    let block = Block::from_bytes(encoded.bytes, falco_schema()).expect("own block");
    block.decode(&Projection::all()).expect("own block")
}

/// A row of a block: Falco's type by its number, the thread, and values by the names of parameters.
pub(crate) type Told<'n> = (u16, u32, Vec<(&'n str, Param)>);

/// A block of events, each one microsecond after the one before.
pub(crate) fn block(first_time: u64, rows: Vec<Told<'_>>) -> Block {
    let limits = BlockLimits::default();
    let mut builder = BlockBuilder::with_schema(falco_schema(), RowOrder::AsPushed, limits);
    for (time, (code, tid, params)) in (first_time..).step_by(1_000).zip(rows) {
        let ty = catalog::event_of_code(code).unwrap_or_else(|| panic!("no type {code}"));
        let list = ty.params.iter();
        let wires: Vec<(&str, Wire)> = list.map(|param| (param.name, wire_of(param.ty))).collect();
        push_row(&mut builder, time, event_id(code), (tid, 0), &wires, params);
    }
    let encoded = builder.finish(1).expect("rows");
    Block::from_bytes(encoded.bytes, falco_schema()).expect("own block")
}

fn push_row(
    builder: &mut BlockBuilder,
    time: u64,
    event: EventId,
    (tid, pid): (u32, u32),
    wires: &[(&str, Wire)],
    params: Vec<(&str, Param)>,
) {
    let meta = RowMeta {
        time,
        cpu: 0,
        abi: 0,
        tid: Tid(tid),
        pid: Pid(pid),
        start: 0,
        sequence: 0,
    };
    let mut values: Vec<Option<Vec<u8>>> = vec![None; wires.len()];
    for (param, value) in params {
        let place = wires.iter().position(|(name, _)| *name == param);
        let place = place.unwrap_or_else(|| panic!("no parameter {param}"));
        values[place] = Some(encode(wires[place].1, value));
    }
    let params: Vec<RawParam<'_>> = values
        .iter()
        .map(|value| value.as_deref().map_or(RawParam::ABSENT, RawParam::present))
        .collect();
    builder.push(event, &meta, &params).expect("the row fits");
}

fn encode(wire: Wire, value: Param) -> Vec<u8> {
    match (value, wire.width()) {
        (Param::Int(value), Some(width)) => value.to_le_bytes()[..width].to_vec(),
        (Param::Bytes(bytes), None) => bytes,
        (Param::Int(_), None) | (Param::Bytes(_), Some(_)) | (Param::Cut(_), _) => {
            panic!("another type")
        }
    }
}

/// Falco's address of an IPv4 end.
pub(crate) fn address_v4(address: [u8; 4], port: u16) -> Vec<u8> {
    let mut bytes = vec![2];
    bytes.extend(address);
    bytes.extend(port.to_le_bytes());
    bytes
}

/// Falco's tuple of two IPv4 ends.
pub(crate) fn pair_v4(source: ([u8; 4], u16), destination: ([u8; 4], u16)) -> Vec<u8> {
    let mut bytes = vec![2];
    for (address, port) in [source, destination] {
        bytes.extend(address);
        bytes.extend(port.to_le_bytes());
    }
    bytes
}

//! Rows of EVENTS items: lifted events in the order of the file.

use std::sync::LazyLock;

use falco_abi::{EventId, ParamStatus, Wire};
use falco_format::{BlockBuilder, BlockLimits, RawParam, RowError, RowMeta, RowOrder, Tid};

use super::altered::Altered;
use super::event::{PARAMS_MAX, Params};
use crate::dialect::catalog::{self, CODES, FalcoEvent};
use crate::dialect::{UNKNOWN_TYPE, event_id, falco_schema, wire_of};

/// What most types get by with: larger rows are made room for only where they are needed.
const FEW_PARAMS: usize = 8;

/// A parameter that the event does not have at all, which is less than having it empty: Falco does not print it.
const NO_SUCH_PARAM: RawParam<'static> = RawParam {
    status: ParamStatus::Fault,
    bytes: &[],
};

/// What a row of a type is made by.
#[derive(Clone, Debug)]
struct Layout {
    id: EventId,
    wires: Vec<Wire>,
}

static LAYOUTS: LazyLock<Vec<Layout>> = LazyLock::new(|| {
    let none = Layout {
        id: UNKNOWN_TYPE,
        wires: Vec::new(),
    };
    let mut layouts = vec![none; CODES];
    for event in catalog::all() {
        if let Some(layout) = layouts.get_mut(usize::from(event.code)) {
            *layout = Layout {
                id: event_id(event.code),
                wires: event.params.iter().map(|param| wire_of(param.ty)).collect(),
            };
        }
    }
    layouts
});

/// Where and when an event was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) cpu: u16,
    pub(super) time: u64,
    pub(super) tid: u64,
    /// Flags of its block.
    pub(super) flags: u32,
}

/// Collects rows of events.
pub(super) struct EventRows {
    builder: BlockBuilder,
    /// The next number of each CPU, by CPU. A file's CPUs are few; hostile ones are at most 65,536.
    sequences: Vec<u64>,
    altered: Altered,
}

impl EventRows {
    pub(super) fn new(limits: BlockLimits) -> Self {
        EventRows {
            builder: BlockBuilder::with_schema(falco_schema(), RowOrder::AsPushed, limits),
            sequences: Vec::new(),
            altered: Altered::default(),
        }
    }

    /// Takes an event of a type that is known. Parameters beyond the type's own, which a newer writer may have, have no column and are counted.
    pub(super) fn known(
        &mut self,
        place: Place,
        event: &FalcoEvent,
        params: &Params<'_>,
    ) -> Result<(), RowError> {
        let layout = LAYOUTS
            .get(usize::from(event.code))
            .ok_or(RowError::UnknownEvent(UNKNOWN_TYPE))?;
        let has_more = params.count() > layout.wires.len();
        self.altered.unknown = self.altered.unknown.saturating_add(u64::from(has_more));
        let has_other_width = params
            .iter()
            .zip(&layout.wires)
            .any(|(bytes, wire)| is_of_other_width(*wire, bytes));
        self.altered.numbers = self
            .altered
            .numbers
            .saturating_add(u64::from(has_other_width));
        if layout.wires.len() <= FEW_PARAMS {
            let mut row = [NO_SUCH_PARAM; FEW_PARAMS];
            self.push(place, layout.id, filled(&mut row, &layout.wires, params))
        } else {
            let mut row = [NO_SUCH_PARAM; PARAMS_MAX];
            self.push(place, layout.id, filled(&mut row, &layout.wires, params))
        }
    }

    /// Takes an event of an unknown type: everything about it that its block holds.
    pub(super) fn unknown(
        &mut self,
        place: Place,
        (code, count): (u16, u32),
        bytes: &[u8],
    ) -> Result<(), RowError> {
        let (code, flags) = (code.to_le_bytes(), place.flags.to_le_bytes());
        let bytes = [&count.to_le_bytes()[..], bytes].concat();
        let params = [&code[..], &flags[..], &bytes[..]].map(RawParam::present);
        self.push(place, UNKNOWN_TYPE, &params)
    }

    fn push(&mut self, place: Place, id: EventId, params: &[RawParam<'_>]) -> Result<(), RowError> {
        let cpu = usize::from(place.cpu);
        if cpu >= self.sequences.len() {
            self.sequences.resize(cpu.saturating_add(1), 0);
        }
        let number = self.sequences.get(cpu).copied().unwrap_or_default();
        let has_flags = id != UNKNOWN_TYPE && place.flags > u32::from(u8::MAX);
        self.altered.flags = self.altered.flags.saturating_add(u64::from(has_flags));
        let meta = RowMeta {
            time: place.time,
            cpu: place.cpu,
            // A call's ABI is not told by a file; the low flags are all that there ever were.
            abi: place.flags as u8,
            tid: Tid(self.altered.id(place.tid)),
            sequence: number,
            ..RowMeta::default()
        };
        self.builder.push(id, &meta, params)?;
        if let Some(next) = self.sequences.get_mut(cpu) {
            *next = number.saturating_add(1);
        }
        Ok(())
    }

    /// What rows could not hold so far.
    pub(super) fn altered(&self) -> &Altered {
        &self.altered
    }

    /// The rows that wait.
    pub(super) fn builder(&mut self) -> &mut BlockBuilder {
        &mut self.builder
    }
}

/// The row's parameters: those that the event has, as their columns take them.
fn filled<'r, 'a>(
    row: &'r mut [RawParam<'a>],
    wires: &[Wire],
    params: &Params<'a>,
) -> &'r [RawParam<'a>] {
    let values = params.iter().zip(wires);
    for (slot, (bytes, wire)) in row.iter_mut().zip(values) {
        *slot = raw_param(*wire, bytes);
    }
    row.get(..wires.len()).unwrap_or_default()
}

/// Whether a number is there, and not as wide as its type.
fn is_of_other_width(wire: Wire, bytes: &[u8]) -> bool {
    let width = wire.width();
    width.is_some_and(|width| !bytes.is_empty() && bytes.len() != width)
}

/// A parameter as its column takes it.
///
/// Nothing is absent. A string ends with a NUL, which the column leaves out; one without is marked as cut, so that it can be told.
/// A number whose width is not its type's cannot be read as one, and is absent and counted: Falco's own readers refuse it too.
fn raw_param(wire: Wire, bytes: &[u8]) -> RawParam<'_> {
    match (wire.width(), bytes) {
        (_, []) => RawParam::ABSENT,
        (Some(_), _) if is_of_other_width(wire, bytes) => RawParam::ABSENT,
        (Some(_), _) => RawParam::present(bytes),
        (None, [text @ .., 0]) if wire == Wire::Str => RawParam::present(text),
        (None, _) if wire == Wire::Str => RawParam::truncated(bytes),
        (None, _) => RawParam::present(bytes),
    }
}

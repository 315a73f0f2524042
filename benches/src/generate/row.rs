//! One row while it is put together: values by parameter in the wire types of the event table.

use falco_abi::{EventDef, EventId, ParamStatus, events};
use falco_format::{BlockBuilder, RawParam, RowMeta};

use anyhow::{Context as _, Result};

/// The most parameters that a row has here: `execve` has 45.
const PARAMS: usize = 64;

/// The values of a row; its memory is used again for the next.
pub(super) struct Row {
    def: &'static EventDef,
    bytes: Vec<u8>,
    params: [(ParamStatus, u32, u32); PARAMS],
}

impl Row {
    pub(super) fn new() -> Self {
        Row {
            def: definition(events::close::EVENT),
            bytes: Vec::with_capacity(8 << 10),
            params: [(ParamStatus::Absent, 0, 0); PARAMS],
        }
    }

    /// Begins a row whose values are all absent.
    pub(super) fn begin(&mut self, event: EventId) -> &mut Self {
        self.def = definition(event);
        self.bytes.clear();
        self.params[..self.def.params.len()].fill((ParamStatus::Absent, 0, 0));
        self
    }

    /// Sets an integer; the parameter keeps as many low bytes as it is wide.
    pub(super) fn int(&mut self, param: usize, value: impl Into<i128>) -> &mut Self {
        let width = self.def.params[param].wire.width().unwrap_or(0);
        let value: i128 = value.into();
        self.bytes(param, &value.to_le_bytes()[..width])
    }

    pub(super) fn text(&mut self, param: usize, value: &str) -> &mut Self {
        self.bytes(param, value.as_bytes())
    }

    pub(super) fn bytes(&mut self, param: usize, value: &[u8]) -> &mut Self {
        let from = self.bytes.len() as u32;
        self.bytes.extend_from_slice(value);
        self.params[param] = (ParamStatus::Present, from, self.bytes.len() as u32);
        self
    }

    /// Hands the row to a builder.
    pub(super) fn push(&self, builder: &mut BlockBuilder, meta: &RowMeta) -> Result<()> {
        let mut params = [RawParam::ABSENT; PARAMS];
        let count = self.def.params.len();
        for (param, (status, from, to)) in params.iter_mut().zip(&self.params[..count]) {
            let bytes = &self.bytes[*from as usize..*to as usize];
            *param = RawParam {
                status: *status,
                bytes,
            };
        }
        let pushed = builder.push(self.def.id, meta, &params[..count]);
        pushed.with_context(|| format!("a row of {}", self.def.name))
    }
}

fn definition(event: EventId) -> &'static EventDef {
    events::event(event).expect("only events of the table are generated")
}

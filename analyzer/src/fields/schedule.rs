//! `thread.exectime`, `thread.totexectime`, `thread.cpu*`: time on CPUs, which only imported captures tell.
//!
//! Falco measures from one asking to the next, so that its answers depend on what else was asked; here every switch and every report counts, asked for or not.

use falco_rules::{FieldArgument, FieldType, Value};

use super::EventContext;
use super::declare::{self, Extract, Field, unsigned};
use crate::state::CpuTimes;
use crate::state::facets::Facets;

use FieldType::{Double, Reltime};

/// A field of this file: what switches and reports tell.
const fn field(name: &'static str, ty: FieldType, extract: Extract, doc: &'static str) -> Field {
    declare::field(name, ty, extract, doc).reads(Facets::ANCESTRY.and(Facets::CPU_TIMES))
}

pub(super) const FIELDS: &[Field] = &[
    field(
        "thread.exectime",
        Reltime,
        turn,
        "Of a switch: nanoseconds that the thread had been on the CPU. Imported captures only.",
    )
    .duration(),
    field(
        "thread.totexectime",
        Reltime,
        turns,
        "Of a switch: nanoseconds that the thread has been on CPUs since the capture began. Imported captures only.",
    )
    .duration(),
    field(
        "thread.cpu",
        Double,
        used,
        "Of a report: what the thread used since its last one, at most 100. Imported captures only.",
    ),
    field(
        "thread.cpu.user",
        Double,
        used_by_program,
        "The part of it in the program. Imported captures only.",
    ),
    field(
        "thread.cpu.system",
        Double,
        used_by_kernel,
        "The part of it in the kernel. Imported captures only.",
    ),
];

fn turn<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    unsigned(event.state.effect().turn_ns)
}

fn turns<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let is_switch = event.state.effect().turn_ns.is_some();
    let thread = event.thread.filter(|_| is_switch);
    unsigned(thread.map(|thread| thread.falco.on_cpu_ns))
}

/// What a report adds, as a share of a second.
fn share<'e>(event: &'e EventContext<'_>, which: fn(CpuTimes) -> u64) -> Value<'e> {
    const WHOLE: u64 = 100;
    let used = event.state.effect().cpu_used.map(which);
    used.map_or(Value::Absent, |used| Value::Double(used.min(WHOLE) as f64))
}

fn used<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    share(event, |times| times.user.saturating_add(times.system))
}

fn used_by_program<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    share(event, |times| times.user)
}

fn used_by_kernel<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    share(event, |times| times.system)
}

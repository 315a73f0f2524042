//! `proc.vm*`, `thread.vm*`, `thread.pf*`: memory and page faults as events carry them.
//!
//! Figures move only with events that have them: births and execs, in imported captures switches and changes of the mapping too.

use falco_rules::{FieldArgument, FieldType, Value};

use super::EventContext;
use super::declare::{self, Extract, Field, unsigned};
use crate::state::Thread;
use crate::state::facets::Facets;

use FieldType::Uint64;

/// A field of this file: figures that events carry.
const fn field(name: &'static str, ty: FieldType, extract: Extract, doc: &'static str) -> Field {
    declare::field(name, ty, extract, doc).reads(Facets::ANCESTRY.and(Facets::MEMORY))
}

pub(super) const FIELDS: &[Field] = &[
    field(
        "proc.vmsize",
        Uint64,
        size,
        "Virtual memory of the process in kB.",
    ),
    field(
        "proc.vmrss",
        Uint64,
        resident,
        "Resident memory of the process in kB.",
    ),
    field(
        "proc.vmswap",
        Uint64,
        swapped,
        "Swapped memory of the process in kB.",
    ),
    field(
        "thread.pfmajor",
        Uint64,
        faults_major,
        "Major page faults of the thread.",
    ),
    field(
        "thread.pfminor",
        Uint64,
        faults_minor,
        "Minor page faults of the thread.",
    ),
    field(
        "thread.vmsize",
        Uint64,
        size_of_leader,
        "Virtual memory in kB, 0 for threads that are not the first of their process.",
    ),
    field(
        "thread.vmrss",
        Uint64,
        resident_of_leader,
        "Resident memory in kB, 0 for threads that are not the first of their process.",
    ),
];

/// A figure of the thread.
fn figure<'e>(event: &'e EventContext<'_>, which: fn(&Thread) -> u64) -> Value<'e> {
    let from_the_start = event.row.manner().has_figures_from_the_start();
    let thread = event
        .thread
        .filter(|thread| from_the_start || thread.falco.has_figures);
    unsigned(thread.map(which))
}

/// The figure of a first thread, else 0.
fn of_leader(thread: &Thread, figure: u32) -> u64 {
    if thread.is_leader() {
        u64::from(figure)
    } else {
        0
    }
}

fn size<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    figure(event, |thread| u64::from(thread.falco.vm_size))
}

fn resident<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    figure(event, |thread| u64::from(thread.falco.vm_rss))
}

fn swapped<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    figure(event, |thread| u64::from(thread.falco.vm_swap))
}

fn faults_major<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    figure(event, |thread| thread.falco.faults_major)
}

fn faults_minor<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    figure(event, |thread| thread.falco.faults_minor)
}

fn size_of_leader<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    figure(event, |thread| of_leader(thread, thread.falco.vm_size))
}

fn resident_of_leader<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    figure(event, |thread| of_leader(thread, thread.falco.vm_rss))
}

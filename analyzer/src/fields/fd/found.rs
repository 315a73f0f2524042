//! What the kernel opened, beside the name that was asked for. Fields of ours: Falco has none of them.

use falco_abi::frame::path_flags;
use falco_rules::{FieldArgument, FieldType, Value};

use crate::fields::declare::{self, Extract, Field, boolean, string, unsigned};
use crate::fields::{Basis, EventContext};
use crate::state::Found;
use crate::state::facets::Facets;

use super::file;

use FieldType::{Bool, Charbuf, Uint32};

/// A field of this file: what stands behind a descriptor.
const fn field(name: &'static str, ty: FieldType, extract: Extract, doc: &'static str) -> Field {
    let reads = Facets::ANCESTRY
        .and(Facets::DIRECTORIES)
        .and(Facets::DESCRIPTORS)
        .and(Facets::SOCKETS);
    declare::field(name, ty, extract, doc)
        .reads(reads)
        .of(Basis::Descriptor)
}

pub(super) const FIELDS: &[Field] = &[
    field(
        "fd.real_path",
        Charbuf,
        real_path,
        "Path of the file that the kernel opened, over the mounts to the root of the process's mount namespace, whatever name was asked for.",
    ),
    field(
        "fd.inner_path",
        Charbuf,
        inner_path,
        "Path of that file inside its file system, where its mount shows a part of it, as bind mounts do.",
    ),
    field(
        "fd.nlink",
        Uint32,
        links,
        "How many names the file had when it was opened.",
    ),
    field(
        "fd.mount_id",
        Uint32,
        mount,
        "The mount that the file was found in, as mountinfo numbers it.",
    ),
    field(
        "fd.is_deleted",
        Bool,
        is_deleted,
        "Whether the name that the file was found under had been removed.",
    ),
    field(
        "fd.is_unreachable",
        Bool,
        is_unreachable,
        "Whether the file lies outside the process's mount namespace: in a detached mount, in another namespace, or under no directory at all.",
    ),
    field(
        "fd.is_cut",
        Bool,
        is_cut,
        "Whether the path of the file that the kernel opened lacks its beginning.",
    ),
];

fn found<'e>(event: &'e EventContext<'_>) -> Option<&'e Found> {
    file(event)?.found.as_deref()
}

fn real_path<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    string(found(event).and_then(|found| found.path.as_ref()))
}

fn inner_path<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    string(found(event).and_then(|found| found.inner.as_ref()))
}

fn links<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let links = found(event).and_then(|found| found.links);
    unsigned(links.map(u64::from))
}

fn mount<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let mount = found(event).and_then(|found| found.mount);
    unsigned(mount.map(u64::from))
}

fn has<'e>(event: &'e EventContext<'_>, flag: u32) -> Value<'e> {
    boolean(found(event).map(|found| found.has(flag)))
}

fn is_deleted<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    has(event, path_flags::DELETED)
}

fn is_unreachable<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    has(event, path_flags::UNREACHABLE)
}

fn is_cut<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    has(event, path_flags::CUT)
}

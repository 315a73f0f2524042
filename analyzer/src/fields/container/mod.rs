//! `container.*` and `k8s.*`: the container of the thread, and what its runtime says of it.
//!
//! The id comes from the thread's cgroups alone. Everything else is absent until a runtime has said it; the host has names of its own.

mod deprecated;
mod mount;
mod pod;
mod runtime;

use falco_abi::events;
use falco_format::container::{Labels, Metadata};
use falco_rules::{FieldArgument, FieldType, Value};

use super::declare::{self, Extract, Field, string};
use super::{Basis, EventContext};
use crate::state::ContainerRef;
use crate::state::facets::Facets;

/// The declarations, in the order of the reference.
pub(super) const FIELDS: [&[Field]; 5] = [
    runtime::FIELDS,
    mount::FIELDS,
    runtime::IMAGE,
    pod::FIELDS,
    deprecated::FIELDS,
];

/// A field of this class: which container it is, the thread's cgroups tell, and of an event about a container, what was said last.
const fn field(name: &'static str, ty: FieldType, extract: Extract, doc: &'static str) -> Field {
    let reads = Facets::ANCESTRY
        .and(Facets::CGROUPS)
        .and(Facets::CONTAINERS);
    declare::field(name, ty, extract, doc)
        .reads(reads)
        .of(Basis::Container)
}

pub(super) const HOST: &[u8] = b"host";

/// Whether the event is about a container by itself: it has no thread, and tells what a runtime said.
pub(super) fn is_about_container(event: &EventContext<'_>) -> bool {
    if !event.row.manner().has_named_lookups() {
        return event.row.event() == events::container::EVENT;
    }
    let ty = event.row.falco_event();
    ty.is_some_and(|ty| matches!(ty.name, "container" | "asyncevent"))
}

/// The container of the thread, or the one that the event tells of; none on the host and for a thread that is not known.
pub(super) fn reference<'e>(event: &'e EventContext<'_>) -> Option<&'e ContainerRef> {
    if is_about_container(event) {
        return Some(&event.state.last_container()?.reference);
    }
    event.thread?.cgroups.container()
}

/// The id, `host` outside containers.
pub(super) fn id_of<'e>(event: &'e EventContext<'_>) -> &'e [u8] {
    reference(event).map_or(HOST, |container| &container.id)
}

/// What the runtime said.
pub(super) fn metadata<'e>(event: &'e EventContext<'_>) -> Option<&'e Metadata> {
    let id = &reference(event)?.id;
    let container = if event.is_unhealed {
        event.state.container_as_recorded(id)
    } else {
        event.state.container(id)
    };
    Some(&container?.said)
}

/// A fact that the runtime said; on the host what Falco has for it.
pub(super) fn fact<'e>(
    event: &'e EventContext<'_>,
    on_host: Value<'e>,
    fact: impl FnOnce(&'e Metadata) -> Option<&'e str>,
) -> Value<'e> {
    if reference(event).is_none() {
        return on_host;
    }
    string(metadata(event).and_then(fact))
}

pub(super) fn ip<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    fact(event, Value::Absent, |container| container.ip.as_deref())
}

pub(super) fn cni_json<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    fact(event, Value::Absent, |container| {
        container.cni_json.as_deref()
    })
}

/// Labels that a listing leaves out, by how they begin: those that Kubernetes uses for itself. By name they are found nevertheless.
const UNLISTED: [&str; 2] = ["annotation.", "io.kubernetes."];

pub(super) fn join_labels<'e>(
    event: &'e EventContext<'_>,
    container: Option<&Metadata>,
    labels: fn(&Metadata) -> Option<&Labels>,
) -> Value<'e> {
    let Some(container) = container else {
        return Value::Absent;
    };
    let texts: Vec<String> = labels(container)
        .into_iter()
        .flatten()
        .filter(|(name, _)| !UNLISTED.iter().any(|prefix| name.starts_with(prefix)))
        .map(|(name, value)| match value.as_str() {
            "" => name.clone(),
            value => format!("{name}:{value}"),
        })
        .collect();
    event.composed(texts.join(", ").as_bytes())
}

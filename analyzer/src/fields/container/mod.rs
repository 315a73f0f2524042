//! `container.*` and `k8s.*`: the container of the thread, and what its runtime says of it.
//!
//! The id comes from the thread's cgroups alone. Everything else is absent until a runtime has said it; the host has names of its own.

mod mount;
mod pod;
mod runtime;

use falco_rules::{FieldArgument, Value};

use super::EventContext;
use super::declare::{Field, string};
use crate::state::{Container, ContainerRef};

/// The declarations, in the order of the reference.
pub(super) const FIELDS: [&[Field]; 4] =
    [runtime::FIELDS, mount::FIELDS, runtime::IMAGE, pod::FIELDS];

pub(super) const HOST: &[u8] = b"host";

/// The container of the thread; none on the host and for a thread that is not known.
pub(super) fn reference<'e>(event: &'e EventContext<'_>) -> Option<&'e ContainerRef> {
    event.thread?.cgroups.container()
}

/// The id, `host` outside containers.
pub(super) fn id_of<'e>(event: &'e EventContext<'_>) -> &'e [u8] {
    reference(event).map_or(HOST, |container| &container.id)
}

/// What the runtime said.
pub(super) fn metadata<'e>(event: &'e EventContext<'_>) -> Option<&'e Container> {
    event.state.container(&reference(event)?.id)
}

/// A fact that the runtime said; on the host what Falco has for it.
pub(super) fn fact<'e>(
    event: &'e EventContext<'_>,
    on_host: Value<'e>,
    fact: impl FnOnce(&'e Container) -> Option<&'e str>,
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

pub(super) fn join_labels<'e>(
    event: &'e EventContext<'_>,
    labels: Option<&[(String, String)]>,
) -> Value<'e> {
    let Some(labels) = labels else {
        return Value::Absent;
    };
    let texts: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{name}:{value}"))
        .collect();
    event.composed(texts.join(",").as_bytes())
}

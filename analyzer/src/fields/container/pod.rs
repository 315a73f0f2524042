//! The pod that the container is part of.

use falco_format::container::Metadata;
use falco_rules::{ArgumentKind, FieldArgument, FieldType, Value};

use crate::fields::EventContext;
use crate::fields::declare::{Field, key, string};

use super::{cni_json, fact, field, ip, join_labels, metadata};

use FieldType::Charbuf;

pub(super) const FIELDS: &[Field] = &[
    field("k8s.pod.name", Charbuf, pod_name, "Name of the pod."),
    field(
        "k8s.ns.name",
        Charbuf,
        pod_namespace,
        "Namespace of the pod.",
    ),
    field("k8s.pod.id", Charbuf, pod_uid, "Uid of the pod."),
    field("k8s.pod.uid", Charbuf, pod_uid, "Uid of the pod."),
    field(
        "k8s.pod.sandbox_id",
        Charbuf,
        sandbox_id,
        "Id of the pod's sandbox, cut to 12 digits.",
    ),
    field(
        "k8s.pod.full_sandbox_id",
        Charbuf,
        full_sandbox_id,
        "Id of the pod's sandbox in full.",
    ),
    field(
        "k8s.pod.label",
        Charbuf,
        pod_label,
        "A label of the pod by name.",
    )
    .takes(ArgumentKind::KeyRequired),
    field(
        "k8s.pod.labels",
        Charbuf,
        pod_labels,
        "All labels of the pod as `name:value`, joined by a comma and a blank; without those of Kubernetes itself.",
    ),
    field(
        "k8s.pod.ip",
        Charbuf,
        ip,
        "Primary IPv4 address of the pod.",
    ),
    field(
        "k8s.pod.cni.json",
        Charbuf,
        cni_json,
        "What the network plugin said, as JSON.",
    ),
];

const ID_SHOWN: usize = 12;

fn pod_name<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    string(metadata(event).and_then(Metadata::pod_name))
}

fn pod_namespace<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    string(metadata(event).and_then(Metadata::pod_namespace))
}

fn pod_uid<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    string(metadata(event).and_then(Metadata::pod_uid))
}

fn full_sandbox_id<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    fact(event, Value::Absent, |container| {
        container.pod_sandbox_id.as_deref()
    })
}

fn sandbox_id<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    fact(event, Value::Absent, |container| {
        let id = container.pod_sandbox_id.as_deref()?;
        Some(id.get(..ID_SHOWN).unwrap_or(id))
    })
}

/// Whose word counts for the pod: the container's own, or where it says nothing of labels, its sandbox's.
fn of_pod<'e>(event: &'e EventContext<'_>) -> Option<&'e Metadata> {
    let container = metadata(event)?;
    if container.pod_sandbox_labels.is_some() {
        return Some(container);
    }
    let sandbox = container.pod_sandbox_id.as_deref()?;
    let id = sandbox.get(..ID_SHOWN).unwrap_or(sandbox);
    let sandbox = event.state.container(id.as_bytes());
    Some(sandbox.map_or(container, |sandbox| &sandbox.said))
}

fn pod_label<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    let name = key(argument).unwrap_or_default();
    string(of_pod(event).and_then(|container| container.pod_label(name)))
}

fn pod_labels<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    join_labels(event, of_pod(event), |pod| pod.pod_sandbox_labels.as_ref())
}

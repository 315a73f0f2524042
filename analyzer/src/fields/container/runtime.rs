//! The container itself and its image.

use falco_format::UnixNanos;
use falco_rules::{ArgumentKind, FieldArgument, FieldType, Value};

use crate::fields::declare::{Field, boolean, key, string, unsigned};
use crate::fields::limits;
use crate::fields::{Basis, EventContext};

use super::{HOST, cni_json, fact, field, id_of, ip, join_labels, metadata, reference};

use FieldType::{Abstime, Bool, Charbuf, Reltime};

pub(super) const FIELDS: &[Field] = &[
    field(
        "container.id",
        Charbuf,
        id,
        "Id of the container, cut to 12 digits; `host` outside containers.",
    )
    .limited_to(limits::short_container_id),
    field(
        "container.full_id",
        Charbuf,
        full_id,
        "Id of the container in full.",
    ),
    field(
        "container.name",
        Charbuf,
        name,
        "Name of the container; `host` outside containers.",
    ),
    field(
        "container.image",
        Charbuf,
        image,
        "Image as it was asked for.",
    )
    .seldom(limits::bare_image),
    field("container.image.id", Charbuf, image_id, "Id of the image."),
    field(
        "container.type",
        Charbuf,
        kind,
        "Runtime, by the shape of the cgroup; `host` outside containers.",
    ),
    field(
        "container.privileged",
        Bool,
        privileged,
        "Whether the container is privileged.",
    ),
];

pub(super) const IMAGE: &[Field] = &[
    field(
        "container.image.repository",
        Charbuf,
        image_repository,
        "Repository of the image.",
    ),
    field(
        "container.image.tag",
        Charbuf,
        image_tag,
        "Tag of the image.",
    ),
    field(
        "container.image.digest",
        Charbuf,
        image_digest,
        "Digest of the image in its registry.",
    ),
    field(
        "container.start_ts",
        Abstime,
        start,
        "Start of the container's pid namespace, nanoseconds since the epoch.",
    )
    .instant(),
    field(
        "container.duration",
        Reltime,
        duration,
        "Nanoseconds since then.",
    )
    .of(Basis::Event)
    .duration(),
    field("container.ip", Charbuf, ip, "Primary IPv4 address."),
    field(
        "container.cni.json",
        Charbuf,
        cni_json,
        "What the network plugin said, as JSON.",
    ),
    field(
        "container.host_pid",
        Bool,
        host_pid,
        "Whether the container shares the host's pid namespace.",
    ),
    field(
        "container.host_network",
        Bool,
        host_network,
        "Whether the container shares the host's network namespace.",
    ),
    field(
        "container.host_ipc",
        Bool,
        host_ipc,
        "Whether the container shares the host's ipc namespace.",
    ),
    field("container.label", Charbuf, label, "A label by name.").takes(ArgumentKind::KeyRequired),
    field(
        "container.labels",
        Charbuf,
        labels,
        "All labels as `name:value`, joined by a comma and a blank; without those of Kubernetes itself.",
    ),
];

fn id<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Str(id_of(event))
}

fn full_id<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    match reference(event) {
        Some(container) => {
            let said = metadata(event).and_then(|container| container.full_id.as_deref());
            Value::Str(said.map_or(&container.full_id[..], str::as_bytes))
        }
        None => Value::Str(HOST),
    }
}

fn name<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    fact(event, Value::Str(HOST), |container| {
        container.name.as_deref()
    })
}

fn image<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    fact(event, Value::Str(b""), |container| {
        container.image.as_deref()
    })
}

fn image_id<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    fact(event, Value::Str(b""), |container| {
        container.image_id.as_deref()
    })
}

fn image_repository<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    fact(event, Value::Str(b""), |container| {
        container.image_repository.as_deref()
    })
}

fn image_tag<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    fact(event, Value::Str(b""), |container| {
        container.image_tag.as_deref()
    })
}

fn image_digest<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    fact(event, Value::Str(b""), |container| {
        container.image_digest.as_deref()
    })
}

fn kind<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    match reference(event) {
        Some(container) => Value::Str(container.runtime.as_bytes()),
        None => Value::Str(HOST),
    }
}

fn privileged<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    boolean(metadata(event).and_then(|container| container.privileged))
}

fn host_pid<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    boolean(metadata(event).and_then(|container| container.host_pid))
}

fn host_network<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    boolean(metadata(event).and_then(|container| container.host_network))
}

fn host_ipc<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    boolean(metadata(event).and_then(|container| container.host_ipc))
}

fn start_of(event: &EventContext<'_>) -> Option<UnixNanos> {
    reference(event)?;
    let thread = event.thread?;
    if event.row.manner().has_told_facts_of_exec() {
        // A container that shares the host's namespace has no start of its own.
        return Some(thread.falco.pidns_start)
            .filter(|&start| start.is_known() && start != event.state.host().boot_epoch);
    }
    let start = thread.pidns_start.filter(|&start| start != 0);
    start.map(|start| event.realtime(start))
}

fn start<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    unsigned(start_of(event).map(|start| start.0))
}

fn duration<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    unsigned(start_of(event).map(|start| event.time().since(start)))
}

fn label<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    let name = key(argument).unwrap_or_default();
    string(metadata(event).and_then(|container| container.label(name)))
}

fn labels<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    join_labels(event, metadata(event), |container| {
        container.labels.as_ref()
    })
}

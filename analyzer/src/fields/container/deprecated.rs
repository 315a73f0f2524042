//! Fields that Falco still takes and never has a value for, since it no longer asks the Kubernetes API, nor runtimes for
//! health checks.

use falco_rules::{ArgumentKind, FieldArgument, FieldType, Value};

use crate::fields::EventContext;
use crate::fields::declare::{Field, field};

use FieldType::{Bool, Charbuf};

const DOC: &str = "Deprecated: always absent, as in Falco.";

const fn deprecated(name: &'static str) -> Field {
    field(name, Charbuf, nothing, DOC).always_absent()
}

const fn deprecated_bool(name: &'static str) -> Field {
    field(name, Bool, nothing, DOC).always_absent()
}

pub(super) const FIELDS: &[Field] = &[
    deprecated("k8s.rc.name"),
    deprecated("k8s.rc.id"),
    deprecated("k8s.rc.label").takes(ArgumentKind::KeyRequired),
    deprecated("k8s.rc.labels"),
    deprecated("k8s.svc.name"),
    deprecated("k8s.svc.id"),
    deprecated("k8s.svc.label").takes(ArgumentKind::KeyRequired),
    deprecated("k8s.svc.labels"),
    deprecated("k8s.ns.id"),
    deprecated("k8s.ns.label").takes(ArgumentKind::KeyRequired),
    deprecated("k8s.ns.labels"),
    deprecated("k8s.rs.name"),
    deprecated("k8s.rs.id"),
    deprecated("k8s.rs.label").takes(ArgumentKind::KeyRequired),
    deprecated("k8s.rs.labels"),
    deprecated("k8s.deployment.name"),
    deprecated("k8s.deployment.id"),
    deprecated("k8s.deployment.label").takes(ArgumentKind::KeyRequired),
    deprecated("k8s.deployment.labels"),
    deprecated("container.healthcheck"),
    deprecated("container.liveness_probe"),
    deprecated("container.readiness_probe"),
    deprecated_bool("proc.is_container_healthcheck"),
    deprecated_bool("proc.is_container_liveness_probe"),
    deprecated_bool("proc.is_container_readiness_probe"),
];

fn nothing<'e>(_: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Absent
}

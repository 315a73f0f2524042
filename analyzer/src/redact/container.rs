//! What a container runtime said, replaced: JSON that stays JSON.
//!
//! In: the JSON of a container, in the shape of Falco's plugin or any other. Out: the same document, with every text in it replaced; so are keys that the shape does not name.
//! What is no JSON, or is cut, is replaced as a text.

use serde_json::{Map, Value};

use super::text::Texts;

/// Keys of the shape, and labels that a reader asks for.
const KEYS: &[&str] = &[
    "container",
    "type",
    "id",
    "full_id",
    "said_by",
    "name",
    "image",
    "imageid",
    "imagerepo",
    "imagetag",
    "imagedigest",
    "privileged",
    "host_pid",
    "host_network",
    "host_ipc",
    "ip",
    "cni_json",
    "created_time",
    "is_pod_sandbox",
    "pod_sandbox_id",
    "labels",
    "pod_sandbox_labels",
    "Mounts",
    "Source",
    "Destination",
    "Mode",
    "RW",
    "Propagation",
    "truncated",
    "env",
    "port_mappings",
    "HostIp",
    "HostPort",
    "ContainerPort",
    "cpu_period",
    "cpu_quota",
    "cpu_shares",
    "cpuset_cpu_count",
    "memory_limit",
    "swap_limit",
    "size_rw_bytes",
    "metadata_deadline",
    "lookup_state",
    "User",
    "Healthcheck",
    "LivenessProbe",
    "ReadinessProbe",
    "exe",
    "args",
    "io.kubernetes.pod.name",
    "io.kubernetes.pod.namespace",
    "io.kubernetes.pod.uid",
    "io.kubernetes.container.name",
    "io.kubernetes.sandbox.id",
];

/// The longest document that is taken apart, in bytes; readers take no longer one either.
const READ_MAX: usize = 1 << 20;

/// What becomes of it.
pub(super) fn json(bytes: &[u8], texts: &mut Texts) -> Vec<u8> {
    let end = bytes.iter().rposition(|byte| *byte != 0);
    let (document, nuls) = bytes
        .split_at_checked(end.map_or(0, |end| end + 1))
        .unwrap_or((bytes, &[]));
    let parsed = (document.len() <= READ_MAX)
        .then(|| serde_json::from_slice::<Value>(document).ok())
        .flatten();
    match parsed {
        Some(parsed) => {
            let replaced = value(parsed, texts).to_string();
            [replaced.as_bytes(), nuls].concat()
        }
        None => texts.text(bytes),
    }
}

/// Serde bounds how deep documents are, and so this.
fn value(given: Value, texts: &mut Texts) -> Value {
    match given {
        Value::Null | Value::Bool(_) | Value::Number(_) => given,
        Value::String(text) => Value::String(nested(&text, texts)),
        Value::Array(values) => {
            let values = values.into_iter().map(|each| value(each, texts));
            Value::Array(values.collect())
        }
        Value::Object(members) => {
            let members = members.into_iter().map(|(key, each)| {
                let key = if KEYS.contains(&key.as_str()) {
                    key
                } else {
                    texts.string(&key)
                };
                (key, value(each, texts))
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

/// A text, which may be a document of its own: what a network plugin said.
fn nested(text: &str, texts: &mut Texts) -> String {
    let is_document = text.starts_with(['{', '[']);
    let parsed = is_document
        .then(|| serde_json::from_str::<Value>(text).ok())
        .flatten();
    match parsed {
        // Not taken apart again, so that a document cannot nest without end.
        Some(parsed) => flat(parsed, texts).to_string(),
        None => texts.string(text),
    }
}

fn flat(given: Value, texts: &mut Texts) -> Value {
    match given {
        Value::String(text) => Value::String(texts.string(&text)),
        Value::Array(values) => {
            let values = values.into_iter().map(|each| flat(each, texts));
            Value::Array(values.collect())
        }
        Value::Object(members) => {
            let members = members
                .into_iter()
                .map(|(key, each)| (texts.string(&key), flat(each, texts)));
            Value::Object(members.collect())
        }
        other => other,
    }
}

//! What is known of a container, and its JSON: the value of `container` events and of the rows of snapshots, in the shape of Falco's container plugin.
//!
//! Owns the shape and its reading: one object under `container`, whose parts are written by the recorder and asked for by the analyzer.
//! A value that is not known is left out; an empty one was said to be empty.
//! What a capture holds may be of any program: what does not parse, or is of another type, is not there.
//! How much of a runtime's words is kept is the recorder's business.

use std::collections::BTreeMap;

use falco_abi::container::Runtime;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

/// The longest JSON text that is read, in bytes: far above what runtimes say, far below what hurts.
const READ_MAX: usize = 1 << 20;

/// A mount.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Mount {
    /// Where on the host.
    #[serde(deserialize_with = "or_default")]
    pub source: String,
    /// Where in the container.
    #[serde(deserialize_with = "or_default")]
    pub destination: String,
    /// Mode, as the runtime spells it.
    #[serde(deserialize_with = "or_default")]
    pub mode: String,
    /// Whether it can be written.
    #[serde(rename = "RW", deserialize_with = "or_default")]
    pub is_writable: bool,
    /// Propagation.
    #[serde(deserialize_with = "or_default")]
    pub propagation: String,
}

/// Labels by name.
pub type Labels = BTreeMap<String, String>;

/// What is known of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// The runtime, by Falco's number.
    #[serde(
        rename = "type",
        serialize_with = "runtime_number",
        deserialize_with = "runtime"
    )]
    pub runtime: Runtime,
    /// The id as `container.id` shows it.
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    /// The id in full.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "or_default"
    )]
    pub full_id: Option<String>,
    /// Who said the rest: `cri`, `containerd`, `docker`, `podman`, `disk`, `cgroup`.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "or_default"
    )]
    pub said_by: Option<String>,
    /// Name.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "or_default"
    )]
    pub name: Option<String>,
    /// Image as it was asked for.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "or_default"
    )]
    pub image: Option<String>,
    /// Image id.
    #[serde(
        rename = "imageid",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "or_default"
    )]
    pub image_id: Option<String>,
    /// Image repository.
    #[serde(
        rename = "imagerepo",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "or_default"
    )]
    pub image_repository: Option<String>,
    /// Image tag.
    #[serde(
        rename = "imagetag",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "or_default"
    )]
    pub image_tag: Option<String>,
    /// Image digest.
    #[serde(
        rename = "imagedigest",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "or_default"
    )]
    pub image_digest: Option<String>,
    /// Whether it is privileged.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "or_default"
    )]
    pub privileged: Option<bool>,
    /// Whether it shares the host's pid namespace.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "or_default"
    )]
    pub host_pid: Option<bool>,
    /// Whether it shares the host's network namespace.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "or_default"
    )]
    pub host_network: Option<bool>,
    /// Whether it shares the host's ipc namespace.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "or_default"
    )]
    pub host_ipc: Option<bool>,
    /// Primary IPv4 address.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "or_default"
    )]
    pub ip: Option<String>,
    /// The network plugin's result, as JSON text.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "or_default"
    )]
    pub cni_json: Option<String>,
    /// When it was created, seconds since the epoch.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "or_default"
    )]
    pub created_time: Option<i64>,
    /// Whether it is a pod's sandbox itself.
    #[serde(deserialize_with = "or_default")]
    pub is_pod_sandbox: bool,
    /// The pod's sandbox, in full.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "or_default"
    )]
    pub pod_sandbox_id: Option<String>,
    /// Labels.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "labels")]
    pub labels: Option<Labels>,
    /// Labels of the pod's sandbox.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "labels")]
    pub pod_sandbox_labels: Option<Labels>,
    /// Mounts, in the runtime's order.
    #[serde(
        rename = "Mounts",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "mounts"
    )]
    pub mounts: Option<Vec<Mount>>,
    /// Whether something was left out to keep within the recorder's limits.
    #[serde(
        rename = "truncated",
        skip_serializing_if = "is_false",
        deserialize_with = "or_default"
    )]
    pub is_truncated: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    container: &'a Metadata,
}

impl Metadata {
    /// The JSON.
    pub fn to_json(&self) -> String {
        // Strings, numbers and maps with string keys always have a JSON form.
        serde_json::to_string(&Document { container: self }).unwrap_or_default()
    }

    /// Reads the JSON, with or without the NUL that ends strings in old captures. Nothing where no container is named.
    pub fn from_json(json: &[u8]) -> Option<Metadata> {
        let end = json.iter().rposition(|&byte| byte != 0)?;
        let json = json.get(..=end)?;
        if json.len() > READ_MAX {
            return None;
        }
        let document: Json = serde_json::from_slice(json).ok()?;
        let container = document.get("container").unwrap_or(&document);
        // An object without the one thing that says whose it is.
        container.get("id")?.as_str()?;
        Metadata::deserialize(container).ok()
    }

    /// A label's value.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.as_ref()?.get(name).map(String::as_str)
    }

    /// The value of a label of the pod's sandbox.
    pub fn pod_label(&self, name: &str) -> Option<&str> {
        let labels = self.pod_sandbox_labels.as_ref()?;
        labels.get(name).map(String::as_str)
    }

    /// The name of the pod that the container is part of.
    pub fn pod_name(&self) -> Option<&str> {
        self.kubelet_label(POD_NAME)
    }

    /// The namespace of the pod.
    pub fn pod_namespace(&self) -> Option<&str> {
        self.kubelet_label(POD_NAMESPACE)
    }

    /// The id of the pod.
    pub fn pod_uid(&self) -> Option<&str> {
        self.kubelet_label(POD_UID)
    }

    /// A label that kubelet puts on every container of a pod, or on the pod's sandbox.
    fn kubelet_label(&self, name: &str) -> Option<&str> {
        self.label(name).or_else(|| self.pod_label(name))
    }
}

/// Labels that kubelet puts on every container of a pod.
const POD_NAME: &str = "io.kubernetes.pod.name";
const POD_NAMESPACE: &str = "io.kubernetes.pod.namespace";
const POD_UID: &str = "io.kubernetes.pod.uid";

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn is_false(value: &bool) -> bool {
    !value
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn runtime_number<S: Serializer>(runtime: &Runtime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u32(runtime.number())
}

fn runtime<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Runtime, D::Error> {
    let number: Option<u64> = or_default(deserializer)?;
    let number = number.and_then(|number| u32::try_from(number).ok());
    Ok(number.map_or(Runtime::Unknown, Runtime::of_number))
}

/// A value, or none where another type stands in its place: one wrong part takes nothing else along.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let value = Json::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// The labels whose values are texts.
fn labels<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Labels>, D::Error> {
    let Json::Object(labels) = Json::deserialize(deserializer)? else {
        return Ok(None);
    };
    let texts = labels.into_iter().filter_map(|(name, value)| match value {
        Json::String(text) => Some((name, text)),
        _ => None,
    });
    Ok(Some(texts.collect()))
}

/// The mounts; what is no mount keeps its place, since mounts are asked for by number.
fn mounts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Mount>>, D::Error> {
    let Json::Array(mounts) = Json::deserialize(deserializer)? else {
        return Ok(None);
    };
    let mount = |mount: Json| {
        let object = Some(mount).filter(Json::is_object);
        let mount = object.and_then(|mount| serde_json::from_value(mount).ok());
        mount.unwrap_or_default()
    };
    Ok(Some(mounts.into_iter().map(mount).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Metadata {
        let some = |text: &str| Some(text.to_owned());
        Metadata {
            runtime: Runtime::Crio,
            id: "9dbcbd0c435f".into(),
            full_id: some("9dbcbd0c435f00"),
            said_by: some("cri"),
            name: some("web"),
            image: some("a/b:1"),
            image_id: some("id"),
            image_repository: some("a/b"),
            image_tag: some(""),
            image_digest: some("sha256:0"),
            privileged: Some(true),
            host_pid: Some(false),
            host_network: Some(true),
            host_ipc: Some(false),
            ip: some("10.0.0.1"),
            cni_json: some("{}"),
            created_time: Some(-1),
            is_pod_sandbox: true,
            pod_sandbox_id: some("pod"),
            labels: Some(Labels::from([("a".into(), "1".into())])),
            pod_sandbox_labels: Some(Labels::new()),
            mounts: Some(vec![Mount {
                source: "/etc".into(),
                destination: "/host/etc".into(),
                mode: "ro".into(),
                is_writable: true,
                propagation: "private".into(),
            }]),
            is_truncated: true,
        }
    }

    #[test]
    fn the_shape_is_the_plugins() {
        let check = |metadata: Metadata, expected: &str| {
            let json = metadata.to_json();
            assert_eq!(json, expected);
            assert_eq!(Metadata::from_json(json.as_bytes()), Some(metadata));
        };
        check(
            whole(),
            concat!(
                r#"{"container":{"type":8,"id":"9dbcbd0c435f","full_id":"9dbcbd0c435f00","said_by":"cri","#,
                r#""name":"web","image":"a/b:1","imageid":"id","imagerepo":"a/b","imagetag":"","imagedigest":"sha256:0","#,
                r#""privileged":true,"host_pid":false,"host_network":true,"host_ipc":false,"ip":"10.0.0.1","cni_json":"{}","#,
                r#""created_time":-1,"is_pod_sandbox":true,"pod_sandbox_id":"pod","labels":{"a":"1"},"pod_sandbox_labels":{},"#,
                r#""Mounts":[{"Source":"/etc","Destination":"/host/etc","Mode":"ro","RW":true,"Propagation":"private"}],"truncated":true}}"#,
            ),
        );
        let id = "web".to_owned();
        let unknown = Metadata {
            id,
            ..Metadata::default()
        };
        let json = r#"{"container":{"type":65535,"id":"web","is_pod_sandbox":false}}"#;
        check(unknown, json);
    }

    #[test]
    fn a_part_of_another_type_takes_nothing_else_along() {
        let Ok(Json::Object(document)) = serde_json::from_str(&whole().to_json()) else {
            panic!("an object")
        };
        let honest = document["container"].clone();
        let names: Vec<String> = honest
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect();
        for name in names.iter().filter(|name| *name != "id") {
            for other in [Json::Null, 1.5.into(), Json::from(vec!["x", "y"])] {
                let mut spoilt = honest.clone();
                spoilt[name] = other;
                let bytes = spoilt.to_string();
                let read = Metadata::from_json(bytes.as_bytes()).expect("a container");
                let written: Json = serde_json::from_str(&read.to_json()).expect("JSON");
                for kept in names.iter().filter(|kept| *kept != name) {
                    assert_eq!(
                        written["container"][kept], honest[kept],
                        "{name} and {kept}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_no_container_is_refused() {
        let check = |json: &str, expected: Option<&str>| {
            let read = Metadata::from_json(json.as_bytes());
            assert_eq!(
                read.as_ref().map(|read| read.id.as_str()),
                expected,
                "{json:?}"
            );
        };
        for json in ["", "\0", "not json", "{}", "[1]", r#"["a"]"#, "7", "null"] {
            check(json, None);
        }
        check(r#"{"container":{"id":4}}"#, None);
        check(r#"{"container":["a","b","c"]}"#, None);
        check(r#"{"id":"a"}"#, Some("a"));
        check("{\"id\":\"a\"}\0", Some("a"));
        check(r#"{"container":{"id":"a","id":"b"}}"#, Some("b"));
        check(&format!("{{\"id\":\"{}\"}}", "x".repeat(READ_MAX)), None);
    }

    #[test]
    fn runtimes_labels_and_mounts_of_others() {
        let read = |json: &str| Metadata::from_json(json.as_bytes()).expect("a container");
        assert_eq!(read(r#"{"id":"a","type":7}"#).runtime, Runtime::Containerd);
        for number in ["4", "-1", "7.0", "4294967303", "null", "\"7\"", "[7]"] {
            let json = format!("{{\"id\":\"a\",\"type\":{number}}}");
            assert_eq!(read(&json).runtime, Runtime::Unknown, "{number}");
        }
        let labels = read(r#"{"id":"a","labels":{"b":"2","a":"1","n":3}}"#);
        assert_eq!(labels.labels.as_ref().map(Labels::len), Some(2));
        assert_eq!((labels.label("b"), labels.label("n")), (Some("2"), None));
        let mounts = read(r#"{"id":"a","Mounts":[7,["x"],{"Source":"/s","RW":"yes"}]}"#);
        let mounts = mounts.mounts.expect("mounts");
        assert_eq!(mounts.len(), 3);
        assert_eq!(
            (mounts[1].source.as_str(), mounts[2].source.as_str()),
            ("", "/s")
        );
    }
}

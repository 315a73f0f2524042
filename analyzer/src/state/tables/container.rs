//! One container, as runtimes tell it: image, name, mounts, labels.
//!
//! The JSON is that of Falco's container plugin: one object under `container`.
//! It is text from a capture: what does not parse, or is of another type, is not there.

use serde_json::Value as Json;

use super::cgroup::ContainerRef;
use super::text::Text;

/// The longest JSON text read, bytes: far above what runtimes say, far below what hurts.
const JSON_MAX: usize = 1 << 20;

/// A mount of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerMount {
    /// Where on the host.
    pub source: String,
    /// Where in the container.
    pub destination: String,
    /// Mode, as the runtime spells it.
    pub mode: String,
    /// Whether it can be written.
    pub writable: bool,
    /// Propagation.
    pub propagation: String,
}

/// A container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// Its ids, and the runtime that it was said to be of.
    pub reference: ContainerRef,
    /// The id in full.
    pub full_id: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Image as it was asked for.
    pub image: Option<String>,
    /// Image id.
    pub image_id: Option<String>,
    /// Image repository.
    pub image_repository: Option<String>,
    /// Image tag.
    pub image_tag: Option<String>,
    /// Image digest.
    pub image_digest: Option<String>,
    /// Whether it is privileged.
    pub privileged: Option<bool>,
    /// Whether it runs in the host's pid namespace.
    pub host_pid: Option<bool>,
    /// Whether it runs in the host's network namespace.
    pub host_network: Option<bool>,
    /// Whether it runs in the host's ipc namespace.
    pub host_ipc: Option<bool>,
    /// Primary IPv4 address.
    pub ip: Option<String>,
    /// Result of the network plugin, as JSON text.
    pub cni_json: Option<String>,
    /// The pod sandbox, in full.
    pub sandbox_id: Option<String>,
    /// Mounts, in the runtime's order.
    pub mounts: Option<Vec<ContainerMount>>,
    /// Labels, sorted.
    pub labels: Vec<(String, String)>,
    /// Labels of the pod sandbox, sorted.
    pub pod_labels: Vec<(String, String)>,
}

impl Container {
    /// A label's value.
    pub fn label(&self, name: &str) -> Option<&str> {
        find(&self.labels, name)
    }

    /// A pod label's value.
    pub fn pod_label(&self, name: &str) -> Option<&str> {
        find(&self.pod_labels, name)
    }
}

fn find<'a>(labels: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let label = labels.iter().find(|(key, _)| key == name);
    label.map(|(_, value)| value.as_str())
}

/// Reads what a runtime said: the id that `container.id` shows, and the rest.
pub(in crate::state) fn parse(json: &[u8]) -> Option<(Text, Container)> {
    // Old captures end their strings with a NUL.
    let end = json.iter().rposition(|&byte| byte != 0)?;
    let json = json.get(..=end)?;
    if json.len() > JSON_MAX {
        return None;
    }
    let document: Json = serde_json::from_slice(json).ok()?;
    let root = document.get("container").unwrap_or(&document);
    let id: Text = root.get("id")?.as_str()?.as_bytes().into();
    let string = |key: &str| root.get(key).and_then(Json::as_str).map(str::to_owned);
    let boolean = |key: &str| root.get(key).and_then(Json::as_bool);
    let full_id = string("full_id");
    let container = Container {
        reference: ContainerRef {
            id: id.clone(),
            full_id: full_id
                .as_ref()
                .map_or(id.clone(), |id| id.as_bytes().into()),
            runtime: runtime(root.get("type")),
        },
        full_id,
        name: string("name"),
        image: string("image"),
        image_id: string("imageid"),
        image_repository: string("imagerepo"),
        image_tag: string("imagetag"),
        image_digest: string("imagedigest"),
        privileged: boolean("privileged"),
        host_pid: boolean("host_pid"),
        host_network: boolean("host_network"),
        host_ipc: boolean("host_ipc"),
        ip: string("ip"),
        cni_json: string("cni_json"),
        sandbox_id: string("pod_sandbox_id"),
        mounts: root
            .get("Mounts")
            .and_then(Json::as_array)
            .map(|list| mounts(list)),
        labels: labels(root.get("labels")),
        pod_labels: labels(root.get("pod_sandbox_labels")),
    };
    Some((id, container))
}

/// The runtimes by the plugin's numbers.
fn runtime(number: Option<&Json>) -> &'static str {
    match number.and_then(Json::as_u64) {
        Some(0) => "docker",
        Some(1) => "lxc",
        Some(2) => "libvirt-lxc",
        Some(6) => "cri",
        Some(7) => "containerd",
        Some(8) => "cri-o",
        Some(9) => "bpm",
        Some(11) => "podman",
        _ => "",
    }
}

fn mounts(list: &[Json]) -> Vec<ContainerMount> {
    let string = |mount: &Json, key: &str| {
        let text = mount.get(key).and_then(Json::as_str);
        text.unwrap_or_default().to_owned()
    };
    let mount = |mount: &Json| ContainerMount {
        source: string(mount, "Source"),
        destination: string(mount, "Destination"),
        mode: string(mount, "Mode"),
        writable: mount.get("RW").and_then(Json::as_bool).unwrap_or(false),
        propagation: string(mount, "Propagation"),
    };
    list.iter().map(mount).collect()
}

fn labels(object: Option<&Json>) -> Vec<(String, String)> {
    let Some(object) = object.and_then(Json::as_object) else {
        return Vec::new();
    };
    let mut labels: Vec<(String, String)> = object
        .iter()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect();
    labels.sort();
    labels
}

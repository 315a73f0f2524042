//! The configuration of a container by the OCI's runtime specification, as `config.json` in its bundle and as containerd keeps it.
//!
//! JSON in, the facts it tells into a [`Metadata`]; image and name are told by annotations alone, where a runtime wrote them.

use falco_format::container::{Labels, Metadata, Mount};
use serde_json::Value as Json;

use super::error::AskError;
use super::json;
use super::metadata::{cut, mounts, repository_and_tag};

/// A configuration.
#[derive(Debug)]
pub(super) struct Spec {
    json: Json,
    annotations: Labels,
}

/// The namespaces of the host's first process, by their kind's name in /proc.
const HOST_NAMESPACES: &str = "/proc/1/ns/";

/// The annotations that tell a name, in the order in which they are looked for; so with the others.
const NAME: &[&str] = &[
    "io.kubernetes.cri.container-name",
    "io.kubernetes.container.name",
];
/// The image.
const IMAGE: &[&str] = &[
    "io.kubernetes.cri.image-name",
    "io.kubernetes.cri-o.ImageName",
    "io.kubernetes.cri-o.Image",
];
/// The pod's sandbox.
const SANDBOX: &[&str] = &[
    "io.kubernetes.cri.sandbox-id",
    "io.kubernetes.cri-o.SandboxID",
];
/// Whether it is a sandbox itself.
const KIND: &[&str] = &[
    "io.kubernetes.cri.container-type",
    "io.kubernetes.cri-o.ContainerType",
];
/// The labels that tell a pod, and the annotations they are taken from.
const POD: [(&str, &[&str]); 3] = [
    (
        "io.kubernetes.pod.name",
        &["io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"],
    ),
    (
        "io.kubernetes.pod.namespace",
        &[
            "io.kubernetes.cri.sandbox-namespace",
            "io.kubernetes.pod.namespace",
        ],
    ),
    (
        "io.kubernetes.pod.uid",
        &["io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid"],
    ),
];

impl Spec {
    /// Parses a configuration.
    pub(super) fn parse(json: &[u8]) -> Result<Spec, AskError> {
        let json = json::parse(json)?;
        if !json.is_object() {
            return Err(AskError::Malformed("not an OCI configuration"));
        }
        let annotations = json::labels(&json, "/annotations");
        Ok(Spec { json, annotations })
    }

    /// Adds what the configuration tells.
    pub(super) fn tell(&self, metadata: &mut Metadata) {
        metadata.privileged = Some(self.is_privileged());
        metadata.host_pid = Some(self.shares("pid"));
        metadata.host_network = Some(self.shares("network"));
        metadata.host_ipc = Some(self.shares("ipc"));
        metadata.mounts = Some(self.mounts());
    }

    /// An annotation's text, if it is there and not empty.
    fn annotation(&self, names: &[&str]) -> Option<String> {
        let found = names.iter().find_map(|name| self.annotations.get(*name));
        found.filter(|text| !text.is_empty()).cloned()
    }

    /// Adds what the annotations tell: those that Kubernetes' runtimes write, and the kubelet's through them.
    pub(super) fn tell_annotations(&self, metadata: &mut Metadata) {
        metadata.name = metadata.name.take().or_else(|| self.annotation(NAME));
        if metadata.image.is_none()
            && let Some(image) = self.annotation(IMAGE)
        {
            tell_image(metadata, image);
        }
        metadata.pod_sandbox_id = metadata
            .pod_sandbox_id
            .take()
            .or_else(|| self.annotation(SANDBOX));
        metadata.is_pod_sandbox |= self.annotation(KIND).as_deref() == Some("sandbox");
        let mut labels = metadata.labels.take().unwrap_or_default();
        for (label, names) in POD {
            if let Some(text) = self.annotation(names) {
                labels.entry(label.to_owned()).or_insert(text);
            }
        }
        metadata.labels = (!labels.is_empty()).then_some(labels);
    }

    /// A mount with the specification's propagation: that of the root, as Falco tells it.
    fn mounts(&self) -> Vec<Mount> {
        let mut propagation = json::text_or_empty(&self.json, "/linux/rootfsPropagation");
        // Each mount takes it over.
        cut(&mut propagation);
        let mount = |mount: &Json| Mount {
            source: json::text_or_empty(mount, "/source"),
            destination: json::text_or_empty(mount, "/destination"),
            mode: options(mount)
                .filter_map(|option| option.strip_prefix("mode="))
                .last()
                .unwrap_or_default()
                .to_owned(),
            is_writable: !is_read_only(mount),
            propagation: propagation.clone(),
        };
        mounts(json::list(&self.json, "/mounts"), mount)
    }

    /// Whether a container has the host's namespace of a kind: where it gets none of its own, or is given that of the host's first process.
    fn shares(&self, kind: &str) -> bool {
        let own = json::list(&self.json, "/linux/namespaces")
            .iter()
            .find(|namespace| json::text(namespace, "/type") == Some(kind));
        own.is_none_or(|own| {
            json::text(own, "/path").is_some_and(|path| path.starts_with(HOST_NAMESPACES))
        })
    }

    /// Whether nothing of what usually confines a container confines this one. No configuration says it outright; Falco infers it the same way.
    fn is_privileged(&self) -> bool {
        let is_confined = [
            "/linux/maskedPaths",
            "/linux/readonlyPaths",
            "/linux/seccomp",
        ]
        .iter()
        .any(|place| json::is_set(&self.json, place));
        let label = json::text_or_empty(&self.json, "/process/selinuxLabel");
        let profile = json::text_or_empty(&self.json, "/process/apparmorProfile");
        let is_labelled = !label.is_empty() || !matches!(profile.as_str(), "" | "unconfined");
        let has_read_only_system = json::list(&self.json, "/mounts").iter().any(|mount| {
            let kind = json::text(mount, "/type");
            matches!(kind, Some("sysfs" | "cgroup")) && is_read_only(mount)
        });
        !is_confined && !is_labelled && !has_read_only_system
    }
}

fn options(mount: &Json) -> impl Iterator<Item = &str> {
    json::list(mount, "/options")
        .iter()
        .filter_map(Json::as_str)
}

fn is_read_only(mount: &Json) -> bool {
    options(mount).any(|option| option == "ro")
}

/// Sets an image's name and its parts.
pub(super) fn tell_image(metadata: &mut Metadata, image: String) {
    let (repository, tag) = repository_and_tag(&image);
    metadata.image = Some(image);
    metadata.image_repository = Some(repository);
    metadata.image_tag = Some(tag);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(json: &str) -> Metadata {
        let spec = Spec::parse(json.as_bytes()).expect("a configuration");
        let mut metadata = Metadata::default();
        spec.tell(&mut metadata);
        spec.tell_annotations(&mut metadata);
        metadata
    }

    #[test]
    fn a_confined_container() {
        let metadata = told(
            r#"{"process":{"apparmorProfile":"cri-containerd.apparmor.d"},
            "mounts":[{"destination":"/sys","type":"sysfs","source":"sysfs","options":["nosuid","ro"]},
                      {"destination":"/data","type":"bind","source":"/srv","options":["rbind","mode=0755"]}],
            "annotations":{"io.kubernetes.cri.container-name":"web","io.kubernetes.cri.image-name":"docker.io/library/nginx:1",
              "io.kubernetes.cri.sandbox-id":"abc","io.kubernetes.cri.sandbox-name":"shop-0","io.kubernetes.cri.container-type":"container"},
            "linux":{"namespaces":[{"type":"pid"},{"type":"ipc","path":"/proc/77/ns/ipc"}],"maskedPaths":["/proc/kcore"],"rootfsPropagation":"rslave"}}"#,
        );
        assert_eq!(metadata.privileged, Some(false));
        assert_eq!(
            (metadata.host_pid, metadata.host_network, metadata.host_ipc),
            (Some(false), Some(true), Some(false))
        );
        let mounts = metadata.mounts.expect("mounts");
        assert!(!mounts[0].is_writable && mounts[1].is_writable);
        assert_eq!(
            (mounts[1].mode.as_str(), mounts[1].propagation.as_str()),
            ("0755", "rslave")
        );
        assert_eq!(metadata.name.as_deref(), Some("web"));
        assert_eq!(metadata.image_tag.as_deref(), Some("1"));
        assert_eq!(metadata.pod_sandbox_id.as_deref(), Some("abc"));
        assert!(!metadata.is_pod_sandbox);
        let labels = metadata.labels.expect("labels");
        assert_eq!(labels["io.kubernetes.pod.name"], "shop-0");
    }

    #[test]
    fn a_privileged_one_and_an_empty_one() {
        let metadata = told(
            r#"{"linux":{"namespaces":[{"type":"pid","path":"/proc/1/ns/pid"},{"type":"network"}]}}"#,
        );
        assert_eq!(metadata.privileged, Some(true));
        assert_eq!(
            (metadata.host_pid, metadata.host_network),
            (Some(true), Some(false))
        );
        assert_eq!((metadata.name, metadata.labels), (None, None));
    }

    #[test]
    fn a_long_text_in_a_configuration_is_not_multiplied() {
        // Made naively, this megabyte would become half a terabyte.
        let long = "x".repeat(1 << 19);
        let mounts = vec!["0"; 1 << 18].join(",");
        let metadata = told(&format!(
            r#"{{"mounts":[{mounts}],"linux":{{"rootfsPropagation":"{long}"}}}}"#
        ));
        let mounts = metadata.mounts.expect("mounts");
        let bytes: usize = mounts.iter().map(|mount| mount.propagation.len()).sum();
        assert!(bytes <= 2 << 20, "{bytes}");
    }

    #[test]
    fn what_is_none_is_refused() {
        for json in ["", "[", "7", "[]", "null"] {
            assert!(Spec::parse(json.as_bytes()).is_err(), "{json}");
        }
    }
}

//! Asking a runtime by Kubernetes' Container Runtime Interface: containerd and CRI-O.
//!
//! An id in, a [`Metadata`] out; three calls for a container, one more for a pod's sandbox itself.

use std::path::Path;
use std::time::Duration;

use falco_abi::container::Runtime;
use falco_format::container::{Labels, Metadata, Mount};
use serde_json::Value as Json;

use super::error::AskError;
use super::grpc::{Call, call};
use super::json;
use super::messages::{
    ContainerFilter, ContainerStatus, ContainerStatusResponse, ListContainersRequest,
    ListContainersResponse, Nothing, PodNetwork, PodSandboxStatusResponse, RuntimeMount,
    RuntimeVersion, StatusRequest,
};
use super::metadata::{CNI_MAX, mounts};
use super::oci::tell_image;
use super::subject::Subject;

/// The versions of the interface, the current one first.
const SERVICES: [&str; 2] = [
    "runtime.v1.RuntimeService",
    "runtime.v1alpha2.RuntimeService",
];
/// `NamespaceMode.NODE`: the host's.
const NODE: i32 = 2;

/// A question to the service.
fn ask<Question, Answer>(
    socket: &Path,
    method: &str,
    message: Question,
    time: Duration,
) -> Result<Answer, AskError>
where
    Question: prost::Message + Clone + 'static,
    Answer: prost::Message + Default + 'static,
{
    let mut result = Err(AskError::NotOffered);
    for service in SERVICES {
        let one = Call {
            method: &format!("/{service}/{method}"),
            metadata: None,
            message: message.clone(),
        };
        result = call(socket, one, time);
        if !matches!(result, Err(AskError::NotOffered)) {
            break;
        }
    }
    result
}

/// The runtime's name and version.
pub(super) fn version(socket: &Path, time: Duration) -> Result<String, AskError> {
    let answer: RuntimeVersion = ask(socket, "Version", Nothing {}, time)?;
    Ok(format!("{} {}", answer.name, answer.version))
}

/// What the runtime knows of a container, or of a sandbox.
pub(super) fn container(
    socket: &Path,
    subject: &Subject,
    time: Duration,
) -> Result<Metadata, AskError> {
    let id = &subject.full_id;
    let filter = Some(ContainerFilter { id: id.clone() });
    let request = ListContainersRequest { filter };
    let answer: ListContainersResponse = ask(socket, "ListContainers", request, time)?;
    let mut listed = answer.containers.into_iter();
    let Some(listed) = listed.find(|container| container.id == *id) else {
        return sandbox_alone(socket, subject, time);
    };
    let answer: ContainerStatusResponse = ask(socket, "ContainerStatus", verbose(id), time)?;
    let sandbox_id = listed.pod_sandbox_id;
    let mut metadata = subject.metadata("cri");
    metadata.runtime = runtime(subject);
    metadata.pod_sandbox_id = Some(sandbox_id.clone());
    let status = answer.status.unwrap_or_default();
    tell_container(&mut metadata, &status, &Info::of(&answer.info));
    // The pod may be gone before its container; then its own words are missing and the container's are not.
    let sandbox = sandbox(socket, &sandbox_id, time).unwrap_or_default();
    tell_sandbox(&mut metadata, &sandbox, &sandbox_id);
    Ok(metadata)
}

fn verbose(id: &str) -> StatusRequest {
    StatusRequest {
        id: id.to_owned(),
        verbose: true,
    }
}

fn runtime(subject: &Subject) -> Runtime {
    match subject.runtime {
        Runtime::Containerd => Runtime::Containerd,
        Runtime::Crio => Runtime::Crio,
        _ => Runtime::Cri,
    }
}

fn sandbox(socket: &Path, id: &str, time: Duration) -> Result<PodSandboxStatusResponse, AskError> {
    ask(socket, "PodSandboxStatus", verbose(id), time)
}

/// A sandbox has neither image nor mounts of its own worth telling, but it has a pod.
fn sandbox_alone(socket: &Path, subject: &Subject, time: Duration) -> Result<Metadata, AskError> {
    let answer = sandbox(socket, &subject.full_id, time)?;
    let mut metadata = subject.metadata("cri");
    metadata.runtime = runtime(subject);
    metadata.is_pod_sandbox = true;
    metadata.pod_sandbox_id = Some(subject.full_id.clone());
    tell_sandbox(&mut metadata, &answer, &subject.full_id);
    Ok(metadata)
}

/// What a verbose answer adds as JSON; runtimes differ in it, and none promises it.
#[derive(Debug, Default)]
struct Info {
    json: Json,
    annotations: Labels,
}

impl Info {
    fn of(info: &Labels) -> Info {
        let text = info.get("info");
        let json = text.and_then(|text| json::parse(text.as_bytes()).ok());
        let json = json.unwrap_or_default();
        let annotations = json::labels(&json, "/runtimeSpec/annotations");
        Info { json, annotations }
    }

    fn is_privileged(&self) -> bool {
        ["/config/linux/security_context/privileged", "/privileged"]
            .iter()
            .find_map(|place| json::truth(&self.json, place))
            .unwrap_or(false)
    }

    fn annotation(&self, names: &[&str]) -> Option<&String> {
        names.iter().find_map(|name| self.annotations.get(*name))
    }
}

/// Tells what both answers hold, for tests of what hostile ones do.
#[cfg(test)]
pub(super) fn tell(
    metadata: &mut Metadata,
    container: &ContainerStatusResponse,
    sandbox: &PodSandboxStatusResponse,
) {
    let status = container.status.clone().unwrap_or_default();
    tell_container(metadata, &status, &Info::of(&container.info));
    tell_sandbox(metadata, sandbox, "sandbox");
}

fn tell_container(metadata: &mut Metadata, status: &ContainerStatus, info: &Info) {
    let name = status.metadata.clone().unwrap_or_default();
    metadata.name = Some(name.name);
    metadata.created_time = Some(status.created_at / 1_000_000_000);
    metadata.labels = Some(status.labels.clone());
    metadata.privileged = Some(info.is_privileged());
    let mount = |mount: &RuntimeMount| Mount {
        source: mount.host_path.clone(),
        destination: mount.container_path.clone(),
        mode: String::new(),
        is_writable: !mount.readonly,
        propagation: match mount.propagation {
            0 => "private",
            1 => "rslave",
            2 => "rshared",
            _ => "unknown",
        }
        .to_owned(),
    };
    metadata.mounts = Some(mounts(&status.mounts, mount));
    tell_status_image(metadata, status, info);
}

/// The image by the status: `image_ref` is `NAME@sha256:…` or `sha256:…`, the name may be an id.
fn tell_status_image(metadata: &mut Metadata, status: &ContainerStatus, info: &Info) {
    const NAMES: &[&str] = &[
        "io.kubernetes.cri.image-name",
        "io.kubernetes.cri-o.Image",
        "io.kubernetes.cri-o.ImageName",
    ];
    let mut name = status.image.clone().unwrap_or_default().image;
    let reference = &status.image_ref;
    let digest = match reference.split_once('@') {
        Some((_, digest)) => digest,
        None => reference,
    };
    let is_id = |text: &str| text.is_empty() || text.starts_with("sha256");
    if is_id(&name) {
        name = match (info.annotation(NAMES), reference.split_once('@')) {
            (Some(name), _) => name.clone(),
            (None, Some((repository, _))) => repository.to_owned(),
            (None, None) => name,
        };
    }
    if digest.starts_with("sha256:") {
        metadata.image_digest = Some(digest.to_owned());
    } else {
        metadata.image_digest = Some(String::new());
    }
    let asked = json::text_or_empty(&info.json, "/config/image/image");
    let id = if asked.is_empty() {
        status.image_id.clone()
    } else {
        asked
    };
    let id = id.strip_prefix("sha256:").unwrap_or(&id);
    metadata.image_id = Some(id.to_owned());
    tell_image(metadata, name);
}

fn tell_sandbox(metadata: &mut Metadata, answer: &PodSandboxStatusResponse, sandbox_id: &str) {
    let labels = metadata.labels.get_or_insert_default();
    labels.insert("io.kubernetes.sandbox.id".into(), sandbox_id.to_owned());
    let Some(status) = &answer.status else {
        return;
    };
    if let Some(pod) = &status.metadata {
        for (label, text) in [
            ("io.kubernetes.pod.name", &pod.name),
            ("io.kubernetes.pod.uid", &pod.uid),
            ("io.kubernetes.pod.namespace", &pod.namespace),
        ] {
            labels.insert(label.to_owned(), text.clone());
        }
    }
    metadata.pod_sandbox_labels = Some(status.labels.clone());
    metadata.ip = Some(status.network.as_ref().map(address).unwrap_or_default());
    metadata.cni_json = Some(network_result(&Info::of(&answer.info)));
    let namespaces = status.linux.as_ref();
    let namespaces = namespaces.and_then(|linux| linux.namespaces.as_ref());
    let options = namespaces.and_then(|namespaces| namespaces.options.clone());
    let options = options.unwrap_or_default();
    metadata.host_network = Some(options.network == NODE);
    metadata.host_pid = Some(options.pid == NODE);
    metadata.host_ipc = Some(options.ipc == NODE);
}

/// The first IPv4 address of a pod.
fn address(network: &PodNetwork) -> String {
    let more = network.additional.iter().map(|address| &address.ip);
    std::iter::once(&network.ip)
        .chain(more)
        .find(|address| address.parse::<std::net::Ipv4Addr>().is_ok())
        .cloned()
        .unwrap_or_default()
}

/// The interfaces that the network plugin made, without the loopback and the host's ends; CRI-O has the whole as an annotation.
fn network_result(info: &Info) -> String {
    if let Some(text) = info.annotation(&["io.kubernetes.cri-o.CNIResult"]) {
        return cut(text.clone());
    }
    let interfaces = ["/cniResult/Interfaces", "/cniResult/interfaces"]
        .iter()
        .find_map(|place| info.json.pointer(place));
    let Some(Json::Object(interfaces)) = interfaces else {
        return String::new();
    };
    let kept: serde_json::Map<String, Json> = interfaces
        .iter()
        .filter(|(name, _)| *name != "lo" && !name.starts_with("veth"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if kept.is_empty() {
        return String::new();
    }
    cut(Json::Object(kept).to_string())
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(CNI_MAX));
    text
}

#[cfg(test)]
mod tests {
    use super::super::messages::{
        ContainerName, ImageSpec, LinuxPod, NamespaceOption, PodAddress, PodName, PodNamespaces,
        PodSandboxStatus,
    };
    use super::*;

    fn told(image: &str, reference: &str, info: &str) -> Metadata {
        let status = ContainerStatus {
            metadata: Some(ContainerName { name: "web".into() }),
            created_at: 1_700_000_000_999_999_999,
            image: Some(ImageSpec {
                image: image.into(),
            }),
            image_ref: reference.into(),
            labels: Labels::from([("app".into(), "shop".into())]),
            mounts: vec![RuntimeMount {
                container_path: "/data".into(),
                host_path: "/srv".into(),
                readonly: true,
                propagation: 2,
            }],
            image_id: "sha256:00ff".into(),
        };
        let info = Labels::from([("info".into(), info.into())]);
        let mut metadata = Metadata::default();
        tell_container(&mut metadata, &status, &Info::of(&info));
        metadata
    }

    #[test]
    fn a_containers_status() {
        let info = r#"{"config":{"image":{"image":"sha256:abcd"},"linux":{"security_context":{"privileged":true}}}}"#;
        let metadata = told("docker.io/a/b:1", "docker.io/a/b@sha256:77", info);
        assert_eq!(metadata.name.as_deref(), Some("web"));
        assert_eq!(metadata.created_time, Some(1_700_000_000));
        assert_eq!(metadata.privileged, Some(true));
        assert_eq!(metadata.image_id.as_deref(), Some("abcd"));
        assert_eq!(metadata.labels.expect("labels")["app"], "shop");
        let mounts = metadata.mounts.expect("mounts");
        assert!(!mounts[0].is_writable);
        assert_eq!(mounts[0].propagation, "rshared");
    }

    #[track_caller]
    fn check_image(image: &str, reference: &str, info: &str, expected: [&str; 4]) {
        let metadata = told(image, reference, info);
        let found = [
            metadata.image_repository,
            metadata.image_tag,
            metadata.image_digest,
            metadata.image_id,
        ];
        assert_eq!(found.map(Option::unwrap_or_default), expected);
    }

    #[test]
    fn images() {
        let digest = "docker.io/a/b@sha256:77";
        check_image(
            "docker.io/a/b:1",
            digest,
            "{}",
            ["docker.io/a/b", "1", "sha256:77", "00ff"],
        );
        check_image(
            "sha256:abc",
            digest,
            "broken",
            ["docker.io/a/b", "", "sha256:77", "00ff"],
        );
        let annotated =
            r#"{"runtimeSpec":{"annotations":{"io.kubernetes.cri-o.ImageName":"q.io/x/y:2"}}}"#;
        check_image(
            "",
            "sha256:88",
            annotated,
            ["q.io/x/y", "2", "sha256:88", "00ff"],
        );
    }

    #[test]
    fn a_sandbox() {
        let interfaces = r#"{"cniResult":{"Interfaces":{"lo":{},"eth0":{"IPConfigs":[{"IP":"10.0.0.7"}]},"veth12":{}}}}"#;
        let options = NamespaceOption {
            network: NODE,
            pid: 0,
            ipc: 1,
        };
        let namespaces = PodNamespaces {
            options: Some(options),
        };
        let status = PodSandboxStatus {
            metadata: Some(PodName {
                name: "shop-0".into(),
                uid: "u-1".into(),
                namespace: "prod".into(),
            }),
            network: Some(PodNetwork {
                ip: "fd00::1".into(),
                additional: vec![PodAddress {
                    ip: "10.0.0.7".into(),
                }],
            }),
            linux: Some(LinuxPod {
                namespaces: Some(namespaces),
            }),
            labels: Labels::from([("tier".into(), "web".into())]),
        };
        let answer = PodSandboxStatusResponse {
            status: Some(status),
            info: Labels::from([("info".into(), interfaces.into())]),
        };
        let mut metadata = Metadata::default();
        tell_sandbox(&mut metadata, &answer, "abc");
        assert_eq!(metadata.ip.as_deref(), Some("10.0.0.7"));
        assert_eq!(
            (metadata.host_network, metadata.host_pid, metadata.host_ipc),
            (Some(true), Some(false), Some(false))
        );
        let labels = metadata.labels.expect("labels");
        assert_eq!(labels["io.kubernetes.pod.namespace"], "prod");
        assert_eq!(labels["io.kubernetes.sandbox.id"], "abc");
        assert_eq!(
            metadata.cni_json.as_deref(),
            Some(r#"{"eth0":{"IPConfigs":[{"IP":"10.0.0.7"}]}}"#)
        );
    }
}

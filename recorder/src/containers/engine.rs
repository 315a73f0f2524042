//! Asking docker and podman: an inspection over HTTP, alike in both.
//!
//! An id in, a [`Metadata`] out. Environments and commands stand in the answers too, and are not taken.

use std::path::Path;
use std::time::Duration;

use falco_abi::container::Runtime;
use falco_format::container::{Metadata, Mount};
use serde_json::Value as Json;

use super::error::AskError;
use super::http;
use super::json::{self, labels, list, text, text_or_empty, truth};
use super::metadata::mounts;
use super::oci::tell_image;
use super::subject::Subject;

/// Podman's addresses carry a version; every podman since 2021 serves this one.
const PODMAN: &str = "/v4.0.0/libpod";

/// Docker's version.
pub(super) fn docker_version(socket: &Path, time: Duration) -> Result<String, AskError> {
    let answer = json::parse(&http::get(socket, "/version", time)?)?;
    Ok(text_or_empty(&answer, "/Version"))
}

/// Podman's version.
pub(super) fn podman_version(socket: &Path, time: Duration) -> Result<String, AskError> {
    let answer = json::parse(&http::get(socket, &format!("{PODMAN}/version"), time)?)?;
    Ok(text_or_empty(&answer, "/Version"))
}

/// What docker knows of a container.
pub(super) fn docker(
    socket: &Path,
    subject: &Subject,
    time: Duration,
) -> Result<Metadata, AskError> {
    let id = &subject.full_id;
    let inspection = json::parse(&http::get(socket, &format!("/containers/{id}/json"), time)?)?;
    let mut metadata = subject.metadata("docker");
    metadata.runtime = Runtime::Docker;
    tell(&mut metadata, &inspection)?;
    let image_id = metadata.image_id.clone().unwrap_or_default();
    let is_plain = !image_id.is_empty() && image_id.bytes().all(|b| b.is_ascii_hexdigit());
    if is_plain {
        // An image may be gone while its container runs: then its digest and other names are not known.
        let image = http::get(socket, &format!("/images/sha256:{image_id}/json"), time);
        let image = image.and_then(|image| json::parse(&image));
        tell_docker_image(&mut metadata, &image.unwrap_or_default());
    }
    Ok(metadata)
}

/// What podman knows of a container.
pub(super) fn podman(
    socket: &Path,
    subject: &Subject,
    time: Duration,
) -> Result<Metadata, AskError> {
    let path = format!("{PODMAN}/containers/{}/json", subject.full_id);
    let inspection = json::parse(&http::get(socket, &path, time)?)?;
    let mut metadata = subject.metadata("podman");
    metadata.runtime = Runtime::Podman;
    tell(&mut metadata, &inspection)?;
    tell_image(&mut metadata, text_or_empty(&inspection, "/ImageName"));
    metadata.image_digest = Some(text_or_empty(&inspection, "/ImageDigest"));
    Ok(metadata)
}

/// What both engines tell alike.
pub(super) fn tell(metadata: &mut Metadata, inspection: &Json) -> Result<(), AskError> {
    let id = text(inspection, "/Id").ok_or(AskError::Malformed("no id"))?;
    if metadata.full_id.as_deref() != Some(id) {
        // Names are looked up too, and one may look like an id.
        return Err(AskError::NotFound);
    }
    let name = text_or_empty(inspection, "/Name");
    let name = name.strip_prefix('/').unwrap_or(&name);
    // The name that Kubernetes gave to sandboxes when docker ran them.
    metadata.is_pod_sandbox = name.contains("k8s_POD");
    metadata.name = Some(name.to_owned());
    tell_image(metadata, text_or_empty(inspection, "/Config/Image"));
    let image_id = text_or_empty(inspection, "/Image");
    let image_id = image_id.strip_prefix("sha256:").unwrap_or(&image_id);
    metadata.image_id = Some(image_id.to_owned());
    metadata.labels = Some(labels(inspection, "/Config/Labels"));
    metadata.privileged = Some(truth(inspection, "/HostConfig/Privileged").unwrap_or(false));
    let is_host = |place| Some(text(inspection, place) == Some("host"));
    metadata.host_pid = is_host("/HostConfig/PidMode");
    metadata.host_ipc = is_host("/HostConfig/IpcMode");
    metadata.host_network = is_host("/HostConfig/NetworkMode");
    metadata.ip = Some(address(inspection));
    let mount = |mount: &Json| Mount {
        source: text_or_empty(mount, "/Source"),
        destination: text_or_empty(mount, "/Destination"),
        mode: text_or_empty(mount, "/Mode"),
        is_writable: truth(mount, "/RW").unwrap_or(false),
        propagation: text_or_empty(mount, "/Propagation"),
    };
    metadata.mounts = Some(mounts(list(inspection, "/Mounts"), mount));
    Ok(())
}

/// The address: that of the default network, else of the first that has one.
fn address(inspection: &Json) -> String {
    let first = text_or_empty(inspection, "/NetworkSettings/IPAddress");
    if !first.is_empty() {
        return first;
    }
    let networks = inspection.pointer("/NetworkSettings/Networks");
    let mut networks = networks.and_then(Json::as_object).into_iter().flatten();
    networks
        .find_map(|(_, network)| text(network, "/IPAddress").filter(|ip| !ip.is_empty()))
        .unwrap_or_default()
        .to_owned()
}

/// Docker's names of the image: repository and digest where it was pulled from, else its own tag. The name that was asked for stays the image's name.
fn tell_docker_image(metadata: &mut Metadata, image: &Json) {
    let names = |place| list(image, place).iter().filter_map(Json::as_str);
    let pulled = names("/RepoDigests").find_map(|name| name.split_once('@'));
    let tags = || names("/RepoTags").filter_map(|name| name.rsplit_once(':'));
    let repository = pulled
        .map(|(repository, _)| repository)
        .or_else(|| tags().next().map(|(repository, _)| repository));
    let Some(repository) = repository else {
        metadata.image_digest = Some(String::new());
        return;
    };
    let tag = tags().find(|(name, _)| *name == repository);
    metadata.image_repository = Some(repository.to_owned());
    metadata.image_tag = Some(tag.map(|(_, tag)| tag).unwrap_or_default().to_owned());
    let digest = pulled.map(|(_, digest)| digest);
    metadata.image_digest = Some(digest.unwrap_or_default().to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn inspection() -> Json {
        json!({
            "Id": "77", "Name": "/web", "Image": "sha256:00ff",
            "Config": {"Image": "nginx:1", "Labels": {"a": "1"}, "Env": ["SECRET=1"]},
            "HostConfig": {"Privileged": true, "PidMode": "host", "NetworkMode": "bridge"},
            "NetworkSettings": {"IPAddress": "", "Networks": {"b": {"IPAddress": "172.17.0.2"}}},
            "Mounts": [{"Source": "/a", "Destination": "/b", "Mode": "z", "RW": true, "Propagation": "rprivate"}],
        })
    }

    fn told() -> Metadata {
        let mut metadata = Metadata {
            full_id: Some("77".into()),
            ..Metadata::default()
        };
        tell(&mut metadata, &inspection()).expect("an inspection");
        metadata
    }

    #[test]
    fn an_inspection() {
        let metadata = told();
        assert_eq!(metadata.name.as_deref(), Some("web"));
        assert_eq!(metadata.image.as_deref(), Some("nginx:1"));
        assert_eq!(metadata.image_id.as_deref(), Some("00ff"));
        assert_eq!(metadata.ip.as_deref(), Some("172.17.0.2"));
        assert_eq!(
            (
                metadata.privileged,
                metadata.host_pid,
                metadata.host_network
            ),
            (Some(true), Some(true), Some(false))
        );
        assert!(!metadata.to_json().contains("SECRET"));
    }

    #[test]
    fn an_answer_about_another_container_is_refused() {
        let mut metadata = Metadata::default();
        let another = tell(&mut metadata, &inspection());
        assert!(matches!(another, Err(AskError::NotFound)), "{another:?}");
        assert!(tell(&mut metadata, &Json::Null).is_err());
    }

    #[track_caller]
    fn check_image(image: Json, expected: [&str; 3]) {
        let mut metadata = told();
        tell_docker_image(&mut metadata, &image);
        let found = [
            metadata.image_repository,
            metadata.image_tag,
            metadata.image_digest,
        ];
        assert_eq!(found.map(Option::unwrap_or_default), expected);
    }

    #[test]
    fn docker_images() {
        check_image(
            json!({"RepoDigests": ["h:5000/nginx@sha256:9"], "RepoTags": ["nginx:1", "h:5000/nginx:2"]}),
            ["h:5000/nginx", "2", "sha256:9"],
        );
        check_image(json!({"RepoTags": ["nginx:1"]}), ["nginx", "1", ""]);
        check_image(Json::Null, ["nginx", "1", ""]);
    }
}

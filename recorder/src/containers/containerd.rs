//! Asking containerd by its own interface: the containers of its other clients, such as `ctr` and `nerdctl`.
//!
//! An id and a namespace in, a [`Metadata`] out.

use std::path::Path;
use std::time::Duration;

use super::error::AskError;
use super::grpc::{Call, call};
use super::messages::{
    Container, DaemonVersion, Get, GetContainerResponse, GetImageResponse, Nothing,
};
use super::oci::{Spec, tell_image};
use super::subject::Subject;
use falco_abi::container::Runtime;
use falco_format::container::Metadata;

const GET_CONTAINER: &str = "/containerd.services.containers.v1.Containers/Get";
const GET_IMAGE: &str = "/containerd.services.images.v1.Images/Get";
const VERSION: &str = "/containerd.services.version.v1.Version/Version";

fn ask<Question, Answer>(
    socket: &Path,
    method: &str,
    namespace: &str,
    message: Question,
    time: Duration,
) -> Result<Answer, AskError>
where
    Question: prost::Message + 'static,
    Answer: prost::Message + Default + 'static,
{
    let one = Call {
        method,
        metadata: Some(("containerd-namespace", namespace)),
        message,
    };
    call(socket, one, time)
}

/// The runtime's version.
pub(super) fn version(socket: &Path, time: Duration) -> Result<String, AskError> {
    let answer: DaemonVersion = ask(socket, VERSION, "default", Nothing {}, time)?;
    Ok(answer.version)
}

/// What containerd knows of a container in one of its namespaces.
pub(super) fn container(
    socket: &Path,
    namespace: &str,
    subject: &Subject,
    time: Duration,
) -> Result<Metadata, AskError> {
    let request = Get {
        name: subject.full_id.clone(),
    };
    let answer: GetContainerResponse = ask(socket, GET_CONTAINER, namespace, request, time)?;
    let container = answer.container.ok_or(AskError::NotFound)?;
    let image = container.image.clone();
    let mut metadata = subject.metadata("containerd");
    metadata.runtime = Runtime::Containerd;
    tell_container(&mut metadata, container);
    // An image may be gone while its container runs: then there is no digest to tell.
    let digest = image_digest(socket, namespace, image, time);
    metadata.image_digest = Some(digest.unwrap_or_default());
    Ok(metadata)
}

fn tell_container(metadata: &mut Metadata, container: Container) {
    let kind = container.labels.get("io.cri-containerd.kind");
    metadata.is_pod_sandbox = kind.is_some_and(|kind| kind == "sandbox");
    metadata.labels = Some(container.labels);
    metadata.name = Some(metadata.id.clone());
    metadata.created_time = container.created_at.map(|created| created.seconds);
    metadata.ip = Some(String::new());
    tell_image(metadata, container.image);
    // The configuration is JSON in an envelope that says so. One that is of another kind is not read.
    let spec = container.spec.unwrap_or_default();
    if let Ok(spec) = Spec::parse(&spec.value) {
        spec.tell(metadata);
        spec.tell_annotations(metadata);
    }
    if !container.sandbox.is_empty() {
        metadata.pod_sandbox_id = Some(container.sandbox);
    }
}

fn image_digest(
    socket: &Path,
    namespace: &str,
    image: String,
    time: Duration,
) -> Result<String, AskError> {
    let request = Get { name: image };
    let answer: GetImageResponse = ask(socket, GET_IMAGE, namespace, request, time)?;
    let target = answer.image.and_then(|image| image.target);
    Ok(target.unwrap_or_default().digest)
}

#[cfg(test)]
mod tests {
    use super::super::messages::{Envelope, Timestamp};
    use falco_format::container::Labels;

    use super::*;

    fn told(spec: &[u8]) -> Metadata {
        let container = Container {
            labels: Labels::from([("app".into(), "shop".into())]),
            image: "docker.io/a/b:1".into(),
            spec: Some(Envelope {
                value: spec.to_vec(),
            }),
            created_at: Some(Timestamp {
                seconds: 1_700_000_000,
            }),
            sandbox: String::new(),
        };
        let mut metadata = Metadata {
            id: "web".into(),
            ..Metadata::default()
        };
        tell_container(&mut metadata, container);
        metadata
    }

    #[test]
    fn a_container() {
        let metadata = told(
            br#"{"linux":{"namespaces":[{"type":"pid"}]},"annotations":{"io.kubernetes.cri.sandbox-id":"abc"}}"#,
        );
        assert_eq!(metadata.name.as_deref(), Some("web"));
        assert_eq!(metadata.image_repository.as_deref(), Some("docker.io/a/b"));
        assert_eq!(metadata.host_pid, Some(false));
        assert_eq!(metadata.pod_sandbox_id.as_deref(), Some("abc"));
        assert_eq!(metadata.created_time, Some(1_700_000_000));
        assert_eq!(metadata.labels.expect("labels")["app"], "shop");
    }

    #[test]
    fn a_configuration_of_another_kind_is_not_told() {
        let metadata = told(b"\x01\x02");
        assert_eq!((metadata.privileged, metadata.mounts), (None, None));
        assert_eq!(metadata.image_tag.as_deref(), Some("1"));
    }
}

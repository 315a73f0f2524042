//! A container that a question is about, as its cgroup tells it.

use falco_abi::container::{self, ContainerRef, Runtime};
use falco_format::container::Metadata;

/// The longest id that is asked for, in bytes. Runtimes allow 64 to 76; names of LXC are file names.
const ID_MAX: usize = 255;

/// What a cgroup's path tells of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The runtime whose shape the path has; another may run it nevertheless.
    pub runtime: Runtime,
    /// The id in full.
    pub full_id: String,
    /// The id as `container.id` shows it.
    pub id: String,
    /// containerd's namespace, where the path tells it.
    pub namespace: Option<String>,
    /// Whether Kubernetes made the cgroup.
    pub is_of_kubernetes: bool,
}

impl Subject {
    /// The container of a cgroup, if it is one whose id we are ready to ask for.
    pub fn of_path(path: &[u8]) -> Option<Subject> {
        let ContainerRef {
            runtime,
            full_id,
            id,
        } = container::of_path(path)?;
        if full_id.len() > ID_MAX {
            return None;
        }
        let text = |bytes: &[u8]| Some(std::str::from_utf8(bytes).ok()?.to_owned());
        let namespace = container::containerd(path).and_then(|(namespace, _)| text(namespace));
        let needle = b"kubepods";
        Some(Subject {
            runtime,
            full_id: text(full_id)?,
            id: text(id)?,
            namespace,
            is_of_kubernetes: path.windows(needle.len()).any(|part| part == needle),
        })
    }

    /// Whether the id can stand in a path or an address without meaning anything else there.
    pub(super) fn is_plain(&self) -> bool {
        let is_first = |byte: &u8| byte.is_ascii_alphanumeric();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        self.full_id.as_bytes().first().is_some_and(is_first) && self.full_id.bytes().all(is_plain)
    }

    /// What is known before anybody is asked.
    pub(super) fn metadata(&self, said_by: &'static str) -> Metadata {
        Metadata {
            runtime: self.runtime,
            id: self.id.clone(),
            full_id: Some(self.full_id.clone()),
            said_by: Some(said_by.to_owned()),
            ..Metadata::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";

    #[track_caller]
    fn check(path: &str, expected: Option<(&str, &str, Option<&str>, bool)>) {
        let path = path.replace("{ID}", ID);
        let found = Subject::of_path(path.as_bytes());
        let found = found.as_ref().map(|subject| {
            (
                subject.runtime.name(),
                subject.id.as_str(),
                subject.namespace.as_deref(),
                subject.is_of_kubernetes,
            )
        });
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn paths() {
        let short = &ID[..12];
        check(
            "/kubepods/besteffort/podx/{ID}",
            Some(("docker", short, None, true)),
        );
        check(
            "/default/{ID}",
            Some(("docker", short, Some("default"), false)),
        );
        check(
            "/default/web",
            Some(("containerd", "web", Some("default"), false)),
        );
        check("/lxc/web", Some(("containerd", "web", Some("lxc"), false)));
        check("/system.slice/ssh.service", None);
        check(
            &format!("/lxc/a/{}/lxc/{}", "b", "x".repeat(300)),
            Some(("lxc", "a", None, false)),
        );
        check(&format!("/x/lxc/{}", "x".repeat(300)), None);
    }

    #[test]
    fn ids_that_would_mean_something_else_are_not_asked_for() {
        let subject = |full_id: &str| Subject {
            runtime: Runtime::Lxc,
            full_id: full_id.into(),
            id: full_id.into(),
            namespace: None,
            is_of_kubernetes: false,
        };
        for id in ["web-1", "a.b_c", ID] {
            assert!(subject(id).is_plain(), "{id}");
        }
        for id in ["", "..", "-x", "a/b", "a?b", "a b", "ä"] {
            assert!(!subject(id).is_plain(), "{id}");
        }
    }
}

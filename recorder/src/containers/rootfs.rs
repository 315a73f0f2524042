//! Where the root of a container lies on the machine's disk, by the bundle that its runtime left.
//!
//! An id in, a path out. A bundle is there before the first process of its container and until after the last: whoever comes too late for a process is not too late for it.
//! The bundle is its runtime's, and so is what it says; what lies below the root is whoever runs the container's, and nothing of it is looked at here.

use std::path::{Path, PathBuf};

use super::disk::{self, DRIVERS, Directories};
use super::json;
use super::subject::Subject;

/// The root of a container.
pub(super) fn root(directories: &Directories, subject: &Subject) -> Option<PathBuf> {
    let is_plain = subject.is_plain() && subject.namespace.as_deref().is_none_or(is_name);
    if !is_plain {
        return None;
    }
    let known = of_containerd(directories, subject)
        .or_else(|| of_storage(directories, subject))
        .or_else(|| of_bundle(&disk::low_level_bundle(directories, &subject.full_id).ok()?));
    known.filter(|root| root.is_absolute())
}

/// Whether a text is the name of one directory.
fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('.') && !text.contains('/')
}

fn of_containerd(directories: &Directories, subject: &Subject) -> Option<PathBuf> {
    directories.containerd.iter().find_map(|state| {
        let tasks = state.join("io.containerd.runtime.v2.task");
        // What stands before the id in a cgroup's path need not be a namespace.
        let told = subject.namespace.iter().map(PathBuf::from);
        let namespaces = told.chain(disk::names_in(&tasks));
        let mut bundles = namespaces.map(|namespace| tasks.join(namespace).join(&subject.full_id));
        bundles.find_map(|bundle| of_bundle(&bundle))
    })
}

fn of_storage(directories: &Directories, subject: &Subject) -> Option<PathBuf> {
    let roots = directories.storage.iter();
    let mut bundles = roots.flat_map(|root| {
        DRIVERS.map(|driver| {
            let containers = root.join(format!("{driver}-containers"));
            containers.join(&subject.full_id).join("userdata")
        })
    });
    bundles.find_map(|bundle| of_bundle(&bundle))
}

/// The root that a bundle's configuration names: a relative one lies in the bundle.
fn of_bundle(bundle: &Path) -> Option<PathBuf> {
    let config = disk::read(&bundle.join("config.json")).ok()?;
    let config = json::parse(&config).ok()?;
    let root = json::text(&config, "/root/path")?;
    Some(bundle.join(root))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundle_of_every_runtime_tells_its_root() {
        let folder = tempfile::tempdir().expect("a directory");
        let at = |name: &str| folder.path().join(name);
        let directories = Directories {
            containerd: vec![at("other"), at("containerd")],
            docker: at("docker"),
            storage: vec![at("storage")],
            runc: at("runc"),
            crun: at("crun"),
        };
        let id = "ab".repeat(32);
        let write = |place: String, text: &str| {
            let place = at(&place);
            std::fs::create_dir_all(place.parent().expect("a parent")).expect("directories");
            std::fs::write(place, text).expect("a file");
        };
        let check = |path: &str, expected: Option<PathBuf>| {
            let subject = Subject::of_path(path.as_bytes()).expect("a container");
            assert_eq!(root(&directories, &subject), expected, "{path}");
        };
        let task = "containerd/io.containerd.runtime.v2.task";
        let relative = r#"{"root":{"path":"rootfs"}}"#;
        write(format!("{task}/default/web/config.json"), relative);
        let web = at(&format!("{task}/default/web/rootfs"));
        check("/default/web", Some(web));
        check("/default/none", None);
        write(
            format!("{task}/moby/{id}/config.json"),
            r#"{"root":{"path":"/merged"}}"#,
        );
        check(&format!("/docker/{id}"), Some("/merged".into()));
        let id = "cd".repeat(32);
        let userdata = format!("storage/overlay-containers/{id}/userdata/config.json");
        write(userdata, r#"{"root":{"path":"/layer"}}"#);
        check(&format!("/libpod-{id}.scope"), Some("/layer".into()));
        let id = "ef".repeat(32);
        let state = format!(
            r#"{{"config":{{"labels":["bundle={}"]}}}}"#,
            at("b").display()
        );
        write(format!("runc/{id}/state.json"), &state);
        check(&format!("/x/{id}"), None);
        write("b/config.json".to_owned(), relative);
        check(&format!("/x/{id}"), Some(at("b/rootfs")));
        write("b/config.json".to_owned(), "{");
        check(&format!("/x/{id}"), None);
    }
}

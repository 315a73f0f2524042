//! What is known of a container from the disk alone, all the way: recorded on the live kernel, and shown by replay.
//!
//! Needs a cgroup hierarchy in which a group can be made, and no runtime; the recorder's own tests ask real ones.

use std::fs;
use std::path::{Path, PathBuf};

use crate::live::recorder_or_skip;
use crate::programs::{analyze, recorder, run};
use crate::skip::skipped;

/// What a bundle tells of a container in a pod.
const BUNDLE: &str = r#"{
    "annotations": {
        "io.kubernetes.cri.container-name": "web",
        "io.kubernetes.cri.image-name": "docker.io/library/nginx:1.25",
        "io.kubernetes.cri.sandbox-name": "shop-0",
        "io.kubernetes.cri.sandbox-namespace": "prod"
    },
    "mounts": [{"destination": "/host/etc", "type": "bind", "source": "/etc", "options": ["rbind", "ro"]}],
    "linux": {"namespaces": [{"type": "pid"}]}
}"#;

/// Cgroups that go with this value: one in each hierarchy that takes it, as a runtime makes them.
pub(crate) struct Groups(Vec<PathBuf>);

impl Groups {
    /// Makes `/NAMESPACE/ID`. Who runs this test may be in a container of its own in any hierarchy, so all are needed.
    pub(crate) fn make(namespace: &str, id: &str) -> Groups {
        let root = Path::new("/sys/fs/cgroup");
        let below = fs::read_dir(root).into_iter().flatten();
        let below = below.filter_map(|entry| Some(entry.ok()?.path()));
        let roots = below.filter(|path| path.is_dir() && !path.is_symlink());
        // With version 2 alone the root itself is the hierarchy, and what is below it are groups.
        let roots: Vec<PathBuf> = if root.join("cgroup.procs").exists() {
            vec![root.to_owned()]
        } else {
            roots.collect()
        };
        let made = roots.into_iter().filter_map(|root| {
            let group = root.join(namespace).join(id);
            fs::create_dir_all(&group).ok()?;
            Some(group)
        });
        Groups(made.collect())
    }

    /// Whether none could be made.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The commands of a shell that enters them all.
    pub(crate) fn enter(&self) -> String {
        let enter = |group: &PathBuf| format!("echo $$ > {}/cgroup.procs; ", group.display());
        self.0.iter().map(enter).collect()
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        for group in &self.0 {
            // They are empty by now; what is not can only be somebody else's.
            let _ = fs::remove_dir(group);
            let _ = group.parent().map(fs::remove_dir);
        }
    }
}

#[test]
fn a_container_of_which_only_the_disk_knows() {
    const TEST: &str = "a_container_of_which_only_the_disk_knows";
    let Some(_guard) = recorder_or_skip(TEST) else {
        return;
    };
    let own = std::process::id();
    let (namespace, id) = (format!("falco-e2e-{own}"), format!("c{own}"));
    let groups = Groups::make(&namespace, &id);
    if groups.is_empty() {
        return skipped(TEST, "no cgroup can be made here");
    }
    let folder = tempfile::tempdir().expect("a directory");
    let state = folder.path().join("state");
    let bundle = state
        .join("io.containerd.runtime.v2.task")
        .join(&namespace)
        .join(&id);
    fs::create_dir_all(&bundle).expect("a directory");
    fs::write(bundle.join("config.json"), BUNDLE).expect("a file");
    let capture = folder.path().join("capture");
    // The pause is longer than the way of the question and of its answer.
    let script = format!("{}sleep 1; exec cat /etc/hostname", groups.enter());
    let (capture, state) = (capture.to_string_lossy(), state.to_string_lossy());
    let none = folder.path().join("none").to_string_lossy().into_owned();
    let sockets = ["--cri", &none, "--containerd", &none];
    let words = [
        &["run", "-o", &*capture, "--containerd-state", &state][..],
        &sockets,
        &["--", "/bin/sh", "-c", &script],
    ];
    run(&recorder(), words.concat()).expect_code(0);
    let filter = format!("evt.type = execve and proc.name = cat and container.id = {id}");
    let format = "%container.name %container.image.repository %container.image.tag %k8s.pod.name %k8s.ns.name %container.mount.dest[/etc] %container.privileged";
    let printed = analyze(["events", &*capture, &filter, "-p", format]);
    printed.expect_code(0);
    assert_eq!(
        printed.stdout,
        "web docker.io/library/nginx 1.25 shop-0 prod /host/etc true\n"
    );
}

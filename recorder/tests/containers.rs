//! Containers of real runtimes: what the recorder learns of them by asking, and by reading what lies on disk. Skips with the reason where a runtime is missing.

mod common;
#[path = "containers/daemon.rs"]
mod daemon;
#[path = "containers/engines.rs"]
mod engines;
#[path = "containers/messages.rs"]
mod messages;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use falco_abi::events::{container, state_container};
use falco_record::containers::{Containers, Directories, Interface, Settings, Subject, Subjects};
use serde_json::Value as Json;

use daemon::{Daemon, IMAGE};
use engines::Engine;

/// Where nothing is.
fn nowhere(below: &Path) -> Directories {
    let none = below.join("none");
    Directories {
        containerd: Vec::new(),
        docker: none.clone(),
        storage: Vec::new(),
        runc: none.clone(),
        crun: none,
    }
}

/// What is learned of the containers of these cgroups, by their full ids.
fn learned(settings: Settings, paths: &[&str]) -> BTreeMap<String, Json> {
    let (containers, _learner) =
        Containers::start(settings, |text| println!("{text}")).expect("a thread");
    let subjects: Subjects = paths
        .iter()
        .map(|path| Subject::of_path(path.as_bytes()).expect("a container"))
        .map(|subject| (subject.full_id.clone(), subject))
        .collect();
    // Longer than one wait where the machine is slow: each asks anew what is not known yet.
    for _ in 0..10 {
        if containers.of_snapshot(&subjects, true).len() == subjects.len() {
            break;
        }
    }
    let found = containers.of_snapshot(&subjects, true);
    let documents = found.iter().map(|json| document(json));
    documents
        .map(|json| {
            (
                json["full_id"].as_str().unwrap_or_default().to_owned(),
                json,
            )
        })
        .collect()
}

fn settings(sockets: Vec<(Interface, PathBuf)>, directories: Directories) -> Settings {
    Settings {
        sockets,
        directories,
    }
}

fn document(json: &str) -> Json {
    let document: Json = serde_json::from_str(json).expect("JSON");
    document["container"].clone()
}

#[track_caller]
fn check(found: &Json, expected: &[(&str, Json)]) {
    for (place, value) in expected {
        assert_eq!(found.pointer(place), Some(value), "{place} of {found}");
    }
}

#[test]
fn pods_are_known_by_the_runtime_interface_of_kubernetes() {
    if let Some(reason) = daemon::missing() {
        return println!("skipped: {reason}");
    }
    let folder = tempfile::tempdir().expect("a directory");
    let daemon = Daemon::start(folder.path());
    let pod = daemon.pod("shop-0").expect("a pod");
    let id = daemon
        .container(&pod, "web", folder.path())
        .expect("a container");
    let paths = [
        format!("/kubepods/besteffort/pod1/{id}"),
        format!("/kubepods.slice/cri-containerd-{}.scope", pod.id),
    ];
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let cri = vec![(Interface::Cri, daemon.socket.clone())];
    let found = learned(settings(cri, nowhere(folder.path())), &paths);
    let short = &id[..12];
    check(
        &found[&id],
        &[
            ("/id", short.into()),
            ("/said_by", "cri".into()),
            ("/name", "web".into()),
            ("/image", IMAGE.into()),
            ("/imagerepo", "docker.io/falco-recorder/scratch".into()),
            ("/imagetag", "1".into()),
            ("/privileged", true.into()),
            ("/host_network", true.into()),
            ("/host_pid", false.into()),
            ("/pod_sandbox_id", pod.id.as_str().into()),
            ("/labels/app", "shop".into()),
            ("/labels/io.kubernetes.pod.name", "shop-0".into()),
            ("/labels/io.kubernetes.pod.namespace", "prod".into()),
            ("/labels/io.kubernetes.pod.uid", "shop-0-uid".into()),
            ("/pod_sandbox_labels/tier", "web".into()),
            ("/Mounts/0/Destination", "/data".into()),
            ("/Mounts/0/RW", false.into()),
            ("/is_pod_sandbox", false.into()),
        ],
    );
    check(
        &found[&pod.id],
        &[
            ("/is_pod_sandbox", true.into()),
            ("/labels/io.kubernetes.pod.name", "shop-0".into()),
        ],
    );
    // Without anybody to ask, the bundle tells the most of it.
    let mut directories = nowhere(folder.path());
    directories.containerd = vec![daemon.state.clone()];
    let found = learned(settings(Vec::new(), directories), &paths);
    daemon.end_pod(&pod);
    check(
        &found[&id],
        &[
            ("/said_by", "disk".into()),
            ("/name", "web".into()),
            ("/image", IMAGE.into()),
            ("/privileged", true.into()),
            ("/labels/io.kubernetes.pod.name", "shop-0".into()),
            ("/pod_sandbox_id", pod.id.as_str().into()),
        ],
    );
}

/// What an engine and its files say of its one container, beside what differs.
fn check_engine(engine: &Engine, found: &Json, said_by: &str, image: &str) {
    check(
        found,
        &[
            ("/id", engine.id[..12].into()),
            ("/said_by", said_by.into()),
            ("/name", "shop-db".into()),
            ("/image", image.into()),
            ("/imagetag", "1".into()),
            ("/privileged", false.into()),
            ("/host_network", true.into()),
            ("/host_pid", false.into()),
        ],
    );
    let mounts = found["Mounts"].as_array().expect("mounts");
    let mount = mounts
        .iter()
        .find(|mount| mount["Destination"] == "/host/etc");
    let mount = mount.expect("the mount");
    check(mount, &[("/Source", "/etc".into()), ("/RW", false.into())]);
}

#[test]
fn docker_tells_of_its_containers_and_so_do_its_files() {
    if let Some(reason) = engines::missing(&["dockerd", "docker"]) {
        return println!("skipped: {reason}");
    }
    let folder = tempfile::tempdir().expect("a directory");
    let engine = Engine::docker(folder.path());
    let path = format!("/docker/{}", engine.id);
    let image = "falco-recorder/scratch:1";
    let sockets = vec![(Interface::Docker, engine.socket.clone())];
    let found = learned(settings(sockets, nowhere(folder.path())), &[&path]);
    check_engine(&engine, &found[&engine.id], "docker", image);
    assert_eq!(found[&engine.id]["labels"]["app"], "shop");
    let mut directories = nowhere(folder.path());
    directories.docker.clone_from(&engine.root);
    let found = learned(settings(Vec::new(), directories), &[&path]);
    check_engine(&engine, &found[&engine.id], "disk", image);
    assert_eq!(found[&engine.id]["labels"]["app"], "shop");
}

#[test]
fn podman_tells_of_its_containers_and_so_do_its_files() {
    if let Some(reason) = engines::missing(&["podman", "conmon"]) {
        return println!("skipped: {reason}");
    }
    let folder = tempfile::tempdir().expect("a directory");
    let engine = Engine::podman(folder.path());
    let path = format!("/machine.slice/libpod-{}.scope", engine.id);
    let image = "localhost/falco-recorder/scratch:1";
    let sockets = vec![(Interface::Podman, engine.socket.clone())];
    let found = learned(settings(sockets, nowhere(folder.path())), &[&path]);
    check_engine(&engine, &found[&engine.id], "podman", image);
    assert_eq!(found[&engine.id]["labels"]["app"], "shop");
    let mut directories = nowhere(folder.path());
    directories.storage = vec![engine.root.clone()];
    let found = learned(settings(Vec::new(), directories), &[&path]);
    check_engine(&engine, &found[&engine.id], "disk", image);
}

fn record(directory: &Path, options: &[&str], command: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_falco-record"));
    program.arg("run").arg("-o").arg(directory).args(options);
    program.args(["--format", "json", "--"]).args(command);
    program.output().expect("the program")
}

#[test]
fn containers_of_a_recording_stand_in_its_state_and_its_stream() {
    if let Some(reason) = common::cannot_record().or_else(daemon::missing) {
        return println!("skipped: {reason}");
    }
    let folder = tempfile::tempdir().expect("a directory");
    let daemon = Daemon::start(folder.path());
    let snapshotter = ["run", "--snapshotter", "native"];
    // `runc` keeps its state by id, whoever calls it.
    let own = std::process::id();
    let (before, during) = (format!("b-{own}"), format!("d-{own}"));
    daemon.ctr(
        &[
            &snapshotter[..],
            &["-d", "--label", "app=shop", IMAGE, &before],
        ]
        .concat(),
    );
    let directory = folder.path().join("capture");
    let socket = daemon.socket.to_string_lossy();
    let ctr = daemon::find("ctr").expect("ctr");
    let ctr = ctr.to_string_lossy();
    let output = record(
        &directory,
        &["--cri", &socket, "--containerd", &socket],
        &[
            &[&*ctr, "--address", &socket][..],
            &snapshotter,
            &["--rm", "--label", "app=late", IMAGE, &during, "/bin/id"],
        ]
        .concat(),
    );
    assert!(output.status.success(), "{output:?}");
    let contents = common::read(&directory);
    contents.assert_sound();
    common::assert_intact(&directory);
    let named = |rows: &[&common::Row], name: &str, param: usize| {
        let texts = rows
            .iter()
            .map(|row| String::from_utf8_lossy(&row.values[param]).into_owned());
        texts
            .map(|text| document(&text))
            .find(|found| found["name"] == name)
    };
    let state: Vec<_> = contents
        .state
        .iter()
        .filter(|row| row.event == state_container::EVENT)
        .collect();
    let before = named(&state, &before, state_container::json).expect("it was there");
    check(
        &before,
        &[("/labels/app", "shop".into()), ("/imagetag", "1".into())],
    );
    let during = named(&contents.of("container"), &during, container::json).expect("it came");
    check(
        &during,
        &[
            ("/labels/app", "late".into()),
            ("/said_by", "containerd".into()),
        ],
    );
}

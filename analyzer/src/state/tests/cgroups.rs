//! Container ids from the cgroups of every runtime: the lines of `/proc/PID/cgroup` as each writes them.

use super::*;
use crate::state::Cgroups;

const ID: &str = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";
const SHORT: &str = "3ad7b26ded6d";
const OUTER: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const POD: &str = "pod8ef1ba5c_3b4e_4b1c_9d5c_0a4c6c2b9f11";

/// Lines in short: `{ID}`, `{OUTER}` and `{POD}` stand for themselves, lines are parted by blanks.
struct Case {
    what: &'static str,
    lines: &'static str,
    /// Runtime and id.
    expected: Option<(&'static str, &'static str)>,
}

const fn case(
    what: &'static str,
    lines: &'static str,
    expected: Option<(&'static str, &'static str)>,
) -> Case {
    Case {
        what,
        lines,
        expected,
    }
}

const DOCKER: Option<(&str, &str)> = Some(("docker", SHORT));
const CONTAINERD: Option<(&str, &str)> = Some(("containerd", SHORT));
const CRIO: Option<(&str, &str)> = Some(("cri-o", SHORT));
const PODMAN: Option<(&str, &str)> = Some(("podman", SHORT));

const CASES: &[Case] = &[
    case(
        "docker, v1",
        "12:pids:/docker/{ID} 4:memory:/docker/{ID} 1:name=systemd:/docker/{ID} 0::/",
        DOCKER,
    ),
    case(
        "docker, v1, systemd",
        "12:pids:/system.slice/docker-{ID}.scope 1:name=systemd:/system.slice/docker-{ID}.scope",
        DOCKER,
    ),
    case("docker, v2", "0::/docker/{ID}", DOCKER),
    case(
        "docker, v2, systemd",
        "0::/system.slice/docker-{ID}.scope",
        DOCKER,
    ),
    case(
        "docker, systemd inside",
        "0::/system.slice/docker-{ID}.scope/init.scope",
        None,
    ),
    case(
        "docker in docker, v1",
        "4:memory:/docker/{OUTER}/docker/{ID}",
        DOCKER,
    ),
    case(
        "docker, rootless, v2",
        "0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-{ID}.scope",
        DOCKER,
    ),
    case(
        "docker of kubernetes, v1",
        "4:memory:/kubepods/burstable/{POD}/{ID}",
        DOCKER,
    ),
    case(
        "docker of kubernetes, v1, systemd",
        "4:memory:/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-{POD}.slice/docker-{ID}.scope",
        DOCKER,
    ),
    case(
        "docker of ECS",
        "4:memory:/ecs/55091c13-b8cf-4801-b527-f4601742204d/{ID}",
        DOCKER,
    ),
    case(
        "docker, a parent of its own",
        "4:memory:/jobs/batch-7/{ID}",
        DOCKER,
    ),
    case(
        "containerd, CRI, v1",
        "11:memory:/kubepods/besteffort/{POD}/{ID}",
        DOCKER,
    ),
    case(
        "containerd, CRI, v1, systemd",
        "11:memory:/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-{POD}.slice/cri-containerd-{ID}.scope",
        CONTAINERD,
    ),
    case(
        "containerd, CRI, v2, systemd",
        "0::/kubepods.slice/kubepods-{POD}.slice/cri-containerd-{ID}.scope",
        CONTAINERD,
    ),
    case(
        "containerd, CRI, the unit's cgroup",
        "11:memory:/system.slice/containerd.service/kubepods-burstable-{POD}.slice:cri-containerd:{ID}",
        CONTAINERD,
    ),
    case(
        "containerd, ctr, v1",
        "11:memory:/default/first-light 0::/",
        Some(("containerd", "first-light")),
    ),
    case(
        "containerd, ctr, v2",
        "0::/default/first-light",
        Some(("containerd", "first-light")),
    ),
    case(
        "containerd, ctr, a long name is cut",
        "0::/buildkit/abcdefghijklmnopqrst",
        Some(("containerd", "abcdefghijkl")),
    ),
    case("containerd, nerdctl", "0::/default/{ID}", DOCKER),
    case(
        "containerd's own unit",
        "0::/system.slice/containerd.service",
        None,
    ),
    case(
        "CRI-O, v1",
        "5:cpu:/kubepods/besteffort/{POD}/crio-{ID}",
        CRIO,
    ),
    case(
        "CRI-O, v1, systemd",
        "5:cpu:/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-{POD}.slice/crio-{ID}.scope",
        CRIO,
    ),
    case(
        "CRI-O, v2, systemd",
        "0::/kubepods.slice/kubepods-{POD}.slice/crio-{ID}.scope",
        CRIO,
    ),
    case(
        "CRI-O's monitor is the host",
        "0::/kubepods.slice/kubepods-{POD}.slice/crio-conmon-{ID}.scope",
        None,
    ),
    case("podman, v1", "9:memory:/libpod_parent/libpod-{ID}", PODMAN),
    case(
        "podman, v1, systemd",
        "9:memory:/machine.slice/libpod-{ID}.scope",
        PODMAN,
    ),
    case(
        "podman, v2, systemd",
        "0::/machine.slice/libpod-{ID}.scope/container",
        PODMAN,
    ),
    case(
        "podman, rootless",
        "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope/container",
        PODMAN,
    ),
    case(
        "podman in a pod",
        "0::/machine.slice/machine-libpod_pod_{OUTER}.slice/libpod-{ID}.scope/container",
        PODMAN,
    ),
    case(
        "podman's monitor is the host",
        "0::/machine.slice/libpod-conmon-{ID}.scope",
        None,
    ),
    case(
        "LXC, v1, which Falco takes for a client of containerd",
        "8:memory:/lxc/web 1:name=systemd:/lxc/web/init.scope",
        Some(("containerd", "web")),
    ),
    case(
        "LXC 4, v1, likewise",
        "8:memory:/lxc.payload/web",
        Some(("containerd", "web")),
    ),
    case("LXC, v2", "0::/lxc.payload.web", Some(("lxc", "web"))),
    case(
        "LXC, v2, systemd inside",
        "0::/lxc.payload.web/system.slice/ssh.service",
        Some(("lxc", "web")),
    ),
    case("LXC's monitor is the host", "0::/lxc.monitor.web", None),
    case(
        "libvirt-lxc, v1, likewise",
        "8:memory:/machine/web.libvirt-lxc",
        Some(("containerd", "web.libvirt-")),
    ),
    case(
        "libvirt-lxc, v1, below its driver, which Falco takes for LXC",
        "8:memory:/libvirt/lxc/web",
        Some(("lxc", "web")),
    ),
    case(
        "libvirt-lxc, systemd",
        "0::/machine.slice/machine-lxc\\x2d7853\\x2dweb.scope",
        Some(("libvirt-lxc", "7853\\x2dweb")),
    ),
    case(
        "a virtual machine is the host",
        "0::/machine.slice/machine-qemu\\x2d1\\x2dweb.scope/libvirt/emulator",
        None,
    ),
    case("bpm", "4:memory:/system.slice/runc-bpm-nats.scope", None),
    case(
        "bpm, systemd",
        "4:memory:/system.slice/bpm-nats.scope",
        Some(("bpm", "nats")),
    ),
    case(
        "the host, v1",
        "12:pids:/user.slice/user-0.slice/session-1.scope 4:memory:/ 0::/user.slice/user-0.slice/session-1.scope",
        None,
    ),
    case("the host, v2", "0::/system.slice/ssh.service", None),
    case("an id that is one digit short", "0::/docker/{ID}x", None),
];

/// In our own recordings alone.
const MACHINES: &[Case] = &[
    case(
        "nspawn, a service, v2",
        "0::/machine.slice/systemd-nspawn@web.service/payload/system.slice/ssh.service",
        Some(("systemd-nspawn", "web")),
    ),
    case(
        "nspawn, a service, v1",
        "4:memory:/machine.slice/systemd-nspawn@web.service 1:name=systemd:/machine.slice/systemd-nspawn@web.service",
        Some(("systemd-nspawn", "web")),
    ),
    case(
        "nspawn, a scope, v2",
        "0::/machine.slice/machine-web.scope/payload",
        Some(("systemd-nspawn", "web")),
    ),
    case(
        "nspawn, a scope with a name that is escaped",
        "0::/machine.slice/machine-my\\x2dweb.scope/payload",
        Some(("systemd-nspawn", "my-web")),
    ),
    case(
        "nspawn itself is the host",
        "0::/machine.slice/systemd-nspawn@web.service/supervisor",
        None,
    ),
    case(
        "docker in nspawn",
        "0::/machine.slice/machine-web.scope/payload/system.slice/docker-{ID}.scope",
        DOCKER,
    ),
];

fn lines(case: &Case) -> Vec<u8> {
    let lines = case.lines.replace("{ID}", ID);
    let lines = lines.replace("{OUTER}", OUTER).replace("{POD}", POD);
    let lines = lines.split(' ').flat_map(|line| [line, "\0"]);
    lines.collect::<String>().into_bytes()
}

/// The same as Falco lists it.
fn pairs(case: &Case) -> Cgroups {
    let lines = String::from_utf8(lines(case)).expect("text");
    let pairs = lines.split_terminator('\0').flat_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next(), parts.next());
        [
            controllers.expect("controllers"),
            "=",
            path.expect("a path"),
            "\0",
        ]
    });
    let pairs: String = pairs.collect();
    Cgroups::from_falco(pairs.as_bytes()).expect("pairs")
}

#[track_caller]
fn check(case: &Case, cgroups: &Cgroups, expected: Option<(&str, &str)>) {
    let found = cgroups.container().map(|container| {
        let id = std::str::from_utf8(&container.id).expect("ASCII");
        (container.runtime, id)
    });
    assert_eq!(found, expected, "{}: {}", case.what, case.lines);
}

#[test]
fn every_runtime_is_known_by_its_cgroups_and_to_falco_too() {
    for case in CASES {
        let cgroups = Cgroups::from_lines(&lines(case));
        check(case, &cgroups, case.expected);
        check(case, &pairs(case), case.expected);
    }
}

#[test]
fn machines_of_nspawn_are_containers_and_to_falco_the_host() {
    for case in MACHINES {
        let cgroups = Cgroups::from_lines(&lines(case));
        check(case, &cgroups, case.expected);
        let falcos = case
            .expected
            .filter(|(runtime, _)| *runtime != "systemd-nspawn");
        check(case, &pairs(case), falcos);
    }
}

#[test]
fn a_thread_has_the_container_of_its_cgroups() {
    let story = |path: &str| {
        let story = Story::new().seen("state_host", process(0), params![hostname: "node"]);
        let lines = format!("4:memory:/\x000::{path}\0");
        let story = story.seen(
            "state_thread",
            process(20),
            params![ptid: 1, comm: "sh", argv: "sh\0", cgroups: lines.as_str()],
        );
        open(story, process(20), 3, "/x")
    };
    story(&format!("/system.slice/docker-{ID}.scope"))
        .check(&[("container.id", SHORT), ("container.type", "docker")]);
    story("/machine.slice/systemd-nspawn@web.service/payload").check(&[
        ("container.id", "web"),
        ("container.type", "systemd-nspawn"),
    ]);
    let moved = story("/").event(
        "cgroup_attach_task",
        process(20),
        params![hierarchy: 4, path: "/default/later", threadgroup: 1],
    );
    open(moved, process(20), 4, "/y").check(&[("container.id", "later")]);
}

//! What a runtime said of a container, field by field.

use crate::state::testing::{Story, params, process};

const ID: &str = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";

const SAID: &str = r#"{"container":{
    "id":"3ad7b26ded6d","full_id":"3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e",
    "name":"web","image":"nginx:1","imageid":"6f7e2741b66b","imagerepo":"nginx","imagetag":"1","imagedigest":"sha256:1f",
    "privileged":true,"host_pid":false,"host_network":true,"host_ipc":false,"ip":"10.1.2.3","cni_json":"{\"eth0\":{}}",
    "pod_sandbox_id":"63060edc2d3aa803ab559f2393776b151f99fc5b05035b21db66b3b62246ad6a",
    "labels":{"app":"shop","io.kubernetes.pod.name":"web-1","io.kubernetes.pod.namespace":"prod","io.kubernetes.pod.uid":"u-1"},
    "pod_sandbox_labels":{"tier":"front","team":"a"},
    "Mounts":[
        {"Source":"/etc","Destination":"/host/etc","Mode":"ro","RW":false,"Propagation":"private"},
        {"Source":"/data","Destination":"/srv","Mode":"","RW":true,"Propagation":"rslave"}
    ]}}"#;

/// A file opened by a process in a container that the runtime told of, on a namespace that began half a second after boot.
fn story() -> Story {
    let path = format!("/docker/{ID}");
    Story::new()
        .event(
            "execve",
            process(20),
            params![res: 0, filename: "/bin/sh", argv: "sh\0", comm: "sh", pidns_init_start_ts: 500_000_000],
        )
        .event(
            "cgroup_attach_task",
            process(20),
            params![hierarchy: 0, path: path.as_str(), threadgroup: 1],
        )
        .event("container", process(1), params![json: SAID])
        .event(
            "openat",
            process(20),
            params![fd: 3, dirfd: -100, name: "/data/x", flags: 0, mode: 0],
        )
}

#[test]
fn a_container_is_what_its_runtime_said() {
    story().check(&[
        ("container.id", "3ad7b26ded6d"),
        ("container.full_id", ID),
        ("container.type", "docker"),
        ("container.name", "web"),
        ("container.image", "nginx:1"),
        ("container.image.id", "6f7e2741b66b"),
        ("container.image.repository", "nginx"),
        ("container.image.tag", "1"),
        ("container.image.digest", "sha256:1f"),
        ("container.privileged", "true"),
        ("container.host_pid", "false"),
        ("container.host_network", "true"),
        ("container.host_ipc", "false"),
        ("container.ip", "10.1.2.3"),
        ("container.cni.json", "{\"eth0\":{}}"),
        ("container.label[app]", "shop"),
        ("container.label[none]", "(absent)"),
        ("container.labels", "app:shop"),
        ("container.start_ts", "1700000000500000000"),
        ("container.duration", "500004000"),
        ("fd.containername", "3ad7b26ded6d:/data/x"),
        ("fd.containerdirectory", "3ad7b26ded6d:/data"),
    ]);
}

#[test]
fn a_container_event_is_about_its_own_container() {
    let said = r#"{"container":{"type":7,"id":"first","full_id":"first","name":"light","imagerepo":"nginx"}}"#;
    Story::new()
        .event("container", process(1), params![json: said])
        .check(&[
            ("container.id", "first"),
            ("container.full_id", "first"),
            ("container.type", "containerd"),
            ("container.name", "light"),
            ("container.image.repository", "nginx"),
            ("container.image.tag", "(absent)"),
            ("container.privileged", "(absent)"),
        ]);
}

#[test]
fn mounts_are_found_by_number_and_by_path() {
    story().check(&[
        (
            "container.mounts",
            "/etc:/host/etc:ro:false:private,/data:/srv::true:rslave",
        ),
        ("container.mount[0]", "/etc:/host/etc:ro:false:private"),
        ("container.mount[/data]", "/data:/srv::true:rslave"),
        ("container.mount[9]", "(absent)"),
        ("container.mount.source[/srv]", "/data"),
        ("container.mount.dest[/da*]", "/srv"),
        ("container.mount.mode[0]", "ro"),
        ("container.mount.rdwr[1]", "true"),
        ("container.mount.propagation[1]", "rslave"),
    ]);
}

#[test]
fn a_pod_is_what_the_labels_say() {
    story().check(&[
        ("k8s.pod.name", "web-1"),
        ("k8s.ns.name", "prod"),
        ("k8s.pod.id", "u-1"),
        ("k8s.pod.uid", "u-1"),
        ("k8s.pod.sandbox_id", "63060edc2d3a"),
        (
            "k8s.pod.full_sandbox_id",
            "63060edc2d3aa803ab559f2393776b151f99fc5b05035b21db66b3b62246ad6a",
        ),
        ("k8s.pod.label[tier]", "front"),
        ("k8s.pod.labels", "team:a, tier:front"),
        ("k8s.pod.ip", "10.1.2.3"),
        ("k8s.pod.cni.json", "{\"eth0\":{}}"),
    ]);
}

#[test]
fn what_only_the_kubernetes_api_knows_is_absent() {
    story().check(&[
        ("k8s.rc.name", "(absent)"),
        ("k8s.rc.id", "(absent)"),
        ("k8s.rc.label[a]", "(absent)"),
        ("k8s.rc.labels", "(absent)"),
        ("k8s.svc.name", "(absent)"),
        ("k8s.svc.id", "(absent)"),
        ("k8s.svc.label[a]", "(absent)"),
        ("k8s.svc.labels", "(absent)"),
        ("k8s.ns.id", "(absent)"),
        ("k8s.ns.label[a]", "(absent)"),
        ("k8s.ns.labels", "(absent)"),
        ("k8s.rs.name", "(absent)"),
        ("k8s.rs.id", "(absent)"),
        ("k8s.rs.label[a]", "(absent)"),
        ("k8s.rs.labels", "(absent)"),
        ("k8s.deployment.name", "(absent)"),
        ("k8s.deployment.id", "(absent)"),
        ("k8s.deployment.label[a]", "(absent)"),
        ("k8s.deployment.labels", "(absent)"),
        ("container.healthcheck", "(absent)"),
        ("container.liveness_probe", "(absent)"),
        ("container.readiness_probe", "(absent)"),
        ("proc.is_container_healthcheck", "(absent)"),
        ("proc.is_container_liveness_probe", "(absent)"),
        ("proc.is_container_readiness_probe", "(absent)"),
    ]);
}

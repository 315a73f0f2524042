//! A containerd with directories and a socket of its own, and an image made of a statically linked busybox.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use falco_record::containers::grpc::{Call, call};
use prost::Message;

use super::messages::{
    ContainerConfig, ContainerLinux, ContainerSecurity, CreateContainerRequest, Id, Mount, Name,
    Namespaces, Nothing, PodConfig, PodLinux, PodName, PodSecurity, RunPodSandboxRequest,
};

/// How long containerd may take until it listens.
const START_MAX: Duration = Duration::from_secs(20);
/// How long one call may take: making a pod takes half a second on an idle machine.
const CALL_MAX: Duration = Duration::from_secs(60);
/// The image's name.
pub(crate) const IMAGE: &str = "docker.io/falco-recorder/scratch:1";

/// What is missing on this host, if anything is.
pub(crate) fn missing() -> Option<String> {
    for tool in ["containerd", "ctr", "runc", "tar", "sha256sum", "busybox"] {
        if find(tool).is_none() {
            return Some(format!("{tool} is not installed"));
        }
    }
    let busybox = fs::read(find("busybox")?).ok()?;
    let is_dynamic = busybox.windows(4).any(|bytes| bytes == b"/ld-");
    is_dynamic.then(|| "busybox is not statically linked".to_owned())
}

pub(crate) fn find(tool: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    // The system's own programs before those that somebody put into its place.
    let system: [PathBuf; 2] = ["/usr/bin".into(), "/usr/sbin".into()];
    let candidates = system.into_iter().chain(std::env::split_paths(&path));
    candidates
        .map(|directory| directory.join(tool))
        .find(|candidate| candidate.is_file())
}

/// Runs a program that must succeed and returns what it printed.
pub(crate) fn succeed(program: &str, arguments: &[&str]) -> String {
    let path = find(program).unwrap_or_else(|| program.into());
    let output = Command::new(path).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {output:?}"
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Packs an image archive; its layer is one directory that remains beside it, as `image`.
pub(crate) fn image(below: &Path) -> PathBuf {
    let root = below.join("image");
    for folder in ["bin", "etc", "proc", "sys", "dev", "tmp", "run"] {
        fs::create_dir_all(root.join(folder)).expect("a directory");
    }
    fs::copy(find("busybox").expect("busybox"), root.join("bin/busybox")).expect("a copy");
    for applet in ["sh", "sleep", "id"] {
        symlink("/bin/busybox", root.join("bin").join(applet)).expect("a link");
    }
    let place = below.to_string_lossy();
    let layer = below.join("layer.tar");
    succeed(
        "tar",
        &[
            "-cf",
            &layer.to_string_lossy(),
            "-C",
            &root.to_string_lossy(),
            ".",
        ],
    );
    let sum = succeed("sha256sum", &[&layer.to_string_lossy()]);
    let digest = sum.split_whitespace().next().unwrap_or_default();
    let architecture = match std::env::consts::ARCH {
        "aarch64" => "arm64",
        _ => "amd64",
    };
    let config = format!(
        r#"{{"architecture":"{architecture}","os":"linux","config":{{"Cmd":["/bin/sleep","1000"],"Env":["PATH=/bin"]}},"rootfs":{{"type":"layers","diff_ids":["sha256:{digest}"]}}}}"#
    );
    fs::write(below.join("config.json"), config).expect("a file");
    let manifest = r#"[{"Config":"config.json","RepoTags":["falco-recorder/scratch:1"],"Layers":["layer.tar"]}]"#;
    fs::write(below.join("manifest.json"), manifest).expect("a file");
    let archive = below.join("image.tar");
    let archive_text = archive.to_string_lossy().into_owned();
    let parts = ["manifest.json", "config.json", "layer.tar"];
    succeed(
        "tar",
        &[&["-cf", &archive_text, "-C", &place][..], &parts].concat(),
    );
    archive
}

/// The daemon; it ends with this value.
pub(crate) struct Daemon {
    process: Child,
    /// Where it listens.
    pub(crate) socket: PathBuf,
    /// Where it keeps its state.
    pub(crate) state: PathBuf,
}

impl Daemon {
    /// Starts it and gives it the image, for its own clients and for Kubernetes.
    pub(crate) fn start(below: &Path) -> Daemon {
        let (socket, state) = (below.join("socket"), below.join("state"));
        let place = below.display();
        let config = format!(
            r#"
version = 2
root = "{place}/root"
state = "{place}/state"
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
address = "{place}/socket"
[ttrpc]
address = "{place}/socket.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{IMAGE}"
disable_apparmor = true
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "native"
"#
        );
        fs::write(below.join("config.toml"), config).expect("a file");
        let log = fs::File::create(below.join("log")).expect("a file");
        let process = Command::new(find("containerd").expect("containerd"))
            .arg("--config")
            .arg(below.join("config.toml"))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("containerd");
        let daemon = Daemon {
            process,
            socket,
            state,
        };
        let until = Instant::now() + START_MAX;
        while daemon.cri::<_, Nothing>("Version", Nothing {}).is_err() {
            let log = || fs::read_to_string(below.join("log")).unwrap_or_default();
            assert!(Instant::now() < until, "{}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
        let image = image(below).to_string_lossy().into_owned();
        for namespace in ["default", "k8s.io"] {
            let import = [
                "-n",
                namespace,
                "image",
                "import",
                "--snapshotter",
                "native",
            ];
            daemon.ctr(&[&import[..], &[&image]].concat());
        }
        daemon
    }

    /// Runs `ctr`.
    pub(crate) fn ctr(&self, arguments: &[&str]) -> String {
        let socket = self.socket.to_string_lossy();
        succeed("ctr", &[&["--address", &socket][..], arguments].concat())
    }

    /// Calls Kubernetes' runtime interface.
    fn cri<Question, Answer>(&self, method: &str, message: Question) -> Result<Answer, String>
    where
        Question: Message + 'static,
        Answer: Message + Default + 'static,
    {
        let method = format!("/runtime.v1.RuntimeService/{method}");
        let one = Call {
            method: &method,
            metadata: None,
            message,
        };
        call(&self.socket, one, CALL_MAX).map_err(|error| format!("{method}: {error}"))
    }

    /// Runs a pod in the host's network, so that it needs no network plugin.
    pub(crate) fn pod(&self, name: &str) -> Result<Pod, String> {
        let security = PodSecurity {
            namespaces: Some(NAMESPACES),
            privileged: true,
        };
        let config = PodConfig {
            metadata: Some(PodName {
                name: name.to_owned(),
                uid: format!("{name}-uid"),
                namespace: "prod".to_owned(),
            }),
            labels: [("tier".to_owned(), "web".to_owned())].into(),
            linux: Some(PodLinux {
                security: Some(security),
            }),
        };
        let request = RunPodSandboxRequest {
            config: Some(config.clone()),
        };
        let Id { id } = self.cri("RunPodSandbox", request)?;
        Ok(Pod { id, config })
    }

    /// Runs a container in a pod.
    pub(crate) fn container(&self, pod: &Pod, name: &str, host: &Path) -> Result<String, String> {
        let named = |name: &str| {
            Some(Name {
                name: name.to_owned(),
            })
        };
        let security = ContainerSecurity {
            privileged: true,
            namespaces: Some(NAMESPACES),
        };
        let config = ContainerConfig {
            metadata: named(name),
            image: named(IMAGE),
            command: vec!["/bin/sleep".to_owned(), "1000".to_owned()],
            mounts: vec![Mount {
                container_path: "/data".to_owned(),
                host_path: host.to_string_lossy().into_owned(),
                readonly: true,
            }],
            labels: [("app".to_owned(), "shop".to_owned())].into(),
            linux: Some(ContainerLinux {
                security: Some(security),
            }),
        };
        let request = CreateContainerRequest {
            pod: pod.id.clone(),
            config: Some(config),
            pod_config: Some(pod.config.clone()),
        };
        let created: Id = self.cri("CreateContainer", request)?;
        let Nothing {} = self.cri("StartContainer", created.clone())?;
        Ok(created.id)
    }

    /// Ends a pod and everything in it.
    pub(crate) fn end_pod(&self, pod: &Pod) {
        for method in ["StopPodSandbox", "RemovePodSandbox"] {
            let id = Id { id: pod.id.clone() };
            let Nothing {} = self.cri(method, id).expect("the pod ends");
        }
    }
}

/// The network is the node's, the process ids are the container's.
const NAMESPACES: Namespaces = Namespaces { network: 2, pid: 1 };

/// A running pod.
pub(crate) struct Pod {
    pub(crate) id: String,
    config: PodConfig,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // What runs in it would outlive it. It may be gone already; its directory goes either way.
        for namespace in ["default", "k8s.io"] {
            let ctr = |arguments: &[&str]| {
                let mut command = Command::new(find("ctr").unwrap_or_default());
                command.arg("--address").arg(&self.socket);
                command.args(["-n", namespace]).args(arguments).output()
            };
            let Ok(listed) = ctr(&["task", "ls", "-q"]) else {
                continue;
            };
            for task in String::from_utf8_lossy(&listed.stdout).lines() {
                let _ = ctr(&["task", "rm", "-f", task]);
            }
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

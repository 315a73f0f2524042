//! What runtimes leave on disk: the fallback where no runtime answers.
//!
//! An id in, a [`Metadata`] out. Files are opened without following a link at their end, must be plain files, and are read up to a limit.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use falco_abi::container::Runtime;
use falco_format::container::{Metadata, Mount};
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use serde_json::Value as Json;

use super::error::AskError;
use super::json::{self, labels, text, text_or_empty, truth};
use super::metadata::mounts;
use super::oci::{Spec, tell_image};
use super::subject::Subject;

/// The longest configuration that is read, in bytes: as long as an answer of a runtime.
/// What is made of it while it is read takes at most some hundred times as much, where a hostile one is nothing but empty entries.
const FILE_MAX: u64 = 1 << 20;
/// The longest list of containers that is read, in bytes. It is the storage's own, with a kilobyte for each container.
const LIST_MAX: u64 = 4 << 20;
/// How many of containerd's namespaces are looked through for an id whose namespace is not known.
const NAMESPACES_MAX: usize = 64;

/// The storage's drivers, which name its directories.
pub(super) const DRIVERS: [&str; 4] = ["overlay", "vfs", "btrfs", "zfs"];

/// Where runtimes keep their state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directories {
    /// containerd's state directories.
    pub containerd: Vec<PathBuf>,
    /// Docker's root.
    pub docker: PathBuf,
    /// The roots of podman's and CRI-O's storage, the volatile one too.
    pub storage: Vec<PathBuf>,
    /// The directory in which `runc` keeps the state of containers that nobody else runs.
    pub runc: PathBuf,
    /// The same of `crun`.
    pub crun: PathBuf,
}

impl Default for Directories {
    fn default() -> Directories {
        let paths = |list: [&str; 2]| list.map(PathBuf::from).to_vec();
        Directories {
            containerd: paths(["/run/containerd", "/run/k3s/containerd"]),
            docker: "/var/lib/docker".into(),
            storage: paths(["/run/containers/storage", "/var/lib/containers/storage"]),
            runc: "/run/runc".into(),
            crun: "/run/crun".into(),
        }
    }
}

/// One way in which runtimes leave things.
type Place = fn(&Directories, &Subject) -> Result<Metadata, AskError>;

/// What the disk tells of a container.
pub(super) fn container(
    directories: &Directories,
    subject: &Subject,
) -> Result<Metadata, AskError> {
    let places: [Place; 4] = [of_docker, of_storage, of_containerd, of_low_level];
    let mut result = Err(AskError::NotFound);
    for place in places {
        result = match place(directories, subject) {
            Err(AskError::NotFound) => result,
            found => found,
        };
        if result.is_ok() {
            break;
        }
    }
    result
}

/// A file, up to the limit of a configuration.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, AskError> {
    read_up_to(FILE_MAX, path)
}

fn read_up_to(limit: u64, path: &Path) -> Result<Vec<u8>, AskError> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file: OwnedFd = match open(path, flags, Mode::empty()) {
        Ok(file) => file,
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => {
            return Err(AskError::NotFound);
        }
        Err(error) => return Err(AskError::Io(error.into())),
    };
    let status = fstat(&file).map_err(|error| AskError::Io(error.into()))?;
    if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
        return Err(AskError::Malformed("not a file"));
    }
    let mut bytes = Vec::new();
    let read = File::from(file).take(limit + 1).read_to_end(&mut bytes);
    read.map_err(AskError::Io)?;
    if bytes.len() as u64 > limit {
        return Err(AskError::TooLong(limit as usize));
    }
    Ok(bytes)
}

/// A bundle's configuration.
fn spec(bundle: &Path) -> Result<Spec, AskError> {
    Spec::parse(&read(&bundle.join("config.json"))?)
}

fn of_spec(subject: &Subject, spec: &Spec) -> Metadata {
    let mut metadata = subject.metadata("disk");
    spec.tell(&mut metadata);
    spec.tell_annotations(&mut metadata);
    metadata
}

fn of_containerd(directories: &Directories, subject: &Subject) -> Result<Metadata, AskError> {
    for state in &directories.containerd {
        let tasks = state.join("io.containerd.runtime.v2.task");
        let namespaces = match &subject.namespace {
            Some(namespace) => vec![namespace.into()],
            None => names_in(&tasks),
        };
        for namespace in namespaces {
            match spec(&tasks.join(namespace).join(&subject.full_id)) {
                Err(AskError::NotFound) => {}
                found => {
                    let mut metadata = of_spec(subject, &found?);
                    metadata.runtime = Runtime::Containerd;
                    metadata.name.get_or_insert_with(|| subject.id.clone());
                    return Ok(metadata);
                }
            }
        }
    }
    Err(AskError::NotFound)
}

/// The names in a directory, as many as are looked at.
pub(super) fn names_in(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    let names = entries.filter_map(|entry| Some(entry.ok()?.file_name().into()));
    names.take(NAMESPACES_MAX).collect()
}

fn of_docker(directories: &Directories, subject: &Subject) -> Result<Metadata, AskError> {
    let directory = directories.docker.join("containers").join(&subject.full_id);
    let config = json::parse(&read(&directory.join("config.v2.json"))?)?;
    let host = read(&directory.join("hostconfig.json")).and_then(|host| json::parse(&host));
    let host = host.unwrap_or_default();
    let mut metadata = subject.metadata("disk");
    metadata.runtime = Runtime::Docker;
    let name = text_or_empty(&config, "/Name");
    metadata.name = Some(name.strip_prefix('/').unwrap_or(&name).to_owned());
    tell_image(&mut metadata, text_or_empty(&config, "/Config/Image"));
    let image_id = text_or_empty(&config, "/Image");
    let image_id = image_id.strip_prefix("sha256:").unwrap_or(&image_id);
    metadata.image_id = Some(image_id.to_owned());
    metadata.labels = Some(labels(&config, "/Config/Labels"));
    metadata.privileged = truth(&host, "/Privileged");
    let is_host = |place| text(&host, place).map(|mode| mode == "host");
    metadata.host_pid = is_host("/PidMode");
    metadata.host_ipc = is_host("/IpcMode");
    metadata.host_network = is_host("/NetworkMode");
    let points = config.pointer("/MountPoints").and_then(Json::as_object);
    let mount = |(_, point): (&String, &Json)| Mount {
        source: text_or_empty(point, "/Source"),
        destination: text_or_empty(point, "/Destination"),
        mode: text_or_empty(point, "/Mode"),
        is_writable: truth(point, "/RW").unwrap_or(false),
        propagation: text_or_empty(point, "/Propagation"),
    };
    metadata.mounts = Some(mounts(points.into_iter().flatten(), mount));
    Ok(metadata)
}

/// Podman's and CRI-O's storage: the configuration of the bundle, and the storage's own list for name and image.
fn of_storage(directories: &Directories, subject: &Subject) -> Result<Metadata, AskError> {
    let places = || {
        let roots = directories.storage.iter();
        roots.flat_map(|root| DRIVERS.map(|driver| root.join(format!("{driver}-containers"))))
    };
    let mut found = None;
    for place in places() {
        match spec(&place.join(&subject.full_id).join("userdata")) {
            Err(AskError::NotFound) => {}
            spec => {
                found = Some(of_spec(subject, &spec?));
                break;
            }
        }
    }
    let mut metadata = found.ok_or(AskError::NotFound)?;
    for place in places() {
        let list = read_up_to(LIST_MAX, &place.join("containers.json"));
        if let Ok(list) = list.and_then(|list| json::parse(&list)) {
            tell_listed(&mut metadata, &list);
        }
    }
    Ok(metadata)
}

/// The entry of the storage's list; its metadata is JSON within JSON.
fn tell_listed(metadata: &mut Metadata, list: &Json) {
    let entries = json::list(list, "");
    let entry = entries
        .iter()
        .find(|entry| text(entry, "/id") == metadata.full_id.as_deref());
    let Some(entry) = entry else {
        return;
    };
    let more = text(entry, "/metadata").and_then(|more| json::parse(more.as_bytes()).ok());
    let more = more.unwrap_or_default();
    if metadata.name.is_none() {
        let name = text(&more, "/name").or_else(|| text(entry, "/names/0"));
        metadata.name = name.map(str::to_owned);
    }
    if metadata.image.is_none()
        && let Some(image) = text(&more, "/image-name")
    {
        tell_image(metadata, image.to_owned());
    }
    metadata.image_id = text(entry, "/image").map(str::to_owned);
}

/// Containers that nobody but `runc` or `crun` runs: both note where the bundle is.
fn of_low_level(directories: &Directories, subject: &Subject) -> Result<Metadata, AskError> {
    let bundle = low_level_bundle(directories, &subject.full_id)?;
    Ok(of_spec(subject, &spec(&bundle)?))
}

/// Where the bundle of such a container is.
pub(super) fn low_level_bundle(directories: &Directories, id: &str) -> Result<PathBuf, AskError> {
    let bundle = match read(&directories.runc.join(id).join("state.json")) {
        Ok(state) => runc_bundle(&json::parse(&state)?),
        Err(AskError::NotFound) => {
            let status = json::parse(&read(&directories.crun.join(id).join("status"))?)?;
            text(&status, "/bundle").map(PathBuf::from)
        }
        Err(error) => return Err(error),
    };
    // A relative one would be looked for below the directory in which the recorder happens to run.
    let bundle = bundle.filter(|bundle| bundle.is_absolute());
    bundle.ok_or(AskError::NotFound)
}

/// `runc` notes the bundle among the labels of its configuration.
fn runc_bundle(state: &Json) -> Option<PathBuf> {
    let labels = json::list(state, "/config/labels");
    let mut labels = labels.iter().filter_map(Json::as_str);
    labels.find_map(|label| Some(PathBuf::from(label.strip_prefix("bundle=")?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, mknodat};
    use std::fs;

    const ID: &str = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";

    fn check(files: &[(&str, &str)], path: &str) -> Option<Metadata> {
        let root = tempfile::tempdir().expect("a directory");
        for (name, content) in files {
            let file = root.path().join(name.replace("{ID}", ID));
            fs::create_dir_all(file.parent().expect("a directory")).expect("directories");
            let content = content.replace("{ROOT}", &root.path().to_string_lossy());
            fs::write(file, content.replace("{ID}", ID)).expect("a file");
        }
        let at = |name: &str| root.path().join(name);
        let directories = Directories {
            containerd: vec![at("containerd")],
            docker: at("docker"),
            storage: vec![at("run"), at("storage")],
            runc: at("runc"),
            crun: at("crun"),
        };
        let path = path.replace("{ID}", ID);
        let subject = Subject::of_path(path.as_bytes()).expect("a container");
        container(&directories, &subject).ok()
    }

    const SPEC: &str = r#"{"mounts":[{"destination":"/data","source":"/srv"}],"linux":{"namespaces":[{"type":"pid"}]}}"#;

    #[test]
    fn every_runtimes_files_are_read() {
        let found = check(
            &[(
                "containerd/io.containerd.runtime.v2.task/default/web/config.json",
                SPEC,
            )],
            "/default/web",
        );
        let found = found.expect("a container");
        assert_eq!(found.name.as_deref(), Some("web"));
        assert_eq!(found.mounts.expect("mounts")[0].destination, "/data");

        let task = "containerd/io.containerd.runtime.v2.task/k8s.io/{ID}/config.json";
        let found = check(&[(task, SPEC)], "/kubepods/pod1/cri-containerd-{ID}.scope");
        assert_eq!(found.expect("a container").host_pid, Some(false));

        let found = check(
            &[
                (
                    "docker/containers/{ID}/config.v2.json",
                    r#"{"Name":"/db","Image":"sha256:0f","Config":{"Image":"pg:16","Labels":{"a":"b"}},"MountPoints":{"/d":{"Source":"/s","Destination":"/d","RW":true}}}"#,
                ),
                (
                    "docker/containers/{ID}/hostconfig.json",
                    r#"{"Privileged":true,"PidMode":"host","NetworkMode":"bridge"}"#,
                ),
            ],
            "/docker/{ID}",
        );
        let found = found.expect("a container");
        assert_eq!(found.image_repository.as_deref(), Some("pg"));
        assert_eq!(
            (found.privileged, found.host_pid, found.host_ipc),
            (Some(true), Some(true), None)
        );

        let found = check(
            &[
                ("storage/overlay-containers/{ID}/userdata/config.json", SPEC),
                (
                    "storage/overlay-containers/containers.json",
                    r#"[{"id":"other"},{"id":"{ID}","names":["job"],"image":"0f","metadata":"{\"image-name\":\"q.io/a/b:3\"}"}]"#,
                ),
            ],
            "/machine.slice/libpod-{ID}.scope",
        );
        let found = found.expect("a container");
        assert_eq!(found.name.as_deref(), Some("job"));
        assert_eq!(found.image_tag.as_deref(), Some("3"));
    }

    #[test]
    fn low_level_runtimes_note_their_bundle() {
        let runc = r#"{"config":{"labels":["a=b","bundle={ROOT}/bundle"]}}"#;
        let files = [("runc/{ID}/state.json", runc), ("bundle/config.json", SPEC)];
        assert!(check(&files, "/user/{ID}").is_some());
        let crun = r#"{"bundle":"{ROOT}/bundle"}"#;
        let files = [("crun/{ID}/status", crun), ("bundle/config.json", SPEC)];
        assert!(check(&files, "/user/{ID}").is_some());
        assert!(check(&[], "/user/{ID}").is_none());
        let relative = [("crun/{ID}/status", r#"{"bundle":"src"}"#)];
        assert!(check(&relative, "/user/{ID}").is_none());
    }

    #[test]
    fn only_plain_files_are_read() {
        let root = tempfile::tempdir().expect("a directory");
        let secret = root.path().join("secret");
        fs::write(&secret, "{}").expect("a file");
        let link = root.path().join("link");
        std::os::unix::fs::symlink(&secret, &link).expect("a link");
        assert!(matches!(read(&link), Err(AskError::Io(_))));
        assert!(matches!(read(root.path()), Err(AskError::Malformed(_))));
        // Nobody writes to it: who waited for that would wait for ever.
        let pipe = root.path().join("pipe");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR, 0).expect("a pipe");
        assert!(matches!(read(&pipe), Err(AskError::Malformed(_))));
        assert!(matches!(
            read(&root.path().join("none")),
            Err(AskError::NotFound)
        ));
        let large = File::create(root.path().join("large")).expect("a file");
        large.set_len(FILE_MAX + 1).expect("a length");
        let found = read(&root.path().join("large"));
        assert!(matches!(found, Err(AskError::TooLong(_))));
    }
}

//! Cgroup paths of a thread, and the container that they name.
//!
//! The id is found by the shape of the path alone, runtime by runtime, as Falco's container plugin does.

use super::row::Text;

/// How many digits an id has in full.
const ID_DIGITS: usize = 64;
/// How many of them `container.id` shows.
const ID_SHOWN: usize = 12;

/// A place in one hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cgroup {
    /// The hierarchy's number; 0 for version 2.
    pub hierarchy: u32,
    /// Its controllers, joined by commas; empty for version 2 and where not known.
    pub controllers: Text,
    /// The path.
    pub path: Text,
}

/// The container that a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerRef {
    /// The id as `container.id` shows it.
    pub id: Text,
    /// The id in full.
    pub full_id: Text,
    /// The runtime whose shape matched.
    pub runtime: &'static str,
}

/// Where a thread sits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cgroups {
    entries: Vec<Cgroup>,
    container: Option<ContainerRef>,
}

impl Cgroups {
    /// From the lines of /proc/PID/cgroup, each followed by a NUL.
    pub(super) fn from_lines(bytes: &[u8]) -> Cgroups {
        let lines = super::thread::strings(bytes);
        Cgroups::new(lines.filter_map(parse_line).collect())
    }

    fn new(entries: Vec<Cgroup>) -> Cgroups {
        let container = entries.iter().find_map(|entry| container_of(&entry.path));
        Cgroups { entries, container }
    }

    /// The same with another path in one hierarchy.
    pub(super) fn with(&self, hierarchy: u32, path: &[u8]) -> Cgroups {
        let mut entries = self.entries.clone();
        match entries.iter_mut().find(|e| e.hierarchy == hierarchy) {
            Some(entry) => entry.path = path.into(),
            None => entries.push(Cgroup {
                hierarchy,
                controllers: Text::from([]),
                path: path.into(),
            }),
        }
        Cgroups::new(entries)
    }

    /// The path in a hierarchy.
    pub(super) fn path(&self, hierarchy: u32) -> Option<&Text> {
        let mut entries = self.entries.iter();
        entries
            .find(|entry| entry.hierarchy == hierarchy)
            .map(|entry| &entry.path)
    }

    /// Every place.
    pub fn entries(&self) -> &[Cgroup] {
        &self.entries
    }

    /// The container; none on the host.
    pub fn container(&self) -> Option<&ContainerRef> {
        self.container.as_ref()
    }
}

/// `4:memory:/path`.
fn parse_line(line: &[u8]) -> Option<Cgroup> {
    let mut parts = line.splitn(3, |&byte| byte == b':');
    let hierarchy = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    Some(Cgroup {
        hierarchy,
        controllers: parts.next()?.into(),
        path: parts.next()?.into(),
    })
}

/// One shape of a path: what stands before the id, and what behind.
struct Shape {
    prefix: &'static [u8],
    suffix: &'static [u8],
}

const fn shape(prefix: &'static [u8], suffix: &'static [u8]) -> Shape {
    Shape { prefix, suffix }
}

/// The runtimes whose ids have 64 digits, in the order in which they are tried.
const DIGEST_RUNTIMES: &[(&str, &[Shape])] = &[
    (
        "podman",
        &[
            shape(b"/libpod-", b".scope/container"),
            shape(b"/libpod-", b".scope"),
            shape(b"/libpod-", b""),
        ],
    ),
    ("docker", &[shape(b"/docker-", b".scope"), shape(b"/", b"")]),
    (
        "cri-o",
        &[shape(b"/crio-", b".scope"), shape(b"/crio-", b"")],
    ),
    (
        "containerd",
        &[
            shape(b"/cri-containerd-", b".scope"),
            shape(b":cri-containerd:", b""),
        ],
    ),
];

fn container_of(path: &[u8]) -> Option<ContainerRef> {
    let digest = DIGEST_RUNTIMES.iter().find_map(|(runtime, shapes)| {
        let id = shapes.iter().find_map(|shape| digest(path, shape))?;
        Some(reference(runtime, id))
    });
    digest
        .or_else(|| containerd(path).map(|id| reference("containerd", id)))
        .or_else(|| lxc(path).map(|id| whole("lxc", id)))
        .or_else(|| libvirt(path).map(|id| whole("libvirt-lxc", id)))
        .or_else(|| bpm(path).map(|id| whole("bpm", id)))
}

/// 64 hex digits between a prefix and a suffix at the end of the path.
fn digest<'a>(path: &'a [u8], shape: &Shape) -> Option<&'a [u8]> {
    let head = path.strip_suffix(shape.suffix)?;
    let id = head.get(head.len().checked_sub(ID_DIGITS)?..)?;
    let before = head.get(..head.len() - ID_DIGITS)?;
    let is_id = id.iter().all(u8::is_ascii_hexdigit);
    (is_id && before.ends_with(shape.prefix)).then_some(id)
}

/// `/NAMESPACE/ID`: any name of containerd's own clients that is no unit of systemd.
fn containerd(path: &[u8]) -> Option<&[u8]> {
    let mut parts = path.strip_prefix(b"/")?.split(|&byte| byte == b'/');
    let (namespace, id) = (parts.next()?, parts.next()?);
    let is_name = |part: &[u8]| {
        part.first().is_some_and(u8::is_ascii_alphanumeric)
            && part
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    let is_unit = [&b".service"[..], b".slice", b".scope"]
        .iter()
        .any(|suffix| id.ends_with(suffix));
    let ends_here = parts.next().is_none();
    (ends_here && is_name(namespace) && is_name(id) && !is_unit && id.len() <= ID_DIGITS)
        .then_some(id)
}

fn lxc(path: &[u8]) -> Option<&[u8]> {
    let prefixes = [&b"/lxc/"[..], b"/lxc.payload/", b"/lxc.payload."];
    prefixes.iter().find_map(|prefix| {
        let rest = after(path, prefix)?;
        let id = rest.split(|&byte| byte == b'/').next()?;
        (!id.is_empty()).then_some(id)
    })
}

fn libvirt(path: &[u8]) -> Option<&[u8]> {
    if let Some(head) = path.strip_suffix(b".libvirt-lxc") {
        return Some(super::path::file_name(head));
    }
    if let Some(rest) = after(path, b"-lxc\\x2d") {
        return rest.strip_suffix(b".scope");
    }
    after(path, b"/libvirt/lxc/").filter(|id| !id.is_empty())
}

fn bpm(path: &[u8]) -> Option<&[u8]> {
    after(path, b"/bpm-")?.strip_suffix(b".scope")
}

/// What stands behind the first `needle`.
fn after<'a>(path: &'a [u8], needle: &[u8]) -> Option<&'a [u8]> {
    let place = path.windows(needle.len()).position(|part| part == needle)?;
    path.get(place + needle.len()..)
}

fn reference(runtime: &'static str, id: &[u8]) -> ContainerRef {
    ContainerRef {
        id: id.get(..ID_SHOWN).unwrap_or(id).into(),
        full_id: id.into(),
        runtime,
    }
}

fn whole(runtime: &'static str, id: &[u8]) -> ContainerRef {
    ContainerRef {
        id: id.into(),
        full_id: id.into(),
        runtime,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";

    #[track_caller]
    fn check(path: &str, expected: Option<(&str, &str)>) {
        let path = path.replace("{ID}", ID);
        let found = container_of(path.as_bytes());
        let found = found
            .as_ref()
            .map(|c| (c.runtime, std::str::from_utf8(&c.id).expect("ASCII")));
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn every_runtime_is_known_by_its_paths() {
        let short = &ID[..12];
        check("/docker/{ID}", Some(("docker", short)));
        check("/system.slice/docker-{ID}.scope", Some(("docker", short)));
        check("/kubepods/besteffort/pod9/{ID}", Some(("docker", short)));
        check("/machine.slice/libpod-{ID}.scope", Some(("podman", short)));
        check(
            "/user.slice/libpod-{ID}.scope/container",
            Some(("podman", short)),
        );
        check("/kubepods.slice/crio-{ID}.scope", Some(("cri-o", short)));
        check(
            "/kubepods.slice/kubepods-pod1.slice/cri-containerd-{ID}.scope",
            Some(("containerd", short)),
        );
        check(
            "/system.slice/k:cri-containerd:{ID}",
            Some(("containerd", short)),
        );
        check("/default/first-light", Some(("containerd", "first-light")));
        check("/lxc.payload.web/init.scope", Some(("lxc", "web")));
        check("/lxc/web/system.slice", Some(("lxc", "web")));
        check(
            "/machine/nested/web.libvirt-lxc",
            Some(("libvirt-lxc", "web")),
        );
        check("/system.slice/bpm-job.scope", Some(("bpm", "job")));
    }

    #[test]
    fn the_host_is_no_container() {
        for path in ["/", "", "/init.scope", "/system.slice/ssh.service"] {
            check(path, None);
        }
        check("/user.slice/user-0.slice/session-1.scope", None);
        check(&format!("/docker-{}", &ID[1..]), None);
    }

    #[test]
    fn one_hierarchy_changes_alone() {
        let groups = Cgroups::from_lines(b"4:memory:/a/b/c\x000::/\0");
        let moved = groups.with(4, format!("/docker/{ID}").as_bytes());
        assert_eq!(moved.path(0).map(|p| &p[..]), Some(&b"/"[..]));
        assert_eq!(
            moved.container().map(|c| &c.id[..]),
            Some(&ID.as_bytes()[..12])
        );
        assert_eq!(groups.container(), None);
    }
}

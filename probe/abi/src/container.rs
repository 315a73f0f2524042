//! Container runtimes, and which container a cgroup path names, told by the shape of the path alone.
//!
//! A path in, a [`ContainerRef`] that borrows from it out, runtime by runtime in the order of Falco's container plugin.
//! The recorder asks in order to know whom to ask about a container, the analyzer in order to show `container.id`: one answer for both.
//! Nobody is asked here, and a path that only looks like a container's is one.

/// How many digits an id has in full.
const ID_DIGITS: usize = 64;
/// How many of them `container.id` shows.
pub const ID_SHOWN: usize = 12;

/// A container runtime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Runtime {
    /// Docker.
    Docker,
    /// LXC.
    Lxc,
    /// LXC under libvirt.
    LibvirtLxc,
    /// One that speaks Kubernetes' interface, and of which no more is known.
    Cri,
    /// containerd.
    Containerd,
    /// CRI-O.
    Crio,
    /// BOSH's process manager.
    Bpm,
    /// Podman.
    Podman,
    /// Another one, or nobody knows which.
    #[default]
    Unknown,
}

impl Runtime {
    /// Those that are known.
    const KNOWN: [Runtime; 8] = [
        Runtime::Docker,
        Runtime::Lxc,
        Runtime::LibvirtLxc,
        Runtime::Cri,
        Runtime::Containerd,
        Runtime::Crio,
        Runtime::Bpm,
        Runtime::Podman,
    ];

    /// Its number in Falco's container plugin.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Runtime::Docker => 0,
            Runtime::Lxc => 1,
            Runtime::LibvirtLxc => 2,
            Runtime::Cri => 6,
            Runtime::Containerd => 7,
            Runtime::Crio => 8,
            Runtime::Bpm => 9,
            Runtime::Podman => 11,
            Runtime::Unknown => 0xffff,
        }
    }

    /// The runtime of a number.
    #[must_use]
    pub fn of_number(number: u32) -> Runtime {
        let mut known = Runtime::KNOWN.into_iter();
        known
            .find(|runtime| runtime.number() == number)
            .unwrap_or_default()
    }

    /// Its name, as `container.type` shows it; empty where it is not known.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Runtime::Docker => "docker",
            Runtime::Lxc => "lxc",
            Runtime::LibvirtLxc => "libvirt-lxc",
            Runtime::Cri => "cri",
            Runtime::Containerd => "containerd",
            Runtime::Crio => "cri-o",
            Runtime::Bpm => "bpm",
            Runtime::Podman => "podman",
            Runtime::Unknown => "",
        }
    }
}

/// The container that a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerRef<'a> {
    /// The runtime whose shape matched.
    pub runtime: Runtime,
    /// The id in full.
    pub full_id: &'a [u8],
    /// The id as `container.id` shows it.
    pub id: &'a [u8],
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
const DIGEST_RUNTIMES: &[(Runtime, &[Shape])] = &[
    (
        Runtime::Podman,
        &[
            shape(b"/libpod-", b".scope/container"),
            shape(b"/libpod-", b".scope"),
            shape(b"/libpod-", b""),
        ],
    ),
    (
        Runtime::Docker,
        &[shape(b"/docker-", b".scope"), shape(b"/", b"")],
    ),
    (
        Runtime::Crio,
        &[shape(b"/crio-", b".scope"), shape(b"/crio-", b"")],
    ),
    (
        Runtime::Containerd,
        &[
            shape(b"/cri-containerd-", b".scope"),
            shape(b":cri-containerd:", b""),
        ],
    ),
];

/// The container that a cgroup's path names, if it names one.
#[must_use]
pub fn of_path(path: &[u8]) -> Option<ContainerRef<'_>> {
    let digest = DIGEST_RUNTIMES.iter().find_map(|(runtime, shapes)| {
        let id = shapes.iter().find_map(|shape| digest(path, shape))?;
        Some(cut(*runtime, id))
    });
    digest
        .or_else(|| containerd(path).map(|(_, id)| cut(Runtime::Containerd, id)))
        .or_else(|| lxc(path).map(|id| whole(Runtime::Lxc, id)))
        .or_else(|| libvirt(path).map(|id| whole(Runtime::LibvirtLxc, id)))
        .or_else(|| bpm(path).map(|id| whole(Runtime::Bpm, id)))
}

/// 64 hex digits between a prefix and a suffix at the end of the path.
fn digest<'a>(path: &'a [u8], shape: &Shape) -> Option<&'a [u8]> {
    let head = path.strip_suffix(shape.suffix)?;
    let id = head.get(head.len().checked_sub(ID_DIGITS)?..)?;
    let before = head.get(..head.len() - ID_DIGITS)?;
    let is_id = id.iter().all(u8::is_ascii_hexdigit);
    (is_id && before.ends_with(shape.prefix)).then_some(id)
}

/// `/NAMESPACE/ID`: any name of containerd's own clients that is no unit of systemd. The namespace and the id.
#[must_use]
pub fn containerd(path: &[u8]) -> Option<(&[u8], &[u8])> {
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
        .then_some((namespace, id))
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
        return head.rsplit(|&byte| byte == b'/').next();
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

fn cut(runtime: Runtime, id: &[u8]) -> ContainerRef<'_> {
    ContainerRef {
        runtime,
        full_id: id,
        id: id.get(..ID_SHOWN).unwrap_or(id),
    }
}

fn whole(runtime: Runtime, id: &[u8]) -> ContainerRef<'_> {
    ContainerRef {
        runtime,
        full_id: id,
        id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_runtime_is_known_by_its_number() {
        for runtime in Runtime::KNOWN {
            assert_eq!(Runtime::of_number(runtime.number()), runtime);
            assert!(!runtime.name().is_empty());
        }
        for number in [3, 4, 5, 10, 12, 0xffff, u32::MAX] {
            assert_eq!(Runtime::of_number(number), Runtime::Unknown);
        }
        assert_eq!(Runtime::Unknown.name(), "");
    }
}

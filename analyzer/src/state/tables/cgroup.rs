//! Cgroup paths of a thread, and the container that they name.
//!
//! What a path names is told by `falco_abi::container`, for the recorder asks the same.
//! Beyond what Falco knows there is systemd-nspawn, in our own recordings alone: in a capture of Falco's such a machine is the host, as Falco has it.

use super::text::{Text, strings};

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// Whether only the runtimes that Falco knows are told.
    is_falcos: bool,
}

impl Cgroups {
    /// From the lines of /proc/PID/cgroup, each followed by a NUL.
    pub(in crate::state) fn from_lines(bytes: &[u8]) -> Cgroups {
        let lines = strings(bytes);
        Cgroups::new(lines.filter_map(parse_line).collect(), false)
    }

    /// From Falco's list: `controller=path`, each followed by a NUL. None where one of them is no such pair.
    pub(in crate::state) fn from_falco(bytes: &[u8]) -> Option<Cgroups> {
        let pairs = strings(bytes).zip(0_u32..);
        let entries = pairs.map(|(pair, number)| {
            let middle = pair.iter().position(|&byte| byte == b'=')?;
            Some(Cgroup {
                // Falco does not tell hierarchies; the place in the list tells the entries apart.
                hierarchy: number,
                controllers: falco_controller(pair.get(..middle)?).into(),
                path: pair.get(middle + 1..)?.into(),
            })
        });
        let entries: Vec<Cgroup> = entries.collect::<Option<_>>()?;
        Some(Cgroups::new(entries, true))
    }

    /// Whether a list of Falco's says what is known already: most births repeat their parent's.
    pub(in crate::state) fn is_told_by(&self, bytes: &[u8]) -> bool {
        let told = strings(bytes).map(|pair| {
            let middle = pair.iter().position(|&byte| byte == b'=')?;
            let controller = falco_controller(pair.get(..middle)?);
            Some((controller, pair.get(middle + 1..)?))
        });
        let known = self.entries.iter();
        let known = known.map(|entry| Some((&entry.controllers[..], &entry.path[..])));
        self.is_falcos && told.eq(known)
    }

    fn new(entries: Vec<Cgroup>, is_falcos: bool) -> Cgroups {
        let known = entries.iter().find_map(|entry| container_of(&entry.path));
        let machine = || entries.iter().find_map(|entry| nspawn(&entry.path));
        let container = known.or_else(|| (!is_falcos).then(machine).flatten());
        Cgroups {
            entries,
            container,
            is_falcos,
        }
    }

    /// The same with another path in one hierarchy.
    pub(in crate::state) fn with(&self, hierarchy: u32, path: &[u8]) -> Cgroups {
        let mut entries = self.entries.clone();
        match entries.iter_mut().find(|e| e.hierarchy == hierarchy) {
            Some(entry) => entry.path = path.into(),
            None => entries.push(Cgroup {
                hierarchy,
                controllers: Text::from([]),
                path: path.into(),
            }),
        }
        Cgroups::new(entries, self.is_falcos)
    }

    /// The path in a hierarchy.
    pub(in crate::state) fn path(&self, hierarchy: u32) -> Option<&Text> {
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

/// The controller by the name that fields ask for.
fn falco_controller(name: &[u8]) -> &[u8] {
    match name.strip_suffix(b"_cgroup").unwrap_or(name) {
        b"perf" => b"perf_event",
        b"mem" => b"memory",
        b"io" => b"blkio",
        name => name,
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

fn container_of(path: &[u8]) -> Option<ContainerRef> {
    let found = falco_abi::container::of_path(path)?;
    Some(ContainerRef {
        id: found.id.into(),
        full_id: found.full_id.into(),
        runtime: found.runtime.name(),
    })
}

/// A machine of systemd-nspawn: its own scope or service, without the part where nspawn itself runs.
fn nspawn(path: &[u8]) -> Option<ContainerRef> {
    const SHAPES: [(&[u8], &[u8]); 2] =
        [(b"machine-", b".scope"), (b"systemd-nspawn@", b".service")];
    // Other managers register their machines in the same slice.
    const OTHERS: [&[u8]; 2] = [b"qemu\\x2d", b"lxc\\x2d"];
    let mut parts = path.split(|&byte| byte == b'/');
    let name = parts.find_map(|part| {
        SHAPES
            .iter()
            .find_map(|(prefix, suffix)| part.strip_prefix(*prefix)?.strip_suffix(*suffix))
    })?;
    let is_others = OTHERS.iter().any(|prefix| name.starts_with(prefix));
    if name.is_empty() || is_others || parts.next() == Some(b"supervisor") {
        return None;
    }
    let id: Text = unescaped(name).into();
    Some(ContainerRef {
        id: id.clone(),
        full_id: id,
        runtime: "systemd-nspawn",
    })
}

/// A name as systemd's units escape it: `\x2d` for `-`.
fn unescaped(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((&byte, tail)) = rest.split_first() {
        let escaped = tail.strip_prefix(b"x").filter(|_| byte == b'\\');
        let digits = escaped.and_then(|escaped| escaped.get(..2));
        let value = digits
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match (value, escaped.and_then(|escaped| escaped.get(2..))) {
            (Some(value), Some(after)) => {
                out.push(value);
                rest = after;
            }
            _ => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    out
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

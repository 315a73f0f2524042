//! The node itself: its name, kernel and size, and its cgroup hierarchies.

use std::collections::BTreeSet;

use falco_abi::events::{state_cgroup, state_host};

use super::mounts::Mount;
use crate::row::{Row, Subject};

/// The row that opens every snapshot.
pub(super) fn host_row(time: u64) -> Row {
    let names = rustix::system::uname();
    let cpus = std::thread::available_parallelism().map_or(0, |cpus| cpus.get() as u64);
    let system = rustix::system::sysinfo();
    let memory = u64::from(system.mem_unit).saturating_mul(system.totalram);
    let mut row = Row::new(state_host::EVENT, Subject::default(), time);
    row.bytes(state_host::hostname, names.nodename().to_bytes())
        .bytes(state_host::kernel, names.release().to_bytes())
        .bytes(state_host::machine, names.machine().to_bytes())
        .uint(state_host::cpus, cpus)
        .uint(state_host::page_size, rustix::param::page_size() as u64)
        .uint(state_host::memory, memory);
    row
}

/// The rows of the cgroup hierarchies: `hierarchy:controllers:path` lines of a process, with where `mountinfo` has them mounted.
pub(super) fn cgroup_rows(cgroup: &str, mounts: &[Mount], time: u64) -> Vec<Row> {
    let lines = cgroup.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':');
        Some((fields.next()?.parse::<u64>().ok()?, fields.next()?))
    });
    lines
        .map(|(hierarchy, controllers)| {
            let mount = mounts.iter().find(|mount| carries(mount, controllers));
            let mut row = Row::new(state_cgroup::EVENT, Subject::default(), time);
            row.uint(state_cgroup::hierarchy, hierarchy)
                .text(state_cgroup::controllers, controllers)
                .bytes(
                    state_cgroup::mountpoint,
                    mount.map(|mount| mount.mountpoint.as_slice()),
                );
            row
        })
        .collect()
}

/// Whether a mount is the one of these controllers; of none, the v2 hierarchy.
fn carries(mount: &Mount, controllers: &str) -> bool {
    if controllers.is_empty() {
        return mount.kind == b"cgroup2";
    }
    let options: BTreeSet<&[u8]> = mount.super_options.split(|byte| *byte == b',').collect();
    mount.kind == b"cgroup"
        && controllers
            .split(',')
            .all(|one| options.contains(one.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hierarchies_are_found_where_they_are_mounted() {
        let lines: [&[u8]; 3] = [
            b"30 1 0:30 / /cg/cpu rw - cgroup cgroup rw,cpuacct,cpu",
            b"31 1 0:31 / /cg/systemd rw - cgroup systemd rw,name=systemd",
            b"32 1 0:32 / /cg/unified rw - cgroup2 none rw",
        ];
        let mounts: Vec<Mount> = lines.iter().filter_map(|line| Mount::parse(line)).collect();
        let rows = cgroup_rows(
            "4:cpu,cpuacct:/a\n3:memory:/a:b\n1:name=systemd:/\n0::/\nx\n",
            &mounts,
            1,
        );
        let shown: Vec<_> = rows
            .iter()
            .map(|row| {
                String::from_utf8_lossy(&row.values[state_cgroup::mountpoint].bytes).into_owned()
            })
            .collect();
        assert_eq!(shown, ["/cg/cpu", "", "/cg/systemd", "/cg/unified"]);
    }

    #[test]
    fn this_host_has_a_kernel() {
        let row = host_row(1);
        assert!(!row.values[state_host::kernel].bytes.is_empty());
        assert_ne!(row.values[state_host::memory].bytes, [0; 8]);
    }
}

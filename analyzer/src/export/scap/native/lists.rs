//! The lists at the start of a section, of what our own captures know: accounts and addresses from the snapshot's rows, threads and descriptors from the state that they made.

use std::borrow::Cow;
use std::net::IpAddr;

use falco_abi::EventId;
use falco_abi::events::{
    state_fd, state_group, state_host, state_interface, state_thread, state_user,
};
use falco_abi::frame::exe_flags;
use falco_format::{ClockMap, EventView, Pid, Tid, UnixNanos};

use crate::dialect::words::{CLONE_FLAGS, OPEN_FLAGS, falco};
use crate::dialect::{SNAPSHOT_PARAMS, snapshot_param};
use crate::export::scap::rows::ListRow;
use crate::fields::{Device, cgroup_lines};
use crate::scap::fds::fd_type;
use crate::scap::interfaces;
use crate::scap::machine::HOSTNAME_LEN;
use crate::state::{Fd, FdKind, Slot, State, Thread, Vpid, layer4, unix_ends};

/// Falco's flags of a thread that is not its process's first: `CLONE_THREAD` and `CLONE_FILES`.
const OTHER_THREAD: u32 =
    (falco(CLONE_FLAGS, "CLONE_THREAD") | falco(CLONE_FLAGS, "CLONE_FILES")) as u32;
/// Falco's flag for a descriptor that exec closes. How a file was opened beside that the state does not keep.
const CLOSED_ON_EXEC: u32 = falco(OPEN_FLAGS, "O_CLOEXEC") as u32;

/// A row being filled by the names of its list.
struct Filler<'a> {
    row: ListRow<'a>,
    names: &'static [(&'static str, falco_abi::Wire, falco_abi::Role)],
}

impl<'a> Filler<'a> {
    fn new(event: EventId, tid: Tid, pid: Pid) -> Self {
        let list = SNAPSHOT_PARAMS.iter().find(|(id, _)| *id == event);
        let names = list.map_or(&[][..], |(_, params)| params);
        Filler {
            row: ListRow {
                event,
                tid,
                pid,
                values: vec![None; names.len()],
            },
            names,
        }
    }

    fn set(&mut self, index: usize, value: impl Into<Cow<'a, [u8]>>) {
        if let Some(slot) = self.row.values.get_mut(index) {
            *slot = Some(value.into());
        }
    }

    /// Sets a number at the width of its column.
    fn number(&mut self, index: usize, value: i64) {
        let width = self.names.get(index).and_then(|(_, wire, _)| wire.width());
        let mut bytes = value.to_le_bytes().to_vec();
        bytes.truncate(width.unwrap_or(size_of::<i64>()));
        self.set(index, bytes);
    }
}

/// The entry that a row of a snapshot becomes by itself. None where no list of Falco's has it.
pub(super) fn entry<'a>(view: &EventView<'a>, clock: &ClockMap) -> Option<ListRow<'a>> {
    let mut filler = Filler::new(view.event(), Tid(0), Pid(0));
    let mut copy = |to: usize, from: usize| {
        if let Some(bytes) = view.bytes(from) {
            filler.set(to, bytes);
        }
    };
    match view.event() {
        state_host::EVENT => {
            let body = snapshot_param(state_host::EVENT, "machine_info");
            filler.set(body, machine(view, clock));
        }
        state_user::EVENT if is_of_host(view, state_user::container_id) => {
            copy(snapshot_param(state_user::EVENT, "uid"), state_user::uid);
            copy(snapshot_param(state_user::EVENT, "gid"), state_user::gid);
            copy(snapshot_param(state_user::EVENT, "name"), state_user::name);
            copy(snapshot_param(state_user::EVENT, "home"), state_user::home);
            copy(
                snapshot_param(state_user::EVENT, "shell"),
                state_user::shell,
            );
        }
        state_group::EVENT if is_of_host(view, state_group::container_id) => {
            copy(snapshot_param(state_group::EVENT, "gid"), state_group::gid);
            copy(
                snapshot_param(state_group::EVENT, "name"),
                state_group::name,
            );
        }
        state_interface::EVENT => interface(&mut filler, view)?,
        _ => return None,
    }
    Some(filler.row)
}

/// The block about the machine: CPUs, memory, greatest pid, host name, the time of boot, three reserved numbers.
fn machine(view: &EventView<'_>, clock: &ClockMap) -> Vec<u8> {
    const RESERVED: [u8; 3 * 8] = [0; 24];
    let number = |param| view.uint(param).unwrap_or(0).to_le_bytes();
    let mut name = [0; HOSTNAME_LEN];
    let bytes = view.bytes(state_host::hostname).unwrap_or_default();
    // The last one stays a NUL.
    let slots = name.iter_mut().take(HOSTNAME_LEN - 1);
    for (slot, byte) in slots.zip(bytes) {
        *slot = *byte;
    }
    let cpus = number(state_host::cpus);
    let mut body = cpus.get(..4).unwrap_or_default().to_vec();
    body.extend(number(state_host::memory));
    body.extend([0; 8]);
    body.extend(name);
    body.extend(clock.realtime(0).0.to_le_bytes());
    body.extend(RESERVED);
    body
}

/// Lists of accounts have no containers.
fn is_of_host(view: &EventView<'_>, container: usize) -> bool {
    view.bytes(container).is_none_or(<[u8]>::is_empty)
}

fn interface<'a>(filler: &mut Filler<'a>, view: &EventView<'a>) -> Option<()> {
    use state_interface as p;
    let address = view.bytes(p::address)?;
    let (ty, bits) = match address.len() {
        4 => (interfaces::IPV4, 32),
        16 => (interfaces::IPV6, 128),
        _ => return None,
    };
    let prefix = view.uint(p::prefix).unwrap_or(bits).min(bits);
    let mask = u128::MAX
        .checked_shl(128 - prefix as u32)
        .unwrap_or(0)
        .to_be_bytes();
    let mask = mask.get(..address.len())?;
    let broadcast: Vec<u8> = address
        .iter()
        .zip(mask)
        .map(|(byte, mask)| byte | !mask)
        .collect();
    filler.number(
        snapshot_param(state_interface::EVENT, "type"),
        i64::from(ty),
    );
    filler.set(
        snapshot_param(state_interface::EVENT, "name"),
        view.bytes(p::name)?,
    );
    filler.set(snapshot_param(state_interface::EVENT, "address"), address);
    filler.set(
        snapshot_param(state_interface::EVENT, "netmask"),
        mask.to_vec(),
    );
    filler.set(
        snapshot_param(state_interface::EVENT, "broadcast"),
        broadcast,
    );
    filler.number(snapshot_param(state_interface::EVENT, "link_speed"), 0);
    Some(())
}

/// Every thread that the state has, by its number.
pub(super) fn threads<'a>(state: &'a State, clock: &ClockMap) -> Vec<ListRow<'a>> {
    let tids = state.tids().into_iter();
    tids.filter_map(|tid| Some(thread(state, state.thread_of_tid(tid)?, clock)))
        .collect()
}

fn thread<'a>(state: &'a State, thread: &'a Thread, clock: &ClockMap) -> ListRow<'a> {
    let mut filler = Filler::new(state_thread::EVENT, thread.tid, thread.pid);
    numbers(&mut filler, thread, clock);
    let program = &thread.program;
    let text = |text: Option<&'a [u8]>| text.unwrap_or_default();
    let at = |name| snapshot_param(state_thread::EVENT, name);
    filler.set(at("comm"), text(thread.comm.as_deref()));
    filler.set(at("exe"), text(program.exe.as_deref()));
    filler.set(at("trusted_exepath"), text(program.exepath.as_deref()));
    filler.set(at("args"), each_with_nul(&program.args));
    filler.set(at("cwd"), state.cwd(thread));
    filler.set(at("env"), each_with_nul(&program.env));
    filler.set(at("cgroups"), cgroup_lines(thread));
    filler.set(at("root"), state.root(thread));
    filler.row
}

fn numbers(filler: &mut Filler<'_>, thread: &Thread, clock: &ClockMap) {
    let ids = &thread.ids;
    let program = &thread.program;
    let flags = program.flags.unwrap_or(0);
    let credentials = &thread.credentials;
    let unsigned = |number: Option<u64>| number.unwrap_or(0).cast_signed();
    let moment = |time: Option<UnixNanos>| unsigned(time.map(|time| time.0));
    let figures = &thread.falco;
    // In lists a time since the epoch, and 0 where nothing is known.
    let pidns_start = thread.pidns_start.map(|start| clock.realtime(start));
    let short = |number: Option<u32>, none: i64| number.map_or(none, i64::from);
    let clone_flags = if thread.is_leader() { 0 } else { OTHER_THREAD };
    let own = |number: Option<Vpid>| number.map(i64::from);
    let values = [
        ("ptid", ids.ptid.map_or(0, i64::from)),
        ("sid", own(ids.vsid).or(ids.sid).unwrap_or(0)),
        ("vpgid", own(ids.vpgid).or(ids.pgid).unwrap_or(-1)),
        ("fdlimit", unsigned(thread.fdlimit)),
        ("flags", i64::from(clone_flags)),
        ("uid", short(credentials.uid, -1)),
        ("gid", short(credentials.gid, -1)),
        ("vm_size", i64::from(figures.vm_size)),
        ("vm_rss", i64::from(figures.vm_rss)),
        ("vm_swap", i64::from(figures.vm_swap)),
        ("pgft_maj", figures.faults_major.cast_signed()),
        ("pgft_min", figures.faults_minor.cast_signed()),
        ("vtid", ids.vtid.map_or(thread.tid.into(), i64::from)),
        ("vpid", ids.vpid.map_or(thread.pid.into(), i64::from)),
        ("pidns_init_start_ts", moment(pidns_start)),
        ("tty", short(thread.tty, 0)),
        ("loginuid", short(credentials.loginuid, -1)),
        ("exe_writable", i64::from(thread.program.writable)),
        ("cap_inheritable", unsigned(credentials.cap_inheritable)),
        ("cap_permitted", unsigned(credentials.cap_permitted)),
        ("cap_effective", unsigned(credentials.cap_effective)),
        (
            "exe_upper_layer",
            i64::from(flags & exe_flags::UPPER_LAYER != 0),
        ),
        ("exe_ino", unsigned(program.inode)),
        ("exe_ino_ctime", moment(program.ctime)),
        ("exe_ino_mtime", moment(program.mtime)),
        ("exe_from_memfd", i64::from(flags & exe_flags::MEMFD != 0)),
        (
            "exe_lower_layer",
            i64::from(flags & exe_flags::LOWER_LAYER != 0),
        ),
        ("pgid", ids.pgid.unwrap_or(-1)),
    ];
    for (name, value) in values {
        if let Some(index) = filler.names.iter().position(|(other, _, _)| *other == name) {
            filler.number(index, value);
        }
    }
}

fn each_with_nul(strings: &crate::state::Strings) -> Vec<u8> {
    let mut bytes = Vec::new();
    for string in strings.iter() {
        bytes.extend_from_slice(string);
        bytes.push(0);
    }
    bytes
}

/// The descriptors of every process, in the order of the processes.
pub(super) fn descriptors(state: &State) -> Vec<ListRow<'_>> {
    let mut rows = Vec::new();
    for tid in state.tids() {
        let Some(thread) = state.thread_of_tid(tid).filter(|thread| thread.is_leader()) else {
            continue;
        };
        let slots = state.fds(thread).into_iter().flat_map(|table| table.iter());
        rows.extend(slots.map(|slot| descriptor(thread.tid, slot)));
    }
    rows
}

fn descriptor(tid: Tid, slot: &Slot) -> ListRow<'_> {
    let file = &*slot.file;
    let at = |name| snapshot_param(state_fd::EVENT, name);
    let mut filler = Filler::new(state_fd::EVENT, tid, Pid(0));
    filler.number(at("fd"), i64::from(slot.number));
    filler.number(at("ino"), file.inode.cast_signed());
    filler.set(at("name"), &file.name[..]);
    let ty = match file.kind {
        FdKind::Ipv4 | FdKind::Ipv6 => socket(&mut filler, file),
        FdKind::File => {
            let flags = if slot.close_on_exec {
                CLOSED_ON_EXEC
            } else {
                0
            };
            filler.number(at("flags"), i64::from(flags));
            let device = Device::of_kernel(file.device).as_stat();
            filler.number(at("dev"), i64::from(device));
            fd_type::FILE_V2
        }
        FdKind::Unix => {
            let (from, to, path) = unix_ends(&file.name).unwrap_or((0, 0, &file.name));
            filler.set(at("name"), path);
            filler.number(at("source"), from.cast_signed());
            filler.number(at("destination"), to.cast_signed());
            fd_type::UNIX
        }
        kind => type_of(kind),
    };
    filler.number(at("type"), i64::from(ty));
    filler.row
}

fn type_of(kind: FdKind) -> u8 {
    match kind {
        FdKind::Directory => fd_type::DIRECTORY,
        FdKind::Pipe => fd_type::FIFO,
        FdKind::Event => fd_type::EVENT,
        FdKind::Signal => fd_type::SIGNAL,
        FdKind::Epoll => fd_type::EVENT_POLL,
        FdKind::Inotify => fd_type::INOTIFY,
        FdKind::Timer => fd_type::TIMER,
        FdKind::Netlink => fd_type::NETLINK,
        FdKind::Bpf => fd_type::BPF,
        FdKind::Userfault => fd_type::USERFAULT,
        FdKind::IoUring => fd_type::IO_URING,
        FdKind::Memfd => fd_type::MEMFD,
        FdKind::Pidfd => fd_type::PIDFD,
        _ => fd_type::UNSUPPORTED,
    }
}

/// An IP socket: connected, or with its own end alone.
fn socket(filler: &mut Filler<'_>, file: &Fd) -> u8 {
    let at = |name| snapshot_param(state_fd::EVENT, name);
    let ip = file.ip.unwrap_or_default();
    let protocol = layer4::number(ip.protocol);
    filler.number(at("l4proto"), i64::from(protocol));
    let is_v6 = file.kind == FdKind::Ipv6;
    // The reader of a list finds out the sides anew: the own end comes first, whichever it is.
    if let Some(local) = ip.local {
        filler.set(at("sip"), octets(local.address, is_v6));
        filler.number(at("sport"), i64::from(local.port));
    }
    if let Some(remote) = ip.remote {
        filler.set(at("dip"), octets(remote.address, is_v6));
        filler.number(at("dport"), i64::from(remote.port));
    }
    match (is_v6, ip.remote.is_some()) {
        // One without ends stands in none of the kernel's tables, and Falco's recorder calls it unsupported.
        // Bound to nothing it would be a server's for Falco, also after it connects.
        _ if ip.local.is_none() && ip.remote.is_none() => fd_type::UNSUPPORTED,
        (false, true) => fd_type::IPV4,
        (true, true) => fd_type::IPV6,
        (false, false) => fd_type::IPV4_SERVER,
        (true, false) => fd_type::IPV6_SERVER,
    }
}

fn octets(address: IpAddr, is_v6: bool) -> Vec<u8> {
    match address {
        IpAddr::V4(address) if is_v6 => address.to_ipv6_mapped().octets().to_vec(),
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

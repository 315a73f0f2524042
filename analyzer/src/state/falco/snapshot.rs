//! What a Falco capture found in /proc when it began: rows of STATE items in Falco's dialect.

use std::net::IpAddr;
use std::sync::Arc;

use falco_abi::events::{self, state_fd, state_host, state_interface, state_thread};
use falco_abi::frame::exe_flags;
use falco_format::UnixNanos;

use super::{directory, exec, socket, threads};
use crate::dialect::snapshot_param;
use crate::state::address;
use crate::state::cgroup::Cgroups;
use crate::state::fd::Fd;
use crate::state::fd_kind::FdKind;
use crate::state::fds::Slot;
use crate::state::ip_socket::{Connection, Side};
use crate::state::tables::falco::{FalcoSocket, Form, layer4};
use crate::state::tables::text::Strings;
use crate::state::tables::{keep, told};
use crate::state::thread::{Credentials, Ids, Program, Thread};
use crate::state::{Ptid, Row, State, Text, User, Vpid, Vtid};

/// Where the time of boot stands in the machine's block, nanoseconds since the epoch.
const BOOT_EPOCH: usize = 148;

macro_rules! places {
    ($event:ident: $($name:ident = $text:literal),* $(,)?) => {
        $(const $name: usize = snapshot_param($event::EVENT, $text);)*
    };
}

/// Applies one row.
pub(in crate::state) fn apply(state: &mut State, row: Row<'_>) {
    match row.event() {
        state_host::EVENT => host(state, row),
        state_thread::EVENT => thread(state, row),
        state_fd::EVENT => fd(state, row),
        events::state_user::EVENT => told::take_user!(state, row, state_user),
        events::state_group::EVENT => told::take_group!(state, row, state_group),
        state_interface::EVENT => interface(state, row),
        events::state_complete::EVENT => complete(state),
        _ => {}
    }
}

fn host(state: &mut State, row: Row<'_>) {
    places!(state_host: NAME = "hostname", CPUS = "cpus", MEMORY = "memory", MACHINE = "machine_info");
    let host = &mut state.host;
    host.name = row.falco_bytes(NAME).map(Text::from).or(host.name.take());
    let cpus = row.falco_uint(CPUS);
    host.cpus = cpus.and_then(|cpus| u32::try_from(cpus).ok());
    host.memory = row.falco_uint(MEMORY);
    let machine = row.falco_bytes(MACHINE).unwrap_or_default();
    let boot = machine.get(BOOT_EPOCH..BOOT_EPOCH + 8);
    let boot = boot.and_then(|bytes| bytes.try_into().ok());
    host.boot_epoch = UnixNanos(boot.map_or(0, u64::from_le_bytes));
}

fn interface(state: &mut State, row: Row<'_>) {
    places!(state_interface: ADDRESS = "address", MASK = "netmask");
    let Some(address) = row.falco_bytes(ADDRESS).and_then(address::ip) else {
        return;
    };
    let mask = row.falco_bytes(MASK).and_then(|mask| mask.try_into().ok());
    let limit = state.limits.endpoints;
    let has_room = state.host.add_address(address, limit)
        && state
            .host
            .add_mask(address, mask.map_or(0, u32::from_le_bytes), limit);
    if !has_room {
        state.counters.rows_refused += 1;
    }
}

fn thread(state: &mut State, row: Row<'_>) {
    places!(state_thread: PTID = "ptid", CWD = "cwd", ROOT = "root", ENV = "env");
    let (tid, pid) = (row.tid(), row.pid());
    threads::displace(state, tid);
    let mut thread = keep::blank(state, tid, pid, 0, true);
    thread.ids.ptid = row.falco_int(PTID).map(Ptid);
    take_numbers(&mut thread, row);
    let mut program = program(row);
    if thread.is_leader() {
        let env = row.falco_bytes(ENV).unwrap_or_default();
        program.env = Strings::of_area(env);
    }
    thread.program = Arc::new(program);
    let root = row.falco_bytes(ROOT).map(Text::from);
    if let Some(directories) = state.directories.get_mut(thread.directories) {
        directories.root = root;
    }
    let is_leader = thread.is_leader();
    state.add_thread(thread);
    if is_leader && let Some(cwd) = row.falco_bytes(CWD) {
        directory::move_to(state, tid, cwd);
    }
}

fn take_numbers(thread: &mut Thread, row: Row<'_>) {
    places!(state_thread:
        SID = "sid", VPGID = "vpgid", COMM = "comm", FDLIMIT = "fdlimit", FLAGS = "flags", UID = "uid", GID = "gid",
        VM_SIZE = "vm_size", VM_RSS = "vm_rss", VM_SWAP = "vm_swap", MAJOR = "pgft_maj", MINOR = "pgft_min",
        VTID = "vtid", VPID = "vpid", CGROUPS = "cgroups", PIDNS = "pidns_init_start_ts", TTY = "tty",
        LOGINUID = "loginuid", WRITABLE = "exe_writable", INHERITABLE = "cap_inheritable",
        PERMITTED = "cap_permitted", EFFECTIVE = "cap_effective", PGID = "pgid");
    let int = |place| row.falco_int(place);
    let uint = |place| row.falco_uint(place).unwrap_or(0);
    let short = |place| u32::try_from(uint(place)).unwrap_or(0);
    thread.comm = row.falco_bytes(COMM).map(Text::from);
    thread.ids = Ids {
        ptid: thread.ids.ptid,
        vtid: int(VTID).map(Vtid),
        vpid: int(VPID).map(Vpid),
        pgid: int(PGID),
        vpgid: int(VPGID).map(Vpid),
        sid: None,
        vsid: int(SID).map(Vpid),
    };
    thread.credentials = Credentials {
        uid: threads::id(row, UID),
        gid: threads::id(row, GID),
        loginuid: threads::id(row, LOGINUID),
        cap_inheritable: row.falco_uint(INHERITABLE),
        cap_permitted: row.falco_uint(PERMITTED),
        cap_effective: row.falco_uint(EFFECTIVE),
    };
    thread.fdlimit = row.falco_int(FDLIMIT).map(i64::cast_unsigned);
    thread.tty = threads::id(row, TTY);
    let falco = &mut thread.falco;
    falco.flags = short(FLAGS);
    falco.vm_size = short(VM_SIZE);
    falco.vm_rss = short(VM_RSS);
    falco.vm_swap = short(VM_SWAP);
    falco.faults_major = uint(MAJOR);
    falco.faults_minor = uint(MINOR);
    falco.pidns_start = UnixNanos(uint(PIDNS));
    falco.exe_writable = uint(WRITABLE) != 0;
    if let Some(cgroups) = row.falco_bytes(CGROUPS).and_then(Cgroups::from_falco) {
        thread.cgroups = Arc::new(cgroups);
    }
}

fn program(row: Row<'_>) -> Program {
    places!(state_thread:
        EXE = "exe", EXE_PATH = "trusted_exepath", ARGS = "args", UPPER = "exe_upper_layer", LOWER = "exe_lower_layer",
        MEMFD = "exe_from_memfd", INO = "exe_ino", CTIME = "exe_ino_ctime", MTIME = "exe_ino_mtime");
    let marks = [
        (UPPER, exe_flags::UPPER_LAYER),
        (LOWER, exe_flags::LOWER_LAYER),
        (MEMFD, exe_flags::MEMFD),
    ];
    let flags = marks
        .iter()
        .filter(|(place, _)| row.falco_uint(*place).is_some_and(|value| value != 0))
        .fold(0, |all, (_, mark)| all | mark);
    let path = row.falco_bytes(EXE_PATH).unwrap_or_default();
    let mut program = Program {
        exe: Some(row.falco_bytes(EXE).unwrap_or_default().into()),
        exepath: Some(exec::without_deleted(path).into()),
        inode: row.falco_uint(INO),
        ctime: row.falco_uint(CTIME).map(UnixNanos),
        mtime: row.falco_uint(MTIME).map(UnixNanos),
        flags: Some(flags),
        ..Program::default()
    };
    program.set_args(row.falco_bytes(ARGS).unwrap_or_default());
    program
}

fn fd(state: &mut State, row: Row<'_>) {
    places!(state_fd: FD = "fd", FLAGS = "flags");
    let closes = super::descriptor::closes_on_exec(row.falco_uint(FLAGS));
    let number = row.falco_int(FD).and_then(|fd| i32::try_from(fd).ok());
    let (Some(number), Some(file)) = (number, file(row)) else {
        return;
    };
    let slot = Slot {
        from_snapshot: true,
        ..Slot::new(number, Arc::new(file), closes, row.time())
    };
    keep::set(state, row.tid(), slot);
}

/// The kinds by Falco's numbers, from 0.
const KINDS: [FdKind; 22] = [
    FdKind::Unknown,
    FdKind::File,
    FdKind::Directory,
    FdKind::Ipv4,
    FdKind::Ipv6,
    FdKind::Ipv4,
    FdKind::Ipv6,
    FdKind::Pipe,
    FdKind::Unix,
    FdKind::Event,
    FdKind::Unsupported,
    FdKind::Signal,
    FdKind::Epoll,
    FdKind::Inotify,
    FdKind::Timer,
    FdKind::Netlink,
    FdKind::File,
    FdKind::Bpf,
    FdKind::Userfault,
    FdKind::IoUring,
    FdKind::Memfd,
    FdKind::Pidfd,
];

fn file(row: Row<'_>) -> Option<Fd> {
    places!(state_fd: INO = "ino", TYPE = "type", NAME = "name", DEV = "dev");
    const IP: std::ops::RangeInclusive<usize> = 3..=6;
    let number = usize::try_from(row.falco_uint(TYPE)?).ok()?;
    let kind = *KINDS.get(number).filter(|_| number != 0)?;
    let mut file = Fd {
        name: row.falco_bytes(NAME).unwrap_or_default().into(),
        inode: row.falco_uint(INO).unwrap_or(0),
        device: threads::id(row, DEV).unwrap_or(0),
        ..Fd::of(kind)
    };
    if IP.contains(&number) {
        socket::put(&mut file, Box::new(ends(row, number)));
        socket::name_by_ends(&mut file);
    }
    Some(file)
}

fn ends(row: Row<'_>, number: usize) -> FalcoSocket {
    places!(state_fd: SIP = "sip", DIP = "dip", SPORT = "sport", DPORT = "dport", L4 = "l4proto");
    const BOUND: std::ops::RangeInclusive<usize> = 5..=6;
    let mut socket = FalcoSocket::default();
    let end = |address: usize, port: usize| {
        let address = row.falco_bytes(address).and_then(address::plain_ip);
        let port = u16::try_from(row.falco_uint(port).unwrap_or(0)).unwrap_or(0);
        Some(address::Endpoint {
            address: address?,
            port,
        })
    };
    let protocol = u8::try_from(row.falco_uint(L4).unwrap_or(0)).unwrap_or(0);
    let Some(source) = end(SIP, SPORT) else {
        return socket;
    };
    if BOUND.contains(&number) {
        socket.bind(source, protocol);
        return socket;
    }
    let Some(destination) = end(DIP, DPORT) else {
        return socket;
    };
    let pair = address::as_one_family((source, destination));
    socket.form = match pair.0.address {
        IpAddr::V4(_) => Form::V4,
        IpAddr::V6(_) => Form::V6,
    };
    socket.set_pair(pair);
    socket.set_protocol(protocol);
    if protocol == layer4::TCP {
        socket.connection = Connection::Connected;
    }
    socket
}

/// The end of the lists: now parents and leaders can be found, and sides of sockets told.
fn complete(state: &mut State) {
    for tid in state.threads.tids() {
        threads::link(state, tid);
    }
    complete_ends(state);
    let mut served = std::collections::BTreeSet::new();
    for slot in state.files.iter_mut().flat_map(|table| table.iter_mut()) {
        if let Some(socket) = slot.file.falco.as_ref().filter(|socket| socket.is_bound()) {
            served.insert(socket.pair().0.port);
        }
    }
    for slot in state.files.iter_mut().flat_map(|table| table.iter_mut()) {
        let form = slot.file.falco.as_ref().map(|socket| socket.form);
        if slot.from_snapshot && form == Some(Form::V4) {
            tell_side(Arc::make_mut(&mut slot.file), &served);
        }
    }
}

/// Ends that the lists left open are guessed from the interfaces.
fn complete_ends(state: &mut State) {
    let host = &state.host;
    for slot in state.files.iter_mut().flat_map(|table| table.iter_mut()) {
        let Some(old) = slot.file.falco.as_ref().filter(|old| old.form == Form::V4) else {
            continue;
        };
        let mut socket = old.clone();
        socket.complete(host);
        if *old != socket {
            let file = Arc::make_mut(&mut slot.file);
            socket::put(file, socket);
            socket::name_by_ends(file);
        }
    }
}

/// A socket whose own port somebody serves is a server's, and has its ends swapped.
fn tell_side(file: &mut Fd, served: &std::collections::BTreeSet<u16>) {
    let Some(mut socket) = file.falco.take() else {
        return;
    };
    let serves = served.contains(&socket.pair().0.port);
    if serves {
        socket.swap();
    }
    socket.side = if serves { Side::Server } else { Side::Client };
    socket::put(file, socket);
    if serves {
        socket::name_by_ends(file);
    }
}

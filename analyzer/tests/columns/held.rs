//! The tables `files`, `connections` and `listeners`: what each row says of what happened.

use falco_abi::events::{
    accept4, bind, chown, close, connect, creat, dup2, getsockopt, linkat, listen, mkdir, openat,
    procfork, read, recvfrom, renameat2, sendto, socket, state_fd, symlinkat, unlinkat, write,
};
use falco_abi::frame::created;
use falco_analyze::columns::Table;
use tempfile::tempdir;

use crate::capture::{BOOT_REALTIME, CaptureBuilder, Row};
use crate::support::some;

const AT_FDCWD: i64 = -100;

fn check(capture: &CaptureBuilder, table: Table, columns: &[&str], expected: &[&str]) {
    let directory = tempdir().expect("a temporary directory");
    // However the stream is cut.
    for (block, segment) in [(usize::MAX, usize::MAX), (1, usize::MAX), (2, 3)] {
        let path = directory.path().join(format!("{block}-{segment}"));
        capture.write_cut(&path, block, segment);
        assert_eq!(some(&path, table, columns), expected, "{block} {segment}");
    }
}

fn shell() -> CaptureBuilder {
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(100);
    capture
}

fn closed(tid: u32, fd: i64) -> Row {
    Row::new(close::EVENT, tid)
        .int(close::res, 0)
        .int(close::fd, fd)
}

fn moved(event: falco_abi::EventId, (result, number): (usize, usize), fd: i64, bytes: i64) -> Row {
    Row::new(event, 100).int(result, bytes).int(number, fd)
}

/// The moment of the event with this place in the stream.
fn at(place: u64) -> u64 {
    BOOT_REALTIME + 5_000_000_000 + place * 1_000
}

/// As a shell does for `> /tmp/out`: the number that is written to is a copy.
#[test]
fn an_open_has_a_row_until_its_last_descriptor_is_closed() {
    const O_WRONLY_CREAT_TRUNC: i64 = 0o1101;
    let mut capture = shell();
    capture.push(
        Row::new(openat::EVENT, 100)
            .int(openat::fd, 3)
            .int(openat::dirfd, AT_FDCWD)
            .text(openat::name, "/tmp/out")
            .int(openat::flags, O_WRONLY_CREAT_TRUNC)
            .int(openat::mode, 0o644)
            .int(openat::ino, 77)
            .int(openat::opened, i64::from(created::CREATED)),
    );
    capture.push(
        Row::new(dup2::EVENT, 100)
            .int(dup2::res, 1)
            .int(dup2::oldfd, 3)
            .int(dup2::newfd, 1),
    );
    capture.push(closed(100, 3));
    capture.push(moved(write::EVENT, (write::res, write::fd), 1, 40));
    capture.push(moved(write::EVENT, (write::res, write::fd), 1, 2));
    capture.push(moved(write::EVENT, (write::res, write::fd), 1, -32));
    capture.end(100);
    capture.open(100, "/missing", -2);
    check(
        &capture,
        Table::Files,
        &[
            "evt_time",
            "closed_time",
            "operation",
            "fs_path_name",
            "evt_res",
            "open_flags",
            "mode",
            "is_open_write",
            "created",
            "bytes_read",
            "bytes_written",
            "fd_num",
            "fd_ino",
            "proc_pid",
            "proc_name",
            "user_name",
        ],
        &[
            &format!(
                "{} {} open /tmp/out SUCCESS O_TRUNC|O_CREAT|O_WRONLY|O_F_CREATED 0644 true true - 42 3 77 100 bash root",
                at(0),
                at(6)
            ),
            &format!(
                "{} - open /missing ENOENT O_RDONLY - false false - - - - 100 - -",
                at(7)
            ),
        ],
    );
}

/// Not what Falco's field says of directories and of `creat`.
#[test]
fn what_an_open_created_is_told_as_it_was() {
    let mut capture = shell();
    const O_DIRECTORY: i64 = 0o200000;
    const O_TMPFILE_RDWR: i64 = 0o20200002;
    for (fd, flags) in [(4, O_DIRECTORY), (5, O_TMPFILE_RDWR)] {
        capture.push(
            Row::new(openat::EVENT, 100)
                .int(openat::fd, fd)
                .int(openat::dirfd, AT_FDCWD)
                .text(openat::name, "/tmp")
                .int(openat::flags, flags),
        );
    }
    for (fd, opened) in [(6, created::CREATED), (7, 0)] {
        capture.push(
            Row::new(creat::EVENT, 100)
                .int(creat::fd, fd)
                .text(creat::name, "/tmp/new")
                .int(creat::opened, i64::from(opened)),
        );
    }
    check(
        &capture,
        Table::Files,
        &["fs_path_name", "created", "is_open_write", "fd_num"],
        &[
            "/tmp false false 4",
            "/tmp true true 5",
            "/tmp/new true true 6",
            "/tmp/new false true 7",
        ],
    );
}

#[test]
fn what_a_child_inherits_is_the_same_open() {
    let mut capture = shell();
    capture.open(100, "/tmp/a", 3);
    capture.start_program(100, 200, "/usr/bin/cat", &["cat"]);
    capture.push(closed(100, 3));
    capture.push(
        Row::new(read::EVENT, 200)
            .int(read::res, 7)
            .int(read::fd, 3),
    );
    capture.end(200);
    check(
        &capture,
        Table::Files,
        &[
            "fs_path_name",
            "evt_time",
            "closed_time",
            "bytes_read",
            "bytes_written",
            "proc_pid",
        ],
        &[&format!("/tmp/a {} {} 7 - 100", at(0), at(5))],
    );
}

#[test]
fn calls_that_change_files_have_rows() {
    let mut capture = shell();
    capture.push(
        Row::new(renameat2::EVENT, 100)
            .int(renameat2::res, 0)
            .int(renameat2::olddirfd, AT_FDCWD)
            .text(renameat2::oldpath, "a")
            .int(renameat2::newdirfd, AT_FDCWD)
            .text(renameat2::newpath, "/tmp/b"),
    );
    capture.push(
        Row::new(unlinkat::EVENT, 100)
            .int(unlinkat::res, -13)
            .int(unlinkat::dirfd, AT_FDCWD)
            .text(unlinkat::name, "/etc/passwd"),
    );
    capture.push(
        Row::new(mkdir::EVENT, 100)
            .int(mkdir::res, 0)
            .text(mkdir::path, "/srv/new")
            .int(mkdir::mode, 0o755),
    );
    capture.push(
        Row::new(symlinkat::EVENT, 100)
            .int(symlinkat::res, 0)
            .text(symlinkat::target, "/bin/sh")
            .int(symlinkat::linkdirfd, AT_FDCWD)
            .text(symlinkat::linkpath, "/tmp/sh"),
    );
    capture.push(
        Row::new(linkat::EVENT, 100)
            .int(linkat::res, -17)
            .int(linkat::olddir, AT_FDCWD)
            .text(linkat::oldpath, "/etc/passwd")
            .int(linkat::newdir, AT_FDCWD)
            .text(linkat::newpath, "/tmp/p"),
    );
    capture.push(
        Row::new(chown::EVENT, 100)
            .int(chown::res, 0)
            .text(chown::path, "/srv/new")
            .int(chown::uid, 33)
            .int(chown::gid, i64::from(u32::MAX)),
    );
    check(
        &capture,
        Table::Files,
        &[
            "operation",
            "evt_type",
            "fs_path_name",
            "fs_path_target",
            "evt_res",
            "evt_failed",
            "mode",
            "new_uid",
            "new_gid",
        ],
        &[
            "rename renameat2 /root/a /tmp/b SUCCESS false - - -",
            "delete unlinkat /etc/passwd - EACCES true - - -",
            "mkdir mkdir /srv/new - SUCCESS false 0755 - -",
            "symlink symlinkat /tmp/sh /bin/sh SUCCESS false - - -",
            "link linkat /tmp/p /etc/passwd EEXIST true - - -",
            "chown chown /srv/new - SUCCESS false - 33 -",
        ],
    );
}

fn tuple(local: ([u8; 4], u16), remote: ([u8; 4], u16)) -> Vec<u8> {
    const AF_INET: u8 = 2;
    const TCP: u8 = 6;
    const STREAM: u8 = 1;
    let mut bytes = vec![AF_INET, TCP, 0, STREAM];
    bytes.extend(local.1.to_le_bytes());
    bytes.extend(remote.1.to_le_bytes());
    bytes.extend(local.0);
    bytes.extend(remote.0);
    bytes
}

fn sockaddr(address: [u8; 4], port: u16) -> Vec<u8> {
    let mut bytes = vec![2, 0];
    bytes.extend(port.to_be_bytes());
    bytes.extend(address);
    bytes.extend([0; 8]);
    bytes
}

fn made(fd: i64) -> Row {
    Row::new(socket::EVENT, 100)
        .int(socket::fd, fd)
        .int(socket::domain, 2)
        .int(socket::r#type, 1)
        .int(socket::proto, 0)
}

const HERE: [u8; 4] = [10, 0, 0, 1];
const THERE: [u8; 4] = [10, 0, 0, 2];

const ENDS: [&str; 9] = [
    "direction",
    "fd_type",
    "fd_l4proto",
    "fd_lip",
    "fd_lport",
    "fd_rip",
    "fd_rport",
    "evt_res",
    "began",
];

#[test]
fn connections_have_ends_times_and_bytes() {
    let mut capture = shell();
    capture.push(made(3));
    capture.push(
        Row::new(connect::EVENT, 100)
            .int(connect::res, 0)
            .text(connect::tuple, tuple((HERE, 4000), (THERE, 80)))
            .int(connect::fd, 3)
            .text(connect::addr, sockaddr(THERE, 80)),
    );
    capture.push(moved(sendto::EVENT, (sendto::res, sendto::fd), 3, 100));
    capture.push(moved(
        recvfrom::EVENT,
        (recvfrom::res, recvfrom::fd),
        3,
        5_000,
    ));
    capture.push(closed(100, 3));
    capture.push(
        Row::new(accept4::EVENT, 100)
            .int(accept4::fd, 5)
            .text(accept4::tuple, tuple((HERE, 22), (THERE, 5000)))
            .int(accept4::listenfd, 4),
    );
    capture.push(made(3));
    capture.push(
        Row::new(connect::EVENT, 100)
            .int(connect::res, -111)
            .int(connect::fd, 3)
            .text(connect::addr, sockaddr(THERE, 443)),
    );
    let mut columns = ENDS.to_vec();
    columns.extend([
        "start_time",
        "end_time",
        "duration",
        "bytes_in",
        "bytes_out",
        "proc_name",
    ]);
    check(
        &capture,
        Table::Connections,
        &columns,
        &[
            &format!(
                "out ipv4 tcp 10.0.0.1 4000 10.0.0.2 80 SUCCESS connect {} {} 3000 5000 100 bash",
                at(1),
                at(4)
            ),
            &format!(
                "out ipv4 tcp - - 10.0.0.2 443 ECONNREFUSED connect {} - - - - bash",
                at(7)
            ),
            &format!(
                "in ipv4 tcp 10.0.0.1 22 10.0.0.2 5000 SUCCESS accept {} - - - - bash",
                at(5)
            ),
        ],
    );
}

#[test]
fn how_a_connection_under_way_went_is_told_later() {
    const EINPROGRESS: i64 = -115;
    let begun = |fd: i64| {
        Row::new(connect::EVENT, 100)
            .int(connect::res, EINPROGRESS)
            .int(connect::fd, fd)
            .text(connect::addr, sockaddr(THERE, 80))
    };
    let asked = |fd: i64, error: i32| {
        Row::new(getsockopt::EVENT, 100)
            .int(getsockopt::res, 0)
            .int(getsockopt::fd, fd)
            .int(getsockopt::level, 1)
            .int(getsockopt::optname, 4)
            .text(getsockopt::val, error.to_le_bytes())
    };
    let mut capture = shell();
    for fd in 3..8 {
        capture.push(made(fd));
        capture.push(begun(fd));
    }
    capture.push(asked(3, 0));
    capture.push(asked(4, 111));
    capture.push(begun(5).int(connect::res, 0));
    capture.push(moved(write::EVENT, (write::res, write::fd), 6, 9));
    check(
        &capture,
        Table::Connections,
        &["fd_num", "evt_res", "fd_rip", "bytes_out"],
        &[
            "3 SUCCESS 10.0.0.2 -",
            "4 ECONNREFUSED 10.0.0.2 -",
            "5 SUCCESS 10.0.0.2 -",
            "6 SUCCESS 10.0.0.2 9",
            "7 EINPROGRESS 10.0.0.2 -",
        ],
    );
}

#[test]
fn listeners_are_those_of_calls_and_of_the_snapshot() {
    let mut capture = shell();
    let known = |fd: i64, ends: Vec<u8>| {
        Row::new(state_fd::EVENT, 100)
            .int(state_fd::fd, fd)
            .text(state_fd::name, "socket:[1]")
            .text(state_fd::tuple, ends)
    };
    capture.know(known(7, tuple((HERE, 22), ([0; 4], 0))));
    capture.know(known(8, tuple((HERE, 22), (THERE, 6000))));
    capture.push(made(3));
    capture.push(
        Row::new(bind::EVENT, 100)
            .int(bind::res, 0)
            .int(bind::fd, 3)
            .text(bind::addr, sockaddr([0; 4], 8080)),
    );
    capture.push(
        Row::new(listen::EVENT, 100)
            .int(listen::res, 0)
            .int(listen::fd, 3)
            .text(listen::tuple, tuple(([0; 4], 8081), ([0; 4], 0))),
    );
    // Its children wait as well.
    let child = Row::new(procfork::EVENT, 200)
        .int(procfork::ptid, 100)
        .int(procfork::parent_tid, 100)
        .int(procfork::parent_pid, 100)
        .int(procfork::parent_start, 1_000_000_000)
        .int(procfork::flags, 0);
    capture.push(child);
    capture.push(closed(100, 3));
    capture.push(closed(200, 3));
    check(
        &capture,
        Table::Listeners,
        &[
            "fd_lip",
            "fd_lport",
            "fd_l4proto",
            "began",
            "start_time",
            "end_time",
            "proc_pid",
        ],
        &[
            &format!("0.0.0.0 8081 tcp listen {} {} 100", at(2), at(5)),
            "10.0.0.1 22 tcp before - - 100",
        ],
    );
    let mut columns = ENDS.to_vec();
    columns.push("start_time");
    check(
        &capture,
        Table::Connections,
        &columns,
        &["out ipv4 tcp 10.0.0.1 22 10.0.0.2 6000 SUCCESS before -"],
    );
}

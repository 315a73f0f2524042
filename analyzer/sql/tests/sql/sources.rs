//! The captures and exports that cases name.

use std::fs;
use std::path::{Path, PathBuf};

use falco_abi::Lane;
use falco_abi::events::{connect, execve, listen, openat, socket};
use falco_analyze::columns::{CaptureTables, Table, TableQuery, TableSource as _};
use falco_analyze::export::tables::{ParquetExport, ParquetOptions};
use falco_analyze::pipeline::Input;
use tempfile::TempDir;

use crate::capture::{CaptureBuilder, Row};

/// Rules that cases replay, with a macro and a list.
const RULES: &str = "\
- list: secrets
  items: [/etc/shadow, /etc/gshadow]
- macro: is_read
  condition: (evt.type in (open, openat) and evt.failed = false)
- rule: Shadow is read
  desc: Somebody reads it.
  condition: is_read and fd.name in (secrets)
  output: '%proc.name reads %fd.name'
  priority: WARNING
  tags: [secrets, mitre]
- rule: Etc is read
  desc: Somebody reads it.
  condition: is_read and fd.name startswith /etc/
  output: '%fd.name'
  priority: NOTICE
";

/// Rules with a mistake.
const WRONG_RULES: &str = "\
- rule: Wrong
  desc: A field that there is not.
  output: x
  condition: proc.nam = cat
  priority: NOTICE
";

/// A directory with every source in it.
pub(crate) struct Sources {
    directory: TempDir,
}

impl Sources {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let sources = Self { directory };
        // One row per block, so that what is not decoded can be counted.
        scene("node-a", 7).write_cut(&sources.path("plain"), 1, usize::MAX);
        scene("node-b", 8).write_cut(&sources.path("other"), 2, 3);
        day().write(&sources.path("day"));
        let mut lossy = scene("node-a", 7);
        lossy.lose(Lane::File, 5);
        lossy.open(100, "/etc/passwd", 5);
        lossy.write(&sources.path("lossy"));
        for (name, text) in [("rules.yaml", RULES), ("wrong.yaml", WRONG_RULES)] {
            fs::write(sources.path(name), text).expect("rules");
        }
        cut_off(&sources.path("plain"), &sources.path("unsealed"));
        export(&sources.path("plain"), &sources.path("export"));
        export(&sources.path("lossy"), &sources.path("lossy [export]"));
        sources
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }
}

/// A shell starts `cat` and `vi`, which open files.
fn scene(node: &str, boot: u8) -> CaptureBuilder {
    let mut capture = CaptureBuilder::new(node).with_boot(boot);
    capture.shell(100);
    capture.start_program(100, 200, "/usr/bin/cat", &["cat", "/etc/shadow"]);
    capture.open(200, "/etc/shadow", 3);
    capture.start_program(100, 300, "/usr/bin/vi", &["vi", "/etc/hosts"]);
    capture.open(300, "/etc/hosts", 3);
    capture.open(300, "/etc/hosts.swp", -2);
    capture.end(200);
    capture
}

/// What analysts ask for: a session in which a secret is refused, a file below /etc is written and a connection is made; a service listens.
fn day() -> CaptureBuilder {
    const O_WRONLY_CREAT: i64 = 0o101;
    const EACCES: i64 = -13;
    const TERMINAL: i64 = 34_816;
    let (here, there) = ([10, 0, 0, 1], [10, 0, 0, 2]);
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(100);
    capture.start_program(100, 200, "/usr/bin/bash", &["bash", "-i"]);
    capture.push(
        Row::new(execve::EVENT, 200)
            .int(execve::res, 0)
            .text(execve::argv, "zsh\0-l\0")
            .text(execve::comm, "zsh")
            .text(execve::trusted_exepath, "/usr/bin/zsh")
            .int(execve::ptid, 100)
            .int(execve::uid, 1000)
            .int(execve::loginuid, 0)
            .int(execve::sid, 200)
            .int(execve::tty, TERMINAL),
    );
    capture.open(200, "/etc/shadow", EACCES);
    capture.open(200, "/etc/none", -2);
    let write = Row::new(openat::EVENT, 100).int(openat::fd, 3);
    capture.push(
        write
            .int(openat::dirfd, -100)
            .text(openat::name, "/etc/cron.d/job")
            .int(openat::flags, O_WRONLY_CREAT),
    );
    let made = |tid, fd| {
        let row = Row::new(socket::EVENT, tid).int(socket::fd, fd);
        row.int(socket::domain, 2).int(socket::r#type, 1)
    };
    capture.push(made(200, 4));
    let connect = Row::new(connect::EVENT, 200).int(connect::res, 0);
    capture.push(
        connect
            .text(connect::tuple, tuple((here, 4000), (there, 443)))
            .int(connect::fd, 4)
            .text(connect::addr, address(there, 443)),
    );
    capture.push(made(100, 5));
    let listen = Row::new(listen::EVENT, 100).int(listen::res, 0);
    capture.push(
        listen
            .int(listen::fd, 5)
            .text(listen::tuple, tuple(([0; 4], 8080), ([0; 4], 0))),
    );
    capture.end(200);
    capture
}

/// A `struct sockaddr_in`.
fn address(address: [u8; 4], port: u16) -> Vec<u8> {
    [&[2, 0][..], &port.to_be_bytes(), &address].concat()
}

/// The probe's tuple of a TCP socket.
fn tuple(local: ([u8; 4], u16), remote: ([u8; 4], u16)) -> Vec<u8> {
    let ports = [local.1.to_le_bytes(), remote.1.to_le_bytes()].concat();
    [&[2, 6, 1, 1][..], &ports, &local.0, &remote.0].concat()
}

/// The first segment of a capture without its last item.
fn cut_off(capture: &Path, directory: &Path) {
    let bytes = fs::read(capture.join("00000001.flc")).expect("a segment");
    fs::create_dir(directory).expect("a directory");
    let kept = bytes.len() - 16;
    fs::write(directory.join("00000001.flc"), &bytes[..kept]).expect("writable");
}

fn export(capture: &Path, directory: &Path) {
    let layouts = Table::ALL.map(Table::layout);
    let options = ParquetOptions::default();
    let mut export = ParquetExport::create(directory, &layouts, options).expect("an export");
    let tables = CaptureTables::new(Input::open(capture).expect("a capture"));
    for (layout, mut sink) in layouts.iter().zip(export.sinks()) {
        tables
            .rows(layout, &TableQuery::default(), &mut sink)
            .expect("written");
    }
    export.finish().expect("finished");
}

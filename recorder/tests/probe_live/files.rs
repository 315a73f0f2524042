//! Files opened, by every way into the kernel, and what could not be read.

use std::fs;
use std::os::unix::fs::MetadataExt;

use falco_abi::{Abi, ParamStatus};

use super::activities;
use super::frames::{Frame, Recording, kernel_dev};

#[test]
fn ten_thousand_opens_are_all_there_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let mut inodes = Vec::new();
    for number in 0..activities::FILES {
        let file = fs::File::create(format!("{path}/file-{number}")).unwrap();
        inodes.push(file.metadata().unwrap());
    }
    let Some(mut recording) = Recording::start(&["openat", "close"], |_| {}) else {
        return;
    };
    let recorded = recording.act("opens", path);
    assert!(recorded.succeeded);
    let prefix = format!("{path}/file-");
    let opens: Vec<&Frame> = recorded
        .of("openat")
        .into_iter()
        .filter(|frame| {
            frame
                .text("name")
                .is_some_and(|name| name.starts_with(&prefix))
        })
        .collect();
    assert_eq!(opens.len(), activities::FILES);
    for (number, (open, inode)) in opens.iter().zip(&inodes).enumerate() {
        assert_eq!(open.text("name"), Some(format!("{prefix}{number}")));
        assert!(open.int("fd").is_some_and(|fd| fd > 2));
        assert_eq!(open.int("dirfd"), Some(-100));
        assert_eq!(open.int("ino"), Some(inode.ino() as i64));
        assert_eq!(open.int("dev"), Some(kernel_dev(inode.dev())));
        assert_eq!(open.int("opened"), Some(0));
    }
    assert!(opens.is_sorted_by_key(|open| open.time));
    assert_eq!(recording.probe.losses().unwrap(), []);
}

#[test]
fn memory_that_cannot_be_read_is_a_fault() {
    let Some(mut recording) = Recording::start(&["openat", "connect"], |_| {}) else {
        return;
    };
    let recorded = recording.act("faults", "");
    let failed = |frame: &&&Frame| frame.int("dirfd").is_some() && frame.int("fd") == Some(-14);
    let opens = recorded.of("openat");
    let open = opens.iter().find(failed).unwrap();
    assert_eq!(open.param("name"), (ParamStatus::Fault, &[][..]));
    assert_eq!(open.param("ino").0, ParamStatus::Absent);
    let [connect] = recorded.of("connect")[..] else {
        panic!("not one connect");
    };
    assert_eq!(connect.param("addr"), (ParamStatus::Fault, &[][..]));
}

#[test]
fn a_pipe_tells_its_inode() {
    let Some(mut recording) = Recording::start(&["pipe2"], |_| {}) else {
        return;
    };
    let recorded = recording.act("pipes", "");
    let inode: i64 = recorded.told("inode").parse().unwrap();
    let pipes = recorded.of("pipe2");
    let made = pipes.iter().filter(|pipe| pipe.int("ino") == Some(inode));
    assert_eq!(made.count(), 1);
    let failed = pipes.iter().find(|pipe| pipe.int("res") < Some(0));
    assert_eq!(failed.unwrap().param("ino").0, ParamStatus::Absent);
}

#[test]
fn a_path_is_whole_as_long_as_the_kernel_takes_it() {
    let Some(mut recording) = Recording::start(&["openat"], |_| {}) else {
        return;
    };
    let recorded = recording.act("long_path", "");
    let paths: Vec<_> = recorded
        .of("openat")
        .iter()
        .map(|open| open.param("name"))
        .collect();
    let long = "/nowhere/".repeat(500);
    let cut = paths
        .iter()
        .find(|(_, path)| path.starts_with(b"/nowhere/"))
        .unwrap();
    assert_eq!(*cut, (ParamStatus::Truncated, &long.as_bytes()[..4095]));
    let exact = "./".repeat(2047) + "x";
    assert!(paths.contains(&(ParamStatus::Present, exact.as_bytes())));
}

#[cfg(target_arch = "x86_64")]
#[test]
fn calls_by_int_0x80_have_their_own_names() {
    let events = ["open", "close", "read", "socket", "openat"];
    let Some(mut recording) = Recording::start(&events, |_| {}) else {
        return;
    };
    let recorded = recording.act("int80", "");
    if !recorded.succeeded {
        println!("skipped: this kernel does not take 32-bit calls");
        return;
    }
    let abi = |frame: &Frame| frame.abi == Abi::I386 as u8 && frame.pid == recorded.pid;
    let [open] = recorded.all("open", abi)[..] else {
        panic!("not one open");
    };
    assert_eq!(open.text("name").as_deref(), Some("/etc/hostname"));
    let opened: i64 = recorded.told("opened").parse().unwrap();
    assert!(opened >= 0, "{opened}");
    assert_eq!(open.int("fd"), Some(opened));
    assert_eq!(open.syscall, 5);
    let inode = fs::metadata("/etc/hostname").unwrap().ino() as i64;
    assert_eq!(open.int("ino"), Some(inode));
    let [close] = recorded.all("close", abi)[..] else {
        panic!("not one close");
    };
    assert_eq!((close.int("fd"), close.int("res")), (Some(opened), Some(0)));
    assert!(recorded.all("read", abi).is_empty());
    let [socket] = recorded.all("socket", abi)[..] else {
        panic!("not one socket");
    };
    assert_eq!(socket.int("fd"), recorded.told("socket").parse().ok());
    assert_eq!(
        (socket.int("domain"), socket.int("type")),
        (Some(2), Some(1))
    );
}

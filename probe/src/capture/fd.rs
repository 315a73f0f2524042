//! Facts of open files, by descriptor.

use falco_abi::FdField;
use falco_abi::frame::path_flags;
use falco_abi::plan::{FD_RET, Step};

use super::{exe, path, tuple};
use crate::frame::{Event, get, set};
use crate::read::{field, number, pointer, user};
use crate::settings::offset;
use crate::task;

const INO: u8 = FdField::Ino as u8;
const DEV: u8 = FdField::Dev as u8;
const OPENED: u8 = FdField::Opened as u8;
const TUPLE: u8 = FdField::Tuple as u8;
const PATH: u8 = FdField::Path as u8;
const MODE: u8 = FdField::Mode as u8;
const FLAGS: u8 = FdField::Flags as u8;
const QUEUE_LENGTH: u8 = FdField::QueueLength as u8;
const QUEUE_MAX: u8 = FdField::QueueMax as u8;
const INNER_PATH: u8 = FdField::InnerPath as u8;
const NLINK: u8 = FdField::Nlink as u8;
const MOUNT_ID: u8 = FdField::MountId as u8;
const PATH_FLAGS: u8 = FdField::PathFlags as u8;

/// Obtains a fact of an open file.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn capture_fd(cpu: u32, index: u32) -> u32 {
    let Some(event) = Event::on(cpu) else {
        return 0;
    };
    let Some(step) = event.step(index) else {
        return 0;
    };
    let Some(file) = file_of(event, step) else {
        event.put_absent(index);
        return 0;
    };
    if step.a == TUPLE {
        return tuple::capture_tuple(cpu, index, file);
    }
    if step.a == PATH {
        path::put_path(cpu, index, path::Place::of(file), step.limit);
        return 0;
    }
    if step.a == INNER_PATH {
        path::put_inner(cpu, index, step.limit);
        return 0;
    }
    event.put_maybe(index, fact(event, step.a, file));
    0
}

#[inline(always)]
fn fact(event: Event, which: u8, file: u64) -> Option<u64> {
    if which == FLAGS {
        return number::<u32>(file, offset!(file_flags)).map(u64::from);
    }
    if which == QUEUE_LENGTH || which == QUEUE_MAX {
        let sock = tuple::sock_of(file)?;
        let place = if which == QUEUE_MAX {
            offset!(sock_max_ack_backlog)
        } else {
            offset!(sock_ack_backlog)
        };
        return number::<u32>(sock, place).map(u64::from);
    }
    if which == MOUNT_ID {
        return path::Place::last(event)?.mount_id();
    }
    if which == PATH_FLAGS {
        let deleted = path::Place::last(event)?.is_deleted();
        let bits = if deleted { path_flags::DELETED } else { 0 };
        return Some((get!(event, path_flags) | bits) as u64);
    }
    let inode = get!(event, inode);
    if inode == 0 {
        return None;
    }
    match which {
        INO => number::<u64>(inode, offset!(inode_ino)),
        DEV => exe::device(inode),
        NLINK => number::<u32>(inode, offset!(inode_nlink)).map(u64::from),
        OPENED => Some(exe::opened(file, inode)),
        MODE => number::<u16>(inode, offset!(inode_mode)).map(u64::from),
        _ => None,
    }
}

/// The `struct file` that a step is about. Looked up once per event and descriptor.
#[inline(always)]
fn file_of(event: Event, step: Step) -> Option<u64> {
    let fd = if step.b == FD_RET {
        get!(event, ret)
    } else if step.c != 0 {
        written(event, step)?
    } else {
        event.arg(step.b as u64) as i32 as i64
    };
    if fd < 0 {
        return None;
    }
    let key = fd as u64 + 1;
    if get!(event, file_key) != key {
        let file = open_file(fd as u64);
        set!(event, file_key, key);
        set!(event, file, file);
        set!(event, inode, exe::inode(file).unwrap_or(0));
    }
    let file = get!(event, file);
    if file == 0 { None } else { Some(file) }
}

/// The descriptor that a call wrote behind a register; a call that failed wrote none.
#[inline(always)]
fn written(event: Event, step: Step) -> Option<i64> {
    if get!(event, ret) < 0 {
        return None;
    }
    let base = event.arg(step.b as u64);
    if base == 0 {
        return None;
    }
    let offset = (step.c as u64).wrapping_sub(1);
    user::<i32>(base.wrapping_add(offset)).map(i64::from)
}

/// The open file of the running task's descriptor, 0 for none.
///
/// The verifier knows these structures' types down to the table, so that their fields are loaded directly.
#[inline(always)]
fn open_file(fd: u64) -> u64 {
    let (Some(task_files), Some(files_fdt), Some(max_fds), Some(array)) = (
        offset!(task_files),
        offset!(files_fdt),
        offset!(fdtable_max_fds),
        offset!(fdtable_fd),
    ) else {
        return 0;
    };
    let files: *const u8 = field(task::current(), task_files);
    if files.is_null() {
        return 0;
    }
    let table: *const u8 = field(files, files_fdt);
    if table.is_null() {
        return 0;
    }
    let count: u32 = field(table, max_fds);
    if fd >= count as u64 {
        return 0;
    }
    pointer(field::<u64>(table, array) + 8 * fd)
}

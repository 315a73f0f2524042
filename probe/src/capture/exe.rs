//! Facts of inodes: of the executable, and of open files.

use falco_abi::frame::{created, exe_flags, path_flags};

use super::path::Place;
use crate::read::{follow, kernel, number};
use crate::settings::{config, offset};

/// The magic number of an overlay's super block.
const OVERLAY_MAGIC: u64 = 0x794c_7630;
/// `FMODE_CREATED` of a file's mode: this open created it.
const FMODE_CREATED: u32 = 0x0010_0000;
/// The bits of a time's nanoseconds: above them the kernel notes since 6.13 whether somebody has looked.
const NANOSECONDS: u32 = 0x3fff_ffff;
/// How a memfd's name begins.
const MEMFD: [u8; 6] = *b"memfd:";

/// The file that a task executes.
#[inline(always)]
pub fn file(task: u64) -> Option<u64> {
    let mm = follow(task, offset!(task_mm))?;
    follow(mm, offset!(mm_exe_file))
}

/// An open file's inode.
#[inline(always)]
pub fn inode(file: u64) -> Option<u64> {
    follow(file, offset!(file_inode))
}

/// The device of an inode, as the kernel encodes it.
#[inline(always)]
pub fn device(inode: u64) -> Option<u64> {
    let block = follow(inode, offset!(inode_sb))?;
    number::<u32>(block, offset!(sb_dev)).map(u64::from)
}

/// A time of an inode, in nanoseconds since the epoch.
#[inline(always)]
pub fn time(inode: u64, seconds: Option<u64>, nanoseconds: Option<u64>) -> Option<u64> {
    let seconds = number::<u64>(inode, seconds)?;
    let nanoseconds = (number::<u32>(inode, nanoseconds)? & NANOSECONDS) as u64;
    Some(
        seconds
            .wrapping_mul(1_000_000_000)
            .wrapping_add(nanoseconds),
    )
}

/// Which layer of an overlay an inode lies in: (upper, lower).
///
/// An overlay's inode begins with the inode that everybody sees; the dentry in the upper layer follows it.
#[inline(always)]
fn layers(inode: u64) -> (bool, bool) {
    let magic =
        follow(inode, offset!(inode_sb)).and_then(|block| number::<u64>(block, offset!(sb_magic)));
    if magic != Some(OVERLAY_MAGIC) {
        return (false, false);
    }
    match kernel::<u64>(inode + config!(inode_size)) {
        Some(0) => (false, true),
        Some(_) => (true, false),
        None => (false, false),
    }
}

/// Bits of [`created`] for an open file.
#[inline(always)]
pub fn opened(file: u64, inode: u64) -> u64 {
    let mode = number::<u32>(file, offset!(file_mode)).unwrap_or(0);
    let (upper, lower) = layers(inode);
    let mut bits = 0;
    if mode & FMODE_CREATED != 0 {
        bits |= created::CREATED;
    }
    if upper {
        bits |= created::UPPER_LAYER;
    }
    if lower {
        bits |= created::LOWER_LAYER;
    }
    bits as u64
}

/// Where the executable was found.
#[inline(always)]
pub fn place(task: u64) -> Option<Place> {
    file(task).and_then(Place::of)
}

/// Bits of [`exe_flags`] for an executable, of whose path this was noted.
#[inline(always)]
pub fn flags(file: u64, inode: u64, path: u32) -> u64 {
    let (upper, lower) = layers(inode);
    let mut bits = 0;
    if upper {
        bits |= exe_flags::UPPER_LAYER;
    }
    if lower {
        bits |= exe_flags::LOWER_LAYER;
    }
    if number::<u32>(inode, offset!(inode_nlink)) == Some(0) {
        bits |= exe_flags::UNLINKED;
        if is_memfd(file) {
            bits |= exe_flags::MEMFD;
        }
    }
    if Place::of(file).is_some_and(Place::is_deleted) {
        bits |= exe_flags::DELETED;
    }
    if path & path_flags::UNREACHABLE != 0 {
        bits |= exe_flags::UNREACHABLE;
    }
    if path & path_flags::CUT != 0 {
        bits |= exe_flags::CUT;
    }
    bits as u64
}

#[inline(always)]
fn is_memfd(file: u64) -> bool {
    let Some(dentry) = follow(file, offset!(file_dentry)) else {
        return false;
    };
    if number::<u64>(dentry, offset!(dentry_parent)) != Some(dentry) {
        return false;
    }
    let name = number::<u64>(dentry, offset!(dentry_name)).unwrap_or(0);
    kernel::<[u8; 6]>(name) == Some(MEMFD)
}

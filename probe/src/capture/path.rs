//! Paths of dentries and kernfs nodes, put together from their end by a bounded walk.

use falco_abi::ParamStatus;
use falco_abi::limits::{CGROUP_COMPONENTS_MAX, PATH_COMPONENTS_MAX};

use super::memory::whole_unless;
use crate::frame::{Event, VALUE_MASK, get, set};
use crate::maps::{COMPONENT_MAX, PATH_BUFFER};
use crate::read::{copy_kernel, copy_kernel_str, follow, masked, number, pointer};
use crate::settings::offset;

const PATH_MASK: u64 = PATH_BUFFER as u64 - 1;
const COMPONENT_MASK: u64 = COMPONENT_MAX as u64 - 1;

/// The path in the buffer could not be put together whole.
const BROKEN: u32 = 0;
/// It stands in the buffer.
const WHOLE: u32 = 1;
/// The climb goes on.
const ON: u32 = 2;

/// Writes the path of a dentry in a mount.
#[inline(always)]
pub fn put_path(cpu: u32, index: u32, mount: Option<u64>, dentry: Option<u64>, limit: u16) {
    let Some(event) = Event::on(cpu) else {
        return;
    };
    let (Some(mount), Some(dentry)) = (mount, dentry) else {
        return event.put_absent(index);
    };
    let built = walk_dentries(cpu, event, mount, dentry);
    put_built(event, index, built, limit);
}

/// Writes the path of a cgroup's node.
#[inline(always)]
pub fn put_cgroup(cpu: u32, index: u32, node: Option<u64>, limit: u16) {
    let Some(event) = Event::on(cpu) else {
        return;
    };
    let Some(node) = node else {
        return event.put_absent(index);
    };
    let built = walk_nodes(cpu, event, node);
    put_built(event, index, built, limit);
}

#[inline(always)]
fn put_built(event: Event, index: u32, built: u32, limit: u16) {
    if built == BROKEN {
        return event.put(index, ParamStatus::Fault, 0);
    }
    let start = get!(event, path_at) as u64;
    let length = PATH_BUFFER as u64 - start;
    let room = event.room(limit as u64);
    let wanted = masked::<VALUE_MASK>(if length < room { length } else { room });
    // SAFETY: both the place in the frame and the masked place in the buffer are within the map's value.
    let copied = unsafe {
        let from = event.path().add(masked::<PATH_MASK>(start) as usize);
        copy_kernel(event.spot(), wanted, from as u64)
    };
    if copied {
        event.put(index, whole_unless(wanted < length), wanted);
    } else {
        event.put(index, ParamStatus::Fault, 0);
    }
}

/// Puts `length` bytes of a name before the path, and a slash before them; whether there was room.
#[inline(always)]
fn prepend(event: Event, name: u64, length: u64, slash: bool) -> bool {
    let start = get!(event, path_at) as u64;
    let length = masked::<COMPONENT_MASK>(length);
    let taken = length + slash as u64;
    if start < taken {
        return false;
    }
    let at = start - taken;
    set!(event, path_at, at as u32);
    // SAFETY: behind a masked place there is room for one component; the slash's own place is masked too.
    unsafe {
        if slash {
            *event.path().add(masked::<PATH_MASK>(at) as usize) = b'/';
        }
        let text = masked::<PATH_MASK>(at + slash as u64);
        copy_kernel(event.path().add(text as usize), length, name)
    }
}

/// Puts the name of a dentry before the path.
#[inline(always)]
fn prepend_dentry(event: Event, dentry: u64, slash: bool) -> bool {
    let length = number::<u32>(dentry, offset!(dentry_name_len));
    let name = offset!(dentry_name).map_or(0, |offset| pointer(dentry + offset));
    match length {
        Some(length) => prepend(event, name, length as u64, slash),
        None => false,
    }
}

/// Climbs from a dentry to the root of its mount namespace, over the mounts between.
#[inline(always)]
fn walk_dentries(cpu: u32, event: Event, vfsmount: u64, dentry: u64) -> u32 {
    set!(event, path_at, PATH_BUFFER as u32);
    set!(event, climb_at, dentry);
    set!(event, climb_mount, vfsmount);
    for _ in 0..PATH_COMPONENTS_MAX {
        let climbed = climb_dentry(cpu);
        if climbed != ON {
            return climbed;
        }
    }
    BROKEN
}

/// One turn of the climb: to the parent, or from the root of a mount to where it is mounted.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn climb_dentry(cpu: u32) -> u32 {
    let Some(event) = Event::on(cpu) else {
        return BROKEN;
    };
    let (Some(mnt), Some(mnt_root), Some(mnt_parent), Some(mnt_mountpoint), Some(d_parent)) = (
        offset!(mount_mnt),
        offset!(vfsmount_root),
        offset!(mount_parent),
        offset!(mount_mountpoint),
        offset!(dentry_parent),
    ) else {
        return BROKEN;
    };
    let dentry = get!(event, climb_at);
    let vfsmount = get!(event, climb_mount);
    let root = pointer(vfsmount + mnt_root);
    let parent = pointer(dentry + d_parent);
    if root == 0 || parent == 0 {
        return BROKEN;
    }
    if dentry == root || dentry == parent {
        let mount = vfsmount - mnt;
        let above = pointer(mount + mnt_parent);
        if dentry != root || above == mount || above == 0 {
            return at_root(event, dentry);
        }
        set!(event, climb_at, pointer(mount + mnt_mountpoint));
        set!(event, climb_mount, above + mnt);
        return ON;
    }
    if !prepend_dentry(event, dentry, true) {
        return BROKEN;
    }
    set!(event, climb_at, parent);
    ON
}

/// Ends a walk: the root itself is "/", a file outside every directory (a memfd) is its name.
#[inline(always)]
fn at_root(event: Event, dentry: u64) -> u32 {
    if get!(event, path_at) < PATH_BUFFER as u32 {
        return WHOLE;
    }
    if prepend_dentry(event, dentry, false) {
        WHOLE
    } else {
        BROKEN
    }
}

/// Climbs from a kernfs node to the root of its hierarchy.
#[inline(always)]
fn walk_nodes(cpu: u32, event: Event, node: u64) -> u32 {
    set!(event, path_at, PATH_BUFFER as u32);
    set!(event, climb_at, node);
    for _ in 0..CGROUP_COMPONENTS_MAX {
        let climbed = climb_node(cpu);
        if climbed != ON {
            return climbed;
        }
    }
    BROKEN
}

/// One turn of the climb, to the parent.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn climb_node(cpu: u32) -> u32 {
    let Some(event) = Event::on(cpu) else {
        return BROKEN;
    };
    // Names have no length here: each is first copied behind the buffer.
    // SAFETY: the room for one component lies behind the buffer.
    let spare = unsafe { event.path().add(PATH_BUFFER) };
    let node = get!(event, climb_at);
    let Some(above) = follow(node, offset!(kernfs_parent)) else {
        if get!(event, path_at) == PATH_BUFFER as u32 {
            prepend(event, spare as u64, 0, true);
        }
        return WHOLE;
    };
    let name = offset!(kernfs_name).map_or(0, |offset| pointer(node + offset));
    // SAFETY: there is room for one component.
    let copied = unsafe { copy_kernel_str(spare, COMPONENT_MASK, name) };
    if copied <= 0 || !prepend(event, spare as u64, copied as u64 - 1, true) {
        return BROKEN;
    }
    set!(event, climb_at, above);
    ON
}

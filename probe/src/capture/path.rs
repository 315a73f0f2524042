//! Paths of dentries and kernfs nodes, put together from their end by a bounded walk.

use falco_abi::ParamStatus;
use falco_abi::frame::path_flags;
use falco_abi::limits::{CGROUP_COMPONENTS_MAX, PATH_COMPONENTS_MAX};

use super::memory::whole_unless;
use crate::frame::{Event, VALUE_MASK, get, set};
use crate::maps::{COMPONENT_MAX, PATH_BUFFER};
use crate::read::{copy_kernel, copy_kernel_str, field, follow, kernel, masked, number, pointer};
use crate::settings::offset;
use crate::task;

const PATH_MASK: u64 = PATH_BUFFER as u64 - 1;
const COMPONENT_MASK: u64 = COMPONENT_MAX as u64 - 1;

/// The path in the buffer could not be put together whole.
const BROKEN: u32 = 0;
/// It stands in the buffer.
const WHOLE: u32 = 1;
/// The climb goes on.
const ON: u32 = 2;

/// A dentry in a mount.
#[derive(Clone, Copy)]
pub struct Place {
    /// The mount's part that everybody sees.
    vfsmount: u64,
    dentry: u64,
}

impl Place {
    /// A dentry in a mount, where both are there.
    #[inline(always)]
    pub fn new(vfsmount: Option<u64>, dentry: Option<u64>) -> Option<Place> {
        Some(Place {
            vfsmount: vfsmount?,
            dentry: dentry?,
        })
    }

    /// Where an open file was found.
    #[inline(always)]
    pub fn of(file: u64) -> Option<Place> {
        Place::new(
            follow(file, offset!(file_mnt)),
            follow(file, offset!(file_dentry)),
        )
    }

    /// The place whose path was written last in this frame.
    #[inline(always)]
    pub fn last(event: Event) -> Option<Place> {
        let (vfsmount, dentry) = (get!(event, place_mount), get!(event, place_dentry));
        if vfsmount == 0 || dentry == 0 {
            return None;
        }
        Some(Place { vfsmount, dentry })
    }

    /// The mount's number in mountinfo.
    #[inline(always)]
    pub fn mount_id(self) -> Option<u64> {
        let mount = self.vfsmount.wrapping_sub(offset!(mount_mnt)?);
        number::<u32>(mount, offset!(mount_id)).map(u64::from)
    }

    /// Whether the name was removed: the dentry is found no more, and is no root.
    #[inline(always)]
    pub fn is_deleted(self) -> bool {
        let (Some(hash), Some(parent)) = (offset!(dentry_hash_pprev), offset!(dentry_parent))
        else {
            return false;
        };
        pointer(self.dentry + hash) == 0 && pointer(self.dentry + parent) != self.dentry
    }

    /// Whether the mount, which has this root, shows a part of its file system.
    #[inline(always)]
    fn is_of_part(self, root: u64) -> bool {
        let block = follow(self.vfsmount, offset!(vfsmount_sb));
        let whole = block.and_then(|block| follow(block, offset!(sb_root)));
        whole.is_some_and(|whole| whole != root)
    }
}

/// Writes the path over the mounts, and notes what is to be known of it.
#[inline(always)]
pub fn put_path(cpu: u32, index: u32, place: Option<Place>, limit: u16) {
    let Some(event) = Event::on(cpu) else {
        return;
    };
    let (Some(place), Some(mnt_root)) = (place, offset!(vfsmount_root)) else {
        return event.put_absent(index);
    };
    set!(event, path_flags, 0);
    set!(event, climb_at, place.dentry);
    set!(event, climb_mount, place.vfsmount);
    let root = pointer(place.vfsmount + mnt_root);
    set!(event, climb_root, root);
    set!(event, climb_end, namespace_root());
    set!(event, place_mount, place.vfsmount);
    set!(event, place_dentry, place.dentry);
    set!(event, place_root, root);
    let built = walk_dentries(cpu);
    put_built(event, index, built, limit);
}

/// Writes the path inside the file system of the place whose path was written last, where the mount shows a part of it.
#[inline(always)]
pub fn put_inner(cpu: u32, index: u32, limit: u16) {
    let Some(event) = Event::on(cpu) else {
        return;
    };
    let Some(place) = Place::last(event) else {
        return event.put_absent(index);
    };
    if !place.is_of_part(get!(event, place_root)) {
        return event.put_absent(index);
    }
    set!(event, climb_at, place.dentry);
    set!(event, climb_root, 0);
    let built = walk_dentries(cpu);
    put_built(event, index, built, limit);
}

/// The mount at the root of the running task's mount namespace: paths are asked of nobody else. The verifier knows the types down to it.
#[inline(always)]
fn namespace_root() -> u64 {
    let (Some(task_nsproxy), Some(nsproxy_mnt_ns), Some(mntns_root)) = (
        offset!(task_nsproxy),
        offset!(nsproxy_mnt_ns),
        offset!(mntns_root),
    ) else {
        return 0;
    };
    let proxy: *const u8 = field(task::current(), task_nsproxy);
    if proxy.is_null() {
        return 0;
    }
    let namespace: *const u8 = field(proxy, nsproxy_mnt_ns);
    if namespace.is_null() {
        return 0;
    }
    field(namespace, mntns_root)
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

/// What a climb reads of a dentry.
struct Links {
    parent: u64,
    name: u64,
    length: u32,
}

/// Bytes from a dentry's parent to the end of its name's pointer, as most kernels lay it out: the parent, the name's hash and length, the pointer.
const LINKS: u64 = 24;

/// Reads it at once where the kernel has it in one place, else word by word.
#[inline(always)]
fn links(dentry: u64) -> Option<Links> {
    let parent = offset!(dentry_parent)?;
    let length = offset!(dentry_name_len)?;
    let name = offset!(dentry_name)?;
    if length == parent + 12 && name == parent + LINKS - 8 {
        let [parent, length, name] = kernel::<[u64; 3]>(dentry + parent)?;
        let length = (length >> 32) as u32;
        return Some(Links {
            parent,
            name,
            length,
        });
    }
    Some(Links {
        parent: pointer(dentry + parent),
        name: pointer(dentry + name),
        length: kernel::<u32>(dentry + length)?,
    })
}

/// Climbs from a dentry: over the mounts to the root of a mount namespace, or to the root of its file system.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn walk_dentries(cpu: u32) -> u32 {
    let Some(event) = Event::on(cpu) else {
        return BROKEN;
    };
    set!(event, path_at, PATH_BUFFER as u32);
    for _ in 0..PATH_COMPONENTS_MAX {
        let climbed = climb_dentry(cpu);
        if climbed != ON {
            return climbed;
        }
    }
    cut(event)
}

/// One turn of the climb: to the parent, or from the root of a mount to where it is mounted.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn climb_dentry(cpu: u32) -> u32 {
    let Some(event) = Event::on(cpu) else {
        return BROKEN;
    };
    let dentry = get!(event, climb_at);
    let root = get!(event, climb_root);
    let Some(links) = links(dentry) else {
        return BROKEN;
    };
    if links.parent == 0 {
        return BROKEN;
    }
    if dentry == root || dentry == links.parent {
        return leave_mount(event, dentry, root, &links);
    }
    if !prepend(event, links.name, links.length as u64, true) {
        return cut(event);
    }
    set!(event, climb_at, links.parent);
    ON
}

/// At the root of a mount or of a file system: to where it is mounted, or the end.
#[inline(always)]
fn leave_mount(event: Event, dentry: u64, root: u64, links: &Links) -> u32 {
    if root == 0 {
        return at_root(event, links);
    }
    let (Some(mnt), Some(mnt_root), Some(mnt_parent), Some(mnt_mountpoint)) = (
        offset!(mount_mnt),
        offset!(vfsmount_root),
        offset!(mount_parent),
        offset!(mount_mountpoint),
    ) else {
        return BROKEN;
    };
    // A dentry that has left its mount's root by a rename stands under none.
    if dentry != root {
        return outside(event, links);
    }
    let mount = get!(event, climb_mount) - mnt;
    let above = pointer(mount + mnt_parent);
    if above == mount || above == 0 {
        // Where the kernel does not say what the namespace's root is, nothing is concluded from it.
        let is_end = offset!(mntns_root).is_none() || mount == get!(event, climb_end);
        return if is_end {
            at_root(event, links)
        } else {
            outside(event, links)
        };
    }
    set!(event, climb_at, pointer(mount + mnt_mountpoint));
    set!(event, climb_mount, above + mnt);
    set!(event, climb_root, pointer(above + mnt + mnt_root));
    ON
}

/// Ends a walk at a root, whose own path is its name: a slash.
#[inline(always)]
fn at_root(event: Event, links: &Links) -> u32 {
    if get!(event, path_at) < PATH_BUFFER as u32
        || prepend(event, links.name, links.length as u64, false)
    {
        WHOLE
    } else {
        BROKEN
    }
}

/// Ends a walk that did not lead to the namespace's root. What lies outside every directory (a memfd) is its name.
#[inline(always)]
fn outside(event: Event, links: &Links) -> u32 {
    set!(
        event,
        path_flags,
        get!(event, path_flags) | path_flags::UNREACHABLE
    );
    let ended = at_root(event, links);
    without_slash(event);
    ended
}

/// Ends a walk that finds no room: what was climbed is the path's end.
#[inline(always)]
fn cut(event: Event) -> u32 {
    set!(event, path_flags, get!(event, path_flags) | path_flags::CUT);
    without_slash(event);
    WHOLE
}

/// Takes the slash from the beginning, so that nobody takes the path for an absolute one.
#[inline(always)]
fn without_slash(event: Event) {
    let at = get!(event, path_at);
    if at >= PATH_BUFFER as u32 {
        return;
    }
    // SAFETY: the place is masked.
    let first = unsafe { *event.path().add(masked::<PATH_MASK>(at as u64) as usize) };
    if first == b'/' {
        set!(event, path_at, at + 1);
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

//! A task's place in the default cgroup hierarchy.

use crate::read::follow;
use crate::settings::offset;

/// The kernfs node of the task's cgroup in the default (v2) hierarchy.
#[inline(always)]
pub fn default_node(task: u64) -> Option<u64> {
    let set = follow(task, offset!(task_cgroups))?;
    let cgroup = follow(set, offset!(css_set_default))?;
    follow(cgroup, offset!(cgroup_kn))
}

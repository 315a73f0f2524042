//! The facts of a process as columns, named as `events` and `processes` name them.
//!
//! In: a process at a moment. Out: cells in the order of the columns.

use falco_analyze::columns::ColumnType::{Bool, Int, Ints, Text, Texts, Time, Uint};
use falco_analyze::past::{Past, Process};

use super::rows::{Cell, Column, text};

/// What every table of the past has of a process.
pub(super) const COLUMNS: [Column; 34] = [
    ("proc_pid", Int),
    ("proc_ppid", Int),
    ("proc_start_time", Time),
    ("proc_name", Text),
    ("proc_exe", Text),
    ("proc_exepath", Text),
    ("proc_argv", Texts),
    ("proc_cmdline", Text),
    ("proc_exec_time", Time),
    ("proc_cwd", Text),
    ("proc_pname", Text),
    ("proc_sid", Int),
    ("proc_vpid", Int),
    ("proc_tty", Uint),
    ("proc_nthreads", Uint),
    ("proc_fdopencount", Uint),
    ("proc_is_ending", Bool),
    ("lineage", Texts),
    ("lineage_pids", Ints),
    ("user_uid", Uint),
    ("user_name", Text),
    ("user_loginuid", Uint),
    ("user_loginname", Text),
    ("group_gid", Uint),
    ("group_name", Text),
    ("thread_cap_effective", Texts),
    ("container_id", Text),
    ("container_name", Text),
    ("container_image", Text),
    ("k8s_pod_name", Text),
    ("k8s_ns_name", Text),
    ("complete", Bool),
    ("node", Text),
    ("boot_id", Text),
];

/// The cells of a process.
pub(super) fn cells(past: &Past, process: &Process<'_>) -> Vec<Cell> {
    let parent = process.parent();
    let texts = |all: Option<Vec<&[u8]>>| {
        all.map_or(Cell::Null, |all| {
            Cell::Texts(all.into_iter().map(text).collect())
        })
    };
    let capabilities = process.capabilities().map_or(Cell::Null, |names| {
        Cell::Texts(names.into_iter().map(ToOwned::to_owned).collect())
    });
    let line = || process.ancestors();
    let names = line().map(|ancestor| text(ancestor.name().unwrap_or_default()));
    vec![
        Cell::Int(process.pid()),
        Cell::int(process.parent_pid()),
        Cell::time(process.start()),
        Cell::optional(process.name()),
        Cell::optional(process.exe()),
        Cell::optional(process.exe_path()),
        texts(process.argv()),
        Cell::optional(process.command_line().as_deref()),
        Cell::time(process.executed()),
        Cell::optional(process.cwd()),
        Cell::optional(parent.and_then(|parent| parent.name())),
        Cell::int(process.session()),
        Cell::int(process.own_pid()),
        Cell::uint(process.tty()),
        Cell::Uint(process.threads()),
        Cell::uint(process.open_descriptors()),
        Cell::Bool(process.is_ending()),
        Cell::Texts(names.collect()),
        Cell::Ints(line().map(|ancestor| ancestor.pid()).collect()),
        Cell::uint(process.uid()),
        Cell::optional(process.user()),
        Cell::uint(process.login_uid()),
        Cell::optional(process.login_user()),
        Cell::uint(process.gid()),
        Cell::optional(process.group()),
        capabilities,
        Cell::text(process.container_id()),
        Cell::word(process.container_name()),
        Cell::word(process.container_image()),
        Cell::word(process.pod_name()),
        Cell::word(process.pod_namespace()),
        Cell::Bool(process.is_complete()),
        Cell::Text(past.origin().node.clone()),
        Cell::Text(boot(past)),
    ]
}

/// The boot, as text.
pub(super) fn boot(past: &Past) -> String {
    let boot = past.origin().boot_id;
    boot.map_or_else(String::new, |boot| boot.to_string())
}

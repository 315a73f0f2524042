//! Facts of a process, from the state where the stream stands: the columns that every table has of whoever did something.
//!
//! In: a place in the stream and the leader of a process. Out: cells. What is not known is NULL.

use super::cells::{Cell, as_text};
use super::declare::{Declared, columns};
use crate::columns::ColumnDef;
use crate::past::Process;
use crate::pipeline::Standing;
use crate::state::facets::Facets;
use crate::state::{State, Thread};

columns! {
    /// A fact of a process.
    Who {
        Pid: "proc_pid", Int, "Process id.";
        StartTime: "proc_start_time", Time, "When the program began, or the process where it runs its parent's program; with node, boot and process id it names a row of `processes`.";
        Name: "proc_name", Text, "Name of the process: the first 15 bytes of its program's file name.";
        Exe: "proc_exe", Text, "First argument of the command line.";
        ExePath: "proc_exepath", Text, "Path of the executable as the kernel resolved it.";
        Argv: "proc_argv", Texts, "Every argument, the first among them.";
        CmdLine: "proc_cmdline", Text, "Name and arguments.";
        Cwd: "proc_cwd", Text, "Working directory, with a trailing slash.";
        Ppid: "proc_ppid", Int, "Process id of the parent.";
        Pname: "proc_pname", Text, "Name of the parent.";
        Sid: "proc_sid", Int, "Session.";
        Vpid: "proc_vpid", Int, "Process id in the process's own pid namespace.";
        Tty: "proc_tty", Uint, "Number of the controlling terminal; NULL where it has none or that is not known.";
        Lineage: "lineage", Texts, "Names of the ancestors, the parent first.";
        LineagePids: "lineage_pids", Ints, "Their process ids.";
        Uid: "user_uid", Uint, "Effective user id.";
        UserName: "user_name", Text, "Name of the user, as the node or its container knows it.";
        LoginUid: "user_loginuid", Uint, "Id of the user who logged in; NULL where nobody did.";
        LoginName: "user_loginname", Text, "Name of the user who logged in.";
        Gid: "group_gid", Uint, "Effective group id.";
        GroupName: "group_name", Text, "Name of the group.";
        CapEffective: "thread_cap_effective", Texts, "Effective capabilities.";
        CapPermitted: "thread_cap_permitted", Texts, "Permitted capabilities.";
        CapInheritable: "thread_cap_inheritable", Texts, "Inheritable capabilities.";
        ContainerId: "container_id", Text, "Id of the container, cut to 12 digits; `host` outside containers.";
        ContainerName: "container_name", Text, "Name of the container; `host` outside containers.";
        ContainerImage: "container_image", Text, "Image of the container as it was asked for.";
        PodName: "k8s_pod_name", Text, "Name of the pod.";
        NamespaceName: "k8s_ns_name", Text, "Namespace of the pod.";
        Node: "node", Text, "The node's name.";
        BootId: "boot_id", Text, "The boot that it belongs to; empty for imports that do not tell.";
    }
}

/// What the facts are made of.
pub(super) const FACETS: Facets = Facets::PROGRAM
    .and(Facets::ANCESTRY)
    .and(Facets::CREDENTIALS)
    .and(Facets::DIRECTORIES)
    .and(Facets::ACCOUNTS)
    .and(Facets::CGROUPS)
    .and(Facets::CONTAINERS);

/// A column of a table whose rows are of a process: a fact of the table's own, or one of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column<O> {
    Own(O),
    Who(Who),
}

impl<O: Declared> Declared for Column<O> {
    fn def(self) -> ColumnDef {
        match self {
            Column::Own(own) => own.def(),
            Column::Who(who) => who.def(),
        }
    }
}

/// When the program of a process began, nanoseconds of boot time; the process, where it runs its parent's.
pub(super) fn start(thread: &Thread) -> u64 {
    thread.start.max(thread.program.executed.unwrap_or(0))
}

/// The leader of a thread's process, or whoever is known of it.
pub(super) fn leader<'s>(state: &'s State, thread: &'s Thread) -> &'s Thread {
    state.main_thread(thread).unwrap_or(thread)
}

/// A fact of a process by its leader.
pub(super) fn cell(fact: Who, standing: &Standing<'_>, leader: &Thread) -> Cell {
    let (state, clock) = (standing.state(), standing.clock());
    let process = Process::of(state, clock, leader, standing.is_damaged());
    let bytes = |text: Option<&[u8]>| text.map_or(Cell::Null, Cell::text);
    match fact {
        Who::Pid => Cell::Int(process.pid()),
        Who::StartTime => Cell::time(match start(leader) {
            0 => Default::default(),
            start => standing.realtime(start),
        }),
        Who::Name => bytes(process.name()),
        Who::Exe => bytes(process.exe()),
        Who::ExePath => bytes(process.exe_path()),
        Who::Argv => texts(process.argv(), as_text),
        Who::CmdLine => bytes(process.command_line().as_deref()),
        Who::Cwd => bytes(process.cwd()),
        Who::Ppid => Cell::int(process.parent_pid()),
        Who::Pname => bytes(process.parent().and_then(|parent| parent.name())),
        Who::Sid => Cell::int(process.session()),
        Who::Vpid => Cell::int(process.own_pid()),
        Who::Tty => Cell::uint(process.tty()),
        Who::Lineage => {
            let names = process.ancestors().map(|ancestor| ancestor.name());
            texts(Some(names), |name| as_text(name.unwrap_or_default()))
        }
        Who::LineagePids => Cell::Ints(process.ancestors().map(|it| it.pid()).collect()),
        Who::Uid => Cell::uint(process.uid()),
        Who::UserName => bytes(process.user()),
        Who::LoginUid => Cell::uint(process.login_uid()),
        Who::LoginName => bytes(process.login_user()),
        Who::Gid => Cell::uint(process.gid()),
        Who::GroupName => bytes(process.group()),
        Who::CapEffective => texts(process.capabilities(), Into::into),
        Who::CapPermitted => texts(process.permitted_capabilities(), Into::into),
        Who::CapInheritable => texts(process.inheritable_capabilities(), Into::into),
        Who::ContainerId => Cell::text(process.container_id()),
        Who::ContainerName => Cell::word(process.container_name()),
        Who::ContainerImage => Cell::word(process.container_image()),
        Who::PodName => Cell::word(process.pod_name()),
        Who::NamespaceName => Cell::word(process.pod_namespace()),
        Who::Node => Cell::word(Some(&standing.origin.node)),
        Who::BootId => {
            let boot = standing.origin.boot_id.map(|id| id.to_string());
            Cell::word(Some(boot.as_deref().unwrap_or_default()))
        }
    }
}

/// A list, where there is one.
fn texts<T>(all: Option<impl IntoIterator<Item = T>>, text: impl Fn(T) -> Box<str>) -> Cell {
    all.map_or(Cell::Null, |all| {
        Cell::Texts(all.into_iter().map(text).collect())
    })
}

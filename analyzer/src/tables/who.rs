//! Facts of a process, from the state where the stream stands: the columns that every table has of whoever did something.
//!
//! In: a place in the stream and the leader of a process. Out: cells. What is not known is NULL.

use falco_format::container::Metadata;

use super::cells::{Cell, as_text};
use super::declare::{Declared, columns};
use crate::columns::ColumnDef;
use crate::fields::capability_names;
use crate::pipeline::Standing;
use crate::state::facets::Facets;
use crate::state::path::UNKNOWN_CWD;
use crate::state::{ContainerRef, State, Thread};

/// An id that is not known, and a login that was never made.
const UNSET: u32 = u32::MAX;
/// Labels that kubelet puts on every container of a pod.
const POD_NAME: &str = "io.kubernetes.pod.name";
const POD_NAMESPACE: &str = "io.kubernetes.pod.namespace";

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
        Tty: "proc_tty", Uint, "Number of the controlling terminal; 0 for none.";
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
pub(super) fn cell(fact: Who, standing: &Standing<'_>, thread: &Thread) -> Cell {
    let (state, program) = (standing.state(), &thread.program);
    let bytes = |text: Option<&[u8]>| text.map_or(Cell::Null, Cell::text);
    match fact {
        Who::Pid => Cell::Int(thread.shown_pid()),
        Who::StartTime => Cell::time(match start(thread) {
            0 => Default::default(),
            start => standing.realtime(start),
        }),
        Who::Name => bytes(thread.comm.as_deref()),
        Who::Exe => bytes(program.exe.as_deref()),
        Who::ExePath => bytes(program.exepath.as_deref()),
        Who::Argv => argv(thread),
        Who::CmdLine => command_line(thread),
        Who::Cwd => bytes(Some(state.cwd(thread)).filter(|cwd| *cwd != UNKNOWN_CWD)),
        Who::Ppid => Cell::int(parent_pid(state, thread)),
        Who::Pname => bytes(
            state
                .parent(thread)
                .and_then(|parent| parent.comm.as_deref()),
        ),
        Who::Sid => Cell::int(thread.ids.sid.or(thread.ids.vsid.map(i64::from))),
        Who::Vpid => Cell::int(thread.ids.vpid.map(i64::from)),
        Who::Tty => Cell::uint(thread.tty),
        Who::Lineage => {
            let names = state
                .ancestors(thread)
                .map(|ancestor| ancestor.comm.as_deref());
            Cell::Texts(
                names
                    .map(|name| as_text(name.unwrap_or_default()))
                    .collect(),
            )
        }
        Who::LineagePids => Cell::Ints(state.ancestors(thread).map(Thread::shown_pid).collect()),
        Who::Uid => Cell::uint(known(thread.credentials.uid)),
        Who::UserName => bytes(user(state, thread, thread.credentials.uid)),
        Who::LoginUid => Cell::uint(known(thread.credentials.loginuid)),
        Who::LoginName => bytes(user(state, thread, thread.credentials.loginuid)),
        Who::Gid => Cell::uint(known(thread.credentials.gid)),
        Who::GroupName => bytes(group(state, thread)),
        Who::CapEffective => capabilities(thread.credentials.cap_effective),
        Who::CapPermitted => capabilities(thread.credentials.cap_permitted),
        Who::CapInheritable => capabilities(thread.credentials.cap_inheritable),
        Who::Node => Cell::Text(standing.origin.node.as_str().into()),
        Who::BootId => Cell::Text(
            standing
                .origin
                .boot_id
                .map_or_else(String::new, |id| id.to_string())
                .into(),
        ),
        Who::ContainerId
        | Who::ContainerName
        | Who::ContainerImage
        | Who::PodName
        | Who::NamespaceName => of_container(fact, state, thread.cgroups.container()),
    }
}

/// A fact of the container; the host has names of its own.
fn of_container(fact: Who, state: &State, container: Option<&ContainerRef>) -> Cell {
    let Some(container) = container else {
        let is_named = matches!(fact, Who::ContainerId | Who::ContainerName);
        return Cell::word(is_named.then_some("host"));
    };
    let said = state
        .container(&container.id)
        .map(|container| &container.said);
    let label = |name| said.and_then(|said| pod_label(said, name));
    match fact {
        Who::ContainerId => Cell::text(&container.id),
        Who::ContainerName => Cell::word(said.and_then(|said| said.name.as_deref())),
        Who::ContainerImage => Cell::word(said.and_then(|said| said.image.as_deref())),
        Who::PodName => Cell::word(label(POD_NAME)),
        Who::NamespaceName => Cell::word(label(POD_NAMESPACE)),
        _ => Cell::Null,
    }
}

/// A label that kubelet puts on every container of a pod, or on the pod's sandbox.
fn pod_label<'m>(said: &'m Metadata, name: &str) -> Option<&'m str> {
    said.label(name).or_else(|| said.pod_label(name))
}

/// The name of the pod that a container is part of.
pub(super) fn pod_name(said: &Metadata) -> Option<&str> {
    pod_label(said, POD_NAME)
}

/// The namespace of the pod.
pub(super) fn pod_namespace(said: &Metadata) -> Option<&str> {
    pod_label(said, POD_NAMESPACE)
}

fn argv(thread: &Thread) -> Cell {
    let program = &thread.program;
    if program.exe.is_none() && !program.args_known {
        return Cell::Null;
    }
    let all = program
        .exe
        .as_deref()
        .into_iter()
        .chain(program.args.iter());
    Cell::Texts(all.map(as_text).collect())
}

fn command_line(thread: &Thread) -> Cell {
    let Some(name) = thread.comm.as_deref() else {
        return Cell::Null;
    };
    match &thread.program.args_joined[..] {
        [] => Cell::text(name),
        args => Cell::text(&[name, b" ", args].concat()),
    }
}

/// The parent's number, though nothing else be known of it.
fn parent_pid(state: &State, thread: &Thread) -> Option<i64> {
    let parent = state.parent(thread).map(Thread::shown_pid);
    parent.or_else(|| thread.ids.ptid.and_then(|ptid| ptid.tid()).map(i64::from))
}

fn known(id: Option<u32>) -> Option<u32> {
    id.filter(|&id| id != UNSET)
}

/// The name of a user; root has one where nobody told it.
fn user<'s>(state: &'s State, thread: &Thread, uid: Option<u32>) -> Option<&'s [u8]> {
    let uid = known(uid)?;
    let container = thread
        .cgroups
        .container()
        .map(|container| &container.id[..]);
    let user = state.user(container, uid).map(|user| &user.name[..]);
    user.or((uid == 0).then_some(b"root"))
}

fn group<'s>(state: &'s State, thread: &Thread) -> Option<&'s [u8]> {
    let gid = known(thread.credentials.gid)?;
    let container = thread
        .cgroups
        .container()
        .map(|container| &container.id[..]);
    state
        .group(container, gid)
        .or((gid == 0).then_some(b"root"))
}

fn capabilities(set: Option<u64>) -> Cell {
    set.map_or(Cell::Null, |set| {
        Cell::Texts(capability_names(set).map(Into::into).collect())
    })
}

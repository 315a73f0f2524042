//! `falco-analyze containers`, `mounts` and `users`: the machine of a moment.
//!
//! In: captures and a moment. Out: lists.

use anyhow::Result;
use falco_analyze::past::{ContainerThen, MountsThen, UserThen};
use falco_analyze::state::Mount;
use falco_format::container::Metadata;

use super::moment::MomentArgs;
use super::words;
use crate::cli::exit::Outcome;
use crate::cli::show::{Column, Head, Value, number};

const CONTAINERS_EXAMPLES: &str = "\
A container without processes is one of which a runtime told and that had ended or not begun.
Exit codes: 0 done, 2 error, 3 done, but evidence is missing between the snapshot that the answer rests on and the moment.

Examples:
  falco-analyze containers capture/ --at 10:00
  falco-analyze containers capture/ --format json | jq '.containers[] | select(.privileged)'";

const MOUNTS_EXAMPLES: &str = "\
Mounts are those that the snapshot found and that `mount` and `umount` made and took away since, for each mount namespace that a process was in. What the newer calls (fsmount, move_mount) did and moves of the root (pivot_root) are not recorded; options are those of the snapshot. Captures of Falco's tell none.
Exit codes: 0 done, 2 error, 3 done, but evidence is missing between the snapshot that the answer rests on and the moment.

Examples:
  falco-analyze mounts capture/
  falco-analyze mounts capture/ --at 10:00 --all";

const USERS_EXAMPLES: &str = "\
Users are those of the account files of the host and of containers, and those for whom processes acted.
Exit codes: 0 done, 2 error, 3 done, but evidence is missing between the snapshot that the answer rests on and the moment.

Examples:
  falco-analyze users capture/ --active
  falco-analyze users capture/ --at -1h --format csv";

/// List the containers of a moment of captures
#[derive(clap::Args)]
#[command(after_help = CONTAINERS_EXAMPLES)]
pub(crate) struct ContainersArgs {
    #[command(flatten)]
    moment: MomentArgs,
}

/// List what was mounted at a moment of captures, as `mount` and `findmnt` do
#[derive(clap::Args)]
#[command(after_help = MOUNTS_EXAMPLES)]
pub(crate) struct MountsArgs {
    #[command(flatten)]
    moment: MomentArgs,
    /// Of every mount namespace, not only of the one that most processes were in
    #[arg(long)]
    all: bool,
}

/// List the users of a moment of captures
#[derive(clap::Args)]
#[command(after_help = USERS_EXAMPLES)]
pub(crate) struct UsersArgs {
    #[command(flatten)]
    moment: MomentArgs,
    /// Only those for whom processes acted
    #[arg(long)]
    active: bool,
}

const CONTAINERS: [Column; 12] = [
    Column::new("id", Head::new("CONTAINER ID")),
    Column::new("name", Head::new("NAME").long()),
    Column::new("image", Head::new("IMAGE").long()),
    Column::new("runtime", Head::new("RUNTIME").optional()),
    Column::new("since", Head::new("SINCE").optional()),
    Column::new("processes", number("PROCESSES")),
    Column::new("pod", Head::new("POD").optional()),
    Column::hidden("namespace"),
    Column::hidden("full_id"),
    Column::hidden("image_id"),
    Column::hidden("privileged"),
    Column::hidden("ip"),
];

const MOUNTS: [Column; 8] = [
    Column::new("source", Head::new("SOURCE").long()),
    Column::new("mountpoint", Head::new("TARGET").long()),
    Column::new("type", Head::new("TYPE")),
    Column::new("options", Head::new("OPTIONS").long().optional()),
    Column::new("namespace", number("NAMESPACE").optional()),
    Column::new("held_by", Head::new("HELD BY").optional()),
    Column::hidden("root"),
    Column::hidden("processes"),
];

const USERS: [Column; 6] = [
    Column::new("uid", number("UID")),
    Column::new("name", Head::new("NAME")),
    Column::new("home", Head::new("HOME").long().optional()),
    Column::new("shell", Head::new("SHELL").long().optional()),
    Column::new("container_id", Head::new("CONTAINER")),
    Column::new("processes", number("PROCESSES")),
];

/// Lists containers.
pub(crate) fn run_containers(args: &ContainersArgs) -> Result<Outcome> {
    args.moment
        .answer(("containers", &CONTAINERS), |_, past, rows| {
            let all = past.containers();
            all.iter().for_each(|one| rows.push(container(one)));
            Ok(())
        })
}

fn container(one: &ContainerThen<'_>) -> [Value; 12] {
    let said = |fact: fn(&Metadata) -> Option<&str>| Value::word(one.said.and_then(fact));
    let is_privileged = one.said.and_then(|said| said.privileged);
    [
        Value::text(Some(&one.reference.id)),
        said(|said| said.name.as_deref()),
        said(|said| said.image.as_deref()),
        Value::Text(one.reference.runtime.to_owned()),
        Value::time(one.since),
        Value::Uint(one.processes),
        said(Metadata::pod_name),
        said(Metadata::pod_namespace),
        Value::text(Some(&one.reference.full_id)),
        said(|said| said.image_id.as_deref()),
        is_privileged.map_or(Value::None, Value::Bool),
        said(|said| said.ip.as_deref()),
    ]
}

/// Lists mounts.
pub(crate) fn run_mounts(args: &MountsArgs) -> Result<Outcome> {
    let shown = if args.all { usize::MAX } else { 1 };
    args.moment.answer(("mounts", &MOUNTS), |_, past, rows| {
        for namespace in past.mounts().iter().take(shown) {
            for mount in namespace.mounts.unwrap_or_default() {
                rows.push(values(namespace, mount));
            }
        }
        Ok(())
    })
}

fn values(of: &MountsThen<'_>, mount: &Mount) -> [Value; 8] {
    let text = |text: &[u8]| Value::text(Some(text).filter(|text| !text.is_empty()));
    let first = of.processes.first();
    let held_by = first.map(|first| format!("{} ({})", first.pid(), words::name(first.name())));
    [
        text(&mount.source),
        text(&mount.mountpoint),
        text(&mount.kind),
        text(&mount.options),
        Value::Uint(of.namespace).shown(of.namespace.to_string()),
        Value::word(held_by.as_deref()),
        text(&mount.root),
        Value::Uint(of.processes.len() as u64),
    ]
}

/// Lists users.
pub(crate) fn run_users(args: &UsersArgs) -> Result<Outcome> {
    args.moment.answer(("users", &USERS), |_, past, rows| {
        let all = past.users().into_iter();
        let chosen = all.filter(|user| !args.active || user.processes > 0);
        chosen.for_each(|one| rows.push(user(&one)));
        Ok(())
    })
}

fn user(one: &UserThen<'_>) -> [Value; 6] {
    let container = match one.container {
        b"" => b"host",
        id => id,
    };
    [
        Value::Int(one.uid.into()),
        Value::text(one.user.map(|user| &user.name[..])),
        Value::text(one.user.map(|user| &user.home[..])),
        Value::text(one.user.map(|user| &user.shell[..])),
        Value::text(Some(container)),
        Value::Uint(one.processes),
    ]
}

//! `falco-analyze lsof`: what processes held.
//!
//! In: captures and a moment, a process or a path. Out: a list of descriptors, and of the directory and the program of each process.

use anyhow::Result;
use falco_analyze::past::{Descriptor, Process, Removed};

use super::moment::MomentArgs;
use super::{ps, words};
use crate::cli::exit::Outcome;
use crate::cli::notice;
use crate::cli::show::{Column, Head, Value, number};

const EXAMPLES: &str = "\
Beside numbers FD is `cwd` for the working directory and `txt` for the program. TYPE is that of the field fd.type. A file that was removed while it was open is marked `(deleted)`; one whose name a rename took is not.
Mapped files, offsets and sizes are not recorded.
Exit codes: 0 done, 2 error, 3 done, but evidence is missing between the snapshot that the answer rests on and the moment.

Examples:
  falco-analyze lsof capture/ --at 10:00
  falco-analyze lsof capture/ --pid 4711
  falco-analyze lsof capture/ --path /etc/shadow
  falco-analyze lsof capture/ --deleted --format json | jq .descriptors";

/// List what processes held open at a moment of captures, as `lsof` does
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    moment: MomentArgs,
    /// Only what this process held
    #[arg(short, long, value_name = "PID")]
    pid: Option<u32>,
    /// Only this file, or what lies below this directory
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Only files that had been removed
    #[arg(long)]
    deleted: bool,
}

const COLUMNS: [Column; 15] = [
    Column::new("name", Head::new("COMMAND")),
    Column::new("pid", number("PID")),
    Column::new("user", Head::new("USER").optional()),
    Column::new("fd", number("FD")),
    Column::new("type", Head::new("TYPE")),
    Column::new("path", Head::new("NAME").long()),
    Column::hidden("uid"),
    Column::hidden("protocol"),
    Column::hidden("local"),
    Column::hidden("remote"),
    Column::hidden("state"),
    Column::hidden("inode"),
    Column::hidden("deleted"),
    Column::hidden("container_id"),
    Column::hidden("complete"),
];

/// Lists.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let zone = args.moment.zone()?;
    args.moment
        .answer(("descriptors", &COLUMNS), |input, past, rows| {
            let removed = Removed::before(input, past.time())?;
            if removed.is_cut() {
                notice::complain(
                    "more names were removed than are kept: some files that are open and were removed are not marked",
                );
            }
            let processes = match args.pid {
                Some(pid) => vec![ps::one(input, past, pid, &zone)?],
                None => past.processes(),
            };
            for process in &processes {
                for entry in beside(process) {
                    if args.has(entry.1, false) {
                        rows.push(of_process(process, entry));
                    }
                }
                for descriptor in process.descriptors() {
                    let is_removed = removed.has(&descriptor);
                    if args.has(descriptor.name(), is_removed) {
                        rows.push(values(process, &descriptor, is_removed));
                    }
                }
            }
            Ok(())
        })
}

impl Args {
    /// Whether a name is asked for.
    fn has(&self, name: Option<&[u8]>, is_removed: bool) -> bool {
        let is_there = |path: &String| {
            let asked = path.as_bytes();
            let asked = asked.strip_suffix(b"/").unwrap_or(asked);
            let rest = name.and_then(|name| name.strip_prefix(asked));
            // A snapshot appends a mark to what was removed.
            rest.is_some_and(|rest| matches!(rest, [] | [b'/' | b' ', ..]))
        };
        self.path.as_ref().is_none_or(is_there) && (!self.deleted || is_removed)
    }
}

/// What a process has beside descriptors: its directory, and its program.
fn beside<'s>(process: &Process<'s>) -> impl Iterator<Item = (&'static str, Option<&'s [u8]>)> {
    let all = [("cwd", process.cwd()), ("txt", process.exe_path())];
    all.into_iter().filter(|(_, path)| path.is_some())
}

fn of_process(process: &Process<'_>, (fd, path): (&str, Option<&[u8]>)) -> [Value; 15] {
    let kind = if fd == "cwd" { "directory" } else { "file" };
    // `/` alone keeps its slash; of other directories nobody writes it.
    let path = path.map(|path| match path.strip_suffix(b"/") {
        Some(bare) if !bare.is_empty() => bare,
        _ => path,
    });
    [
        Value::text(process.name()).shown(words::name(process.name())),
        Value::Int(process.pid()),
        Value::text(process.user()).shown(words::user(process.user(), process.uid())),
        Value::Text(fd.to_owned()),
        Value::Text(kind.to_owned()),
        Value::text(path),
        Value::int(process.uid()),
        Value::None,
        Value::None,
        Value::None,
        Value::None,
        Value::None,
        Value::Bool(false),
        Value::text(Some(process.container_id())),
        Value::Bool(process.is_complete()),
    ]
}

fn values(process: &Process<'_>, held: &Descriptor<'_>, is_removed: bool) -> [Value; 15] {
    let end = |end: Option<_>| Value::word(end.map(|it| words::end(Some(it))).as_deref());
    [
        Value::text(process.name()).shown(words::name(process.name())),
        Value::Int(process.pid()),
        Value::text(process.user()).shown(words::user(process.user(), process.uid())),
        Value::Int(held.number().into()).shown(held.number().to_string()),
        Value::word(held.type_name()),
        Value::text(held.name()).shown(shown(held, is_removed)),
        Value::int(process.uid()),
        Value::word(held.protocol()),
        end(held.local()),
        end(held.remote()),
        Value::word(held.socket_state()),
        match held.inode() {
            Some(inode) => Value::Uint(inode),
            None => Value::None,
        },
        Value::Bool(is_removed),
        Value::text(Some(process.container_id())),
        Value::Bool(held.is_complete()),
    ]
}

/// The name as `lsof` has it: of a socket its ends and state, of a file whether it was removed.
fn shown(held: &Descriptor<'_>, is_removed: bool) -> String {
    let text = held.name().map(String::from_utf8_lossy);
    let text = text.unwrap_or_default().into_owned();
    let name = match (held.protocol(), held.remote()) {
        (Some(protocol), Some(_)) => format!(
            "{} {}->{}",
            protocol.to_ascii_uppercase(),
            words::end(held.local()),
            words::end(held.remote())
        ),
        (Some(protocol), None) => {
            let own = words::end(held.local());
            format!("{} {own}", protocol.to_ascii_uppercase())
        }
        _ => text,
    };
    match (held.socket_state(), is_removed && !held.is_deleted()) {
        (Some(state), _) => format!("{name} ({state})"),
        (None, true) => name + " (deleted)",
        (None, false) if name.is_empty() => "-".to_owned(),
        (None, false) => name,
    }
}

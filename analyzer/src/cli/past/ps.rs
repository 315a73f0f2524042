//! `falco-analyze ps`: which processes lived.
//!
//! In: captures and a moment, or two. Out: a list, a tree, or what differs.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use falco_analyze::derive::slice::{Wanted, study};
use falco_analyze::past::{Changed, Past, Process, changes};
use falco_analyze::pipeline::{Flow, Input, Part};
use falco_analyze::time::{Zone, full};
use falco_format::Pid;
use falco_format::text::plain;

use super::moment::{MomentArgs, Rows};
use super::words;
use crate::cli::exit::Outcome;
use crate::cli::show::{Column, Head, Value, number};

const EXAMPLES: &str = "\
Names, users and arguments are those of the moment, also of processes that ended since. What a process did just then (its state of running or waiting, its memory and CPU time) is not recorded.
Exit codes: 0 done, 1 --diff found a difference, 2 error, 3 done, but evidence is missing between the snapshot that the answer rests on and the moment.

Examples:
  falco-analyze ps capture/
  falco-analyze ps capture/ --at 2026-11-20T10:00:00Z --tree
  falco-analyze ps capture/ --diff 10:00 10:05
  falco-analyze ps capture/ --at -15m --format json | jq '.processes[] | select(.uid == 0)'";

/// How many lives of a number are listed.
const LIVES_LISTED: usize = 20;
/// How deep a tree is drawn.
const DEPTH_MAX: usize = 64;

/// List the processes that lived at a moment of captures, as `ps` does
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    moment: MomentArgs,
    /// Draw each below its parent
    #[arg(long, conflicts_with = "diff")]
    tree: bool,
    /// What differs between two moments: who began (+), ended (-), or became another (~)
    #[arg(long, num_args = 2, value_names = ["TIME", "TIME"], allow_hyphen_values = true, conflicts_with = "at")]
    diff: Option<Vec<String>>,
    /// Only this process
    #[arg(short, long, value_name = "PID")]
    pid: Option<u32>,
}

const COLUMNS: [Column; 19] = [
    Column::new("user", Head::new("USER")),
    Column::new("pid", number("PID")),
    Column::new("ppid", number("PPID")),
    Column::new("started", Head::new("STARTED").optional()),
    Column::new("tty", Head::new("TTY").optional()),
    Column::new("container", Head::new("CONTAINER").optional()),
    Column::new("command", Head::new("COMMAND").long()),
    Column::hidden("name"),
    Column::hidden("exe_path"),
    Column::hidden("argv"),
    Column::hidden("cwd"),
    Column::hidden("uid"),
    Column::hidden("gid"),
    Column::hidden("login_uid"),
    Column::hidden("session"),
    Column::hidden("threads"),
    Column::hidden("container_id"),
    Column::hidden("ending"),
    Column::hidden("complete"),
];

/// Lists.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    if let Some([before, after]) = args.diff.as_deref() {
        return run_diff(args, (before, after));
    }
    let zone = args.moment.zone()?;
    args.moment
        .answer(("processes", &COLUMNS), |input, past, rows| {
            if let Some(pid) = args.pid {
                let process = one(input, past, pid, &zone)?;
                rows.push(values(&process, String::new()));
            } else if args.tree {
                tree(past, rows);
            } else {
                let all = past.processes().into_iter();
                all.for_each(|process| rows.push(values(&process, String::new())));
            }
            Ok(())
        })
}

/// The process of a number; where it did not live then, an error says when it did.
pub(super) fn one<'s>(input: &Input, past: &'s Past, pid: u32, zone: &Zone) -> Result<Process<'s>> {
    let process = past.process(pid);
    if let Some(process) = process.filter(|process| process.pid() == i64::from(pid)) {
        return Ok(process);
    }
    let at = full(past.time(), zone);
    let lives = lives(input, pid, zone)?;
    if lives.is_empty() {
        bail!("no process {pid} is in {}", plain(&input.path));
    }
    bail!(
        "no process {pid} lived at {at} in {}; give a time of --at at which it did: {}",
        plain(&input.path),
        lives.join(", ")
    )
}

/// When processes of a number lived.
fn lives(input: &Input, pid: u32, zone: &Zone) -> Result<Vec<String>> {
    let wanted = Wanted::default();
    let whole = Part::whole();
    let study = study((input, &whole), &wanted, &mut |_| Flow::Continue)?;
    let lives = match (&study, Pid::told(i64::from(pid))) {
        (Some(study), Some(pid)) => study.lives_of(pid),
        _ => Vec::new(),
    };
    let more = lives.len().saturating_sub(LIVES_LISTED);
    let spelled = lives.iter().take(LIVES_LISTED).map(|life| {
        let time = |time: Option<_>, open: &str| {
            time.map_or_else(|| open.to_owned(), |time| full(time, zone))
        };
        let (from, to) = (time(life.start, "before"), time(life.end, "the end"));
        format!("{} from {from} to {to}", plain(&life.name))
    });
    let mut spelled: Vec<_> = spelled.collect();
    if more > 0 {
        spelled.push(format!("and {more} more"));
    }
    Ok(spelled)
}

fn values(process: &Process<'_>, before: String) -> [Value; 19] {
    let user = words::user(process.user(), process.uid());
    let command = words::command(process);
    let tty = process.tty();
    let container = words::container(process);
    [
        Value::text(process.user()).shown(user),
        Value::Int(process.pid()),
        Value::int(process.parent_pid()),
        Value::time(process.start()),
        Value::word(tty.map(words::terminal).as_deref()),
        Value::word(container.as_deref()),
        Value::Text(command.clone()).shown(before + &command),
        Value::text(process.name()),
        Value::text(process.exe_path()),
        match process.argv() {
            None => Value::None,
            Some(argv) => Value::Texts(argv.into_iter().map(lossy).collect()),
        },
        Value::text(process.cwd()),
        Value::int(process.uid()),
        Value::int(process.gid()),
        Value::int(process.login_uid()),
        Value::int(process.session()),
        Value::Uint(process.threads()),
        Value::text(Some(process.container_id())),
        Value::Bool(process.is_ending()),
        Value::Bool(process.is_complete()),
    ]
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Each process below its parent, children in the order of numbers.
fn tree(past: &Past, rows: &mut Rows<'_>) {
    let all = past.processes();
    let known: BTreeMap<i64, Process<'_>> = all.iter().map(|it| (it.pid(), *it)).collect();
    let mut children: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for process in &all {
        // Whose parent is not among them stands at the top, and so does whoever is its own.
        let parent = process
            .parent_pid()
            .filter(|parent| known.contains_key(parent));
        let parent = parent.filter(|&parent| parent != process.pid());
        children
            .entry(parent.unwrap_or(-1))
            .or_default()
            .push(process.pid());
    }
    // In a capture of Falco's two may be each other's parents: they hang on nobody, and are roots once all others are drawn.
    let roots = children.remove(&-1).unwrap_or_default();
    let roots = roots.into_iter().chain(known.keys().copied());
    let mut drawn = BTreeSet::new();
    for root in roots {
        // The next one is the last.
        let mut waiting = vec![(root, 0_usize)];
        while let Some((pid, level)) = waiting.pop() {
            let Some(process) = known.get(&pid).filter(|_| drawn.insert(pid)) else {
                continue;
            };
            rows.push(values(process, branch(level)));
            let below = children.remove(&pid).unwrap_or_default();
            let below = below.into_iter().rev();
            waiting.extend(below.map(|pid| (pid, level.saturating_add(1))));
        }
    }
}

/// What stands in front of a process so many generations below a root.
fn branch(level: usize) -> String {
    match level.min(DEPTH_MAX) {
        0 => String::new(),
        depth => format!("{}\\_ ", "  ".repeat(depth - 1)),
    }
}

const CHANGES: [Column; 9] = [
    Column::new("change", Head::new("")),
    Column::new("user", Head::new("USER")),
    Column::new("pid", number("PID")),
    Column::new("ppid", number("PPID")),
    Column::new("started", Head::new("STARTED").optional()),
    Column::new("command", Head::new("COMMAND").long()),
    Column::new("what", Head::new("WHAT CHANGED")),
    Column::hidden("before"),
    Column::hidden("after"),
];

fn run_diff(args: &Args, moments: (&str, &str)) -> Result<Outcome> {
    args.moment
        .compare(("changes", &CHANGES), moments, |before, after, rows| {
            let all = changes(before, after).into_iter();
            let chosen = all.filter(|changed| {
                let process = changed.after.or(changed.before);
                let pid = process.map(|process| process.pid());
                args.pid.is_none_or(|asked| pid == Some(i64::from(asked)))
            });
            for changed in chosen {
                if let Some(process) = changed.after.or(changed.before) {
                    rows.push(change(&changed, &process));
                }
            }
        })
}

fn change(changed: &Changed<'_>, process: &Process<'_>) -> [Value; 9] {
    let (word, sign) = match (&changed.before, &changed.after) {
        (None, _) => ("began", "+"),
        (_, None) => ("ended", "-"),
        _ => ("became", "~"),
    };
    let command = |process: &Option<Process<'_>>| {
        let command = process.as_ref().map(words::command);
        Value::word(command.as_deref())
    };
    let shown = match (&changed.before, &changed.after) {
        (Some(before), Some(after)) if changed.what.contains(&"program") => {
            format!("{} => {}", words::command(before), words::command(after))
        }
        _ => words::command(process),
    };
    let what = changed.what.iter().map(|&what| what.to_owned());
    [
        Value::Text(word.to_owned()).shown(sign),
        Value::text(process.user()).shown(words::user(process.user(), process.uid())),
        Value::Int(process.pid()),
        Value::int(process.parent_pid()),
        Value::time(process.start()),
        Value::Text(words::command(process)).shown(shown),
        Value::Texts(what.collect()),
        command(&changed.before),
        command(&changed.after),
    ]
}

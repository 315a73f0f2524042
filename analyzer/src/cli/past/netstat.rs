//! `falco-analyze netstat`: who listened, and who was connected.
//!
//! In: captures and a moment. Out: a list of sockets with their processes.

use anyhow::Result;
use falco_analyze::past::{Descriptor, Process};

use super::moment::MomentArgs;
use super::words;
use crate::cli::exit::Outcome;
use crate::cli::show::{Column, Head, Value, number};

const EXAMPLES: &str = "\
A socket that several processes hold has a line for each. A connection whose other side went away is ESTABLISHED until its socket is closed: what the network does by itself is not recorded. A TCP socket that is bound and not connected counts as LISTEN.
Exit codes: 0 done, 2 error, 3 done, but evidence is missing between the snapshot that the answer rests on and the moment.

Examples:
  falco-analyze netstat capture/ --at 2026-11-20T10:00:00Z
  falco-analyze netstat capture/ --listening
  falco-analyze netstat capture/ --format csv > sockets.csv";

/// List the sockets of a moment of captures with their processes, as `netstat -p` does
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    moment: MomentArgs,
    /// Only those that wait for others
    #[arg(short, long)]
    listening: bool,
    /// Unix sockets too
    #[arg(short = 'x', long)]
    unix: bool,
    /// Only those of this process
    #[arg(short, long, value_name = "PID")]
    pid: Option<u32>,
}

const COLUMNS: [Column; 14] = [
    Column::new("protocol", Head::new("PROTO")),
    Column::new("local", Head::new("LOCAL").long()),
    Column::new("remote", Head::new("FOREIGN").long()),
    Column::new("state", Head::new("STATE")),
    Column::new("pid", number("PID")),
    Column::new("name", Head::new("PROGRAM")),
    Column::new("user", Head::new("USER").optional()),
    Column::new("container", Head::new("CONTAINER").optional()),
    Column::hidden("fd"),
    Column::hidden("path"),
    Column::hidden("since"),
    Column::hidden("uid"),
    Column::hidden("container_id"),
    Column::hidden("complete"),
];

/// Lists.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let zone = args.moment.zone()?;
    args.moment
        .answer(("sockets", &COLUMNS), |input, past, rows| {
            let processes = match args.pid {
                Some(pid) => vec![super::ps::one(input, past, pid, &zone)?],
                None => past.processes(),
            };
            let held = processes.iter().flat_map(|process| {
                let held = process.descriptors().into_iter();
                held.map(move |held| (process, held))
            });
            let mut chosen: Vec<_> = held.filter(|(_, held)| args.has(held)).collect();
            // Those who wait come first, as in the real one.
            chosen.sort_by_key(|(_, held)| !held.is_listener());
            for (process, held) in chosen {
                rows.push(values(process, &held));
            }
            Ok(())
        })
}

impl Args {
    fn has(&self, held: &Descriptor<'_>) -> bool {
        let is_internet = held.protocol().is_some();
        let is_unix = held.type_name() == Some("unix");
        let is_kind = is_internet || self.unix && is_unix;
        is_kind && (!self.listening || held.is_listener())
    }
}

fn values(process: &Process<'_>, held: &Descriptor<'_>) -> [Value; 14] {
    let protocol = held.protocol().or(held.type_name());
    let is_internet = held.protocol().is_some();
    let end = |end: Option<_>| {
        let text = end.map(|end| words::end(Some(end)));
        let value = Value::word(text.as_deref());
        value.shown(text.unwrap_or_else(|| "*".to_owned()))
    };
    let local = if is_internet {
        end(held.local())
    } else {
        Value::None.shown(
            held.name()
                .map_or("-".to_owned(), |name| words::name(Some(name))),
        )
    };
    [
        Value::word(protocol),
        local,
        end(held.remote()),
        Value::word(held.socket_state()),
        Value::Int(process.pid()),
        Value::text(process.name()).shown(words::name(process.name())),
        Value::text(process.user()).shown(words::user(process.user(), process.uid())),
        Value::word(words::container(process).as_deref()),
        Value::Int(held.number().into()),
        if is_internet {
            Value::None
        } else {
            Value::text(held.name())
        },
        Value::time(held.since()),
        Value::int(process.uid()),
        Value::text(Some(process.container_id())),
        Value::Bool(held.is_complete()),
    ]
}

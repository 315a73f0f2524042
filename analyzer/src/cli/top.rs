//! `falco-analyze top`: who did most over a span.
//!
//! In: captures, what is ranked and by what. Out: a list with a sparkline over the span; what it rests on and what is missing of that on stderr.

use std::cell::RefCell;
use std::io::Write as _;
use std::path::PathBuf;
use std::rc::Rc;

use anyhow::Result;
use clap::ValueEnum;
use falco_analyze::completeness::{Evidence, grouped};
use falco_analyze::pipeline::Tally;
use falco_analyze::time::{Zone, iso};
use falco_analyze::tops::{By, Kind, Read, Row, THINGS_MAX, Tops};
use falco_format::UnixNanos;
use falco_format::text::{Lines, json_text};
use serde_json::json;

use super::args::{ZoneArgs, open_captures, writer};
use super::exit::{EvidenceArgs, Outcome};
use super::show::{Column, Form, Head, Screen, Sheet, Value, duration, number, sparkline};
use super::span::SpanArgs;
use super::stop::Stop;
use super::{notice, progress};

const EXAMPLES: &str = "\
Counts are of events that were recorded. Bytes are those that calls returned which read or wrote: a recording has such calls only where they were asked for. Time is from the first to the last event of a thing: how long calls took is not recorded.
Exit codes: 0 done, 2 error, 3 done, but evidence is missing: losses, damage, ends or segments.

Examples:
  falco-analyze top procs capture/
  falco-analyze top files capture/ --by errors --since -15m
  falco-analyze top conns capture/ --by time -n 5
  falco-analyze top errors capture/ --format json | jq .top";

/// How wide a sparkline is, in columns of a terminal.
const SPARKLINE: usize = 24;
/// And in JSON, in numbers: all that are kept.
const NUMBERS: usize = falco_analyze::summary::BUCKETS_MAX;

/// What is ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Processes.
    Procs,
    /// Files, by path.
    Files,
    /// Connections, by both ends.
    Conns,
    /// Programs that were executed.
    Execs,
    /// Users for whom processes acted.
    Users,
    /// Containers.
    Containers,
    /// Calls that failed, by their errors.
    Errors,
    /// Calls and other events, by type.
    Syscalls,
}

/// What the rank is by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Rank {
    /// Events.
    Count,
    /// Bytes read and written.
    Bytes,
    /// From the first event to the last.
    Time,
    /// Events that failed.
    Errors,
}

/// Rank processes, files, connections, programs, users, containers, errors or calls over a span of captures
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// What is ranked
    #[arg(value_enum, value_name = "WHAT")]
    what: What,
    /// Captures: segments, .scap files, packed or not, directories of either, or `-` for standard input
    #[arg(required = true, value_name = "CAPTURE")]
    captures: Vec<PathBuf>,
    /// What the rank is by
    #[arg(long, value_enum, default_value_t = Rank::Count)]
    by: Rank,
    /// How many are shown
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    count: usize,
    /// Form of the answer; JSON is one object
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
    #[command(flatten)]
    span: SpanArgs,
    #[command(flatten)]
    zone: ZoneArgs,
    #[command(flatten)]
    evidence: EvidenceArgs,
}

impl Args {
    fn kind(&self) -> Kind {
        match self.what {
            What::Procs => Kind::Procs,
            What::Files => Kind::Files,
            What::Conns => Kind::Conns,
            What::Execs => Kind::Execs,
            What::Users => Kind::Users,
            What::Containers => Kind::Containers,
            What::Errors => Kind::Errors,
            What::Syscalls => Kind::Syscalls,
        }
    }

    fn by(&self) -> By {
        match self.by {
            Rank::Count => By::Count,
            Rank::Bytes => By::Bytes,
            Rank::Time => By::Time,
            Rank::Errors => By::Errors,
        }
    }
}

/// Ranks.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let zone = args.zone.zone()?;
    let asked = args.span.asked(&zone)?;
    let inputs = open_captures(&args.captures)?;
    let parts = asked.parts(&inputs.recordings())?;
    let completeness = parts.completeness(&inputs);
    let stop = Stop::catch()?;
    let bar = Rc::new(RefCell::new(progress::over(
        parts.bytes(&inputs.recordings()),
    )));
    let (drawn, flow) = (Rc::clone(&bar), stop.clone());
    let watch = move |read| {
        match read {
            Read::Bytes(bytes) => drawn.borrow().inc(bytes),
            Read::Rows(rows) => drawn.borrow_mut().events(rows),
        }
        flow.flow()
    };
    let mut tops = Tops::new(args.kind(), Box::new(watch));
    let mut tally = Tally::default();
    for (input, part) in parts.of(&inputs) {
        tally.add(&tops.read(input, part)?);
    }
    bar.borrow().finish_and_clear();
    let mut lines = Lines::new();
    stop.push_partial(&mut lines);
    parts.push(&zone, &mut lines);
    completeness.push(&tally, &mut lines);
    push_limits(&tops, args, &mut lines);
    let evidence = completeness.evidence(&tally);
    print(args, &tops, (evidence, &lines), &zone)?;
    notice::tell(&lines);
    Ok(Outcome::of([
        stop.outcome(),
        args.evidence.outcome(evidence),
    ]))
}

/// What the rank leaves out, and what it cannot say.
fn push_limits(tops: &Tops, args: &Args, out: &mut Lines) {
    if tops.rest().count > 0 {
        out.line(format_args!(
            "More than {} different ones: {} events of others are not ranked",
            grouped(THINGS_MAX as u64),
            grouped(tops.rest().count)
        ));
    }
    if args.by == Rank::Bytes && tops.all().bytes == 0 {
        out.line("No event of the span says how many bytes were read or written");
    }
}

/// The heads of what names a thing, by the name in rows.
fn head(name: &'static str) -> Option<Head> {
    Some(match name {
        "pid" => number("PID"),
        "uid" => number("UID"),
        "name" => Head::new("NAME"),
        "user" => Head::new("USER"),
        "container" => Head::new("CONTAINER").optional(),
        "path" => Head::new("FILE").long(),
        "connection" => Head::new("CONNECTION").long(),
        "protocol" => Head::new("PROTO"),
        "exe_path" => Head::new("PROGRAM").long(),
        "container_id" => Head::new("CONTAINER ID"),
        "image" => Head::new("IMAGE").long(),
        "call" => Head::new("CALL"),
        "error" => Head::new("ERROR"),
        _ => return None,
    })
}

fn print(args: &Args, tops: &Tops, basis: (Evidence, &Lines), zone: &Zone) -> Result<()> {
    let screen = Screen::of_stdout();
    let measures = [
        Column::new("count", number("COUNT")),
        Column::new("bytes", number("BYTES").optional()),
        Column::new("errors", number("ERRORS").optional()),
        Column::new("time_ns", number("TIME").optional()),
        Column::hidden("first"),
        Column::hidden("last"),
        Column::new("over_time", Head::new("OVER TIME").optional()),
    ];
    let names = args.kind().names();
    let names = names.map(|name| match head(name) {
        Some(head) => Column::new(name, head),
        None => Column::hidden(name),
    });
    let mut sheet = Sheet::new(measures.into_iter().chain(names));
    for row in tops.ranked(args.by()).into_iter().take(args.count) {
        let names = row.names.iter().map(|name| Value::word(name.as_deref()));
        sheet.row(measured(row, tops, screen).into_iter().chain(names));
    }
    let mut writer = writer();
    match args.format {
        Form::Text => writer.write_all(sheet.lines(screen, zone).as_str().as_bytes())?,
        Form::Csv => writer.write_all(sheet.csv()?.as_bytes())?,
        Form::Json => {
            let (evidence, lines) = basis;
            let all = tops.all();
            let json = json!({
                "complete": evidence == Evidence::Whole,
                "notes": lines.as_str().lines().collect::<Vec<_>>(),
                "events": all.count,
                "first": known(all.first, all).map(iso),
                "last": known(all.last, all).map(iso),
                "column_ns": all.histogram.width_ns(NUMBERS),
                "top": sheet.json(),
            });
            writeln!(writer, "{}", json_text(&json.to_string()))?;
        }
    }
    Ok(writer.flush()?)
}

fn known(time: UnixNanos, of: &Row) -> Option<UnixNanos> {
    (of.count > 0).then_some(time)
}

/// What there was of a thing: how often, how much, in vain, how long, and when.
fn measured(row: &Row, tops: &Tops, screen: Screen) -> [Value; 7] {
    let all = &tops.all().histogram;
    let line = sparkline(&row.histogram.over(all, SPARKLINE), screen.is_unicode);
    let numbers = row.histogram.over(all, NUMBERS);
    let time = row.value(By::Time);
    [
        Value::Uint(row.count),
        Value::Bytes(row.bytes),
        Value::Uint(row.errors),
        Value::Duration(time).shown(duration(time)),
        Value::Time(row.first),
        Value::Time(row.last),
        Value::Uints(numbers).shown(line),
    ]
}

//! `falco-analyze events`: prints the events that match a condition, as `sysdig -r` does.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, anyhow, bail};
use falco_analyze::completeness::Evidence;
use falco_analyze::fields::SCHEMA;
use falco_analyze::pipeline::{
    Child, Collector, Demand, Flow, Interest, PassOptions, Seen, Shown, Sink, Tally, collect,
};
use falco_analyze::time::{Stamp, TimeForm};
use falco_format::Block;
use falco_format::text::{Lines, plain};
use falco_rules::{Filter, Template};

use super::args::{Format, STDIN, TimeArgs, is_colored, may_be_of_several_nodes, open_captures};
use super::exit::Outcome;
use super::notice::{self, DiagnosedError};
use super::output::{Results, writer};
use super::progress::{self, Bar};
use super::read::ReadArgs;
use super::span::help;
use super::stats::{self, StatsArgs};
use super::stop::Stop;

/// What is printed of an event behind its time and node, unless `-p` says otherwise; the star prints the line even where a field is absent.
const DEFAULT_FORMAT: &str = "*%evt.num %evt.cpu %proc.name (%thread.tid) %evt.type %evt.args";

/// The same where the time is Falco's short one: the line that sysdig prints.
const SHORT_FORMAT: &str =
    "*%evt.num %evt.time %evt.cpu %proc.name (%thread.tid) %evt.type %evt.args";

const EXAMPLES: &str = "\
FILTER is a condition of a Falco rule. FORMAT is an output of one: %FIELD, %FIELD[ARGUMENT].
A line is left out when a field of FORMAT has no value, unless FORMAT begins with `*`.
Without -p a line has date and time, the node where several are read, number, CPU, process, thread, type and arguments of the event; with --time short it is sysdig's. Characters that are not seen or that reorder text are written out, as \\u{202e}: nothing in a line can break it.
Exit codes: 0 printed, 2 error, 3 printed, but evidence is missing: losses, damage, ends or segments.

Examples:
  falco-analyze events capture/
  falco-analyze events capture/ --since -15m 'evt.type = connect'
  falco-analyze events trace.scap0 trace.scap1 'evt.type = connect'
  zcat trace.scap.gz | falco-analyze events - --where 'evt.type = connect'
  falco-analyze events capture/ 'evt.type in (open, openat) and fd.name startswith /etc'
  falco-analyze events capture/ 'evt.type = execve' -p '%evt.time %proc.cmdline' -n 20";

/// Print the events of captures that match a condition
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, override_usage = "falco-analyze events [OPTIONS] <CAPTURE>... [FILTER]")]
pub(crate) struct Args {
    #[command(flatten)]
    read: ReadArgs,
    /// Only events that match a condition in Falco's language; it may as well stand last, behind the captures
    #[arg(long = "where", value_name = "FILTER")]
    filter: Option<String>,
    /// What to print of each event, instead of time, number, CPU, process, thread, type and arguments
    #[arg(short = 'p', long = "print", value_name = "FORMAT")]
    format: Option<String>,
    /// Write lines to a file, readable by its owner alone, instead of stdout; `-` is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Stop after this many lines
    #[arg(short = 'n', long, value_name = "N")]
    count: Option<u64>,
    #[command(flatten)]
    time: TimeArgs,
    #[command(flatten)]
    stats: StatsArgs,
}

/// Prints events.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let stamp = args.time.stamp()?;
    let zone = stamp.zone.clone();
    let asked_for = args.read.span.asked(&zone)?;
    let (captures, condition) = captures_and_filter(args)?;
    let filter = condition.map(compile_filter).transpose()?;
    args.read.span.hint(condition);
    let is_short = stamp.form == TimeForm::Short;
    let default = if is_short {
        SHORT_FORMAT
    } else {
        DEFAULT_FORMAT
    };
    let template = compile_template(args.format.as_deref().unwrap_or(default))?;
    let shown = filter
        .as_ref()
        .map_or(Shown::Every, |filter| Shown::of_types(filter.event_types()));
    let asked = filter.as_ref().map_or(&[][..], Filter::slots);
    let fields = asked
        .iter()
        .chain(template.fields().map(|(_, field)| field));
    let demand = Demand::new(shown, fields);
    let inputs = open_captures(captures)?;
    let parts = asked_for.parts(&inputs.recordings())?;
    let completeness = parts.completeness(&inputs);
    let is_full = args.format.is_none() && !is_short;
    let writer = writer(args.output.as_ref(), &inputs)?;
    let stop = Stop::catch()?.or_unread(writer.unread());
    let print = Print {
        stamp: is_full.then_some(stamp),
        names_node: args.format.is_none() && may_be_of_several_nodes(&inputs),
        filter,
        template,
        count: args.count,
    };
    let mut printer = Printer {
        stop: stop.clone(),
        bar: progress::over(parts.bytes(&inputs.recordings())),
        writer,
        left: args.count,
    };
    let (started, spent) = (Instant::now(), args.stats.asked());
    let mut tally = Tally::default();
    for (input, part) in parts.of(&inputs) {
        let options = PassOptions {
            zone: zone.clone(),
            threads: args.read.jobs.threads(),
            part: part.clone(),
            stats: spent.clone(),
            ..PassOptions::default()
        };
        tally.add(&collect(input, &demand, options, &print, &mut printer)?);
    }
    printer.writer.flush()?;
    printer.bar.finish_and_clear();
    let evidence = completeness.evidence(&tally);
    let is_whole = evidence == Evidence::Whole && completeness.gaps.is_empty();
    if !is_whole || stop.is_wanted() || args.read.span.is_given() {
        let mut text = Lines::new();
        stop.push_partial(&mut text);
        parts.push(&zone, &mut text);
        completeness.push(&tally, &mut text);
        notice::tell(&text);
    }
    if let Some(spent) = &spent {
        stats::tell(spent, &tally, started.elapsed(), Format::Text);
    }
    Ok(Outcome::of([
        stop.outcome(),
        args.read.evidence.outcome(evidence),
    ]))
}

/// What was given as captures, and the condition that may stand behind them: the last of several where nothing of its name is there.
fn captures_and_filter(args: &Args) -> Result<(&[PathBuf], Option<&str>)> {
    let captures = args.read.captures.as_slice();
    let Some((last, before)) = captures
        .split_last()
        .filter(|(_, before)| !before.is_empty())
    else {
        return Ok((captures, args.filter.as_deref()));
    };
    if args.filter.is_some() || last.as_os_str() == STDIN || last.symlink_metadata().is_ok() {
        return Ok((captures, args.filter.as_deref()));
    }
    let is_condition = |text: &&str| text.contains([' ', '=', '<', '>']);
    match last.to_str().filter(is_condition) {
        Some(condition) => Ok((before, Some(condition))),
        None => bail!(
            "{} does not exist, and is no condition either",
            last.display()
        ),
    }
}

/// Compiles a condition; the error is the diagnostics as text.
pub(crate) fn compile_filter(text: &str) -> Result<Filter> {
    Filter::compile(&SCHEMA, text).map_err(|mut diagnostics| {
        help(&mut diagnostics);
        anyhow!(DiagnosedError {
            message: "the filter does not compile",
            diagnostics: falco_rules::render(&diagnostics, is_colored(&io::stderr())),
        })
    })
}

fn compile_template(text: &str) -> Result<Template> {
    Template::compile(&SCHEMA, text).map_err(|diagnostic| {
        let rendered =
            falco_rules::render(std::slice::from_ref(&diagnostic), is_colored(&io::stderr()));
        anyhow!(DiagnosedError {
            message: "the format does not compile",
            diagnostics: rendered,
        })
    })
}

/// Bytes of lines that are held at most before they are printed, but for the last line.
const LINES_BYTES_MAX: usize = 64 << 10;

/// What is printed.
struct Print {
    /// How lines begin, unless the format says all of them.
    stamp: Option<Stamp>,
    /// Whether lines name the node.
    names_node: bool,
    filter: Option<Filter>,
    template: Template,
    /// How many lines are printed at most; `None` for any number.
    count: Option<u64>,
}

impl Collector for Print {
    type Harvest = Printed;
    type Child<'c>
        = Printing<'c>
    where
        Self: 'c;

    fn child(&self) -> Printing<'_> {
        Printing {
            print: self,
            printed: Printed::default(),
            rendered: String::new(),
        }
    }
}

/// The lines of a portion.
#[derive(Default)]
struct Printed {
    text: String,
    /// Where lines end.
    ends: Vec<usize>,
}

/// One worker's lines.
struct Printing<'p> {
    print: &'p Print,
    printed: Printed,
    rendered: String,
}

impl Child for Printing<'_> {
    type Harvest = Printed;

    fn event(&mut self, seen: &Seen<'_>) {
        let print = self.print;
        let is_match = |filter: &Filter| filter.matches(seen.context);
        if !print.filter.as_ref().is_none_or(is_match) {
            return;
        }
        self.rendered.clear();
        let rendered = &mut self.rendered;
        if !print.template.render_complete(seen.context, rendered) {
            return;
        }
        let text = &mut self.printed.text;
        if let Some(stamp) = &print.stamp {
            stamp.push(seen.time, text);
            text.push(' ');
        }
        // Writing to a `String` cannot fail, so the result carries no information.
        if print.names_node {
            let _ = write!(text, "{} ", plain(&seen.origin.node));
        }
        let _ = writeln!(text, "{}", plain(rendered));
        self.printed.ends.push(text.len());
    }

    /// What is beyond the lines that were asked for is not looked at.
    fn is_full(&mut self) -> bool {
        let lines = self.printed.ends.len() as u64;
        let is_enough = |count| lines > 0 && lines >= count;
        self.printed.text.len() >= LINES_BYTES_MAX || self.print.count.is_some_and(is_enough)
    }

    fn harvest(&mut self) -> Option<Printed> {
        let printed = std::mem::take(&mut self.printed);
        (!printed.ends.is_empty()).then_some(printed)
    }
}

struct Printer {
    stop: Stop,
    bar: Bar,
    writer: Results,
    /// How many lines may still be printed; `None` for any number.
    left: Option<u64>,
}

impl Sink<Printed> for Printer {
    fn harvest(&mut self, printed: Printed) -> io::Result<Flow> {
        let lines = printed.ends.len() as u64;
        let taken = self.left.map_or(lines, |left| left.min(lines));
        self.left = self.left.map(|left| left.saturating_sub(taken));
        let last = usize::try_from(taken)
            .ok()
            .and_then(|taken| taken.checked_sub(1));
        let end = last.and_then(|last| printed.ends.get(last)).copied();
        let text = printed.text.get(..end.unwrap_or(0)).unwrap_or_default();
        let Self { bar, writer, .. } = self;
        if bar.is_hidden() {
            writer.write_all(text.as_bytes())?;
        } else {
            bar.suspend(|| writer.write_all(text.as_bytes()))?;
        }
        Ok(if self.left == Some(0) {
            Flow::Stop
        } else {
            self.stop.flow()
        })
    }

    fn block(&mut self, block: &Block) -> Interest {
        if self.left == Some(0) {
            return Interest::Nothing;
        }
        self.bar.events(block.rows() as u64);
        self.stop.interest()
    }

    fn progress(&mut self, bytes: u64) {
        self.bar.inc(bytes);
    }
}

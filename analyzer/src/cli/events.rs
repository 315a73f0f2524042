//! `falco-analyze events`: prints the events that match a condition, as `sysdig -r` does.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Result, anyhow};
use falco_analyze::fields::SCHEMA;
use falco_analyze::pipeline::{
    Demand, Flow, Observer, PassOptions, Seen, Shown, Tally, open_inputs, run_pass,
};
use falco_format::text::Lines;
use falco_rules::{Filter, Template};

use super::args::{TimeArgs, is_colored, writer};
use super::exit::Outcome;
use super::notice::{self, Drawn};
use super::summary;

/// What is printed of an event unless `-p` says otherwise; the star prints the line even where a field is absent.
const DEFAULT_FORMAT: &str =
    "*%evt.num %evt.time %evt.cpu %proc.name (%thread.tid) %evt.type %evt.args";

const EXAMPLES: &str = "\
FILTER is a condition of a Falco rule. FORMAT is an output of one: %FIELD, %FIELD[ARGUMENT].
A line is left out when a field of FORMAT has no value, unless FORMAT begins with `*`.
Exit codes: 0 printed, 2 error, 3 printed, but events were lost or the capture is damaged.

Examples:
  falco-analyze events capture/
  falco-analyze events capture/ 'evt.type in (open, openat) and fd.name startswith /etc'
  falco-analyze events capture/ 'evt.type = execve' -p '%evt.time %proc.cmdline' -n 20";

/// Print the events of a capture that match a condition
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Capture: a directory of segments, one segment file, or a .scap file
    capture: PathBuf,
    /// Condition in Falco's language; every event without it
    filter: Option<String>,
    /// What to print of each event
    #[arg(short = 'p', long = "print", value_name = "FORMAT", default_value = DEFAULT_FORMAT, hide_default_value = true)]
    format: String,
    /// Stop after this many lines
    #[arg(short = 'n', long, value_name = "N")]
    count: Option<u64>,
    #[command(flatten)]
    time: TimeArgs,
}

/// Prints events.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let zone = args.time.zone()?;
    let filter = args.filter.as_deref().map(compile_filter).transpose()?;
    let template = compile_template(&args.format)?;
    let shown = filter
        .as_ref()
        .map_or(Shown::Every, |filter| Shown::of_types(filter.event_types()));
    let asked = filter.as_ref().map_or(&[][..], Filter::slots);
    let fields = asked
        .iter()
        .chain(template.fields().map(|(_, field)| field));
    let demand = Demand::new(shown, fields);
    let inputs = open_inputs(&[&args.capture])?;
    let mut printer = Printer {
        filter,
        template,
        writer: writer(None)?,
        left: args.count,
        line: String::new(),
    };
    let mut tally = Tally::default();
    for input in &inputs {
        let options = PassOptions {
            zone: zone.clone(),
            ..PassOptions::default()
        };
        tally.add(&run_pass(input, &demand, options, &mut printer)?);
    }
    printer.writer.flush()?;
    if tally.is_complete() {
        return Ok(Outcome::Clean);
    }
    let mut text = Lines::new();
    summary::push_missing(&tally, &mut text);
    notice::tell(&text);
    Ok(Outcome::Incomplete)
}

/// Compiles a condition; the error is the diagnostics as text.
pub(crate) fn compile_filter(text: &str) -> Result<Filter> {
    Filter::compile(&SCHEMA, text).map_err(|diagnostics| {
        let rendered = falco_rules::render(&diagnostics, is_colored(&io::stderr()));
        anyhow!(Drawn {
            message: "the filter does not compile",
            diagnostics: rendered,
        })
    })
}

fn compile_template(text: &str) -> Result<Template> {
    Template::compile(&SCHEMA, text).map_err(|diagnostic| {
        let rendered =
            falco_rules::render(std::slice::from_ref(&diagnostic), is_colored(&io::stderr()));
        anyhow!(Drawn {
            message: "the format does not compile",
            diagnostics: rendered,
        })
    })
}

struct Printer {
    filter: Option<Filter>,
    template: Template,
    writer: Box<dyn Write>,
    /// How many lines may still be printed; `None` for any number.
    left: Option<u64>,
    line: String,
}

impl Observer for Printer {
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        if self.left == Some(0) {
            return Ok(Flow::Stop);
        }
        if self
            .filter
            .as_ref()
            .is_some_and(|filter| !filter.matches(seen.context))
        {
            return Ok(Flow::Continue);
        }
        self.line.clear();
        if !self.template.render_complete(seen.context, &mut self.line) {
            return Ok(Flow::Continue);
        }
        self.line.push('\n');
        self.writer.write_all(self.line.as_bytes())?;
        self.left = self.left.map(|left| left.saturating_sub(1));
        Ok(if self.left == Some(0) {
            Flow::Stop
        } else {
            Flow::Continue
        })
    }
}

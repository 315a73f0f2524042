//! `falco-analyze explain`: why a rule alerts on an event, why it does not, and which events came nearest.
//!
//! ```text
//! named   the rule that a name stands for
//! look    the passes over the captures
//! absent  what is said where there is no such event
//! ```
//!
//! In: captures and rules as for `replay`, a rule's name, and which event is meant. Out: a tree of the rule's condition, or groups of events.

mod absent;
mod look;
mod named;

use std::path::PathBuf;

use anyhow::{Result, bail};
use falco_analyze::completeness::Evidence;
use falco_analyze::pipeline::Input;
use falco_analyze::time::{Moment, Zone};
use falco_analyze::why::{Found, TextStyle, Wanted, found_json, found_text, why_text};
use falco_format::text::{Lines, grouped, json_text};
use falco_rules::{RuleIndex, RuleSet};

use super::args::{Format, RuleFileArgs, ZoneArgs, open_captures};
use super::events::compile_filter;
use super::exit::{EvidenceArgs, Outcome};
use super::jobs::JobsArgs;
use super::notice;
use super::output::{admit_beside, is_output_colored, writer};
use super::span::SpanArgs;
use look::{Looked, Looking};

/// How many groups of events that came near are shown, unless --limit says otherwise.
const GROUPS_SHOWN: usize = 5;

const EXAMPLES: &str = "\
With an event, the rule's condition is printed as a tree: what each part is on that event, what the event has, where that comes from, and the macro, list or exception and the line that the part is written in. Parts that say nothing are folded. `*` marks the fewest parts that decide, `!` the fewest that are lacking. Texts can be pasted into `--where`. Without an event: the first event that matches; where none does, those that lack the fewest parts, grouped by what they lack.
The number of an event is its evt.num, which `events` prints; each capture counts its own, so that of several captures the one with the event must be given, unless only one has such an event.
Exit codes: 0 explained, 2 error, 3 explained, but evidence is missing: losses, damage, ends or segments.

Examples:
  falco-analyze explain capture/ -r falco_rules.yaml --rule 'Terminal shell in container'
  falco-analyze explain capture/ -r falco_rules.yaml --rule 'Read sensitive file untrusted' --event 4711
  falco-analyze explain capture/ -r rules.d/ --rule 'Search Private Keys' --where 'proc.name = grep' --limit 3
  falco-analyze explain trace.scap.gz -r rules.yaml --rule 'Run shell' --time 10:02:17 --format json";

/// Tell why a rule alerts on an event or does not, or which events came nearest to it
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Captures: segments, .scap files, packed or not, directories of either, or `-` for standard input
    #[arg(required = true, value_name = "CAPTURE")]
    captures: Vec<PathBuf>,
    #[command(flatten)]
    rules: RuleFileArgs,
    /// The rule: its name, or the only one that begins with this or has it in its name, whatever the case
    #[arg(long = "rule", value_name = "NAME", required = true)]
    rule: String,
    #[command(flatten)]
    event: EventArgs,
    /// How many events, or groups of events that came near, are explained: 1 event or 5 groups unless given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    limit: Option<u16>,
    /// Show the parts that say nothing as well
    #[arg(long)]
    unfold: bool,
    /// Form of the answer; JSON is one object with everything
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the answer to a file, readable by its owner alone, instead of stdout; `-` is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Complete containers with what their runtimes only said later
    #[arg(long)]
    heal_containers: bool,
    #[command(flatten)]
    span: SpanArgs,
    #[command(flatten)]
    evidence: EvidenceArgs,
    #[command(flatten)]
    zone: ZoneArgs,
    #[command(flatten)]
    jobs: JobsArgs,
}

/// Which event is meant.
#[derive(clap::Args)]
#[group(multiple = false)]
struct EventArgs {
    /// The event of this number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    event: Option<u64>,
    /// The first event that matches a condition in Falco's language
    #[arg(long = "where", value_name = "CONDITION")]
    filter: Option<String>,
    /// Of the events that the rule looks at, the nearest to this moment: 2026-11-20T10:00:00Z, 10:00, @SECONDS since 1970, or -15m before the captures' end
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    time: Option<String>,
}

/// Which event is meant, read.
enum Meant {
    Number(u64),
    Where(String),
    Time(Moment),
    /// The first that matches, or else the nearest ones.
    Any,
}

impl EventArgs {
    fn meant(&self, zone: &Zone) -> Result<Meant> {
        Ok(match (self.event, &self.filter, &self.time) {
            (Some(number), ..) => Meant::Number(number),
            (_, Some(condition), _) => Meant::Where(condition.clone()),
            (.., Some(time)) => Meant::Time(Moment::parse(time, zone)?),
            _ => Meant::Any,
        })
    }
}

/// Explains.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let zone = args.zone.zone()?;
    let asked_for = args.span.asked(&zone)?;
    let meant = args.event.meant(&zone)?;
    let wanted = wanted_at_once(&meant)?;
    let Some((rules, rule)) = named::load(&args.rules, &args.rule)? else {
        return Ok(Outcome::Failed);
    };
    let inputs = open_captures(&args.captures)?;
    let parts = asked_for.parts(&inputs.recordings())?;
    admit_beside(args.output.as_ref(), inputs.logs(), &args.rules.files())?;
    let writer = writer(args.output.as_ref(), &inputs)?;
    let looking = Looking {
        rules: &rules,
        rule,
        inputs: &inputs,
        parts: &parts,
        limit: usize::from(args.limit.unwrap_or(1)),
        zone: zone.clone(),
        heals: args.heal_containers,
        threads: args.jobs.threads(),
    };
    let mut looked = match (wanted, &meant) {
        (_, Meant::Number(number)) => looking.look_in_each(*number, writer)?,
        (Some(wanted), _) => looking.look(wanted, writer)?,
        (None, Meant::Time(moment)) => looking.look_at(moment, writer)?,
        (None, _) => bail!("an event is meant by nothing"),
    };
    let completeness = parts.completeness(&inputs);
    let evidence = completeness.evidence(&looked.tally);
    let mut notices = Lines::new();
    looked.stop.push_partial(&mut notices);
    let is_whole = evidence == Evidence::Whole && completeness.gaps.is_empty();
    if !is_whole || looked.stop.is_wanted() || args.span.is_given() {
        parts.push(&zone, &mut notices);
        completeness.push(&looked.tally, &mut notices);
    }
    let names = names(&inputs);
    let is_answered = looked.has_answer() && looked.captures.len() <= 1;
    if let (Meant::Number(number), [_, _, ..]) = (&meant, &*looked.captures) {
        notice::complain(absent::several(&looked, &names, *number));
    } else if !is_answered && !looked.stop.is_wanted() {
        let reason;
        (looked, reason) = absence(looked, &looking, &meant)?;
        if !looked.stop.is_wanted() {
            notice::complain(reason);
        }
    } else {
        tell_more(&looked.found, &meant, &mut notices);
    }
    notice::tell(&notices);
    let outcomes = [
        looked.stop.outcome(),
        args.evidence.outcome(evidence),
        if is_answered {
            Outcome::Clean
        } else {
            Outcome::Failed
        },
    ];
    if is_answered {
        answer(args, looked, names, (&rules, rule))?;
    }
    Ok(Outcome::of(outcomes))
}

/// What is asked of the captures, where that can be said before they are opened.
fn wanted_at_once(meant: &Meant) -> Result<Option<Wanted>> {
    Ok(match meant {
        Meant::Number(number) => Some(Wanted::Number(*number)),
        Meant::Where(condition) => Some(Wanted::Where(Box::new(compile_filter(condition)?))),
        Meant::Any => Some(Wanted::Nearest),
        Meant::Time(_) => None,
    })
}

/// Of several that match, how many are not explained.
fn tell_more(found: &Found, meant: &Meant, out: &mut Lines) {
    let more = found.matched.saturating_sub(found.whys.len() as u64);
    if more == 0 {
        return;
    }
    let events = if more == 1 { "event" } else { "events" };
    let more = grouped(more);
    match meant {
        Meant::Where(_) => out.line(format_args!(
            "{more} more {events} of the condition: --limit N explains N of them"
        )),
        Meant::Any => out.line(format_args!(
            "The rule's condition holds for {more} more {events}: --limit N explains N of them"
        )),
        Meant::Number(_) | Meant::Time(_) => {}
    }
}

/// The names of the captures, in their order.
fn names(inputs: &[Input]) -> Vec<String> {
    let paths = inputs.iter().map(|input| input.path.display());
    paths.map(|path| path.to_string()).collect()
}

/// Why nothing is explained; an event that the span leaves out is looked for outside of it.
fn absence(looked: Looked, looking: &Looking<'_>, meant: &Meant) -> Result<(Looked, String)> {
    if let Meant::Number(number) = meant
        && !looking.parts.span().is_open()
    {
        let (looked, outside) = looking.look_outside(*number, looked)?;
        let reason = match outside.whys.first() {
            Some(why) => absent::outside(&why.event, looking.parts.span(), &looking.zone),
            None => absent::reason(&looked, looking, meant),
        };
        return Ok((looked, reason));
    }
    let reason = absent::reason(&looked, looking, meant);
    Ok((looked, reason))
}

fn answer(
    args: &Args,
    looked: Looked,
    captures: Vec<String>,
    (rules, rule): (&RuleSet, RuleIndex),
) -> Result<()> {
    use std::io::Write as _;
    let Looked {
        found, mut writer, ..
    } = looked;
    let Some(named) = rules.rule(rule) else {
        bail!("the rule went away");
    };
    let groups = args.limit.map_or(GROUPS_SHOWN, usize::from);
    let style = TextStyle {
        is_colored: is_output_colored(args.output.as_ref()),
        is_unfolded: args.unfold,
        zone: args.zone.zone()?,
        captures,
    };
    let text = match args.format {
        Format::Json => {
            let json = found_json(&found, &named.name, rules, (groups, &style.captures));
            json_text(&json.to_string()).into_owned() + "\n"
        }
        Format::Text if found.whys.is_empty() => found_text(&found, named, groups, &style),
        Format::Text => {
            let whys = found.whys.iter();
            let texts: Vec<_> = whys.map(|why| why_text(why, rules, &style)).collect();
            texts.join("\n")
        }
    };
    writer.write_all(text.as_bytes())?;
    Ok(writer.flush()?)
}

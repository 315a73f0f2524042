//! `falco-analyze profile`: what rules cost on captures.
//!
//! In: captures and rules as for `replay`. Out: per rule, macro and test how often it was evaluated, how often it held and
//! how long that took; no alerts. What is counted, and how, is `falco_rules`'s.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Result;
use falco_analyze::completeness::Evidence;
use falco_analyze::fields::SCHEMA;
use falco_analyze::pipeline::{
    Child, Collector, Demand, Flow, Interest, PassOptions, Seen, Sink, Tally, collect,
};
use falco_analyze::sources::SYSCALLS;
use falco_format::Block;
use falco_format::text::{Lines, count, json_text, plain};
use falco_rules::{
    Profile, ProfileCounts, Profiler, Profiling, RuleIndex, RuleMatching, RuleSet, Schema as _,
};
use serde_json::{Value as Json, json};

use super::args::{Format, RuleArgs, ZoneArgs, open_captures};
use super::exit::Outcome;
use super::notice;
use super::output::{admit_beside, writer};
use super::progress::{self, Bar};
use super::read::ReadArgs;
use super::stop::Stop;
use super::summary::grouped;

const EXAMPLES: &str = "\
The rules run as in `replay`: what many of them need is asked once ahead of them, and one that matches keeps those behind it from being asked. Times are those of tests alone; a test that several rules wait for is shared among them. A rule is `evaluated` where nothing ahead had ruled it out. `Reordering` is what another order of its tests would have saved, by what they cost and how often they held here: a guess, since tests may depend on each other.
A macro is evaluated for each event that a rule with it sees, as if it were a rule: its time shows what it would cost. Counts are the same for any number of threads; times are of the clock, so a busy machine adds to them, and -j 1 is the quietest.
Exit codes: 0 done, 2 error, 3 done, but evidence is missing: losses, damage, ends or segments.

Examples:
  falco-analyze profile capture/ -r falco_rules.yaml
  falco-analyze profile capture/ -r rules.d/ --top 0
  falco-analyze profile capture/ -r rules.d/ --since 10:00 --time-zone Europe/Berlin -o costs.txt
  falco-analyze profile trace.scap.gz -r rules.yaml --format json | jq '.rules[0]'";

/// Tell what rules cost on captures: per rule, macro and test how often it was evaluated, how often it held, how long it took
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    rules: RuleArgs,
    /// Form of the answer; JSON is one object with everything
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// How many rules, macros and tests are told for people, the most expensive first; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// Write the answer to a file, readable by its owner alone, instead of stdout; `-` is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    zone: ZoneArgs,
}

/// Profiles.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let zone = args.zone.zone()?;
    let asked_for = args.read.span.asked(&zone)?;
    let Some(rules) = args.rules.load(&[SYSCALLS])? else {
        return Ok(Outcome::Failed);
    };
    args.read.span.hint_of_rules(&rules);
    let inputs = open_captures(&args.read.captures)?;
    let parts = asked_for.parts(&inputs.recordings())?;
    let completeness = parts.completeness(&inputs);
    admit_beside(args.output.as_ref(), inputs.logs(), &args.rules.files())?;
    let mut writer = writer(args.output.as_ref(), &inputs)?;
    let stop = Stop::catch()?.or_unread(writer.unread());
    let of_source = rules.of_source(SCHEMA.source());
    let of_source = of_source.expect("rules were loaded for system calls");
    let profiling = Profiling::new(of_source, &SCHEMA, RuleMatching::First);
    let mut sums = Sums {
        counts: ProfileCounts::default(),
        bar: progress::over(parts.bytes(&inputs.recordings())),
        stop: stop.clone(),
    };
    let demand = Demand::of_rules(&rules);
    let mut tally = Tally::default();
    for (input, part) in parts.of(&inputs) {
        let costs = Costs(&profiling);
        let options = PassOptions {
            part: part.clone(),
            threads: args.read.jobs.threads(),
            ..PassOptions::default()
        };
        tally.add(&collect(input, &demand, options, &costs, &mut sums)?);
    }
    sums.bar.finish_and_clear();
    let evidence = completeness.evidence(&tally);
    // Said of the reading before anything is printed: who has enough of the answer has it whole.
    let mut notices = Lines::new();
    stop.push_partial(&mut notices);
    if evidence != Evidence::Whole
        || !completeness.gaps.is_empty()
        || stop.is_wanted()
        || args.read.span.is_given()
    {
        parts.push(&zone, &mut notices);
        completeness.push(&tally, &mut notices);
    }
    let profile = profiling.profile(&sums.counts);
    let answer = match args.format {
        Format::Text => text(&rules, &profile, args.top).as_str().to_owned(),
        Format::Json => json_text(&to_json(&rules, &profile).to_string()).into_owned() + "\n",
    };
    writer.write_all(answer.as_bytes())?;
    writer.flush()?;
    if !notices.is_empty() {
        notice::tell(&notices);
    }
    Ok(Outcome::of([
        stop.outcome(),
        args.read.evidence.outcome(evidence),
    ]))
}

/// Rules that are profiled.
struct Costs<'p>(&'p Profiling<'p>);

impl Collector for Costs<'_> {
    type Harvest = ProfileCounts;
    type Child<'c>
        = Costing<'c>
    where
        Self: 'c;

    fn child(&self) -> Costing<'_> {
        Costing {
            profiler: self.0.profiler(),
            matches: Vec::new(),
        }
    }
}

/// One worker's part.
struct Costing<'c> {
    profiler: Profiler<'c>,
    /// Memory for the rules that match an event.
    matches: Vec<RuleIndex>,
}

impl Child for Costing<'_> {
    type Harvest = ProfileCounts;

    fn event(&mut self, seen: &Seen<'_>) {
        self.matches.clear();
        self.profiler.scan(seen.context, &mut self.matches);
    }

    fn harvest(&mut self) -> Option<ProfileCounts> {
        Some(self.profiler.take())
    }
}

struct Sums {
    counts: ProfileCounts,
    bar: Bar,
    stop: Stop,
}

impl Sink<ProfileCounts> for Sums {
    fn harvest(&mut self, counts: ProfileCounts) -> io::Result<Flow> {
        self.counts.add(&counts);
        Ok(self.stop.flow())
    }

    fn block(&mut self, block: &Block) -> Interest {
        self.bar.events(block.rows() as u64);
        self.stop.interest()
    }

    fn progress(&mut self, bytes: u64) {
        self.bar.inc(bytes);
    }
}

fn name(rules: &RuleSet, index: RuleIndex) -> &str {
    let rule = rules.rule(index);
    &rule.expect("a profile is of these rules").name
}

/// The share of a time in another, in percent.
fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    part as f64 * 100.0 / whole as f64
}

/// Microseconds, which a single test hardly takes and a rule soon does.
fn microseconds(ns: u64) -> String {
    grouped(ns / 1_000)
}

fn text(rules: &RuleSet, profile: &Profile, top: usize) -> Lines {
    let top = if top == 0 { usize::MAX } else { top };
    let mut out = Lines::new();
    let all: u64 = profile.rules.iter().map(|rule| rule.ns).sum();
    out.line(format_args!(
        "Events: {} that rules can match",
        grouped(profile.events)
    ));
    out.line(format_args!(
        "Rules: {}, whose tests took {} µs",
        profile.rules.len(),
        microseconds(all)
    ));
    out.line(format_args!(
        "  {:>8} {:>12} {:>12} {:>12} {:>10} {:>12}  rule",
        "share", "µs", "events", "evaluated", "matched", "reordering"
    ));
    for rule in profile.rules.iter().take(top) {
        out.line(format_args!(
            "  {:>6.1} % {:>12} {:>12} {:>12} {:>10} {:>12}  {}",
            percent(rule.ns, all),
            microseconds(rule.ns),
            grouped(rule.events),
            grouped(rule.evaluations),
            grouped(rule.matches),
            microseconds(rule.reordering_ns),
            plain(name(rules, rule.rule))
        ));
    }
    push_left_out(profile.rules.len(), top, "rule", &mut out);
    out.line(format_args!("Macros: {}", profile.macros.len()));
    out.line(format_args!(
        "  {:>12} {:>12} {:>12}  macro",
        "µs", "evaluated", "matched"
    ));
    for known in profile.macros.iter().take(top) {
        out.line(format_args!(
            "  {:>12} {:>12} {:>12}  {}",
            microseconds(known.ns),
            grouped(known.evaluations),
            grouped(known.matches),
            plain(&known.name)
        ));
    }
    push_left_out(profile.macros.len(), top, "macro", &mut out);
    push_parts(rules, profile, top, &mut out);
    out
}

fn push_parts(rules: &RuleSet, profile: &Profile, top: usize, out: &mut Lines) {
    out.line(format_args!("Tests: {}", profile.parts.len()));
    out.line(format_args!(
        "  {:>12} {:>12} {:>12} {:>12}  test",
        "µs", "asked", "made", "held"
    ));
    for part in profile.parts.iter().take(top) {
        let users = match part.rules.as_slice() {
            [only] => plain(name(rules, *only)).to_string(),
            several => count(several.len() as u64, "rule"),
        };
        out.line(format_args!(
            "  {:>12} {:>12} {:>12} {:>12}  {}  ({users})",
            microseconds(part.ns),
            grouped(part.asked),
            grouped(part.made),
            grouped(part.held),
            plain(&part.text)
        ));
    }
    push_left_out(profile.parts.len(), top, "test", out);
}

fn push_left_out(all: usize, top: usize, noun: &str, out: &mut Lines) {
    if let Some(more @ 1..) = all.checked_sub(top) {
        out.line(format_args!("  and {} more", count(more as u64, noun)));
    }
}

fn to_json(rules: &RuleSet, profile: &Profile) -> Json {
    let all: u64 = profile.rules.iter().map(|rule| rule.ns).sum();
    let of_rules = profile.rules.iter().map(|rule| {
        json!({
            "rule": name(rules, rule.rule),
            "events": rule.events,
            "evaluations": rule.evaluations,
            "matches": rule.matches,
            "ns": rule.ns,
            "share": percent(rule.ns, all) / 100.0,
            "reordering_ns": rule.reordering_ns,
        })
    });
    let of_macros = profile.macros.iter().map(|known| {
        json!({
            "macro": known.name,
            "evaluations": known.evaluations,
            "matches": known.matches,
            "ns": known.ns,
        })
    });
    let of_parts = profile.parts.iter().map(|part| {
        let users = part.rules.iter().map(|index| name(rules, *index));
        json!({
            "test": part.text,
            "rules": users.collect::<Vec<_>>(),
            "asked": part.asked,
            "made": part.made,
            "held": part.held,
            "ns": part.ns,
        })
    });
    json!({
        "events": profile.events,
        "ns": all,
        "rules": of_rules.collect::<Json>(),
        "macros": of_macros.collect::<Json>(),
        "parts": of_parts.collect::<Json>(),
    })
}

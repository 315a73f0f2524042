//! `--since`, `--until`, `--exact-state`: which time of captures a command is asked for.
//!
//! In: moments as typed, and opened captures. Out: the part of each capture that is read, and what the summary says of it.
//! Relative times count from the captures' end and never from today, so that a command says the same tomorrow.

use anyhow::{Context as _, Result, bail};
use clap::Args;
use falco_analyze::completeness::{Completeness, grouped};
use falco_analyze::fields::is_time_of_event;
use falco_analyze::inputs::Inputs;
use falco_analyze::pipeline::{Input, Part, TimeRange};
use falco_analyze::sources::{Recording, RecordingOutline};
use falco_analyze::time::{Edge, Moment, Zone, full, moment};
use falco_format::text::{Lines, count};
use falco_format::{Span, UnixNanos};
use falco_rules::{Diagnostic, FalcoCode, RuleSet};

use super::notice;

/// What is said to whoever chooses a time by a condition, for which everything is read.
const HINT: &str =
    "events of a time are chosen by --since and --until, which read nothing else of the captures";

/// How many captures are named that have nothing of a span.
const BESIDE_SHOWN_MAX: usize = 5;

/// Which time of the captures is asked for.
#[derive(Args)]
pub(crate) struct SpanArgs {
    /// Only events from this moment on: 2026-11-20T10:00:00Z, 2026-11-20, 10:00, @SECONDS since 1970, or -15m before the captures' end
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    since: Option<String>,
    /// Only events up to this moment, in the same forms
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    until: Option<String>,
    /// Begin state with the capture instead of with the last snapshot before --since: slower, and as exact as without --since
    #[arg(long)]
    exact_state: bool,
}

/// What was typed, read.
pub(crate) struct Asked {
    since: Option<Moment>,
    until: Option<Moment>,
    is_exact: bool,
    zone: Zone,
}

/// What is read of each capture.
pub(crate) struct Parts {
    list: Vec<Part>,
    span: Span,
    /// Names of those of which nothing is shown, since they have nothing of the span.
    beside: Vec<String>,
}

impl SpanArgs {
    /// Reads the moments; dates and times without an offset are in `zone`.
    pub(crate) fn asked(&self, zone: &Zone) -> Result<Asked> {
        let moment = |option: &'static str, text: &Option<String>| {
            let moment = text.as_deref().map(|text| Moment::parse(text, zone));
            moment.transpose().context(option)
        };
        Ok(Asked {
            since: moment("--since", &self.since)?,
            until: moment("--until", &self.until)?,
            is_exact: self.exact_state,
            zone: zone.clone(),
        })
    }

    /// Tells who chooses a time by a condition that there is another way.
    pub(crate) fn hint(&self, condition: Option<&str>) {
        if !self.is_given() {
            condition
                .and_then(hint)
                .into_iter()
                .for_each(notice::complain);
        }
    }

    /// The same of whose rules compare the event's time, by the first of them.
    pub(crate) fn hint_of_rules(&self, rules: &RuleSet) {
        let mut enabled = rules.rules().iter().filter(|rule| rule.enabled);
        let found = enabled.find(|rule| hint(&rule.condition_compiled).is_some());
        if let Some(rule) = found.filter(|_| !self.is_given()) {
            notice::complain(format_args!("rule '{}': {HINT}", rule.name));
        }
    }

    /// Whether some time is asked for.
    pub(crate) fn is_given(&self) -> bool {
        self.since.is_some() || self.until.is_some()
    }
}

/// The hint, for a condition that compares the event's own time with another.
fn hint(condition: &str) -> Option<&'static str> {
    let is_compared = condition.contains(['<', '>']);
    (is_compared && names_time(condition)).then_some(HINT)
}

fn names_time(condition: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
    condition.split(|c| !is_part(c)).any(is_time_of_event)
}

/// Adds the hint to what is wrong with a condition, where the line that it stands in compares the event's own time: as a number or as a text, it is rarely what somebody meant.
pub(crate) fn help<'d>(diagnostics: impl IntoIterator<Item = &'d mut Diagnostic>) {
    for diagnostic in diagnostics {
        let is_of_condition = diagnostic.falco_code == Some(FalcoCode::ErrCompileCondition);
        let span = diagnostic.span.as_ref().filter(|_| is_of_condition);
        let line = span.and_then(|span| {
            let before = (span.position().line as usize).saturating_sub(1);
            span.file.text().lines().nth(before)
        });
        let is_compared = |line: &&str| line.contains(['<', '>', '=']) && names_time(line);
        if diagnostic.help.is_none() && line.is_some_and(|line| is_compared(&line)) {
            diagnostic.help = Some(HINT.to_owned());
        }
    }
}

impl Asked {
    /// The part of each capture.
    pub(crate) fn parts(&self, recordings: &[Recording<'_>]) -> Result<Parts> {
        if self.since.is_none() && self.until.is_none() {
            return Ok(Parts::whole(recordings.len()));
        }
        let outlines: Vec<_> = recordings.iter().map(RecordingOutline::of).collect();
        let times = outlines.iter().filter_map(RecordingOutline::times);
        let all = times.reduce(|all, times| TimeRange {
            first: all.first.min(times.first),
            last: all.last.max(times.last),
        });
        let Some(all) = all else {
            bail!(
                "no event of the captures has a time: --since and --until have nothing to choose from"
            );
        };
        let span = self.span(all, recordings)?;
        let parts = outlines
            .iter()
            .map(|outline| outline.part(span, self.is_exact));
        let list: Vec<_> = parts.collect();
        let read = outlines.iter().zip(&list);
        let is_beside = read.map(|(outline, part)| part.is_empty() || !outline.touches(span));
        let named = recordings.iter().zip(is_beside);
        let beside = named.filter(|(_, is_beside)| *is_beside);
        Ok(Parts {
            beside: beside.map(|(recording, _)| recording.name()).collect(),
            list,
            span,
        })
    }

    fn span(&self, all: TimeRange<UnixNanos>, recordings: &[Recording<'_>]) -> Result<Span> {
        let resolved = |option, moment: &Option<Moment>, edge| {
            let moment = moment.as_ref();
            let moment = moment.map(|moment| moment.resolve_edge(all, edge));
            moment.transpose().context(option)
        };
        let span = Span {
            since: resolved("--since", &self.since, Edge::Since)?,
            until: resolved("--until", &self.until, Edge::Until)?,
        };
        let asked = TimeRange {
            first: span.since.unwrap_or(all.first),
            last: span.until.unwrap_or(all.last),
        };
        if span
            .since
            .zip(span.until)
            .is_some_and(|(since, until)| since > until)
        {
            bail!(
                "--since is behind --until: there is nothing from {}",
                asked.spelled(&self.zone)
            );
        }
        if !span.touches(all.first, all.last) {
            let outside = match (span.since, span.until) {
                (Some(_), Some(_)) => format!("from {}", asked.spelled(&self.zone)),
                (Some(since), None) => format!("from {} on", moment(since, &self.zone)),
                (_, until) => format!("up to {}", moment(until.unwrap_or(all.last), &self.zone)),
            };
            bail!(
                "the captures have nothing {outside}: they span {}{}",
                all.spelled(&self.zone),
                Completeness::beside(recordings, span).appended()
            );
        }
        Ok(span)
    }
}

impl Parts {
    /// Everything of so many captures.
    pub(crate) fn whole(captures: usize) -> Self {
        Parts {
            list: vec![Part::whole(); captures],
            span: Span::default(),
            beside: Vec::new(),
        }
    }

    /// Each capture with its part.
    pub(crate) fn of<'p, I>(&'p self, inputs: I) -> impl Iterator<Item = (I::Item, &'p Part)>
    where
        I: IntoIterator,
        I::IntoIter: 'p,
    {
        inputs.into_iter().zip(&self.list)
    }

    /// How many bytes are read in all.
    pub(crate) fn bytes(&self, recordings: &[Recording<'_>]) -> u64 {
        let all = self.of(recordings);
        all.map(|(recording, part)| recording.bytes_of(part)).sum()
    }

    /// What is known to be missing of what is read.
    pub(crate) fn completeness(&self, inputs: &Inputs) -> Completeness {
        Completeness::of_parts(self.of(inputs.recordings()), self.span)
    }

    /// The same of one of the captures, by its part.
    pub(crate) fn completeness_of(&self, input: &Input, part: &Part) -> Completeness {
        Completeness::of_parts([(Recording::Capture(input), part)], self.span)
    }

    /// The time that was asked for.
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// The same in words; nothing where everything was asked for.
    pub(crate) fn push_span(&self, zone: &Zone, out: &mut Lines) {
        if self.span.is_open() {
            return;
        }
        let text = |time: Option<UnixNanos>, open: &str| {
            time.map_or_else(|| open.to_owned(), |time| moment(time, zone))
        };
        out.line(format_args!(
            "Span: {} to {}",
            text(self.span.since, "the beginning"),
            text(self.span.until, "the end")
        ));
    }

    /// What was asked for, and what state rests on; nothing where everything was.
    pub(crate) fn push(&self, zone: &Zone, out: &mut Lines) {
        if self.span.is_open() {
            return;
        }
        self.push_span(zone, out);
        let read = self.list.iter().filter(|part| !part.is_empty());
        let (mut begun, mut whole) = (Vec::new(), 0_u64);
        for part in read {
            match part.state_from() {
                Some(from) => begun.push(from),
                None => whole = whole.saturating_add(1),
            }
        }
        let others = if begun.len() > 1 { " and others" } else { "" };
        let whole = match whole {
            0 => String::new(),
            some => format!(", of {} from the beginning on", count(some, "capture")),
        };
        match begun.iter().min() {
            Some(first) => out.line(format_args!(
                "State: from the snapshot of {} on{others}{whole}; --exact-state begins with the capture",
                full(*first, zone),
            )),
            None => out.line("State: from the beginning on"),
        }
        self.push_passed(out);
        self.push_beside(out);
    }

    fn push_passed(&self, out: &mut Lines) {
        let (mut segments, mut rows, mut behind) = (0_u64, 0_u64, 0_u64);
        for stretch in self.list.iter().filter_map(Part::stretch) {
            segments = segments.saturating_add(stretch.passed.segments);
            rows = rows.saturating_add(stretch.passed.rows);
            behind = behind.saturating_add(stretch.segments_behind);
        }
        if segments > 0 || behind > 0 {
            out.line(format_args!(
                "Not read: {} with {} events in front of what state rests on, {} behind the span",
                count(segments, "segment"),
                grouped(rows),
                count(behind, "segment"),
            ));
        }
    }

    fn push_beside(&self, out: &mut Lines) {
        if self.beside.is_empty() {
            return;
        }
        let all = self.beside.len();
        let shown = self.beside.iter().take(BESIDE_SHOWN_MAX);
        let mut names: Vec<String> = shown.cloned().collect();
        if let more @ 1.. = all.saturating_sub(BESIDE_SHOWN_MAX) {
            names.push(format!("{} more", grouped(more as u64)));
        }
        out.line(format_args!(
            "Nothing of the span: in {}: {}",
            count(all as u64, "capture"),
            names.join(", ")
        ));
    }
}

//! Events of a recording paired with those of its export, and what their answers differ in.
//!
//! Both are read in the order of the stream. What the export leaves out or tells in front has a reason of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use falco_abi::{EventId, events};
use falco_analyze::fields::SCHEMA;
use falco_analyze::pipeline::Input;
use falco_rules::Schema as _;

use super::known::{self, Case, Lone, Pair};
use super::questions::Questions;
use super::rows::{Row, input_of, read};
use crate::programs::BROAD;

/// How many kinds of a question's differences a failure shows, and how many characters of a value.
const SHOWN: usize = 5;
const VALUE_SHOWN_MAX: usize = 120;
/// What an export opens with: what the snapshot knew, told by events without a thread.
const OPENING: [EventId; 3] = [
    events::container::EVENT,
    events::useradded::EVENT,
    events::groupadded::EVENT,
];

/// All arguments in one line.
const LINES: [&str; 2] = ["evt.args", "evt.info"];

/// What one side has and the other has not, or otherwise.
type Values = (Option<Box<str>>, Option<Box<str>>);

/// The outcome.
#[derive(Default)]
pub(super) struct Report {
    pairs: u64,
    answers: u64,
    differing: u64,
    /// Events of others than the workload, and answers of theirs that differ: told, and not judged.
    others: u64,
    others_differing: u64,
    /// Reasons of the table, and how many differences each explains.
    reasons: BTreeMap<&'static str, u64>,
    /// Question and type → values of both sides without a reason, and how often.
    differences: BTreeMap<(String, &'static str), BTreeMap<Values, u64>>,
    /// Events without a partner and without a reason, by side and type.
    alone: BTreeMap<(&'static str, &'static str), u64>,
    events: BTreeSet<EventId>,
    fields: BTreeSet<&'static str>,
}

/// Pairs the events of a capture with those of its export.
pub(super) fn compare(capture: &Path, export: &[u8]) -> Report {
    let recorded = read(Input::open(capture).expect("the capture opens"));
    let exported = read(input_of(export.to_vec()));
    let mut exported = exported.into_iter().peekable();
    let mut report = Report::default();
    let questions = Questions::new();
    for row in recorded {
        report.events.insert(row.event);
        report.note(&row, &questions);
        while let Some(early) = exported.next_if(|other| is_opening(other, &row)) {
            report.alone("export", &early);
        }
        match exported.next_if(|other| is_same(other, &row)) {
            Some(other) => report.pair(&row, &other, &questions),
            None => report.lone(&row, &questions),
        }
    }
    exported.for_each(|row| report.alone("export", &row));
    report
}

fn is_same(export: &Row, recorded: &Row) -> bool {
    (export.time_ns, export.tid) == (recorded.time_ns, recorded.tid)
}

/// Whether an event is of the program that is recorded, or of one that it started: what else a machine does in the first moments of a recording is nobody's to foresee.
fn is_of_the_workload(row: &Row, questions: &Questions) -> bool {
    let answers = row.asked.iter().zip(&row.answers);
    let mut programs = answers.filter(|(place, _)| {
        let name = questions.at(**place).name.as_str();
        matches!(name, "proc.exepath" | "proc.aexepath")
    });
    programs.any(|(_, answer)| answer.as_deref().is_some_and(|path| path.contains(BROAD)))
}

fn is_argument(question: &str) -> bool {
    question.starts_with("evt.arg.") || question.starts_with("evt.rawarg.")
}

fn is_opening(export: &Row, recorded: &Row) -> bool {
    OPENING.contains(&export.event) && !is_same(export, recorded)
}

impl Report {
    /// A recorded event that the export has not.
    fn lone(&mut self, row: &Row, questions: &Questions) {
        let lone = Lone {
            row,
            questions,
            has_begun: self.pairs + self.others > 0,
        };
        match known::is_alone(&lone) {
            Some(reason) => *self.reasons.entry(reason).or_default() += 1,
            None => self.alone("recording", row),
        }
    }

    fn alone(&mut self, side: &'static str, row: &Row) {
        *self.alone.entry((side, row.ty)).or_default() += 1;
    }

    /// Which fields have a value.
    fn note(&mut self, row: &Row, questions: &Questions) {
        let answers = row.asked.iter().zip(&row.answers);
        for (place, _) in answers.filter(|(_, answer)| answer.is_some()) {
            self.fields.insert(questions.at(*place).def.name);
        }
    }

    fn pair(&mut self, recorded: &Row, exported: &Row, questions: &Questions) {
        let is_ours = OPENING.contains(&recorded.event) || is_of_the_workload(recorded, questions);
        self.pairs += u64::from(is_ours);
        self.others += u64::from(!is_ours);
        let mut differing = Vec::new();
        // Questions stand in ascending order; a type may have some that another has not.
        let mut others = exported.asked.iter().zip(&exported.answers).peekable();
        for (place, ours) in recorded.asked.iter().zip(&recorded.answers) {
            while others.next_if(|(other, _)| *other < place).is_some() {}
            let Some((_, theirs)) = others.next_if(|(other, _)| *other == place) else {
                continue;
            };
            self.answers += u64::from(is_ours);
            if ours != theirs {
                differing.push((questions.at(*place).name.as_str(), ours, theirs));
            }
        }
        if !is_ours {
            self.others_differing += differing.len() as u64;
            return;
        }
        let by_name = differing.iter().any(|(name, _, _)| is_argument(name));
        let pair = Pair {
            recorded,
            exported,
            questions,
        };
        for (question, ours, theirs) in differing {
            // The line of all arguments is told by those that differ.
            if !(by_name && LINES.contains(&question)) {
                let (ours, theirs) = (ours.as_deref(), theirs.as_deref());
                self.differ(&Case {
                    question,
                    ours,
                    theirs,
                    pair: &pair,
                });
            }
        }
    }

    fn differ(&mut self, case: &Case<'_>) {
        self.differing += 1;
        if let Some(reason) = known::reason(case) {
            *self.reasons.entry(reason).or_default() += 1;
            return;
        }
        let question = (case.question.to_owned(), case.pair.recorded.ty);
        let values: Values = (case.ours.map(Into::into), case.theirs.map(Into::into));
        let kinds = self.differences.entry(question).or_default();
        *kinds.entry(values).or_default() += 1;
    }

    /// Differences and lone events without a reason, the most frequent questions first.
    pub(super) fn unexplained(&self) -> Vec<String> {
        let mut found: BTreeMap<&str, Vec<(u64, String)>> = BTreeMap::new();
        for ((question, ty), kinds) in &self.differences {
            for ((ours, theirs), count) in kinds {
                let [ours, theirs] = [ours, theirs].map(|value| shown(value.as_deref()));
                let kind = format!("{ty}: {ours} exported {theirs}");
                found.entry(question).or_default().push((*count, kind));
            }
        }
        for ((side, ty), count) in &self.alone {
            let kind = format!("{ty}: in the {side} alone");
            found
                .entry("the event itself")
                .or_default()
                .push((*count, kind));
        }
        let mut found: Vec<_> = found.into_iter().map(told).collect();
        found.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(&right.1)));
        found
            .into_iter()
            .map(|(count, text)| format!("{count} x {text}"))
            .collect()
    }

    /// Default event types that were not recorded.
    fn missing_events(&self) -> (Vec<&'static str>, usize) {
        let defaults: Vec<_> = events()
            .filter(|event| event.has(events::DEFAULT))
            .collect();
        let missing = defaults
            .iter()
            .filter(|event| !self.events.contains(&event.id));
        (missing.map(|event| event.name).collect(), defaults.len())
    }

    /// Fields that had no value in any event.
    fn missing_fields(&self) -> (Vec<&'static str>, usize) {
        let fields = SCHEMA.fields().iter().map(|def| def.name);
        let fields: Vec<_> = fields
            .filter(|name| known::never_here(name).is_none())
            .collect();
        let missing = fields.iter().filter(|name| !self.fields.contains(*name));
        (missing.copied().collect(), fields.len())
    }

    /// Whether the recording had so many of the default event types and of the fields, in percent.
    pub(super) fn is_broad(&self, types_min: usize, fields_min: usize) -> bool {
        let enough = |(missing, all): (Vec<&str>, usize), min: usize| {
            (all - missing.len()) * 100 >= all * min
        };
        enough(self.missing_events(), types_min) && enough(self.missing_fields(), fields_min)
    }
}

/// The kinds of a question, the most frequent ones told.
fn told((question, mut kinds): (&str, Vec<(u64, String)>)) -> (u64, String) {
    kinds.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(&right.1)));
    let count = kinds.iter().map(|(count, _)| count).sum();
    let kinds = kinds
        .iter()
        .take(SHOWN)
        .map(|(count, kind)| format!("; {count} of {kind}"));
    (count, format!("{question}{}", kinds.collect::<String>()))
}

fn shown(value: Option<&str>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(value) => {
            let value: String = value.chars().take(VALUE_SHOWN_MAX).collect();
            format!("{value:?}")
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (events, all_events) = self.missing_events();
        let (fields, all_fields) = self.missing_fields();
        writeln!(
            f,
            "{} events paired, {} answers compared, {} differ; of others {} events, {} answers differ",
            self.pairs, self.answers, self.differing, self.others, self.others_differing
        )?;
        writeln!(
            f,
            "default event types without an event: {} of {all_events} {events:?}",
            events.len()
        )?;
        writeln!(
            f,
            "fields without a value: {} of {all_fields} {fields:?}",
            fields.len()
        )?;
        let unneeded = known::unneeded(|reason| self.reasons.contains_key(reason));
        write!(
            f,
            "reasons that nothing needed here: {:#?}",
            unneeded.collect::<Vec<_>>()
        )
    }
}

//! `alerts('rules.yaml' [, …] [, 'first' | 'all'])`: the alerts of a replay as a table; `alerts_per_minute` counts them.
//!
//! In: rule files as the command line takes them, and which of the rules that match an event alert. Out: a row for each alert, as JSON has it.
//! Rules are loaded where the query is planned, and an error of theirs is an error of the query in the words of `replay`.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{DataFusionError, Result, plan_err};
use datafusion::logical_expr::Expr;
use falco_analyze::alert::{Alert, evidence};
use falco_analyze::columns::ColumnType::{Bool, Named, Text, Texts, Time, Uint};
use falco_analyze::columns::TableSource;
use falco_analyze::pipeline::{Flow, Judged, Part, PassOptions, Sink};
use falco_analyze::rule_files::rules_of_syscalls;
use falco_analyze::sources::{Judgement, Recording, RuleMatching, RuleSet};
use falco_format::UnixNanos;

use super::Asked;
use super::arguments::text;
use super::made::{Make, Out, table};
use super::rows::{Cell, Column};
use super::time::{captures, failed, input};
use crate::evidence::Evidence;

const NAME: &str = "alerts";
const PER_MINUTE: &str = "alerts_per_minute";
/// Keys of `output_fields` that are no fields of a rule's output begin so.
const EVIDENCE: &str = "evidence.";

static COLUMNS: &[Column] = &[
    ("time", Time),
    ("rule", Text),
    ("priority", Text),
    ("source", Text),
    ("tags", Texts),
    ("output", Text),
    ("output_fields", Named),
    ("hostname", Text),
    ("thread_tid", Uint),
    ("complete", Bool),
    ("boot_id", Text),
    ("cpu", Uint),
    ("boottime_ns", Uint),
    ("evidence_id", Text),
    ("capture", Text),
];

/// Columns of the alerts by minute.
static BY_MINUTE: &[Column] = &[
    ("minute", Time),
    ("rule", Text),
    ("priority", Text),
    ("alerts", Uint),
    ("incomplete", Uint),
];
const NANOS_PER_MINUTE: u64 = 60_000_000_000;

/// The functions.
#[derive(Debug)]
pub(super) struct Alerts {
    pub(super) asked: Asked,
    /// Whether they are counted by minute and rule.
    pub(super) by_minute: bool,
}

impl TableFunctionImpl for Alerts {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let name = if self.by_minute { PER_MINUTE } else { NAME };
        let columns = if self.by_minute { BY_MINUTE } else { COLUMNS };
        table(name, columns, self.maker(name, args.exprs())?)
    }
}

impl Alerts {
    fn maker(&self, name: &str, arguments: &[Expr]) -> Result<Maker> {
        let mut files: Vec<&str> = Vec::new();
        let mut matching = None;
        for argument in arguments {
            let text = text(name, argument)?;
            if matching.is_some() {
                return plan_err!("{name}: 'first' or 'all' stands behind the rule files");
            }
            match text {
                "first" => matching = Some(RuleMatching::First),
                "all" => matching = Some(RuleMatching::All),
                file => files.push(file),
            }
        }
        if files.is_empty() {
            return plan_err!("{name} takes rule files: {name}('rules.yaml')");
        }
        let refused = |said| DataFusionError::Plan(format!("{name}: {said}"));
        Ok(Maker {
            captures: captures(name, &self.asked)?,
            rules: rules_of_syscalls(&files).map_err(refused)?,
            matching: matching.unwrap_or(RuleMatching::First),
            asked: self.asked.clone(),
            by_minute: self.by_minute,
        })
    }
}

struct Maker {
    rules: RuleSet,
    matching: RuleMatching,
    captures: Vec<Arc<dyn TableSource>>,
    asked: Asked,
    by_minute: bool,
}

impl Make for Maker {
    fn make(&self, threads: usize, out: &mut Out) -> Result<()> {
        let mut told = Told {
            name: String::new(),
            out,
            minutes: self.by_minute.then(BTreeMap::new),
            is_wanted: true,
            failed: None,
        };
        self.replay(threads, &mut told)?;
        for ((minute, rule, priority), (alerts, incomplete)) in told.minutes.unwrap_or_default() {
            let row = vec![
                Cell::Time(minute),
                Cell::Text(rule),
                Cell::Text(priority),
                Cell::Uint(alerts),
                Cell::Uint(incomplete),
            ];
            if !out.row(row)? {
                break;
            }
        }
        Ok(())
    }
}

impl Maker {
    fn replay(&self, threads: usize, told: &mut Told<'_>) -> Result<()> {
        let options = PassOptions {
            threads: NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN),
            ..PassOptions::default()
        };
        let judgement = Judgement::new(&self.rules, self.matching, options);
        for capture in &self.captures {
            let Some(input) = input(capture) else {
                continue;
            };
            told.name = capture.name();
            let part = Part::whole();
            let recordings = [(Recording::Capture(input), &part)];
            let tally = judgement.of(&recordings, &|| true, told);
            if let Some(error) = told.failed.take() {
                return Err(error);
            }
            let read = Evidence::of_reading(&tally.map_err(failed)?);
            self.asked.evidence.add(&told.name, read);
            if !told.is_wanted {
                break;
            }
        }
        Ok(())
    }
}

/// How many alerts there are of a rule in a minute, and how many of them are of evidence that is not whole.
type Minutes = BTreeMap<(UnixNanos, String, String), (u64, u64)>;

/// Alerts into rows.
struct Told<'o> {
    /// The capture.
    name: String,
    out: &'o mut Out,
    /// Where they are counted by minute.
    minutes: Option<Minutes>,
    is_wanted: bool,
    failed: Option<DataFusionError>,
}

impl Told<'_> {
    fn tell(&mut self, alert: &Alert<'_>) {
        if let Some(minutes) = &mut self.minutes {
            let time = alert.time.0;
            let minute = UnixNanos(time.saturating_sub(time % NANOS_PER_MINUTE));
            let (rule, priority) = (alert.rule.name.clone(), alert.rule.priority.to_string());
            let (alerts, incomplete) = minutes.entry((minute, rule, priority)).or_default();
            *alerts = alerts.saturating_add(1);
            *incomplete = incomplete.saturating_add(u64::from(!alert.complete));
            return;
        }
        match self.out.row(cells(&self.name, alert)) {
            Ok(is_wanted) => self.is_wanted = is_wanted,
            Err(error) => {
                self.failed = Some(error);
                self.is_wanted = false;
            }
        }
    }
}

impl Sink<Judged<'_>> for Told<'_> {
    fn harvest(&mut self, judged: Judged<'_>) -> io::Result<Flow> {
        for (_, alert) in &judged.alerts {
            self.tell(alert);
            if !self.is_wanted {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }
}

fn cells(capture: &str, alert: &Alert<'_>) -> Vec<Cell> {
    let found = |key: &str| {
        let mut fields = alert.fields.iter();
        fields.find(|(name, _)| name == key).map(|(_, value)| value)
    };
    let number = |key| Cell::uint(found(key).and_then(serde_json::Value::as_u64));
    let is_told = |(name, _): &&(String, serde_json::Value)| !name.starts_with(EVIDENCE);
    let fields = alert.fields.iter().filter(is_told);
    let fields = fields.map(|(name, value)| (name.clone(), printed(value)));
    let boot = alert.origin.boot_id;
    vec![
        Cell::Time(alert.time),
        Cell::Text(alert.rule.name.clone()),
        Cell::Text(alert.rule.priority.to_string()),
        Cell::Text(alert.rule.source.clone()),
        Cell::Texts(alert.rule.tags.clone()),
        Cell::Text(alert.message.clone()),
        Cell::Named(fields.collect()),
        Cell::Text(alert.origin.node.clone()),
        Cell::uint(alert.thread),
        Cell::Bool(alert.complete),
        Cell::Text(boot.map_or_else(String::new, |boot| boot.to_string())),
        number(evidence::CPU),
        number(evidence::BOOTTIME),
        Cell::word(found(evidence::ID).and_then(|id| id.as_str())),
        Cell::Text(capture.to_owned()),
    ]
}

/// A value as text; none for one that is not there.
fn printed(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

//! What was found, as it is told: by rule, those first of which most differs.
//!
//! In: a comparison, what it found, and what a reader needs beside it. Out: rows that text, JSON and Markdown lay out.

use falco_rules::Rule;

use super::compare::Comparison;
use super::example::Example;
use super::found::Found;
use super::kinds::{KINDS, Kind, Reason};
use super::rules::Entry;
use super::sides::{Both, Side, quoted};
use crate::time::Zone;

/// What means standard input among captures.
const STDIN: &str = "-";

/// All that is told.
pub struct Report<'r> {
    /// What was compared.
    pub comparison: &'r Comparison<'r>,
    /// What was found.
    pub found: &'r Found,
    /// What was given for either side, as it was given.
    pub given: Both<Vec<String>>,
    /// The rule files of either side, as arguments of a shell.
    pub arguments: Both<Vec<String>>,
    /// The captures, as they are given to other commands.
    pub captures: Vec<String>,
    /// How many events were read.
    pub events: u64,
    /// What is missing of the evidence, a line each; nothing where it is whole.
    pub missing: Vec<String>,
    /// The zone of times.
    pub zone: Zone,
}

/// One rule of which something differs.
pub struct RuleRow<'r> {
    /// The number of its entry.
    pub number: u32,
    /// Its entry.
    pub entry: &'r Entry,
    /// Its name, the new one where it has one.
    pub name: &'r str,
    /// The name it had, if that was another one.
    pub old_name: Option<&'r str>,
    /// How many alerts it gives on either side.
    pub alerts: Both<u64>,
    /// How many are gained, lost and changed.
    pub lost: u64,
    /// See [`Self::lost`].
    pub gained: u64,
    /// See [`Self::lost`].
    pub changed: u64,
}

impl RuleRow<'_> {
    /// How many alerts differ in a way.
    #[must_use]
    pub fn differing(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Gained => self.gained,
            Kind::Lost => self.lost,
            Kind::Changed => self.changed,
        }
    }

    /// How many differ.
    #[must_use]
    pub fn all(&self) -> u64 {
        KINDS.iter().map(|kind| self.differing(*kind)).sum()
    }

    /// What its definition is beside the other side's, in a word or two; nothing where it is the same.
    #[must_use]
    pub fn status(&self) -> Option<String> {
        let entry = self.entry;
        if entry.is_added() {
            return Some("added".to_owned());
        }
        if entry.is_removed() {
            return Some("removed".to_owned());
        }
        let renamed = entry.is_renamed.then_some("renamed");
        let changes: Vec<_> = entry.changes.iter().map(|change| change.name()).collect();
        let changed = (!changes.is_empty()).then(|| format!("changed: {}", changes.join(", ")));
        let all = renamed.map(str::to_owned).into_iter().chain(changed);
        let all = all.collect::<Vec<_>>().join(", ");
        (!all.is_empty()).then_some(all)
    }
}

/// A rule that holds where another one alerts in its place.
pub struct Shadow<'r> {
    /// The rule.
    pub rule: &'r str,
    /// The other one.
    pub by: &'r str,
    /// On how many events, on either side.
    pub events: Both<u64>,
}

impl<'r> Report<'r> {
    /// Every rule whose definition or whose alerts differ, those first of which most alerts do.
    #[must_use]
    pub fn rows(&self) -> Vec<RuleRow<'r>> {
        let entries = (0..).zip(&self.comparison.entries);
        let rows = entries.map(|(number, entry)| self.row(number, entry));
        let mut rows: Vec<_> = rows
            .filter(|row| row.all() > 0 || row.entry.is_changed())
            .collect();
        rows.sort_by_key(|row| std::cmp::Reverse((row.lost, row.gained, row.changed)));
        rows
    }

    fn row(&self, number: u32, entry: &'r Entry) -> RuleRow<'r> {
        let found = self.found;
        let old = self.rule(entry, Side::Old);
        RuleRow {
            number,
            entry,
            name: self.comparison.name(number),
            old_name: old
                .map(|rule| rule.name.as_str())
                .filter(|_| entry.is_renamed),
            alerts: Both {
                old: found.alerts(Side::Old, Some(number)),
                new: found.alerts(Side::New, Some(number)),
            },
            lost: found.differing(Kind::Lost, Some(number)),
            gained: found.differing(Kind::Gained, Some(number)),
            changed: found.differing(Kind::Changed, Some(number)),
        }
    }

    fn rule(&self, entry: &Entry, side: Side) -> Option<&'r Rule> {
        let place = (*entry.places.of(side))?;
        self.comparison.rules.of(side).rule(place)
    }

    /// Whether alerts differ, or rules in a way that alerts of other captures could show.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.differing() > 0 || self.comparison.entries.iter().any(Entry::differs)
    }

    /// How many alerts differ.
    #[must_use]
    pub fn differing(&self) -> u64 {
        let all = KINDS.iter().map(|kind| self.found.differing(*kind, None));
        all.sum()
    }

    /// How many alerts are the same on both sides.
    #[must_use]
    pub fn same(&self) -> u64 {
        let differs =
            self.found.differing(Kind::Lost, None) + self.found.differing(Kind::Changed, None);
        self.found.alerts(Side::Old, None).saturating_sub(differs)
    }

    /// Rules that another rule shadows on one side alone: the new one, or the old one.
    #[must_use]
    pub fn shadows(&self, side: Side) -> Vec<Shadow<'r>> {
        let all = self.found.shadowed().into_iter();
        let alone = all.filter(|(_, events)| *events.of(side.other()) == 0);
        alone
            .map(|((rule, by), events)| Shadow {
                rule: self.comparison.name(rule),
                by: self.comparison.name(by),
                events,
            })
            .collect()
    }

    /// Why the other side gives no alert, in words.
    #[must_use]
    pub fn reason(&self, kind: Kind, reason: Reason) -> String {
        let is_lost = kind == Kind::Lost;
        match reason {
            Reason::NoRule if is_lost => "the rule is gone".to_owned(),
            Reason::NoRule => "the rule is new".to_owned(),
            Reason::Disabled if is_lost => "the rule is disabled now".to_owned(),
            Reason::Disabled => "the rule was disabled".to_owned(),
            Reason::Shadowed(by) => {
                let by = self.comparison.name(by);
                if is_lost {
                    format!("'{by}' matches first now")
                } else {
                    format!("'{by}' matched first")
                }
            }
            Reason::Condition if is_lost => "its condition no longer holds".to_owned(),
            Reason::Condition => "its condition did not hold".to_owned(),
        }
    }

    /// The command that explains an example; none of what came from standard input, which is over when somebody reads this.
    #[must_use]
    pub fn explain(&self, example: &Example) -> Option<String> {
        let entry = self.comparison.entries.get(example.entry as usize);
        // Why an alert is lost is asked of the rules that do not give it, as long as they have the rule.
        let side = match entry {
            Some(entry) if entry.is_removed() => Side::Old,
            _ => Side::New,
        };
        let rule = entry.and_then(|entry| self.rule(entry, side));
        let name = rule.map_or("", |rule| rule.name.as_str());
        let capture = self.captures.get(example.capture);
        let capture = capture.map_or("", String::as_str);
        if capture == STDIN {
            return None;
        }
        let mut command = format!("falco-analyze explain {}", quoted(capture));
        for file in self.arguments.of(side) {
            command += &format!(" -r {file}");
        }
        command += &format!(" --rule {} --event {}", quoted(name), example.number);
        Some(command)
    }

    /// Rules whose definition differs and whose alerts do not, on these captures.
    #[must_use]
    pub fn without_effect(rows: &[RuleRow<'r>]) -> Vec<String> {
        let changes =
            |row: &&RuleRow<'_>| row.all() == 0 && !row.entry.is_added() && !row.entry.is_removed();
        let rows = rows.iter().filter(changes);
        rows.map(|row| format!("{} ({})", row.name, row.status().unwrap_or_default()))
            .collect()
    }

    /// Rules that one side alone has and that give no alert on these captures.
    #[must_use]
    pub fn alone<'a>(rows: &'a [RuleRow<'r>], side: Side) -> Vec<&'a RuleRow<'r>> {
        let rows = rows.iter();
        rows.filter(|row| row.entry.places.of(side.other()).is_none())
            .collect()
    }
}

//! The ledger: every difference has a reason, and `PARITY.md` says how many there are.
//!
//! In: the differences of one set and its table of figures. Out: a report on stdout, and a failure where
//! a difference has no reason, a reason has no difference, or the page says something else.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;

use super::known;
use super::reference::is_narrowed;

/// How many examples of a group a report prints.
const EXAMPLES_PER_GROUP: usize = 5;
/// How many characters of a value a report prints.
const VALUE_PRINTED_MAX: usize = 300;

/// One value that is not Falco's.
pub(crate) struct Difference {
    /// The capture or the case.
    pub(crate) place: String,
    /// What differs: a column, a filter, a rule and its field.
    pub(crate) what: String,
    /// The event, for who looks into it.
    pub(crate) at: String,
    pub(crate) expected: String,
    pub(crate) got: String,
}

/// Everything that was compared of one set.
pub(crate) struct Comparison {
    /// The set's name: a section of the page.
    pub(crate) set: &'static str,
    /// The table of figures in Markdown.
    pub(crate) table: String,
    pub(crate) differences: Vec<Difference>,
}

impl Comparison {
    /// Prints what differs, and fails where the ledger does not say so.
    pub(crate) fn settle(self) {
        self.report();
        let unexplained = self.unexplained();
        let stale = known::stale(self.set, &self.differences);
        assert!(
            unexplained.is_empty(),
            "{}: differences without a reason: {unexplained:?}",
            self.set
        );
        if is_narrowed() {
            return;
        }
        assert!(
            stale.is_empty(),
            "{}: reasons without a difference: {stale:?}",
            self.set
        );
        check_section(self.set, &self.section());
    }

    /// Differences by what differs and where, the most frequent first.
    fn groups(&self) -> Vec<((&str, &str), Vec<&Difference>)> {
        let mut groups: BTreeMap<(&str, &str), Vec<&Difference>> = BTreeMap::new();
        for difference in &self.differences {
            groups
                .entry((&difference.what, &difference.place))
                .or_default()
                .push(difference);
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(_, differences)| Reverse(differences.len()));
        groups
    }

    fn report(&self) {
        println!(
            "== {}: {} differences\n{}",
            self.set,
            self.differences.len(),
            self.table
        );
        let mut by_what: BTreeMap<&str, Vec<&Difference>> = BTreeMap::new();
        for difference in &self.differences {
            let differences = by_what.entry(&difference.what).or_default();
            differences.push(difference);
        }
        let mut by_what: Vec<_> = by_what.into_iter().collect();
        by_what.sort_by_key(|(_, differences)| Reverse(differences.len()));
        for (what, differences) in by_what {
            println!("{what}: {} ({})", differences.len(), places(&differences));
            for (count, example) in kinds(&differences) {
                println!("    {count} x {} {}", example.place, example.at);
                println!("        Falco {}", shortened(&example.expected));
                println!("        ours  {}", shortened(&example.got));
            }
        }
    }

    /// What differs without a reason, with how often.
    fn unexplained(&self) -> Vec<(String, usize)> {
        self.groups()
            .into_iter()
            .filter(|((what, place), _)| known::reason(self.set, place, what).is_none())
            .map(|((what, place), differences)| (format!("{what} in {place}"), differences.len()))
            .collect()
    }

    /// The section of the page: the figures, then every difference with its reason.
    fn section(&self) -> String {
        let mut text = self.table.clone();
        if self.differences.is_empty() {
            return text;
        }
        text += "\n| what | where | differences | why |\n|---|---|---|---|\n";
        let mut rows: BTreeMap<(&str, &str), Vec<&Difference>> = BTreeMap::new();
        for ((what, place), differences) in self.groups() {
            let reason = known::reason(self.set, place, what).unwrap_or_default();
            let name = known::name(self.set, place, what);
            rows.entry((name, reason)).or_default().extend(differences);
        }
        for ((what, reason), differences) in rows {
            let what = what.replace('|', "\\|");
            let places = places(&differences);
            text += &format!(
                "| `{what}` | {places} | {} | {reason} |\n",
                differences.len()
            );
        }
        text
    }
}

/// Where differences are, with how many.
fn places(differences: &[&Difference]) -> String {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for difference in differences {
        *places.entry(&difference.place).or_default() += 1;
    }
    let mut places: Vec<_> = places.into_iter().collect();
    places.sort_by_key(|(_, count)| Reverse(*count));
    let places: Vec<_> = places
        .into_iter()
        .map(|(place, count)| format!("{place} {count}"))
        .collect();
    places.join(", ")
}

/// One example of each pair of values that differ, the most frequent pairs first.
fn kinds<'d>(differences: &[&'d Difference]) -> Vec<(usize, &'d Difference)> {
    let mut kinds: BTreeMap<(&str, &str), (usize, &Difference)> = BTreeMap::new();
    for difference in differences {
        let pair = (&*difference.expected, &*difference.got);
        kinds.entry(pair).or_insert((0, difference)).0 += 1;
    }
    let mut kinds: Vec<_> = kinds.into_values().collect();
    kinds.sort_by_key(|(count, _)| Reverse(*count));
    kinds.truncate(EXAMPLES_PER_GROUP);
    kinds
}

fn shortened(value: &str) -> String {
    format!(
        "{:?}",
        value.chars().take(VALUE_PRINTED_MAX).collect::<String>()
    )
}

/// Compares a section of the page with what it must say, or writes it.
fn check_section(name: &str, section: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("PARITY.md");
    // Each test writes its own section of the same file.
    let lock = File::open(&path).expect("the page exists");
    lock.lock().expect("the page can be locked");
    let page = fs::read_to_string(&path).expect("the page can be read");
    let start = format!("<!-- {name} -->\n");
    let end = format!("<!-- end of {name} -->");
    let (before, rest) = page.split_once(&start).expect("the section begins");
    let (written, after) = rest.split_once(&end).expect("the section ends");
    if std::env::var_os("FALCO_BLESS").is_some() {
        let page = format!("{before}{start}{section}{end}{after}");
        fs::write(&path, page).expect("the page can be written");
    } else {
        assert_eq!(
            written, section,
            "PARITY.md is not current; FALCO_BLESS=1 writes it"
        );
    }
}

//! Field tables: 46 fields of every event of the captures.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use falco_analyze::fields::SCHEMA;
use falco_analyze::pipeline::{Demand, Flow, Seen};
use falco_analyze::scap::{ImportOptions, ScapFile, import};
use falco_rules::Template;
use tempfile::TempDir;

use super::ledger::{Comparison, Difference};
use super::reference::Reference;
use super::replay::each_event;
use super::several::by_several;

/// Narrows a run to columns whose name contains this.
pub(crate) const COLUMN: &str = "PARITY_COLUMN";
/// Small, so that a capture becomes several segments where it has several blocks.
const IMPORTED_SEGMENT_BYTES: u64 = 64 << 10;
/// What differs where only one side shows the event.
const ROW: &str = "the event itself";

#[test]
fn every_field_of_every_event() {
    let Some(reference) = Reference::open("every_field_of_every_event") else {
        return;
    };
    let names = reference
        .text("truth/fields_columns.json")
        .expect("the columns are named");
    let names: Vec<String> = serde_json::from_str(&names).expect("names");
    let mut table =
        "| capture | events | values compared | differences | differences when imported |\n\
        |---|---|---|---|---|\n"
            .to_owned();
    let mut all = Vec::new();
    for (capture, path) in reference.captures() {
        let Some(truth) = reference.text(&format!("truth/{capture}.fields.tsv")) else {
            continue;
        };
        let mut of_file = Rows::new(&capture, &names, &truth);
        of_file.compare(&path);
        let directory = imported(&path);
        let place = format!("{capture}, imported");
        let mut of_import = Rows::new(&place, &names, &truth);
        of_import.compare(directory.path());
        let _ = writeln!(
            table,
            "| {capture} | {} | {} | {} | {} |",
            truth.lines().count(),
            of_file.compared,
            of_file.differences.len(),
            of_import.differences.len()
        );
        all.append(&mut of_file.differences);
        all.append(&mut of_import.differences);
    }
    Comparison {
        set: "fields",
        table,
        differences: all,
    }
    .settle();
}

/// The capture as segments of our own.
fn imported(path: &Path) -> TempDir {
    let directory = TempDir::new().expect("a directory");
    let file = ScapFile::open(path).expect("the capture opens");
    let file = file.expect("a file of Falco's");
    let options = ImportOptions {
        segment_bytes: IMPORTED_SEGMENT_BYTES,
    };
    import(&file, directory.path(), options, |_| Flow::Continue).expect("the capture is imported");
    directory
}

/// A column: its place, its name, how we print it.
struct Column {
    index: usize,
    name: String,
    template: Template,
}

/// The truth of one capture, read along with the pass.
struct Rows<'t> {
    capture: &'t str,
    columns: Vec<Column>,
    truth: std::iter::Peekable<std::str::Lines<'t>>,
    differences: Vec<Difference>,
    compared: u64,
    /// By event, all values that one thread gave.
    hashes: Vec<(u64, u64)>,
}

impl<'t> Rows<'t> {
    fn new(capture: &'t str, names: &[String], truth: &'t str) -> Self {
        let wanted = std::env::var(COLUMN).unwrap_or_default();
        let columns = names
            .iter()
            .enumerate()
            .filter(|(_, name)| name.contains(&wanted))
            .map(|(index, name)| Column {
                index,
                name: name.clone(),
                template: Template::compile(&SCHEMA, &format!("%{name}"))
                    .expect("a field that there is"),
            })
            .collect();
        Self {
            capture,
            columns,
            truth: truth.lines().peekable(),
            differences: Vec::new(),
            compared: 0,
            hashes: Vec::new(),
        }
    }

    /// Compares the whole capture.
    fn compare(&mut self, path: &Path) {
        each_event(path, &Demand::everything(), |seen| self.event(seen));
        let columns = &self.columns;
        let by_several = by_several(path, &Demand::everything(), |seen| {
            let mut hasher = DefaultHasher::new();
            for column in columns {
                let mut got = String::new();
                column.template.render(seen.context, &mut got);
                got.hash(&mut hasher);
            }
            (seen.number, hasher.finish())
        });
        let by_several: BTreeMap<u64, u64> = by_several.into_iter().collect();
        for (number, hash) in &self.hashes {
            assert!(
                by_several.get(number) == Some(hash),
                "{}: event {number} has other values by several threads",
                self.capture
            );
        }
        while let Some(row) = self.truth.next() {
            self.only_falco(row);
        }
    }

    fn event(&mut self, seen: &Seen<'_>) {
        while let Some(row) = self.truth.next_if(|row| number(row) < seen.number) {
            self.only_falco(row);
        }
        match self.truth.next_if(|row| number(row) == seen.number) {
            Some(row) => self.values(seen, row),
            None => self.only_ours(seen),
        }
    }

    fn values(&mut self, seen: &Seen<'_>, row: &str) {
        let cells: Vec<&str> = row.split('\t').collect();
        let mut got = String::new();
        let mut hasher = DefaultHasher::new();
        for column in &self.columns {
            let expected = cells.get(column.index).copied().unwrap_or_default();
            got.clear();
            column.template.render(seen.context, &mut got);
            got.hash(&mut hasher);
            self.compared += 1;
            if got != expected {
                self.differences.push(Difference {
                    place: self.capture.to_owned(),
                    what: column.name.clone(),
                    at: event_name(&cells),
                    expected: expected.to_owned(),
                    got: got.clone(),
                });
            }
        }
        self.hashes.push((seen.number, hasher.finish()));
    }

    fn only_falco(&mut self, row: &str) {
        let cells: Vec<&str> = row.split('\t').collect();
        self.one_sided(event_name(&cells), "shown", "hidden");
    }

    fn only_ours(&mut self, seen: &Seen<'_>) {
        let at = format!("#{} event {}", seen.number, seen.view.event().0);
        self.one_sided(at, "hidden", "shown");
    }

    fn one_sided(&mut self, at: String, expected: &str, got: &str) {
        self.differences.push(Difference {
            place: self.capture.to_owned(),
            what: ROW.to_owned(),
            at,
            expected: expected.to_owned(),
            got: got.to_owned(),
        });
    }
}

/// The event's number: the first column.
fn number(row: &str) -> u64 {
    let cell = row.split('\t').next().unwrap_or_default();
    cell.parse().expect("an event number")
}

/// Number, type, thread, name and arguments: enough to find the event and to guess what is wrong.
fn event_name(cells: &[&str]) -> String {
    let cell = |index: usize| cells.get(index).copied().unwrap_or_default();
    format!(
        "#{} {} {} tid {} {}: {}",
        cell(0),
        cell(3),
        cell(2),
        cell(5),
        cell(8),
        cells.last().copied().unwrap_or_default()
    )
}

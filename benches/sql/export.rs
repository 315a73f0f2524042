//! How fast `events` is exported, and how large it is, by column.
//!
//! In: a capture. Out: what was measured, printed, with goals; an export with the default columns stays for the queries.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use anyhow::Result;
use falco_benches::goals::{Bound, Goal};
use parquet::file::reader::{FileReader as _, SerializedFileReader};

use crate::Subject;
use crate::measured::Cost;

/// What must be reached, in events per second of one core.
const DEFAULT_RATE: f64 = 600_000.0;
const ALL_RATE: f64 = 100_000.0;
/// Bytes of a row of `events`, with the default columns.
const EVENT_BYTES: f64 = 40.0;
/// Columns below so many bytes per event are told together.
const SHOWN_BYTES: f64 = 0.05;
/// What queries ask beside `events`.
const OTHERS: &str = "processes,connections";

/// Measures and prints.
pub(crate) fn table(subject: &Subject) -> Result<Vec<Goal>> {
    println!(
        "\nExport, one thread                              events/s of CPU   wall s   peak MB"
    );
    let mut goals = Vec::new();
    let capture = subject.capture.to_string_lossy();
    let ready = subject.directory.join("ready");
    let all = subject.directory.join("all");
    for (columns, tables, least) in [
        ("default", &subject.tables, DEFAULT_RATE),
        ("all", &all, ALL_RATE),
    ] {
        let rows = Cost::of(&["rows", &capture, columns])?;
        print("rows made and thrown away", columns, rows);
        let writer = Cost::of(&["writer", &capture, columns, &ready.to_string_lossy()])?;
        print("Parquet's writer alone, ready rows", columns, writer);
        let export = Cost {
            rows: subject.events,
            ..exported(
                subject,
                tables,
                &["--tables", "events", "--columns", columns],
            )?
        };
        print("export", columns, export);
        let what = format!("export of {columns} columns, events/s of a core");
        goals.push(Goal::new(what, Bound::AtLeast(least), export.rate()));
        let what = format!("memory of the export of {columns} columns, MB");
        goals.push(Goal::new(what, Bound::AtMost(1e3), export.peak / 1e6));
    }
    std::fs::remove_dir_all(all)?;
    let others = exported(subject, &subject.others, &["--tables", OTHERS])?;
    let others = Cost {
        rows: subject.events,
        ..others
    };
    print("export of processes, connections", "default", others);
    goals.push(sizes(&subject.tables.join("events.parquet"), subject)?);
    Ok(goals)
}

/// Runs an export.
fn exported(subject: &Subject, tables: &Path, options: &[&str]) -> Result<Cost> {
    let (analyzer, capture) = (subject.analyzer.to_string_lossy(), &subject.capture);
    let (output, capture) = (tables.to_string_lossy(), capture.to_string_lossy());
    let said = subject.directory.join("said");
    let mut words = vec!["program".into(), said.to_string_lossy(), analyzer];
    words.extend(["export", "parquet", "--jobs", "1", "-o"].map(Into::into));
    words.extend([output, capture]);
    words.extend(options.iter().map(|option| (*option).into()));
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    Cost::of(&words)
}

fn print(what: &str, columns: &str, cost: Cost) {
    let what = format!("{what}, {columns} columns");
    println!(
        "{what:<52} {:>10.0} {:>8.2} {:>9.0}",
        cost.rate(),
        cost.wall,
        cost.peak / 1e6
    );
}

/// Prints the bytes of each column per event.
fn sizes(events: &Path, subject: &Subject) -> Result<Goal> {
    let reader = SerializedFileReader::new(File::open(events)?)?;
    let mut columns: BTreeMap<String, i64> = BTreeMap::new();
    for column in reader
        .metadata()
        .row_groups()
        .iter()
        .flat_map(|group| group.columns())
    {
        let name = column.column_path().parts().first().cloned();
        *columns.entry(name.unwrap_or_default()).or_default() += column.compressed_size();
    }
    let per_event = |bytes: f64| bytes / subject.events.max(1.0);
    let mut columns: Vec<(String, i64)> = columns.into_iter().collect();
    columns.sort_by_key(|(_, bytes)| -bytes);
    println!("\nBytes per event of events.parquet, by column");
    let mut small = 0;
    for (name, bytes) in columns {
        if per_event(bytes as f64) >= SHOWN_BYTES {
            println!("{:8.2}  {name}", per_event(bytes as f64));
        } else {
            small += bytes;
        }
    }
    println!("{:8.2}  all others", per_event(small as f64));
    let whole = events.metadata()?.len() as f64;
    println!(
        "{:8.2}  in all, {:.2} times the capture's {:.2}",
        per_event(whole),
        whole / subject.bytes.max(1.0),
        per_event(subject.bytes),
    );
    let what = "bytes per event of events, default columns";
    Ok(Goal::new(
        what,
        Bound::AtMost(EVENT_BYTES),
        per_event(whole),
    ))
}

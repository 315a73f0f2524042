//! How captures and exports are read: rows as they come, memory and files for what does not fit, one type for both.

use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use falco_sql::{SessionOptions, SqlSession, open_sources};
use futures::StreamExt as _;

use crate::cases::ask;
use crate::sources::Sources;

/// Rows of each batch of a query's result.
fn batches(sources: &Sources, name: &str, sql: &str) -> Vec<usize> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .expect("threads");
    runtime.block_on(async {
        let opened = open_sources(&[sources.path(name)], NonZeroUsize::MIN).expect("sources");
        let session = SqlSession::open(opened, SessionOptions::default())
            .await
            .expect("a session");
        let statement = session.statements(sql).expect("SQL").remove(0);
        let mut results = session.run(statement).await.expect("runs");
        let mut rows = Vec::new();
        while let Some(batch) = results.next().await {
            rows.push(batch.expect("a batch").num_rows());
        }
        rows
    })
}

#[test]
fn rows_of_a_filter_are_not_gathered() {
    let sources = Sources::new();
    // What cannot be told on, so that DataFusion filters.
    let filter = "SELECT evt_type FROM events WHERE upper(evt_type) = 'OPENAT'";
    let check = |sql: &str, expected: bool| {
        let found = batches(&sources, "plain", sql);
        assert_eq!(found.iter().sum::<usize>(), 3, "{sql}");
        assert_eq!(found.len() > 1, expected, "{sql}: {found:?}");
    };
    check(filter, true);
    check(&format!("SELECT evt_type || '!' FROM ({filter})"), true);
    // Who needs all rows gets them together.
    check(&format!("{filter} ORDER BY position"), false);
}

#[test]
fn captures_and_exports_have_one_type() {
    let sources = Sources::new();
    let sql = "SELECT arrow_typeof(proc_name), arrow_typeof(fd_name), arrow_typeof(node), count(*) AS n FROM events GROUP BY 1, 2, 3";
    let mut answers = Vec::new();
    for names in ["plain", "export", "plain+export"] {
        let (csv, _) = ask(&sources, names, sql).expect("an answer");
        let rows: Vec<_> = csv
            .lines()
            .skip(1)
            .map(|line| line.rsplit_once(','))
            .collect();
        let [Some((types, count))] = rows[..] else {
            panic!("one kind of row, not {csv}");
        };
        answers.push((types.to_owned(), count.parse::<u64>().expect("a count")));
    }
    let [(one, few), (two, same), (both, many)] = &answers[..] else {
        panic!("three answers");
    };
    assert_eq!((one, few), (two, same));
    assert_eq!((one, *many), (both, few + same));
}

fn run(sources: &Sources, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_falco-analyze-sql"))
        .current_dir(sources.directory())
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the program runs")
}

/// More rows than fit, in an order that is not theirs.
const LARGE: &str = "SELECT value, lpad(CAST(value AS text), 60, 'x') AS wide FROM generate_series(1, 100000) ORDER BY value * 7919 % 1000003, wide";

#[test]
fn what_does_not_fit_goes_to_files_where_it_is_told() {
    let sources = Sources::new();
    let spilled = |plan: &str| {
        let at = plan.find("spill_count=").expect("a sort tells");
        let digits = plan[at..].trim_start_matches("spill_count=");
        digits.starts_with(|digit: char| ('1'..='9').contains(&digit))
    };
    let explained = format!("EXPLAIN ANALYZE {LARGE}");
    for (limit, expected) in [("512M", false), ("4M", true)] {
        let options = [
            "--memory-limit",
            limit,
            "--temp-dir",
            "spill",
            "--jobs",
            "1",
        ];
        let asked = ["plain", "--format", "csv", "-c", explained.as_str()];
        let output = run(&sources, &[&asked[..], &options].concat());
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(spilled(&said), expected, "{limit}: {said}");
    }
    // Whole answers are the same, and nothing stays.
    let answers = ["512M", "4M"].map(|limit| {
        let options = [
            "--memory-limit",
            limit,
            "--temp-dir",
            "spill",
            "--jobs",
            "1",
        ];
        let output = run(
            &sources,
            &[&["plain", "--format", "csv", "-c", LARGE][..], &options].concat(),
        );
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    });
    assert!(answers[0] == answers[1] && answers[0].len() > 100_000);
    let left = fs::read_dir(sources.path("spill"))
        .expect("the directory")
        .count();
    assert_eq!(left, 0);
}

#[test]
fn a_place_for_files_that_is_none_is_an_error() {
    let sources = Sources::new();
    fs::write(sources.path("file"), "no directory").expect("writable");
    let output = run(&sources, &["plain", "-c", "SELECT 1", "--temp-dir", "file"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("file"), "{said}");
}

#[test]
fn an_export_is_whole_unless_it_was_killed_while_it_gave_names() {
    let sources = Sources::new();
    let count = |name: &str| ask(&sources, name, "SELECT count(*) FROM losses").map(|(csv, _)| csv);
    // An export of some tables has no events.
    let few = sources.path("few");
    fs::create_dir(&few).expect("a directory");
    let copy = |name: &str, to: &PathBuf| {
        fs::copy(sources.path("export").join(name), to.join(name)).expect("copied");
    };
    copy("losses.parquet", &few);
    assert_eq!(count("few"), count("export"));
    assert!(count("few").is_ok());
    let hidden = few.join(".export.unfinished");
    fs::create_dir(&hidden).expect("a directory");
    // Another export is being written there: this one is whole.
    assert!(count("few").is_ok());
    fs::write(hidden.join("naming"), "").expect("written");
    let refused = count("few").expect_err("not whole");
    assert!(refused.contains("was not finished"), "{refused}");
}

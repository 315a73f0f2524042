//! Runs the cases in `slt/`: queries, the sources they are asked of, and what comes.
//!
//! A case is `query SOURCE…` or `error SOURCE…`, the SQL, a line `----`, and the result as CSV without its header, or words of the error; an empty line ends it.
//! Several sources are asked apart and must give the same. `SOURCE+SOURCE` are asked together. Lines with `#` are comments.

use std::fs;
use std::path::{Path, PathBuf};

use std::num::NonZeroUsize;

use falco_sql::{
    Evidence, Format, ScanOptions, SessionOptions, SqlSession, open_sources, write_results,
};

use crate::sources::Sources;

const THREADS: usize = 2;

struct Case {
    line: usize,
    is_error: bool,
    sources: Vec<String>,
    sql: String,
    expected: String,
}

/// Runs SQL over sources; the result is CSV with its header, or the error.
pub(crate) fn ask(sources: &Sources, names: &str, sql: &str) -> Result<(String, Evidence), String> {
    ask_as(sources, names, sql, ScanOptions::default())
}

/// The same, read in one way or another.
fn ask_as(
    sources: &Sources,
    names: &str,
    sql: &str,
    scan: ScanOptions,
) -> Result<(String, Evidence), String> {
    let paths: Vec<PathBuf> = names.split('+').map(|name| sources.path(name)).collect();
    // Rules that a case names lie beside the captures.
    let sql = sql.replace("{DIR}", &sources.directory().display().to_string());
    ask_paths(&paths, &sql, scan)
}

/// The same over paths.
pub(crate) fn ask_paths(
    paths: &[PathBuf],
    sql: &str,
    scan: ScanOptions,
) -> Result<(String, Evidence), String> {
    let threads = NonZeroUsize::new(THREADS).expect("some");
    let options = SessionOptions {
        memory_bytes: 256 << 20,
        threads: THREADS,
        scan,
        ..SessionOptions::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .expect("threads");
    runtime.block_on(async {
        let opened = open_sources(paths, threads).map_err(|error| error.to_string())?;
        let session = SqlSession::open(opened, options)
            .await
            .map_err(|error| error.to_string())?;
        let mut out = Vec::new();
        for statement in session.statements(sql).map_err(|error| error.to_string())? {
            let results = session
                .run(statement)
                .await
                .map_err(|error| error.to_string())?;
            write_results(results, Format::Csv, &mut out)
                .await
                .map_err(|error| error.to_string())?;
        }
        let evidence = session
            .evidence()
            .await
            .map_err(|error| error.to_string())?;
        Ok((String::from_utf8(out).expect("text"), evidence))
    })
}

/// What a case gives that it does not say.
fn differences(sources: &Sources, file: &Path, case: &Case) -> Vec<String> {
    let differs = |names: &String| {
        let found = match ask(sources, names, &case.sql) {
            Ok(_) if case.is_error => "no error".to_owned(),
            Ok((csv, _)) => {
                let mut without = ScanOptions::default();
                without.pushdown = false;
                let whole = ask_as(sources, names, &case.sql, without).map(|(csv, _)| csv);
                assert_eq!(
                    whole,
                    Ok(csv.clone()),
                    "{}: {names}: without pushdown",
                    case.sql
                );
                csv.split_once('\n').map_or("", |(_, rows)| rows).to_owned()
            }
            Err(error) if case.is_error && error.contains(case.expected.trim_end()) => return None,
            Err(error) => error,
        };
        let place = format!("{}:{}: {names}", file.display(), case.line);
        let expected = &case.expected;
        (found != *expected).then(|| format!("{place}\nexpected:\n{expected}found:\n{found}"))
    };
    case.sources.iter().filter_map(differs).collect()
}

fn parse(text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut lines = text
        .lines()
        .zip(1..)
        .filter(|(line, _)| !line.starts_with('#'));
    while let Some((head, line)) = lines.next() {
        let mut words = head.split_whitespace().map(ToOwned::to_owned);
        let Some(kind) = words.next() else { continue };
        assert!(kind == "query" || kind == "error", "line {line}: {kind}");
        let joined = |lines: Vec<&str>| {
            lines
                .iter()
                .map(|line| format!("{line}\n"))
                .collect::<String>()
        };
        let sql = joined(
            lines
                .by_ref()
                .map(|(line, _)| line)
                .take_while(|line| *line != "----")
                .collect(),
        );
        let expected = joined(
            lines
                .by_ref()
                .map(|(line, _)| line)
                .take_while(|line| !line.is_empty())
                .collect(),
        );
        cases.push(Case {
            line,
            is_error: kind == "error",
            sources: words.collect(),
            sql,
            expected,
        });
    }
    cases
}

#[test]
fn every_case_gives_what_it_says() {
    let sources = Sources::new();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sql/slt");
    let mut files: Vec<_> = fs::read_dir(directory)
        .expect("cases")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let mut ran = 0;
    let mut failures = Vec::new();
    for file in &files {
        for case in parse(&fs::read_to_string(file).expect("text")) {
            failures.extend(differences(&sources, file, &case));
            ran += 1;
        }
    }
    assert!(ran > 0, "there are cases");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn what_is_missing_is_told_by_captures_and_exports() {
    let sources = Sources::new();
    let check = |names: &str, sql: &str, lost_events: u64| {
        let (_, evidence) = ask(&sources, names, sql).expect("an answer");
        assert_eq!(
            evidence,
            Evidence {
                lost_events,
                ..Evidence::default()
            },
            "{names}: {sql}"
        );
    };
    let all = "SELECT count(*) FROM events";
    check("plain", all, 0);
    check("lossy", all, 5);
    check(
        "lossy",
        "SELECT count(*) FROM events a JOIN events b ON a.position = b.position",
        5,
    );
    check("lossy", "SELECT * FROM losses", 5);
    check("lossy", "SELECT sealed FROM segments", 5);
    check("export", all, 0);
    check("lossy [export]", all, 5);
    check("lossy+lossy [export]", all, 10);
    check("plain+lossy [export]", "SELECT cpu FROM events", 5);
}

#[test]
fn indexes_alone_tell_how_many_and_from_when_to_when() {
    let sources = Sources::new();
    let check = |names: &str, query: &str, is_read: bool| {
        let (plan, _) = ask(&sources, names, &format!("EXPLAIN {query}")).expect("a plan");
        assert_eq!(plan.contains("CaptureScan"), is_read, "{names}: {plan}");
    };
    let all = "SELECT count(*), min(evt_time), max(evt_time), min(boottime_ns) FROM events";
    check("plain", all, false);
    check("plain+other", all, false);
    check("lossy", all, false);
    check("plain", "SELECT count(*) FROM events WHERE cpu = 1", true);
    check("plain", "SELECT count(proc_name) FROM events", true);
    check("plain", "SELECT max(position) FROM events", true);
    check("unsealed", all, true);
}

#[test]
fn what_a_query_needs_is_pushed_down() {
    let sources = Sources::new();
    let check = |query: &str, expected: &[&str]| {
        let (plan, _) =
            ask(&sources, "plain", &format!("EXPLAIN ANALYZE {query}")).expect("a plan");
        let scan = plan
            .lines()
            .find(|line| line.contains("CaptureScan"))
            .unwrap_or_default()
            // CSV doubles quotes.
            .replace("\"\"", "\"");
        for words in expected {
            assert!(scan.contains(words), "no '{words}' in {scan}");
        }
    };
    check(
        "SELECT count(1 + cpu) FROM events",
        &["columns=[cpu], metrics", "blocks_shown=8", "events_shown=8"],
    );
    check(
        "SELECT fd_name FROM events WHERE evt_type IN ('openat', 'connect')",
        &[
            "columns=[evt_type, fd_name], evt_type=[connect, openat],",
            "blocks_shown=3",
            "blocks_skipped=5",
            "events_shown=3",
            "output_rows=3",
        ],
    );
    check(
        "SELECT cpu FROM events WHERE proc_name = 'vi' AND (fd_name LIKE '/etc/hosts%' OR proc_pid = 7)",
        &[
            r#"condition=(proc.name = "vi" and (fd.name startswith "/etc/hosts" or proc.pid = 7))"#,
            "events_shown=8",
            "output_rows=2",
        ],
    );
    check(
        "SELECT cpu FROM events LIMIT 2",
        &["limit=2", "output_rows=2"],
    );
    check(
        "SELECT proc_name FROM events WHERE evt_time > '2026-01-02T03:04:10.000002500Z' AND boottime_ns <= 5000005000",
        &[
            "time=1767323050000002500..",
            "boottime=..5000005000",
            "blocks_shown=3",
            "events_shown=3",
        ],
    );
}

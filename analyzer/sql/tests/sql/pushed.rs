//! A query that is pushed down gives what it gives when it is not: random filters over columns of every kind, with values that the captures have and some that they have not.
//!
//! Captures: our own recording, captures of Falco's where there are some, and a made one whose names are hostile.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use falco_sql::ScanOptions;

use crate::capture::CaptureBuilder;
use crate::cases::ask_paths;

/// How many filters are tried on each capture.
const FILTERS: u64 = 20;
/// How many values of a column are taken from a capture.
const VALUES: usize = 12;

/// Columns whose comparisons are told on, each with whether its values are text.
const COLUMNS: [(&str, bool); 12] = [
    ("evt_type", true),
    ("proc_name", true),
    ("proc_exepath", true),
    ("proc_cmdline", true),
    ("fd_name", true),
    ("fd_cip", true),
    ("container_id", true),
    ("proc_pid", false),
    ("thread_tid", false),
    ("fd_num", false),
    ("fd_cport", false),
    ("cpu", false),
];
/// Columns that are true or false.
const FLAGS: [&str; 2] = ["evt_is_open_read", "evt_failed"];

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end).expect("small")).expect("small")
    }

    fn one_of<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

/// A capture with names that no terminal should see, one in two.
fn hostile(path: &Path) {
    let mut capture = CaptureBuilder::new("node-h");
    capture.shell(100);
    let names = [
        "/tmp/a\u{7f}b",
        "/tmp/\\x41",
        "/tmp/a\"b",
        "/tmp/%_",
        "/tmp/é",
        "/tmp/A",
    ];
    for (tid, name) in (200..).zip(names) {
        capture.start_program(100, tid, name, &[name, "-c", "a b"]);
        capture.open(tid, name, 3);
        capture.open(tid, "/tmp/plain", -2);
        capture.wait(1_000_000);
        capture.end(tid);
    }
    capture.write_cut(path, 2, 4);
}

fn captures(directory: &Path) -> Vec<PathBuf> {
    let made = directory.join("hostile");
    hostile(&made);
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/first-light/capture");
    let falcos = std::env::var_os("FALCO_REFERENCE").map(PathBuf::from);
    if falcos.is_none() {
        println!("FALCO_REFERENCE is not set: no captures of Falco's are asked");
    }
    let falcos = falcos.into_iter().flat_map(|reference| {
        ["falco-cat_write", "falco-connect_localhost"]
            .map(|name| reference.join(format!("captures/{name}.scap")))
    });
    [made, own].into_iter().chain(falcos).collect()
}

fn options(pushdown: bool) -> ScanOptions {
    let mut options = ScanOptions::default();
    options.pushdown = pushdown;
    // What a snapshot does not know is no matter of filters.
    options.exact_state = true;
    options
}

/// Values of a column, as constants.
fn values(capture: &Path, (column, is_text): (&str, bool)) -> Vec<String> {
    let sql = format!(
        "SELECT DISTINCT {column} FROM events WHERE {column} IS NOT NULL ORDER BY 1 LIMIT {VALUES}"
    );
    let (csv, _) = ask_paths(&[capture.to_owned()], &sql, options(false)).expect("values");
    let known = csv.lines().skip(1).map(|line| line.trim_matches('"'));
    let strange: &[&str] = if is_text {
        &["", "<NA>", "no such", "a\\b", "1.2.3.4", "open"]
    } else {
        &["0", "-1", "22", "99999999999"]
    };
    let constant = |value: &str| {
        if is_text {
            format!("'{}'", value.replace("\"\"", "\"").replace('\'', "''"))
        } else {
            value.to_owned()
        }
    };
    known.chain(strange.iter().copied()).map(constant).collect()
}

/// A comparison.
fn comparison(dice: &mut Dice, known: &[Vec<String>]) -> String {
    if dice.below(8) == 0 {
        let flag = dice.one_of(&FLAGS);
        return dice
            .one_of(&["{}", "NOT {}", "{} = true", "{} IS FALSE"])
            .replace("{}", flag);
    }
    let at = dice.below(COLUMNS.len());
    let (column, is_text) = COLUMNS[at];
    let value = known[at][dice.below(known[at].len())].clone();
    let other = known[at][dice.below(known[at].len())].clone();
    let begin: String = value.chars().take(1 + dice.below(6)).collect();
    let begin = begin.trim_matches('\'').replace('\'', "");
    match dice.below(8) {
        0 | 1 => format!("{column} = {value}"),
        2 => format!("{column} IN ({value}, {other})"),
        3 if is_text => format!("{column} LIKE '{begin}%'"),
        4 if is_text => format!("{column} NOT LIKE '%{begin}%'"),
        3 => format!("{column} BETWEEN {value} AND {other}"),
        4 => format!("{column} >= {value}"),
        5 => format!("{column} <> {value}"),
        6 => format!("{column} IS NOT NULL"),
        _ => format!("{column} IS NULL"),
    }
}

fn filter(dice: &mut Dice, known: &[Vec<String>], depth: usize) -> String {
    if depth == 0 || dice.below(3) == 0 {
        return comparison(dice, known);
    }
    let left = filter(dice, known, depth - 1);
    let right = filter(dice, known, depth - 1);
    match dice.below(5) {
        0 => format!("NOT ({left})"),
        1 | 2 => format!("({left} OR {right})"),
        _ => format!("({left} AND {right})"),
    }
}

/// Some moments of a capture.
fn moments(capture: &Path) -> Vec<String> {
    let sql = "SELECT evt_time FROM events WHERE evt_time IS NOT NULL AND position % 7 = 1 ORDER BY 1 LIMIT 40";
    let (csv, _) = ask_paths(&[capture.to_owned()], sql, options(false)).expect("times");
    csv.lines().skip(1).map(ToOwned::to_owned).collect()
}

#[test]
fn a_pushed_query_gives_what_the_same_gives_without() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (mut rows, mut told) = (0, 0);
    for capture in captures(directory.path()) {
        let known: Vec<_> = COLUMNS
            .iter()
            .map(|column| values(&capture, *column))
            .collect();
        let moments = moments(&capture);
        for seed in 1..=FILTERS {
            let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let mut wanted = filter(&mut dice, &known, 2);
            if dice.below(3) == 0 && !moments.is_empty() {
                let moment = &moments[dice.below(moments.len())];
                let _ = write!(
                    wanted,
                    " AND evt_time {} '{moment}'",
                    dice.one_of(&["<", ">=", "="])
                );
            }
            let columns = dice.one_of(&[
                "position",
                "position, proc_name, fd_name, complete",
                "position, evt_type",
            ]);
            let sql = format!("SELECT {columns} FROM events WHERE {wanted} ORDER BY position");
            let ask = |pushdown| {
                ask_paths(std::slice::from_ref(&capture), &sql, options(pushdown))
                    .map(|(csv, _)| csv)
            };
            let (pushed, whole) = (ask(true), ask(false));
            assert_eq!(pushed, whole, "{}: {sql}", capture.display());
            rows += whole.map_or(0, |csv| csv.lines().count() - 1);
            let plan = ask_paths(
                std::slice::from_ref(&capture),
                &format!("EXPLAIN {sql}"),
                options(true),
            );
            told += usize::from(plan.is_ok_and(|(plan, _)| plan.contains("condition=")));
        }
    }
    // A test of nothing would pass as well.
    assert!(rows > 500 && told > 20, "{rows} rows, {told} conditions");
}

/// Conditions of Falco's language, some of which hold for nothing.
const CONDITIONS: [&str; 8] = [
    "evt.type in (open, openat)",
    "proc.name = bash or proc.aname = bash",
    "fd.name startswith /etc and not evt.failed = true",
    "evt.type = execve and user.uid = 0",
    "fd.num > 2",
    "not fd.name exists",
    "fd.sip = 127.0.0.1",
    "proc.name = nobody",
];

/// Where rows are chosen by `falco(…)` alone, the scan asks the captures and nobody asks again; where it stands in an expression, its own pass does. Both say the same.
#[test]
fn conditions_choose_the_same_rows_wherever_they_stand() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (mut rows, mut told, mut dice) = (0, 0, Dice(77));
    for capture in captures(directory.path()) {
        let ask = |sql: &str| {
            let asked = ask_paths(std::slice::from_ref(&capture), sql, options(true));
            asked.unwrap_or_else(|error| panic!("{sql}: {error}")).0
        };
        for _ in 0..6 {
            let mut call = || {
                let not = dice.one_of(&["", "NOT "]);
                format!("{not}falco('{}')", dice.one_of(&CONDITIONS))
            };
            let chosen = format!("({} {} {})", call(), ["AND", "OR"][rows % 2], call());
            let pushed = ask(&format!(
                "SELECT position FROM events WHERE {chosen} ORDER BY position"
            ));
            // What nobody can push through: the value of an expression.
            let apart = ask(&format!(
                "SELECT position FROM events WHERE CASE WHEN {chosen} THEN position ELSE 0 END > 0 ORDER BY position"
            ));
            assert_eq!(pushed, apart, "{}: {chosen}", capture.display());
            rows += pushed.lines().count() - 1;
            let plan = ask(&format!(
                "EXPLAIN SELECT position FROM events WHERE {chosen}"
            ));
            assert!(!plan.contains("FilterExec"), "{plan}");
            // `x AND NOT x` is known to hold for nothing.
            told += usize::from(plan.contains("condition="));
        }
    }
    assert!(rows > 500 && told > 8, "{rows} rows, {told} conditions");
}

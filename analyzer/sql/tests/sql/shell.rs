//! The interactive shell, as people use it: through a pseudo terminal.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use regex_automata::meta::Regex;
use rexpect::process::WaitStatus;
use rexpect::reader::Options;
use rexpect::session::{PtySession, spawn_with_options};
use rustix::termios::{Winsize, tcsetwinsize};
use tempfile::TempDir;

use crate::sources::Sources;

/// How long anything may take on a machine that does much else.
const PATIENCE_MS: u64 = 60_000;
/// What the editor tells the terminal each time that it begins to read: the prompt alone is drawn more often.
const READY: &str = "\x1b[?2004h";
/// What terminals obey.
const ESCAPES: &str = r"\x1b\[[0-9;?]*[a-zA-Z]";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const UP: &str = "\x1b[A";

/// A shell, and the directories that it keeps things in.
struct Shell {
    session: PtySession,
    state: TempDir,
    _sources: Option<Sources>,
}

impl Shell {
    fn new() -> Self {
        let sources = Sources::new();
        let state = tempfile::tempdir().expect("a directory");
        let mut shell = Self::over(&sources, "plain", state, (200, 50), &[]);
        shell._sources = Some(sources);
        shell
    }

    fn over(
        sources: &Sources,
        name: &str,
        state: TempDir,
        (columns, lines): (u16, u16),
        variables: &[(&str, &str)],
    ) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_falco-analyze-sql"));
        command
            .current_dir(sources.directory())
            .arg(name)
            .env("XDG_STATE_HOME", state.path())
            .env("TERM", "xterm")
            .env("PAGER", "")
            .envs(variables.iter().copied());
        let options = Options::new().timeout_ms(Some(PATIENCE_MS));
        let session = spawn_with_options(command, options).expect("the program starts");
        let terminal = session.process().get_file_handle().expect("a terminal");
        let size = Winsize {
            ws_row: lines,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&terminal, size).expect("a window");
        let mut shell = Self {
            session,
            state,
            _sources: None,
        };
        shell.prompt();
        shell
    }

    /// What was said until the next prompt.
    fn prompt(&mut self) -> String {
        match self.session.exp_string(READY) {
            Ok(said) => shown(&said),
            Err(error) => panic!("no prompt: {error}"),
        }
    }

    /// Types a line, and waits for the next prompt.
    fn ask(&mut self, line: &str) -> String {
        self.session.send_line(line).expect("typed");
        self.prompt()
    }

    /// What a line gives holds all of these.
    #[track_caller]
    fn check(&mut self, line: &str, expected: &[&str]) {
        let said = self.ask(line);
        for part in expected {
            assert!(said.contains(part), "{line}: no {part:?} in\n{said}");
        }
    }

    #[track_caller]
    fn leaves(mut self, keys: &str) -> TempDir {
        self.session.send(keys).expect("typed");
        self.session.flush().expect("typed");
        self.session.exp_eof().expect("it ends");
        let ended = self.session.process().wait().expect("it ends");
        assert!(matches!(ended, WaitStatus::Exited(_, 0)), "{ended:?}");
        self.state
    }
}

/// Text without what terminals obey.
fn shown(said: &str) -> String {
    let escapes = Regex::new(ESCAPES).expect("a pattern");
    let mut text = String::new();
    let mut end = 0;
    for found in escapes.find_iter(said) {
        text.push_str(&said[end..found.start()]);
        end = found.end();
    }
    text.push_str(&said[end..]);
    text.replace('\r', "")
}

fn history(state: &Path) -> std::path::PathBuf {
    state.join("falco-recorder/sql_history")
}

#[test]
fn statements_are_answered_and_may_have_many_lines() {
    let mut shell = Shell::new();
    shell.check(
        "SELECT evt_type, count(*) AS n FROM events WHERE evt_type = 'execve' GROUP BY evt_type;",
        &["| evt_type | n |", "| execve   | 2 |", "(1 row)"],
    );
    shell.session.send_line("SELECT 1 + 1").expect("typed");
    shell.session.send_line("AS two,").expect("typed");
    shell.check(
        "NULL AS nothing; SELECT 'a;b' AS text;",
        &["| two | nothing |", "|   2 | NULL    |", "| a;b  |"],
    );
    shell.check(
        "SHOW TABLES;",
        &["events", "losses", "segments", "gaps", "information_schema"],
    );
    shell.check("DESCRIBE losses;", &["reason", "Utf8"]);
    shell.leaves(CTRL_D);
}

#[test]
fn errors_are_told_and_the_shell_goes_on() {
    let mut shell = Shell::new();
    shell.check(
        "SELECT proc_nam FROM events; SELECT 'not run';",
        &[
            "there is no column 'proc_nam'; did you mean 'proc_name'?",
            "1 | SELECT proc_nam FROM events",
            "^^^^^^^^",
        ],
    );
    shell.check("SELECT cuont(*) FROM events;", &["did you mean 'count'?"]);
    shell.check("\\nothing", &["there is no command '\\nothing'"]);
    shell.check(
        "\\i nowhere.sql",
        &["cannot read the query in nowhere.sql: No such file"],
    );
    shell.check("SELECT 1 AS one;", &["| one |"]);
    shell.leaves("\\q\r");
}

#[test]
fn commands_list_and_set() {
    let mut shell = Shell::new();
    shell.check("\\?", &["\\timing [on|off]", "Ctrl-C ends a query"]);
    shell.check(
        "\\d",
        &["| events ", "| table | ", "One row for each event"],
    );
    shell.check("\\dt", &["| losses "]);
    shell.check(
        "\\d losses",
        &["| reason ", "| Utf8View ", "Why they were lost"],
    );
    shell.check("\\d los", &["there is no table 'los'"]);
    shell.check("\\df array_has", &["| array_has ", "| scalar "]);
    shell.check("\\timing", &["timing is on"]);
    shell.check("SELECT 1;", &["Time: ", " ms"]);
    shell.check("\\timing off", &["timing is off"]);
    shell.check("\\x on", &["each row has a line for each column"]);
    shell.check(
        "SELECT 1 AS one, 'x' AS two;",
        &["-[ row 1 ]\none | 1\ntwo | x\n"],
    );
    shell.check("\\x auto", &["where those fit"]);
    shell.check("\\format csv", &["results are written as csv"]);
    shell.check("SELECT 1 AS one, NULL AS two;", &["one,two\n1,\n"]);
    shell.check("\\format parquet", &["parquet"]);
    shell.check("SELECT 1;", &["parquet is no text for a terminal"]);
    shell.leaves("exit\r");
}

#[test]
fn results_go_to_files_and_scripts_are_read() {
    let sources = Sources::new();
    fs::write(
        sources.path("q.sql"),
        "\\format csv\nSELECT 1 AS one;\nSELECT\n2 AS two;\n",
    )
    .expect("written");
    fs::write(sources.path("again.sql"), "\\i again.sql\n").expect("written");
    let state = tempfile::tempdir().expect("a directory");
    let mut shell = Shell::over(&sources, "plain", state, (200, 50), &[]);
    shell.check("\\o out.csv", &["results go to out.csv"]);
    shell.ask("\\i q.sql");
    assert!(!sources.path("out.csv").exists(), "it is not whole");
    shell.check("\\o", &["results go to standard output"]);
    assert_eq!(
        fs::read_to_string(sources.path("out.csv")).expect("whole"),
        "one\n1\ntwo\n2\n"
    );
    let mode = fs::metadata(sources.path("out.csv"))
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    shell.check("\\o out.csv", &["out.csv is there already"]);
    shell.check(
        "\\i again.sql",
        &["scripts read each other more than 16 deep"],
    );
    shell.leaves(CTRL_D);
}

#[test]
fn ctrl_c_ends_a_query_and_not_the_shell() {
    let mut shell = Shell::new();
    // More rows than anybody counts to.
    let long = "SELECT count(*) FROM generate_series(1, 4000000) AS a(x) CROSS JOIN generate_series(1, 4000000) AS b(y) WHERE x * y % 7 = 3;";
    shell.session.send_line(long).expect("typed");
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    shell.session.send(CTRL_C).expect("typed");
    shell.session.flush().expect("typed");
    let said = shell.prompt();
    assert!(said.contains("Stopped."), "{said}");
    // What is being typed is thrown away, and the shell stays.
    shell.session.send("SELECT nothing").expect("typed");
    shell.session.send(CTRL_C).expect("typed");
    shell.session.flush().expect("typed");
    shell.prompt();
    shell.check("SELECT 2 AS two;", &["| two |"]);
    shell.leaves(CTRL_D);
}

#[test]
fn words_are_completed() {
    let mut shell = Shell::new();
    // `los` can only become `losses`, `reas` only its `reason`.
    shell
        .session
        .send("SELECT lane FROM los\t WHERE reas\t = 'x' LIM\t 7;\r")
        .expect("typed");
    shell.session.flush().expect("typed");
    let said = shell.prompt();
    assert!(
        said.contains("| lane |") && said.contains("(0 rows)"),
        "{said}"
    );
    shell.session.send("\\tim\t on\r").expect("typed");
    shell.session.flush().expect("typed");
    let said = shell.prompt();
    assert!(said.contains("timing is on"), "{said}");
    shell.leaves(CTRL_D);
}

#[test]
fn what_was_typed_is_there_the_next_time() {
    let sources = Sources::new();
    let state = tempfile::tempdir().expect("a directory");
    let mut shell = Shell::over(&sources, "plain", state, (200, 50), &[]);
    shell.session.send_line("SELECT 40 +").expect("typed");
    shell.check("2 AS answer;", &["| answer |"]);
    shell.ask(" SELECT 'not kept';");
    let state = shell.leaves(CTRL_D);
    let path = history(state.path());
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().expect("a directory")), 0o700);
    let kept = fs::read_to_string(&path).expect("text");
    assert!(
        kept.contains("SELECT 40 +\\n2 AS answer;") && !kept.contains("not kept"),
        "{kept}"
    );
    let mut shell = Shell::over(&sources, "plain", state, (200, 50), &[]);
    shell.session.send(UP).expect("typed");
    shell.check("", &["| answer |", "|     42 |"]);
    let state = shell.leaves(CTRL_D);
    // What cannot be kept is told, and no reason to end.
    fs::remove_file(&path).expect("removed");
    fs::create_dir(&path).expect("made");
    let mut shell = Shell::over(&sources, "plain", state, (200, 50), &[]);
    shell.check("SELECT 1 AS one;", &["| one |"]);
    shell.leaves(CTRL_D);
}

#[test]
fn wide_tables_and_long_ones_fit() {
    let sources = Sources::new();
    let state = tempfile::tempdir().expect("a directory");
    let pager = "cat > paged; echo seen";
    let mut shell = Shell::over(&sources, "plain", state, (60, 10), &[("PAGER", pager)]);
    let wide = "SELECT repeat('ab ', 20) AS a, repeat('cd ', 20) AS b, 7 AS n;";
    let said = shell.ask(wide);
    let drawn: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with(['|', '+']))
        .collect();
    assert!(
        drawn.len() > 4 && drawn.iter().all(|line| line.len() <= 60),
        "{said}"
    );
    shell.check("SELECT value FROM generate_series(1, 100);", &["seen"]);
    let paged = fs::read_to_string(sources.path("paged")).expect("written");
    assert!(
        paged.contains("\n|   100 |\n") && paged.ends_with("(100 rows)\n"),
        "{paged}"
    );
    shell.check("\\pager off", &["the pager is off"]);
    shell.check("SELECT value FROM generate_series(1, 100);", &["|    50 |"]);
    shell.leaves(CTRL_D);
}

#[test]
fn names_of_others_command_no_terminal() {
    let mut shell = Shell::new();
    shell.check(
        "SELECT chr(27) || '[2J' || chr(8238) AS hostile;",
        &["| \\u{1b}[2J\\u{202e} |"],
    );
    shell.ask("\\format csv");
    shell.check("SELECT chr(27) || '[2J' AS hostile;", &["\n\\u{1b}[2J\n"]);
    shell.leaves(CTRL_D);
}

#[test]
fn what_is_missing_is_told_once() {
    let sources = Sources::new();
    let state = tempfile::tempdir().expect("a directory");
    let mut shell = Shell::over(&sources, "lossy", state, (200, 50), &[]);
    let incomplete = "the evidence is incomplete: 5 events lost";
    shell.check("SELECT count(*) FROM events;", &[incomplete]);
    let said = shell.ask("SELECT count(*) FROM events;");
    assert!(!said.contains(incomplete), "{said}");
    shell.leaves(CTRL_D);
}

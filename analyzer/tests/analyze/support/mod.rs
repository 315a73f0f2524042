//! What the tests share: captures made of rows, rules, and the program run with its results.

#[expect(
    clippy::allow_attributes,
    reason = "which parts are used differs between tests"
)]
#[allow(dead_code, reason = "other tests use the rest of it")]
pub(crate) mod capture;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Output, Stdio};

use tempfile::TempDir;

pub(crate) use capture::CaptureBuilder;

/// Rules of the tests: one per priority that they look at.
pub(crate) const RULES: &str = "\
- list: sensitive
  items: [/etc/shadow, /etc/sudoers]
- macro: opens_for_reading
  condition: evt.type in (open, openat, openat2) and evt.is_open_read = true
- rule: Sensitive file read
  desc: A file with secrets is opened for reading
  condition: opens_for_reading and fd.name in (sensitive) and not proc.name = sshd
  output: Secrets read (file=%fd.name command=%proc.cmdline parent=%proc.pname user=%user.name)
  priority: WARNING
  tags: [filesystem, credentials]
- rule: Program started
  desc: Any program is started
  condition: evt.type = execve and evt.rawres = 0
  output: Started %proc.exepath as %proc.name
  priority: INFO
  tags: [process]
";

/// A directory with rules in it, for one test.
pub(crate) struct Workspace {
    directory: TempDir,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        fs::write(directory.path().join("rules.yaml"), RULES).expect("writable");
        Self { directory }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("below the directory")).expect("writable");
        fs::write(&path, bytes).expect("writable");
        path
    }

    /// Runs `falco-analyze` in the directory.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, |_| {})
    }

    pub(crate) fn run_with(&self, arguments: &[&str], change: impl FnOnce(&mut Command)) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_falco-analyze"));
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .stdin(Stdio::null());
        change(&mut command);
        Run::of(&command.output().expect("the program runs"), arguments)
    }
}

impl Workspace {
    /// Runs `falco-analyze` in the directory with another standard input, which is written to while it runs.
    pub(crate) fn run_from(
        &self,
        arguments: &[&str],
        stdin: Stdio,
        write: impl FnOnce(&mut ChildStdin),
    ) -> Run {
        let mut child = Command::new(env!("CARGO_BIN_EXE_falco-analyze"))
            .args(arguments)
            .current_dir(self.directory.path())
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        if let Some(mut stdin) = child.stdin.take() {
            write(&mut stdin);
        }
        Run::of(
            &child.wait_with_output().expect("the program ends"),
            arguments,
        )
    }
}

/// How a run ended and what it printed.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    arguments: String,
}

impl Run {
    fn of(output: &Output, arguments: &[&str]) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            arguments: arguments.join(" "),
        }
    }

    /// Asserts the exit code and shows everything if it is another.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        let Self {
            stdout,
            stderr,
            arguments,
            ..
        } = &self;
        assert_eq!(
            self.code,
            Some(code),
            "falco-analyze {arguments}\n--- stdout\n{stdout}\n--- stderr\n{stderr}"
        );
        self
    }

    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        let Self {
            stdout,
            stderr,
            arguments,
            ..
        } = &self;
        let found = stdout.contains(words) || stderr.contains(words);
        assert!(
            found,
            "falco-analyze {arguments}: no '{words}' in\n--- stdout\n{stdout}\n--- stderr\n{stderr}"
        );
        self
    }

    /// The lines of stdout as JSON.
    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<serde_json::Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).expect("a JSON line"))
            .collect()
    }
}

/// A capture in which a shell starts `cat /etc/shadow`, which opens it as descriptor 3 and ends.
pub(crate) fn intrusion() -> CaptureBuilder {
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(100);
    capture.start_program(100, 200, "/usr/bin/cat", &["cat", "/etc/shadow"]);
    capture.open(200, "/etc/shadow", 3);
    capture.open(200, "/etc/hostname", 4);
    capture.end(200);
    capture
}

/// Writes the intrusion below the workspace and returns its path as an argument.
pub(crate) fn write_intrusion(workspace: &Workspace, name: &str) -> String {
    intrusion().write(&workspace.path(name));
    name.to_owned()
}

/// Blesses a scenario whose capture lacks something, as if nothing were known of that: what --bless itself refuses.
pub(crate) fn bless_incomplete(workspace: &Workspace, scenario: &str) {
    let file = workspace.path(&format!("{scenario}/scenario.toml"));
    let text = fs::read_to_string(&file).expect("the scenario");
    fs::write(&file, format!("{text}complete = false\n")).expect("written");
    workspace.run(&["test", scenario, "--bless"]).ends_with(0);
    fs::write(&file, text).expect("written");
}

/// The segment files of a capture, in order.
pub(crate) fn segment_files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "flc"));
    files.sort();
    files
}

//! A repository of rules in CI: the example below `tests/example`, the script that checks it, and the hooks for pre-commit.
//!
//! The repository is made anew in a directory of its own, with the example as its main branch and a change of rules on another.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::programs::{Ran, analyzer, command, is_root, root};
use crate::skip::skipped;

/// What a change takes out of the rules, so that an alert no longer comes.
const SILENCED: (&str, &str) = ("[/etc/shadow, /etc/sudoers]", "[/etc/sudoers]");
/// A user who owns nothing.
const NOBODY: &str = "65534";

/// A repository of rules as one of its users has it.
struct Repository {
    directory: TempDir,
}

impl Repository {
    /// The example, committed; none where there is no git.
    fn new(test: &str) -> Option<Self> {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let made = Self { directory };
        fs::set_permissions(made.path(""), fs::Permissions::from_mode(0o755)).expect("mine");
        for (from, to) in [
            ("tests/example", "tests/example"),
            ("corpus/first-light/capture", "corpus/first-light/capture"),
            ("rules/ci", "ci"),
        ] {
            copy(&root().join(from), &made.path(to));
        }
        // Files of a checkout are readable by those who have the checkout, whatever this one's mode is.
        let copied = made.path("falco-analyze");
        copy(&analyzer(), &copied);
        if !made.git(&["init", "-q", "-b", "main"]) {
            skipped(test, "there is no git");
            return None;
        }
        assert!(made.git(&["add", "tests", "corpus"]));
        assert!(made.git(&["commit", "-q", "-m", "rules"]));
        Some(made)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn example(&self) -> PathBuf {
        self.path("tests/example")
    }

    fn git(&self, arguments: &[&str]) -> bool {
        let mut git = command(Path::new("git"));
        git.args(["-c", "user.name=n", "-c", "user.email=e@example.org"])
            .args(["-c", "commit.gpgsign=false"])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .current_dir(self.path(""));
        git.output().is_ok_and(|output| output.status.success())
    }

    /// A branch with a change of the rules.
    fn change(&self, (from, to): (&str, &str)) {
        assert!(self.git(&["checkout", "-q", "-b", "change"]));
        let file = self.example().join("rules/files.yaml");
        let rules = fs::read_to_string(&file).expect("the rules");
        assert!(rules.contains(from), "{rules}");
        fs::write(&file, rules.replace(from, to)).expect("writable");
        assert!(self.git(&["commit", "-q", "-a", "-m", "change"]));
    }

    /// The script's call, as the workflow of the example has it.
    fn check(&self, program: &Path) -> Command {
        let mut check = command(program);
        check
            .args(["--rules", "rules", "--scenarios", "scenarios"])
            .args(["--captures", "../../corpus", "--base", "main"])
            .arg("--comment")
            .arg(self.path("comment.md"))
            .env("FALCO_ANALYZE", self.path("falco-analyze"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env_remove("GITHUB_ACTIONS")
            .env_remove("GITHUB_BASE_REF")
            .env_remove("GITHUB_STEP_SUMMARY")
            .current_dir(self.example());
        check
    }

    fn script(&self) -> PathBuf {
        self.path("ci/check-rules")
    }

    fn comment(&self) -> String {
        fs::read_to_string(self.path("comment.md")).unwrap_or_default()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().expect("below the directory")).expect("writable");
    let status = command(Path::new("cp")).arg("-r").args([from, to]).status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "{}",
        from.display()
    );
}

fn ran(mut command: Command) -> Ran {
    command.output().expect("it runs").into()
}

#[track_caller]
fn says(ran: &Ran, words: &[&str]) {
    for word in words {
        assert!(
            ran.stdout.contains(word) || ran.stderr.contains(word),
            "no {word:?} in\n{}\n{}",
            ran.stdout,
            ran.stderr
        );
    }
}

/// What is said of the change that silences an alert, in the comment.
const CAUGHT: &[&str] = &[
    "### Alerts differ",
    "**1** lost, **0** gained, **0** changed",
    "| `Secrets Read` | 1 | 0 | 1 |",
    "was: Warning `Secrets were read (file=/etc/shadow",
    "`fd.name in (/etc/sudoers)` is false, which found `/etc/shadow`",
    "falco-analyze explain ../../corpus/first-light/capture",
];

#[test]
fn a_change_that_silences_an_alert_is_caught() {
    let Some(repository) = Repository::new("ci") else {
        return;
    };
    let unchanged = ran(repository.check(&repository.script()));
    unchanged.expect_code(0);
    says(
        &unchanged,
        &[
            "== rule files: ok",
            "== layout: ok",
            "== scenarios: ok",
            "== comparison: ok",
        ],
    );
    assert!(repository.comment().contains("### Alerts are the same"));

    repository.change(SILENCED);
    let summary = repository.path("summary.md");
    let mut check = repository.check(&repository.script());
    check.env("GITHUB_STEP_SUMMARY", &summary);
    let caught = ran(check);
    caught.expect_code(1);
    says(
        &caught,
        &["== scenarios: FAILED", "== comparison: ok", "Secrets Read"],
    );
    let comment = repository.comment();
    let summary = fs::read_to_string(summary).unwrap_or_default();
    for words in CAUGHT {
        assert!(comment.contains(words), "no {words:?} in {comment}");
    }
    assert!(summary.contains(&comment), "{summary}");

    let mut check = repository.check(&repository.script());
    check.arg("--deny-differences");
    says(&ran(check), &["== comparison: FAILED"]);
}

#[test]
fn what_cannot_be_checked_is_an_error() {
    let Some(repository) = Repository::new("ci errors") else {
        return;
    };
    let check = |arguments: &[&str], words: &[&str]| {
        let mut check = command(&repository.script());
        check
            .args(arguments)
            .env("FALCO_ANALYZE", repository.path("falco-analyze"))
            .env_remove("GITHUB_BASE_REF")
            .env_remove("GITHUB_ACTIONS")
            .current_dir(repository.example());
        let ran = ran(check);
        ran.expect_code(2);
        says(&ran, words);
    };
    check(&[], &["name the rules with --rules"]);
    check(&["--rules"], &["--rules needs a value"]);
    check(&["--nothing"], &["'--nothing' is no option"]);
    check(&["--rules", "none"], &["== rule files: error"]);
    let base = ["--rules", "rules", "--captures", "../../corpus", "--base"];
    let with = |revision| [&base[..], &[revision]].concat();
    check(
        &with("nowhere"),
        &["there is no revision 'nowhere'", "fetch-depth: 0"],
    );
    check(&with("--exec=x"), &["'--exec=x' is no revision"]);
}

/// Takes /sys and the kernel's symbols away, within a mount namespace of its own, and goes on with the arguments.
const MASKED: &str = "mount -t tmpfs none /sys && { [ ! -e /proc/kallsyms ] || mount --bind /dev/null /proc/kallsyms; } && exec \"$@\"";
/// Prints what is left of those, and who is asking, and goes on with the arguments.
const LEFT: &str = "ls -A /sys && head -c 1 /proc/kallsyms && id -u && exec \"$@\"";

/// Why nobody can be without a kernel here.
fn cannot_be_alone() -> Option<&'static str> {
    if !is_root() {
        return Some("only root may take /sys away and become somebody else");
    }
    let works = |program: &str, arguments: &[&str]| {
        let tried = command(Path::new(program)).args(arguments).output();
        tried.is_ok_and(|tried| tried.status.success())
    };
    if !works("setpriv", &["--version"]) {
        return Some("there is no setpriv");
    }
    let may_mount = works("unshare", &["--mount", "sh", "-c", MASKED, "sh", "true"]);
    (!may_mount).then_some("mounts are not allowed here")
}

/// A call as a user who owns nothing, where nothing of a kernel is seen.
fn alone(program: &Path, call: &Command) -> Command {
    let mut alone = command(Path::new("unshare"));
    alone
        .args(["--mount", "sh", "-c", MASKED, "sh"])
        .args(["setpriv", "--reuid", NOBODY, "--regid", NOBODY])
        .args(["--clear-groups", "--no-new-privs", "sh", "-c", LEFT, "sh"])
        .arg(program)
        .args(call.get_args());
    for (name, value) in call.get_envs() {
        match value {
            Some(value) => alone.env(name, value),
            None => alone.env_remove(name),
        };
    }
    if let Some(directory) = call.get_current_dir() {
        alone.current_dir(directory);
    }
    alone
}

/// Whoever changes rules could bring a file of that name along, and it would be posted as what is said of the change.
#[test]
fn a_comment_that_is_there_already_is_not_this_ones() {
    let Some(repository) = Repository::new("ci comment") else {
        return;
    };
    let check = |base: &str, code: i32| {
        fs::write(repository.path("comment.md"), "### All is well").expect("writable");
        let mut check = repository.check(&repository.script());
        check.args(["--base", base]);
        let ran = ran(check);
        ran.expect_code(code);
        assert!(!ran.stdout.contains("All is well"), "{}", ran.stdout);
        assert!(!repository.comment().contains("All is well"));
    };
    check("nowhere", 2);
    // What was before there were rules is compared with nothing.
    assert!(repository.git(&["checkout", "-q", "--orphan", "none"]));
    assert!(repository.git(&["commit", "-q", "--allow-empty", "-m", "none"]));
    assert!(repository.git(&["rm", "-r", "-q", "--cached", "tests/example/rules"]));
    assert!(repository.git(&["commit", "-q", "-m", "no rules"]));
    check("none", 0);
}

/// What a runner's container has, and less.
#[test]
fn an_ordinary_user_without_a_kernel_checks_rules() {
    const TEST: &str = "ci without a kernel";
    if let Some(reason) = cannot_be_alone() {
        return skipped(TEST, reason);
    }
    let Some(repository) = Repository::new(TEST) else {
        return;
    };
    repository.change(SILENCED);
    let owned = command(Path::new("chown"))
        .args(["-R", &format!("{NOBODY}:{NOBODY}")])
        .arg(repository.path(""))
        .status();
    assert!(owned.is_ok_and(|status| status.success()));
    let script = repository.script();
    let caught = ran(alone(&script, &repository.check(&script)));
    caught.expect_code(1);
    // Nothing of /sys, nothing of the kernel's symbols, and who that is.
    let is_alone = caught.stdout.starts_with(&format!("{NOBODY}\n"));
    assert!(is_alone, "{}", caught.stdout);
    let steps = [
        "== rule files: ok",
        "== layout: ok",
        "== scenarios: FAILED",
        "== comparison: ok",
    ];
    says(&caught, &steps);
    assert!(repository.comment().contains(CAUGHT[0]));
}

/// A hook as `.pre-commit-hooks.yaml` has it, with the arguments that it has where nobody gives others.
struct Hook {
    id: String,
    entry: Vec<String>,
    arguments: Vec<String>,
    takes_names: bool,
}

fn hooks() -> Vec<Hook> {
    let text = fs::read_to_string(root().join(".pre-commit-hooks.yaml")).expect("the hooks");
    let mut hooks: Vec<Hook> = Vec::new();
    for line in text.lines() {
        let Some((key, value)) = line.trim_start_matches("- ").trim().split_once(": ") else {
            continue;
        };
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        if key == "id" {
            hooks.push(Hook {
                id: value.to_owned(),
                entry: Vec::new(),
                arguments: Vec::new(),
                takes_names: true,
            });
        } else if let Some(hook) = hooks.last_mut() {
            match key {
                "entry" => hook.entry = words(value),
                "args" => hook.arguments = words(value.trim_matches(['[', ']'])),
                "pass_filenames" => hook.takes_names = value != "false",
                _ => {}
            }
        }
    }
    hooks
}

#[test]
fn hooks_pass_on_the_example_and_fail_on_what_is_wrong() {
    let Some(repository) = Repository::new("hooks") else {
        return;
    };
    let hooks = hooks();
    assert_eq!(hooks.len(), 3);
    let run = |hook: &Hook| {
        assert_eq!(hook.entry[0], "falco-analyze", "{}", hook.id);
        let mut run = command(&repository.path("falco-analyze"));
        run.args(&hook.entry[1..]).args(&hook.arguments);
        if hook.takes_names {
            run.args(["rules/files.yaml", "rules/programs.yaml"]);
        }
        run.current_dir(repository.example());
        ran(run).code
    };
    for hook in &hooks {
        assert_eq!(run(hook), 0, "{}", hook.id);
    }
    let file = repository.example().join("rules/files.yaml");
    let rules = fs::read_to_string(&file).expect("the rules");
    let check = |(from, to): (&str, &str), id: &str, code: i32| {
        assert!(rules.contains(from), "{from}");
        fs::write(&file, rules.replace(from, to)).expect("writable");
        let hook = hooks.iter().find(|hook| hook.id == id).expect("a hook");
        assert_eq!(run(hook), code, "{id}");
    };
    check(("fd.typechar", "fd.nothing"), "falco-rules-check", 2);
    check(SILENCED, "falco-rules-test", 1);
    // pre-commit fails a hook that changes files.
    check(
        ("sudo, useradd]", "sudo, useradd]   "),
        "falco-rules-fmt",
        0,
    );
    let laid_out = fs::read_to_string(&file).expect("the rules");
    assert_eq!(laid_out, rules);
}

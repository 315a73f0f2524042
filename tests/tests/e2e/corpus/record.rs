//! `corpus/record`: what it refuses, and the scenario that it makes of a capture which is there already.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use crate::live::recorder_or_skip;
use crate::programs::{Ran, analyze, analyzer, command, is_root, recorder, root};
use crate::skip::skipped;

/// Runs a copy of the script with our analyzer and a recorder.
fn run(script: &Path, recorder: &OsStr, arguments: &[&str]) -> Ran {
    let mut command = command(script);
    command
        .args(arguments)
        .env("FALCO_ANALYZE", analyzer())
        .env("FALCO_RECORD", recorder)
        .env_remove("SUDO_UID");
    command.output().expect("it runs").into()
}

/// Runs the script with a recorder that records nothing.
fn record(arguments: &[&str]) -> Ran {
    run(&root().join("corpus/record"), "true".as_ref(), arguments)
}

/// A rule that the shipped ones know nothing of.
const RULE: &str = "\
- rule: List Of Accounts Shown
  desc: The list of accounts was opened by cat.
  condition: evt.type in (open, openat, openat2) and fd.name = /etc/passwd and proc.name = cat
  output: shown file=%fd.name user=%user.name command=%proc.cmdline
  priority: NOTICE
";

#[test]
fn the_script_says_what_is_wrong() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::create_dir(directory.path().join("taken")).expect("made");
    let into = directory.path().to_string_lossy().into_owned();
    let elsewhere = tempfile::tempdir().expect("a directory");
    let file = |name: &str, content: &str, mode: u32| {
        let path = elsewhere.path().join(name);
        fs::write(&path, content).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
        path.to_string_lossy().into_owned()
    };
    let shared_key = file("key", "", 0o644);
    let cases: &[(&[&str], &str)] = &[
        (&[], "a name is missing"),
        (&["new"], "a command is missing"),
        (&["new", "--frobnicate"], "there is no option --frobnicate"),
        (&["new", "--into"], "--into needs a value"),
        (
            &["a/b", "--", "true"],
            "no name that a directory could have",
        ),
        (
            &["--into", &into, "taken", "--", "true"],
            "is there already",
        ),
        (
            &["--into", "/nowhere", "new", "--", "true"],
            "there is no directory /nowhere",
        ),
        (
            &["-r", "/nowhere.yaml", "new", "--", "true"],
            "there are no rules /nowhere.yaml",
        ),
        (
            &["--redact", "/nowhere", "new", "--", "true"],
            "the key /nowhere cannot be read",
        ),
        (
            &["--redact", &shared_key, "new", "--", "true"],
            "can be read by others than its owner",
        ),
        (
            &["--keep", "/nowhere.toml", "new", "--", "true"],
            "the list /nowhere.toml of --keep cannot be read",
        ),
        (
            &["--of", "/nowhere", "--whole", "new"],
            "there is no capture /nowhere",
        ),
        (
            &["--pid", "1", "new", "--", "true"],
            "--pid is for captures",
        ),
    ];
    for (arguments, words) in cases {
        let ran = record(arguments);
        ran.expect_code(2);
        assert!(ran.stderr.contains(words), "no {words} in:\n{}", ran.stderr);
    }
    let left = fs::read_dir(directory.path()).expect("a directory").count();
    assert_eq!(left, 1, "something was left behind");
}

#[test]
fn nothing_is_recorded_for_rules_that_do_not_load() {
    if !is_root() {
        let reason = "only root gets as far as that";
        return skipped("nothing_is_recorded_for_rules_that_do_not_load", reason);
    }
    let directory = tempfile::tempdir().expect("a directory");
    let into = directory.path().to_string_lossy().into_owned();
    let elsewhere = tempfile::tempdir().expect("a directory");
    let wrong = elsewhere.path().join("wrong.yaml");
    fs::write(&wrong, RULE.replace("fd.name =", "fd.nam =")).expect("written");
    let wrong = wrong.to_string_lossy();
    let ran = record(&["--into", &into, "-r", &wrong, "new", "--", "true"]);
    ran.expect_code(2);
    for words in ["unknown field `fd.nam`", "the rules do not load"] {
        assert!(ran.stderr.contains(words), "no {words} in:\n{}", ran.stderr);
    }
    // And where the recorder writes nothing, nothing comes of it.
    let ran = record(&["--into", &into, "new", "--", "true"]);
    ran.expect_code(2);
    let words = "nothing was recorded";
    assert!(ran.stderr.contains(words), "{}", ran.stderr);
    let left = fs::read_dir(directory.path()).expect("a directory").count();
    assert_eq!(left, 0, "something was left behind");
}

#[test]
fn a_capture_becomes_a_scenario_that_passes() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let capture = text(&root().join("corpus/first-light/capture"));
    let rules = text(&root().join("rules/default"));
    let into = text(directory.path());
    let ran = record(&[
        "--into", &into, "-r", &rules, "--of", &capture, "--whole", "made",
    ]);
    ran.expect_code(0);
    assert!(
        ran.stdout.contains("rule = \"Crypto Miner Started\""),
        "{}",
        ran.stdout
    );
    analyze(["test", &into]).expect_code(0);
}

/// What a capture that is there already lacks is said, and whether a scenario comes of it.
#[test]
fn a_capture_that_will_not_do_is_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let into = directory.path().to_string_lossy().into_owned();
    let capture = |name: &str| {
        let path = root().join("corpus").join(name).join("capture");
        path.to_string_lossy().into_owned()
    };
    let (whole, cut) = (capture("first-light"), capture("damaged/cut"));
    let cases: &[(&str, &[&str], i32, &str)] = &[
        (
            &whole,
            &["--pid", "4194303"],
            2,
            "no process 4194303 is in the captures",
        ),
        (&whole, &["--container", "nobody"], 2, "nothing was written"),
        (
            &whole,
            &["--where", "proc.name = nobody"],
            2,
            "nothing was written",
        ),
        (&whole, &[], 2, "--pid, --container or --where"),
        (
            &cut,
            &["--whole"],
            3,
            "record again, or say complete = false",
        ),
    ];
    for (at, (capture, options, code, words)) in cases.iter().enumerate() {
        let name = format!("scenario-{at}");
        let arguments = [&["--into", &into, "--of", capture][..], options, &[&name]].concat();
        let ran = record(&arguments);
        ran.expect_code(*code);
        assert!(ran.stderr.contains(words), "no {words} in:\n{}", ran.stderr);
        let made = directory.path().join(&name).join("scenario.toml");
        assert_eq!(made.exists(), *code == 3, "{arguments:?}");
    }
    let left = fs::read_dir(directory.path()).expect("a directory").count();
    assert_eq!(left, 1, "something was left behind");
}

/// A repository of rules as somebody else has it: the script copied into it, rules beside, and what is to be recorded.
fn repository() -> tempfile::TempDir {
    let repository = tempfile::tempdir().expect("a directory");
    for directory in ["rules", "tests"] {
        fs::create_dir(repository.path().join(directory)).expect("made");
    }
    let script = root().join("corpus/record");
    fs::copy(script, repository.path().join("tests/record")).expect("copied");
    fs::write(repository.path().join("rules/mine.yaml"), RULE).expect("written");
    repository
}

#[test]
fn a_stranger_records_a_command_in_one_step() {
    let Some(_guard) = recorder_or_skip("a_stranger_records_a_command_in_one_step") else {
        return;
    };
    let repository = repository();
    let tests = repository.path().join("tests");
    let script = tests.join("record");
    let act =
        "cat /etc/passwd | grep -c . >/tmp/secret-of-mallory; rm /tmp/secret-of-mallory; exit 3";
    let ran = run(
        &script,
        recorder().as_os_str(),
        &["shown", "--", "sh", "-c", act],
    );
    ran.expect_code(0);
    for words in [
        "the command ended with 3",
        "what the rules say of it is proposed",
    ] {
        assert!(ran.stderr.contains(words), "no {words} in:\n{}", ran.stderr);
    }
    assert!(
        ran.stdout
            .contains("rule = \"List Of Accounts Shown\"\nexactly = 1"),
        "{}",
        ran.stdout
    );

    let key = repository.path().join("key").to_string_lossy().into_owned();
    analyze(["redact", "--new-key", &key]).expect_code(0);
    let words = ["--redact", &key, "redacted", "--", "sh", "-c", act];
    run(&script, recorder().as_os_str(), &words).expect_code(0);
    analyze(["test".as_ref(), tests.as_os_str()]).expect_code(0);

    // Nothing is kept but the command and its descendants; and what is redacted is nowhere in the file.
    let names = |scenario: &str| {
        let capture = tests.join(scenario).join("capture");
        let shown = [
            "evt.type = execve and evt.rawres = 0",
            "-p",
            "%proc.name %proc.args",
        ];
        let events = [OsStr::new("events"), capture.as_os_str()];
        analyze(events.into_iter().chain(shown.map(OsStr::new))).stdout
    };
    let first: Vec<String> = names("shown").lines().map(str::to_owned).collect();
    assert_eq!(first.len(), 4, "{first:?}");
    assert!(
        first.iter().any(|line| line == "rm /tmp/secret-of-mallory"),
        "{first:?}"
    );
    let second = names("redacted");
    assert_eq!(second.lines().count(), first.len(), "{second}");
    assert!(!second.contains("mallory"), "{second}");
    assert!(second.contains("cat /etc/passwd"), "{second}");
    let mode = fs::metadata(tests.join("redacted/capture"))
        .expect("it is there")
        .mode();
    assert_eq!(mode & 0o777, 0o755, "others may read it");
    let left = fs::read_dir(&tests).expect("a directory").count();
    assert_eq!(left, 3, "the script and two scenarios");
}

#[test]
fn a_command_that_is_not_there_leaves_nothing() {
    let test = "a_command_that_is_not_there_leaves_nothing";
    let Some(_guard) = recorder_or_skip(test) else {
        return;
    };
    let repository = repository();
    let tests = repository.path().join("tests");
    let script = tests.join("record");
    let cases: &[(&[&str], &str)] = &[
        (
            &["none", "--", "/nowhere/program"],
            "is /nowhere/program there",
        ),
        (
            &["--container", "nobody", "none", "--", "true"],
            "the recording could not be cut",
        ),
        (
            &["--events", "opne", "none", "--", "true"],
            "nothing was recorded",
        ),
    ];
    for (arguments, words) in cases {
        let ran = run(&script, recorder().as_os_str(), arguments);
        ran.expect_code(2);
        assert!(ran.stderr.contains(words), "no {words} in:\n{}", ran.stderr);
    }
    let left = fs::read_dir(&tests).expect("a directory").count();
    assert_eq!(left, 1, "something was left behind");
}

//! The configuration file of the real program: what it says holds, what is typed goes first, and what is wrong is told with its line.

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use falco_abi::frame::CPU_RECORDER;

use common::program::{alone, program, scratch, summary};

/// Runs with a configuration file of this text.
fn run(folder: &Path, text: &str, options: &[&str]) -> Output {
    let file = folder.join("record.toml");
    fs::write(&file, text).expect("written");
    let mut program = program();
    program.args(["run", "--config"]).arg(file).args(options);
    program.args(["--", "true"]).output().expect("the program")
}

#[test]
fn what_is_wrong_in_the_file_is_told_with_its_line() {
    let (folder, _) = scratch();
    let check = |text: &str, words: &[&str]| {
        let output = run(folder.path(), text, &["-o", "/nowhere/capture"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}: {said}");
        for word in words {
            assert!(said.contains(word), "{text}: {word} is not in: {said}");
        }
        assert!(!said.contains("panicked"), "{said}");
    };
    check(
        "# a comment\nbugdet = \"2G\"\n",
        &["record.toml:2:", "`bugdet`", "did you mean `budget`?"],
    );
    check("\n\nmax_age = \"7d\"", &["record.toml:3:", "`max-age`"]);
    check("nonsense-of-mine = 1", &["record.toml:1:", "long options"]);
    check("config = \"other.toml\"", &["record.toml:1:", "`config`"]);
    check("[budget]\nbytes = 1", &["record.toml:1:", "table"]);
    check("level = 1\nbudget = \"lots\"", &["record.toml:2:", "lots"]);
    check("level = 99", &["record.toml:1:", "99"]);
    check("env = \"yes\"", &["record.toml:1:", "true or false"]);
    check("level = 1.5", &["record.toml:1:", "float"]);
    check("containers = \"maybe\"", &["record.toml:1:", "maybe"]);
    check("level = 1\nlevel = 2", &["record.toml", "duplicate key"]);
    check("level = ", &["record.toml"]);
    check("\u{1b}[2J = 1", &["record.toml"]);
    let output = program()
        .args(["run", "--config", "/nowhere/x.toml"])
        .output();
    let output = output.expect("the program");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(2) && said.contains("/nowhere/x.toml"),
        "{said}"
    );
    let output = run(folder.path(), "level = 1", &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(2) && said.contains("-o DIR"),
        "{said}"
    );
}

#[test]
fn what_the_file_says_holds_and_what_is_typed_goes_first() {
    let Some(_alone) = alone() else {
        return;
    };
    let (folder, directory) = scratch();
    let text = format!(
        "output = \"{}\"\nformat = \"json\"\nevents = [\"none\", \"execve\"]\nbudget = \"100M\"\nenv = false\ncri = [\"/nowhere/a\", \"/nowhere/b\"]\nlatency = \"200ms\"\n",
        directory.display()
    );
    let output = run(folder.path(), &text, &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(
        summary(&output)["directory"],
        directory.display().to_string()
    );
    let of = |output: &Output| -> Vec<String> {
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let contents = common::read(&directory);
        let rows = contents.rows.iter().filter(|row| row.cpu != CPU_RECORDER);
        let names = rows.filter_map(|row| falco_abi::event(row.event));
        let mut names: Vec<String> = names.map(|event| event.name.to_owned()).collect();
        names.sort();
        names.dedup();
        names
    };
    assert_eq!(of(&output), ["execve"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !said.contains("a tenth of the file system"),
        "it has a budget: {said}"
    );
    fs::remove_dir_all(&directory).expect("removed");
    let output = run(folder.path(), &text, &["--events", "none,procexit"]);
    assert_eq!(of(&output), ["procexit"]);
}

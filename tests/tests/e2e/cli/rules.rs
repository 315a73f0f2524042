//! Bad rule files.

use super::{ERROR, check_message};
use crate::programs::{analyze, root};

/// Checks what `rules check` says of a file, and that `replay` refuses it with the same words.
fn check(name: &str, text: &str, words: &[&str]) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("bad.yaml");
    std::fs::write(&file, text).expect("a rule file");
    let file = file.to_string_lossy();
    let mut words = words.to_vec();
    words.push("bad.yaml");
    let ran = analyze(["rules", "check", &*file]);
    let said = crate::programs::Ran {
        code: ran.code,
        // Whether findings are results or notices is the command's choice.
        stderr: ran.stdout + &ran.stderr,
        stdout: String::new(),
    };
    check_message(name, &said, ERROR, &words);
    let capture = root().join("corpus/first-light/capture");
    let ran = analyze(["replay", &*capture.to_string_lossy(), "-r", &*file]);
    check_message(name, &ran, ERROR, &words);
}

/// A rule with this condition on line 2 and this output on line 4.
fn rule(condition: &str, output: &str) -> String {
    format!(
        "- rule: A rule\n  condition: {condition}\n  desc: Described\n  output: {output}\n  priority: INFO\n"
    )
}

#[test]
fn syntax_error_in_a_condition() {
    let text = rule("evt.type = open and and proc.name = x", "Something");
    check("syntax", &text, &["LOAD_ERR_COMPILE_CONDITION", ":2:"]);
}

#[test]
fn syntax_error_in_yaml() {
    let text = "- rule: [A rule\n  condition: evt.type = open\n";
    check("yaml", text, &["LOAD_ERR_YAML_PARSE"]);
}

#[test]
fn unknown_field_in_a_condition() {
    let text = rule("evt.type = open and proc.nmae = x", "Something");
    let words = [
        "LOAD_ERR_COMPILE_CONDITION",
        "proc.nmae",
        "proc.name",
        ":2:",
    ];
    check("unknown field", &text, &words);
}

#[test]
fn unknown_field_in_an_output() {
    let text = rule("evt.type = open", "Something at %fd.nmae");
    let words = ["LOAD_ERR_COMPILE_OUTPUT", "fd.nmae", ":4:"];
    check("unknown field", &text, &words);
}

#[test]
fn undefined_macro() {
    let text = rule("evt.type = open and spawned_proces", "Something");
    check("macro", &text, &["LOAD_ERR_VALIDATE", "spawned_proces"]);
}

#[test]
fn a_file_that_is_not_there() {
    let ran = analyze(["rules", "check", "/nonexistent/rules.yaml"]);
    ran.expect_code(ERROR);
    // It stands in the report, beside the problems of the files that can be read.
    let said = &ran.stdout;
    assert!(
        said.contains("/nonexistent/rules.yaml"),
        "{said}{}",
        ran.stderr
    );
}

/// Every command that takes rules tells every file that it cannot read, and the mistakes of those that it can.
#[test]
fn what_cannot_be_read_hides_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let place = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
    let bad = place("bad.yaml");
    let text = rule("evt.type = open and proc.nmae = x", "Something");
    std::fs::write(&bad, text).expect("a rule file");
    let (binary, empty) = (place("binary.yaml"), place("empty"));
    std::fs::write(&binary, b"\xff\xfe").expect("a file");
    std::fs::create_dir(&empty).expect("a directory");
    let (first, last) = (place("first.yaml"), place("last.yaml"));
    let files = [&first, &binary, &bad, &empty, &last];
    let capture = root().join("corpus/first-light/capture");
    let capture = capture.to_string_lossy();
    for command in [
        &["replay", &*capture][..],
        &["rules", "list"],
        &["rules", "describe"],
        &["rules", "check"],
        &["rules", "fmt", "--check"],
    ] {
        let takes_options = !["check", "fmt"].contains(command.get(1).unwrap_or(&""));
        let mut arguments = command.to_vec();
        for file in files {
            arguments.extend(takes_options.then_some("-r"));
            arguments.push(file);
        }
        let ran = analyze(arguments);
        ran.expect_code(ERROR);
        let said = ran.stdout + &ran.stderr;
        for file in [&first, &binary, &empty, &last] {
            assert!(
                said.contains(file.as_str()),
                "{command:?}: no {file} in:\n{said}"
            );
        }
        let is_read = said.contains("proc.name") || command.contains(&"fmt");
        assert!(is_read, "{command:?}: no mistake in:\n{said}");
    }
}

#[test]
fn all_errors_of_all_files_at_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut arguments = vec!["rules".to_owned(), "check".to_owned()];
    for (name, field) in [("one.yaml", "proc.nmae"), ("two.yaml", "fd.nmae")] {
        let file = directory.path().join(name);
        let text = rule(&format!("evt.type = open and {field} = x"), "Something");
        std::fs::write(&file, text).expect("a rule file");
        arguments.push(file.to_string_lossy().into_owned());
    }
    let ran = analyze(arguments);
    ran.expect_code(ERROR);
    let said = ran.stdout + &ran.stderr;
    for word in ["one.yaml", "proc.nmae", "two.yaml", "fd.nmae"] {
        assert!(said.contains(word), "no {word} in:\n{said}");
    }
}

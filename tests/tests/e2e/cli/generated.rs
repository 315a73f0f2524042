//! Manual pages and completions: every command has a page, and shells take what they are given.

use std::fs;
use std::process::{Command, Stdio};

use super::subcommands;
use crate::programs::{analyzer, recorder as recorder_program, run};

#[test]
fn every_command_has_a_manual_page() {
    for program in [analyzer(), recorder_program()] {
        let folder = tempfile::tempdir().expect("a directory");
        let place = folder.path().display().to_string();
        run(&program, ["generate", "man", &*place]).expect_code(0);
        let name = program
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let mut pages = vec![format!("{name}.1")];
        pages.extend(
            subcommands(&program)
                .iter()
                .map(|command| format!("{name}-{command}.1")),
        );
        for page in pages {
            let text = fs::read_to_string(folder.path().join(&page));
            let text = text.unwrap_or_else(|error| panic!("{page}: {error}"));
            assert!(text.contains(".SH SYNOPSIS"), "{page}: {text}");
        }
        run(&program, ["generate", "man", "/nowhere/at/all"]).expect_code(2);
    }
}

#[test]
fn shells_take_their_completions() {
    for program in [analyzer(), recorder_program()] {
        for (shell, check) in [("bash", &["-n"][..]), ("zsh", &["-n"]), ("fish", &["-n"])] {
            let made = run(&program, ["generate", "completions", shell]);
            made.expect_code(0);
            for command in subcommands(&program) {
                assert!(made.stdout.contains(&command), "{shell}: no {command}");
            }
            let folder = tempfile::tempdir().expect("a directory");
            let script = folder.path().join("completions");
            fs::write(&script, &made.stdout).expect("a file");
            let parsed = Command::new(shell)
                .args(check)
                .arg(&script)
                .stdin(Stdio::null())
                .status();
            // A shell that is not here cannot be asked.
            assert!(
                parsed.is_err() || parsed.is_ok_and(|status| status.success()),
                "{shell}"
            );
        }
    }
}

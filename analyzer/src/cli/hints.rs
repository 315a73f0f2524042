//! What people type who come from other tools, and what it is called here.
//!
//! In: a command line that was refused. Out: one line that says what is near; nothing where nobody knows.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Words, as commands or as long options, and the command that does what they ask for.
const WORDS: [(&[&str], &str); 16] = [
    (
        &[
            "search", "query", "grep", "find", "filter", "show", "print", "cat", "read", "dump",
        ],
        "events CAPTURE 'CONDITION' prints the events that match; sql asks tables",
    ),
    (
        &["select", "table", "tables", "csv"],
        "sql CAPTURE -c 'SELECT …' asks tables; export writes them",
    ),
    (
        &["status", "list", "ls", "stat", "stats", "inspect"],
        "info CAPTURE says what a capture holds",
    ),
    (
        &["alerts", "run", "scan", "detect", "analyze"],
        "replay CAPTURE -r RULES says which rules alert",
    ),
    (
        &["ss", "sockets", "connections", "conns"],
        "netstat CAPTURE lists sockets with their processes",
    ),
    (
        &["pstree", "tree"],
        "ps CAPTURE --tree draws processes below their parents",
    ),
    (
        &["processes", "procs", "htop"],
        "ps CAPTURE lists processes; top procs CAPTURE ranks them",
    ),
    (
        &["files", "fds", "fuser"],
        "lsof CAPTURE lists what processes held; top files CAPTURE ranks files",
    ),
    (
        &["last", "w", "sessions", "logins"],
        "who CAPTURE lists sessions",
    ),
    (
        &["mount", "df", "findmnt"],
        "mounts CAPTURE lists what was mounted",
    ),
    (
        &["docker", "crictl", "pods", "images"],
        "containers CAPTURE lists containers",
    ),
    (&["passwd", "id", "accounts"], "users CAPTURE lists users"),
    (
        &["validate", "lint", "check", "syntax"],
        "rules check RULES checks rule files",
    ),
    (
        &["convert", "save", "write", "pcap"],
        "export writes captures in other forms, import reads them",
    ),
    (
        &["anonymize", "mask", "scrub"],
        "redact CAPTURE -o DIR replaces names and addresses",
    ),
    (
        &["cut", "trim", "split", "extract"],
        "slice CAPTURE -o DIR keeps a part of a capture",
    ),
];

/// What is near what was refused.
pub(super) fn hint(refusal: &clap::Error) -> Option<String> {
    let kind = match refusal.kind() {
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        _ => return None,
    };
    let Some(ContextValue::String(word)) = refusal.get(kind) else {
        return None;
    };
    let command = near(word)?;
    Some(format!("for '{word}' there is: falco-analyze {command}"))
}

fn near(word: &str) -> Option<&'static str> {
    let word = word.trim_start_matches('-').to_ascii_lowercase();
    let known = WORDS.iter().find(|(words, _)| words.contains(&&*word));
    known.map(|(_, command)| *command)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn what_is_refused_has_something_near() {
        let check = |typed: &[&str], expected: &str| {
            let typed = [&["falco-analyze"], typed].concat();
            let refusal = Cli::command()
                .try_get_matches_from(typed)
                .expect_err("refused");
            let hint = hint(&refusal).unwrap_or_default();
            assert!(hint.contains(expected), "{hint}");
            assert_eq!(hint.is_empty(), expected.is_empty(), "{hint}");
        };
        check(&["search", "capture"], "falco-analyze events CAPTURE");
        check(&["query", "capture"], "falco-analyze events CAPTURE");
        check(&["--status"], "falco-analyze info CAPTURE");
        check(&["list"], "falco-analyze info CAPTURE");
        check(&["GREP", "x"], "falco-analyze events CAPTURE");
        check(&["info", "--list", "capture"], "falco-analyze info CAPTURE");
        check(&["nonsense"], "");
        check(&["info"], "");
    }

    /// A hint leads to a command that there is, and away from none.
    #[test]
    fn hints_name_commands_and_are_none() {
        let command = Cli::command();
        let names: BTreeSet<_> = command
            .get_subcommands()
            .map(clap::Command::get_name)
            .collect();
        let mut seen = BTreeSet::new();
        for (words, hint) in WORDS {
            let first = hint.split(' ').next().expect("a word");
            assert!(names.contains(first), "{hint}");
            for word in words {
                assert!(!names.contains(word), "{word} is a command");
                assert!(seen.insert(word), "{word} stands twice");
            }
        }
    }
}

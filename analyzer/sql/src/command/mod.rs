//! Commands of the shell: what begins with a backslash, and what people type who know other shells.
//!
//! In: a line. Out: what it asks for. What each is called, takes and does is said once, in [`COMMANDS`]; help and completion are made of it.

mod listing;
mod perform;

use std::path::PathBuf;

use falco_sql::{Expanded, Format};

/// What a command asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// All tables and views, or the columns of one.
    Describe { table: Option<String>, is_all: bool },
    /// All tables.
    Tables,
    /// The views that come with the program.
    Views,
    /// Functions with a part of their names.
    Functions(Option<String>),
    /// How long each statement took.
    Timing(Option<bool>),
    /// When rows stand one below the other.
    Expanded(Option<Expanded>),
    /// The form of results.
    Format(Option<Format>),
    /// Whether long results go to a pager.
    Pager(Option<bool>),
    /// Results go to a file, or to the terminal again.
    Output(Option<PathBuf>),
    /// A file of statements.
    Input(PathBuf),
    /// Runs what was typed so far.
    Run,
    /// Forgets what was typed so far.
    Reset,
    /// This list.
    Help,
    /// Leaves.
    Quit,
}

/// What may follow a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Argument {
    Nothing,
    Table,
    Function,
    File,
    Words(&'static [&'static str]),
}

/// One command.
pub(crate) struct Spec {
    /// Its names; the first is the one that help shows first.
    pub(crate) names: &'static [&'static str],
    /// What it takes, as help shows it.
    pub(crate) usage: &'static str,
    pub(crate) argument: Argument,
    pub(crate) doc: &'static str,
    read: fn(Option<&str>) -> Result<Command, String>,
}

const SWITCH: Argument = Argument::Words(&["on", "off"]);

/// Every command.
pub(crate) const COMMANDS: &[Spec] = &[
    Spec {
        names: &["\\d"],
        usage: "[TABLE]",
        argument: Argument::Table,
        doc: "tables and views, or the columns of one",
        read: |table| {
            Ok(Command::Describe {
                table: table.map(Into::into),
                is_all: false,
            })
        },
    },
    Spec {
        names: &["\\d+"],
        usage: "TABLE",
        argument: Argument::Table,
        doc: "its columns, those among them that only a query that names them sees",
        read: |table| {
            Ok(Command::Describe {
                table: table.map(Into::into),
                is_all: true,
            })
        },
    },
    Spec {
        names: &["\\dt"],
        usage: "",
        argument: Argument::Nothing,
        doc: "tables",
        read: |_| Ok(Command::Tables),
    },
    Spec {
        names: &["\\views", "\\dv"],
        usage: "",
        argument: Argument::Nothing,
        doc: "views that come with the program: questions that are asked often",
        read: |_| Ok(Command::Views),
    },
    Spec {
        names: &["\\df"],
        usage: "[PART]",
        argument: Argument::Function,
        doc: "functions, or those with this part of a name",
        read: |part| Ok(Command::Functions(part.map(Into::into))),
    },
    Spec {
        names: &["\\timing"],
        usage: "[on|off]",
        argument: SWITCH,
        doc: "how long each statement took",
        read: |word| Ok(Command::Timing(switch(word)?)),
    },
    Spec {
        names: &["\\x"],
        usage: "[on|off|auto]",
        argument: Argument::Words(&["auto", "off", "on"]),
        doc: "a line for each column: always, never, or where a table does not fit",
        read: |word| Ok(Command::Expanded(expanded(word)?)),
    },
    Spec {
        names: &["\\format"],
        usage: "[table|json|csv|parquet|arrow]",
        argument: Argument::Words(&["arrow", "csv", "json", "parquet", "table"]),
        doc: "the form of results",
        read: |word| Ok(Command::Format(word.map(format).transpose()?)),
    },
    Spec {
        names: &["\\pager"],
        usage: "[on|off]",
        argument: SWITCH,
        doc: "whether long results go to $PAGER, or less -S",
        read: |word| Ok(Command::Pager(switch(word)?)),
    },
    Spec {
        names: &["\\o"],
        usage: "[FILE]",
        argument: Argument::File,
        doc: "results go to a new file; without one, to the terminal again",
        read: |file| Ok(Command::Output(file.map(Into::into))),
    },
    Spec {
        names: &["\\i"],
        usage: "FILE",
        argument: Argument::File,
        doc: "runs the statements of a file",
        read: |file| Ok(Command::Input(file.ok_or("which file? `\\i FILE`")?.into())),
    },
    Spec {
        names: &["\\g"],
        usage: "",
        argument: Argument::Nothing,
        doc: "runs what was typed so far, as `;` does",
        read: |_| Ok(Command::Run),
    },
    Spec {
        names: &["\\r"],
        usage: "",
        argument: Argument::Nothing,
        doc: "forgets what was typed so far",
        read: |_| Ok(Command::Reset),
    },
    Spec {
        names: &["\\?", "\\h", "help"],
        usage: "",
        argument: Argument::Nothing,
        doc: "this list",
        read: |_| Ok(Command::Help),
    },
    Spec {
        names: &["\\q", "quit", "exit"],
        usage: "",
        argument: Argument::Nothing,
        doc: "leaves; so does Ctrl-D",
        read: |_| Ok(Command::Quit),
    },
];

/// Reads a line that is a command.
pub(crate) fn parse(line: &str) -> Result<Command, String> {
    let line = line.trim().trim_end_matches(';').trim_end();
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let argument = Some(rest.trim())
        .filter(|rest| !rest.is_empty())
        .map(unquoted);
    let is_it = |spec: &&Spec| {
        spec.names
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
    };
    let Some(spec) = COMMANDS.iter().find(is_it) else {
        return Err(format!("there is no command '{name}'; `\\?` lists them"));
    };
    if spec.argument == Argument::Nothing && argument.is_some() {
        return Err(format!("'{name}' takes nothing"));
    }
    (spec.read)(argument)
}

/// An argument without the quotes around it, which names with spaces have in other shells.
fn unquoted(argument: &str) -> &str {
    let inner = |quote| argument.strip_prefix(quote)?.strip_suffix(quote);
    inner('\'').or_else(|| inner('"')).unwrap_or(argument)
}

fn switch(word: Option<&str>) -> Result<Option<bool>, String> {
    match word {
        None => Ok(None),
        Some("on") => Ok(Some(true)),
        Some("off") => Ok(Some(false)),
        Some(other) => Err(format!("'{other}' is neither on nor off")),
    }
}

fn expanded(word: Option<&str>) -> Result<Option<Expanded>, String> {
    Ok(match word {
        Some("auto") => Some(Expanded::Auto),
        word => switch(word)
            .map_err(|error| format!("{error} nor auto"))?
            .map(|is_on| if is_on { Expanded::On } else { Expanded::Off }),
    })
}

fn format(word: &str) -> Result<Format, String> {
    let all = [
        Format::Table,
        Format::Json,
        Format::Csv,
        Format::Parquet,
        Format::Arrow,
    ];
    let found = all.into_iter().find(|format| format.name() == word);
    found.ok_or_else(|| format!("'{word}' is none of table, json, csv, parquet, arrow"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn commands_are_read() {
        let check = |line: &str, expected: Result<Command, &str>| {
            assert_eq!(parse(line), expected.map_err(ToOwned::to_owned), "{line}");
        };
        check(
            "\\d",
            Ok(Command::Describe {
                table: None,
                is_all: false,
            }),
        );
        check(
            " \\d  events ; ",
            Ok(Command::Describe {
                table: Some("events".into()),
                is_all: false,
            }),
        );
        check(
            "\\d+ events",
            Ok(Command::Describe {
                table: Some("events".into()),
                is_all: true,
            }),
        );
        check("\\dv", Ok(Command::Views));
        check("\\timing", Ok(Command::Timing(None)));
        check("\\timing on", Ok(Command::Timing(Some(true))));
        check("\\timing maybe", Err("'maybe' is neither on nor off"));
        check("\\x auto", Ok(Command::Expanded(Some(Expanded::Auto))));
        check("\\x never", Err("'never' is neither on nor off nor auto"));
        check("\\format csv", Ok(Command::Format(Some(Format::Csv))));
        check(
            "\\format xml",
            Err("'xml' is none of table, json, csv, parquet, arrow"),
        );
        check("\\o", Ok(Command::Output(None)));
        check(
            "\\o 'a file.csv'",
            Ok(Command::Output(Some("a file.csv".into()))),
        );
        check("\\i", Err("which file? `\\i FILE`"));
        check("QUIT;", Ok(Command::Quit));
        check("\\q now", Err("'\\q' takes nothing"));
        check(
            "\\nothing",
            Err("there is no command '\\nothing'; `\\?` lists them"),
        );
    }

    #[test]
    fn names_are_one_commands_each() {
        let names: Vec<_> = COMMANDS.iter().flat_map(|spec| spec.names).collect();
        let distinct: BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        assert!(COMMANDS.iter().all(|spec| !spec.doc.is_empty()));
    }
}

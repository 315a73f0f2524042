//! `falco-analyze rules fmt`: the canonical layout of rule files.
//!
//! In: rule files, or stdin. Out: the files replaced, each at once and only where it changes; or stdout.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use falco_analyze::rule_files::{RuleText, read_each_rule_file};
use falco_format::text::plain;
use falco_rules::{Diagnostic, format_rules};

use crate::cli::args::{is_colored, writer};
use crate::cli::exit::Outcome;
use crate::cli::notice;

const STDIN: &str = "-";

const EXAMPLES: &str = "\
Indents by two columns, puts one blank line between items, and takes blanks from the ends of lines. Comments, the order of items and keys, quotes, and what block scalars say stay as they are; rules mean what they meant. A file whose layout cannot be changed without changing what it says is left alone and reported.
Exit codes: 0 done, 1 under --check when a file would change, 2 errors.

Examples:
  falco-analyze rules fmt rules.yaml rules.d
  falco-analyze rules fmt --check rules.d
  falco-analyze rules fmt - < rules.yaml";

/// Lay rule files out one way
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct FmtArgs {
    /// Rule files or directories; `-` reads stdin and writes stdout
    #[arg(required = true, value_name = "FILE|DIR|-")]
    files: Vec<PathBuf>,
    /// Change nothing; name the files that would change, and end with 1 if there are any
    #[arg(long)]
    check: bool,
}

/// Lays out every file; one that cannot be does not keep the others from it.
pub(super) fn format(args: &FmtArgs) -> Result<Outcome> {
    let mut writer = writer();
    let mut outcome = Outcome::Clean;
    for path in &args.files {
        let is_stdin = path.as_os_str() == STDIN;
        let texts = if is_stdin {
            vec![Ok(read_stdin()?)]
        } else {
            read_each_rule_file(&[path])
        };
        for file in texts {
            let file = match file {
                Ok(file) => file,
                Err(error) => {
                    let reason = error.reason();
                    notice::complain(format_args!("{}: {reason}", plain(error.path())));
                    outcome = Outcome::Failed;
                    continue;
                }
            };
            let formatted = match format_rules(&file.name, &file.text) {
                Ok(formatted) => formatted,
                Err(problem) => {
                    complain(&problem);
                    outcome = Outcome::Failed;
                    continue;
                }
            };
            let changes = formatted != file.text;
            match (args.check, is_stdin) {
                (true, _) if changes => {
                    writeln!(writer, "{}", plain(&file.name))?;
                    if outcome == Outcome::Clean {
                        outcome = Outcome::Findings;
                    }
                }
                (true, _) => {}
                (false, true) => writer.write_all(formatted.as_bytes())?,
                (false, false) if changes => replace(Path::new(&file.name), &formatted)?,
                (false, false) => {}
            }
        }
    }
    writer.flush()?;
    Ok(outcome)
}

fn complain(problem: &Diagnostic) {
    let text = falco_rules::render(std::slice::from_ref(problem), is_colored(&io::stderr()));
    notice::diagnostics(&text);
}

fn read_stdin() -> Result<RuleText> {
    let mut text = String::new();
    io::stdin()
        .read_to_string(&mut text)
        .context("cannot read the rules from stdin")?;
    Ok(RuleText {
        name: "<stdin>".to_owned(),
        text,
    })
}

/// Replaces a file at once: whoever reads it sees the old text or the new one. A symbolic link stays one.
fn replace(path: &Path, text: &str) -> Result<()> {
    let target =
        fs::canonicalize(path).with_context(|| format!("cannot find {}", path.display()))?;
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = target.with_file_name(name);
    let result = write_beside(&beside, &target, text).and_then(|()| fs::rename(&beside, &target));
    if result.is_err() {
        // What is left over is only in the way; the reason of the failure is what the user needs.
        let _ = fs::remove_file(&beside);
    }
    result.with_context(|| format!("cannot replace {}", path.display()))
}

fn write_beside(beside: &Path, target: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create_new(beside)?;
    file.set_permissions(fs::metadata(target)?.permissions())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

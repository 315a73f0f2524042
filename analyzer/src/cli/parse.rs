//! The command line as typed: parsed, or refused with a message that a terminal may show.
//!
//! Names of files that stand in a hostile directory reach a command line by `*`; where it is refused, the message shows them as text of others.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser;
use falco_format::text::plain;

use super::args::is_colored;
use super::exit::{self, Outcome};
use super::output::stdout;
use super::{hints, notice};

/// Parses the program's own command line; the exit code where it is wrong or asks for help, which is printed then.
pub(crate) fn parse<Arguments: Parser>() -> Result<Arguments, ExitCode> {
    let typed: Vec<OsString> = std::env::args_os().collect();
    Arguments::try_parse_from(&typed).map_err(|refusal| {
        if refusal.exit_code() == 0 {
            return exit::code(help(&refusal));
        }
        // The refusal quotes what was typed: that it may be shown, the same is refused once more in plain words.
        let shown = typed.iter().map(|word| plain(word.as_os_str()).to_string());
        let shown = Arguments::try_parse_from(shown).err();
        let refusal = shown.unwrap_or(refusal);
        let Some(hint) = hints::hint(&refusal) else {
            refusal.exit();
        };
        // Where nobody listens there is nobody to tell.
        let _ = refusal.print();
        notice::complain(hint);
        exit::code(Ok(Outcome::Failed))
    })
}

/// Prints what was asked for in place of a command: help, or the version.
fn help(asked: &clap::Error) -> anyhow::Result<Outcome> {
    let text = asked.render();
    let mut results = stdout();
    if is_colored(&io::stdout()) {
        write!(results, "{}", text.ansi())?;
    } else {
        write!(results, "{text}")?;
    }
    results.flush()?;
    Ok(Outcome::Clean)
}

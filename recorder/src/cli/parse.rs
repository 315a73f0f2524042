//! The command line as typed: parsed, or refused with a message that a terminal may show.
//!
//! Names of files that stand in a hostile directory reach a command line by `*`; where it is refused, the message shows them as text of others.

use std::ffi::OsString;

use clap::Parser;
use falco_format::text::plain;

/// The program's own command line.
pub(super) fn typed() -> Vec<OsString> {
    std::env::args_os().collect()
}

/// Parses a command line; ends the program where it is wrong or asks for help.
pub(super) fn parse<Arguments: Parser>(typed: &[OsString]) -> Arguments {
    Arguments::try_parse_from(typed).unwrap_or_else(|refusal| {
        // The refusal quotes what was typed: that it may be shown, the same is refused once more in plain words.
        let shown = typed.iter().map(|word| plain(word.as_os_str()).to_string());
        let shown = Arguments::try_parse_from(shown).err();
        shown.unwrap_or(refusal).exit()
    })
}

//! What standard output can show.
//!
//! In: the terminal, the locale. Out: a width and an alphabet. Whoever reads through a pipe gets everything: nothing is cut there.

use std::io;

/// How wide a terminal is taken to be that does not tell.
const UNKNOWN_WIDTH: usize = 80;
/// A terminal that says it is narrower is taken for this wide: below it, nothing can be read.
const WIDTH_MIN: usize = 20;

/// Where lines are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Screen {
    /// How many cells a line has; none where there is no end to it.
    pub(crate) width: Option<usize>,
    /// Whether it shows characters beyond ASCII.
    pub(crate) is_unicode: bool,
}

impl Screen {
    /// Standard output, and what the user's locale says.
    pub(crate) fn of_stdout() -> Screen {
        let variable = |name| std::env::var(name).ok();
        Screen {
            width: width(),
            is_unicode: is_unicode(variable),
        }
    }
}

/// The width of standard output where it is a terminal.
fn width() -> Option<usize> {
    let stdout = io::stdout();
    if !rustix::termios::isatty(&stdout) {
        return None;
    }
    let told = rustix::termios::tcgetwinsize(&stdout).ok();
    let cells = told.map(|size| usize::from(size.ws_col));
    let known = cells.filter(|&cells| cells > 0).unwrap_or(UNKNOWN_WIDTH);
    Some(known.max(WIDTH_MIN))
}

/// Whether a locale has all characters: the first of the variables that is set decides, as in the C library.
fn is_unicode(variable: impl Fn(&'static str) -> Option<String>) -> bool {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter();
    let mut set = names.filter_map(variable).filter(|value| !value.is_empty());
    let locale = set.next().unwrap_or_default().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_says_which_characters_there_are() {
        let check = |set: &[(&str, &str)], expected| {
            let value = |name: &str| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(is_unicode(value), expected, "{set:?}");
        };
        check(&[], false);
        check(&[("LANG", "C")], false);
        check(&[("LANG", "C.UTF-8")], true);
        check(&[("LANG", "de_DE.utf8")], true);
        check(&[("LANG", "C.UTF-8"), ("LC_ALL", "C")], false);
        check(&[("LANG", "C.UTF-8"), ("LC_ALL", "")], true);
        check(&[("LC_CTYPE", "C"), ("LANG", "en_US.UTF-8")], false);
    }
}

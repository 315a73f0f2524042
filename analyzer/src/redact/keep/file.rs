//! Files that say what is kept, and the lists that are built in.
//!
//! In: TOML. Out: words, networks, numbers as they were written. An unknown key is an error: a misspelt one would keep nothing, or everything.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Network;

/// The longest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// The most digits that a file may keep: those of the largest number of 64 bits.
const DIGITS_MAX: usize = 20;

/// Why a file says nothing.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Io {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It says what is not known.
    #[error("{}: {what}", path.display())]
    Wrong {
        /// Its path.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// A file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    replace: Vec<String>,
    #[serde(default)]
    networks: Vec<String>,
    numbers: Option<usize>,
    #[serde(default = "yes")]
    built_in: bool,
}

fn yes() -> bool {
    true
}

/// What a file says.
#[derive(Debug)]
pub(super) struct KeepFile {
    /// Texts, each of whose words is kept.
    pub(super) words: Vec<String>,
    /// Texts, each of whose words is replaced.
    pub(super) replace: Vec<String>,
    /// Networks whose addresses are kept.
    pub(super) networks: Vec<Network>,
    /// How many digits of a number are kept.
    pub(super) numbers: Option<usize>,
    /// Whether what is built in holds as well.
    pub(super) built_in: bool,
}

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<KeepFile, KeepError> {
    let failed = |source| KeepError::Io {
        path: path.to_owned(),
        source,
    };
    let length = std::fs::metadata(path).map_err(failed)?.len();
    if length > FILE_BYTES_MAX {
        return Err(failed(io::ErrorKind::FileTooLarge.into()));
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    parse(&text).map_err(|what| KeepError::Wrong {
        path: path.to_owned(),
        what,
    })
}

fn parse(text: &str) -> Result<KeepFile, String> {
    let written: Written = toml::from_str(text).map_err(|error| error.to_string())?;
    let networks = written.networks.iter().map(|network| network.parse());
    let numbers = written.numbers;
    if numbers.is_some_and(|digits| digits > DIGITS_MAX) {
        return Err(format!("numbers: at most {DIGITS_MAX} digits can be kept"));
    }
    Ok(KeepFile {
        words: written.words,
        replace: written.replace,
        networks: networks.collect::<Result<_, _>>()?,
        numbers,
        built_in: written.built_in,
    })
}

/// The lists that are built in, by their names.
pub(super) fn built_in() -> BTreeMap<String, String> {
    // What the file holds is fixed when this is built, and a test reads it.
    toml::from_str(include_str!("words.toml")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_lists_are_read() {
        let names: Vec<String> = built_in().into_keys().collect();
        let expected = [
            "environment",
            "files",
            "options",
            "paths",
            "programs",
            "structure",
            "users",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_file_is_read_or_the_fault_is_named() {
        let check = |text: &str, expected: Option<&str>| match (parse(text), expected) {
            (Ok(_), None) => {}
            (Err(said), Some(expected)) => assert!(said.contains(expected), "{said}"),
            (other, expected) => panic!("{text}: {other:?} for {expected:?}"),
        };
        check("", None);
        check(
            "words = [\"/srv/app\"]\nreplace = [\"mail\"]\nnetworks = [\"192.0.2.0/24\", \"::1\"]\nnumbers = 0\nbuilt_in = false",
            None,
        );
        check("word = []", Some("word"));
        check("words = \"a\"", Some("words"));
        check("networks = [\"a\"]", Some("'a' is no address"));
        check("networks = [\"1.2.3.4/33\"]", Some("1.2.3.4/33"));
        check("numbers = 21", Some("at most 20"));
        check("numbers = -1", Some("numbers"));
        check("words = [", Some("TOML"));
    }
}

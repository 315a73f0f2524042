//! What was typed, kept for the next time.
//!
//! In: lines. Out: a file in the directory where programs keep the state of their user, which its owner alone may read: questions tell what is suspected.
//! Each line is kept when it was typed, so nothing is lost with the terminal. Where there is no such file, the shell does without and says so once.

use std::env;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use falco_format::text::plain;
use rustyline::Editor;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;

use super::helper::ShellHelper;
use crate::notice;

const DIRECTORY: &str = "falco-recorder";
const FILE: &str = "sql_history";
const DIRECTORY_MODE: u32 = 0o700;

/// The file, if there is one.
pub(super) struct History(Option<PathBuf>);

impl History {
    /// Reads what was typed before.
    pub(super) fn open(editor: &mut Editor<ShellHelper, FileHistory>) -> Self {
        let Some(path) = path() else {
            return Self(None);
        };
        let opened = path
            .parent()
            .map_or(Ok(()), make)
            .map_err(ReadlineError::from);
        let read = opened.and_then(|()| match editor.load_history(&path) {
            Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                editor.save_history(&path)
            }
            other => other,
        });
        match read {
            Ok(()) => Self(Some(path)),
            Err(error) => {
                notice::complain(format_args!(
                    "nothing is remembered: {}: {error}",
                    plain(&path)
                ));
                Self(None)
            }
        }
    }

    /// Keeps what was typed.
    pub(super) fn add(&self, editor: &mut Editor<ShellHelper, FileHistory>, typed: &str) {
        let added = editor.add_history_entry(typed);
        let Some(path) = self.0.as_ref().filter(|_| matches!(added, Ok(true))) else {
            return;
        };
        if let Err(error) = editor.append_history(path) {
            notice::complain(format_args!(
                "this is not remembered: {}: {error}",
                plain(path)
            ));
        }
    }
}

/// Where the file is: `$XDG_STATE_HOME`, or `~/.local/state`.
fn path() -> Option<PathBuf> {
    let absolute = |name: &str| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let state =
        absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join(DIRECTORY).join(FILE))
}

fn make(directory: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(DIRECTORY_MODE)
        .create(directory)
}

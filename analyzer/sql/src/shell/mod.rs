//! The interactive shell.
//!
//! In: lines as they are typed. Out: what a [`Runner`] makes of them. Lines are edited until a statement ends; what was typed is kept for the next time.

mod complete;
mod helper;
mod history;

use anyhow::{Context as _, Result};
use falco_format::text::count;
use falco_sql::{PieceKind, Script, SqlError};
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Editor};

use crate::command::{Command, parse};
use crate::notice;
use crate::runner::{Ended, Failed, Next, Runner};
use complete::Names;
use helper::ShellHelper;
use history::History;

const PROMPT: &str = "falco> ";
/// Statements of the history; more than anybody looks for.
const HISTORY_ENTRIES_MAX: usize = 2_000;

/// Talks with whoever sits at the terminal until they leave.
pub(crate) fn run(mut runner: Runner) -> Result<Ended> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .history_ignore_space(true)
        .history_ignore_dups(true)?
        .max_history_size(HISTORY_ENTRIES_MAX)?
        .build();
    let mut editor: Editor<ShellHelper, FileHistory> =
        Editor::with_config(config).context("this terminal cannot be used")?;
    let names = runner.runtime.block_on(Names::of(&runner.session));
    notice::tell(format_args!(
        "falco-analyze sql {}: {}. `\\?` for help, `\\q` to leave.",
        env!("CARGO_PKG_VERSION"),
        count(names.tables() as u64, "table"),
    ));
    editor.set_helper(Some(ShellHelper::new(names)));
    let history = History::open(&mut editor);
    let mut waiting = String::new();
    loop {
        match editor.readline_with_initial(PROMPT, (&waiting, "")) {
            Ok(typed) => {
                waiting.clear();
                if !typed.trim().is_empty() {
                    history.add(&mut editor, &typed);
                }
                match typed_in(&mut runner, &typed) {
                    Typed::Done => {}
                    Typed::Waits(rest) => waiting = rest,
                    Typed::Leave => break,
                }
            }
            // Ctrl-C throws away what was typed, and nothing else.
            Err(ReadlineError::Interrupted) => waiting.clear(),
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(error).context("the terminal cannot be read"),
        }
    }
    runner.leave()
}

/// What became of what was typed.
enum Typed {
    Done,
    /// A statement that has not ended.
    Waits(String),
    Leave,
}

/// Runs what was typed; what comes behind an error is not run.
fn typed_in(runner: &mut Runner, typed: &str) -> Typed {
    let mut script = Script::new(None);
    script.push(typed);
    while let Some(piece) = script.next_piece() {
        let text = piece.excerpt.text();
        let command = (piece.kind == PieceKind::Command).then(|| parse(text));
        let piece = match command {
            Some(Ok(Command::Reset)) => return Typed::Done,
            Some(Ok(Command::Run)) => match script.last_piece() {
                Some(piece) => piece,
                None => continue,
            },
            _ => piece,
        };
        match runner.piece(&piece) {
            Ok(Next::Go) => {}
            Ok(Next::Leave) => return Typed::Leave,
            Err(failed) => {
                tell(&failed);
                break;
            }
        }
    }
    script
        .pending()
        .map_or(Typed::Done, |rest| Typed::Waits(rest.to_owned()))
}

fn tell(failed: &Failed) {
    match failed {
        Failed::Told | Failed::Unread => {}
        Failed::Stopped => notice::tell("Stopped."),
        Failed::Error(error) if error.downcast_ref::<SqlError>() == Some(&SqlError::Empty) => {}
        Failed::Error(error) => notice::complain(crate::message(error)),
    }
}

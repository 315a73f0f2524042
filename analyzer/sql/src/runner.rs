//! Statements and commands, one after the other.
//!
//! In: pieces of a script, from wherever. Out: results where they go, complaints on stderr, and what was missing from the evidence.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow};
use falco_format::text::{count, plain};
use falco_sql::{
    Evidence, Form, PASSES_AT_ONCE_MAX, Piece, PieceKind, STATEMENT_BYTES_MAX, Script,
    SessionOptions, Sources, SqlError, SqlSession,
};
use tokio::runtime::Runtime;

use crate::args::Args;
use crate::asked::{Asked, is_stdin};
use crate::interrupt::Interrupts;
use crate::notice;
use crate::out::{Out, Paged, window};

/// Threads that passes over one source may take at a time, one for each time that a query names the table.
/// A pass that waits for a thread while another waits for its query to take batches would wait for ever.
const PASS_THREADS_PER_SOURCE: usize = 16;
/// Threads for what DataFusion itself does aside, such as spilling.
const ASIDE_THREADS: usize = 64;
/// Scripts that read each other are read no deeper; one that reads itself would be read for ever.
const SCRIPTS_DEEP_MAX: usize = 16;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Everything was answered.
    Answered(Evidence),
    /// Whoever sat at the terminal left.
    Left,
    /// Something was not answered, and the reason is printed.
    Failed,
}

/// How one statement ended that did not end well.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The reason is printed.
    Told,
    /// Somebody wanted an end.
    Stopped,
    /// Nobody reads the results any more.
    Unread,
    /// Something else does not work.
    Error(anyhow::Error),
}

impl From<anyhow::Error> for Failed {
    fn from(error: anyhow::Error) -> Self {
        Failed::Error(error)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Failed::Error(error.into())
    }
}

impl From<SqlError> for Failed {
    fn from(error: SqlError) -> Self {
        Failed::Error(error.into())
    }
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Go,
    Leave,
}

/// What is told to everybody.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Whether each statement is followed by how long it took.
    pub(crate) has_timing: bool,
    /// Whether long results go to a pager.
    pub(crate) has_pager: bool,
    /// Whether somebody sits at the terminal.
    pub(crate) is_shell: bool,
}

/// Runs statements and commands.
pub(crate) struct Runner {
    pub(crate) runtime: Runtime,
    pub(crate) session: Arc<SqlSession>,
    pub(crate) form: Form,
    pub(crate) out: Out,
    pub(crate) settings: Settings,
    pub(crate) interrupts: Interrupts,
    /// What was missing when that was last told.
    told: Evidence,
    /// Scripts that are being read by others.
    depth: usize,
    /// Results that were begun where they go now.
    pub(crate) results: usize,
}

impl Runner {
    /// Opens a session over sources.
    pub(crate) fn open(args: &Args, sources: Sources, out: Out, is_shell: bool) -> Result<Self> {
        let options = SessionOptions {
            memory_bytes: args.memory,
            threads: args.threads().get(),
            temp_directory: args.temporary.clone(),
            ..SessionOptions::default()
        };
        let pass_threads = PASSES_AT_ONCE_MAX * PASS_THREADS_PER_SOURCE + ASIDE_THREADS;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(args.threads().get())
            .max_blocking_threads(pass_threads)
            .enable_all()
            .build()
            .context("cannot start worker threads")?;
        let session = runtime.block_on(SqlSession::open(sources, options))?;
        let mut form = Form::from(args.format());
        form.zone = args.zone.clone();
        Ok(Self {
            runtime,
            session: Arc::new(session),
            form,
            out,
            settings: Settings {
                has_timing: false,
                has_pager: is_shell,
                is_shell,
            },
            interrupts: Interrupts::catch(is_shell)?,
            told: Evidence::default(),
            depth: 0,
            results: 0,
        })
    }

    /// Answers what the command line asks for.
    pub(crate) fn answer(mut self, asked: &Asked) -> Result<Ended> {
        let answered = match asked {
            Asked::Commands(texts) => self.commands(texts),
            Asked::Files(files) => self.files(files),
            Asked::Shell => Ok(Next::Leave),
        };
        match answered {
            // What nobody reads is whole for whoever went away.
            Ok(_) | Err(Failed::Unread) => {}
            Err(Failed::Told) => return Ok(Ended::Failed),
            Err(Failed::Stopped) => {
                notice::complain("stopped by a signal: the answer is not whole");
                // What a query is in the middle of may take a while to see that nobody waits for it.
                self.runtime.shutdown_background();
                return Ok(Ended::Failed);
            }
            Err(Failed::Error(error)) => return Err(error),
        }
        let evidence = self.runtime.block_on(self.session.evidence())?;
        self.out.finish()?;
        Ok(Ended::Answered(evidence))
    }

    fn commands(&mut self, texts: &[String]) -> Result<Next, Failed> {
        let mut pieces = 0;
        for text in texts {
            let mut script = Script::new(None);
            script.push(text);
            while let Some(piece) = script.last_piece() {
                pieces += 1;
                if self.piece(&piece)? == Next::Leave {
                    return Ok(Next::Leave);
                }
            }
        }
        self.admit_some(pieces)
    }

    fn files(&mut self, files: &[impl AsRef<Path>]) -> Result<Next, Failed> {
        let mut pieces = 0;
        for file in files {
            let (next, more) = self.script(file.as_ref())?;
            pieces += more;
            if next == Next::Leave {
                return Ok(Next::Leave);
            }
        }
        self.admit_some(pieces)
    }

    /// A question without a statement is a mistake of whoever made it.
    fn admit_some(&self, pieces: usize) -> Result<Next, Failed> {
        if pieces == 0 {
            return Err(SqlError::Empty.into());
        }
        Ok(Next::Go)
    }

    /// Runs a file; how many pieces it had.
    pub(crate) fn script(&mut self, path: &Path) -> Result<(Next, usize), Failed> {
        if self.depth >= SCRIPTS_DEEP_MAX {
            return Err(
                anyhow!("scripts read each other more than {SCRIPTS_DEEP_MAX} deep").into(),
            );
        }
        let cannot = || format!("cannot read the query in {}", plain(path));
        let name = plain(path).to_string();
        let (mut lines, mut script): (Box<dyn BufRead>, _) = if is_stdin(path) {
            (
                Box::new(io::stdin().lock()),
                Script::new(Some("standard input")),
            )
        } else {
            let file = File::open(path).with_context(cannot)?;
            (Box::new(BufReader::new(file)), Script::new(Some(&name)))
        };
        self.depth += 1;
        let done = self.lines(&mut lines, &mut script, &cannot);
        self.depth -= 1;
        done
    }

    /// Runs pieces as their lines come.
    fn lines(
        &mut self,
        lines: &mut dyn BufRead,
        script: &mut Script,
        cannot: &dyn Fn() -> String,
    ) -> Result<(Next, usize), Failed> {
        let mut pieces = 0;
        loop {
            let mut line = String::new();
            let room = STATEMENT_BYTES_MAX.saturating_sub(script.waiting());
            let read = lines.take(room as u64 + 1).read_line(&mut line);
            let read = read.with_context(cannot)?;
            if read > room {
                let error = anyhow!(
                    "a statement has more than {}",
                    count(STATEMENT_BYTES_MAX as u64, "byte")
                );
                return Err(error.context(cannot()).into());
            }
            if read > 0 {
                script.push(&line);
            }
            loop {
                let piece = if read > 0 {
                    script.next_piece()
                } else {
                    script.last_piece()
                };
                let Some(piece) = piece else { break };
                pieces += 1;
                if self.piece(&piece)? == Next::Leave {
                    return Ok((Next::Leave, pieces));
                }
            }
            if read == 0 {
                return Ok((Next::Go, pieces));
            }
        }
    }

    /// Runs a statement or a command.
    pub(crate) fn piece(&mut self, piece: &Piece) -> Result<Next, Failed> {
        if piece.kind == PieceKind::Command {
            return self.command(piece.excerpt.text());
        }
        let begun = Instant::now();
        let rows = self.statement(&piece.excerpt);
        if self.settings.is_shell {
            self.tell_evidence();
        }
        rows?;
        if self.settings.has_timing {
            let took = begun.elapsed();
            let mut stdout = io::stdout().lock();
            writeln!(stdout, "Time: {:.3} ms", took.as_secs_f64() * 1e3)?;
        }
        Ok(Next::Go)
    }

    /// Tells what is missing, once for each new thing.
    fn tell_evidence(&mut self) {
        let Ok(evidence) = self.runtime.block_on(self.session.evidence()) else {
            return;
        };
        if evidence != self.told && !evidence.is_complete() {
            notice::incomplete(evidence);
        }
        self.told = evidence;
    }

    /// Shows lines of our own, as results are shown.
    pub(crate) fn show(&mut self, text: &str) -> Result<(), Failed> {
        if self.out.is_shown() && self.settings.has_pager {
            let mut paged = Paged::new(window().1);
            let _ = paged.write_all(text.as_bytes());
            return Ok(paged.finish()?);
        }
        let (mut to, failure) = self.out.result(falco_sql::Format::Table)?;
        let done = to.write_all(text.as_bytes()).and_then(|()| to.flush());
        done.map_err(|error| Self::explained(error.into(), &failure, &self.out.name()))
    }

    /// Lets results go elsewhere; what they went to until now gets its name.
    pub(crate) fn redirect(&mut self, path: Option<&Path>) -> Result<()> {
        let before = std::mem::replace(&mut self.out, Out::Stdout);
        before.finish()?;
        self.results = 0;
        self.out = Out::open(path)?;
        Ok(())
    }

    /// Ends what is open, when whoever sat at the terminal leaves.
    pub(crate) fn leave(mut self) -> Result<Ended> {
        let done = self.redirect(None);
        // A query that was ended may not have seen it yet.
        self.runtime.shutdown_background();
        done.map(|()| Ended::Left)
    }
}

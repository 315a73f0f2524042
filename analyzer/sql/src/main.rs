//! `falco-analyze-sql`: SQL over captures; what `falco-analyze sql` runs.

mod args;
mod notice;
mod parse;

use std::io;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use args::Args;
use falco_sql::{
    Evidence, PASSES_AT_ONCE_MAX, SessionOptions, SqlSession, open_sources, write_results,
};

/// Threads that passes over one source may take at a time, one for each time that a query names the table.
/// A pass that waits for a thread while another waits for its query to take batches would wait for ever.
const PASS_THREADS_PER_SOURCE: usize = 16;
/// Threads for what DataFusion itself does aside, such as spilling.
const ASIDE_THREADS: usize = 64;

fn main() -> ExitCode {
    let args = parse::parse::<Args>();
    match run(&args) {
        Ok(evidence) if !evidence.is_complete() || (args.strict && evidence.pauses > 0) => {
            notice::complain(format_args!("the evidence is incomplete: {evidence}"));
            ExitCode::from(3)
        }
        Ok(evidence) => {
            if evidence.pauses > 0 {
                notice::complain(format_args!("recording paused: {evidence}"));
            }
            ExitCode::SUCCESS
        }
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            notice::complain(message(&error));
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Result<Evidence> {
    let query = args.query()?;
    let sources = open_sources(&args.sources)?;
    sources.notes().iter().for_each(notice::complain);
    let cpus = || std::thread::available_parallelism().map_or(1, usize::from);
    let options = SessionOptions {
        memory_bytes: args.memory,
        threads: args.jobs.unwrap_or_else(cpus).max(1),
    };
    let pass_threads = PASSES_AT_ONCE_MAX * PASS_THREADS_PER_SOURCE + ASIDE_THREADS;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(options.threads)
        .max_blocking_threads(pass_threads)
        .enable_all()
        .build()
        .context("cannot start worker threads")?;
    runtime.block_on(async {
        let session = SqlSession::open(sources, options).await?;
        for statement in session.statements(&query)? {
            let results = session.run(statement).await?;
            write_results(results, args.format.into(), io::stdout().lock()).await?;
        }
        Ok(session.evidence().await?)
    })
}

/// The whole chain as one line; a cause that its parent already prints is not printed again.
fn message(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.contains(&cause) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause);
    }
    text
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

//! How many threads work: one option, the same on every command that spreads its work.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use clap::Args;

/// More threads than this are more than any machine has cores, and a typing mistake.
const JOBS_MAX: usize = 1_024;

/// How many threads work.
#[derive(Args)]
pub(crate) struct JobsArgs {
    /// Threads that work, up to 1024, as many as there are cores unless given; answers are the same for any number
    #[arg(short, long, value_name = "N", value_parser = jobs)]
    jobs: Option<NonZeroUsize>,
}

impl JobsArgs {
    /// The number, or that of the cores that this program may use.
    pub(crate) fn threads(&self) -> NonZeroUsize {
        let cores = || available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.jobs.unwrap_or_else(cores)
    }
}

fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    let number = text.parse().ok().and_then(NonZeroUsize::new);
    number
        .filter(|number| number.get() <= JOBS_MAX)
        .ok_or_else(|| {
            format!("give how many threads work, from 1 to {JOBS_MAX}, or leave it out for as many as there are cores")
        })
}

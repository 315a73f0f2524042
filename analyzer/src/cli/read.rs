//! What commands that go over captures are told in the same words: which captures, of which time, on how many threads, and when evidence counts as missing.
//!
//! In: options as typed. Out: the same, for each command to open and read; nothing is decided here.

use std::path::PathBuf;

use clap::Args;

use super::exit::EvidenceArgs;
use super::jobs::JobsArgs;
use super::span::SpanArgs;

/// What is read.
#[derive(Args)]
pub(crate) struct ReadArgs {
    /// Captures: segments, .scap files, packed or not, directories of either, or `-` for standard input
    #[arg(required = true, value_name = "CAPTURE")]
    pub(crate) captures: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) span: SpanArgs,
    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,
    #[command(flatten)]
    pub(crate) jobs: JobsArgs,
}

//! `falco-record keygen`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::notice::notice;
use crate::vouch::KeyFile;

/// What is made.
#[derive(Debug, Args)]
#[command(after_help = "\
It makes KEY, the secret that `run --sign KEY` signs with and replaces each time a segment is
sealed, and KEY.pub, the public part of the first secret. Keep KEY.pub away from this node: it is
what `falco-analyze verify --key KEY.pub` needs, and whoever can exchange it can forge.

What was sealed before somebody breaks in cannot be forged with what they find: the secrets that
signed it are overwritten. Flash drives and snapshots of the file system may keep them; a file
system in memory does not, but forgets the key with each boot.

Exit codes:
  0  made
  2  a file is there already, or cannot be made

Examples:
  falco-record keygen /etc/falco-record/key
  falco-record run -o /var/lib/falco/capture --sign /etc/falco-record/key --anchor syslog")]
pub(super) struct Arguments {
    /// The file of the secret key; the public one gets its name with `.pub` behind it
    #[arg(value_name = "KEY")]
    key: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let public = KeyFile::make(&arguments.key)?;
    writeln!(std::io::stdout().lock(), "{public}")?;
    notice(&format!(
        "keep {}.pub away from this node: it proves what this key signs",
        arguments.key.display()
    ));
    Ok(ExitCode::SUCCESS)
}

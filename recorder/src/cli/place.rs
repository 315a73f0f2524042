//! The root that a command asks about, and where that is when nobody says.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use falco_format::{Directory, is_boot_directory};

/// Where services record to.
const DEFAULT_ROOT: &str = "/var/lib/falco-record";

/// A root.
#[derive(Clone, Debug, Args)]
pub(super) struct Place {
    /// The directory that is recorded to, as given to `falco-record run -o`
    #[arg(value_name = "DIR", default_value = DEFAULT_ROOT)]
    directory: PathBuf,
}

impl Place {
    /// Opens it for reading. What is put into it may be read by those who may read it.
    pub(super) fn open(&self) -> Result<Directory> {
        let path = &self.directory;
        let absolute = std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        if absolute.file_name().is_some_and(is_boot_directory) {
            bail!(
                "{} is the directory of one boot: give the directory that holds it",
                path.display()
            );
        }
        let opened = Directory::open(path).and_then(Directory::shared_as_it_is);
        opened.with_context(|| format!("cannot open {}", path.display()))
    }
}

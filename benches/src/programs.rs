//! The programs under test: built with optimisation, found, run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// The recorder and the analyzer.
pub struct Programs {
    /// `falco-record`.
    pub recorder: PathBuf,
    /// `falco-analyze`.
    pub analyzer: PathBuf,
}

/// The project's root.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Builds the programs of some packages in the profile and the target directory that this benchmark was built in, `dist` for figures that are quoted; the directory that they are in.
///
/// # Errors
/// When they do not build.
pub fn built(packages: &[&str]) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    // …/release/deps/record-0123
    let folder = own
        .ancestors()
        .nth(2)
        .context("a benchmark is built below a profile's directory")?;
    let profile = folder.file_name().context("a profile has a name")?;
    let target = folder
        .parent()
        .context("a profile's directory is in the target directory")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let packages = packages.iter().flat_map(|package| ["--package", package]);
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--bins", "--profile"])
        .arg(profile)
        .args(packages)
        .arg("--target-dir")
        .arg(target)
        .current_dir(root())
        .status()?;
    ensure!(status.success(), "the programs under test do not build");
    Ok(folder.to_owned())
}

impl Programs {
    /// Builds both.
    ///
    /// # Errors
    /// When they do not build.
    pub fn build() -> Result<Self> {
        let folder = built(&["falco-record", "falco-analyze"])?;
        Ok(Self {
            recorder: folder.join("falco-record"),
            analyzer: folder.join("falco-analyze"),
        })
    }

    /// Why this host cannot record, if it cannot.
    ///
    /// # Errors
    /// When the recorder does not even start.
    pub fn obstacle(&self) -> Result<Option<String>> {
        let output = Command::new(&self.recorder).arg("doctor").output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok((!output.status.success()).then_some(said))
    }

    /// Records while a command runs; the command's output is returned.
    ///
    /// # Errors
    /// When the command or the recording fails; the message holds what was said.
    pub fn record(&self, capture: &Path, command: &Command) -> Result<String> {
        let mut recording = Command::new(&self.recorder);
        recording
            .args(["run", "-o"])
            .arg(capture)
            .arg("--")
            .arg(command.get_program())
            .args(command.get_args());
        if let Some(directory) = command.get_current_dir() {
            recording.current_dir(directory);
        }
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => recording.env(name, value),
                None => recording.env_remove(name),
            };
        }
        run(&mut recording)
    }
}

/// Runs a command to its successful end and returns what it printed.
///
/// # Errors
/// When it fails; the message holds what it said.
pub fn run(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

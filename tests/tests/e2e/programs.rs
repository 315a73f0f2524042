//! The programs under test: where they are, and running them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// The scripted intrusion.
pub(crate) const INTRUSION: &str = env!("CARGO_BIN_EXE_intrusion");
/// A bit of everything.
pub(crate) const BROAD: &str = env!("CARGO_BIN_EXE_broad");
/// The tree of processes that never rests.
pub(crate) const LOAD: &str = env!("CARGO_BIN_EXE_load");
/// The program that enters the kernel by `int 0x80`.
pub(crate) const COMPAT_CALLS: &str = env!("CARGO_BIN_EXE_compat_calls");

/// The project's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The directory with `falco-record` and `falco-analyze`.
fn directory() -> &'static Path {
    static DIRECTORY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match DIRECTORY.get_or_init(find_or_build) {
        Ok(directory) => directory,
        Err(reason) => panic!("the programs under test do not build: {reason}"),
    }
}

/// `FALCO_BIN_DIR`, or where Cargo builds the programs beside this test.
fn find_or_build() -> Result<PathBuf, String> {
    if let Some(given) = std::env::var_os("FALCO_BIN_DIR") {
        return Ok(given.into());
    }
    let profile = Path::new(INTRUSION).parent().ok_or("no directory")?;
    let target = profile.parent().ok_or("no target directory")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build
        .args(["build", "--quiet", "--locked", "--bins"])
        .args(["--package", "falco-record", "--package", "falco-analyze"])
        .arg("--target-dir")
        .arg(target)
        .current_dir(root());
    // The folder of a profile has its name, but for the one that is built by default.
    if let Some(name) = profile.file_name().filter(|name| *name != "debug") {
        build.arg("--profile").arg(name);
    }
    let output = build.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(profile.to_path_buf())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Where `falco-record` is.
pub(crate) fn recorder() -> PathBuf {
    directory().join("falco-record")
}

/// Where `falco-analyze` is.
pub(crate) fn analyzer() -> PathBuf {
    directory().join("falco-analyze")
}

/// What a program did.
pub(crate) struct Ran {
    /// The exit code; a signal's number plus 128.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Ran {
    /// Asserts the exit code, showing what the program said.
    pub(crate) fn expect_code(&self, code: i32) -> &Self {
        assert_eq!(
            self.code, code,
            "exit code; stderr:\n{}\nstdout:\n{}",
            self.stderr, self.stdout
        );
        self
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let status = output.status;
        let code = status
            .code()
            .unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
        Self {
            code,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A command without input, without colours, and in UTC.
pub(crate) fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .stdin(Stdio::null())
        .env("NO_COLOR", "1")
        .env("TZ", "UTC");
    command
}

/// Runs a program to its end.
pub(crate) fn run<Argument: AsRef<OsStr>>(
    program: &Path,
    arguments: impl IntoIterator<Item = Argument>,
) -> Ran {
    command(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", program.display()))
        .into()
}

/// Runs `falco-analyze`.
pub(crate) fn analyze<Argument: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = Argument>,
) -> Ran {
    run(&analyzer(), arguments)
}

/// Whether this process may do what only root may.
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

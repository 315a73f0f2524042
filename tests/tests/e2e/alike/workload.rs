//! The live recording of a bit of everything: one part begins before the recorder, the other is what it records.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use tempfile::TempDir;

use crate::programs::{BROAD, command, recorder, run};

/// How long the early part may take to open what it opens.
const OPEN_LOOKS: u32 = 500;
const OPEN_LOOK: Duration = Duration::from_millis(20);

/// A recording that goes with its directory.
pub(super) struct Recorded {
    directory: TempDir,
}

impl Recorded {
    pub(super) fn capture(&self) -> PathBuf {
        self.directory.path().join("capture")
    }
}

/// Records both parts.
pub(super) fn record() -> Recorded {
    let directory = tempfile::tempdir().expect("a directory");
    let work = directory.path().join("work");
    fs::create_dir(&work).expect("a directory");
    let mut early = start_early(&work);
    let capture = directory.path().join("capture");
    let [work, capture] = [&work, &capture].map(|path| path.to_string_lossy().into_owned());
    let ran = run(
        &recorder(),
        ["run", "-o", &capture, "--", BROAD, "late", &work],
    );
    early.wait().expect("an end");
    ran.expect_code(0);
    Recorded { directory }
}

fn start_early(work: &Path) -> Child {
    let early = command(Path::new(BROAD)).arg("early").arg(work).spawn();
    let early = early.expect("the early part starts");
    for _ in 0..OPEN_LOOKS {
        if work.join("early-is-open").exists() {
            break;
        }
        std::thread::sleep(OPEN_LOOK);
    }
    early
}

//! The reference data: where it lies and how its files are read.
//!
//! In: a directory. Out: names of captures, lines of truth, cases. Nothing is compared here.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::Value as Json;

/// Names the directory of the reference data.
const DIRECTORY: &str = "FALCO_REFERENCE";
/// Narrows a run to captures whose name contains this.
const CAPTURE: &str = "PARITY_CAPTURE";

/// The reference data.
pub(crate) struct Reference {
    root: PathBuf,
}

impl Reference {
    /// The reference data, or nothing with a printed reason.
    pub(crate) fn open(test: &str) -> Option<Self> {
        let Some(root) = std::env::var_os(DIRECTORY) else {
            let line = format!("skipped {test}: {DIRECTORY} names no reference data\n");
            // Past the capture of the test runner, which hides what passing tests print; a closed stream is nobody's concern.
            let _ = io::stderr().write_all(line.as_bytes());
            return None;
        };
        Some(Self { root: root.into() })
    }

    /// A path below the directory.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Every capture by its name without ending, in order, as far as the environment does not narrow them.
    pub(crate) fn captures(&self) -> Vec<(String, PathBuf)> {
        let directory = fs::read_dir(self.path("captures")).expect("the captures can be listed");
        let mut captures: Vec<_> = directory
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let name = path.file_name()?.to_str()?;
                let name = name.trim_end_matches(".gz").strip_suffix(".scap")?;
                Some((name.to_owned(), path))
            })
            .filter(|(name, _)| is_wanted(name))
            .collect();
        captures.sort();
        captures
    }

    /// The capture of this name.
    pub(crate) fn capture(&self, name: &str) -> Option<PathBuf> {
        let plain = self.path(&format!("captures/{name}.scap"));
        let packed = self.path(&format!("captures/{name}.scap.gz"));
        [plain, packed].into_iter().find(|path| path.exists())
    }

    /// The text of a file, packed or not; `None` where there is no such file.
    pub(crate) fn text(&self, path: &str) -> Option<String> {
        let plain = self.path(path);
        let bytes = if plain.exists() {
            fs::read(&plain).expect("the file can be read")
        } else {
            unpacked(&self.path(&format!("{path}.gz")))?
        };
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// One value per line; no line where there is no such file.
    pub(crate) fn cases(&self, path: &str) -> Vec<Json> {
        let text = self.text(path).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a line is JSON"))
            .collect()
    }
}

/// Whether the environment does not exclude the capture.
pub(crate) fn is_wanted(capture: &str) -> bool {
    std::env::var(CAPTURE).map_or(true, |part| capture.contains(&part))
}

/// Whether the environment narrows what is compared, so that figures are not those of the page.
pub(crate) fn is_narrowed() -> bool {
    std::env::var_os(CAPTURE).is_some() || std::env::var_os(super::fields::COLUMN).is_some()
}

fn unpacked(path: &Path) -> Option<Vec<u8>> {
    let packed = fs::read(path).ok()?;
    let mut bytes = Vec::new();
    GzDecoder::new(packed.as_slice())
        .read_to_end(&mut bytes)
        .expect("the file unpacks");
    Some(bytes)
}

/// A text of a case.
pub(crate) fn text_of<'j>(case: &'j Json, key: &str) -> &'j str {
    case.get(key).and_then(Json::as_str).unwrap_or_default()
}

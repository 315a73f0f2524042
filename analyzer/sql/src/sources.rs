//! What the paths on the command line are: captures, or Parquet exports of them.
//!
//! In: paths. Out: opened captures, or the files of exports by table. The last place where a path is known.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use falco_analyze::columns::{CaptureTables, EXPORT_EXTENSION, Table, TableSource};
use falco_analyze::inputs::{InputError, open_inputs};

/// The files of exports, by table. Files that are not named after a table hold events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportFiles(BTreeMap<Table, Vec<PathBuf>>);

/// What to query.
#[derive(Debug)]
pub enum Sources {
    /// Captures, opened.
    Captures {
        /// Each one, in the order of their first events.
        sources: Vec<Arc<dyn TableSource>>,
        /// What whoever gave them should know.
        notes: Vec<String>,
    },
    /// Files of exports.
    Exports(ExportFiles),
}

/// Paths that cannot be queried.
#[derive(Debug, thiserror::Error)]
pub enum SourcesError {
    /// A capture cannot be opened.
    #[error(transparent)]
    Open(#[from] InputError),
    /// A directory cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A directory holds an export without events.
    #[error("{} holds no {EXPORT_EXTENSION} file of events: its export was not finished", path.display())]
    NoEvents {
        /// The directory.
        path: PathBuf,
    },
    /// Both kinds were given.
    #[error("{} is an export and {} is not: give captures or exports, not both", export.display(), other.display())]
    Mixed {
        /// One of the exports.
        export: PathBuf,
        /// One of the others.
        other: PathBuf,
    },
}

/// Finds out what the paths are and opens captures.
///
/// # Errors
/// When a path cannot be read or opened, or both kinds were given.
pub fn open_sources(paths: &[PathBuf]) -> Result<Sources, SourcesError> {
    let mut exports = ExportFiles::default();
    let (mut export, mut other) = (None, None);
    for path in paths {
        let found = export_files(path)?;
        *(if found.is_empty() {
            &mut other
        } else {
            &mut export
        }) = Some(path);
        if !found.is_empty() {
            exports.add(path, found)?;
        }
    }
    if let (Some(export), Some(other)) = (export, other) {
        return Err(SourcesError::Mixed {
            export: export.clone(),
            other: other.clone(),
        });
    }
    if export.is_some() {
        return Ok(Sources::Exports(exports));
    }
    let inputs = open_inputs(paths)?;
    let notes = inputs.notes().to_vec();
    let sources = inputs
        .into_iter()
        .map(|input| Arc::new(CaptureTables::new(input)) as Arc<dyn TableSource>);
    Ok(Sources::Captures {
        sources: sources.collect(),
        notes,
    })
}

impl Sources {
    /// What whoever gave them should know.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        match self {
            Sources::Captures { notes, .. } => notes,
            Sources::Exports(_) => &[],
        }
    }
}

impl ExportFiles {
    /// The files of a table.
    #[must_use]
    pub fn of(&self, table: Table) -> &[PathBuf] {
        self.0.get(&table).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, path: &Path, files: Vec<PathBuf>) -> Result<(), SourcesError> {
        let before = self.of(Table::Events).len();
        for file in files {
            let stem = file.file_stem().and_then(|stem| stem.to_str());
            let table = stem.and_then(Table::named).unwrap_or(Table::Events);
            self.0.entry(table).or_default().push(file);
        }
        if self.of(Table::Events).len() == before {
            return Err(SourcesError::NoEvents {
                path: path.to_owned(),
            });
        }
        Ok(())
    }
}

/// The files of an export that a path stands for; none for captures and for what is not there, which opening explains.
fn export_files(path: &Path) -> Result<Vec<PathBuf>, SourcesError> {
    let is_table = |path: &Path| {
        path.extension()
            .is_some_and(|extension| extension == EXPORT_EXTENSION)
    };
    if path.is_file() {
        return Ok(if is_table(path) {
            vec![path.to_owned()]
        } else {
            Vec::new()
        });
    }
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let failed = |source| SourcesError::Read {
        path: path.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        if is_table(&file) && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

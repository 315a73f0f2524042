//! What the paths on the command line are: captures, `.scap` files and Parquet exports, in any mixture.
//!
//! In: paths. Out: opened captures, and the files of exports by table. The last place where a path is known, but for what names a file in an error.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use falco_analyze::columns::{CaptureTables, EXPORT_EXTENSION, Table, TableSource};
use falco_analyze::export::tables::is_unfinished;
use falco_analyze::inputs::{InputError, open_inputs};

use crate::exports::{Exported, ExportedError, table_named, table_of_columns};
use crate::scan::PASSES_AT_ONCE_MAX;

/// How many directories lie inside each other in an export: tables, and partitions by date, hour and node.
const DEPTH_MAX: usize = 6;

/// What to query.
#[derive(Debug)]
pub struct Sources {
    /// Captures, opened, in the order of their first events.
    pub(crate) captures: Vec<Arc<dyn TableSource>>,
    /// The files of exports.
    pub(crate) exports: BTreeMap<Table, Exported>,
    /// What whoever gave them should know.
    notes: Vec<String>,
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
    /// An export was killed while it gave its files their names.
    #[error("{} holds an export that was not finished; the next one to the same directory takes it away", path.display())]
    Unfinished {
        /// The directory.
        path: PathBuf,
    },
    /// A file is Parquet and no table of an export.
    #[error(transparent)]
    Export(#[from] ExportedError),
}

/// Finds out what the paths are and opens them. The passes over all captures together take about so many threads.
///
/// # Errors
/// When a path cannot be read or opened.
pub fn open_sources(paths: &[PathBuf], threads: NonZeroUsize) -> Result<Sources, SourcesError> {
    let mut files: BTreeMap<Table, Vec<PathBuf>> = BTreeMap::new();
    let mut captures = Vec::new();
    for path in paths {
        let found = export_files(path)?;
        if found.is_empty() {
            captures.push(path.clone());
        }
        for (table, file) in found {
            files.entry(table).or_default().push(file);
        }
    }
    let mut exports = BTreeMap::new();
    for (table, files) in files {
        exports.insert(table, Exported::open(table, files)?);
    }
    let (captures, notes) = if captures.is_empty() {
        (Vec::new(), Vec::new())
    } else {
        open_captures(&captures, threads)?
    };
    Ok(Sources {
        captures,
        exports,
        notes,
    })
}

type Opened = (Vec<Arc<dyn TableSource>>, Vec<String>);

fn open_captures(paths: &[PathBuf], threads: NonZeroUsize) -> Result<Opened, InputError> {
    let inputs = open_inputs(paths)?;
    let notes = inputs.notes().to_vec();
    let passes = inputs.len().clamp(1, PASSES_AT_ONCE_MAX);
    let each = NonZeroUsize::new(threads.get().div_ceil(passes)).unwrap_or(threads);
    let sources = inputs.into_iter().map(|input| {
        let tables = CaptureTables::new(input).with_threads(each);
        Arc::new(tables) as Arc<dyn TableSource>
    });
    Ok((sources.collect(), notes))
}

impl Sources {
    /// What whoever gave them should know.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// The files of an export that a path stands for; none for captures and for what is not there, which opening explains.
fn export_files(path: &Path) -> Result<Vec<(Table, PathBuf)>, SourcesError> {
    if path.is_file() {
        if !is_parquet(path) {
            return Ok(Vec::new());
        }
        let named = path.file_name().map(Path::new).and_then(table_named);
        let table = named.map_or_else(|| table_of_columns(path), Ok)?;
        return Ok(vec![(table, path.to_owned())]);
    }
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    find(path, DEPTH_MAX, &mut files)?;
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let named = file.strip_prefix(path).ok().and_then(table_named);
        let table = named.map_or_else(|| table_of_columns(&file), Ok)?;
        found.push((table, file));
    }
    if !found.is_empty() && is_unfinished(path) {
        return Err(SourcesError::Unfinished {
            path: path.to_owned(),
        });
    }
    Ok(found)
}

fn is_parquet(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == EXPORT_EXTENSION)
}

/// Finds the files of an export. What begins with a dot is not finished yet.
fn find(directory: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), SourcesError> {
    let failed = |source| SourcesError::Read {
        path: directory.to_owned(),
        source,
    };
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() && depth > 0 {
            find(&path, depth - 1, files)?;
        } else if is_parquet(&path) && path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

//! Bytes that can be read only once, kept in a file without a name: they are read more than once, and segments in any order.
//!
//! In: a stream. Out: a file that goes away with the program, whatever ends it.

use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::path::{Path, PathBuf};

use super::InputError;

/// Where files without names are made, unless the environment says where: on a disk, since what comes through a pipe may be larger than memory.
const DIRECTORY: &str = "/var/tmp";
/// The most bytes of a packed segment, 4 GiB: recorders write 64 MiB unless told otherwise. A small packed file cannot fill a disk.
const UNPACKED_MAX: u64 = 4 << 30;

/// Keeps all of a stream.
pub(super) fn keep(path: &Path, stream: &mut impl Read) -> Result<File, InputError> {
    kept(path, stream, u64::MAX)
}

/// Keeps an unpacked segment.
pub(super) fn keep_unpacked(path: &Path, stream: &mut impl Read) -> Result<File, InputError> {
    kept(path, stream, UNPACKED_MAX)
}

fn kept(path: &Path, stream: &mut impl Read, max: u64) -> Result<File, InputError> {
    let directory = directory();
    let failed = |source| InputError::Keep {
        path: path.to_path_buf(),
        directory: directory.clone(),
        source,
    };
    let mut file = tempfile::tempfile_in(&directory).map_err(failed)?;
    let limit = max.saturating_add(1);
    // What cannot be unpacked to its end is read as far as it goes: the reader says that the rest is missing.
    let copied = copy(&mut stream.take(limit), &mut file).map_err(failed)?;
    if copied == limit {
        let path = path.to_path_buf();
        return Err(InputError::TooLarge { path, max });
    }
    file.rewind().map_err(failed)?;
    Ok(file)
}

/// Copies what can be read; only writing can fail.
fn copy(from: &mut impl Read, to: &mut File) -> io::Result<u64> {
    const CHUNK: usize = 256 << 10;
    let mut chunk = vec![0; CHUNK];
    let mut copied = 0_u64;
    loop {
        match from.read(&mut chunk) {
            Ok(0) => return Ok(copied),
            Ok(count) => {
                let bytes = chunk.get(..count).unwrap_or_default();
                io::Write::write_all(to, bytes)?;
                copied = copied.saturating_add(count as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Ok(copied),
        }
    }
}

fn directory() -> PathBuf {
    let named = std::env::var_os("TMPDIR").filter(|named| !named.is_empty());
    let usual = Path::new(DIRECTORY);
    match named {
        Some(named) => named.into(),
        None if usual.is_dir() => usual.to_path_buf(),
        None => std::env::temp_dir(),
    }
}

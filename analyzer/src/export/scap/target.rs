//! Where the bytes of an export go: a file that has its name only when it is whole, packed or not.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;

use crate::unfinished::{BeginError, Unfinished};

/// How hard zstd tries: its own default.
const ZSTD_LEVEL: i32 = 3;
/// Bytes that are gathered before they are packed or written: a block is small.
const BUFFER_BYTES: usize = 256 << 10;

/// How the whole file is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    #[default]
    None,
    /// As gzip, which every reader of `.scap` takes.
    Gzip,
    /// As zstd, which Falco's own readers do not take.
    Zstd,
}

/// Why a `.scap` file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ScapWriteError {
    /// The file cannot be made or written.
    #[error("cannot write {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is a file of that name.
    #[error("{} is there already; give another name, or --force to replace it", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// What is there is no file that could be replaced: a directory, a device, a pipe.
    #[error("{} is no file that an export could replace; give the name of one", path.display())]
    NotAFile {
        /// What is there.
        path: PathBuf,
    },
    /// Another export is being written there.
    #[error("another export is writing {}", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
}

/// A file, and how many bytes went to it: standard output does not tell.
struct Counted {
    file: File,
    bytes: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.bytes = self.bytes.saturating_add(count as u64);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

enum Encoder {
    Plain(Counted),
    Gzip(GzEncoder<Counted>),
    Zstd(zstd::Encoder<'static, Counted>),
}

impl Encoder {
    fn new(packing: Packing, file: File) -> io::Result<Self> {
        let file = Counted { file, bytes: 0 };
        Ok(match packing {
            Packing::None => Encoder::Plain(file),
            Packing::Gzip => Encoder::Gzip(GzEncoder::new(file, flate2::Compression::default())),
            Packing::Zstd => Encoder::Zstd(zstd::Encoder::new(file, ZSTD_LEVEL)?),
        })
    }

    fn finish(self) -> io::Result<Counted> {
        match self {
            Encoder::Plain(file) => Ok(file),
            Encoder::Gzip(encoder) => encoder.finish(),
            Encoder::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl Write for Encoder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Encoder::Plain(file) => file.write(bytes),
            Encoder::Gzip(encoder) => encoder.write(bytes),
            Encoder::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Encoder::Plain(file) => file.flush(),
            Encoder::Gzip(encoder) => encoder.flush(),
            Encoder::Zstd(encoder) => encoder.flush(),
        }
    }
}

/// A file being written. Dropped before it is finished, it goes away.
pub struct ScapTarget {
    path: PathBuf,
    /// What is to be finished, if it has a name, as standard output has none; and the way there. None once it is.
    out: Option<(Option<Unfinished>, BufWriter<Encoder>)>,
}

impl ScapTarget {
    /// Begins a file, readable by its owner alone as captures are. With `force`, a file of that name is replaced once the new one is whole.
    ///
    /// # Errors
    /// When it cannot be made, a file is there and `force` is not given, or what is there is no file.
    pub fn create(path: &Path, packing: Packing, force: bool) -> Result<Self, ScapWriteError> {
        admit(path, force)?;
        let io_error = |source| ScapWriteError::Io {
            path: path.to_owned(),
            source,
        };
        let (unfinished, file) = Unfinished::begin(path).map_err(|error| match error {
            BeginError::Busy => ScapWriteError::Busy {
                path: path.to_owned(),
            },
            BeginError::Io(source) => io_error(source),
        })?;
        let encoder = Encoder::new(packing, file).map_err(io_error)?;
        let out = BufWriter::with_capacity(BUFFER_BYTES, encoder);
        Ok(ScapTarget {
            path: path.to_owned(),
            out: Some((Some(unfinished), out)),
        })
    }

    /// Writes to standard output, as it comes.
    ///
    /// # Errors
    /// When that is closed.
    pub fn stdout(packing: Packing) -> Result<Self, ScapWriteError> {
        let path = PathBuf::from("standard output");
        let opened = io::stdout().as_fd().try_clone_to_owned();
        let encoder = opened.and_then(|stdout| Encoder::new(packing, File::from(stdout)));
        match encoder {
            Ok(encoder) => Ok(ScapTarget {
                path,
                out: Some((None, BufWriter::with_capacity(BUFFER_BYTES, encoder))),
            }),
            Err(source) => Err(ScapWriteError::Io { path, source }),
        }
    }

    /// Writes what waits and gives the file its name. Returns its bytes' number.
    ///
    /// # Errors
    /// When the last bytes cannot be written or the file cannot be renamed.
    pub fn finish(mut self) -> Result<u64, ScapWriteError> {
        self.close().map_err(|source| ScapWriteError::Io {
            path: self.path.clone(),
            source,
        })
    }

    fn close(&mut self) -> io::Result<u64> {
        let Some((unfinished, out)) = self.out.take() else {
            return Ok(0);
        };
        let encoder = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        let bytes = encoder.finish()?.bytes;
        if let Some(unfinished) = unfinished {
            unfinished.finish()?;
        }
        Ok(bytes)
    }
}

/// Refuses at once what renaming at the end would fail at, or what it must not replace: a directory, or a device for who may do that.
fn admit(path: &Path, force: bool) -> Result<(), ScapWriteError> {
    let path = path.to_owned();
    let is_directory = path.file_name().is_none() || path.as_os_str().as_bytes().ends_with(b"/");
    match path.metadata() {
        Ok(metadata) if !metadata.is_file() => Err(ScapWriteError::NotAFile { path }),
        Ok(_) if !force => Err(ScapWriteError::Exists { path }),
        _ if is_directory => Err(ScapWriteError::NotAFile { path }),
        _ => Ok(()),
    }
}

impl Write for ScapTarget {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let out = self.out.as_mut();
        out.map_or(Ok(0), |(_, out)| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        let out = self.out.as_mut();
        out.map_or(Ok(()), |(_, out)| out.flush())
    }
}

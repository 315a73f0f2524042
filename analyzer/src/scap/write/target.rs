//! Where the bytes of an export go: a file that has its name only when it is whole, packed or not.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;

/// What a file's name ends in while it is written.
const UNFINISHED: &str = "unfinished";
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
    /// Another export is being written there, or one was killed.
    #[error("{} is there: another export is running, or one was killed; remove it, or give --force", path.display())]
    Unfinished {
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
    /// What it is called until it is whole; standard output has no name.
    unfinished: Option<PathBuf>,
    out: Option<BufWriter<Encoder>>,
    is_published: bool,
}

impl ScapTarget {
    /// Begins a file, readable by its owner alone as captures are. With `force`, a file of that name is replaced once the new one is whole.
    ///
    /// # Errors
    /// When it cannot be made, a file is there and `force` is not given, or what is there is no file.
    pub fn create(path: &Path, packing: Packing, force: bool) -> Result<Self, ScapWriteError> {
        admit(path, force)?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".");
        name.push(UNFINISHED);
        let unfinished = path.with_file_name(name);
        let io_error = |source| ScapWriteError::Io {
            path: path.to_owned(),
            source,
        };
        if force && unfinished.exists() {
            fs::remove_file(&unfinished).map_err(io_error)?;
        }
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600);
        let file = file
            .open(&unfinished)
            .map_err(|source| match source.kind() {
                io::ErrorKind::AlreadyExists => ScapWriteError::Unfinished {
                    path: unfinished.clone(),
                },
                _ => io_error(source),
            })?;
        let encoder = Encoder::new(packing, file).map_err(io_error)?;
        Ok(ScapTarget {
            path: path.to_owned(),
            unfinished: Some(unfinished),
            out: Some(BufWriter::with_capacity(BUFFER_BYTES, encoder)),
            is_published: false,
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
                unfinished: None,
                out: Some(BufWriter::with_capacity(BUFFER_BYTES, encoder)),
                is_published: false,
            }),
            Err(source) => Err(ScapWriteError::Io { path, source }),
        }
    }

    /// Writes what waits and gives the file its name. Returns its bytes' number.
    ///
    /// # Errors
    /// When the last bytes cannot be written or the file cannot be renamed.
    pub fn finish(mut self) -> Result<u64, ScapWriteError> {
        let finished = self.close();
        let bytes = finished.map_err(|source| ScapWriteError::Io {
            path: self.path.clone(),
            source,
        })?;
        self.is_published = true;
        Ok(bytes)
    }

    fn close(&mut self) -> io::Result<u64> {
        let Some(out) = self.out.take() else {
            return Ok(0);
        };
        let encoder = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        let Counted { file, bytes } = encoder.finish()?;
        if let Some(unfinished) = &self.unfinished {
            file.sync_all()?;
            fs::rename(unfinished, &self.path)?;
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
        self.out.as_mut().map_or(Ok(0), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for ScapTarget {
    fn drop(&mut self) {
        if let Some(unfinished) = self.unfinished.as_ref().filter(|_| !self.is_published) {
            // Nobody can be told here, and the name says that the file is not finished.
            let _ = fs::remove_file(unfinished);
        }
    }
}

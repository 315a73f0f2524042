//! Files of text that somebody names, read whole: rules and expected alerts.
//!
//! In: a path and the most bytes. Out: the bytes, or at once the reason why there are none.
//! Such names come with the rules of others, so what is no file is refused before it is opened: a pipe that nobody writes to is waited for without end, a device gives bytes without end, and to open one may do something.
//! What the program was handed opened is the caller's own, a pipe too: standard input, and what a shell makes of `<(…)`.

use std::fs::{self, File, FileType};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Where names of what is open already lie.
const OPEN_FILES: [&str; 3] = ["/dev/fd", "/proc/self/fd", "/proc/thread-self/fd"];
/// The same for standard input.
const STDIN: &str = "/dev/stdin";
/// The device that is used as a file without text.
const NOTHING: &str = "/dev/null";

/// Reads a file of at most so many bytes.
///
/// # Errors
/// When it is none, is longer, or cannot be read.
pub(crate) fn read(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    if path == Path::new(NOTHING) {
        return Ok(Vec::new());
    }
    let kind = fs::metadata(path)?.file_type();
    admit(path, kind)?;
    let mut options = File::options();
    options.read(true);
    if kind.is_file() {
        // Who puts a pipe in its place meanwhile is not waited for.
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path)?;
    admit(path, file.metadata()?.file_type())?;
    bounded(file, most)
}

/// The same as text.
///
/// # Errors
/// The same, and when it is no UTF-8.
pub(crate) fn read_text(path: &Path, most: usize) -> io::Result<String> {
    text(read(path, most)?)
}

/// Reads a file of text that was opened.
///
/// # Errors
/// When it is longer, cannot be read, or is no UTF-8.
pub(crate) fn text_of(file: File, most: usize) -> io::Result<String> {
    text(bounded(file, most)?)
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let why = format!("not UTF-8 text (first bad byte at offset {offset})");
        io::Error::new(io::ErrorKind::InvalidData, why)
    })
}

fn bounded(file: File, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        let why = format!("the file has more than {most} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

fn admit(path: &Path, kind: FileType) -> io::Result<()> {
    let is_handed = || {
        let is_there = |directory| path.parent() == Some(Path::new(directory));
        path == Path::new(STDIN) || OPEN_FILES.into_iter().any(is_there)
    };
    let what = if kind.is_file() {
        return Ok(());
    } else if kind.is_dir() {
        "it is a directory"
    } else if kind.is_fifo() {
        if is_handed() {
            return Ok(());
        }
        "it is a pipe"
    } else if kind.is_socket() {
        "it is a socket"
    } else {
        "it is a device"
    };
    let why = format!("{what}, and no file");
    Err(io::Error::new(io::ErrorKind::InvalidInput, why))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    #[test]
    fn what_is_no_file_is_refused_at_once() {
        let place = tempfile::tempdir().expect("a directory");
        let path = |name: &str| place.path().join(name);
        fs::write(path("text"), "12345678").expect("written");
        fs::write(path("long"), "123456789").expect("written");
        fs::write(path("bytes"), b"ab\xff").expect("written");
        fs::create_dir(path("directory")).expect("made");
        mknodat(CWD, path("pipe"), FileType::Fifo, Mode::RWXU, 0).expect("made");
        let _socket = UnixListener::bind(path("socket")).expect("bound");
        for (name, target) in [
            ("to-pipe", "pipe"),
            ("to-none", "none"),
            ("to-text", "text"),
        ] {
            std::os::unix::fs::symlink(target, path(name)).expect("linked");
        }
        let check = |name: &str, expected: Result<&str, &str>| {
            let read = read_text(&path(name), 8).map_err(|error| error.to_string());
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(read, expected, "{name}");
        };
        check("text", Ok("12345678"));
        check("to-text", Ok("12345678"));
        check("/dev/null", Ok(""));
        check("long", Err("the file has more than 8 bytes"));
        check("bytes", Err("not UTF-8 text (first bad byte at offset 2)"));
        check("directory", Err("it is a directory, and no file"));
        check("pipe", Err("it is a pipe, and no file"));
        check("to-pipe", Err("it is a pipe, and no file"));
        check("socket", Err("it is a socket, and no file"));
        check("/dev/zero", Err("it is a device, and no file"));
        check("to-none", Err("No such file or directory (os error 2)"));
    }
}

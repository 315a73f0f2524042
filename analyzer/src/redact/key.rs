//! The key of a redaction: read from a file that only its owner may read, or made.
//!
//! In: a path. Out: keys for each purpose, derived so that none tells another, and a value by which a key is known again without being told.
//! The key itself is kept nowhere and never printed.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The fewest bytes of a key: what no search goes through.
const KEY_BYTES_MIN: usize = 32;
/// The most bytes that are read as a key: a longer file is something else, given by mistake.
const KEY_BYTES_MAX: usize = 4096;
/// Bits of a mode by which others than the owner may do anything.
const OTHERS: u32 = 0o077;
/// Bytes of a check value: enough to tell keys apart, too few to stand for one.
const CHECK_BYTES: usize = 8;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no such file.
    #[error(
        "there is no key {0}; make one with `falco-analyze redact --new-key {0}`, or with `(umask 077; head -c{KEY_BYTES_MIN} /dev/urandom > {0})`",
        path.display()
    )]
    Missing {
        /// Its path.
        path: PathBuf,
    },
    /// It cannot be read or written.
    #[error("the key {} cannot be used", path.display())]
    Io {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is something where a new one would be.
    #[error("{} is there already, and a key is never written over anything: what it was used for could not be joined with anything again", path.display())]
    There {
        /// Its path.
        path: PathBuf,
    },
    /// Others may read it.
    #[error(
        "the key {0} can be read by others than its owner (mode {mode:03o}), so it is no secret; `chmod 600 {0}`, if nobody has read it yet",
        path.display()
    )]
    Open {
        /// Its path.
        path: PathBuf,
        /// The bits of its mode.
        mode: u32,
    },
    /// It is too short, too long, or no file of bytes.
    #[error("the file {} is no key: {what}", path.display())]
    Unfit {
        /// Its path.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// What replacements follow from.
#[derive(Clone)]
pub struct Key {
    pub(super) words: [u8; 32],
    pub(super) addresses: [u8; 32],
    pub(super) bytes: [u8; 32],
    pub(super) kept: [u8; 32],
    check: [u8; CHECK_BYTES],
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.check())
    }
}

impl Key {
    /// Reads a key.
    ///
    /// # Errors
    /// When there is none, others may read it, or it is no key.
    pub fn read(path: &Path) -> Result<Key, KeyError> {
        let path_owned = || path.to_owned();
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => KeyError::Missing { path: path_owned() },
            _ => KeyError::Io {
                path: path_owned(),
                source,
            },
        };
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            let what = "it is no regular file".to_owned();
            return Err(KeyError::Unfit {
                path: path_owned(),
                what,
            });
        }
        let mode = metadata.mode() & 0o777;
        if mode & OTHERS != 0 {
            return Err(KeyError::Open {
                path: path_owned(),
                mode,
            });
        }
        let mut secret = Vec::new();
        let most = KEY_BYTES_MAX as u64 + 1;
        file.take(most).read_to_end(&mut secret).map_err(failed)?;
        Key::of(&secret).map_err(|what| KeyError::Unfit {
            path: path_owned(),
            what,
        })
    }

    /// The key that bytes are; what is wrong with them otherwise.
    ///
    /// # Errors
    /// When they are too few, too many, or all the same.
    pub fn of(secret: &[u8]) -> Result<Key, String> {
        if secret.len() < KEY_BYTES_MIN {
            return Err(format!(
                "it has {} bytes, and at least {KEY_BYTES_MIN} are needed",
                secret.len()
            ));
        }
        if secret.len() > KEY_BYTES_MAX {
            return Err(format!("it has more than {KEY_BYTES_MAX} bytes"));
        }
        if secret.iter().all(|byte| Some(byte) == secret.first()) {
            return Err("all its bytes are the same".to_owned());
        }
        let derived = |purpose: &str| {
            blake3::derive_key(&format!("falco-analyze redact 1 {purpose}"), secret)
        };
        let mut check = [0; CHECK_BYTES];
        for (to, from) in check.iter_mut().zip(derived("check")) {
            *to = from;
        }
        Ok(Key {
            words: derived("words"),
            addresses: derived("addresses"),
            bytes: derived("bytes"),
            kept: derived("kept"),
            check,
        })
    }

    /// A value by which the key is known again: the same for the same key, and no way back.
    #[must_use]
    pub fn check(&self) -> String {
        let digits = self.check.iter().map(|byte| format!("{byte:02x}"));
        digits.collect()
    }
}

/// Makes a key in a file that must not exist yet and that only its owner may read.
///
/// # Errors
/// When it cannot be made.
pub fn new_key(path: &Path) -> Result<(), KeyError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyError::There {
            path: path.to_owned(),
        },
        _ => KeyError::Io {
            path: path.to_owned(),
            source,
        },
    };
    let mut secret = [0; KEY_BYTES_MIN];
    let mut random = File::open("/dev/urandom").map_err(failed)?;
    random.read_exact(&mut secret).map_err(failed)?;
    let mut options = OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(0o600).open(path);
    let mut file = opened.map_err(failed)?;
    let written = file.write_all(&secret).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a key is none, and would be in the way of the next.
        let _ = fs::remove_file(path);
    }
    written.map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_read_or_the_fault_is_named() {
        let directory = tempfile::tempdir().expect("a directory");
        let check = |bytes: Option<&[u8]>, mode: u32, expected: Option<&str>| {
            let path = directory.path().join("key");
            let _ = fs::remove_file(&path);
            if let Some(bytes) = bytes {
                fs::write(&path, bytes).expect("written");
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
            }
            let said = Key::read(&path).err().map(|error| error.to_string());
            match (said, expected) {
                (None, None) => {}
                (Some(said), Some(expected)) => assert!(said.contains(expected), "{said}"),
                (said, expected) => panic!("{said:?} for {expected:?}"),
            }
        };
        let good: Vec<u8> = (0..32).collect();
        check(Some(&good), 0o600, None);
        check(Some(&good), 0o400, None);
        check(None, 0, Some("--new-key"));
        check(Some(&good), 0o640, Some("read by others"));
        check(Some(&good), 0o604, Some("chmod 600"));
        check(Some(&good[1..]), 0o600, Some("31 bytes"));
        check(Some(b""), 0o600, Some("0 bytes"));
        check(Some(&[7; 64]), 0o600, Some("the same"));
        check(Some(&good.repeat(200)), 0o600, Some("more than 4096"));
        let said = Key::read(directory.path()).expect_err("a directory");
        assert!(said.to_string().contains("no"), "{said}");
    }

    #[test]
    fn a_new_key_is_a_key_and_is_never_written_over_another() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("key");
        new_key(&path).expect("made");
        let first = Key::read(&path).expect("a key");
        let refused = new_key(&path).expect_err("there is one");
        assert!(
            refused.to_string().contains("never written over"),
            "{refused}"
        );
        assert_eq!(Key::read(&path).expect("a key").check(), first.check());
        let other = directory.path().join("other");
        new_key(&other).expect("made");
        assert_ne!(Key::read(&other).expect("a key").check(), first.check());
    }

    #[test]
    fn what_prints_tells_nothing_of_the_key() {
        let secret: Vec<u8> = (100..164).collect();
        let key = Key::of(&secret).expect("a key");
        let shown = format!("{key:?}");
        assert_eq!(shown, format!("Key({})", key.check()));
        assert_eq!(key.check().len(), 2 * CHECK_BYTES);
        for derived in [key.words, key.addresses, key.bytes] {
            let hex: String = derived.iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(!hex.contains(&key.check()));
        }
    }
}

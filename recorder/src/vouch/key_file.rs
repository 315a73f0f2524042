//! The file of a key: the secret of one epoch, overwritten by that of the next.
//!
//! Two lines of the same length, of which one holds a key: the next key is written to the other line and synced, and only then is the old one overwritten and synced, so that a crash between two steps leaves a key.
//! What a flash drive or a snapshot of the file system keeps of overwritten bytes is beyond it.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use falco_format::{EpochKey, Signature, TrustedKey};
use rustix::fs::OFlags;
use thiserror::Error;

/// The first line of the file.
const TITLE: &str = "falco-record secret key: whoever reads it can sign in the name of this node\n";
/// Characters of a line: the epoch, the secret, the public key and the certificate, with a space behind each but the last, and the end of the line.
const SLOT_LEN: usize = 20 + 1 + 64 + 1 + 64 + 1 + 128 + 1;
/// How many lines hold keys.
const SLOTS: usize = 2;
/// Bits of a file's mode that let others in.
const OTHERS: u32 = 0o077;

/// Why a key cannot be used or made.
#[derive(Debug, Error)]
pub enum KeyError {
    /// Others may read it.
    #[error(
        "{path} may be read by others (mode {mode:04o}), so its signatures prove nothing: make a new one with `falco-record keygen`, and keep it at mode 0600"
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It belongs to another user.
    #[error(
        "{path} belongs to user {user}, who can sign with it as well: it must belong to who records"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Its owner.
        user: u32,
    },
    /// Another recorder uses it.
    #[error("{0} is used by another recorder: each needs a key of its own")]
    Busy(PathBuf),
    /// It is none.
    #[error("{0} holds no key: `falco-record keygen` makes one")]
    NoKey(PathBuf),
    /// The system refuses.
    #[error("cannot {doing} {path}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What was said.
        source: io::Error,
    },
}

pub(super) fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.to_path_buf();
    move |source| KeyError::Io {
        doing,
        path,
        source,
    }
}

/// A key file that is held by one recorder.
#[derive(Debug)]
pub struct KeyFile {
    path: PathBuf,
    file: File,
    /// Which line holds the key.
    slot: usize,
}

impl KeyFile {
    /// Makes a file with the first key of a chain, and beside it one of its public part. Files that are there stay.
    pub fn make(path: &Path) -> Result<TrustedKey, KeyError> {
        let key = EpochKey::first().map_err(failed("draw a key for", path))?;
        let public = public_path(path);
        let mut text = format!("{TITLE}{}", slot_of(&key));
        text.push_str(&empty_slot());
        write_new(path, 0o600, &text)?;
        let line = format!("{}\n", key.trusted());
        if let Err(error) = write_new(&public, 0o644, &line) {
            // A secret without its public part is of no use to anybody.
            let _ = fs::remove_file(path);
            return Err(error);
        }
        Ok(key.trusted())
    }

    /// Opens a file for a recorder, and gives its key.
    pub fn open(path: &Path) -> Result<(KeyFile, EpochKey), KeyError> {
        let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true);
        let flags = i32::try_from(flags.bits()).unwrap_or_default();
        let file = options.custom_flags(flags).open(path);
        let file = file.map_err(failed("open the key", path))?;
        let found = file.metadata().map_err(failed("look at the key", path))?;
        if !found.is_file() {
            return Err(KeyError::NoKey(path.to_path_buf()));
        }
        if found.mode() & OTHERS != 0 {
            return Err(KeyError::Open {
                path: path.to_path_buf(),
                mode: found.mode() & 0o7777,
            });
        }
        if found.uid() != rustix::process::geteuid().as_raw() {
            return Err(KeyError::Foreign {
                path: path.to_path_buf(),
                user: found.uid(),
            });
        }
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => KeyError::Busy(path.to_path_buf()),
            TryLockError::Error(source) => failed("lock the key", path)(source),
        })?;
        let mut held = KeyFile {
            path: path.to_path_buf(),
            file,
            slot: 0,
        };
        let key = held.newest()?;
        Ok((held, key))
    }

    /// The key of the latest epoch; one of an earlier epoch that a crash left behind is overwritten.
    fn newest(&mut self) -> Result<EpochKey, KeyError> {
        let mut newest: Option<(usize, EpochKey)> = None;
        let mut kept = 0;
        for slot in 0..SLOTS {
            let mut line = [0; SLOT_LEN];
            let read = self.file.read_exact_at(&mut line, place(slot));
            let key = read.ok().and_then(|()| key_of(&line));
            kept += usize::from(key.is_some());
            let is_newer = |key: &EpochKey| {
                newest
                    .as_ref()
                    .is_none_or(|(_, newest)| newest.epoch() < key.epoch())
            };
            if let Some(key) = key.filter(is_newer) {
                newest = Some((slot, key));
            }
        }
        let (slot, key) = newest.ok_or_else(|| KeyError::NoKey(self.path.clone()))?;
        self.slot = slot;
        if kept > 1 {
            self.write(other(slot), &empty_slot())?;
        }
        Ok(key)
    }

    /// Replaces the key: the old one is gone when this returns.
    pub fn replace(&mut self, key: &EpochKey) -> Result<(), KeyError> {
        let next = other(self.slot);
        self.write(next, &slot_of(key))?;
        self.write(self.slot, &empty_slot())?;
        self.slot = next;
        Ok(())
    }

    fn write(&self, slot: usize, line: &str) -> Result<(), KeyError> {
        let written = self.file.write_all_at(line.as_bytes(), place(slot));
        let synced = written.and_then(|()| self.file.sync_data());
        synced.map_err(failed("write the key", &self.path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Where the public part of a key lies.
fn public_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    PathBuf::from(name)
}

fn write_new(path: &Path, mode: u32, text: &str) -> Result<(), KeyError> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(mode).open(path);
    let mut file = file.map_err(failed("make", path))?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all());
    written.map_err(failed("write", path))
}

fn other(slot: usize) -> usize {
    (slot + 1) % SLOTS
}

fn place(slot: usize) -> u64 {
    (TITLE.len() + slot * SLOT_LEN) as u64
}

fn slot_of(key: &EpochKey) -> String {
    let secret = key.secret().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    let certificate = key.certificate().unwrap_or(Signature([0; 64]));
    format!(
        "{:020} {secret} {} {certificate}\n",
        key.epoch(),
        key.public()
    )
}

fn empty_slot() -> String {
    let key = "0".repeat(64);
    format!("{:020} {key} {key} {}\n", 0, "0".repeat(128))
}

/// The key in a line, if it holds one: half of one does not have its public part.
fn key_of(line: &[u8; SLOT_LEN]) -> Option<EpochKey> {
    let text = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let mut words = text.split(' ');
    let epoch = words.next()?.parse().ok()?;
    let secret: falco_format::PublicKey = words.next()?.parse().ok()?;
    let public = words.next()?;
    let certificate: Signature = words.next()?.parse().ok()?;
    let certificate = (certificate.0 != [0; 64]).then_some(certificate);
    let key = EpochKey::kept(epoch, &secret.0, certificate);
    (key.public().to_string() == public).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn made(folder: &Path) -> PathBuf {
        let path = folder.join("key");
        KeyFile::make(&path).expect("a key");
        path
    }

    #[test]
    fn a_key_is_replaced_and_the_old_one_is_gone() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = made(folder.path());
        let public = fs::read_to_string(folder.path().join("key.pub")).expect("a file");
        let (mut file, mut key) = KeyFile::open(&path).expect("a key");
        assert_eq!(public.parse(), Ok(key.trusted()));
        for epoch in 1..4 {
            let old = slot_of(&key);
            let next = key.next().expect("a key");
            file.replace(&next).expect("written");
            let text = fs::read_to_string(&path).expect("a file");
            let secret = old.split(' ').nth(1).expect("a secret");
            assert!(!text.contains(secret));
            drop(file);
            (file, key) = KeyFile::open(&path).expect("a key");
            assert_eq!((key.epoch(), key.public()), (epoch, next.public()));
            assert_eq!(key.certificate(), next.certificate());
        }
    }

    #[test]
    fn a_crash_at_any_byte_leaves_a_key() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = made(folder.path());
        let before = fs::read(&path).expect("a file");
        let (mut file, key) = KeyFile::open(&path).expect("a key");
        let next = key.next().expect("a key");
        file.replace(&next).expect("written");
        drop(file);
        let after = fs::read(&path).expect("a file");
        // First the next key is written, up to a byte; then the old one is overwritten, up to a byte.
        let split = TITLE.len() + SLOT_LEN;
        for at in split..=after.len() {
            let torn = [&before[..split], &after[split..at], &before[at..]].concat();
            fs::write(&path, torn).expect("written");
            let (_, found) = KeyFile::open(&path).expect("a key");
            assert!(found.epoch() <= 1, "{at}");
        }
        for at in TITLE.len()..=split {
            let torn = [&after[..at], &before[at..split], &after[split..]].concat();
            fs::write(&path, torn).expect("written");
            let (_, found) = KeyFile::open(&path).expect("a key");
            assert_eq!(found.public(), next.public(), "{at}");
            let text = fs::read(&path).expect("a file");
            assert!(
                at == TITLE.len() || text == after || key_count(&text) == 1,
                "{at}"
            );
        }
    }

    fn key_count(text: &[u8]) -> usize {
        let slots = text.get(TITLE.len()..).unwrap_or_default();
        let lines = slots.as_chunks::<SLOT_LEN>().0.iter();
        lines.filter(|line| key_of(line).is_some()).count()
    }

    #[test]
    fn a_key_that_others_may_have_is_refused() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = made(folder.path());
        let check = |mode, is_refused: bool| {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
            let opened = KeyFile::open(&path);
            assert_eq!(
                matches!(opened, Err(KeyError::Open { .. })),
                is_refused,
                "{mode:o}"
            );
        };
        check(0o600, false);
        check(0o640, true);
        check(0o604, true);
        check(0o660, true);
        check(0o400, false);
    }

    #[test]
    fn what_is_no_key_is_refused_and_stays() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = made(folder.path());
        assert!(KeyFile::make(&path).is_err());
        let held = KeyFile::open(&path).expect("a key");
        assert!(matches!(KeyFile::open(&path), Err(KeyError::Busy(_))));
        drop(held);
        for text in ["", "no key", TITLE] {
            let other = folder.path().join("other");
            fs::write(&other, text).expect("written");
            fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).expect("a mode");
            assert!(
                matches!(KeyFile::open(&other), Err(KeyError::NoKey(_))),
                "{text}"
            );
        }
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        assert!(KeyFile::open(&link).is_err());
    }
}

//! The page on which a recorder writes how it goes, for whoever may read the directory.
//!
//! One file of fixed size in the root, overwritten in place once a second: it needs no listener and no reader's write, a full disk does not stop it, and what a killed recorder wrote last is still there.
//! Nothing makes it survive a loss of power. Whether the recorder is alive, the lock of the directory says, not the page.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::thread;
use std::time::Duration;

use falco_format::Directory;

use super::Status;

/// The file's name.
const NAME: &str = ".status";
/// Its bytes: the numbers take some 1,500, and texts of others are cut to what is left.
const PAGE_BYTES: usize = 4096;
/// How many bytes of an error are told.
const ERROR_BYTES: usize = 300;
/// How often it is read again while it is just being written, and after which pause.
const ATTEMPTS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(2);

/// The page, open for writing.
#[derive(Debug)]
pub struct Page {
    file: File,
}

impl Page {
    /// Makes it in a root. What a recorder left behind, or somebody planted under its name, goes: the name alone.
    pub fn make(root: &Directory) -> io::Result<Page> {
        let _ = root.remove(OsStr::new(NAME));
        let file = root.create(OsStr::new(NAME))?;
        Ok(Page { file })
    }

    /// Writes it.
    pub fn write(&self, status: &Status) -> io::Result<()> {
        self.file.write_all_at(&encode(status.clone()), 0)
    }
}

/// A page: JSON, blanks, and a line's end.
fn encode(mut status: Status) -> Vec<u8> {
    if let Some(error) = &mut status.store.error {
        let end = (0..=ERROR_BYTES.min(error.len())).rev();
        error.truncate(
            end.into_iter()
                .find(|end| error.is_char_boundary(*end))
                .unwrap_or(0),
        );
    }
    let mut page = serde_json::to_vec(&status).unwrap_or_default();
    if page.len() >= PAGE_BYTES {
        // Sums stay; only what they are made of has no room.
        (status.store.lost, status.store.error) = (Vec::new(), None);
        page = serde_json::to_vec(&status).unwrap_or_default();
    }
    page.resize(PAGE_BYTES.saturating_sub(1), b' ');
    page.push(b'\n');
    page
}

/// Reads the page of a root; `None` where there is none, or none that can be understood.
pub fn read(root: &Directory) -> io::Result<Option<Status>> {
    let mut before = Vec::new();
    for _ in 0..ATTEMPTS {
        let page = match root.read(OsStr::new(NAME)) {
            Ok(file) => bytes_of(file)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        // It is written within microseconds, once a second: what is the same twice was not read half.
        if page == before
            && let Ok(status) = serde_json::from_slice(&page)
        {
            return Ok(Some(status));
        }
        before = page;
        thread::sleep(PAUSE);
    }
    Ok(None)
}

fn bytes_of(file: File) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    file.take(PAGE_BYTES as u64).read_to_end(&mut page)?;
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::{Lost, Store};
    use std::fs;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn place() -> (tempfile::TempDir, Directory) {
        let folder = tempfile::tempdir().expect("a scratch directory");
        let directory = Directory::open(folder.path()).expect("opened");
        (folder, directory)
    }

    #[test]
    fn what_was_written_is_read_and_its_size_never_changes() {
        let (folder, root) = place();
        assert_eq!(read(&root).expect("no page"), None);
        let page = Page::make(&root).expect("a page");
        assert_eq!(read(&root).expect("an empty page"), None);
        let lost = |count| Lost {
            reason: "ring_full".into(),
            lane: "bulk".into(),
            count,
        };
        for (events, losses, error) in [(1, 0, None), (u64::MAX, 3, Some("é".repeat(9000)))] {
            let status = Status {
                events,
                store: Store {
                    lost: (0..losses).map(lost).collect(),
                    error,
                    ..Store::default()
                },
                ..Status::default()
            };
            page.write(&status).expect("written");
            let found = read(&root).expect("read").expect("a page");
            assert_eq!(
                (found.events, found.store.lost.len() as u64),
                (events, losses)
            );
            let error = found.store.error.unwrap_or_default();
            assert!(error.len() <= ERROR_BYTES && error.chars().all(|one| one == 'é'));
            let bytes = fs::metadata(folder.path().join(NAME)).expect("there").len();
            assert_eq!(bytes, PAGE_BYTES as u64);
        }
        // More than there is room for: the sums are still told.
        let mut status = Status {
            lost_total: 7,
            ..Status::default()
        };
        status.store.lost = (0..1000).map(lost).collect();
        page.write(&status).expect("written");
        let found = read(&root).expect("read").expect("a page");
        assert_eq!((found.lost_total, found.store.lost.len()), (7, 0));
    }

    #[test]
    fn a_page_that_is_just_written_is_never_read_half() {
        let (_folder, root) = place();
        let page = Page::make(&root).expect("a page");
        page.write(&Status::default()).expect("written");
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut number = 0;
                while !stop.load(Ordering::Relaxed) {
                    number += 1;
                    let status = Status {
                        events: number,
                        bytes: number,
                        ..Status::default()
                    };
                    page.write(&status).expect("written");
                    thread::sleep(Duration::from_millis(3));
                }
            });
            for _ in 0..50 {
                let status = read(&root).expect("read").expect("a page");
                assert_eq!(status.events, status.bytes);
            }
            stop.store(true, Ordering::Relaxed);
        });
    }

    #[test]
    fn what_was_planted_under_its_name_is_left_alone() {
        let (folder, root) = place();
        let other = folder.path().join("other");
        fs::write(&other, "root's own").expect("written");
        std::os::unix::fs::symlink(&other, folder.path().join(NAME)).expect("linked");
        assert!(read(&root).is_err(), "a link is not followed");
        Page::make(&root)
            .and_then(|page| page.write(&Status::default()))
            .expect("written");
        assert_eq!(fs::read(&other).expect("there"), b"root's own");
        fs::write(folder.path().join(NAME), "{").expect("written");
        assert_eq!(read(&root).expect("read"), None);
    }
}

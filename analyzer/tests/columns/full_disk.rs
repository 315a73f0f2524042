//! A disk that is full while an export is written: the file is named, and nothing is left.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::tempdir;

use crate::support::scene;

/// A disk of two pages, which is taken away at the end.
struct SmallDisk<'s>(&'s Path);

impl<'s> SmallDisk<'s> {
    fn mount(at: &'s Path) -> Option<Self> {
        fs::create_dir(at).expect("made");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=8k", "none"])
            .arg(at)
            .output();
        mounted
            .is_ok_and(|output| output.status.success())
            .then_some(Self(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_is_told_and_left_as_it_was() {
    let workspace = tempdir().expect("a temporary directory");
    scene().write(&workspace.path().join("capture"));
    let at = workspace.path().join("disk");
    let Some(_disk) = SmallDisk::mount(&at) else {
        println!("skipped: no tmpfs here");
        return;
    };
    for (format, output) in [
        ("csv", "disk/rows"),
        ("jsonl", "disk/rows"),
        ("arrow", "disk/rows"),
        ("parquet", "disk/tables"),
    ] {
        let run = Command::new(env!("CARGO_BIN_EXE_falco-analyze"))
            .current_dir(workspace.path())
            .args(["export", format, "capture", "--columns", "all", "-o"])
            .arg(output)
            .output()
            .expect("the program runs");
        let stderr = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(2), "{format}: {stderr}");
        assert!(
            stderr.contains(&format!("cannot write {output}"))
                && stderr.contains("No space left on device"),
            "{format}: {stderr}"
        );
        let left = fs::read_dir(&at).expect("a directory").count();
        assert_eq!(left, 0, "{format} left something");
    }
}

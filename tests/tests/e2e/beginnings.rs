//! The first moments of recordings and of segments, under load: nothing that was done before an exec is the later program's.
//!
//! Shells open a file, wait, and then become another program that never opens it; recordings begin and rotate meanwhile.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::live::recorder_or_skip;
use crate::programs::{analyze, recorder, run};

/// How many shells run at once, and how many recordings begin while they do.
const SHELLS: usize = 4;
const STARTS: usize = 5;

/// A shell whose children open a file before their exec, and only then.
struct Shell(Child);

impl Shell {
    fn start(marker: &Path) -> Shell {
        let script =
            r#"while :; do (exec 3<"$0"; exec 3<&-; sleep 0.004; exec true after-exec); done"#;
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(marker);
        Shell(command.stdout(Stdio::null()).spawn().expect("a shell"))
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // Its last child ends by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn what_was_done_before_an_exec_is_never_the_later_programs() {
    let Some(_guard) = recorder_or_skip("what_was_done_before_an_exec_is_never_the_later_programs")
    else {
        return;
    };
    let directory = tempfile::tempdir().expect("a directory");
    let marker = directory.path().join("opened-before");
    std::fs::write(&marker, "x").expect("a file");
    let shells: Vec<Shell> = (0..SHELLS).map(|_| Shell::start(&marker)).collect();
    let captures: Vec<_> = (0..STARTS)
        .map(|start| directory.path().join(format!("capture-{start}")))
        .collect();
    for capture in &captures {
        let capture = capture.to_string_lossy();
        // Short segments, so that borders are passed too.
        let words = [
            "run",
            "-o",
            &*capture,
            "--for",
            "1s",
            "--segment-size",
            "1M",
        ];
        let ran = run(&recorder(), words);
        assert!(matches!(ran.code, 0 | 3), "{}{}", ran.stdout, ran.stderr);
    }
    drop(shells);
    let opened = format!(
        "evt.type in (open, openat) and fd.name={}",
        marker.display()
    );
    let mut seen = 0;
    for capture in &captures {
        let capture = capture.to_string_lossy();
        let later = format!("{opened} and proc.exepath endswith /true");
        let format = "*%evt.rawtime %thread.tid %proc.name %proc.exepath %proc.cmdline";
        let credited = analyze(["events", &*capture, &*later, "-p", format]);
        assert_eq!(
            credited.stdout, "",
            "opens before an exec are not the later program's"
        );
        seen += analyze(["events", &*capture, &*opened])
            .stdout
            .lines()
            .count();
    }
    assert!(seen > 0, "the shells were recorded");
}

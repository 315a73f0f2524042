//! A batch waits for the accounts that its frames have asked for, and not for ever.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::sync::{Condvar, Mutex};

use falco_abi::events::execve;
use falco_abi::{FrameHeader, ParamStatus, view};

use super::*;
use crate::source::LossCounter;

/// Longer than any machine takes.
const PATIENCE: Duration = Duration::from_secs(120);
/// When the program was executed.
const TIME: u64 = 1_000;

/// Whether something has happened: a watermark was noted since the exec was drained, a batch was sent.
#[derive(Default)]
struct Noted(Mutex<bool>, Condvar);

impl Noted {
    fn note(&self) {
        *self.0.lock().expect("no panic") = true;
        self.1.notify_all();
    }

    fn wait(&self) {
        let noted = self.0.lock().expect("no panic");
        let noted = self.1.wait_timeout_while(noted, PATIENCE, |noted| !*noted);
        drop(noted.expect("no panic"));
    }
}

/// One exec in a container, by a process that is gone.
struct OneExec {
    frame: Option<Vec<u8>>,
    noted: Arc<Noted>,
}

impl FrameSource for OneExec {
    fn drain(&mut self, lanes: Lanes, sink: &mut dyn FnMut(&[u8])) {
        if lanes.has(Lane::Process)
            && let Some(frame) = self.frame.take()
        {
            sink(&frame);
        }
    }

    fn losses(&mut self) -> Vec<LossCounter> {
        Vec::new()
    }

    fn shed(&mut self, _lanes: Lanes) -> bool {
        true
    }

    fn barrier(&mut self) {
        if self.frame.is_none() {
            self.noted.note();
        }
    }

    fn stop(&mut self) {}
}

fn exec() -> Vec<u8> {
    let header = FrameHeader {
        time: TIME,
        pid: u32::MAX,
        event: execve::EVENT.0,
        ..FrameHeader::EMPTY
    };
    let params = falco_abi::event(execve::EVENT).expect("a row").params.len();
    let value = |param| match param {
        execve::cgroup => &b"/default/web"[..],
        _ => &[0; 8],
    };
    let values: Vec<_> = (0..params)
        .map(|param| (ParamStatus::Present, value(param)))
        .collect();
    let mut frame = Vec::new();
    view::write(header, &values, |part| frame.extend_from_slice(part));
    frame
}

/// The batch with the exec, where the container's root is told only after the batch's watermark was noted, or where nothing waits for it, after the batch was sent; and how many batches could not wait.
fn batch(wait: Duration, root: PathBuf) -> (Batch, u64) {
    let noted = Arc::new(Noted::default());
    let when = Arc::clone(&noted);
    let sent = Arc::new(Noted::default());
    let then = Arc::clone(&sent);
    let (containers, tracker) = crate::containers::with_bundles(Box::new(move |_| {
        when.wait();
        if wait.is_zero() {
            then.wait();
        }
        Some(root.clone())
    }));
    let source = OneExec {
        frame: Some(exec()),
        noted,
    };
    let (control, controlled) = channel();
    let (out, batches) = std::sync::mpsc::sync_channel(4);
    let pair = clock::pair();
    let aside = Aside {
        tracker: Some(tracker),
        stats: Arc::default(),
        age: BATCH_AGE,
    };
    let drain =
        std::thread::spawn(move || run_waiting(source, pair, &controlled, (out, wait), aside));
    let mut found = None;
    while found.is_none() {
        let batch = batches.recv_timeout(PATIENCE).expect("a batch");
        found = (!batch.frames.is_empty()).then_some(batch);
    }
    sent.note();
    let late = containers.counts().names_late;
    control.send(Control::Stop).expect("a drain");
    drop(batches);
    drain.join().expect("an end");
    (found.expect("a batch"), late)
}

#[test]
fn names_stand_before_what_asked_for_them_however_late_they_are_read() {
    let root = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(root.path().join("etc")).expect("a directory");
    std::fs::write(
        root.path().join("etc/passwd"),
        "app:x:7:7::/:/\nweb:x:8:8::/:/\n",
    )
    .expect("a file");
    assert_ne!(
        std::fs::metadata(root.path()).expect("it is there").ino(),
        std::fs::metadata("/").expect("it is there").ino()
    );
    let (waited, late) = batch(PATIENCE, root.path().to_owned());
    let times: Vec<u64> = waited.own_rows.iter().map(|row| row.time).collect();
    assert_eq!((times, late), (vec![TIME - 2, TIME - 1], 0));
    let (in_haste, late) = batch(Duration::ZERO, root.path().to_owned());
    assert_eq!((in_haste.own_rows.len(), late), (0, 1));
}

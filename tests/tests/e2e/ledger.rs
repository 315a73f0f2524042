//! The intrusion's ledger, read back.

use std::collections::BTreeSet;
use std::path::Path;

/// One act of the ledger, or of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Act {
    /// What was done.
    pub(crate) what: What,
    /// By which process; 0 where the ledger cannot know it.
    pub(crate) pid: u32,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A file was opened.
    Open(String),
    /// A program was executed.
    Exec(Vec<String>),
    /// A socket was connected.
    Connect(String),
}

/// A ledger.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// The acts, in order.
    pub(crate) acts: Vec<Act>,
    /// The containers that ran, in order, by the 12 characters that name them in alerts.
    pub(crate) containers: Vec<String>,
    /// Why there were no containers.
    pub(crate) skipped: Option<String>,
}

impl Ledger {
    /// Reads a ledger.
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("the intrusion wrote its ledger");
        let mut ledger = Self::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split('\t').collect();
            let [act, pid, rest @ ..] = words.as_slice() else {
                panic!("a ledger's line has an act and a process: {line:?}");
            };
            let words: Vec<String> = rest.iter().map(|&word| word.to_owned()).collect();
            let what = match (*act, words.as_slice()) {
                ("open", [path]) => What::Open(path.clone()),
                ("exec", argv) => What::Exec(argv.to_vec()),
                ("connect", [address]) => What::Connect(address.clone()),
                ("container", [id]) => {
                    ledger.containers.push(id.chars().take(12).collect());
                    continue;
                }
                ("skipped", [_, reason]) => {
                    ledger.skipped = Some(reason.clone());
                    continue;
                }
                _ => panic!("an act of the ledger is unknown: {line:?}"),
            };
            let pid = pid.parse().expect("a process id");
            ledger.acts.push(Act { what, pid });
        }
        ledger
    }

    /// The processes that the ledger names.
    pub(crate) fn pids(&self) -> BTreeSet<u32> {
        let known = self.acts.iter().map(|act| act.pid);
        known.filter(|&pid| pid != 0).collect()
    }
}

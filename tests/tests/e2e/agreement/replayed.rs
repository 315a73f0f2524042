//! The state at the end of a capture, and when each process last did what changes state.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use falco_abi::events::{self, prctl};
use falco_analyze::pipeline::LookAhead;
use falco_analyze::state::{State, StateLimits};
use falco_format::{Capture, Dialect, EventView, Item, Projection};

/// A replayed capture.
pub(super) struct Replayed {
    pub(super) state: State,
    /// When the first row was looked at.
    pub(super) begun: u64,
    /// Process → time of its last event that state depends on.
    pub(super) last_change: HashMap<u32, u64>,
    /// Threads that gave themselves a name.
    pub(super) renamed: HashSet<u32>,
    /// Events that were read.
    pub(super) events: u64,
    /// Events that the recorder lost.
    pub(super) lost: u64,
    /// STATE blocks that were whole.
    pub(super) snapshots: u64,
}

/// Applies a whole capture.
pub(super) fn replay(path: &Path) -> Replayed {
    let capture = Capture::open(path).expect("the capture opens");
    let mut replayed = Replayed {
        state: State::new(StateLimits::default(), Dialect::Native),
        begun: u64::MAX,
        last_change: HashMap::new(),
        renamed: HashSet::new(),
        events: 0,
        lost: 0,
        snapshots: 0,
    };
    // As every pass reads it: what a snapshot must not say of the time before it looked is known beforehand.
    let items: Vec<Item> = capture.items().collect();
    let mut items = LookAhead::new(items.iter().cloned());
    while let Some(item) = items.next() {
        if let Some(foresight) = items.foresight() {
            replayed.state.foresee(foresight);
        }
        match item {
            Item::State(block) => {
                let rows = block.decode(&Projection::all()).expect("a block of state");
                for view in rows.iter() {
                    replayed.state.apply_snapshot(&view);
                    replayed.begun = replayed.begun.min(view.time());
                    let is_end = view.event() == events::state_complete::EVENT;
                    replayed.snapshots += u64::from(is_end);
                }
            }
            Item::Events(block) => {
                let rows = block.decode(&Projection::all()).expect("a block of events");
                for view in rows.iter() {
                    replayed.state.before(&view);
                    replayed.state.after(&view);
                    replayed.note(&view);
                }
            }
            Item::Lost(intervals) => {
                replayed.lost += intervals.iter().map(|lost| lost.count).sum::<u64>();
                replayed.state.lost(&intervals);
            }
            Item::Damage(damage) => panic!("{damage:?}"),
            _ => {}
        }
    }
    replayed
}

impl Replayed {
    fn note(&mut self, view: &EventView<'_>) {
        const PR_SET_NAME: u64 = 15;
        self.events += 1;
        let meta = view.meta();
        let def = falco_abi::event(view.event());
        if def.is_some_and(|def| def.has(events::STATE)) {
            self.last_change.insert(meta.pid.0, meta.time);
        }
        if view.event() == prctl::EVENT && view.uint(prctl::option) == Some(PR_SET_NAME) {
            self.renamed.insert(meta.tid.0);
        }
    }

    /// Whether a process changed at or after a time.
    pub(super) fn has_moved(&self, pid: u32, since: u64) -> bool {
        self.last_change
            .get(&pid)
            .is_some_and(|time| *time >= since)
    }
}

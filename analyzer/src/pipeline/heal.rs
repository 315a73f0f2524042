//! The first of two readings of the healing mode: what runtimes say of containers, wherever in the stream they say it.
//!
//! In: one capture. Out: for each world of it (a boot in a dialect) what will be said, in the order of the stream.
//! It decodes the rows about containers and nothing else; what it finds damaged, the second reading finds too, and says so.

use std::collections::VecDeque;

use falco_abi::events::{container, state_container};
use falco_format::{Block, Dialect, Item, Projection};

use super::Input;
use crate::state::{LaterContainers, State, StateLimits};

/// Collects what the worlds of a capture will say, the first one first.
pub(super) fn collect(input: &Input, limits: StateLimits) -> VecDeque<LaterContainers> {
    let mut worlds = Worlds {
        limits,
        boot: None,
        reader: State::new(limits, Dialect::Native),
        done: VecDeque::new(),
        current: LaterContainers::default(),
    };
    for item in input.items() {
        match &item {
            Item::Segment(header) => worlds.enter(header.boot_id, header.dialect),
            Item::State(block) | Item::Events(block) => worlds.read(block),
            _ => {}
        }
    }
    worlds.done.push_back(worlds.current);
    worlds.done
}

struct Worlds {
    limits: StateLimits,
    boot: Option<[u8; 16]>,
    /// Reads rows by their dialect; its own state stays empty.
    reader: State,
    done: VecDeque<LaterContainers>,
    current: LaterContainers,
}

impl Worlds {
    /// The same border that the pass draws: there its state begins anew.
    fn enter(&mut self, boot: [u8; 16], dialect: Dialect) {
        let is_first = self.boot.is_none();
        let is_same = self.boot.replace(boot) == Some(boot) && self.reader.dialect() == dialect;
        if is_same {
            return;
        }
        self.reader = State::new(self.limits, dialect);
        if !is_first {
            self.done.push_back(std::mem::take(&mut self.current));
        }
    }

    fn read(&mut self, block: &Block) {
        let wanted = Projection::none()
            .with_event(container::EVENT)
            .with_event(state_container::EVENT);
        let Ok(rows) = block.decode(&wanted) else {
            return;
        };
        for view in rows.iter() {
            if let Some((id, container)) = self.reader.container_in(&view) {
                self.current.add(id, container, self.limits.containers);
            }
        }
    }
}

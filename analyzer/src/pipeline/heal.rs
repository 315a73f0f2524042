//! The first of two readings of the healing mode: what runtimes say of containers, wherever in the stream they say it.
//!
//! In: the items of one capture. Out: for each [world](Border) of it what will be said, in the order of the stream.
//! It decodes the rows about containers and nothing else; what it finds damaged, the second reading finds too, and says so.

use std::sync::Arc;

use falco_abi::events::{container, state_container};
use falco_format::{Block, Dialect, Item, Projection};

use super::Border;
use crate::state::{LaterContainers, StateLimits, container_in};

/// What will be said, by the places of worlds.
#[derive(Clone, Debug, Default)]
pub struct LaterByWorld(Arc<[Arc<LaterContainers>]>);

impl LaterByWorld {
    /// Collects what the worlds of a capture will say.
    #[must_use]
    pub fn collect(items: impl Iterator<Item = Item>, limits: StateLimits) -> LaterByWorld {
        let mut border = Border::default();
        let (mut done, mut current) = (Vec::new(), LaterContainers::default());
        for item in items {
            match &item {
                Item::Segment(header) => {
                    let before = border.place();
                    if border.is_crossed(header) && border.place() != before {
                        done.push(Arc::new(std::mem::take(&mut current)));
                    }
                }
                Item::State(block) | Item::Events(block) => {
                    read(block, border.dialect(), limits, &mut current);
                }
                _ => {}
            }
        }
        done.push(Arc::new(current));
        LaterByWorld(done.into())
    }

    /// What a world will say.
    pub(super) fn of_world(&self, place: usize) -> Arc<LaterContainers> {
        self.0.get(place).cloned().unwrap_or_default()
    }
}

fn read(block: &Block, dialect: Dialect, limits: StateLimits, later: &mut LaterContainers) {
    let wanted = Projection::none()
        .with_event(container::EVENT)
        .with_event(state_container::EVENT);
    let Ok(rows) = block.decode(&wanted) else {
        return;
    };
    for view in rows.iter() {
        if let Some((id, container)) = container_in(&view, dialect) {
            later.add(id, container, limits.containers);
        }
    }
}

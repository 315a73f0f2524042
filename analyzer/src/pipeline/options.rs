//! Options of a pass: limits, the zone of times, the part that is read, healing, threads.
//!
//! It owns the choices alone; cursors, passes and collectors do what they say.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::{Part, Stats};
use crate::state::StateLimits;
use crate::time::Zone;

/// Options of a pass.
#[derive(Clone, Debug)]
pub struct PassOptions {
    /// Limits of the state tables.
    pub limits: StateLimits,
    /// The zone in which fields print times.
    pub zone: Zone,
    /// Which part of the capture is read, and of which time events are shown.
    pub part: Part,
    /// Whether what runtimes say of containers later completes earlier events: the capture is read twice then.
    pub heal_containers: bool,
    /// How many threads work. What can be spread is what a [`Collector`](super::Collector) does; the answers are the same for any number.
    pub threads: NonZeroUsize,
    /// Where what a collector's pass spends is added up, if anybody asked.
    pub stats: Option<Arc<Stats>>,
}

impl Default for PassOptions {
    fn default() -> Self {
        PassOptions {
            limits: StateLimits::default(),
            zone: Zone::default(),
            part: Part::whole(),
            heal_containers: false,
            threads: NonZeroUsize::MIN,
            stats: None,
        }
    }
}

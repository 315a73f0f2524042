//! Whether what the recorder says it lost is what is missing.
//!
//! In: a capture. Out: per CPU, how many sequence numbers are missing and how many the LOST items account for.
//! Sequence numbers count every frame that was due, delivered or not, so the two must agree.

use std::collections::BTreeMap;

use falco_abi::LossReason;
use falco_format::{Capture, Item, LostInterval};

/// The rows of one CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuContinuity {
    /// Rows that are there.
    pub rows: u64,
    /// Sequence numbers that are missing between the first row and the last.
    pub missing: u64,
    /// Rows whose number is not above the one before: a writer's defect, or a forgery.
    pub repeated: u64,
    /// Lost rows that LOST items tell of, between the first row and the last.
    pub told: u64,
    /// Lost rows before the first row or after the last, which no sequence number can show.
    pub told_at_edges: u64,
}

impl CpuContinuity {
    /// Whether LOST items account for exactly what is missing.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.missing == self.told && self.repeated == 0
    }
}

/// Compares sequence numbers with LOST items, per CPU.
///
/// Blocks whose sequence numbers cannot be read are passed over; their rows then count as missing.
#[must_use]
pub fn continuity(capture: &Capture) -> BTreeMap<u16, CpuContinuity> {
    let mut cpus: BTreeMap<u16, CpuContinuity> = BTreeMap::new();
    let mut last: BTreeMap<u16, u64> = BTreeMap::new();
    for item in capture.items() {
        match item {
            Item::Events(block) => {
                for span in block.sequences().unwrap_or_default() {
                    let cpu = cpus.entry(span.cpu).or_default();
                    cpu.rows = cpu.rows.saturating_add(span.rows);
                    cpu.missing = cpu.missing.saturating_add(span.missing);
                    if let Some(last) = last.insert(span.cpu, span.last) {
                        match span.first.checked_sub(last) {
                            None | Some(0) => cpu.repeated += 1,
                            Some(step) => cpu.missing = cpu.missing.saturating_add(step - 1),
                        }
                    }
                }
            }
            Item::Lost(intervals) => intervals
                .iter()
                .for_each(|interval| tell(&mut cpus, interval)),
            _ => {}
        }
    }
    cpus
}

fn tell(cpus: &mut BTreeMap<u16, CpuContinuity>, interval: &LostInterval) {
    // The kernel skipped the program before it could number the frame.
    if interval.reason == LossReason::Recursion {
        return;
    }
    let cpu = cpus.entry(interval.cpu).or_default();
    let is_inner = interval.last_good_time != 0 && interval.next_good_time != u64::MAX;
    let told = if is_inner {
        &mut cpu.told
    } else {
        &mut cpu.told_at_edges
    };
    *told = told.saturating_add(interval.count);
}

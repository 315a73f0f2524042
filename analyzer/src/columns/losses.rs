//! The table `losses`: one row for each interval in which events were lost.
//!
//! An interval lies between two events that were recorded: joined by boot, CPU and time since boot, it tells which answers it touches.

use arrow_array::RecordBatch;
use falco_format::{ClockMap, Item, LostInterval};

use super::small::{Cell, SmallTable};
use super::{SourceError, Table};
use crate::pipeline::{Border, Input, Part, Tally};

/// Every interval of a capture, in stream order, and what reading came across.
pub(super) fn losses(
    name: &str,
    (input, part): (&Input, &Part),
) -> Result<(RecordBatch, Tally), SourceError> {
    let mut tally = Tally::default();
    let mut table = SmallTable::new(Table::Losses);
    let (mut node, mut boot_id, mut segment) = (String::new(), String::new(), 0);
    let (mut clock, mut border) = (ClockMap::new(), Border::default());
    for item in input.items_of(part) {
        tally.item(&item);
        match item {
            Item::Segment(header) => {
                node.clone_from(&header.node);
                if border.is_crossed(&header) {
                    // Another boot counts from a moment of its own.
                    clock = ClockMap::new();
                    boot_id = header.boot_id.to_string();
                }
                segment = header.segment_number;
            }
            Item::Clock(pairs) => clock.add(&pairs),
            Item::Lost(intervals) => {
                for interval in &intervals {
                    let (last, next) = ends(interval);
                    table.push([
                        Cell::Text(&node),
                        Cell::Text(&boot_id),
                        Cell::Uint(Some(u64::from(interval.cpu))),
                        Cell::Text(interval.lane.name()),
                        Cell::Text(interval.reason.name()),
                        Cell::Uint(Some(interval.count)),
                        Cell::Uint(last),
                        Cell::Uint(next),
                        Cell::Uint(
                            last.and_then(|time| clock.known_realtime(time))
                                .map(|time| time.0),
                        ),
                        Cell::Uint(
                            next.and_then(|time| clock.known_realtime(time))
                                .map(|time| time.0),
                        ),
                        Cell::Text(name),
                        Cell::Uint(Some(segment)),
                    ]);
                }
            }
            _ => {}
        }
    }
    Ok((table.finish()?, tally))
}

/// The events around an interval: none before the first, none after the last.
fn ends(interval: &LostInterval) -> (Option<u64>, Option<u64>) {
    let last = Some(interval.last_good_time).filter(|time| *time != 0);
    let next = Some(interval.next_good_time).filter(|time| *time != u64::MAX);
    (last, next)
}

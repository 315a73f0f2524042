//! The table `losses`: one row for each interval in which events were lost, and one for each place where a capture is damaged.
//!
//! Either lies between two events that were recorded: joined by boot, CPU and time since boot, it tells which answers it touches.
//! It is told from items alone. A block whose bytes are as they were written and that does not decode, only its reader finds.

use arrow_array::RecordBatch;
use falco_format::{ClockMap, Damage, Item, LostInterval};

use super::small::{Cell, SmallTable};
use super::{SourceError, Table};
use crate::pipeline::{Border, Input, Part, Tally};

/// Why what stood in damaged bytes is lost.
const DAMAGE: &str = "damage";

/// A row in the making.
struct Loss {
    node: String,
    boot_id: String,
    /// Of events that the recorder lost: CPU, lane and how many.
    lost: Option<(u16, &'static str, u64)>,
    reason: &'static str,
    /// Boot time of the events around it.
    last: Option<u64>,
    next: Option<u64>,
    segment: u64,
    /// What is damaged, and how many bytes were passed over.
    damage: Option<(String, u64)>,
}

/// Every interval and every damaged place of a capture, in stream order, and what reading came across.
pub(super) fn losses(
    name: &str,
    (input, part): (&Input, &Part),
) -> Result<(RecordBatch, Tally), SourceError> {
    let mut tally = Tally::default();
    let mut told = Told::new(name);
    for item in input.items_of(part) {
        tally.item(&item);
        told.item(item);
    }
    Ok((told.finish()?, tally))
}

/// Where the stream stands, and the rows so far.
struct Told<'a> {
    capture: &'a str,
    table: SmallTable,
    /// Rows of this boot: behind damage the next event is still to come.
    rows: Vec<Loss>,
    node: String,
    boot_id: String,
    segment: u64,
    clock: ClockMap,
    border: Border,
    /// Boot time of the last event so far.
    last: Option<u64>,
}

impl<'a> Told<'a> {
    fn new(capture: &'a str) -> Self {
        Told {
            capture,
            table: SmallTable::new(Table::Losses),
            rows: Vec::new(),
            node: String::new(),
            boot_id: String::new(),
            segment: 0,
            clock: ClockMap::new(),
            border: Border::default(),
            last: None,
        }
    }

    fn item(&mut self, item: Item) {
        match item {
            Item::Segment(header) => {
                if self.border.is_crossed(&header) {
                    // Another boot counts from a moment of its own.
                    self.tell();
                    self.clock = ClockMap::new();
                    self.last = None;
                    self.boot_id = header.boot_id.to_string();
                }
                self.node.clone_from(&header.node);
                self.segment = header.segment_number;
            }
            Item::Clock(pairs) => self.clock.add(&pairs),
            Item::Lost(intervals) => {
                for interval in &intervals {
                    self.lost(interval);
                }
            }
            Item::Damage(damage) => self.damaged(&damage),
            Item::Events(block) if block.rows() > 0 => {
                let open = self.rows.iter_mut();
                for row in open.filter(|row| row.damage.is_some()) {
                    row.next.get_or_insert(block.first_time());
                }
                self.last = Some(block.last_time());
            }
            _ => {}
        }
    }

    fn lost(&mut self, interval: &LostInterval) {
        let (last, next) = ends(interval);
        self.rows.push(Loss {
            node: self.node.clone(),
            boot_id: self.boot_id.clone(),
            lost: Some((interval.cpu, interval.lane.name(), interval.count)),
            reason: interval.reason.name(),
            last,
            next,
            segment: self.segment,
            damage: None,
        });
    }

    fn damaged(&mut self, damage: &Damage) {
        self.rows.push(Loss {
            node: self.node.clone(),
            boot_id: self.boot_id.clone(),
            lost: None,
            reason: DAMAGE,
            last: self.last,
            next: None,
            segment: self.segment,
            damage: Some((damage.what.to_string(), damage.bytes_skipped)),
        });
    }

    /// Tells the rows of a boot, whose clock is known now.
    fn tell(&mut self) {
        for row in std::mem::take(&mut self.rows) {
            let time = |boottime: Option<u64>| {
                let time = boottime.and_then(|time| self.clock.known_realtime(time));
                Cell::Uint(time.map(|time| time.0))
            };
            let damage = row.damage.as_ref();
            self.table.push([
                Cell::Text(&row.node),
                Cell::Text(&row.boot_id),
                Cell::Uint(row.lost.map(|(cpu, _, _)| u64::from(cpu))),
                Cell::OptionalText(row.lost.map(|(_, lane, _)| lane)),
                Cell::Text(row.reason),
                Cell::Uint(row.lost.map(|(_, _, count)| count)),
                Cell::Uint(row.last),
                Cell::Uint(row.next),
                time(row.last),
                time(row.next),
                Cell::Text(self.capture),
                Cell::Uint(Some(row.segment)),
                Cell::OptionalText(damage.map(|(what, _)| what.as_str())),
                Cell::Uint(damage.map(|(_, bytes)| *bytes)),
            ]);
        }
    }

    fn finish(mut self) -> Result<RecordBatch, SourceError> {
        self.tell();
        Ok(self.table.finish()?)
    }
}

/// The events around an interval: none before the first, none after the last.
fn ends(interval: &LostInterval) -> (Option<u64>, Option<u64>) {
    let last = Some(interval.last_good_time).filter(|time| *time != 0);
    let next = Some(interval.next_good_time).filter(|time| *time != u64::MAX);
    (last, next)
}

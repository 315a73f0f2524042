//! The table `gaps`: one row for each stretch, end or segment that a capture lacks.
//!
//! Joined by boot and time since boot, it tells which answers it touches. It is told from headers and ends alone.

use arrow_array::RecordBatch;
use falco_format::BootId;

use super::small::{Cell, SmallTable};
use super::{SourceError, Table};
use crate::completeness::Gap;

/// The rows of some gaps, in their order.
pub(super) fn gaps(gaps: &[Gap]) -> Result<RecordBatch, SourceError> {
    let mut table = SmallTable::new(Table::Gaps);
    for gap in gaps {
        let boots = [gap.boot_id, gap.next_boot_id].map(|boot| boot.map(BootId::text));
        let [boot, next_boot] = boots.each_ref().map(Option::as_deref);
        table.push([
            Cell::Text(&gap.node),
            Cell::Text(boot.unwrap_or_default()),
            Cell::OptionalText(next_boot),
            Cell::Text(gap.kind.name()),
            Cell::Uint(gap.from_boottime_ns),
            Cell::Uint(gap.to_boottime_ns),
            Cell::Uint(gap.from_time.map(|time| time.0)),
            Cell::Uint(gap.to_time.map(|time| time.0)),
            Cell::Text(&gap.capture),
            Cell::Uint(gap.segment_before),
            Cell::Uint(gap.segment_after),
            Cell::Uint(gap.segments_missing),
        ]);
    }
    Ok(table.finish()?)
}

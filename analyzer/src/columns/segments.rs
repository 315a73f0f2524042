//! The table `segments`: one row for each segment of a capture, told from its items alone.

use arrow_array::RecordBatch;

use super::small::{Cell, SmallTable};
use super::{SourceError, Table};
use crate::pipeline::{Input, Part, Tally, TimeRange};
use crate::survey::{SegmentSurvey, survey};
use falco_format::UnixNanos;

/// Every segment of a capture, in order, and what reading came across.
pub(super) fn segments(
    name: &str,
    (input, part): (&Input, &Part),
) -> Result<(RecordBatch, Tally), SourceError> {
    let survey = survey(input.items_of(&part.in_whole_segments()));
    let mut table = SmallTable::new(Table::Segments);
    for segment in &survey.segments {
        push(&mut table, name, segment, survey.realtime_of(segment));
    }
    Ok((table.finish()?, survey.total))
}

fn push(
    table: &mut SmallTable,
    name: &str,
    segment: &SegmentSurvey,
    time: Option<TimeRange<UnixNanos>>,
) {
    let tally = &segment.tally;
    let (first, last) = (
        segment.times.map(|range| range.first),
        segment.times.map(|range| range.last),
    );
    table.push([
        Cell::Text(&segment.node),
        Cell::Text(&segment.boot_id.text()),
        Cell::Text(name),
        Cell::Uint(Some(segment.number)),
        Cell::Bool(segment.is_sealed()),
        // An import does not know when its file was begun.
        Cell::Uint(Some(segment.created.0).filter(|time| *time != 0)),
        Cell::Uint(first),
        Cell::Uint(last),
        Cell::Uint(time.map(|range| range.first.0)),
        Cell::Uint(time.map(|range| range.last.0)),
        Cell::Uint(Some(tally.events)),
        Cell::Uint(Some(tally.blocks)),
        Cell::Uint(Some(tally.state_rows)),
        Cell::Uint(Some(tally.encoded_bytes)),
        Cell::Uint(Some(tally.raw_bytes)),
        Cell::Uint(Some(tally.losses.events())),
        Cell::Uint(Some(tally.damaged_places)),
    ]);
}

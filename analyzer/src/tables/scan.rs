//! One pass over a capture that makes several tables at once, events among them.
//!
//! In: a capture, and for each table its columns and who takes its rows. Out: batches, and what was read.

use std::io;

use falco_format::UnixNanos;
use falco_rules::BoundField;

use super::{Facts, Fold, Portion, Taker, Wanted};
use crate::columns::{BatchSink, EventBatches, EventColumns, ScanTally, Table, TableLayout};
use crate::past::Past;
use crate::pipeline::{
    Both, Child as _, Collector as _, Input, Part, PassOptions, Shown, Sink as _, Spread, Until,
    collect_items, cursor_of,
};

/// A table that is asked for, and who takes its rows.
pub type Asked<'a> = (&'a TableLayout, &'a mut dyn BatchSink);

/// Reads once what all these tables need. Each is given once at most; those that are told from items alone have no rows here.
///
/// # Errors
/// When a sink fails; captures cannot make a scan fail.
pub(crate) fn scan(
    (input, part): (&Input, &Part),
    tables: Vec<Asked<'_>>,
    spread: Spread,
) -> io::Result<ScanTally> {
    let capture = input.path.display().to_string();
    let (mut events, mut layouts, mut takers) = (None, Vec::new(), Vec::new());
    for (layout, sink) in tables {
        if layout.table() == Table::Events {
            events = Some((layout, sink));
        } else {
            layouts.push(layout.clone());
            takers.push(Taker::new(layout, sink));
        }
    }
    let facts = Facts::new(Wanted::new(&layouts, &capture));
    let wanted = facts.wanted();
    let mut fold = Fold::new(wanted, takers);
    if wanted.descriptors.is_some()
        && let Some(portion) = before(input, part, &facts)
    {
        fold.harvest(portion)?;
    }
    let options = PassOptions {
        threads: spread.threads(),
        part: part.clone(),
        ..PassOptions::default()
    };
    let cursor = cursor_of(input, &options);
    let items = input.items_for(part, spread.threads());
    let spread = spread.beside(input);
    let Some((layout, sink)) = events else {
        let none: [&BoundField; 0] = [];
        let demand = wanted.demand(wanted.shown(), none);
        let read = collect_items(items, cursor, &demand, (&facts, spread), &mut fold)?;
        return fold.finish(ScanTally {
            read,
            ..ScanTally::default()
        });
    };
    let columns = EventColumns::of_every(layout, &capture);
    let mut batches = EventBatches::of_every(sink);
    let demand = wanted.demand(Shown::Every, layout.fields());
    let both = Both(columns, &facts);
    let mut sinks = Both(Until::new(&mut batches), Until::new(&mut fold));
    let read = collect_items(items, cursor, &demand, (&both, spread), &mut sinks)?;
    fold.finish(ScanTally {
        read,
        ..batches.tally
    })
}

/// What was held already where a span of time begins; none where all is read, or nothing was recorded before.
fn before(input: &Input, part: &Part, facts: &Facts) -> Option<Portion> {
    let begin = part.span.since?.0.checked_sub(1)?;
    let past = Past::at(input, UnixNanos(begin)).ok()?;
    let mut child = facts.child();
    child.begins_at(&past.standing());
    child.harvest()
}

//! The fused pass: one thread takes items in stream order, changes the state and shows the events.
//!
//! In: items, from wherever, and what is demanded of them. Out: calls to an observer, in stream order, and a tally.
//! A block that does not decode is damage, counted and passed over like damage the reader finds; it never ends the pass.

use std::io;

use falco_format::Item;

use super::ahead::LookAhead;
use super::stats::{Asked, Stage, Watch};
use super::{
    Cursor, Decoded, Demand, Flow, Input, Interest, LaterByWorld, Observer, PassOptions, Stream,
    Tally,
};

/// Runs the pass over one capture.
///
/// # Errors
/// What the observer fails with; captures cannot make a pass fail.
pub fn run_pass(
    input: &Input,
    demand: &Demand,
    options: PassOptions,
    observer: &mut impl Observer,
) -> io::Result<Tally> {
    let cursor = cursor_of(input, &options);
    run(
        input.items_for(&options.part, options.threads),
        cursor,
        demand,
        observer,
    )
}

/// A cursor before the first item of a capture, or of the part that is read. For the healing mode it is read.
#[must_use]
pub fn cursor_of(input: &Input, options: &PassOptions) -> Cursor {
    let heals = options.heal_containers;
    let later =
        heals.then(|| LaterByWorld::collect(input.items_from(&options.part), options.limits));
    Cursor::new(options, later)
}

/// Runs the pass over items, from where the cursor is.
///
/// # Errors
/// What the observer fails with; items cannot make a pass fail.
pub fn run(
    items: impl Stream,
    cursor: Cursor,
    demand: &Demand,
    observer: &mut impl Observer,
) -> io::Result<Tally> {
    let watch = Watch::default();
    run_watched(items, cursor, Asked { demand, watch }, observer)
}

/// The same under a watch.
pub(super) fn run_watched(
    items: impl Stream,
    mut cursor: Cursor,
    Asked { demand, watch }: Asked<'_>,
    observer: &mut impl Observer,
) -> io::Result<Tally> {
    let mut tally = Tally::default();
    let (mut items, mut told) = (LookAhead::new(items).within(cursor.narrow()), 0);
    while let Some(item) = items.next() {
        if let Some(foresight) = items.foresight() {
            cursor.foresee(foresight);
        }
        tally.item(&item);
        let flow = match &item {
            Item::Events(block) => {
                let interest = items.interest(block, observer.block(block));
                if interest == Interest::Nothing {
                    Flow::Stop
                } else {
                    let dialect = cursor.dialect();
                    let decode = || Decoded::new(block, demand, dialect, interest);
                    let decoded = watch.decode(decode);
                    tally.walked(interest == Interest::Rows, decoded.decompressed_bytes());
                    let damage = cursor.damage_of(block, &decoded);
                    damage.into_iter().for_each(|damage| tally.damaged(damage));
                    let walk = || cursor.walk(block, &decoded, demand, observer);
                    match watch.walk(walk)? {
                        Flow::Continue => observer.block_ended()?,
                        Flow::Stop => Flow::Stop,
                    }
                }
            }
            _ => {
                observer.item_ahead(&item, &cursor.standing());
                let damage = watch.of(Stage::State, || cursor.item(&item));
                damage.into_iter().for_each(|damage| tally.damaged(damage));
                observer.item(&item, &cursor.standing())?;
                Flow::Continue
            }
        };
        if flow == Flow::Stop {
            // What is missing further on is told also to those who do not read so far.
            items.missing().iter().for_each(|item| tally.item(item));
            tally.state = cursor.counters();
            return Ok(tally);
        }
        let done = items.source().bytes_done();
        observer.progress(done.saturating_sub(told));
        told = done;
    }
    observer.ended(&cursor.standing())?;
    tally.state = cursor.counters();
    Ok(tally)
}

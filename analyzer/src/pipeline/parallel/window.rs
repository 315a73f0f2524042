//! A run of items of the stream that one thread walks.
//!
//! In: items as they are read. Out: what comes of them, as portions, in their order.
//! It owns the rows of its blocks, which whoever asks first decodes. Snapshots and the headers of segments stand alone, since they are applied once, by whoever owns the cursor.

use std::io;
use std::sync::OnceLock;

use falco_format::{Block, Damage, Dialect, EventView, Item};

use crate::pipeline::stats::{Asked, Stage};
use crate::pipeline::{Child, Cursor, Decoded, Flow, Interest, Observer, Seen, Standing};
use crate::state::StateCounters;

/// What comes of a window, in the order of the stream, with what the state had counted there: whoever has enough then is told of no more, however far the state is.
pub(super) enum Portion<H> {
    /// The next item begins, and this of it did not decode.
    Item(Option<Damage>, StateCounters),
    /// What was made of events.
    Harvest(H, StateCounters),
    /// Nothing more, so that a worker that died is not taken for one that is done.
    End,
    /// Nothing more, since the program has a fault.
    Fault(String),
}

/// A block's rows, once they are decoded.
struct Slot {
    dialect: Dialect,
    interest: Interest,
    decoded: OnceLock<Decoded>,
}

/// An item of a window.
pub(super) struct Place {
    pub(super) item: Item,
    /// Bytes of the input that were read with it.
    pub(super) bytes: u64,
    /// Of a block that somebody wants.
    slot: Option<Slot>,
}

impl Place {
    /// An item, and of a block what is wanted of it.
    pub(super) fn new(item: Item, bytes: u64, wanted: Option<(Dialect, Interest)>) -> Place {
        let slot = wanted
            .filter(|(_, interest)| *interest != Interest::Nothing)
            .map(|(dialect, interest)| Slot {
                dialect,
                interest,
                decoded: OnceLock::new(),
            });
        Place { item, bytes, slot }
    }

    /// Whether the stream ends here for the sink.
    pub(super) fn is_end(&self) -> bool {
        self.slot.is_none() && matches!(self.item, Item::Events(_))
    }

    /// Whether somebody is shown rows of it, and the bytes that they took as they were decompressed.
    pub(super) fn walked(&self) -> Option<(bool, u64)> {
        let slot = self.slot.as_ref()?;
        let bytes = slot.decoded.get().map_or(0, Decoded::decompressed_bytes);
        Some((slot.interest == Interest::Rows, bytes))
    }

    /// A block that somebody wants, with its rows.
    fn block(&self, Asked { demand, watch }: Asked<'_>) -> Option<(&Block, &Decoded)> {
        let (Item::Events(block), Some(slot)) = (&self.item, &self.slot) else {
            return None;
        };
        let decode = || Decoded::new(block, demand, slot.dialect, slot.interest);
        let decode = || watch.decode(decode);
        Some((block, slot.decoded.get_or_init(decode)))
    }
}

/// The items.
#[derive(Default)]
pub(super) struct Window {
    pub(super) places: Vec<Place>,
    /// Rows of its blocks.
    pub(super) rows: u64,
    /// Bytes of them, as they are held.
    pub(super) bytes: u64,
}

impl Window {
    /// Takes the next item.
    pub(super) fn push(&mut self, place: Place) {
        if let Item::Events(block) = &place.item {
            self.rows += block.rows() as u64;
            self.bytes = self.bytes.saturating_add(block.raw_bytes());
        }
        self.places.push(place);
    }

    /// Whether somebody is shown rows of it.
    pub(super) fn is_shown(&self) -> bool {
        let slots = self.places.iter().filter_map(|place| place.slot.as_ref());
        let mut interests = slots.map(|slot| slot.interest);
        interests.any(|interest| interest == Interest::Rows)
    }

    /// Decodes what nobody has yet.
    pub(super) fn decode(&self, asked: Asked<'_>) {
        for place in &self.places {
            place.block(asked);
        }
    }

    /// Takes a cursor over it.
    pub(super) fn advance(&self, cursor: &mut Cursor, asked: Asked<'_>) {
        for place in &self.places {
            match place.block(asked) {
                Some((block, decoded)) => {
                    let advance = || cursor.advance(block, decoded);
                    asked.watch.of(Stage::Again, advance);
                }
                // Who walks it tells of damage.
                None => drop(cursor.item(&place.item)),
            }
        }
    }

    /// Walks it, and hands over what comes of it. What is handed over says whether to go on.
    pub(super) fn walk<C: Child>(
        &self,
        cursor: &mut Cursor,
        asked: Asked<'_>,
        child: &mut C,
        hand_over: &mut impl FnMut(Portion<C::Harvest>) -> io::Result<Flow>,
    ) -> io::Result<Flow> {
        for place in &self.places {
            let flow = match place.block(asked) {
                Some((block, decoded)) => {
                    let damage = cursor.damage_of(block, decoded);
                    if hand_over(Portion::Item(damage, cursor.counters()))? == Flow::Stop {
                        return Ok(Flow::Stop);
                    }
                    let mut shown = Shown {
                        child: &mut *child,
                        hand_over: &mut *hand_over,
                        before: cursor.counters_before(),
                    };
                    let walk = || cursor.walk(block, decoded, asked.demand, &mut shown);
                    match asked.watch.walk(walk)? {
                        Flow::Continue if child.is_ready() => {
                            harvest(child, cursor.counters(), hand_over)?
                        }
                        flow => flow,
                    }
                }
                None => {
                    child.item_ahead(&place.item, &cursor.standing());
                    let item = || cursor.item(&place.item);
                    let damage = asked.watch.of(Stage::State, item);
                    match harvest(child, cursor.counters(), hand_over)? {
                        Flow::Continue => {
                            let flow = hand_over(Portion::Item(damage, cursor.counters()))?;
                            child.item(&place.item, &cursor.standing());
                            flow
                        }
                        Flow::Stop => Flow::Stop,
                    }
                }
            };
            if flow == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        if harvest(child, cursor.counters(), hand_over)? == Flow::Stop {
            return Ok(Flow::Stop);
        }
        hand_over(Portion::End)
    }
}

fn harvest<C: Child>(
    child: &mut C,
    counters: StateCounters,
    hand_over: &mut impl FnMut(Portion<C::Harvest>) -> io::Result<Flow>,
) -> io::Result<Flow> {
    let harvest = child.harvest();
    let portion = harvest.map(|harvest| Portion::Harvest(harvest, counters));
    portion.map_or(Ok(Flow::Continue), hand_over)
}

/// Who is shown the events of a block.
struct Shown<'c, C, F> {
    child: &'c mut C,
    hand_over: &'c mut F,
    /// What the state had counted of the worlds before this one.
    before: StateCounters,
}

impl<C: Child, F: FnMut(Portion<C::Harvest>) -> io::Result<Flow>> Observer for Shown<'_, C, F> {
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        self.child.event(seen);
        if self.child.is_full() {
            let mut counters = self.before;
            counters.add(&seen.context.state_counters());
            return harvest(self.child, counters, self.hand_over);
        }
        Ok(Flow::Continue)
    }

    fn ahead(&mut self, view: &EventView<'_>, standing: &Standing<'_>) {
        self.child.ahead(view, standing);
    }
}

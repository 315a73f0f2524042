//! The fused pass: items in stream order, state before each event, the observer, state after it.
//!
//! In: one capture and what is demanded of it. Out: calls to an observer, in stream order, and a tally.
//! State is changed here and nowhere else; STATE and LOST items act where they stand in the stream.
//! A block that does not decode is damage, counted and passed over like damage the reader finds; it never ends the pass.

use std::io;
use std::sync::Arc;

use falco_abi::events::state_complete;
use falco_format::{
    Block, BlockError, ClockMap, Damage, DamageKind, EventView, Item, Projection, SegmentHeader,
    segment_file_name,
};

use super::{Demand, Input, Tally};
use crate::alert::{Origin, boot_id_text};
use crate::fields::{EventContext, Times};
use crate::state::{State, StateLimits};
use crate::time::Zone;

/// Whether the pass goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Read the next event.
    Continue,
    /// The observer has what it wants.
    Stop,
}

/// What an observer wants of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Its demanded events.
    Rows,
    /// That it changes state, and no event of it.
    State,
    /// Nothing, of it and all that follows.
    Nothing,
}

/// One demanded event with all that can be asked about it.
pub struct Seen<'a> {
    /// Fields of the event, with the state that rules see.
    pub context: &'a EventContext<'a>,
    /// The row itself.
    pub view: &'a EventView<'a>,
    /// The event's number in the capture, from 1, those not demanded counted too.
    pub number: u64,
    /// When it ended, in nanoseconds since the epoch.
    pub time_ns: u64,
    /// The node and boot.
    pub origin: &'a Arc<Origin>,
    /// The number of the segment it was found in.
    pub segment: u64,
    state: &'a State,
    /// Whether the stream was damaged since the last whole snapshot.
    damaged: bool,
}

impl Seen<'_> {
    /// Whether nothing was lost that the thread and the descriptors behind the event may rest on.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.damaged && !self.state.doubt(self.view).any()
    }
}

/// Who is shown the events.
pub trait Observer {
    /// Asked before a block is decoded what is wanted of it.
    fn block(&mut self, _block: &Block) -> Interest {
        Interest::Rows
    }

    /// Takes one demanded event.
    ///
    /// # Errors
    /// When the observer cannot go on, such as when its output is closed. The pass ends with this error.
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow>;

    /// Told after each item how many bytes of events were read since the last call.
    fn progress(&mut self, _encoded_bytes: u64) {}
}

/// Options of a pass.
#[derive(Clone, Debug, Default)]
pub struct PassOptions {
    /// Limits of the state tables.
    pub limits: StateLimits,
    /// The zone in which fields print times.
    pub zone: Zone,
}

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
    let mut pass = Pass {
        demand,
        state: State::new(options.limits),
        zone: options.zone,
        clock: ClockMap::new(),
        origin: Arc::default(),
        segment: 0,
        segment_name: String::new(),
        damaged: false,
        first_time: None,
        previous_time: None,
        tally: Tally::default(),
    };
    for item in input.capture.items() {
        if pass.item(&item, observer)? == Flow::Stop {
            break;
        }
    }
    Ok(pass.tally)
}

/// Everything that moves along the stream.
struct Pass<'d> {
    demand: &'d Demand,
    state: State,
    zone: Zone,
    clock: ClockMap,
    origin: Arc<Origin>,
    segment: u64,
    segment_name: String,
    damaged: bool,
    /// Boot time of the first event.
    first_time: Option<u64>,
    /// Boot time of the row before this one, of those that are decoded.
    previous_time: Option<u64>,
    tally: Tally,
}

impl Pass<'_> {
    fn item(&mut self, item: &Item<'_>, observer: &mut impl Observer) -> io::Result<Flow> {
        // Rows are numbered by their place in the stream, so the count before this item is what matters.
        let events_before = self.tally.events;
        self.tally.item(item);
        match item {
            Item::Segment(header) => self.begin_segment(header),
            Item::Clock(pairs) => self.clock.add(pairs),
            Item::State(block) => self.snapshot(block),
            Item::Lost(intervals) => self.state.lost(intervals),
            Item::Damage(_) => self.damaged = true,
            Item::Events(block) => {
                let flow = self.events(block, events_before, observer)?;
                observer.progress(block.encoded_bytes() as u64);
                return Ok(flow);
            }
            Item::Schema(_) | Item::End(_) | Item::NotSealed { .. } | Item::Skipped { .. } => {}
        }
        Ok(Flow::Continue)
    }

    fn begin_segment(&mut self, header: &SegmentHeader) {
        self.segment = header.segment_number;
        self.segment_name = segment_file_name(header.segment_number);
        self.origin = Arc::new(Origin {
            node: header.node.clone(),
            boot_id: boot_id_text(&header.boot_id),
        });
    }

    fn snapshot(&mut self, block: &Block) {
        let rows = match block.decode(&Projection::all()) {
            Ok(rows) => rows,
            Err(error) => return self.undecodable(block, error),
        };
        for view in rows.iter() {
            self.state.apply_snapshot(&view);
            if view.event() == state_complete::EVENT {
                self.damaged = false;
            }
        }
    }

    fn events(
        &mut self,
        block: &Block,
        events_before: u64,
        observer: &mut impl Observer,
    ) -> io::Result<Flow> {
        let interest = observer.block(block);
        let projection = match interest {
            Interest::Rows => self.demand.projection(),
            Interest::State => self.demand.state_projection(),
            Interest::Nothing => return Ok(Flow::Stop),
        };
        let rows = match block.decode(projection) {
            Ok(rows) => rows,
            Err(error) => {
                self.undecodable(block, error);
                return Ok(Flow::Continue);
            }
        };
        self.first_time.get_or_insert(block.first_time());
        for view in rows.iter() {
            self.state.before(&view);
            let shown = interest == Interest::Rows && self.demand.shows(view.event());
            if shown && self.show(&view, events_before, observer)? == Flow::Stop {
                return Ok(Flow::Stop);
            }
            self.state.after(&view);
            self.previous_time = Some(view.meta().time);
        }
        Ok(Flow::Continue)
    }

    fn show(
        &self,
        view: &EventView<'_>,
        events_before: u64,
        observer: &mut impl Observer,
    ) -> io::Result<Flow> {
        let number = events_before + view.position() as u64 + 1;
        let time = view.meta().time;
        let time_ns = self.clock.realtime(time);
        let realtime = |boottime: u64| self.clock.realtime(boottime);
        let times = Times {
            first_ns: self.first_time.map(realtime),
            previous_ns: self.previous_time.map(realtime),
            zone: Some(&self.zone),
        };
        let context = EventContext::new(&self.state, view, &self.clock, number).with_times(times);
        observer.event(&Seen {
            context: &context,
            view,
            number,
            time_ns,
            origin: &self.origin,
            segment: self.segment,
            state: &self.state,
            damaged: self.damaged,
        })
    }

    /// Where a block does not decode, its bytes are lost as those of a damaged item are.
    fn undecodable(&mut self, block: &Block, error: BlockError) {
        self.damaged = true;
        self.tally.damaged(Damage {
            segment: self.segment_name.clone(),
            offset: 0,
            bytes_skipped: block.encoded_bytes() as u64,
            what: DamageKind::Block(error),
        });
    }
}

//! The fused pass: items in stream order, state before each event, the observer, state after it.
//!
//! In: one capture and what is demanded of it. Out: calls to an observer, in stream order, and a tally.
//! State is changed here and nowhere else; STATE and LOST items act where they stand in the stream.
//! A block that does not decode is damage, counted and passed over like damage the reader finds; it never ends the pass.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use falco_abi::events::state_complete;
use falco_format::{
    Block, BlockError, ClockMap, Damage, DamageKind, Dialect, EventView, Item, Projection, Rows,
    SegmentHeader, segment_file_name,
};

use super::ahead::Ahead;
use super::{Demand, Input, Tally, heal};
use crate::alert::{Origin, boot_id_text};
use crate::dialect::{STATE_ONLY, UNKNOWN_TYPE, may_open};
use crate::fields::{EventContext, Times};
use crate::state::{LaterContainers, State, StateLimits, state_projection};
use crate::time::Zone;

/// No parameter of a row, only that it is there.
const NO_COLUMNS: u64 = 0;

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

impl<'a> Seen<'a> {
    /// The event as the stream knew it here, where containers are healed.
    #[must_use]
    pub fn unhealed(&self) -> Option<EventContext<'a>> {
        let heals = self.state.heals_containers();
        heals.then(|| self.context.unhealed(self.view))
    }

    /// The state before the event.
    pub(crate) fn state(&self) -> &State {
        self.state
    }

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

    /// Takes one event of an import that is there for the state alone, and that nobody is shown.
    ///
    /// # Errors
    /// When the observer cannot go on. The pass ends with this error.
    fn for_state(&mut self, _seen: &Seen<'_>) -> io::Result<()> {
        Ok(())
    }

    /// Told of each item that holds no events, with the state after it.
    ///
    /// # Errors
    /// When the observer cannot go on. The pass ends with this error.
    fn item(&mut self, _item: &Item, _state: &State) -> io::Result<()> {
        Ok(())
    }

    /// Told after each item how many of the [input's bytes](Input::bytes) were read since the last call.
    fn progress(&mut self, _bytes: u64) {}
}

/// Options of a pass.
#[derive(Clone, Debug, Default)]
pub struct PassOptions {
    /// Limits of the state tables.
    pub limits: StateLimits,
    /// The zone in which fields print times.
    pub zone: Zone,
    /// Whether what runtimes say of containers later completes earlier events: the capture is read twice then.
    pub heal_containers: bool,
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
        state: State::new(options.limits, Dialect::Native),
        limits: options.limits,
        later: options
            .heal_containers
            .then(|| heal::collect(input, options.limits)),
        boot: None,
        zone: options.zone,
        clock: ClockMap::new(),
        origin: Arc::default(),
        segment: 0,
        segment_name: String::new(),
        damaged: false,
        first_time: None,
        previous_time: None,
        uncounted: 0,
        opening: 1,
        tally: Tally::default(),
    };
    let (mut items, mut told) = (Ahead::new(input.items()), 0);
    while let Some(item) = items.next() {
        if let Some(foresight) = items.foresight() {
            pass.state.foresee(foresight);
        }
        if pass.item(&item, observer)? == Flow::Stop {
            // What is missing further on is told also to those who do not read so far.
            let (held, rest) = items.into_rest();
            let is_told = |item: &Item| matches!(item, Item::Damage(_) | Item::NotSealed { .. });
            let told = held.into_iter().filter(is_told).chain(rest.unread());
            told.for_each(|item| pass.tally.item(&item));
            return Ok(pass.tally);
        }
        let done = items.source().bytes_done();
        observer.progress(done.saturating_sub(told));
        told = done;
    }
    Ok(pass.tally)
}

/// Everything that moves along the stream.
struct Pass<'d> {
    demand: &'d Demand,
    state: State,
    limits: StateLimits,
    /// In the healing mode, what the worlds to come will say of containers.
    later: Option<VecDeque<LaterContainers>>,
    /// The boot of the segment that is read.
    boot: Option<[u8; 16]>,
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
    /// Rows so far of types that nobody knows: they are kept and have no number.
    uncounted: u64,
    /// The number of the next event, as long as an import has only told what was there before it.
    opening: u64,
    tally: Tally,
}

impl Pass<'_> {
    fn item(&mut self, item: &Item, observer: &mut impl Observer) -> io::Result<Flow> {
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
                return self.events(block, events_before, observer);
            }
            Item::Schema(_) | Item::End(_) | Item::NotSealed { .. } | Item::Skipped { .. } => {}
        }
        observer.item(item, &self.state)?;
        Ok(Flow::Continue)
    }

    /// Another boot, or another dialect, is another world: nothing of the old one holds.
    fn begin_segment(&mut self, header: &SegmentHeader) {
        let is_same_boot = self.boot.replace(header.boot_id) == Some(header.boot_id);
        if !is_same_boot || self.state.dialect() != header.dialect {
            self.state = State::new(self.limits, header.dialect);
            if let Some(later) = &mut self.later {
                let later = later.pop_front().unwrap_or_default();
                self.state.heal_containers(later);
            }
            self.clock = ClockMap::new();
            self.damaged = false;
            self.first_time = None;
            self.previous_time = None;
            self.opening = (self.tally.events + 1).saturating_sub(self.uncounted);
        }
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
            // An import has one snapshot, and what is damaged of it stays so; a recorder's next one heals.
            if view.event() == state_complete::EVENT && self.state.dialect() == Dialect::Native {
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
        if interest == Interest::Nothing {
            return Ok(Flow::Stop);
        }
        let Some((rows, interest)) = self.rows(block, interest) else {
            return Ok(Flow::Continue);
        };
        self.first_time.get_or_insert(block.first_time());
        for view in rows.iter() {
            if view.event() == UNKNOWN_TYPE {
                self.uncounted = self.uncounted.saturating_add(1);
                continue;
            }
            self.state.before(&view);
            let place = events_before + view.position() as u64 + 1;
            let number = place.saturating_sub(self.uncounted);
            let is_for_state = self.is_for_state(&view, number);
            let shown = interest == Interest::Rows && self.demand.shows(view.event());
            if shown && self.show((&view, number), is_for_state, observer)? == Flow::Stop {
                return Ok(Flow::Stop);
            }
            self.state.after(&view);
            self.previous_time = Some(view.meta().time);
        }
        Ok(Flow::Continue)
    }

    /// The rows of a block, as they are wanted. `None` where the state cannot have them.
    ///
    /// Whether a block changes the state is decided by what the state needs of it alone, so that nobody's question changes what others see.
    /// Where a column does not decode that is only asked for, the state has its rows, and nobody is shown them.
    fn rows(&mut self, block: &Block, interest: Interest) -> Option<(Rows, Interest)> {
        let dialect = self.state.dialect();
        let wanted = match interest {
            Interest::Rows => self.demand.projection(dialect),
            Interest::State | Interest::Nothing => self.demand.beneath(dialect),
        };
        let error = match decode(block, wanted) {
            Ok(rows) => return Some((rows, interest)),
            Err(error) => error,
        };
        self.tell_undecodable(block, error);
        let rows = decode(block, &state_projection(dialect)).ok();
        self.damaged |= rows.is_none();
        rows.map(|rows| (rows, Interest::State))
    }

    /// Whether a row of an import is for the state alone: it says so, or it still tells what was there before the first event.
    fn is_for_state(&mut self, view: &EventView<'_>, number: u64) -> bool {
        if self.state.dialect() != Dialect::Falco {
            return false;
        }
        let is_opening = number == self.opening && may_open(view.event());
        self.opening += u64::from(is_opening);
        is_opening || view.meta().abi & STATE_ONLY != 0
    }

    fn show(
        &self,
        (view, number): (&EventView<'_>, u64),
        is_for_state: bool,
        observer: &mut impl Observer,
    ) -> io::Result<Flow> {
        let time = view.meta().time;
        let time_ns = self.clock.realtime(time);
        let realtime = |boottime: u64| self.clock.realtime(boottime);
        let times = Times {
            first_ns: self.first_time.map(realtime),
            previous_ns: self.previous_time.map(realtime),
            zone: Some(&self.zone),
        };
        let context = EventContext::new(&self.state, view, &self.clock, number).with_times(times);
        let seen = Seen {
            context: &context,
            view,
            number,
            time_ns,
            origin: &self.origin,
            segment: self.segment,
            state: &self.state,
            damaged: self.damaged,
        };
        if is_for_state {
            observer.for_state(&seen)?;
            return Ok(Flow::Continue);
        }
        observer.event(&seen)
    }

    /// Where a block does not decode, its bytes are lost as those of a damaged item are.
    fn undecodable(&mut self, block: &Block, error: BlockError) {
        self.damaged = true;
        self.tell_undecodable(block, error);
    }

    fn tell_undecodable(&mut self, block: &Block, error: BlockError) {
        self.tally.damaged(Damage {
            segment: self.segment_name.clone(),
            offset: 0,
            bytes_skipped: block.encoded_bytes() as u64,
            what: DamageKind::Block(error),
        });
    }
}

/// The rows of a block that a projection wants, and those whose type nobody knows, which count.
fn decode(block: &Block, projection: &Projection) -> Result<Rows, BlockError> {
    let mut projection = Cow::Borrowed(projection);
    if block.event_counts().any(|(event, _)| event == UNKNOWN_TYPE) {
        projection.to_mut().add(UNKNOWN_TYPE, NO_COLUMNS);
    }
    block.decode(&projection)
}

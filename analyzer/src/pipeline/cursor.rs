//! A place in the stream and the state there.
//!
//! In: items, in stream order. Out: events with all that can be asked of them, to whoever walks.
//! A cursor *advances* over a block, which changes the state alone, or *walks* it, which shows its events as well; both lead to the same place.
//! It can be cloned at a block's border: what a clone walks is what the original would have shown, whoever else advances in the meantime.
//! State is changed here and nowhere else; STATE and LOST items act where they stand in the stream.
//! It counts nothing for summaries, so that a block that two cursors go over is not counted twice: what does not decode is handed back as damage, once for each who asks.

mod until;

use std::io;
use std::sync::Arc;

use falco_abi::events::state_complete;
use falco_format::{
    Block, BlockError, Carried, ClockMap, Damage, DamageKind, Dialect, EventView, Item, Projection,
    SegmentHeader, Span, UnixNanos, segment_file_name,
};

use super::narrow::Narrow;
use super::{Border, Decoded, Demand, Flow, LaterByWorld, Observer, PassOptions, Seen, Standing};
use crate::alert::Origin;
use crate::dialect::{UNKNOWN_TYPE, is_for_state, may_open};
use crate::fields::{EventContext, Times};
use crate::state::{Foresight, State, StateCounters, StateLimits};
use crate::time::Zone;

/// When a row is met.
enum Met {
    /// Before it has changed anything.
    Ahead,
    /// Between what it makes and what it takes away, with its number and whether an import tells with it what was there before its first event.
    Now(u64, bool),
}

/// Everything that moves along the stream.
#[derive(Clone)]
pub struct Cursor {
    border: Border,
    state: State,
    /// What the states of the worlds before this one counted.
    counted: StateCounters,
    limits: StateLimits,
    zone: Zone,
    /// In the healing mode, what the worlds will say of containers.
    later: Option<LaterByWorld>,
    clock: Arc<ClockMap>,
    /// The time of the events that are shown.
    span: Span,
    /// What holds of a boot whose beginning was passed over, until its first segment comes.
    carried: Option<Arc<Carried>>,
    /// When the snapshot was taken that the state began with, where that is not the boot's beginning.
    state_from: Option<UnixNanos>,
    origin: Arc<Origin>,
    /// The number of the segment that is read.
    segment: u64,
    damaged: bool,
    /// Boot time of the first event.
    first_time: Option<u64>,
    /// Boot time of the row before this one, of those that are decoded: of all, where anybody asks for it.
    previous_time: Option<u64>,
    /// Boot time up to which the stream has come, by whole blocks.
    reached: Option<u64>,
    /// Rows so far, decoded or not.
    rows: u64,
    /// Those of them whose type nobody knows: they are kept and have no number.
    uncounted: u64,
    /// The number of the next event, as long as an import has only told what was there before it.
    opening: u64,
}

impl Cursor {
    /// A cursor before the first item of what is read.
    #[must_use]
    pub fn new(options: &PassOptions, later: Option<LaterByWorld>) -> Cursor {
        let passed = options.part.passed().cloned().unwrap_or_default();
        let uncounted = passed.event_counts.get(&UNKNOWN_TYPE);
        Cursor {
            border: Border::default(),
            state: State::new(options.limits, Dialect::Native),
            counted: StateCounters::default(),
            limits: options.limits,
            zone: options.zone.clone(),
            later,
            clock: Arc::default(),
            span: options.part.span,
            carried: passed.carried.map(Arc::new),
            state_from: None,
            origin: Arc::default(),
            segment: 0,
            damaged: false,
            first_time: None,
            previous_time: None,
            reached: None,
            rows: passed.rows,
            uncounted: uncounted.copied().unwrap_or(0),
            opening: 1,
        }
    }

    /// Whose words the values of the rows are that follow.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.border.dialect()
    }

    /// The state at this place.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What is known at this place, for who tells what lives and not what happens.
    #[must_use]
    pub fn standing(&self) -> Standing<'_> {
        Standing {
            state: &self.state,
            clock: &self.clock,
            origin: &self.origin,
            border: &self.border,
            span: self.span,
            damaged: self.damaged,
            reached: self.reached,
        }
    }

    /// What the state counted so far, in all worlds: what it dropped, repaired, could not know.
    #[must_use]
    pub fn counters(&self) -> StateCounters {
        let mut all = self.counted;
        all.add(&self.state.counters());
        all
    }

    /// The same of the worlds before this one.
    pub(super) fn counters_before(&self) -> StateCounters {
        self.counted
    }

    /// What tells blocks that may have events of the span from others, for who reads ahead of the cursor.
    pub(super) fn narrow(&self) -> Narrow {
        let carried = self.carried.as_ref();
        Narrow::new(self.span, carried.map_or(&[], |carried| &carried.clock))
    }

    /// Takes what the stream will change before the rows of the snapshot are true that comes next.
    pub fn foresee(&mut self, foresight: Foresight) {
        self.state.foresee(foresight);
    }

    /// Takes an item that holds no events. Hands back damage that only shows here: a snapshot that does not decode.
    pub fn item(&mut self, item: &Item) -> Option<Damage> {
        match item {
            Item::Segment(header) => self.begin_segment(header),
            Item::Clock(pairs) => Arc::make_mut(&mut self.clock).add(pairs),
            Item::State(block) => return self.snapshot(block),
            Item::Lost(intervals) => self.state.lost(intervals),
            Item::Damage(_) => self.damaged = true,
            Item::Events(_)
            | Item::Schema(_)
            | Item::End(_)
            | Item::NotSealed { .. }
            | Item::Skipped { .. } => {}
        }
        None
    }

    fn begin_segment(&mut self, header: &SegmentHeader) {
        if self.border.is_crossed(header) {
            self.counted = self.counters();
            self.state = State::new(self.limits, header.dialect);
            if let Some(later) = &self.later {
                let later = later.of_world(self.border.place());
                self.state.heal_containers(later);
            }
            self.clock = Arc::default();
            self.damaged = false;
            self.first_time = None;
            self.previous_time = None;
            self.reached = None;
            self.opening = (self.rows + 1).saturating_sub(self.uncounted);
            self.state_from = None;
            if let Some(carried) = self.carried.take() {
                self.carry_on(&carried);
            }
        }
        self.segment = header.segment_number;
        self.origin = Arc::new(Origin {
            node: header.node.clone(),
            boot_id: Some(header.boot_id),
        });
    }

    /// Takes what holds of a boot whose beginning was passed over. That an import told what was there is over too: no event has the number 0.
    fn carry_on(&mut self, carried: &Carried) {
        self.clock = Arc::new(ClockMap::from_pairs(&carried.clock));
        (self.first_time, self.previous_time) = (carried.first_time, carried.last_time);
        self.state_from = carried.state_from;
        self.opening = 0;
    }

    fn snapshot(&mut self, block: &Block) -> Option<Damage> {
        let rows = match block.decode(&Projection::all()) {
            Ok(rows) => rows,
            Err(error) => {
                self.damaged = true;
                return Some(self.undecodable(block, error));
            }
        };
        for view in rows.iter() {
            self.state.apply_snapshot(&view);
            // An import has one snapshot, and what is damaged of it stays so; a recorder's next one heals.
            if view.event() == state_complete::EVENT && self.dialect() == Dialect::Native {
                self.damaged = false;
            }
        }
        None
    }

    /// What of a block did not decode, as damage: its bytes are lost as those of a damaged item are.
    #[must_use]
    pub fn damage_of(&self, block: &Block, decoded: &Decoded) -> Option<Damage> {
        let error = decoded.error()?;
        Some(self.undecodable(block, error))
    }

    fn undecodable(&self, block: &Block, error: BlockError) -> Damage {
        let is_known = self.border.is_known();
        let name = is_known.then(|| segment_file_name(self.segment));
        Damage {
            segment: name.unwrap_or_default(),
            offset: 0,
            bytes_skipped: block.encoded_bytes() as u64,
            what: DamageKind::Block(error),
        }
    }

    /// Goes over a block of events without showing any.
    pub fn advance(&mut self, block: &Block, decoded: &Decoded) {
        let advanced = self.go(block, decoded, |_, _, _| Ok(Flow::Continue));
        debug_assert!(advanced.is_ok(), "nothing is shown, so nobody fails");
    }

    /// Goes over a block of events and shows those that are demanded. Whoever stops it has no use for the cursor any more: it stands within the block.
    ///
    /// # Errors
    /// What the observer fails with.
    pub fn walk(
        &mut self,
        block: &Block,
        decoded: &Decoded,
        demand: &Demand,
        observer: &mut (impl Observer + ?Sized),
    ) -> io::Result<Flow> {
        if !decoded.is_shown() {
            self.advance(block, decoded);
            return Ok(Flow::Continue);
        }
        self.go(block, decoded, |cursor, view, met| {
            let (number, is_opening) = match met {
                Met::Ahead => {
                    if demand.shows_ahead(view.event()) {
                        observer.ahead(view, &cursor.standing());
                    }
                    return Ok(Flow::Continue);
                }
                Met::Now(number, is_opening) => (number, is_opening),
            };
            if !demand.shows(view.event()) {
                return Ok(Flow::Continue);
            }
            let is_for_state = is_opening || cursor.is_for_state(view);
            cursor.show((view, number), is_for_state, observer)
        })
    }

    /// Goes over the rows of a block. Each is offered before it changes anything, and between what it makes and what it takes away.
    fn go(
        &mut self,
        block: &Block,
        decoded: &Decoded,
        mut each: impl FnMut(&Cursor, &EventView<'_>, Met) -> io::Result<Flow>,
    ) -> io::Result<Flow> {
        let Some(rows) = decoded.rows() else {
            self.damaged = true;
            self.rows += block.rows() as u64;
            return Ok(Flow::Continue);
        };
        self.first_time.get_or_insert(block.first_time());
        let mut firsts = rows.firsts().iter().peekable();
        for (place, view) in rows.iter().enumerate() {
            while let Some(first) = firsts.next_if(|first| first.before as usize <= place) {
                self.state.glimpse(first);
            }
            if view.event() == UNKNOWN_TYPE {
                self.uncounted = self.uncounted.saturating_add(1);
                continue;
            }
            let is_applied = decoded.applies(view.event());
            each(self, &view, Met::Ahead)?;
            if is_applied {
                self.state.before(&view);
            } else {
                self.state.pass(&view);
            }
            let place = self.rows + view.position() as u64 + 1;
            let number = place.saturating_sub(self.uncounted);
            let is_opening = self.is_opening(&view, number);
            if each(self, &view, Met::Now(number, is_opening))? == Flow::Stop {
                return Ok(Flow::Stop);
            }
            if is_applied {
                self.state.after(&view);
            }
            self.previous_time = Some(view.time());
        }
        firsts.for_each(|first| self.state.glimpse(first));
        self.rows += block.rows() as u64;
        // Whichever rows were decoded, the stream has come to the block's end.
        self.state.reach(block.last_time());
        self.reached = Some(block.last_time());
        Ok(Flow::Continue)
    }

    /// Whether a row of an import still tells what was there before the first event.
    #[inline]
    fn is_opening(&mut self, view: &EventView<'_>, number: u64) -> bool {
        let is_next = number == self.opening && self.dialect() == Dialect::Falco;
        let is_opening = is_next && may_open(view.event());
        self.opening += u64::from(is_opening);
        is_opening
    }

    /// Whether a row says that it is for the state alone: of an import, or of a derived capture.
    #[inline]
    fn is_for_state(&self, view: &EventView<'_>) -> bool {
        is_for_state(view.abi(), self.dialect() == Dialect::Native)
    }

    fn show(
        &self,
        (view, number): (&EventView<'_>, u64),
        is_for_state: bool,
        observer: &mut (impl Observer + ?Sized),
    ) -> io::Result<Flow> {
        let time = self.clock.realtime(view.time());
        if !self.span.contains(time) {
            return Ok(Flow::Continue);
        }
        let times = Times {
            first: self.first_time,
            previous: self.previous_time,
            zone: Some(&self.zone),
        };
        let context = EventContext::among(&self.state, view, &self.clock, number, times);
        let seen = Seen {
            context: &context,
            view,
            number,
            time,
            origin: &self.origin,
            segment: self.segment,
            state_from: self.state_from,
            standing: self.standing(),
        };
        if is_for_state {
            observer.for_state(&seen)?;
            return Ok(Flow::Continue);
        }
        observer.event(&seen)
    }
}

//! Events, snapshots and ends of boots become facts, by as many workers as there are.
//!
//! In: what a pass shows a child. Out: facts, in the order of the stream. Nothing is kept from one portion to the next.

use falco_abi::events;
use falco_format::{EventView, Item, Pid};
use hashbrown::HashMap;

use super::Wanted;
use super::cells::Row;
use super::lives::Lifetime;
use super::machine::{Origin, Sighting};
use crate::pipeline::{Child, Collector, Seen, Standing};
use crate::state::State;

/// How many facts a portion holds at most before it is handed over.
const FACTS_PER_PORTION: usize = 8_192;

/// What the fold takes.
pub(super) enum Fact {
    /// A finished row, for the taker at this place.
    Row(usize, Row),
    /// A lifetime ended that had so many events since those that were told before.
    Life(Lifetime, u64),
    /// So many events of lifetimes that went on.
    Counts(HashMap<Pid, u64>),
    /// Something of a container.
    Container(Sighting),
    /// A boot has ended, or the stream.
    BootEnds(Origin),
}

/// What is asked of the stream.
pub(crate) struct Facts {
    wanted: Wanted,
}

impl Facts {
    /// Facts for these tables.
    pub(crate) fn new(wanted: Wanted) -> Facts {
        Facts { wanted }
    }

    /// The tables.
    pub(crate) fn wanted(&self) -> &Wanted {
        &self.wanted
    }
}

/// What was made of a portion.
pub(crate) struct Portion(pub(super) Vec<Fact>);

impl Collector for Facts {
    type Harvest = Portion;
    type Child<'c>
        = Telling<'c>
    where
        Self: 'c;

    fn child(&self) -> Telling<'_> {
        Telling {
            wanted: &self.wanted,
            facts: Vec::new(),
            counts: HashMap::new(),
            before: None,
        }
    }
}

/// One worker's facts.
pub(crate) struct Telling<'c> {
    wanted: &'c Wanted,
    facts: Vec<Fact>,
    /// Events of lifetimes since the portion began.
    counts: HashMap<Pid, u64>,
    /// The state before the snapshot that is being taken.
    before: Option<Box<State>>,
}

impl Telling<'_> {
    fn life(&mut self, life: Lifetime) {
        let count = self.counts.remove(&life.pid).unwrap_or(0);
        self.facts.push(Fact::Life(life, count));
    }

    /// Tells what lives where a boot ends.
    fn boot_ends(&mut self, standing: &Standing<'_>) {
        let wanted = self.wanted;
        if let Some((_, lives)) = &wanted.lives {
            lives
                .living(standing)
                .into_iter()
                .for_each(|life| self.life(life));
        }
        if let Some((_, containers)) = &wanted.containers {
            let known = containers.known(standing).into_iter();
            self.facts.extend(known.map(Fact::Container));
        }
        if let Some((place, users)) = &wanted.users {
            let known = users.known(standing).into_iter();
            self.facts.extend(known.map(|row| Fact::Row(*place, row)));
        }
        self.counts.clear();
        self.facts.push(Fact::BootEnds(Origin::of(standing)));
    }

    /// Counts an event for the process that made it.
    fn count(&mut self, seen: &Seen<'_>) {
        let state = seen.state();
        if let Some(thread) = state.thread_of(state.row(seen.view)) {
            *self.counts.entry(thread.pid).or_default() += 1;
        }
    }
}

impl Child for Telling<'_> {
    type Harvest = Portion;

    fn ahead(&mut self, view: &EventView<'_>, standing: &Standing<'_>) {
        if let Some((_, lives)) = &self.wanted.lives
            && let Some(life) = lives.ahead(view, standing)
        {
            self.life(life);
        }
    }

    fn event(&mut self, seen: &Seen<'_>) {
        if self.wanted.counts.is_some() {
            self.count(seen);
        }
        if let Some((_, containers)) = &self.wanted.containers {
            let sighting = containers.seen(seen);
            self.facts.extend(sighting.map(Fact::Container));
        }
        if seen.view.event() == events::procexit::EVENT
            && let Some((_, lives)) = &self.wanted.lives
            && let Some(life) = lives.exit(seen.view, &seen.standing())
        {
            self.life(life);
        }
    }

    fn item_ahead(&mut self, item: &Item, standing: &Standing<'_>) {
        match item {
            Item::Segment(header) if standing.ends_with(header) => self.boot_ends(standing),
            // Who is not there any more, only a snapshot tells.
            Item::State(_) if self.wanted.lives.is_some() => {
                self.before = Some(Box::new(standing.state().clone()));
            }
            _ => {}
        }
    }

    fn item(&mut self, item: &Item, standing: &Standing<'_>) {
        let (Item::State(_), Some(before)) = (item, self.before.take()) else {
            return;
        };
        if let Some((_, lives)) = &self.wanted.lives {
            let vanished = lives.vanished(&before, standing);
            vanished.into_iter().for_each(|life| self.life(life));
        }
    }

    fn ended(&mut self, standing: &Standing<'_>) {
        self.boot_ends(standing);
    }

    fn is_full(&mut self) -> bool {
        self.facts.len() >= FACTS_PER_PORTION
    }

    /// Facts go over the borders of blocks.
    fn is_ready(&mut self) -> bool {
        false
    }

    fn harvest(&mut self) -> Option<Portion> {
        if !self.counts.is_empty() {
            self.facts
                .push(Fact::Counts(std::mem::take(&mut self.counts)));
        }
        let facts = std::mem::take(&mut self.facts);
        (!facts.is_empty()).then_some(Portion(facts))
    }
}

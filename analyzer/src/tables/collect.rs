//! Events, snapshots and ends of boots become facts, by as many workers as there are.
//!
//! In: what a pass shows a child. Out: facts, in the order of the stream. Nothing is kept from one portion to the next.

use std::collections::BTreeMap;

use falco_format::{EventView, Item, Pid};
use hashbrown::HashMap;

use super::cells::Row;
use super::descriptors::{Told, moment};
use super::held::{Bytes, HeldFact, Moment};
use super::lives::{Lifetime, gone, last_of, outlived, processes};
use super::machine::{Origin, Sighting};
use super::wanted::{For, Wanted};
use super::{files, sockets};
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
    /// Something of a descriptor of a process, at a moment; without one nobody saw when.
    Held(Pid, Option<Moment>, HeldFact),
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
            moved: BTreeMap::new(),
            told: Vec::new(),
            before: None,
        }
    }
}

/// Bytes that were moved, as facts.
fn moved_facts(moved: BTreeMap<(Pid, i32), Bytes>) -> impl Iterator<Item = Fact> {
    moved
        .into_iter()
        .map(|((pid, number), bytes)| Fact::Held(pid, None, HeldFact::Moved { number, bytes }))
}

/// One worker's facts.
pub(crate) struct Telling<'c> {
    wanted: &'c Wanted,
    facts: Vec<Fact>,
    /// Events of lifetimes since the portion began.
    counts: HashMap<Pid, u64>,
    /// Bytes that descriptors moved since the portion began, or since something else was told of their process.
    moved: BTreeMap<(Pid, i32), Bytes>,
    /// Facts of descriptors of one event.
    told: Told,
    /// The state before the snapshot that is being taken.
    before: Option<Box<State>>,
}

impl Telling<'_> {
    fn life(&mut self, life: Lifetime) {
        let count = self.counts.remove(&life.pid).unwrap_or(0);
        self.facts.push(Fact::Life(life, count));
    }

    /// Tells facts of descriptors, behind the bytes that were moved before.
    fn tell(&mut self) {
        for (pid, at, fact) in std::mem::take(&mut self.told) {
            self.tell_moved(pid);
            self.facts.push(Fact::Held(pid, at, fact));
        }
    }

    fn tell_moved(&mut self, pid: Pid) {
        while let Some((&key, &bytes)) = self.moved.range((pid, i32::MIN)..=(pid, i32::MAX)).next()
        {
            self.moved.remove(&key);
            let (_, number) = key;
            self.facts
                .push(Fact::Held(pid, None, HeldFact::Moved { number, bytes }));
        }
    }

    /// What an event says of files, sockets and descriptors.
    fn held(&mut self, seen: &Seen<'_>, whom: For) {
        let wanted = self.wanted;
        let Some(descriptors) = &wanted.descriptors else {
            return;
        };
        if whom.has(For::BYTES) {
            descriptors.moved(seen, &mut self.moved);
        }
        if whom.has(For::DESCRIPTORS) {
            descriptors.event(seen, &mut self.told);
        }
        if whom.has(For::FILES)
            && let Some((place, files)) = &wanted.files
        {
            match files.event(seen) {
                Some(files::Made::Row(row)) => self.facts.push(Fact::Row(*place, row)),
                Some(files::Made::Open(number, row)) => {
                    self.begins(seen, number, (*place, row), false)
                }
                None => {}
            }
        }
        if whom.has(For::CONNECTIONS)
            && let Some((place, sockets)) = &wanted.connections
        {
            self.socket(seen, *place, sockets.connection(seen));
        }
        if whom.has(For::LISTENERS)
            && let Some((place, sockets)) = &wanted.listeners
        {
            self.socket(seen, *place, sockets.listener(seen));
        }
        self.tell();
    }

    fn socket(&mut self, seen: &Seen<'_>, place: usize, made: Option<sockets::Made>) {
        match made {
            Some(sockets::Made::Row(row)) => self.facts.push(Fact::Row(place, row)),
            Some(sockets::Made::Held(number, row)) => {
                self.begins(seen, number, (place, row), false);
            }
            Some(sockets::Made::Pending(number, row)) => {
                self.begins(seen, number, (place, row), true);
            }
            Some(sockets::Made::Outcome(number, text)) => {
                self.of_event(seen, HeldFact::Outcome(number, text));
            }
            None => {}
        }
    }

    fn begins(
        &mut self,
        seen: &Seen<'_>,
        number: i32,
        (place, row): (usize, Row),
        is_pending: bool,
    ) {
        let since = moment(&seen.standing(), seen.view.time());
        let begins = HeldFact::Begins {
            number,
            place,
            row,
            since,
            is_pending,
        };
        self.of_event(seen, begins);
    }

    fn of_event(&mut self, seen: &Seen<'_>, fact: HeldFact) {
        let state = seen.state();
        if let Some(thread) = state.thread_of(state.row(seen.view)) {
            let at = moment(&seen.standing(), seen.view.time());
            self.told.push((thread.pid, at, fact));
        }
    }

    /// Sockets that a snapshot told: those that were there before anything was seen of them.
    fn known(&mut self, standing: &Standing<'_>) {
        let state = standing.state();
        let tables = [
            (&self.wanted.connections, false),
            (&self.wanted.listeners, true),
        ];
        for (table, of_listeners) in tables {
            let Some((place, sockets)) = table else {
                continue;
            };
            for thread in processes(state) {
                let slots = state.fds(thread).into_iter().flat_map(|table| table.iter());
                for slot in slots {
                    let row =
                        sockets.known(standing, thread, (slot.number, &slot.file), of_listeners);
                    let begins = row.map(|row| HeldFact::Begins {
                        number: slot.number,
                        place: *place,
                        row,
                        since: None,
                        is_pending: false,
                    });
                    self.told
                        .extend(begins.map(|fact| (thread.pid, None, fact)));
                }
            }
        }
        self.tell();
    }

    /// What was there where a span of time begins: files and sockets.
    pub(super) fn begins_at(&mut self, standing: &Standing<'_>) {
        if let Some((place, files)) = &self.wanted.files {
            for thread in processes(standing.state()) {
                let table = standing.state().fds(thread).into_iter();
                for slot in table.flat_map(|table| table.iter()) {
                    let row = files.known(standing, thread, (slot.number, &slot.file));
                    let begins = row.map(|row| HeldFact::Begins {
                        number: slot.number,
                        place: *place,
                        row,
                        since: None,
                        is_pending: false,
                    });
                    self.told
                        .extend(begins.map(|fact| (thread.pid, None, fact)));
                }
            }
        }
        self.known(standing);
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
        let moved = std::mem::take(&mut self.moved);
        self.facts.extend(moved_facts(moved));
        self.facts.push(Fact::BootEnds(Origin::of(standing)));
    }

    /// What ends with an event.
    fn ends(&mut self, seen: &Seen<'_>) {
        if let Some((_, lives)) = &self.wanted.lives
            && let Some(life) = lives.exit(seen.view, &seen.standing())
        {
            self.life(life);
        }
        if self.wanted.descriptors.is_some()
            && let Some(thread) = last_of(seen.state(), seen.view)
        {
            let at = moment(&seen.standing(), seen.view.time());
            self.told.push((thread.pid, at, HeldFact::Ended));
            self.tell();
        }
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
        if let Some(descriptors) = &self.wanted.descriptors {
            descriptors.ahead(view, standing, &mut self.told);
            let ended = outlived(standing.state(), view);
            self.told
                .extend(ended.map(|thread| (thread.pid, None, HeldFact::Ended)));
            self.tell();
        }
    }

    fn event(&mut self, seen: &Seen<'_>) {
        if self.wanted.counts.is_some() {
            self.count(seen);
        }
        let whom = self.wanted.is_for(seen.view.event());
        if whom == For::default() {
            return;
        }
        if whom.has(For::CONTAINERS)
            && let Some((_, containers)) = &self.wanted.containers
        {
            let sighting = containers.seen(seen);
            self.facts.extend(sighting.map(Fact::Container));
        }
        self.held(seen, whom);
        if whom.has(For::ENDS) {
            self.ends(seen);
        }
    }

    fn item_ahead(&mut self, item: &Item, standing: &Standing<'_>) {
        match item {
            Item::Segment(header) if standing.ends_with(header) => self.boot_ends(standing),
            // Who is not there any more, only a snapshot tells.
            Item::State(_) if self.wanted.lives.is_some() || self.wanted.descriptors.is_some() => {
                self.before = Some(Box::new(standing.state().clone()));
            }
            _ => {}
        }
    }

    fn item(&mut self, item: &Item, standing: &Standing<'_>) {
        let (Item::State(block), Some(before)) = (item, self.before.take()) else {
            return;
        };
        if let Some((_, lives)) = &self.wanted.lives {
            let vanished = lives.vanished(&before, standing);
            vanished.into_iter().for_each(|life| self.life(life));
        }
        // What was held in front of a span is told of its beginning.
        if self.wanted.descriptors.is_some() && !standing.is_before_span(block.last_time()) {
            let gone = gone(&before, standing.state()).into_iter();
            self.told
                .extend(gone.map(|thread| (thread.pid, None, HeldFact::Ended)));
            self.known(standing);
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
        let moved = std::mem::take(&mut self.moved);
        self.facts.extend(moved_facts(moved));
        let facts = std::mem::take(&mut self.facts);
        (!facts.is_empty()).then_some(Portion(facts))
    }
}

//! What the processes behind alerts did to files, programs and connections, over the whole of what is read.
//!
//! In: the processes, and a second pass over the captures. Out: for each the things that it touched, with what it did to them and how often.
//! It is a pass of its own, since who is behind an alert is known only when the alert comes, and what it did before that counts as well.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::gathered::Gathered;
use crate::alert::Origin;
use crate::past::{Objects, Process};
use crate::pipeline::{Child, Collector, Demand, Seen};

/// How many things of each kind are told of one process.
const THINGS_MAX: usize = 32;
/// How many different acts are kept in all: some dozen megabytes.
const ACTS_MAX: usize = 200_000;
/// How many a worker holds before it hands them over.
const HELD_MAX: usize = 8_192;

/// A kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// A file or a directory.
    File,
    /// A program that was executed.
    Program,
    /// A connection, or another socket.
    Connection,
}

/// What was done to one thing.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// How often, by call.
    pub(super) calls: BTreeMap<&'static str, u64>,
    pub(super) failed: u64,
}

/// What one process did.
#[derive(Clone, Debug, Default)]
pub struct ActsOf {
    pub(super) things: BTreeMap<(Deed, Vec<u8>), Done>,
    /// Things of each kind for which there was no room: they were touched after others.
    pub(super) more: BTreeMap<Deed, u64>,
}

/// What processes did, by their lives.
#[derive(Clone, Debug, Default)]
pub struct Acts {
    pub(super) by_life: BTreeMap<u32, ActsOf>,
    kept: usize,
}

/// Whose act, of what kind, on what.
type Key = (u32, Deed, Vec<u8>);

/// What was done in a portion, in the order in which things were touched first.
pub type Portion = (Vec<Key>, HashMap<Key, Done>);

impl Acts {
    /// Takes what was done in the next portion.
    pub fn add(&mut self, (order, mut portion): Portion) {
        for key in order {
            let Some(done) = portion.remove(&key) else {
                continue;
            };
            let (life, deed, thing) = key;
            let of_life = self.by_life.entry(life).or_default();
            let number = of_life.things.keys().filter(|(of, _)| *of == deed).count();
            let is_known = of_life.things.contains_key(&(deed, thing.clone()));
            if !is_known && (number >= THINGS_MAX || self.kept >= ACTS_MAX) {
                *of_life.more.entry(deed).or_default() += 1;
                continue;
            }
            self.kept += usize::from(!is_known);
            let known = of_life.things.entry((deed, thing)).or_default();
            known.failed += done.failed;
            for (call, count) in done.calls {
                *known.calls.entry(call).or_default() += count;
            }
        }
    }
}

/// Looks for what processes did.
pub struct Looking {
    objects: Objects,
    nodes: Vec<Arc<Origin>>,
    lives: HashMap<(u32, i64, u64), u32>,
}

impl Looking {
    /// For the processes that stand behind what was gathered, and those above them.
    #[must_use]
    pub fn of(gathered: &Gathered<'_>) -> Self {
        Looking {
            objects: Objects::new(),
            nodes: gathered.nodes.clone(),
            lives: gathered.behind_alerts(),
        }
    }

    /// Whether nobody is known to stand behind an alert: then nobody's acts are looked for.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.lives.is_empty()
    }

    /// What must be decoded.
    #[must_use]
    pub fn demand(&self) -> Demand {
        self.objects.demand()
    }
}

impl Collector for Looking {
    type Harvest = Portion;
    type Child<'c>
        = Watching<'c>
    where
        Self: 'c;

    fn child(&self) -> Watching<'_> {
        Watching {
            looking: self,
            held: (Vec::new(), HashMap::new()),
        }
    }
}

/// One worker's part.
pub struct Watching<'l> {
    looking: &'l Looking,
    held: Portion,
}

impl Watching<'_> {
    /// Whose event it is, where it is one behind an alert.
    fn life(&self, seen: &Seen<'_>) -> Option<u32> {
        let (state, standing) = (seen.state(), seen.standing());
        let thread = state.thread_of(state.row(seen.view))?;
        let process = Process::of(state, standing.clock(), thread, false);
        let node = self
            .looking
            .nodes
            .iter()
            .position(|node| node == seen.origin)?;
        let start = process.start().unwrap_or_default().0;
        let key = (u32::try_from(node).ok()?, process.pid(), start);
        self.looking.lives.get(&key).copied()
    }
}

impl Child for Watching<'_> {
    type Harvest = Portion;

    fn event(&mut self, seen: &Seen<'_>) {
        let Some(life) = self.life(seen) else {
            return;
        };
        let Some(object) = self.looking.objects.of(seen) else {
            return;
        };
        let is_path = object.name.first() == Some(&b'/');
        let deed = match object.kind {
            "program" => Deed::Program,
            "path" => Deed::File,
            _ if is_path => Deed::File,
            _ if object.name.windows(2).any(|pair| pair == b"->") => Deed::Connection,
            _ => return,
        };
        let key = (life, deed, object.name.to_vec());
        let (order, held) = &mut self.held;
        let done = held.entry(key).or_insert_with_key(|key| {
            order.push(key.clone());
            Done::default()
        });
        *done.calls.entry(object.event).or_default() += 1;
        done.failed += u64::from(self.looking.objects.has_failed(seen));
    }

    fn is_full(&mut self) -> bool {
        self.held.0.len() >= HELD_MAX
    }

    fn harvest(&mut self) -> Option<Portion> {
        let held = std::mem::take(&mut self.held);
        (!held.0.is_empty()).then_some(held)
    }
}

//! From what is asked for: whose rows the state needs.
//!
//! In: a [`Study`], and whose events alone are asked for. Out: [`Needed`], which says of every life what is kept of it.

use std::collections::BTreeSet;

use super::life::{LifeId, ToldLife};
use super::study::Study;
use crate::state::Text;

/// What of the lives of a capture is kept.
#[derive(Clone, Debug, Default)]
pub struct Needed {
    /// Whose events are shown, by life; none where it is everybody's.
    chosen: Option<Vec<bool>>,
    /// Whose state is kept whole, by life.
    whole: Vec<bool>,
    /// Of whom births and ends are kept, by life.
    ends: Vec<bool>,
    /// By world, the last row that is shown; none where there is none.
    last_shown: Vec<Option<u64>>,
    /// Containers of those whose state is kept.
    pub(super) containers: BTreeSet<Text>,
    /// Their mount namespaces.
    pub(super) mount_namespaces: BTreeSet<u64>,
    /// Events that are shown.
    shown: u64,
}

impl Study {
    /// The lives of a process id, in their order.
    #[must_use]
    pub fn lives_of(&self, pid: falco_format::Pid) -> Vec<ToldLife> {
        self.lives.of_pid(pid).collect()
    }

    /// What is kept where the events of all are asked for, or those of some lives and of all that descends from them.
    #[must_use]
    pub fn needed(&self, roots: Option<&[LifeId]>) -> Needed {
        let chosen = roots.map(|roots| self.trees(roots));
        let is_chosen = |id: LifeId| {
            let chosen = chosen.as_ref();
            chosen.is_none_or(|chosen| chosen.get(id.place()) == Some(&true))
        };
        let mut needed = Needed {
            whole: vec![false; self.lives.len()],
            ..Needed::default()
        };
        let mut waiting = Vec::new();
        let mut looks = vec![false; self.lives.len()];
        for (id, life) in self.lives.iter().filter(|(id, _)| is_chosen(*id)) {
            if life.asked == 0 && roots.is_none() {
                continue;
            }
            needed.shown = needed.shown.saturating_add(life.asked);
            if life.asked > 0 {
                needed.show(life.world as usize, life.last_asked);
            }
            waiting.push(id);
            waiting.extend(self.lives.looks_at(id));
            set(&mut looks, id);
        }
        needed.ends = self.told_of(&looks);
        if roots.is_none() {
            // Some events are nobody's.
            needed.shown = self.marks.count();
            for (world, last) in &self.last_asked {
                needed.show(*world, *last);
            }
        }
        while let Some(id) = waiting.pop() {
            if !set(&mut needed.whole, id) {
                continue;
            }
            waiting.extend(self.lives.needs(id));
            for (container, mount_ns) in self.lives.surroundings(id) {
                needed.containers.extend(container.clone());
                needed.mount_namespaces.extend(mount_ns);
            }
        }
        needed.chosen = chosen;
        needed
    }

    /// Whose births and ends the events of some lives tell of: their children's, and of those who left them theirs, since the end of a process says who takes its children.
    fn told_of(&self, looks: &[bool]) -> Vec<bool> {
        let mut ends = vec![false; self.lives.len()];
        let is_looked_at = |id: LifeId| looks.get(id.place()) == Some(&true);
        let children = self.lives.iter().map(|(id, _)| id);
        // A parent is among those that a life rests on, the first and all that it was given to.
        let children = children.filter(|id| self.lives.needs(*id).any(is_looked_at));
        let mut waiting: Vec<LifeId> = children.collect();
        while let Some(id) = waiting.pop() {
            if set(&mut ends, id) {
                waiting.extend(self.lives.needs(id));
            }
        }
        ends
    }

    /// The lives of some, and of all that descends from them.
    fn trees(&self, roots: &[LifeId]) -> Vec<bool> {
        let mut children = vec![Vec::new(); self.lives.len()];
        for (id, life) in self.lives.iter() {
            let of_parent = life
                .parent
                .and_then(|parent| children.get_mut(parent.place()));
            if let Some(of_parent) = of_parent {
                of_parent.push(id);
            }
        }
        let mut within = vec![false; self.lives.len()];
        let mut waiting = roots.to_vec();
        while let Some(id) = waiting.pop() {
            if set(&mut within, id) {
                waiting.extend(children.get(id.place()).into_iter().flatten());
            }
        }
        within
    }
}

impl Needed {
    /// How many events are shown.
    #[must_use]
    pub fn shown(&self) -> u64 {
        self.shown
    }

    pub(super) fn is_chosen(&self, id: Option<LifeId>) -> bool {
        match &self.chosen {
            None => true,
            Some(chosen) => id.is_some_and(|id| chosen.get(id.place()) == Some(&true)),
        }
    }

    pub(super) fn is_whole(&self, id: LifeId) -> bool {
        self.whole.get(id.place()) == Some(&true)
    }

    pub(super) fn has_ends(&self, id: LifeId) -> bool {
        self.ends.get(id.place()) == Some(&true)
    }

    /// The last row of a world that is shown.
    pub(super) fn last_shown(&self, world: usize) -> Option<u64> {
        self.last_shown.get(world).copied().flatten()
    }

    fn show(&mut self, world: usize, row: u64) {
        if self.last_shown.len() <= world {
            self.last_shown.resize(world.saturating_add(1), None);
        }
        if let Some(last) = self.last_shown.get_mut(world) {
            *last = (*last).max(Some(row));
        }
    }
}

/// Sets a life's flag, and says whether it was not set.
fn set(flags: &mut [bool], id: LifeId) -> bool {
    let flag = flags.get_mut(id.place());
    flag.is_some_and(|flag| !std::mem::replace(flag, true))
}

//! Values that several threads share: descriptor tables and working directories.
//!
//! A slab with reference counts, since what `CLONE_FILES` and `CLONE_FS` share is changed by one thread and seen by all.

use std::marker::PhantomData;

/// A handle to a value of a [`Shared`].
#[derive(Debug)]
pub(crate) struct Handle<T>(u32, PhantomData<fn() -> T>);

// Written by hand: a derive would ask the same of `T`.
impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Handle<T> {}
impl<T> PartialEq for Handle<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Handle<T> {}

#[derive(Clone, Debug)]
struct Entry<T> {
    owners: u32,
    value: T,
}

/// The values.
#[derive(Clone, Debug)]
pub(in crate::state) struct Shared<T> {
    entries: Vec<Option<Entry<T>>>,
    free: Vec<u32>,
    /// How often a value was handed out to be changed. What comes and goes is known by its handle.
    changes: u64,
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Shared {
            entries: Vec::new(),
            free: Vec::new(),
            changes: 0,
        }
    }
}

impl<T> Shared<T> {
    /// Adds a value with one owner.
    pub(in crate::state) fn insert(&mut self, value: T) -> Handle<T> {
        let entry = Some(Entry { owners: 1, value });
        if let Some(index) = self.free.pop()
            && let Some(place) = self.entries.get_mut(index as usize)
        {
            *place = entry;
            return Handle(index, PhantomData);
        }
        self.entries.push(entry);
        let index = u32::try_from(self.entries.len() - 1).expect("threads are limited");
        Handle(index, PhantomData)
    }

    /// Adds an owner.
    pub(in crate::state) fn share(&mut self, handle: Handle<T>) -> Handle<T> {
        if let Some(entry) = self.entry_mut(handle) {
            entry.owners += 1;
        }
        handle
    }

    /// Takes an owner away; hands the value back if it was the last.
    pub(in crate::state) fn release(&mut self, handle: Handle<T>) -> Option<T> {
        let place = self.entries.get_mut(handle.0 as usize)?;
        let entry = place.as_mut()?;
        entry.owners -= 1;
        if entry.owners > 0 {
            return None;
        }
        self.free.push(handle.0);
        place.take().map(|entry| entry.value)
    }

    /// How many own it.
    #[inline]
    pub(in crate::state) fn owners(&self, handle: Handle<T>) -> u32 {
        self.entries
            .get(handle.0 as usize)
            .and_then(Option::as_ref)
            .map_or(0, |entry| entry.owners)
    }

    /// The value.
    #[inline]
    pub(in crate::state) fn get(&self, handle: Handle<T>) -> Option<&T> {
        self.entries
            .get(handle.0 as usize)?
            .as_ref()
            .map(|entry| &entry.value)
    }

    /// The value, to change it.
    #[inline]
    pub(in crate::state) fn get_mut(&mut self, handle: Handle<T>) -> Option<&mut T> {
        self.changes += 1;
        self.entry_mut(handle).map(|entry| &mut entry.value)
    }

    /// Every value, to change it.
    pub(in crate::state) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.changes += 1;
        self.entries
            .iter_mut()
            .flatten()
            .map(|entry| &mut entry.value)
    }

    /// Another number whenever a value may have been changed.
    pub(in crate::state) fn changes(&self) -> u64 {
        self.changes
    }

    /// How many values there are.
    #[cfg(test)]
    pub(in crate::state) fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    #[inline]
    fn entry_mut(&mut self, handle: Handle<T>) -> Option<&mut Entry<T>> {
        self.entries.get_mut(handle.0 as usize)?.as_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_goes_with_its_last_owner_and_its_place_is_used_again() {
        let mut shared = Shared::default();
        let first = shared.insert("first");
        shared.share(first);
        assert_eq!(shared.owners(first), 2);
        assert_eq!(shared.release(first), None);
        assert_eq!(shared.get(first), Some(&"first"));
        assert_eq!(shared.release(first), Some("first"));
        assert_eq!(shared.get(first), None);
        let second = shared.insert("second");
        assert_eq!(shared.len(), 1);
        assert_eq!(shared.get(second), Some(&"second"));
    }
}

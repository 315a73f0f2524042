//! Enters that wait for their exits, one per thread.
//!
//! Memory is bounded: when too much waits, the older half is given up and counted; the exits of those threads then find none.

use bumpalo::Bump;
use hashbrown::HashMap;

use crate::scap::event::Params;

/// The most bytes that wait. A million threads, each within a call, need about as much.
const KEPT_BYTES_MAX: usize = 128 << 20;
/// What an enter takes beside its parameters.
const OVERHEAD_BYTES: usize = 96;

/// An enter that waits.
#[derive(Debug)]
struct Waiting {
    code: u16,
    position: u64,
    ends: Box<[u32]>,
    bytes: Box<[u8]>,
}

impl Waiting {
    fn weight(&self) -> usize {
        OVERHEAD_BYTES
            .saturating_add(self.bytes.len())
            .saturating_add(self.ends.len().saturating_mul(4))
    }
}

/// An enter whose exit came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept<'b> {
    code: u16,
    ends: &'b [u32],
    bytes: &'b [u8],
}

impl<'b> Kept<'b> {
    pub(super) fn code(&self) -> u16 {
        self.code
    }

    pub(super) fn param(&self, index: usize) -> Option<&'b [u8]> {
        let end = *self.ends.get(index)? as usize;
        let before = index
            .checked_sub(1)
            .and_then(|before| self.ends.get(before));
        self.bytes
            .get(before.map_or(0, |start| *start as usize)..end)
    }
}

/// The enters of all threads.
#[derive(Default)]
pub(super) struct KeptEvents {
    of_threads: HashMap<u64, Waiting>,
    bytes: usize,
    position: u64,
    given_up: u64,
}

impl KeptEvents {
    /// Keeps an enter in the place of the one that the thread had.
    pub(super) fn keep(&mut self, tid: u64, code: u16, params: &Params<'_>) {
        let mut bytes = Vec::new();
        let mut ends = Vec::with_capacity(params.count());
        for param in params.iter() {
            bytes.extend_from_slice(param);
            // Events are far shorter than four gigabytes.
            ends.push(bytes.len() as u32);
        }
        self.position = self.position.saturating_add(1);
        let kept = Waiting {
            code,
            position: self.position,
            ends: ends.into(),
            bytes: bytes.into(),
        };
        self.bytes = self.bytes.saturating_add(kept.weight());
        if let Some(old) = self.of_threads.insert(tid, kept) {
            self.bytes = self.bytes.saturating_sub(old.weight());
        }
        if self.bytes > KEPT_BYTES_MAX {
            self.give_up_half();
        }
    }

    /// Takes out the enter of a thread.
    pub(super) fn take<'b>(&mut self, tid: u64, arena: &'b Bump) -> Option<Kept<'b>> {
        let kept = self.of_threads.remove(&tid)?;
        self.bytes = self.bytes.saturating_sub(kept.weight());
        Some(Kept {
            code: kept.code,
            ends: arena.alloc_slice_copy(&kept.ends),
            bytes: arena.alloc_slice_copy(&kept.bytes),
        })
    }

    pub(super) fn given_up(&self) -> u64 {
        self.given_up
    }

    /// Drops the older half by position in the stream, which no order of a map decides.
    fn give_up_half(&mut self) {
        let mut positions: Vec<u64> = self.of_threads.values().map(|kept| kept.position).collect();
        let middle = positions.len() / 2;
        let (_, cut, _) = positions.select_nth_unstable(middle);
        let cut = *cut;
        let before = self.of_threads.len();
        self.of_threads.retain(|_, kept| kept.position > cut);
        self.bytes = self.of_threads.values().map(Waiting::weight).sum();
        let gone = before.saturating_sub(self.of_threads.len());
        self.given_up = self.given_up.saturating_add(gone as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enter_is_taken_once_and_replaced_by_the_next() {
        let arena = Bump::new();
        let mut kept = KeptEvents::default();
        kept.keep(1, 4, &Params::List(&[b"first", b"old"]));
        kept.keep(1, 6, &Params::List(&[b"first", b"new"]));
        let enter = kept.take(1, &arena).expect("an enter");
        assert_eq!((enter.code(), enter.param(0)), (6, Some(&b"first"[..])));
        assert_eq!((enter.param(1), enter.param(2)), (Some(&b"new"[..]), None));
        assert!(kept.take(1, &arena).is_none());
        assert_eq!(kept.bytes, 0);
    }

    #[test]
    fn too_many_enters_give_up_the_older_ones() {
        let arena = Bump::new();
        let bytes = vec![0; KEPT_BYTES_MAX / 8];
        let mut kept = KeptEvents::default();
        (0..9).for_each(|tid| kept.keep(tid, 4, &Params::List(&[&bytes])));
        assert!(kept.bytes <= KEPT_BYTES_MAX);
        assert!(kept.given_up() > 0);
        assert_eq!(kept.given_up() + kept.of_threads.len() as u64, 9);
        assert!(kept.take(0, &arena).is_none());
        assert!(kept.take(8, &arena).is_some());
    }
}

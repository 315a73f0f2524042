//! A file's items, unpacked and taken apart on a thread of their own, beside whoever looks at them.
//!
//! In: the items of a file. Out: the same items in the same order, damage and ends among them, a bounded number of them ahead.
//! The thread ends with the file, or with whoever asked; what goes wrong in it comes out where it is asked, never as an end that is too early.

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Builder, JoinHandle};

use falco_format::Item;

use super::ScapItems;

/// How many items wait at most. One is a block of a megabyte at most, and the first few hide what the reader and the pass differ by.
const AHEAD: usize = 8;

/// The items of a file that is read on another thread.
pub struct ItemsBeside {
    /// Each with how many bytes of the file had been read then; `None` when whoever asked is gone.
    items: Option<Receiver<(Item, u64)>>,
    reader: Option<JoinHandle<()>>,
    stored_bytes: u64,
}

impl ItemsBeside {
    /// Reads items on another thread, which makes them.
    ///
    /// # Errors
    /// When the machine gives no thread.
    pub fn new(make: impl FnOnce() -> ScapItems + Send + 'static) -> std::io::Result<Self> {
        Self::of(move || {
            let mut items = make();
            std::iter::from_fn(move || {
                let item = items.next()?;
                Some((item, items.stored_bytes_read()))
            })
        })
    }

    fn of<I>(make: impl FnOnce() -> I + Send + 'static) -> std::io::Result<Self>
    where
        I: Iterator<Item = (Item, u64)>,
    {
        let (give, items) = sync_channel(AHEAD);
        let reader = Builder::new()
            .name("scap".to_owned())
            // Whoever is gone wants nothing more.
            .spawn(move || {
                let _ = make().try_for_each(|item| give.send(item));
            })?;
        Ok(ItemsBeside {
            items: Some(items),
            reader: Some(reader),
            stored_bytes: 0,
        })
    }

    /// Bytes of the file that stood before the last item, as they lie there.
    #[must_use]
    pub fn stored_bytes_read(&self) -> u64 {
        self.stored_bytes
    }
}

impl Iterator for ItemsBeside {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        if let Ok((item, bytes)) = self.items.as_ref()?.recv() {
            self.stored_bytes = bytes;
            return Some(item);
        }
        // Either all is read, or the reader has panicked: then evidence is missing behind this place, and the pass must not end as if there were none.
        self.items = None;
        if let Some(Err(panic)) = self.reader.take().map(JoinHandle::join) {
            resume_unwind(panic);
        }
        None
    }
}

impl Drop for ItemsBeside {
    fn drop(&mut self) {
        // A reader that waits for room sees that nobody takes anything, and ends.
        self.items = None;
        if let Some(reader) = self.reader.take() {
            // What it failed at concerns nobody any more.
            let _ = reader.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    fn clock(number: u64) -> (Item, u64) {
        let pair = falco_format::ClockPair {
            boottime_ns: number,
            realtime_ns: falco_format::UnixNanos(0),
        };
        (Item::Clock(vec![pair]), number * 10)
    }

    fn number(item: &Item) -> u64 {
        match item {
            Item::Clock(pairs) => pairs[0].boottime_ns,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn items_come_in_order_with_their_place() {
        let mut beside = ItemsBeside::of(|| (0..1_000).map(clock)).expect("a thread");
        for expected in 0..1_000 {
            let item = beside.next().expect("an item");
            assert_eq!(number(&item), expected);
            assert_eq!(beside.stored_bytes_read(), expected * 10);
        }
        assert!(beside.next().is_none() && beside.next().is_none());
    }

    #[test]
    fn the_reader_is_a_bounded_number_of_items_ahead_and_ends_with_whoever_asks() {
        let read = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&read);
        let mut beside = ItemsBeside::of(move || {
            (0..u64::MAX).map(move |number| {
                counted.fetch_add(1, Ordering::SeqCst);
                clock(number)
            })
        })
        .expect("a thread");
        for _ in 0..100 {
            beside.next().expect("an item");
        }
        drop(beside);
        // It has ended: else this would not be reached, and the number would grow.
        let ahead = read.load(Ordering::SeqCst);
        assert!((100..=100 + AHEAD as u64 + 2).contains(&ahead), "{ahead}");
    }

    #[test]
    fn a_fault_of_the_reader_comes_out_where_it_is_asked() {
        let make = || {
            (0..).map(|number| {
                if number < 5 {
                    clock(number)
                } else {
                    panic!("broken")
                }
            })
        };
        let mut beside = ItemsBeside::of(make).expect("a thread");
        for _ in 0..5 {
            beside.next().expect("an item");
        }
        let panic = catch_unwind(AssertUnwindSafe(|| beside.next())).expect_err("a fault");
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"broken"));
    }
}

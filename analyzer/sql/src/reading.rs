//! How far the passes of a query are.
//!
//! In: bytes, as passes begin and read them. Out: how many of how many, for whoever shows it while the query runs.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of captures. Passes count, and others look on: nothing else rests on these numbers.
#[derive(Debug, Default)]
pub struct Reading {
    read: AtomicU64,
    whole: AtomicU64,
}

impl Reading {
    /// A statement begins: what others read is no matter of it.
    pub fn begin(&self) {
        self.read.store(0, Ordering::Relaxed);
        self.whole.store(0, Ordering::Relaxed);
    }

    /// Bytes that were read, and those of everything that is being read; where a query asks for a part of the time alone it ends before that.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        let read = self.read.load(Ordering::Relaxed);
        (read, self.whole.load(Ordering::Relaxed).max(read))
    }

    /// A pass over so many bytes begins.
    pub(crate) fn expect(&self, bytes: u64) {
        self.whole.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many more were read.
    pub(crate) fn more(&self, bytes: u64) {
        self.read.fetch_add(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_never_more_than_all() {
        let reading = Reading::default();
        assert_eq!(reading.bytes(), (0, 0));
        reading.expect(100);
        reading.more(40);
        assert_eq!(reading.bytes(), (40, 100));
        reading.more(80);
        assert_eq!(reading.bytes(), (120, 120));
        reading.begin();
        assert_eq!(reading.bytes(), (0, 0));
    }
}

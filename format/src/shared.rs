//! Bytes that are shared and cheap to clone: a range of a mapped file or of memory.

use std::fmt;
use std::sync::Arc;

/// What holds bytes alive.
pub(crate) trait Holder: AsRef<[u8]> + Send + Sync {
    /// Takes note that a range will hardly be read again soon. It can be, as before.
    fn leave(&self, _start: usize, _end: usize) {}
}

impl Holder for Vec<u8> {}

/// A range of bytes that something holds alive.
#[derive(Clone)]
pub(crate) struct SharedBytes {
    holder: Arc<dyn Holder>,
    start: usize,
    end: usize,
}

impl SharedBytes {
    /// All bytes of a holder.
    pub(crate) fn new(holder: Arc<dyn Holder>) -> Self {
        let end = (*holder).as_ref().len();
        SharedBytes {
            holder,
            start: 0,
            end,
        }
    }

    /// Bytes of memory.
    pub(crate) fn from_vec(bytes: Vec<u8>) -> Self {
        SharedBytes::new(Arc::new(bytes))
    }

    /// A part of it; empty where it does not lie within.
    pub(crate) fn slice(&self, start: usize, length: usize) -> SharedBytes {
        let start = self.start.saturating_add(start).min(self.end);
        let end = start.saturating_add(length).min(self.end);
        SharedBytes {
            holder: Arc::clone(&self.holder),
            start,
            end,
        }
    }

    /// Takes note that it will hardly be read again soon.
    pub(crate) fn leave(&self) {
        self.holder.leave(self.start, self.end);
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        (*self.holder)
            .as_ref()
            .get(self.start..self.end)
            .unwrap_or_default()
    }
}

impl fmt::Debug for SharedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedBytes({} bytes)", self.as_slice().len())
    }
}

//! Memory that is counted: how much of something waits between two threads.
//!
//! Who puts something on its way takes room for it, and the room comes back when it is dropped, wherever that happens.
//! Nothing is allocated here; the numbers are those of whoever takes.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Room for so many bytes.
#[derive(Debug)]
pub struct Room {
    limit: usize,
    used: Mutex<usize>,
    freed: Condvar,
}

/// Taken room; dropping it gives it back.
#[derive(Debug)]
pub struct Held {
    room: Arc<Room>,
    bytes: usize,
}

impl Room {
    /// All of it free.
    pub fn new(limit: usize) -> Arc<Room> {
        Arc::new(Room {
            limit,
            used: Mutex::new(0),
            freed: Condvar::new(),
        })
    }

    /// How many bytes are taken.
    pub fn used(&self) -> usize {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes room, however much there is.
    pub fn take(self: &Arc<Room>, bytes: usize) -> Held {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_add(bytes);
        self.held(bytes)
    }

    /// Takes room as soon as there is enough. What is larger than all of it gets it when nothing else is taken.
    pub fn wait(self: &Arc<Room>, bytes: usize) -> Held {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |used: &mut usize| *used > 0 && used.saturating_add(bytes) > self.limit;
        let mut used = self
            .freed
            .wait_while(used, is_full)
            .unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_add(bytes);
        self.held(bytes)
    }

    fn held(self: &Arc<Room>, bytes: usize) -> Held {
        Held {
            room: Arc::clone(self),
            bytes,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let used = self.room.used.lock();
        let mut used = used.unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_sub(self.bytes);
        self.room.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_waited_for_and_given_back() {
        let room = Room::new(100);
        let large = room.wait(150);
        let waiting = {
            let room = Arc::clone(&room);
            std::thread::spawn(move || {
                let first = room.wait(60);
                let used = room.used();
                drop(first);
                used
            })
        };
        assert_eq!(room.used(), 150, "nobody gets room beside what fills it");
        drop(large);
        assert_eq!(waiting.join().expect("a thread"), 60);
        assert_eq!(room.take(500).room.used(), 500);
        assert_eq!(room.used(), 0);
    }
}

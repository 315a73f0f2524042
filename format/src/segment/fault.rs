//! A segment in memory whose writes fail on demand: for tests of everything that writes.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::io::SegmentIo;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The machine dies when this many bytes are there: the write that crosses them is torn, and nothing works any more.
    CrashAt(u64),
    /// There is room for this many bytes; a write that does not fit fails and leaves nothing.
    NoSpaceAfter(u64),
    /// The write that crosses this byte leaves a part of its bytes and fails, as a short write that could not be cut off; the next one overwrites it.
    ShortWriteAt(u64),
    /// The sync with this number, from 0, fails.
    FailedSync(u64),
    /// The bit with this number, from the start, is not written as it was asked.
    FlippedBit(u64),
}

#[derive(Debug, Default)]
struct Contents {
    /// What is in the file.
    bytes: Vec<u8>,
    /// How much of it counts as appended.
    length: usize,
    syncs: u64,
    is_dead: bool,
}

/// Bytes in memory. Clones are handles of the same bytes, so that they can be looked at when the writer is gone.
#[derive(Clone, Debug, Default)]
pub struct MemoryIo {
    contents: Arc<Mutex<Contents>>,
    fault: Option<Fault>,
}

impl MemoryIo {
    /// Writes that succeed.
    pub fn new() -> Self {
        MemoryIo::default()
    }

    /// Writes that fail so.
    pub fn with_fault(fault: Fault) -> Self {
        MemoryIo {
            contents: Arc::default(),
            fault: Some(fault),
        }
    }

    /// What is in the file now.
    pub fn bytes(&self) -> Vec<u8> {
        self.contents().bytes.clone()
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SegmentIo for MemoryIo {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let fault = self.fault;
        let shared = Arc::clone(&self.contents);
        let mut contents = shared.lock().unwrap_or_else(PoisonError::into_inner);
        if contents.is_dead {
            return Err(io::Error::other("the machine is dead"));
        }
        let start = contents.length;
        let end = start.saturating_add(bytes.len());
        let crosses = |at: u64| (start as u64) <= at && at < end as u64;
        contents.bytes.truncate(start);
        match fault {
            Some(Fault::CrashAt(at)) if crosses(at) => {
                let kept = usize::try_from(at)
                    .unwrap_or(usize::MAX)
                    .saturating_sub(start);
                contents.bytes.extend(bytes.iter().take(kept));
                contents.is_dead = true;
                return Err(io::Error::other("the machine died"));
            }
            Some(Fault::NoSpaceAfter(room)) if end as u64 > room => {
                return Err(io::ErrorKind::StorageFull.into());
            }
            Some(Fault::ShortWriteAt(at)) if crosses(at) => {
                self.fault = None;
                contents.bytes.extend(bytes.iter().take(bytes.len() / 2));
                return Err(io::ErrorKind::WriteZero.into());
            }
            _ => {}
        }
        contents.bytes.extend_from_slice(bytes);
        contents.length = end;
        if let Some(Fault::FlippedBit(bit)) = fault
            && crosses(bit / 8)
            && let Some(byte) = usize::try_from(bit / 8)
                .ok()
                .and_then(|at| contents.bytes.get_mut(at))
        {
            *byte ^= 1 << (bit % 8);
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut contents = self.contents();
        let this = contents.syncs;
        contents.syncs = contents.syncs.saturating_add(1);
        if contents.is_dead || self.fault == Some(Fault::FailedSync(this)) {
            return Err(io::Error::other("the sync failed"));
        }
        Ok(())
    }
}

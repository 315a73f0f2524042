//! What losses make doubtful.
//!
//! A loss says which lane lost rows and until when, not whose rows they were.
//! So everything of that lane that was last known to be whole before the end of the loss may be stale, until it is seen whole again: a thread by its exec, its birth or a snapshot, a table by a snapshot.
//!
//! Not everything that may be stale is marked: a descriptor table whose sharers part while a snapshot reads them, one after the other; and directories that two processes share (`CLONE_FS` without `CLONE_THREAD`) where that began unseen.
//! A shared table whose beginning was not seen is, rarely, taken for whole after a loss.

use falco_abi::Lane;
use falco_format::LostInterval;

/// Until when each kind of fact may have been lost, nanoseconds of boot time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::state) struct Losses {
    process: u64,
    file: u64,
    transfer: u64,
}

/// What of an event's state may be stale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubt {
    /// The thread, its program, its credentials, its ancestors.
    pub thread: bool,
    /// Its descriptors; after lost transfers, only if the event is about a datagram socket.
    pub fds: bool,
    /// The name that a call was given, or the one that its descriptor was opened by: it was cut, or could not be read any more.
    pub name: bool,
}

impl Doubt {
    /// Whether anything may be stale.
    pub fn any(self) -> bool {
        self.thread || self.fds || self.name
    }
}

impl Losses {
    pub(in crate::state) fn add(&mut self, intervals: &[LostInterval]) {
        for interval in intervals {
            let until = interval.next_good_time;
            let horizon = match interval.lane {
                Lane::Process => &mut self.process,
                Lane::File => &mut self.file,
                Lane::Bulk => &mut self.transfer,
            };
            *horizon = (*horizon).max(until);
        }
    }

    /// Facts of threads verified before this may be stale.
    pub(in crate::state) fn threads_until(self) -> u64 {
        self.process
    }

    /// Descriptors verified before this may be stale. A lost birth or exec loses descriptors too.
    pub(in crate::state) fn fds_until(self) -> u64 {
        self.file.max(self.process)
    }

    /// Ends of datagram sockets verified before this may be stale: transfers set them.
    pub(in crate::state) fn datagrams_until(self) -> u64 {
        self.fds_until().max(self.transfer)
    }
}

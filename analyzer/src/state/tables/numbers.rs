//! Numbers that events tell of threads and processes, and that are not those by which the tables know them.
//!
//! They are signed, since Falco's captures write −1 for what is not known.
//! In: values as rows have them. Out: the same, each of its own type, so that a number of one namespace is not looked up in another.

use falco_format::{Pid, Tid};

/// A thread's id as its own pid namespace counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Vtid(pub i64);

/// A process's id as its own pid namespace counts: also that of the process which a group or a session is named after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Vpid(pub i64);

/// A parent, in the initial pid namespace: a process in recordings, a thread in Falco's captures.
///
/// 0 is nobody, and so is what is negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ptid(pub i64);

impl Ptid {
    /// Nobody, in Falco's captures.
    pub(in crate::state) const NOBODY: Ptid = Ptid(0);

    /// The thread to look for: of a process, its leader.
    pub(crate) fn tid(self) -> Option<Tid> {
        Tid::told(self.0)
    }
}

impl From<Pid> for Ptid {
    fn from(process: Pid) -> Ptid {
        Ptid(process.into())
    }
}

impl From<Tid> for Ptid {
    fn from(thread: Tid) -> Ptid {
        Ptid(thread.into())
    }
}

macro_rules! plain {
    ($($name:ident),*) => {$(
        impl From<$name> for i64 {
            fn from(number: $name) -> i64 {
                number.0
            }
        }
    )*};
}
plain!(Vtid, Vpid, Ptid);

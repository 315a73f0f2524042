//! The numbers by which the kernel knows threads and processes, in the initial pid namespace.
//!
//! Both are plain numbers in events and files, and the leader of a process has the number of its process; so one was easily taken for the other.
//! Here they are types, and who goes from one to the other says so: [`Pid::leader`] and [`Pid::led_by`].
//! Numbers as a thread's own pid namespace counts them are neither; what events tell of those, the state has types for.

use std::fmt;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        /// The number alone: what it counts, the name beside it says.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$name> for i64 {
            fn from(number: $name) -> i64 {
                i64::from(number.0)
            }
        }

        impl $name {
            /// The one that a value of an event tells; none where it is negative or too large to be one.
            #[must_use]
            pub fn told(value: i64) -> Option<$name> {
                u32::try_from(value).ok().map($name)
            }
        }
    };
}

number! {
    /// A thread's id.
    Tid
}

number! {
    /// A process's id: what the kernel calls a thread group's.
    Pid
}

impl Pid {
    /// The thread that leads the process, which has its number.
    #[must_use]
    pub const fn leader(self) -> Tid {
        Tid(self.0)
    }

    /// The process that a thread leads, where it leads one.
    #[must_use]
    pub const fn led_by(leader: Tid) -> Pid {
        Pid(leader.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_no_numbers_tell_nobody() {
        let check = |value: i64, expected: Option<u32>| {
            assert_eq!(Tid::told(value), expected.map(Tid), "{value}");
            assert_eq!(Pid::told(value), expected.map(Pid), "{value}");
        };
        check(0, Some(0));
        check(4_194_304, Some(4_194_304));
        check(i64::from(u32::MAX), Some(u32::MAX));
        check(i64::from(u32::MAX) + 1, None);
        check(-1, None);
        check(i64::MIN, None);
    }
}

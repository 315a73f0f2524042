//! The state of the node as a capture tells it: threads, descriptors, users, mounts, containers.
//!
//! Rows flow in, in stream order; what they changed can be asked until the next row.
//! This is the only part of the analyzer that depends on order. It takes nothing from the machine it runs on, it knows nothing of rules, and it formats nothing but names of descriptors, which are part of the state.
//!
//! # Order
//!
//! [`State::before`] applies what an event makes, before rules see the event: rules see the new descriptor, the new program, the new user.
//! [`State::after`] applies what an event takes away (a close, an end), after rules saw what was there.
//! Only events whose row in the event table says that state depends on them have an effect, so a reader that leaves all others out gets the same state.
//!
//! # Who is who
//!
//! A thread is its tid and its start: a tid with another start is another thread, and whoever had the tid has ended unseen.
//! Starts in snapshots come from /proc in whole ticks of 10 ms, and agree with an exact start in the same tick.
//! A thread that appears without its birth is made from the leader of its process, or with nothing known.
//!
//! # Snapshots
//!
//! STATE rows say what was there at the time in the row. They stand before the events that followed the attaching of the probe, and may be younger than some of them.
//! - An event that a row already saw is applied again: everything that changed after it is in the stream too, so the result is the same. What must not happen twice is guarded: a birth keeps the descriptors that the snapshot found, a close does not take away what was seen later, an open onto its own descriptor owes no close.
//! - A row holds again when the stream comes to its time: an event before it may have been applied to what was only to come.
//! - What an event to come has made ([`Foresight`]), such as the program after an exec, a row does not say of the time before: it is not known then.
//! - A row never overwrites what a younger event said, and never brings back what a younger event ended or closed.
//! - At the start of a later segment, a row adds what is not known and replaces what a loss made doubtful, nothing else: events are more exact than /proc.
//! - At the end of a snapshot, what a loss made doubtful and the snapshot did not find is dropped.
//!
//! # Falco's dialect
//!
//! Captures of Falco's have transitions of their own (`falco`) beside those of recordings (`kernel`), over the same tables (`tables`); which of them is asked stands in `seam` alone: their threads are known by tid alone, their events carry other facts, and what Falco makes of them is the measure, mistakes included.
//! There an entry is made for whoever is not known, so that every event of a thread has one.
//!
//! # Limits
//!
//! [`StateLimits`] bound the memory; what they drop depends on the order of transitions alone, and [`StateCounters`] counts it.

mod falco;
mod kernel;
pub(crate) mod row;
mod seam;
pub(crate) mod tables;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
pub(crate) mod tests;

use falco_format::Dialect;

pub(crate) use row::Row;
pub use seam::{Applied, changes, state_projection};
pub use tables::accounts::User;
pub use tables::address::Endpoint;
pub(crate) use tables::address::{connection_name, endpoint_name, unix_ends, unix_name};
pub use tables::cgroup::{Cgroup, Cgroups, ContainerRef};
pub use tables::container::Container;
pub use tables::facets;
pub use tables::falco::{CpuTimes, FalcoFacts};
pub(crate) use tables::falco::{UNKNOWN_PID, layer4};
pub use tables::fd::Fd;
pub use tables::fd_kind::FdKind;
pub use tables::fds::{FdTable, Slot};
pub use tables::foresight::{Foresight, foreseen, looked_at};
pub use tables::found::Found;
pub use tables::healing::{LaterContainers, container_in};
pub use tables::host::Host;
pub use tables::ip_socket::{Connection, IpSocket, Layer4, Side};
pub use tables::limits::{StateCounters, StateLimits};
pub use tables::loss::Doubt;
pub use tables::mounts::Mount;
pub use tables::numbers::{Ptid, Vpid, Vtid};
pub use tables::state::{Effect, State};
pub(crate) use tables::text::strings;
pub use tables::text::{Strings, Text};
pub(crate) use tables::thread::PROC_TICK_NS;
pub use tables::thread::{Credentials, Directories, Ids, Program, Thread};
pub(crate) use tables::{address, path};
// By these names the transitions and tests know the tables.
use tables::{cgroup, fd, fd_kind, fds, foresight, ip_socket, pending, shared, thread};

//! Tables of what lives and what is held: processes, files, connections, listeners, containers, users.
//!
//! ```text
//! cells     a row, and the batches that rows become
//! declare   how columns are declared
//! who       facts of a process: the columns that all these tables share
//! lives     processes: one row per program lifetime
//! files     opens, and calls that make, move, change or remove files
//! sockets   connections and listeners
//! descriptors  what is closed, copied, inherited, and how many bytes are moved
//! held      rows from the call that made a descriptor to the last close
//! fields    fields of events, as cells
//! machine   containers and users
//! wanted    which tables and columns are asked for, and so which events and which parts of the state
//! collect   events, snapshots and ends → facts, by as many workers as there are
//! scan      one pass for all of them, and for events
//! fold      facts in the order of the stream → finished rows → a batch sink for each table
//! ```
//!
//! A worker sees the state before an event and after; what it makes of it is a finished row, or a small fact that the fold joins to others.
//! Rows come in the order in which what they tell has ended, and what still lives at the end of a boot comes last; both are the same for any number of threads and however the stream is cut.

mod cells;
mod collect;
mod declare;
mod descriptors;
mod fields;
mod files;
mod fold;
mod held;
mod lives;
mod machine;
mod scan;
mod sockets;
mod wanted;
mod who;

use collect::{Facts, Portion};
use fold::{Fold, Taker};
pub use scan::Asked;
pub(crate) use scan::scan;
use wanted::Wanted;
pub(crate) use wanted::columns_of;

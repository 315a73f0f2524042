//! Files of Falco's own format, `.scap`, read as a stream of a capture's items.
//!
//! ```text
//! source      file or memory, plain or packed → plain bytes
//! window      the part of the stream that stands in memory
//! block       framing, and what kinds of blocks there are
//! machine, interfaces, users, process, fds    lists before the events → rows of STATE items
//! event       one event of a block
//! lift/       events of old captures → what today's captures hold
//! rows        lifted events → rows of EVENTS items
//! altered     what rows cannot hold, counted
//! reading     one event or entry, through all of these
//! section     the boot and the node of a section
//! file        one file that was opened
//! items       all of it in stream order: segments, tables, clocks, snapshots, events, damage
//! beside      the same, read on a thread of its own
//! origin      which recording an export was made from
//! import      the items as a capture of our own
//! ```
//!
//! In: bytes that nobody vouches for. Out: [`Item`](falco_format::Item)s in Falco's dialect, one segment for each section of the file.
//! What the values mean is nobody's concern here; state and fields read them through their typed view.

mod altered;
mod beside;
pub(crate) mod block;
mod cursor;
pub(crate) mod event;
pub(crate) mod fds;
mod file;
mod import;
pub(crate) mod interfaces;
mod item_queue;
mod items;
mod lift;
pub(crate) mod machine;
pub(crate) mod origin;
pub(crate) mod process;
mod reading;
mod rows;
mod section;
mod snapshot;
pub(crate) mod source;
pub(crate) mod users;
mod window;

pub use self::beside::ItemsBeside;
pub use self::file::ScapFile;
pub use self::import::{ImportError, ImportOptions, ImportReport, ImportedCapture, import};
pub use self::items::ScapItems;

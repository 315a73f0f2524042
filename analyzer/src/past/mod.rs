//! The past as if one were there: what lived at a moment of a capture, what it held, and whose child it was.
//!
//! ```text
//! past         a capture and a moment → the state there, from the last whole snapshot in front of it
//! process      a thread of the state → the facts of its process
//! descriptors  a process → what its descriptors stand for
//! kin          a thread → its ancestors, and who descends from it
//! machine      a past → its containers, mounts and users
//! sessions     a past → who was logged in, from where
//! changes      two pasts → which processes began, ended and became others
//! removed      a capture and a moment → the names that were removed before
//! touched      a process number → what it and its descendants did, over the whole of a capture
//! ```
//!
//! In: captures. Out: typed facts, which SQL and plain commands show; nothing is printed here.
//! What is not known is `None`, and each fact says whether it is whole.

mod changes;
mod descriptors;
mod kin;
mod machine;
#[expect(
    clippy::module_inception,
    reason = "what the module is about has its own file, and no better name"
)]
mod past;
mod process;
mod removed;
mod sessions;
mod touched;

pub use changes::{Changed, changes};
pub use descriptors::Descriptor;
pub use kin::Relative;
pub use machine::{ContainerThen, MountsThen, UserThen};
pub use past::{Past, PastError, span};
pub use process::Process;
pub use removed::{Removed, RemovedError};
pub use sessions::Session;
pub(crate) use touched::Objects;
pub use touched::{Act, TOUCHED_MAX, Touched, touched_by};

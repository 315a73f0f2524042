//! The past as if one were there: what lived at a moment of a capture, what it held, and whose child it was.
//!
//! ```text
//! past         a capture and a moment → the state there, from the last whole snapshot in front of it
//! process      a thread of the state → the facts of its process
//! descriptors  a process → what its descriptors stand for
//! kin          a thread → its ancestors, and who descends from it
//! touched      a process number → what it and its descendants did, over the whole of a capture
//! ```
//!
//! In: captures. Out: typed facts, which SQL and plain commands show; nothing is printed here.
//! What is not known is `None`, and each fact says whether it is whole.

mod descriptors;
mod kin;
#[expect(
    clippy::module_inception,
    reason = "what the module is about has its own file, and no better name"
)]
mod past;
mod process;
mod touched;

pub use descriptors::Descriptor;
pub use kin::Relative;
pub use past::{Past, PastError, span};
pub use process::Process;
pub use touched::{Act, TOUCHED_MAX, Touched, touched_by};

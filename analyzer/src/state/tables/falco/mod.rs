//! What Falco keeps of threads and sockets beyond what the kernel's view needs.
//!
//! Falco's captures are judged as Falco judges them, and some of its answers follow from how it keeps things: marks of births, a socket's ends in one area of bytes with several layouts.
//! Transitions are in `apply::falco`; here are the facts alone.

mod facts;
mod schedule;
mod socket;

pub use facts::FalcoFacts;
pub(crate) use facts::UNKNOWN_PID;
pub(in crate::state) use facts::{Entered, clone};
pub use schedule::CpuTimes;
pub(in crate::state) use schedule::Switches;
pub(crate) use socket::layer4;
pub(in crate::state) use socket::{FalcoSocket, Form};

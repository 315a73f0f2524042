//! The agreement between the probe in the kernel and everything that reads what it wrote.
//!
//! Owns the one declaration per fact: the [`mod@events`] table, the [`frame`] a finished event travels in and its bytes' [`view`], the capture [`plan`] that the probe interprets, the [`limits`], the [`syscalls`] numbers of each ABI, which [`container`] a cgroup names, and why a frame can be [`lost`](LossReason).
//! It does not read, write, allocate or know a file format; it compiles without `std` for the kernel and for the host.
#![no_std]

pub mod container;
pub mod counters;
pub mod events;
pub mod frame;
mod ids;
pub mod kernel;
pub mod limits;
mod params;
pub mod plan;
mod source;
pub mod syscalls;
pub mod view;

pub use events::{EventDef, Tracepoint, event, event_by_name, events};
pub use frame::{FrameHeader, ParamDesc};
pub use ids::{Abi, Category, EventId, Lane, LossReason, ParamStatus};
pub use params::{ParamDef, Role, Wire};
pub use source::{FdField, FdSource, Length, MsgPart, Source, TaskField};

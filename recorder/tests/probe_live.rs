//! The probe on the running kernel: what processes do must be in the frames, whole and in order.
//!
//! Needs the permission to load BPF programs; prints why and passes where the kernel cannot.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "probe_live/activities.rs"]
mod activities;
#[path = "probe_live/detached.rs"]
mod detached;
#[path = "probe_live/files.rs"]
mod files;
#[path = "probe_live/frames.rs"]
mod frames;
#[path = "probe_live/losses.rs"]
mod losses;
#[path = "probe_live/messages.rs"]
mod messages;
#[path = "probe_live/processes.rs"]
mod processes;
#[path = "probe_live/sockets.rs"]
mod sockets;
#[path = "probe_live/ways.rs"]
mod ways;

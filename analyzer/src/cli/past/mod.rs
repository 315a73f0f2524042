//! The tools that people know, in the past tense: `ps`, `lsof`, `netstat`, `who`, `containers`, `mounts`, `users`, each at a moment of captures.
//!
//! ```text
//! moment      which captures, which moment → what was there, and how complete that is
//! ps          processes: a list, a tree, what differs between two moments
//! lsof        what processes held
//! netstat     sockets: who listened, who was connected
//! who         sessions
//! machine     containers, mounts, users
//! words       terminals, ends of connections
//! ```
//!
//! In: options as typed, captures. Out: lists. What was there, `falco_analyze::past` knows, from which SQL answers too.

mod lsof;
mod machine;
mod moment;
mod netstat;
mod ps;
mod who;
mod words;

pub(crate) use lsof::{Args as LsofArgs, run as lsof};
pub(crate) use machine::{
    ContainersArgs, MountsArgs, UsersArgs, run_containers as containers, run_mounts as mounts,
    run_users as users,
};
pub(crate) use netstat::{Args as NetstatArgs, run as netstat};
pub(crate) use ps::{Args as PsArgs, run as ps};
pub(crate) use who::{Args as WhoArgs, run as who};

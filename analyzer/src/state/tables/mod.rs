//! What is known of the node: plain tables, the same for both dialects.
//!
//! In: single changes, from the transitions of either dialect. Out: what stands in the tables.
//! Nothing here asks whose words a capture is in; what only Falco's captures tell stands in [`falco`].

pub(in crate::state) mod accounts;
pub(crate) mod address;
pub(in crate::state) mod by_tid;
pub(in crate::state) mod cgroup;
pub(in crate::state) mod container;
pub(in crate::state) mod containers;
pub(in crate::state) mod ends;
pub mod facets;
pub(in crate::state) mod falco;
pub(in crate::state) mod fd;
pub(in crate::state) mod fd_kind;
pub(in crate::state) mod fds;
pub(in crate::state) mod foresight;
pub(in crate::state) mod found;
pub(in crate::state) mod healing;
pub(in crate::state) mod host;
pub(in crate::state) mod ip_socket;
pub(in crate::state) mod keep;
pub(in crate::state) mod limits;
pub(in crate::state) mod loss;
pub(in crate::state) mod mounts;
pub(in crate::state) mod numbers;
pub(crate) mod path;
pub(in crate::state) mod pending;
pub(in crate::state) mod shared;
pub(in crate::state) mod slots;
pub(in crate::state) mod state;
pub(in crate::state) mod text;
pub(in crate::state) mod thread;
pub(in crate::state) mod threads;
pub(in crate::state) mod told;

//! The recorder: keeps what happens on a node in segment files, and says what it lost.
//!
//! Owns the way from the probe's rings to the disk: [`selection`] of events, the probe ([`probe`]), what was there before ([`snapshot`]), what runtimes say of containers ([`containers`]) and who their users are (`accounts`), draining in batches ([`batch`]), making blocks ([`compress`]), writing and rotating segments ([`mod@write`]), signing them and letting their digests leave the node ([`vouch`]), keeping within a budget ([`retain`]) below one root for all boots ([`root`]).
//! It moves values by their wire types and interprets none but the path of a cgroup, in order to know whom to ask about a container, and of an exec in one its user and mount namespace; the file format is `falco-format`'s, the event table `falco-abi`'s.

mod accounts;
pub mod batch;
pub mod budget;
mod causes;
pub mod cli;
pub mod clock;
pub mod command;
pub mod compress;
pub mod containers;
pub mod doctor;
pub mod dropped;
pub mod exit;
pub mod gaps;
mod groups;
pub mod inventory;
pub mod kept;
pub mod live;
pub mod loss;
pub mod metrics;
mod near;
pub mod notify;
pub mod pidfile;
pub mod pipeline;
pub mod priority;
pub mod privilege;
pub mod probe;
pub mod retain;
pub mod room;
pub mod root;
pub mod row;
pub mod selection;
pub mod session;
pub mod shed;
pub mod signal;
pub mod snapshot;
pub mod source;
pub mod state_blocks;
pub mod stats;
pub mod status;
pub mod summary;
pub mod trim;
pub mod units;
pub mod vouch;
pub mod write;

//! Options of a session that queries are planned by, and that `SET falco.…` changes.
//!
//! It owns their names and what they are where nobody says.

use datafusion::common::config::ConfigExtension;
use datafusion::common::extensions_options;

extensions_options! {
    /// How captures are read.
    pub struct ScanOptions {
        /// Whether captures are asked only for what a query needs; the answers are the same.
        pub pushdown: bool, default = true
        /// Whether the state at a time rests on everything before it; else, where a query asks for a time, on the last snapshot before that and what follows.
        pub exact_state: bool, default = false
    }
}

impl ConfigExtension for ScanOptions {
    const PREFIX: &'static str = "falco";
}

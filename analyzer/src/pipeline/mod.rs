//! Captures in, judged events out: the one way in which events meet rules, filters and columns.
//!
//! ```text
//! input     a capture, whichever form it has → items in stream order
//! demand    what rules, filters or columns ask for → which shreds and columns are decoded
//! pass      items in stream order → state before the event → observer → state after it
//! judge     event → matching rules → alerts, in stream position and then rule order
//! tally     what was read, lost and damaged on the way
//! ```
//!
//! With one thread the state pass and the rule pass are this one fused pass.
//! What keeps them apart for later: state is changed by the pass alone, [`Judge`] has only shared access to it and is one per thread,
//! and an alert's place in the output is its stream position and its rule, both known before the rule runs.

mod ahead;
mod demand;
mod heal;
mod input;
mod judge;
mod pass;
mod tally;

pub use crate::inputs::open_inputs;
pub use demand::{Demand, Shown};
pub use input::{Input, InputItems, Opened};
pub use judge::{Judge, JudgeTally};
pub use pass::{Flow, Interest, Observer, PassOptions, Seen, run_pass};
pub use tally::{LossTally, Tally, TimeRange};

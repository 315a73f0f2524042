//! Captures in, judged events out: the one way in which events meet rules, filters and columns.
//!
//! ```text
//! input     a capture, whichever form it has → items in stream order
//! ahead     items → the same, with a look ahead at snapshots
//! demand    what rules, filters or columns ask for → which shreds and columns are decoded
//! decoded   a block → its rows as they are demanded, whatever came before it
//! world     the border behind which nothing of what came before holds
//! cursor    items → the state and the place, and events with the state around them
//! observer  who is shown every event, in order, on one thread
//! standing  the state and the clock between two events, for who tells what lives
//! part      which part of a capture is read, and of which time events are shown
//! outline   the times of a capture, before it is read
//! narrow    which blocks may have events of that time
//! options   how a pass is made: limits, zone, healing, threads
//! collector who can be spread over threads: collectors, their children, and the sink of their harvests
//! both      two collectors over one pass
//! collect   how collectors are fed, by one thread or several
//! pass      the driver with one thread: the state pass and the rule pass fused
//! parallel  the driver with several: blocks decoded ahead, one thread applies, and all walk: others with clones of its cursor
//! judge     event → matching rules → alerts; alerts is the same as a collector
//! stats     what a pass spends, by stage, for those who ask
//! heal      the first of two readings of the healing mode
//! tally     what was read, lost and damaged on the way
//! ```
//!
//! State is changed by cursors alone, and a [`Judge`] has only shared access to it;
//! an alert's place in the output is its stream position and its rule, both known before the rule runs.

mod ahead;
mod alerts;
mod both;
mod collect;
mod collector;
mod cursor;
mod decoded;
mod demand;
mod heal;
mod input;
mod judge;
mod narrow;
mod observer;
mod options;
mod outline;
mod parallel;
mod part;
mod pass;
mod standing;
mod stats;
mod tally;
#[cfg(test)]
mod tests;
mod world;

pub use crate::inputs::open_inputs;
pub use crate::time::TimeRange;
pub use ahead::LookAhead;
pub use alerts::{Alerts, Judged, Judging};
pub use both::{Both, Until};
pub use collect::{collect, collect_items};
pub use collector::{Child, Collector, Sink};
pub use cursor::Cursor;
pub use decoded::Decoded;
pub use demand::{Demand, Shown};
pub use heal::LaterByWorld;
pub use input::{Input, InputItems, Opened, Stream};
pub use judge::{Judge, JudgeTally};
pub use observer::{Flow, Interest, Observer, Seen};
pub use options::PassOptions;
pub use outline::InputOutline;
pub use parallel::Spread;
pub use part::Part;
pub use pass::{cursor_of, run, run_pass};
pub use standing::Standing;
pub use stats::{Stage, Stats};
pub use tally::{LossTally, Tally};
pub use world::Border;

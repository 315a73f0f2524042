//! Why a condition holds for an event, or does not.
//!
//! In: checked conditions and events. Out: whether they hold, by the plain evaluator that the program of
//! [`crate::optimize`] must agree with; on request the tree of parts with what decided; and how far an event is from a rule.

mod decide;
mod gauge;
mod items;
mod parts;
mod plain;
mod print;
mod record;
mod values;

pub use gauge::{Gauge, Lack};
pub(crate) use items::Items;
pub use parts::{Explanation, FoundValue, Item, Part, PartKind, PartOrigin};
pub(crate) use plain::holds;
pub(crate) use record::explain;

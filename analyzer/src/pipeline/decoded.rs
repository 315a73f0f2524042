//! A block's rows, as they are wanted.
//!
//! In: a block, what is demanded of it, the dialect it is in. Out: its rows, or why there are none.
//! It takes nothing from what came before the block, so that blocks can be decoded ahead and beside each other.

use std::borrow::Cow;
use std::sync::Arc;

use falco_abi::EventId;
use falco_format::{Block, BlockError, Dialect, Projection, Rows};

use super::{Demand, Interest};
use crate::dialect::UNKNOWN_TYPE;
use crate::state::Applied;

/// No parameter of a row, only that it is there.
const NO_COLUMNS: u64 = 0;

/// The rows of a block.
#[derive(Debug)]
pub struct Decoded {
    rows: Option<Rows>,
    is_shown: bool,
    error: Option<BlockError>,
    applied: Arc<Applied>,
}

impl Decoded {
    /// Decodes a block for a cursor in this dialect.
    ///
    /// Whether a block changes the state is decided by what the state needs of it alone, as far as anybody asks for state: what is shown of it does not matter.
    /// Where a column does not decode that is only asked for, the state has its rows, and nobody is shown them.
    #[must_use]
    pub fn new(block: &Block, demand: &Demand, dialect: Dialect, interest: Interest) -> Decoded {
        let is_shown = interest == Interest::Rows;
        let beneath = demand.beneath(dialect);
        let applied = demand.applied(dialect);
        let wanted = if is_shown {
            demand.projection(dialect)
        } else {
            beneath
        };
        let error = match decode(block, wanted) {
            Ok(rows) => {
                return Decoded {
                    rows: Some(rows),
                    is_shown,
                    error: None,
                    applied,
                };
            }
            Err(error) => error,
        };
        let without = if is_shown {
            decode(block, beneath).ok()
        } else {
            None
        };
        let rows = without.or_else(|| decode(block, demand.of_state(dialect)).ok());
        Decoded {
            rows,
            is_shown: false,
            error: Some(error),
            applied,
        }
    }

    /// Whether an event changes what anybody asks for.
    pub(super) fn applies(&self, event: EventId) -> bool {
        self.applied.holds(event)
    }

    /// The rows. None where the state cannot have them.
    pub(super) fn rows(&self) -> Option<&Rows> {
        self.rows.as_ref()
    }

    /// Bytes of the rows and columns as they were decompressed.
    #[must_use]
    pub fn decompressed_bytes(&self) -> u64 {
        self.rows.as_ref().map_or(0, Rows::decompressed_bytes)
    }

    /// Whether those that are demanded may be shown.
    pub(super) fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// Why rows are missing that were wanted.
    #[must_use]
    pub fn error(&self) -> Option<BlockError> {
        self.error
    }
}

/// The rows of a block that a projection wants, and those whose type nobody knows, which count.
fn decode(block: &Block, projection: &Projection) -> Result<Rows, BlockError> {
    let mut projection = Cow::Borrowed(projection);
    if block.event_counts().any(|(event, _)| event == UNKNOWN_TYPE) {
        projection.to_mut().add(UNKNOWN_TYPE, NO_COLUMNS);
    }
    block.decode(&projection)
}

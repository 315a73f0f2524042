//! Which blocks of the stream may have events of a span of time, told before they are decoded.
//!
//! In: the items in their order, as they are handed out. Out: what is wanted of a block, where somebody wants its events.
//! Of a block at the span's border only some rows lie within; which they are, the cursor says.

use falco_format::{Block, ClockMap, ClockPair, Item, Span};

use super::Interest;

/// The span, and the clock at the place where reading is, which may be ahead of a cursor.
#[derive(Clone, Debug, Default)]
pub(super) struct Narrow {
    span: Span,
    clock: ClockMap,
    /// The clock of a boot whose beginning was passed over.
    carried: Vec<ClockPair>,
}

impl Narrow {
    pub(super) fn new(span: Span, carried: &[ClockPair]) -> Self {
        Narrow {
            span,
            clock: ClockMap::new(),
            carried: carried.to_vec(),
        }
    }

    /// Takes an item; where a world begins with it, nothing of the clock before holds.
    pub(super) fn item(&mut self, item: &Item, is_border: bool) {
        if is_border {
            self.clock = ClockMap::from_pairs(&std::mem::take(&mut self.carried));
        }
        match item {
            Item::Clock(pairs) if !self.span.is_open() => self.clock.add(pairs),
            _ => {}
        }
    }

    /// What is wanted of a block whose events somebody asks for.
    pub(super) fn interest(&self, block: &Block, asked: Interest) -> Interest {
        let is_outside = || {
            let times = self
                .clock
                .realtime_range(block.first_time(), block.last_time());
            !self.span.touches(times.0, times.1)
        };
        if asked == Interest::Rows && !self.span.is_open() && is_outside() {
            Interest::State
        } else {
            asked
        }
    }
}

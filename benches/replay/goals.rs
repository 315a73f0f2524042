//! What replay must reach, beside what it reached.
//!
//! In: figures, each with its bound. Out: lines. A goal that is missed is said and fails nothing: figures depend on the machine, and whoever reads them judges.

use std::fmt;

/// On which side of the bound a figure has to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

/// A figure that must reach something.
#[derive(Clone, Debug)]
pub(crate) struct Goal {
    pub(crate) what: String,
    pub(crate) bound: Bound,
    pub(crate) figure: f64,
}

impl Goal {
    pub(crate) fn new(what: impl Into<String>, bound: Bound, figure: f64) -> Self {
        Goal {
            what: what.into(),
            bound,
            figure,
        }
    }

    fn is_reached(&self) -> bool {
        match self.bound {
            Bound::AtMost(bound) => self.figure <= bound,
            Bound::AtLeast(bound) => self.figure >= bound,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, bound) = match self.bound {
            Bound::AtMost(bound) => ("at most", bound),
            Bound::AtLeast(bound) => ("at least", bound),
        };
        let reached = if self.is_reached() {
            "reached"
        } else {
            "MISSED"
        };
        write!(
            f,
            "{:<62} {word:>8} {bound:>7.2} {:>9.2} {reached}",
            self.what, self.figure
        )
    }
}

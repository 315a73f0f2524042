//! What must be reached, beside what was.
//!
//! In: figures, each with its bound. Out: lines. A goal that is missed is said and fails nothing: figures depend on the machine, and whoever reads them judges.

use std::fmt;

/// On which side of the bound a figure has to be.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    /// The figure is this or less.
    AtMost(f64),
    /// The figure is this or more.
    AtLeast(f64),
}

/// A figure that must reach something.
#[derive(Clone, Debug)]
pub struct Goal {
    what: String,
    bound: Bound,
    figure: f64,
}

impl Goal {
    /// A figure, and its bound.
    #[must_use]
    pub fn new(what: impl Into<String>, bound: Bound, figure: f64) -> Self {
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
            "{:<62} {word:>8} {bound:>10.2} {:>10.2} {reached}",
            self.what, self.figure
        )
    }
}

//! A stretch of wall-clock time that somebody asks for.
//!
//! It knows no capture: what of one lies within it, [`Outline`](crate::Outline) says.

use crate::clock::UnixNanos;

/// A stretch of time. Both of its ends lie within it, and either may be open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Nothing before it.
    pub since: Option<UnixNanos>,
    /// Nothing after it.
    pub until: Option<UnixNanos>,
}

impl Span {
    /// Whether it leaves out nothing.
    pub fn is_open(&self) -> bool {
        self.since.is_none() && self.until.is_none()
    }

    /// Whether a moment lies within. What has no time lies in no stretch of it.
    pub fn contains(&self, time: UnixNanos) -> bool {
        self.is_open() || (time.is_known() && self.touches(time, time))
    }

    /// Whether some moment from `first` to `last` lies within.
    pub fn touches(&self, first: UnixNanos, last: UnixNanos) -> bool {
        self.since.is_none_or(|since| last >= since) && self.is_begun(first)
    }

    /// Whether it does not end before a moment.
    pub fn is_begun(&self, first: UnixNanos) -> bool {
        self.until.is_none_or(|until| first <= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_lie_within() {
        let check = |since, until, time, expected| {
            let (since, until) = (Option::map(since, UnixNanos), Option::map(until, UnixNanos));
            let span = Span { since, until };
            assert_eq!(span.contains(UnixNanos(time)), expected, "{span:?} {time}");
        };
        check(Some(5), Some(9), 4, false);
        check(Some(5), Some(9), 5, true);
        check(Some(5), Some(9), 9, true);
        check(Some(5), Some(9), 10, false);
        check(None, Some(9), 1, true);
        check(Some(5), None, u64::MAX, true);
        // No time is in no stretch of time.
        check(None, Some(9), 0, false);
        check(None, None, 0, true);
        let span = Span {
            since: Some(UnixNanos(5)),
            until: Some(UnixNanos(9)),
        };
        assert!(
            span.touches(UnixNanos(1), UnixNanos(5)) && span.touches(UnixNanos(9), UnixNanos(20))
        );
        assert!(
            !span.touches(UnixNanos(1), UnixNanos(4))
                && !span.touches(UnixNanos(10), UnixNanos(20))
        );
    }
}

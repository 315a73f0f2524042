//! How much is kept: what the user asked for, and what is kept where nobody asked.
//!
//! In: `--budget`, `--segment-size`, and how large the file system is. Out: the budget, the size of segments, and what is said of them at the start.
//! What is dropped when, `retain` decides.

use std::io;
use std::path::Path;

use thiserror::Error;

use crate::units::{UnitError, parse_size, show_bytes};

/// The most that is kept where nobody said how much, in bytes: days of a busy node, and on a large disk nothing that anybody misses.
const DEFAULT_BYTES: u64 = 10 << 30;
/// The share of the file system that is kept where nobody said how much, so that a recorder that was left on never fills it.
const FILE_SYSTEM_SHARE: u64 = 10;
/// The share of the budget that one segment takes where nobody said how much: dropping the oldest must not drop most of what there is.
const SEGMENTS_PER_BUDGET: u64 = 8;
/// How many segments a budget must have room for: the one that is written, and one that is kept.
const SEGMENTS_AT_LEAST: u64 = 2;
/// The smallest segment, in bytes: a snapshot takes tens of kilobytes, and each segment begins with one.
const SEGMENT_BYTES_MIN: u64 = 256 << 10;
/// The size of segments where nothing else is said, in bytes.
const SEGMENT_BYTES: u64 = 64 << 20;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Everything is kept.
    None,
    /// So many bytes.
    Bytes(u64),
}

/// Reads a size, or `none`.
pub fn parse_limit(text: &str) -> Result<Limit, UnitError> {
    if text.trim().eq_ignore_ascii_case("none") {
        return Ok(Limit::None);
    }
    parse_size(text).map(Limit::Bytes)
}

/// A budget that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "a budget of {} has no room for two segments of {}: one is written, and one is kept",
    show_bytes(*.budget),
    show_bytes(*.segment)
)]
pub struct TooSmall {
    /// The budget.
    pub budget: u64,
    /// The size of a segment.
    pub segment: u64,
}

/// What holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The most bytes that are kept; everything where it is `None`.
    pub bytes: Option<u64>,
    /// The size at which a segment is full.
    pub segment_bytes: u64,
    /// What the user should know, where nobody said how much.
    pub said: Option<String>,
}

/// Settles what holds on a file system of this size.
pub fn settle(
    limit: Option<Limit>,
    segment: Option<u64>,
    file_system: u64,
) -> Result<Settled, TooSmall> {
    let bytes = match limit {
        Some(Limit::None) => None,
        Some(Limit::Bytes(bytes)) => Some(bytes),
        None => Some(
            (file_system / FILE_SYSTEM_SHARE)
                .clamp(SEGMENTS_AT_LEAST * SEGMENT_BYTES_MIN, DEFAULT_BYTES),
        ),
    };
    let share = bytes.map_or(u64::MAX, |bytes| bytes / SEGMENTS_PER_BUDGET);
    let segment_bytes = segment.unwrap_or(share.clamp(SEGMENT_BYTES_MIN, SEGMENT_BYTES));
    if let Some(budget) = bytes
        && budget < segment_bytes.saturating_mul(SEGMENTS_AT_LEAST)
    {
        let segment = segment_bytes;
        return Err(TooSmall { budget, segment });
    }
    let said = bytes.filter(|_| limit.is_none()).map(|bytes| {
        format!(
            "at most {} are kept, the oldest goes first: a tenth of the file system, and no more than {}; `--budget` says otherwise",
            show_bytes(bytes),
            show_bytes(DEFAULT_BYTES)
        )
    });
    Ok(Settled {
        bytes,
        segment_bytes,
        said,
    })
}

/// How large the file system is on which a path lies, or will lie.
pub fn file_system_of(path: &Path) -> io::Result<u64> {
    let absolute = std::path::absolute(path)?;
    let there = absolute.ancestors().find(|above| above.exists());
    let found = rustix::fs::statvfs(there.unwrap_or(Path::new("/")))?;
    Ok(found.f_blocks.saturating_mul(found.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;
    const GIB: u64 = 1 << 30;

    #[test]
    fn what_is_kept_where_nobody_said_how_much() {
        let check = |file_system, bytes, segment_bytes| {
            let settled = settle(None, None, file_system).expect("a budget");
            assert_eq!(
                (settled.bytes, settled.segment_bytes),
                (Some(bytes), segment_bytes)
            );
            let said = settled.said.expect("it is said");
            assert!(said.contains(&show_bytes(bytes)), "{said}");
        };
        check(1000 * GIB, 10 * GIB, 64 * MIB);
        check(100 * GIB, 10 * GIB, 64 * MIB);
        check(20 * GIB, 2 * GIB, 64 * MIB);
        check(1000 * MIB, 100 * MIB, 100 * MIB / 8);
        check(0, MIB / 2, MIB / 4);
    }

    #[test]
    fn what_was_asked_for_holds_and_nothing_is_said() {
        let check = |limit, segment, bytes, segment_bytes| {
            let settled = settle(Some(limit), segment, GIB);
            let expected = Settled {
                bytes,
                segment_bytes,
                said: None,
            };
            assert_eq!(settled, Ok(expected));
        };
        check(Limit::None, None, None, 64 * MIB);
        check(Limit::None, Some(GIB), None, GIB);
        check(Limit::Bytes(5000 * GIB), None, Some(5000 * GIB), 64 * MIB);
        check(Limit::Bytes(MIB), None, Some(MIB), MIB / 4);
        check(Limit::Bytes(MIB), Some(MIB / 2), Some(MIB), MIB / 2);
    }

    #[test]
    fn a_budget_below_two_segments_is_refused() {
        let check = |limit, segment| {
            let error = settle(limit, segment, GIB).expect_err("it is too small");
            assert!(error.to_string().contains("two segments"), "{error}");
        };
        check(Some(Limit::Bytes(MIB)), Some(MIB / 2 + 1));
        check(Some(Limit::Bytes(MIB / 4)), None);
        check(None, Some(GIB));
        check(None, Some(u64::MAX));
    }

    #[test]
    fn sizes_and_none_are_read() {
        assert_eq!(parse_limit("none"), Ok(Limit::None));
        assert_eq!(parse_limit("2M"), Ok(Limit::Bytes(2 * MIB)));
        assert!(parse_limit("nothing").is_err() && parse_limit("0").is_err());
    }

    #[test]
    fn a_place_that_is_not_there_yet_has_a_file_system() {
        let folder = tempfile::tempdir().expect("a scratch directory");
        let there = file_system_of(folder.path()).expect("a size");
        let below = file_system_of(&folder.path().join("a/b")).expect("a size");
        assert!(there > 0 && there == below);
    }
}

//! Which file a row goes to: partitions as Hive names them, by date, hour and node.
//!
//! In: times, a node's name. Out: names of directories, such as `date=2026-11-26/hour=09/node=web-1`; dates and hours are those of UTC.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;

const HOUR_NS: i64 = 3_600_000_000_000;
const DAY_NS: i64 = 24 * HOUR_NS;
/// What Hive calls a partition whose rows have no value for it.
const NO_VALUE: &str = "__HIVE_DEFAULT_PARTITION__";
/// Bytes of a node's name in a directory's name. File systems allow 255; the whole name stands in the column `node`.
const NAME_BYTES_MAX: usize = 200;

/// How rows are put in files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Partition {
    /// All in one.
    #[default]
    None,
    /// By date and node.
    Day,
    /// By date, hour and node.
    Hour,
}

impl Partition {
    /// The number of the day or the hour that a time falls into; all are the same where there are no partitions.
    pub(super) fn place(self, time: Option<i64>) -> Option<i64> {
        match self {
            Partition::None => None,
            Partition::Day => time.map(|time| time.div_euclid(DAY_NS)),
            Partition::Hour => time.map(|time| time.div_euclid(HOUR_NS)),
        }
    }

    /// The directory of the rows of such a place; none where there are no partitions.
    pub(super) fn directory(self, place: Option<i64>, node: &str) -> PathBuf {
        let step = match self {
            Partition::None => return PathBuf::new(),
            Partition::Day => DAY_NS,
            Partition::Hour => HOUR_NS,
        };
        let begins = place.and_then(|place| place.checked_mul(step));
        let begins = begins.and_then(|begins| Timestamp::from_nanosecond(i128::from(begins)).ok());
        let begins = begins.map(|begins| begins.to_zoned(TimeZone::UTC));
        let text = |format: &str| {
            let known = begins.as_ref();
            known.map_or_else(
                || NO_VALUE.to_owned(),
                |time| time.strftime(format).to_string(),
            )
        };
        let mut path = PathBuf::from(format!("date={}", text("%Y-%m-%d")));
        if self == Partition::Hour {
            path.push(format!("hour={}", text("%H")));
        }
        path.push(format!("node={}", encoded(node)));
        path
    }
}

/// A name that is a part of a path and nothing else: whatever is not plain is written as `%` and its byte, as Hive does.
fn encoded(name: &str) -> String {
    use std::fmt::Write as _;

    if name.is_empty() {
        return NO_VALUE.to_owned();
    }
    let mut text = String::new();
    for byte in name.bytes() {
        let mut piece = String::new();
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            piece.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(piece, "%{byte:02X}");
        }
        if text.len() + piece.len() > NAME_BYTES_MAX {
            break;
        }
        text.push_str(&piece);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_named_by_time_and_node() {
        let check = |partition: Partition, time: Option<i64>, node: &str, expected: &str| {
            let place = partition.place(time);
            assert_eq!(partition.directory(place, node).to_string_lossy(), expected);
        };
        // The last nanosecond of an hour.
        let time = Some(1_795_683_599_999_999_999);
        check(Partition::None, time, "a", "");
        check(Partition::Day, time, "web-1", "date=2026-11-26/node=web-1");
        check(
            Partition::Hour,
            time,
            "web-1",
            "date=2026-11-26/hour=08/node=web-1",
        );
        check(
            Partition::Hour,
            time.map(|time| time + 1),
            "x",
            "date=2026-11-26/hour=09/node=x",
        );
        check(
            Partition::Hour,
            Some(-1),
            "x",
            "date=1969-12-31/hour=23/node=x",
        );
        check(
            Partition::Day,
            Some(0),
            "../a b=ü",
            "date=1970-01-01/node=..%2Fa%20b%3D%C3%BC",
        );
        let none = NO_VALUE;
        check(
            Partition::Hour,
            None,
            "",
            &format!("date={none}/hour={none}/node={none}"),
        );
    }

    #[test]
    fn a_long_name_is_cut_at_a_whole_byte() {
        let check = |name: String, expected: String| assert_eq!(encoded(&name), expected);
        check("ü".repeat(255), "%C3%BC".repeat(33));
        check(
            format!("aa{}", "ü".repeat(255)),
            format!("aa{}", "%C3%BC".repeat(33)),
        );
        check("a".repeat(255), "a".repeat(NAME_BYTES_MAX));
    }
}

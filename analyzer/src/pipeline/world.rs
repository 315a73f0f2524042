//! The border between worlds: another boot, or another dialect, is another world, and nothing of the one before holds.
//!
//! In: the header of each segment. Out: whether a world begins with it.
//! Whoever keeps something between segments asks here, so that all draw the same border.

use falco_format::{BootId, Dialect, SegmentHeader};

/// Where the stream is, between its worlds.
#[derive(Clone, Debug, Default)]
pub struct Border {
    current: Option<(BootId, Dialect)>,
    crossed: usize,
}

impl Border {
    /// Takes the header of the segment that begins, and says whether a world begins with it. One does with the first.
    pub fn is_crossed(&mut self, header: &SegmentHeader) -> bool {
        let world = Some((header.boot_id, header.dialect));
        let is_crossed = self.current != world;
        self.current = world;
        self.crossed += usize::from(is_crossed);
        is_crossed
    }

    /// Whose words the values of the rows are that follow; our own before the first segment.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.current.map_or(Dialect::Native, |(_, dialect)| dialect)
    }

    /// Whether a segment told where the stream is.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.current.is_some()
    }

    /// The place of this world in the stream, from 0. What stands before the first segment belongs to the first.
    #[must_use]
    pub fn place(&self) -> usize {
        self.crossed.saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use falco_format::{FormatVersion, UnixNanos};

    use super::*;

    #[test]
    fn a_world_is_a_boot_in_a_dialect() {
        let mut border = Border::default();
        let mut check = |boot: u8, dialect, number, expected| {
            let header = SegmentHeader {
                version: FormatVersion::CURRENT,
                boot_id: BootId([boot; 16]),
                node: format!("node {number}"),
                dialect,
                segment_number: number,
                previous: None,
                created_realtime: UnixNanos(number),
                recording: None,
                capture: None,
            };
            let is_crossed = border.is_crossed(&header);
            assert_eq!((is_crossed, border.place()), expected, "segment {number}");
            assert_eq!(border.dialect(), dialect);
        };
        check(1, Dialect::Native, 1, (true, 0));
        check(1, Dialect::Native, 2, (false, 0));
        check(1, Dialect::Falco, 3, (true, 1));
        check(2, Dialect::Falco, 1, (true, 2));
        check(1, Dialect::Native, 4, (true, 3));
    }
}

//! When the recorder cannot keep up: which lanes it gives up, and when it takes them back.
//!
//! In: how many bytes of frames wait to become rows. Out: lanes; BULK goes first, then FILE, PROCESS never.
//! A lane goes as soon as its mark is reached, and comes back as soon as what waits has sunk by a quarter of the bound, which takes tens of milliseconds.
//! So of a lane that is too much for the machine stretches are recorded and stretches are counted as shed, by turns: a sample, and nothing is gone for long.

use falco_abi::Lane;

use crate::source::Lanes;

/// What is given up at a level, and between which parts of the bound, in sixteenths: reached, it begins; below the other, it ends.
struct Level {
    lanes: Lanes,
    begins: usize,
    ends: usize,
}

/// A batch that is collected and one that becomes blocks take half of the bound where all is well: below that, nothing is wrong.
const LEVELS: [Level; 3] = [
    Level {
        lanes: Lanes::NONE,
        begins: 0,
        ends: 0,
    },
    Level {
        lanes: Lanes::NONE.with(Lane::Bulk),
        begins: 10,
        ends: 6,
    },
    Level {
        lanes: Lanes::NONE.with(Lane::Bulk).with(Lane::File),
        begins: 14,
        ends: 10,
    },
];
/// The parts that the marks are counted in.
const PARTS: usize = 16;
/// What waits when blocks are made in the cheapest way, in sixteenths of the bound: before anything is given up.
const HASTE: usize = 6;

/// Decides what is shed.
#[derive(Debug)]
pub struct Shedder {
    /// The bytes that wait at most.
    bound: usize,
    level: usize,
}

impl Shedder {
    /// Begins with everything recorded, where so many bytes may wait.
    pub fn new(bound: usize) -> Shedder {
        Shedder { bound, level: 0 }
    }

    /// Takes note of how many bytes wait; returns the lanes to be shed when that changes.
    pub fn update(&mut self, waiting: usize) -> Option<Lanes> {
        let before = self.level;
        let reaches = |part: usize| waiting >= self.bound / PARTS * part;
        while LEVELS
            .get(self.level.saturating_add(1))
            .is_some_and(|next| reaches(next.begins))
        {
            self.level = self.level.saturating_add(1);
        }
        while self.level > 0
            && LEVELS
                .get(self.level)
                .is_some_and(|level| !reaches(level.ends))
        {
            self.level = self.level.saturating_sub(1);
        }
        (self.level != before).then(|| self.lanes())
    }

    /// Whether so much waits that blocks are to be made in the cheapest way.
    pub fn is_in_haste(&self, waiting: usize) -> bool {
        waiting >= self.bound / PARTS * HASTE
    }

    /// What is shed now.
    pub fn lanes(&self) -> Lanes {
        LEVELS
            .get(self.level)
            .map_or(Lanes::NONE, |level| level.lanes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_go_at_their_marks_and_come_back_as_soon_as_it_sinks() {
        let mut shedder = Shedder::new(1600);
        let mut check = |waiting, expected: Option<usize>| {
            let expected = expected.map(|level| LEVELS[level].lanes);
            assert_eq!(shedder.update(waiting), expected, "at {waiting}");
        };
        check(0, None);
        check(999, None);
        check(1000, Some(1));
        check(1399, None);
        check(600, None);
        check(599, Some(0));
        check(1600, Some(2));
        check(5000, None);
        check(1000, None);
        check(999, Some(1));
        check(1400, Some(2));
        check(10, Some(0));
    }

    #[test]
    fn blocks_are_cheaper_before_anything_is_given_up() {
        let mut shedder = Shedder::new(1600);
        assert!(!shedder.is_in_haste(599) && shedder.is_in_haste(600));
        assert_eq!(shedder.update(600), None);
        assert_eq!(shedder.lanes(), Lanes::NONE);
    }

    #[test]
    fn processes_are_never_shed() {
        assert!(LEVELS.iter().all(|level| !level.lanes.has(Lane::Process)));
    }
}

//! When the recorder cannot keep up: which lanes it gives up, and when it takes them back.
//!
//! Pressure in, lanes out; BULK goes first, then FILE, PROCESS never.

use std::time::{Duration, Instant};

use falco_abi::Lane;

use crate::source::Lanes;

/// How long pressure must last before BULK is shed: longer than a slow write, shorter than a ring lasts.
const PATIENCE_BULK: Duration = Duration::from_millis(300);
/// How long it must go on before FILE is shed too: what had piled up before BULK went must have had time to clear.
const PATIENCE_FILE: Duration = Duration::from_secs(3);
/// How long there must be no pressure before a lane is taken back.
const CALM: Duration = Duration::from_secs(5);

/// Decides what is shed.
#[derive(Debug)]
pub struct Shedder {
    level: usize,
    pressed: bool,
    /// Since when it is pressed, or is not; each change of the level begins anew.
    since: Instant,
}

/// What is shed at each level.
const LEVELS: [Lanes; 3] = [
    Lanes::NONE,
    Lanes::NONE.with(Lane::Bulk),
    Lanes::NONE.with(Lane::Bulk).with(Lane::File),
];

impl Shedder {
    /// Begins with everything recorded.
    pub fn new(now: Instant) -> Shedder {
        Shedder {
            level: 0,
            pressed: false,
            since: now,
        }
    }

    /// Takes note of whether there is pressure; returns the lanes to be shed when that changes.
    pub fn update(&mut self, pressed: bool, now: Instant) -> Option<Lanes> {
        if pressed != self.pressed {
            self.pressed = pressed;
            self.since = now;
            return None;
        }
        let lasted = now.saturating_duration_since(self.since);
        let patience = if self.level == 0 {
            PATIENCE_BULK
        } else {
            PATIENCE_FILE
        };
        let level = match pressed {
            true if lasted >= patience => (self.level + 1).min(LEVELS.len() - 1),
            false if lasted >= CALM => self.level.saturating_sub(1),
            _ => return None,
        };
        self.since = now;
        if level == self.level {
            return None;
        }
        self.level = level;
        Some(self.lanes())
    }

    /// What is shed now.
    pub fn lanes(&self) -> Lanes {
        LEVELS.get(self.level).copied().unwrap_or(Lanes::NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_go_one_by_one_and_come_back_one_by_one() {
        let start = Instant::now();
        let mut shedder = Shedder::new(start);
        let mut check = |ms, pressed, expected: Option<Lanes>| {
            let now = start + Duration::from_millis(ms);
            assert_eq!(shedder.update(pressed, now), expected, "at {ms}");
        };
        check(0, false, None);
        check(100, true, None);
        check(200, true, None);
        check(400, true, Some(LEVELS[1]));
        check(500, true, None);
        check(3_300, true, None);
        check(3_400, true, Some(LEVELS[2]));
        check(9_000, true, None);
        check(9_100, false, None);
        check(14_000, false, None);
        check(14_100, false, Some(LEVELS[1]));
        check(14_200, true, None);
        check(14_300, false, None);
        check(19_300, false, Some(LEVELS[0]));
        check(60_000, false, None);
    }

    #[test]
    fn processes_are_never_shed() {
        assert!(LEVELS.iter().all(|lanes| !lanes.has(Lane::Process)));
    }
}

//! What goes out at intervals while a recording goes on: signs of life and the state for the service manager, a line for the journal.
//!
//! In: the shared numbers. Out: messages and notices. Nothing of it touches what is recorded.
//! A sign of life is given only while the rings are looked at: a recorder that hangs is to be started anew.
//! A disk that stands still is not such a reason, since nobody could seal what is there any sooner; what it costs is counted as lost.

use std::time::{Duration, Instant};

use crate::notify::Manager;
use crate::stats::Stats;

/// How often the service manager is told how it goes.
const STATUS_INTERVAL: Duration = Duration::from_secs(10);
/// How many signs of life go into the time that the manager waits for one.
const SIGNS_PER_WATCHDOG: u32 = 3;

/// Something that happens at intervals.
#[derive(Debug)]
struct Timer {
    interval: Duration,
    last: Instant,
}

impl Timer {
    fn new(interval: Duration) -> Timer {
        Timer {
            interval,
            last: Instant::now(),
        }
    }

    fn is_due(&mut self) -> bool {
        let is_due = self.last.elapsed() >= self.interval;
        if is_due {
            self.last = Instant::now();
        }
        is_due
    }
}

/// Who is told how it goes.
pub(super) struct Service<'a> {
    manager: Option<Manager>,
    stats: &'a Stats,
    notice: fn(&str),
    watchdog: Option<Timer>,
    status: Timer,
    report: Option<Timer>,
    /// The looks at the rings when the last sign of life was given.
    turns: u64,
}

impl<'a> Service<'a> {
    pub(super) fn new(
        manager: Option<Manager>,
        stats: &'a Stats,
        notice: fn(&str),
        report_every: Option<Duration>,
    ) -> Service<'a> {
        let watchdog = manager.as_ref().and_then(|manager| manager.watchdog);
        Service {
            manager,
            stats,
            notice,
            watchdog: watchdog.map(|time| Timer::new(time / SIGNS_PER_WATCHDOG)),
            status: Timer::new(STATUS_INTERVAL),
            report: report_every.map(Timer::new),
            turns: 0,
        }
    }

    /// Recording has begun.
    pub(super) fn ready(&self) {
        if let Some(manager) = &self.manager {
            manager.ready();
            manager.status(&self.stats.status().line());
        }
    }

    /// How long to wait at most before the next [`tick`](Self::tick).
    pub(super) fn patience(&self, most: Duration) -> Duration {
        let timers = self.watchdog.iter().chain(&self.report);
        timers.fold(most, |least, timer| least.min(timer.interval))
    }

    /// Tells what is due.
    pub(super) fn tick(&mut self) {
        self.stats.sample();
        if let Some(manager) = &self.manager {
            let turns = self.stats.turns();
            if turns != self.turns && self.watchdog.as_mut().is_some_and(Timer::is_due) {
                self.turns = turns;
                manager.alive();
            }
            if self.status.is_due() {
                manager.status(&self.stats.status().line());
            }
        }
        if self.report.as_mut().is_some_and(Timer::is_due) {
            (self.notice)(&self.stats.status().line());
        }
    }

    /// The recording ends.
    pub(super) fn stopping(&self) {
        if let Some(manager) = &self.manager {
            manager.stopping();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixDatagram;

    #[test]
    fn signs_of_life_stop_when_nobody_looks_at_the_rings() {
        let folder = tempfile::tempdir().expect("a scratch directory");
        let path = folder.path().join("notify");
        let bound = UnixDatagram::bind(&path).expect("bound");
        bound.set_nonblocking(true).expect("set");
        let watchdog = Some(Duration::from_millis(30));
        let manager = Manager::at(path.as_os_str(), watchdog).expect("a manager");
        let stats = Stats::default();
        let mut service = Service::new(Some(manager), &stats, |_| {}, None);
        assert_eq!(
            service.patience(Duration::from_secs(1)),
            Duration::from_millis(10)
        );
        let mut check = |looks: bool, expected: bool| {
            let mut signs = 0;
            for _ in 0..20 {
                if looks {
                    stats.looked(Default::default());
                }
                std::thread::sleep(Duration::from_millis(2));
                service.tick();
            }
            let mut buffer = [0; 64];
            while let Ok(length) = bound.recv(&mut buffer) {
                signs += usize::from(&buffer[..length] == b"WATCHDOG=1");
            }
            // What was looked at since the last sign is worth one more.
            assert_eq!(signs > 1, expected, "{signs} signs");
        };
        check(false, false);
        check(true, true);
        check(false, false);
        check(true, true);
    }
}

//! How a recording goes: the numbers that the status page, the journal, the service manager and metrics tell alike.
//!
//! Owns the numbers and their words. Who counts them, `stats` knows; where they are written for others to read, [`page`].

pub mod page;
pub mod process;

use std::fmt;

use falco_format::UnixNanos;
use falco_format::text::{count, grouped};
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::units::show_bytes;

/// How a recording goes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// The recorder's process id, in its own namespace.
    pub pid: u32,
    /// When that process began, in the kernel's ticks since the boot: another process of the same number began later.
    pub started_ticks: u64,
    /// When the recording began, nanoseconds since the epoch.
    pub since: u64,
    /// How long that was ago when this was told, in seconds.
    pub seconds: f64,
    /// When this was told, nanoseconds since the epoch.
    pub updated: u64,
    /// Whether the recording has ended and was sealed.
    pub ended: bool,
    /// Events that were written.
    pub events: u64,
    /// Events per second, of the last seconds.
    pub events_per_second: f64,
    /// Bytes of events that were written.
    pub bytes: u64,
    /// Events that were lost since the recording began.
    pub lost_total: u64,
    /// How often a lane was shed.
    pub times_shed: u64,
    /// How far what is on the disk is behind now, in seconds.
    pub lag_seconds: f64,
    /// How full the rings were, of the last seconds.
    pub rings: Vec<RingFill>,
    /// What the writer knows.
    pub store: Store,
}

/// How full the fullest ring of a lane was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RingFill {
    /// The lane.
    pub lane: String,
    /// The part that was full, up to 1.
    pub fill: f64,
}

impl RingFill {
    /// So many thousandths of a ring.
    pub fn new(lane: &str, thousandths: u32) -> RingFill {
        RingFill {
            lane: lane.to_owned(),
            fill: f64::from(thousandths) / 1000.0,
        }
    }
}

/// What is kept on the disk, and what became of writing it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Store {
    /// The segment that is being written, below the root; empty where there is none.
    pub segment: String,
    /// Segments of all boots, that one among them.
    pub segments: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many of them are pinned.
    pub pinned: u64,
    /// The most bytes that are kept.
    pub budget_bytes: Option<u64>,
    /// The greatest age that is kept, in seconds.
    pub max_age_seconds: Option<u64>,
    /// When the oldest segment was begun, nanoseconds since the epoch.
    pub since: Option<u64>,
    /// What is dropped next.
    pub next_eviction: Option<Eviction>,
    /// What the file system has left, in bytes.
    pub free_bytes: Option<u64>,
    /// What was lost, by reason and lane.
    pub lost: Vec<Lost>,
    /// Whether the disk was full at some time.
    pub disk_full: bool,
    /// The last error of writing.
    pub error: Option<String>,
}

/// A segment that is to be dropped.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Eviction {
    /// Which, below the root.
    pub segment: String,
    /// Why: `budget` or `age`.
    pub because: String,
    /// In how many seconds, if it goes on like this.
    pub seconds: Option<f64>,
}

/// A sum of losses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// Why.
    pub reason: String,
    /// The lane.
    pub lane: String,
    /// How many events.
    pub count: u64,
}

impl Status {
    /// How full the fullest ring was, up to 1.
    pub fn fullest(&self) -> f64 {
        let fills = self.rings.iter().map(|ring| ring.fill);
        fills.fold(0.0, f64::max)
    }

    /// One line, for the journal and the service manager.
    pub fn line(&self) -> String {
        let mut line = format!(
            "recording since {}: {}, {} lost, {} of events written, {:.0} per second, {:.1} s behind, rings {:.0} % full at most",
            moment(self.since),
            count(self.events, "event"),
            grouped(self.lost_total),
            show_bytes(self.bytes),
            self.events_per_second,
            self.lag_seconds,
            self.fullest() * 100.0,
        );
        if self.store.segment.is_empty() {
            line.push_str(", nothing can be written");
        } else {
            line.push_str(", now to ");
            line.push_str(&self.store.segment);
        }
        line
    }
}

/// A time as it is told: `2026-01-02T03:04:05Z`.
pub fn moment(nanoseconds: u64) -> String {
    clock::utc(UnixNanos(nanoseconds), "%Y-%m-%dT%H:%M:%SZ")
}

/// A length of time for people: `4 s`, `3 min`, `5 h`, `2 d`.
pub fn show_seconds(seconds: f64) -> String {
    const UNITS: [(f64, &str); 3] = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "min")];
    let fitting = UNITS.iter().find(|(unit, _)| seconds >= 2.0 * unit);
    let (unit, name) = fitting.copied().unwrap_or((1.0, "s"));
    format!("{:.0} {name}", (seconds / unit).floor())
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = &self.store;
        writeln!(
            f,
            "  events   {} ({:.0} per second now), {}",
            grouped(self.events),
            self.events_per_second,
            show_bytes(self.bytes)
        )?;
        write!(f, "  lost     ")?;
        match self.lost_total {
            0 => writeln!(f, "nothing")?,
            total => writeln!(f, "{}{}", count(total, "event"), reasons(&store.lost))?,
        }
        if self.times_shed > 0 {
            writeln!(
                f,
                "           lanes were shed {}",
                count(self.times_shed, "time")
            )?;
        }
        writeln!(f, "  behind   {:.1} s", self.lag_seconds)?;
        let rings = self.rings.iter();
        let rings: Vec<String> = rings
            .map(|ring| format!("{} {:.0} %", ring.lane, ring.fill * 100.0))
            .collect();
        writeln!(f, "  rings    {} full at most", rings.join(", "))?;
        writeln!(f, "  kept     {store}")?;
        if let Some(next) = &store.next_eviction {
            writeln!(f, "  next out {next}")?;
        }
        if !store.segment.is_empty() {
            writeln!(f, "  writing  {}", store.segment)?;
        }
        if store.disk_full {
            writeln!(f, "  the disk was full")?;
        }
        if let Some(error) = &store.error {
            writeln!(f, "  writing failed: {error}")?;
        }
        Ok(())
    }
}

fn reasons(lost: &[Lost]) -> String {
    let parts = lost.iter();
    let parts: Vec<String> = parts
        .map(|lost| {
            let (reason, lane) = (&lost.reason, &lost.lane);
            format!("{} {reason} in lane {lane}", grouped(lost.count))
        })
        .collect();
    if parts.is_empty() {
        return String::new();
    }
    format!(": {}", parts.join(", "))
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", show_bytes(self.bytes))?;
        if let Some(budget) = self.budget_bytes {
            write!(f, " of {}", show_bytes(budget))?;
        }
        write!(f, " in {}", count(self.segments, "segment"))?;
        if self.pinned > 0 {
            write!(f, ", {} pinned", grouped(self.pinned))?;
        }
        if let Some(since) = self.since {
            write!(f, ", since {}", moment(since))?;
        }
        if let Some(free) = self.free_bytes {
            write!(f, "; the disk has {} left", show_bytes(free))?;
        }
        Ok(())
    }
}

impl fmt::Display for Eviction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by the {}", self.segment, self.because)?;
        match self.seconds {
            Some(seconds) => write!(f, ", in about {}", show_seconds(seconds)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_for_people() {
        let check = |seconds, text: &str| assert_eq!(show_seconds(seconds), text);
        check(0.4, "0 s");
        check(119.0, "119 s");
        check(150.0, "2 min");
        check(7_300.0, "2 h");
        check(200_000.0, "2 d");
    }

    #[test]
    fn a_line_and_a_page_of_text() {
        let status = Status {
            since: 1_767_323_045_000_000_000,
            events: 1234,
            events_per_second: 99.6,
            bytes: 6500,
            lost_total: 12,
            lag_seconds: 0.52,
            rings: vec![RingFill::new("process", 2), RingFill::new("file", 310)],
            store: Store {
                segment: "boot/00000002.flc".into(),
                segments: 2,
                bytes: 1 << 20,
                pinned: 1,
                budget_bytes: Some(10 << 20),
                lost: vec![Lost {
                    reason: "ring_full".into(),
                    lane: "bulk".into(),
                    count: 12,
                }],
                next_eviction: Some(Eviction {
                    segment: "boot/00000001.flc".into(),
                    because: "budget".into(),
                    seconds: Some(7300.0),
                }),
                ..Store::default()
            },
            ..Status::default()
        };
        assert_eq!(
            status.line(),
            "recording since 2026-01-02T03:04:05Z: 1,234 events, 12 lost, 6.3 KiB of events written, 100 per second, 0.5 s behind, rings 31 % full at most, now to boot/00000002.flc"
        );
        assert_eq!(
            status.to_string(),
            "  events   1,234 (100 per second now), 6.3 KiB
  lost     12 events: 12 ring_full in lane bulk
  behind   0.5 s
  rings    process 0 %, file 31 % full at most
  kept     1.0 MiB of 10.0 MiB in 2 segments, 1 pinned
  next out boot/00000001.flc by the budget, in about 2 h
  writing  boot/00000002.flc
"
        );
    }
}

//! What is said at the end of a recording: for people, or as one line of JSON.

use std::fmt;
use std::time::Duration;

use falco_format::Anchor;
use falco_format::text::count;
use serde::Serialize;

use crate::containers;
use crate::snapshot::Counts;
use crate::status::Lost;
use crate::units::show_bytes;
use crate::write::WriteReport;

/// What was seen when the recording began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AtStart {
    /// Threads.
    pub threads: u32,
    /// Descriptors.
    pub fds: u32,
    /// What could not be read.
    pub unreadable: u32,
}

/// The digest of a sealed segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastDigest {
    /// The number of the segment.
    pub segment: u64,
    /// Its digest.
    pub digest: String,
    /// The epoch of the key that signed it, if one did.
    pub epoch: Option<u64>,
}

impl LastDigest {
    fn of(anchor: &Anchor) -> LastDigest {
        LastDigest {
            segment: anchor.segment,
            digest: anchor.digest.to_string(),
            epoch: anchor.key.map(|key| key.epoch),
        }
    }
}

/// The summary of a recording.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Where the capture is.
    pub directory: String,
    /// Events that were written.
    pub events: u64,
    /// Bytes of all segments, snapshots and indexes included.
    pub bytes: u64,
    /// Bytes per event; absent where there was none.
    pub bytes_per_event: Option<f64>,
    /// Events per second.
    pub events_per_second: f64,
    /// How long was recorded, in seconds.
    pub seconds: f64,
    /// Segments that were written.
    pub segments: u64,
    /// Segments that the budget dropped.
    pub segments_dropped: u64,
    /// Segments that could not be sealed.
    pub segments_unsealed: u64,
    /// Segments that somebody removed or cut while this was recorded.
    pub segments_destroyed: u64,
    /// Events that were lost, all reasons together.
    pub lost_total: u64,
    /// Events that were lost, by reason and lane.
    pub lost: Vec<Lost>,
    /// How often a lane was shed because the recorder could not keep up.
    pub times_shed: u64,
    /// Whether the disk was full at some time.
    pub disk_full: bool,
    /// The last error of writing.
    pub error: Option<String>,
    /// The first snapshot.
    pub state: AtStart,
    /// What was learned of containers; nothing that is missing here makes the evidence less whole.
    pub containers: containers::Counts,
    /// The digest of the segment that was sealed last: whoever keeps it elsewhere can prove everything before it.
    pub digest: Option<LastDigest>,
    /// How many digests did not reach where they should go.
    pub digests_unsent: u64,
    /// Whether the evidence is whole: nothing was lost, and everything was written and sealed.
    pub complete: bool,
}

impl Summary {
    /// Puts it together.
    pub fn new(
        directory: String,
        report: &WriteReport,
        counts: Counts,
        times_shed: u64,
        duration: Duration,
    ) -> Summary {
        let seconds = duration.as_secs_f64();
        let lost_total = report.lost.total();
        let lost = report.lost.iter().map(|(reason, lane, count)| Lost {
            reason: reason.name().to_owned(),
            lane: lane.name().to_owned(),
            count,
        });
        Summary {
            directory,
            events: report.events,
            bytes: report.bytes,
            bytes_per_event: (report.events > 0).then(|| ratio(report.bytes, report.events)),
            events_per_second: if seconds > 0.0 {
                whole(report.events) / seconds
            } else {
                0.0
            },
            seconds,
            segments: report.segments,
            segments_dropped: report.dropped,
            segments_unsealed: report.unsealed,
            segments_destroyed: report.destroyed,
            lost_total,
            lost: lost.collect(),
            times_shed,
            disk_full: report.disk_full,
            error: report.error.clone(),
            state: AtStart {
                threads: counts.threads,
                fds: counts.fds,
                unreadable: counts.unreadable,
            },
            containers: containers::Counts::default(),
            digest: report.vouched.newest.as_ref().map(LastDigest::of),
            digests_unsent: report.vouched.unsent,
            complete: lost_total == 0
                && report.error.is_none()
                && report.unsealed == 0
                && report.destroyed == 0,
        }
    }
}

impl Summary {
    fn write_digest(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(digest) = &self.digest {
            let by = digest
                .epoch
                .map(|epoch| format!(", signed in epoch {epoch}"));
            let (segment, digest) = (digest.segment, &digest.digest);
            write!(
                f,
                "\ndigest of segment {segment}: {digest}{}",
                by.unwrap_or_default()
            )?;
        }
        if self.digests_unsent > 0 {
            let digests = count(self.digests_unsent, "digest");
            write!(f, "\n{digests} did not leave this node")?;
        }
        Ok(())
    }

    fn write_losses(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lost_total == 0 {
            return write!(f, "\nlost: nothing");
        }
        write!(f, "\nlost: {}", count(self.lost_total, "event"))?;
        for lost in &self.lost {
            write!(
                f,
                "\n  {} {} in lane {}",
                lost.count, lost.reason, lost.lane
            )?;
        }
        Ok(())
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "shown with two digits after the point"
)]
fn whole(number: u64) -> f64 {
    number as f64
}

fn ratio(above: u64, below: u64) -> f64 {
    whole(above) / whole(below.max(1))
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} in {:.1} s",
            count(self.events, "event"),
            self.seconds
        )?;
        write!(
            f,
            " ({:.0} per second), {}",
            self.events_per_second,
            show_bytes(self.bytes)
        )?;
        if let Some(bytes) = self.bytes_per_event {
            write!(f, " ({bytes:.2} bytes per event)")?;
        }
        writeln!(f, " in {}", count(self.segments, "segment"))?;
        write!(
            f,
            "began with {} and {}",
            count(u64::from(self.state.threads), "thread"),
            count(u64::from(self.state.fds), "descriptor")
        )?;
        if self.state.unreadable > 0 {
            let entries = count(u64::from(self.state.unreadable), "entry");
            write!(f, "; {entries} could not be read")?;
        }
        write_containers(f, &self.containers)?;
        if self.segments_dropped > 0 {
            write!(
                f,
                "\nthe budget dropped {}",
                count(self.segments_dropped, "segment")
            )?;
        }
        self.write_digest(f)?;
        if self.segments_unsealed > 0 {
            write!(
                f,
                "\n{} could not be sealed",
                count(self.segments_unsealed, "segment")
            )?;
        }
        if self.segments_destroyed > 0 {
            write!(
                f,
                "\nsomebody removed or cut {}",
                count(self.segments_destroyed, "segment")
            )?;
        }
        if self.disk_full {
            write!(f, "\nthe disk was full")?;
        }
        if self.times_shed > 0 {
            write!(f, "\nlanes were shed {}", count(self.times_shed, "time"))?;
        }
        if let Some(error) = &self.error {
            write!(f, "\nwriting failed: {error}")?;
        }
        self.write_losses(f)
    }
}

fn write_containers(f: &mut fmt::Formatter<'_>, counts: &containers::Counts) -> fmt::Result {
    let (asked, described) = (counts.asked, counts.described);
    if asked > 0 {
        write!(
            f,
            "\nasked about {}, learned of {described}",
            count(asked, "container")
        )?;
    }
    if counts.failures > 0 {
        write!(f, "; {} failed", count(counts.failures, "request"))?;
    }
    if counts.dropped > 0 {
        write!(f, "; {} found no room", counts.dropped)?;
    }
    if counts.names_late > 0 {
        let late = counts.names_late;
        write!(
            f,
            "\nusers of containers were named too late for some events, {late} times"
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use falco_abi::{Lane, LossReason};
    use falco_format::LostInterval;

    #[test]
    fn a_whole_recording() {
        let report = WriteReport {
            segments: 1,
            events: 1000,
            bytes: 6500,
            ..WriteReport::default()
        };
        let counts = Counts {
            threads: 3,
            fds: 9,
            unreadable: 0,
        };
        let summary = Summary::new("x".into(), &report, counts, 0, Duration::from_secs(2));
        assert!(summary.complete);
        assert_eq!(
            summary.to_string(),
            "1,000 events in 2.0 s (500 per second), 6.3 KiB (6.50 bytes per event) in 1 segment\nbegan with 3 threads and 9 descriptors\nlost: nothing"
        );
    }

    #[test]
    fn losses_are_said_with_their_reasons() {
        let mut report = WriteReport {
            disk_full: true,
            ..WriteReport::default()
        };
        report.lost.add(&[LostInterval {
            cpu: 0,
            lane: Lane::Bulk,
            reason: LossReason::RingFull,
            count: 12,
            last_good_time: 1,
            next_good_time: 2,
        }]);
        let summary = Summary::new("x".into(), &report, Counts::default(), 1, Duration::ZERO);
        assert!(!summary.complete && summary.bytes_per_event.is_none());
        let text = summary.to_string();
        assert!(
            text.contains("lost: 12 events\n  12 ring_full in lane bulk"),
            "{text}"
        );
        assert!(text.contains("the disk was full"), "{text}");
        let json = serde_json::to_value(&summary).expect("JSON");
        assert_eq!(json["lost"][0]["reason"], "ring_full");
        assert_eq!(json["complete"], false);
    }
}

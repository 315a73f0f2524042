//! What the writer tells of the disk: what is kept, what goes next, what was lost; and the status page.
//!
//! Nothing here changes what is recorded: a page that cannot be written is tried again, and that is all.

use std::time::{Duration, Instant, SystemTime};

use crate::kept::KeptSegment;
use crate::status::page::Page;
use crate::status::process::started_ticks;
use crate::status::{Eviction, Lost, Store};

use super::Writer;

/// How often the page is written.
const PAGE_INTERVAL: Duration = Duration::from_secs(1);
/// How often the disk is asked for what is pinned and what goes next: that is a look at every segment.
const STORE_INTERVAL: Duration = Duration::from_secs(5);
/// How long must have been recorded before it is said when the budget will be full, in seconds.
const RATE_SECONDS_MIN: f64 = 10.0;

/// What is told, and when it was told last.
#[derive(Debug, Default)]
pub(super) struct Standing {
    page: Option<Page>,
    told: Option<Instant>,
    looked: Option<Instant>,
    /// The oldest segment, and when it was begun.
    oldest: Option<(KeptSegment, Option<u64>)>,
}

fn is_due(last: Option<Instant>, interval: Duration) -> bool {
    last.is_none_or(|last| last.elapsed() >= interval)
}

impl Writer {
    /// Tells how it goes, if it is time.
    pub(super) fn look_at_standing(&mut self) {
        if !is_due(self.standing.told, PAGE_INTERVAL) {
            return;
        }
        self.standing.told = Some(Instant::now());
        if is_due(self.standing.looked, STORE_INTERVAL) {
            self.standing.looked = Some(Instant::now());
            self.tell_store();
        }
        self.write_page(false);
    }

    /// The recording has ended, and this is the last that is told.
    pub(super) fn tell_the_end(&mut self) {
        self.tell_store();
        self.write_page(true);
    }

    /// The page goes to the root that is recorded to, which may be another than before.
    pub(super) fn move_page(&mut self) {
        self.standing.page = None;
        self.standing.told = None;
    }

    fn write_page(&mut self, ended: bool) {
        let root = &self.store.root;
        let page = &mut self.standing.page;
        *page = page.take().or_else(|| Page::make(root).ok());
        let mut status = self.stats.status();
        status.pid = std::process::id();
        status.started_ticks = started_ticks(status.pid).unwrap_or(0);
        status.ended = ended;
        if page
            .as_ref()
            .is_some_and(|page| page.write(&status).is_err())
        {
            self.standing.page = None;
        }
    }

    fn tell_store(&mut self) {
        let since = self.begin_of_oldest();
        let active = self.segment.as_ref();
        let active_bytes = active.map_or(0, |segment| segment.bytes());
        let number = active.map(|segment| segment.header().segment_number);
        let (segments, bytes) = self.retention.count();
        let lost = self.report.lost.iter();
        let lost = lost.map(|(reason, lane, count)| Lost {
            reason: reason.name().to_owned(),
            lane: lane.name().to_owned(),
            count,
        });
        let budget = self.retention.budget();
        let store = Store {
            segment: number.map_or_else(String::new, |number| self.name_of(number)),
            segments: segments.saturating_add(u64::from(active.is_some())),
            bytes: bytes.saturating_add(active_bytes),
            pinned: self.retention.pins(self.store.boot.as_deref()),
            budget_bytes: budget.bytes,
            max_age_seconds: budget.max_age.map(|age| age.as_secs()),
            since,
            next_eviction: self.next_eviction(bytes.saturating_add(active_bytes)),
            free_bytes: self.store.root.room().ok(),
            lost: lost.collect(),
            disk_full: self.report.disk_full,
            error: self.report.error.clone(),
        };
        self.stats.keeps(store);
    }

    /// How a segment of this recording is named below the root.
    pub(super) fn name_of(&self, number: u64) -> String {
        self.kept(number, 0, 0).below_root()
    }

    /// When the oldest segment was begun: its header says so, and is read once.
    fn begin_of_oldest(&mut self) -> Option<u64> {
        let Some(oldest) = self.retention.oldest() else {
            let header = self.segment.as_ref().map(|segment| segment.header());
            return header.map(|header| header.created_realtime.0);
        };
        let known = self.standing.oldest.take();
        let known =
            known.filter(|(known, _)| known.place == oldest.place && known.name == oldest.name);
        let (kept, begun) = known.unwrap_or_else(|| (oldest.clone(), self.retention.begun(oldest)));
        self.standing.oldest = Some((kept, begun));
        begun
    }

    /// What goes next, and when: the oldest that is not pinned, by the budget or by its age, whichever comes first.
    fn next_eviction(&self, bytes: u64) -> Option<Eviction> {
        let budget = self.retention.budget();
        if budget.bytes.is_none() && budget.max_age.is_none() {
            return None;
        }
        let next = self.retention.next_to_go()?;
        let age = self.retention.age(next, SystemTime::now());
        let by_age = budget
            .max_age
            .map(|most| most.saturating_sub(age).as_secs_f64());
        let status = self.stats.status();
        let by_budget = budget.bytes.and_then(|limit| {
            let room = limit.saturating_sub(bytes);
            seconds_until(room, status.bytes, status.seconds)
        });
        let is_by_age = match (by_age, by_budget) {
            (Some(age), Some(room)) => age <= room,
            (age, _) => age.is_some() && budget.bytes.is_none(),
        };
        let (because, seconds) = if is_by_age {
            ("age", by_age)
        } else {
            ("budget", by_budget)
        };
        Some(Eviction {
            segment: next.below_root(),
            because: because.to_owned(),
            seconds,
        })
    }
}

/// How long it takes until so much room is taken, where so many bytes took so many seconds.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn seconds_until(room: u64, bytes: u64, seconds: f64) -> Option<f64> {
    (bytes > 0 && seconds >= RATE_SECONDS_MIN).then(|| room as f64 / (bytes as f64 / seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_the_budget_is_full() {
        let check = |room, bytes, seconds, expected| {
            assert_eq!(seconds_until(room, bytes, seconds), expected);
        };
        check(1000, 100, 20.0, Some(200.0));
        check(1000, 0, 20.0, None);
        check(1000, 100, 5.0, None);
        check(0, 100, 20.0, Some(0.0));
    }
}

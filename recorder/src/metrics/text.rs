//! A status in the text format of Prometheus.
//!
//! Names end in their unit, counters in `_total`; what is not known has no line.

use std::fmt::Write;

use crate::status::{Status, Store};

/// A metric that is being written.
struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(self.0, "# HELP falco_record_{name} {help}");
        let _ = writeln!(self.0, "# TYPE falco_record_{name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(key, value)| format!("{key}=\"{}\"", escaped(value)))
            .collect();
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", labels.join(","))
        };
        let _ = writeln!(self.0, "falco_record_{name}{labels} {value}");
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, "counter", help);
        self.sample(name, &[], whole(value));
    }

    fn gauge(&mut self, name: &str, help: &str, value: Option<f64>) {
        if let Some(value) = value {
            self.head(name, "gauge", help);
            self.sample(name, &[], value);
        }
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    text.replace('\n', "\\n")
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the format has floating numbers alone"
)]
fn whole(number: u64) -> f64 {
    number as f64
}

/// Nanoseconds since the epoch as the format has times: in seconds.
fn seconds(nanoseconds: u64) -> f64 {
    whole(nanoseconds) / 1e9
}

/// The page that is scraped.
pub(super) fn page(status: &Status) -> String {
    let mut page = Page(String::new());
    let store = &status.store;
    let start = Some(seconds(status.since));
    page.gauge("start_time_seconds", "When the recording began.", start);
    page.counter("events_total", "Events that were written.", status.events);
    page.counter(
        "event_bytes_total",
        "Bytes of events that were written.",
        status.bytes,
    );
    page.counter(
        "lost_events_total",
        "Events that were lost, for all reasons.",
        status.lost_total,
    );
    page.head(
        "lost_total",
        "counter",
        "Events that were lost, by reason and lane.",
    );
    for lost in &store.lost {
        let labels = [("reason", lost.reason.as_str()), ("lane", &lost.lane)];
        page.sample("lost_total", &labels, whole(lost.count));
    }
    page.counter(
        "sheds_total",
        "How often a lane was shed.",
        status.times_shed,
    );
    let lag = Some(status.lag_seconds);
    page.gauge("lag_seconds", "How far the disk is behind.", lag);
    page.head(
        "ring_fill_ratio",
        "gauge",
        "How full the fullest ring of a lane was lately.",
    );
    for ring in &status.rings {
        page.sample("ring_fill_ratio", &[("lane", &ring.lane)], ring.fill);
    }
    gauges_of_the_store(&mut page, store);
    page.0
}

fn gauges_of_the_store(page: &mut Page, store: &Store) {
    let gauges = [
        ("kept_bytes", "Bytes of all segments.", Some(store.bytes)),
        (
            "kept_segments",
            "Segments that are kept.",
            Some(store.segments),
        ),
        (
            "pinned_segments",
            "Segments that are pinned.",
            Some(store.pinned),
        ),
        (
            "budget_bytes",
            "The most bytes that are kept.",
            store.budget_bytes,
        ),
        (
            "disk_free_bytes",
            "What the file system has left.",
            store.free_bytes,
        ),
    ];
    for (name, help, value) in gauges {
        page.gauge(name, help, value.map(whole));
    }
    let oldest = store.since.map(seconds);
    page.gauge(
        "oldest_segment_time_seconds",
        "When the oldest segment was begun.",
        oldest,
    );
    let next = store.next_eviction.as_ref().and_then(|next| next.seconds);
    page.gauge(
        "next_eviction_seconds",
        "When a segment is dropped, as it goes now.",
        next,
    );
    let full = Some(f64::from(u8::from(store.disk_full)));
    page.gauge(
        "disk_was_full",
        "Whether the disk was full at some time.",
        full,
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::{Lost, RingFill};

    #[test]
    fn a_page_has_what_is_known_and_escapes_what_it_must() {
        let status = Status {
            since: 1_500_000_000,
            events: 12,
            rings: vec![RingFill::new("file", 250)],
            store: Store {
                budget_bytes: Some(1 << 30),
                lost: vec![Lost {
                    reason: "a\"b\\c\nd".into(),
                    lane: "bulk".into(),
                    count: 3,
                }],
                ..Store::default()
            },
            ..Status::default()
        };
        let page = page(&status);
        for line in [
            "falco_record_start_time_seconds 1.5",
            "# TYPE falco_record_events_total counter",
            "falco_record_events_total 12",
            "falco_record_lost_total{reason=\"a\\\"b\\\\c\\nd\",lane=\"bulk\"} 3",
            "falco_record_ring_fill_ratio{lane=\"file\"} 0.25",
            "falco_record_budget_bytes 1073741824",
            "falco_record_disk_was_full 0",
        ] {
            assert!(page.lines().any(|one| one == line), "{line}: {page}");
        }
        assert!(!page.contains("disk_free_bytes"), "it is not known: {page}");
        assert!(page.ends_with('\n'));
    }
}

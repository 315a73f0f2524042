//! What the recorder's tests share: reading a capture back, and made-up frames.
#![allow(dead_code, reason = "each test binary uses its own part of this")]

pub(crate) mod made_up;
pub(crate) mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use falco_abi::{EventId, FrameHeader, LossReason, ParamStatus, events, view};
use falco_format::{Capture, Item, LostInterval, Projection};

/// A row of a capture, with what tests ask for.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) event: EventId,
    pub(crate) time: u64,
    pub(crate) cpu: u16,
    pub(crate) tid: u32,
    pub(crate) pid: u32,
    pub(crate) sequence: u64,
    pub(crate) values: Vec<Vec<u8>>,
}

/// A capture, read whole.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) segments: usize,
    pub(crate) sealed: usize,
    /// Per segment: the kinds of its first items.
    pub(crate) starts: Vec<Vec<&'static str>>,
    pub(crate) state: Vec<Row>,
    pub(crate) rows: Vec<Row>,
    /// How many rows each block has.
    pub(crate) blocks: Vec<usize>,
    pub(crate) lost: Vec<LostInterval>,
    pub(crate) damage: usize,
}

/// Reads everything.
pub(crate) fn read(path: &Path) -> Contents {
    let capture = Capture::open(path).expect("a capture");
    let mut contents = Contents::default();
    for item in capture.items() {
        let kind = match item {
            Item::Segment(_) => {
                contents.segments += 1;
                contents.starts.push(Vec::new());
                continue;
            }
            Item::Schema(_) => "schema",
            Item::Clock(_) => "clock",
            Item::State(block) => {
                contents.state.extend(rows_of(&block));
                "state"
            }
            Item::Lost(lost) => {
                contents.lost.extend(lost);
                "lost"
            }
            Item::Events(block) => {
                let rows = rows_of(&block);
                contents.blocks.push(rows.len());
                contents.rows.extend(rows);
                "events"
            }
            Item::End(_) => {
                contents.sealed += 1;
                "end"
            }
            Item::Damage(damage) => {
                println!("{damage:?}");
                contents.damage += 1;
                "damage"
            }
            _ => "other",
        };
        if let Some(start) = contents.starts.last_mut()
            && start.len() < 3
        {
            start.push(kind);
        }
    }
    contents
}

fn rows_of(block: &falco_format::Block) -> Vec<Row> {
    let rows = block.decode(&Projection::all()).expect("rows");
    rows.iter()
        .map(|view| {
            let meta = view.meta();
            Row {
                event: view.event(),
                time: meta.time,
                cpu: meta.cpu,
                tid: meta.tid.0,
                pid: meta.pid.0,
                sequence: meta.sequence,
                values: (0..view.params())
                    .map(|param| view.param(param).bytes.to_vec())
                    .collect(),
            }
        })
        .collect()
}

impl Contents {
    /// Rows of an event.
    pub(crate) fn of(&self, name: &str) -> Vec<&Row> {
        let id = events::event_by_name(name).expect("an event").id;
        self.rows.iter().filter(|row| row.event == id).collect()
    }

    /// Asserts what every capture must hold: order, and losses that agree with the gaps in sequence numbers.
    pub(crate) fn assert_sound(&self) {
        assert_eq!(self.damage, 0, "there is damage");
        let keys: Vec<_> = self.rows.iter().map(|row| (row.time, row.cpu)).collect();
        assert!(keys.is_sorted(), "rows are not in the order of (time, CPU)");
        self.assert_sound_start();
        let mut lost: BTreeMap<u16, u64> = BTreeMap::new();
        for interval in self
            .lost
            .iter()
            .filter(|lost| lost.reason != LossReason::Recursion)
        {
            assert!(
                interval.last_good_time <= interval.next_good_time,
                "{interval:?}"
            );
            *lost.entry(interval.cpu).or_default() += interval.count;
        }
        for (cpu, missing) in self.missing() {
            let said = lost.get(&cpu).copied().unwrap_or(0);
            assert!(
                missing <= said,
                "CPU {cpu}: {missing} are missing and {said} are said to be lost"
            );
        }
    }

    /// Asserts that every segment begins with what it needs to be read alone.
    pub(crate) fn assert_sound_start(&self) {
        assert!(self.segments > 0);
        for start in &self.starts {
            assert_eq!(start.as_slice(), ["schema", "clock", "state"]);
        }
    }

    /// How many sequence numbers of each CPU are missing below the highest.
    pub(crate) fn missing(&self) -> BTreeMap<u16, u64> {
        let mut seen: BTreeMap<u16, BTreeSet<u64>> = BTreeMap::new();
        for row in &self.rows {
            assert!(
                seen.entry(row.cpu).or_default().insert(row.sequence),
                "{row:?} stands twice"
            );
        }
        seen.into_iter()
            .map(|(cpu, numbers)| {
                let highest = numbers.last().copied().unwrap_or(0);
                (cpu, highest + 1 - numbers.len() as u64)
            })
            .collect()
    }

    /// How many frames are said to be lost.
    pub(crate) fn lost_total(&self) -> u64 {
        self.lost.iter().map(|lost| lost.count).sum()
    }
}

/// Asserts that checksums and chain are whole.
pub(crate) fn assert_intact(path: &Path) {
    let report = falco_format::verify(&Capture::open(path).expect("a capture"));
    assert!(report.is_intact(), "{report:?}");
}

/// A frame of an event with these integers.
pub(crate) fn frame(event: EventId, time: u64, cpu: u16, sequence: u64, values: &[i64]) -> Vec<u8> {
    let bytes: Vec<_> = values.iter().map(|value| value.to_le_bytes()).collect();
    let values: Vec<&[u8]> = bytes.iter().map(<[u8; 8]>::as_slice).collect();
    frame_of(event, time, cpu, sequence, &values)
}

/// A frame of an event with these values.
pub(crate) fn frame_of(
    event: EventId,
    time: u64,
    cpu: u16,
    sequence: u64,
    values: &[&[u8]],
) -> Vec<u8> {
    let header = FrameHeader {
        time,
        start: 5,
        sequence,
        tid: 100,
        pid: 100,
        event: event.0,
        cpu,
        lane: events::event(event).expect("an event").lane as u8,
        syscall: 3,
        ..FrameHeader::EMPTY
    };
    let values: Vec<_> = values
        .iter()
        .map(|bytes| (ParamStatus::Present, *bytes))
        .collect();
    let mut frame = Vec::new();
    view::write(header, &values, |part| frame.extend_from_slice(part));
    frame
}

/// Why live tests cannot run here, if they cannot.
pub(crate) fn cannot_record() -> Option<String> {
    let missing: Vec<String> = falco_record::probe::requirements()
        .into_iter()
        .filter(|requirement| !requirement.met)
        .map(|requirement| format!("{}: {}", requirement.name, requirement.detail))
        .collect();
    (!missing.is_empty()).then(|| missing.join("; "))
}

//! What our reader makes of a capture, in the lines that the other reader prints.

use std::path::Path;

use falco_abi::{ParamStatus, Wire};
use falco_format::{
    Block, Capture, ClockMap, Damage, DamageKind, Dialect, EventView, Item, LostInterval,
    Projection, RawParam, SegmentHeader, Sequel,
};
use serde_json::{Value, json};

/// The lines of a capture, as a reader of the stream gets them.
pub(super) fn lines(path: &Path) -> Vec<Value> {
    match Capture::open(path) {
        Ok(capture) => {
            let mut dump = Dump::default();
            capture.items().for_each(|item| dump.item(&item));
            dump.lines
        }
        Err(_) => vec![json!({ "refused": true })],
    }
}

#[derive(Default)]
struct Dump {
    lines: Vec<Value>,
    clock: ClockMap,
    header: Option<SegmentHeader>,
}

impl Dump {
    fn item(&mut self, item: &Item) {
        let line = match item {
            Item::Segment(header) => {
                let boot = self.header.as_ref().map(|header| header.boot_id);
                if boot.is_some_and(|boot| boot != header.boot_id) {
                    self.clock = ClockMap::new();
                }
                self.header = Some((**header).clone());
                json!({ "item": "SEGMENT", "said": said_of_header(header) })
            }
            Item::Schema(schema) => {
                let events = schema.events().count();
                let fingerprint = schema.fingerprint().0;
                json!({ "item": "SCHEMA", "said": { "events": events, "fingerprint": fingerprint } })
            }
            Item::Clock(pairs) => {
                self.clock.add(pairs);
                let pairs = pairs
                    .iter()
                    .map(|pair| (pair.boottime_ns, pair.realtime_ns.0));
                json!({ "item": "CLOCK", "said": pairs.collect::<Vec<_>>() })
            }
            Item::Lost(intervals) => {
                let said: Vec<_> = intervals.iter().map(interval).collect();
                json!({ "item": "LOST", "said": said })
            }
            Item::State(block) => return self.rows("state", block),
            Item::Events(block) => return self.rows("events", block),
            Item::End(end) => json!({ "item": "END", "said": {
                "items": end.items,
                "rows": end.rows,
                "index": end.index_offset,
                "smallest": end.first_time,
                "largest": end.last_time,
                "link": end.digest.to_string(),
                "sequel": sequel(end.sequel),
            } }),
            Item::NotSealed { segment, .. } => json!({ "end": "not sealed", "file": &**segment }),
            Item::Skipped {
                segment,
                kind,
                offset,
                ..
            } => json!({ "item": "skipped", "file": &**segment, "offset": offset, "kind": kind.0 }),
            Item::Damage(found) => damage(found),
        };
        self.lines.push(line);
    }

    fn rows(&mut self, kind: &str, block: &Block) {
        let Ok(rows) = block.decode(&Projection::all()) else {
            self.lines.push(json!({ "damage": "block" }));
            return;
        };
        let native = self
            .header
            .as_ref()
            .is_none_or(|header| header.dialect == Dialect::Native);
        for view in rows.iter() {
            let meta = view.meta();
            let hidden = meta.abi & if native { 0x80 } else { 1 };
            self.lines.push(json!({
                "row": kind,
                "event": view.name(),
                "time": meta.time,
                "realtime": self.clock.known_realtime(meta.time).map(|time| time.0),
                "cpu": meta.cpu,
                "sequence": meta.sequence,
                "abi": meta.abi,
                "shown": hidden == 0,
                "tid": meta.tid.0,
                "pid": meta.pid.0,
                "start": meta.start,
                "parameters": parameters(&view),
            }));
        }
    }
}

fn said_of_header(header: &SegmentHeader) -> Value {
    let dialect = match header.dialect {
        Dialect::Native => "native",
        Dialect::Falco => "falco",
    };
    let boot: String = header
        .boot_id
        .0
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    json!({
        "version": [header.version.major, header.version.minor],
        "dialect": dialect,
        "boot": boot,
        "number": header.segment_number,
        "created": header.created_realtime.0,
        "previous": header.previous.map(|digest| digest.to_string()),
        "node": header.node,
        "recording": header.recording,
        "capture": header.capture,
    })
}

fn interval(lost: &LostInterval) -> Value {
    json!({
        "cpu": lost.cpu,
        "lane": lost.lane as u8,
        "reason": lost.reason as u8,
        "count": lost.count,
        "before": (lost.last_good_time != 0).then_some(lost.last_good_time),
        "after": (lost.next_good_time != u64::MAX).then_some(lost.next_good_time),
    })
}

fn sequel(sequel: Sequel) -> &'static str {
    match sequel {
        Sequel::Unknown => "unknown",
        Sequel::GoesOn => "goes on",
        Sequel::Ended => "ended",
        Sequel::EndMissing => "lost its end",
        Sequel::Missing => "missing when copied",
    }
}

fn parameters(view: &EventView<'_>) -> Vec<Value> {
    let layout = view.layout().expect("of the table");
    let one = |(index, param): (usize, &falco_format::SchemaParam)| {
        let found = view.param(index);
        json!([
            param.name,
            status(param.wire, &found),
            value(param.wire, &found)
        ])
    };
    layout.params.iter().enumerate().map(one).collect()
}

fn status(wire: Wire, param: &RawParam<'_>) -> &'static str {
    match param.status {
        ParamStatus::Present => "present",
        ParamStatus::Truncated => "truncated",
        ParamStatus::Absent => "absent",
        ParamStatus::Fault if wire.width().is_some() && !param.bytes.is_empty() => {
            "fault with a value"
        }
        ParamStatus::Fault => "fault",
    }
}

fn value(wire: Wire, param: &RawParam<'_>) -> Value {
    let is_none = param.status == ParamStatus::Absent
        || (param.status == ParamStatus::Fault && param.bytes.is_empty() && wire.width().is_some());
    if is_none {
        return Value::Null;
    }
    let mut wide = [0; 8];
    wide.iter_mut()
        .zip(param.bytes)
        .for_each(|(to, from)| *to = *from);
    match wire {
        Wire::Str | Wire::Bytes => Value::from(escaped(param.bytes)),
        Wire::I32 => Value::from(u64::from_le_bytes(wide) as u32 as i32),
        Wire::I64 => Value::from(i64::from_le_bytes(wide)),
        Wire::U8 | Wire::U16 | Wire::U32 | Wire::U64 => Value::from(u64::from_le_bytes(wide)),
    }
}

/// Printable ASCII but the backslash as it is, all else as `\xNN`.
fn escaped(bytes: &[u8]) -> String {
    let one = |byte: &u8| match byte {
        0x20..=0x7e if *byte != b'\\' => char::from(*byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    bytes.iter().map(one).collect()
}

/// A damage by the name that `FORMAT.md` has for it.
fn damage(found: &Damage) -> Value {
    let name = match &found.what {
        DamageKind::NoItem => "no item",
        DamageKind::TornTail => "torn tail",
        DamageKind::Checksum(_) => "checksum",
        DamageKind::MissingItems(_) => "missing items",
        DamageKind::RepeatedItem(_) => "repeated item",
        DamageKind::Malformed(_) => "malformed",
        DamageKind::UnknownCritical(_) => "unknown critical",
        DamageKind::NoSchema => "no schema",
        DamageKind::Block(_) => return json!({ "damage": "block" }),
        DamageKind::MissingSegments(_) => "missing segments",
        DamageKind::NotASegment => "not a segment",
        DamageKind::NewerSegment => "newer segment",
        DamageKind::Unreadable(_) => "unreadable",
        DamageKind::OtherCapture => "other capture",
        DamageKind::SameNumber(_) => "same number",
        DamageKind::DoesNotFollow => "does not follow",
        DamageKind::Totals(_) => "totals",
        DamageKind::BehindEnd(_) => "behind end",
        DamageKind::BytesBehindEnd => "bytes behind end",
        DamageKind::MissingSequel => "missing sequel",
        DamageKind::Empty => "empty",
        DamageKind::OtherName(_) => "other name",
        DamageKind::NoClock(_) => "no clock",
        DamageKind::NotSealed => "not sealed",
        DamageKind::Foreign(_) => "foreign",
        DamageKind::Repaired(words) => {
            return json!({
                "damage": "repaired",
                "offset": found.offset,
                "bytes": found.bytes_skipped,
                "file": found.segment,
                "words": words,
            });
        }
    };
    json!({
        "damage": name,
        "file": found.segment,
        "offset": found.offset,
        "bytes": found.bytes_skipped,
    })
}

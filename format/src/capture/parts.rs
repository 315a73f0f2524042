//! Several segments in one file, as `cat *.flc` puts them together.
//!
//! In: a capture of one file. Out: a capture for each segment that begins where another one ends.
//! Only where an item ends may the next segment begin: within items, and in what follows a damaged place, bytes may be those that a recorded program chose.

use std::path::Path;

use super::Capture;
use super::admit;
use super::segment::{Segment, item_at, of_bytes};
use crate::layout::{ItemHeader, ItemKind, last_item_start};
use crate::segment::{Found, Scanner};
use crate::shared::SharedBytes;

/// The most segments that are told apart in one file, 640 GiB of usual ones: what follows is told as damage of the last. A small file of mere beginnings cannot take much memory or time.
const PARTS_MAX: usize = 10_000;

impl Capture {
    /// The captures of the segments that a file holds one after the other; itself where that is one.
    pub fn parted(self) -> Vec<Capture> {
        let [only] = self.segments.as_slice() else {
            return vec![self];
        };
        // A file that a recorder writes to holds the one segment that it writes.
        let parts = if only.is_live() {
            Vec::new()
        } else {
            parts(only)
        };
        let alone = |part| Capture::of(Path::new("part"), vec![vec![part]]);
        let captures: Result<Vec<_>, _> = parts.into_iter().map(alone).collect();
        match captures {
            Ok(captures) if captures.len() > 1 => captures,
            _ => vec![self],
        }
    }
}

fn parts(whole: &Segment) -> Vec<Segment> {
    let bytes = whole.bytes.as_slice();
    if is_one(whole) {
        return Vec::new();
    }
    let mut starts = vec![0];
    while let Some(start) = starts.last().copied() {
        let next = next_start(bytes.get(start..).unwrap_or_default());
        match next.filter(|_| starts.len() < PARTS_MAX) {
            Some(next) => starts.push(start.saturating_add(next)),
            None => break,
        }
    }
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    let places = (1_u64..).zip(starts.iter().copied().zip(ends));
    places
        .map(|(place, (start, end))| {
            let name = format!("{}#{place}", whole.name());
            let bytes = whole.bytes.slice(start, end.saturating_sub(start));
            part(Path::new(&name), whole.path(), bytes)
        })
        .collect()
}

fn part(name: &Path, path: Option<&Path>, bytes: SharedBytes) -> Segment {
    of_bytes(name, path, bytes).unwrap_or_else(|error| admit::odd(name, &error))
}

/// Whether a file ends as one sealed segment does, so that nobody needs to look: its index ends where its last item begins.
fn is_one(segment: &Segment) -> bool {
    let bytes = segment.bytes.as_slice();
    let ends = || {
        let last = last_item_start(bytes)?;
        let index = usize::try_from(segment.end()?.index_offset).ok()?;
        if index == last {
            return Some(true);
        }
        let (kind, _) = item_at(bytes, index)?;
        let header = ItemHeader::parse(bytes.get(index..)?)?;
        Some(kind == ItemKind::INDEX && index.checked_add(header.item_len())? == last)
    };
    ends().unwrap_or(false)
}

/// Where the next segment begins in the bytes of this one and of all that follow.
fn next_start(bytes: &[u8]) -> Option<usize> {
    Scanner::new(bytes).find_map(|found| {
        let Found::Item(item) = found else {
            return None;
        };
        let end = item.offset.saturating_add(item.bytes.len());
        let next = ItemHeader::parse(bytes.get(end..)?)?;
        (next.kind == ItemKind::SEGMENT && next.ordinal == 0).then_some(end)
    })
}

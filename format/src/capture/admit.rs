//! Which files of a directory are the capture, and which are passed over.
//!
//! In: the files that look like segments. Out: the same in the order of the stream; those that are no part of it are marked with the reason, which the reader tells where they stand.
//! One odd file never hides the others, and no file counts twice.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::error::OpenError;
use super::file::open_in;
use super::segment::Segment;
use super::{SEGMENT_EXTENSION, segment_number};
use crate::checksum::Digest;
use crate::directory::Directory;
use crate::segment::{DamageKind, SegmentHeader};

/// What a file that could not be opened is, in the stream.
pub(super) fn odd(path: &Path, error: &OpenError) -> Segment {
    Segment::passed_over(path, reason(error))
}

fn reason(error: &OpenError) -> DamageKind {
    match error {
        OpenError::NewerVersion { .. } => DamageKind::NewerSegment,
        OpenError::NotACapture { .. } => DamageKind::NotASegment,
        OpenError::NotFound { .. } => DamageKind::Unreadable("it was removed".to_owned()),
        OpenError::Permission { .. } => DamageKind::Unreadable("permission denied".to_owned()),
        OpenError::Io { source, .. } => DamageKind::Unreadable(source.to_string()),
        other => DamageKind::Unreadable(other.to_string()),
    }
}

/// Files of a directory that end like segments and are not named like one: what they hold is no part of the stream. `below` is the directory's name below a root.
pub(super) fn misnamed(directory: &Directory, below: Option<&OsStr>) -> Vec<Segment> {
    let names = directory.names().unwrap_or_default();
    let is_misnamed = |name: &OsString| {
        let path = Path::new(name);
        let is_segment = path
            .extension()
            .is_some_and(|extension| extension == SEGMENT_EXTENSION);
        is_segment && segment_number(path).is_none()
    };
    let found = names.into_iter().filter(is_misnamed).map(|name| {
        let segment = open_in(directory, &name).ok();
        let number = segment.and_then(|segment| Some(segment.header()?.segment_number));
        let why = number.map_or(DamageKind::NotASegment, DamageKind::OtherName);
        let shown = below.map_or_else(
            || PathBuf::from(&name),
            |below| Path::new(below).join(&name),
        );
        Segment::passed_over(&shown, why)
    });
    found.collect()
}

/// Puts segments in order and marks those that are no part of the capture.
pub(super) fn arrange(mut segments: Vec<Segment>) -> Vec<Segment> {
    segments.sort_by(|a, b| (a.number(), a.name()).cmp(&(b.number(), b.name())));
    mark_foreign(&mut segments);
    mark_doubles(&mut segments);
    segments
}

/// The boot and node that most segments have are the capture's, and of those the directory that most were written to.
fn mark_foreign(segments: &mut [Segment]) {
    let owner = |header: &SegmentHeader| Some((header.boot_id, header.node.clone()));
    mark_others(segments, owner);
    mark_others(segments, |header| header.capture);
}

/// Passes segments over that have another value than most; those that have none stay.
fn mark_others<T: Ord>(segments: &mut [Segment], value: impl Fn(&SegmentHeader) -> Option<T>) {
    let of = |segment: &Segment| {
        let header = segment.header().filter(|_| !segment.is_passed_over());
        header.and_then(&value)
    };
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for found in segments.iter().filter_map(of) {
        *counts.entry(found).or_default() += 1;
    }
    let most = counts.values().max();
    // Where two have as many, that of the first is the capture's.
    let has_most = |found: &T| counts.get(found) == most;
    let Some(own) = segments.iter().filter_map(of).find(has_most) else {
        return;
    };
    for segment in segments.iter_mut() {
        if of(segment).is_some_and(|found| found != own) {
            segment.pass_over(DamageKind::OtherCapture);
        }
    }
}

/// Of several segments with one number the one is read that follows the chain, else the one whose file has the number for its name.
fn mark_doubles(segments: &mut [Segment]) {
    let mut before: Option<Digest> = None;
    let mut start = 0;
    while let Some(first) = segments.get(start) {
        let number = first.number();
        let same = segments.get(start..).unwrap_or_default();
        let count = same
            .iter()
            .take_while(|segment| number.is_some() && segment.number() == number)
            .count()
            .max(1);
        let group = segments.get_mut(start..).unwrap_or_default();
        let group = group.get_mut(..count).unwrap_or_default();
        let taken = best(group, before);
        let name = group.get(taken).map(|segment| segment.name().to_owned());
        before = group.get(taken).and_then(Segment::sealed_digest);
        for (place, segment) in group.iter_mut().enumerate() {
            if place != taken {
                segment.pass_over(DamageKind::SameNumber(name.clone().unwrap_or_default()));
            }
        }
        start = start.saturating_add(count);
    }
}

fn best(group: &[Segment], before: Option<Digest>) -> usize {
    let score = |segment: &Segment| {
        let previous = segment.header().and_then(|header| header.previous);
        let follows = before.is_some() && previous == before;
        let is_named = segment.path().and_then(segment_number) == segment.number();
        (!segment.is_passed_over(), follows, is_named)
    };
    let mut best = (0, None);
    for (place, segment) in group.iter().enumerate() {
        let score = Some(score(segment));
        if score > best.1 {
            best = (place, score);
        }
    }
    best.0
}

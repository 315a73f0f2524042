//! One capture under several names, and several parts of one capture.
//!
//! In: captures as they were found. Out: each once, in the order of their first events, and what was left out, in words.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{self, Read};
use std::path::PathBuf;

use falco_format::text::count;
use falco_format::{Boot, BootId, Capture, ClockMap, Item, Recordings, UnixNanos};

use super::InputError;
use super::find::Found;
use crate::pipeline::{Input, Opened, Tally};
use crate::scap::origin::{Origin, Share};
use crate::sources::LogInput;

/// By how many first bytes logs that are alike are found: a line of most. A log that is shorter is compared with those of the same bytes alone.
const HEAD_BYTES: u64 = 256;

/// Leaves every capture once.
pub(super) fn once(found: Vec<Found>, notes: &mut Vec<String>) -> Result<Vec<Input>, InputError> {
    let inputs = found
        .into_iter()
        .map(|Found { path, opened }| Input { path, opened });
    let inputs = files_once(parts_joined(inputs.collect(), notes)?, notes);
    let inputs = exports_once(inputs, notes)?;
    if inputs.len() < 2 {
        return Ok(inputs);
    }
    let mut timed: Vec<_> = inputs
        .into_iter()
        .map(|input| (first_time(&input), input))
        .collect();
    timed.sort_by_key(|(time, _)| *time);
    Ok(timed.into_iter().map(|(_, input)| input).collect())
}

/// Makes one capture of all that were given of a boot: single segments, copies of its directory, roots that hold it.
fn parts_joined(inputs: Vec<Input>, notes: &mut Vec<String>) -> Result<Vec<Input>, InputError> {
    let mut out: Vec<Option<Input>> = Vec::new();
    let mut groups = Groups::default();
    for Input { path, opened } in inputs {
        match opened {
            Opened::Scap(_) => out.push(Some(Input { path, opened })),
            Opened::Capture(capture) => {
                if groups.add(Group::of(out.len(), path, capture)) {
                    out.push(None);
                }
            }
        }
    }
    for Group { place, parts, .. } in groups.all.into_iter().flatten() {
        let joined = joined(parts, notes)?;
        if let Some(slot) = out.get_mut(place) {
            *slot = Some(joined);
        }
    }
    Ok(out.into_iter().flatten().collect())
}

/// What belongs together of all that was given. Groups are found by their boots: there may be as many parts as a capture has segments.
#[derive(Default)]
struct Groups {
    /// In their order; one that became part of another leaves its place empty.
    all: Vec<Option<Group>>,
    of_boot: HashMap<Boot, BTreeSet<usize>>,
}

impl Groups {
    /// Adds a group of one. Returns whether it is of no recording that is there already.
    fn add(&mut self, mut group: Group) -> bool {
        let mut is_new = true;
        let mut alike = self.that_share(&group.boots);
        // A root ties together what was given of each of its boots; another recording of a boot is another capture.
        while let Some(index) = alike.pop_first() {
            let Some(known) = self.take(index, &group) else {
                continue;
            };
            is_new = false;
            let tied = self.that_share(&known.boots);
            alike.extend(tied.into_iter().filter(|other| *other > index));
            group = known.with(group);
        }
        for boot in &group.boots {
            let of_boot = self.of_boot.entry(boot.clone()).or_default();
            of_boot.insert(self.all.len());
        }
        self.all.push(Some(group));
        is_new
    }

    fn that_share(&self, boots: &HashSet<Boot>) -> BTreeSet<usize> {
        let found = boots.iter().filter_map(|boot| self.of_boot.get(boot));
        found.flatten().copied().collect()
    }

    /// Takes a group out, if it is of one recording with another one.
    fn take(&mut self, index: usize, other: &Group) -> Option<Group> {
        let slot = self.all.get_mut(index)?;
        let known = slot.take_if(|known| !known.recordings.are_others_than(&other.recordings))?;
        for boot in &known.boots {
            if let Some(of_boot) = self.of_boot.get_mut(boot) {
                of_boot.remove(&index);
            }
        }
        Some(known)
    }
}

/// Captures that share boots, and are of one recording of them.
struct Group {
    /// Where the first of them stands.
    place: usize,
    boots: HashSet<Boot>,
    recordings: Recordings,
    parts: Vec<(PathBuf, Capture)>,
}

impl Group {
    fn of(place: usize, path: PathBuf, capture: Capture) -> Group {
        Group {
            place,
            boots: capture.boots().into_iter().collect(),
            recordings: Recordings::of(&capture),
            parts: vec![(path, capture)],
        }
    }

    /// What is added has few parts, or it would take long to give many one after the other.
    fn with(mut self, other: Group) -> Group {
        self.place = self.place.min(other.place);
        self.boots.extend(other.boots);
        self.recordings.add(other.recordings);
        self.parts.extend(other.parts);
        self
    }
}

fn joined(parts: Vec<(PathBuf, Capture)>, notes: &mut Vec<String>) -> Result<Input, InputError> {
    let (paths, captures): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let segments: Vec<_> = captures.iter().map(|part| part.segments().len()).collect();
    let path = common_name(&paths);
    let mut captures = captures.into_iter();
    let capture = match (captures.next(), captures.len()) {
        (Some(only), 0) => only,
        (first, _) => {
            let all = first.into_iter().chain(captures).collect();
            let (capture, doubled) = Capture::joined(all)?;
            let first = paths.first().map_or_else(PathBuf::new, Clone::clone);
            for ((part, doubled), segments) in paths.iter().zip(doubled).zip(segments) {
                if doubled > 0 {
                    notes.push(format!(
                        "{}: {doubled} of {} in {} too: read once",
                        part.display(),
                        count(segments as u64, "segment"),
                        first.display()
                    ));
                }
            }
            capture
        }
    };
    let opened = Opened::Capture(capture);
    Ok(Input { path, opened })
}

/// The directory of segments that were given one by one; else the first name.
fn common_name(paths: &[PathBuf]) -> PathBuf {
    let first = paths.first().map_or_else(PathBuf::new, Clone::clone);
    let parent = first
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    match parent {
        Some(parent)
            if paths.iter().any(|path| *path != first)
                && paths
                    .iter()
                    .all(|path| path.parent() == Some(parent) && path.is_file()) =>
        {
            parent.to_path_buf()
        }
        _ => first,
    }
}

/// Leaves each file of Falco's once, also where a capture was imported from it.
fn files_once(inputs: Vec<Input>, notes: &mut Vec<String>) -> Vec<Input> {
    let mut out: Vec<(Option<BootId>, Input)> = Vec::new();
    for input in inputs {
        let id = identity(&input);
        let same = out
            .iter_mut()
            .find(|(other, first)| id.is_some() && *other == id && is_of_file(&input, first));
        let Some((_, first)) = same else {
            out.push((id, input));
            continue;
        };
        let Some(is_more) = tells_more(&input, first) else {
            out.push((id, input));
            continue;
        };
        let (kept, left) = if is_more {
            let left = std::mem::replace(first, input);
            (&first.path, left.path)
        } else {
            (&first.path, input.path)
        };
        notes.push(format!(
            "{} is {} once more: read once",
            left.display(),
            kept.display()
        ));
    }
    out.into_iter().map(|(_, input)| input).collect()
}

/// Leaves each log once: of one that is the beginning of another, as a copy that was made earlier is, the longer one.
pub(super) fn logs_once(logs: Vec<LogInput>, notes: &mut Vec<String>) -> Vec<LogInput> {
    // Only those that begin alike are compared whole.
    let mut out: Vec<(Option<Vec<u8>>, LogInput)> = Vec::new();
    for log in logs {
        let head = first_bytes(&log);
        let mut alike = out.iter_mut().filter(|(other, _)| *other == head);
        let is_longer =
            |first: &LogInput| compare(log.unpacked(), first.unpacked()).unwrap_or(None);
        let found = alike.find_map(|(_, first)| Some((is_longer(first)?, first)));
        let Some((is_longer, first)) = found else {
            out.push((head, log));
            continue;
        };
        let left = if is_longer {
            std::mem::replace(first, log)
        } else {
            log
        };
        notes.push(format!(
            "{} is {} once more: read once",
            left.path.display(),
            first.path.display()
        ));
    }
    out.into_iter().map(|(_, log)| log).collect()
}

fn first_bytes(log: &LogInput) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = log
        .unpacked()
        .ok()?
        .take(HEAD_BYTES)
        .read_to_end(&mut bytes);
    read.ok().map(|_| bytes)
}

/// What names a capture: its boot, or the digest of the file's first bytes.
fn identity(input: &Input) -> Option<BootId> {
    match &input.opened {
        Opened::Capture(capture) => capture.header().map(|header| header.boot_id),
        Opened::Scap(file) => match file.items().next() {
            Some(Item::Segment(header)) => Some(header.boot_id),
            _ => None,
        },
    }
}

/// Leaves out exports whose whole recording was given too, and tells where events count twice that cannot be told apart.
fn exports_once(inputs: Vec<Input>, notes: &mut Vec<String>) -> Result<Vec<Input>, InputError> {
    let mut out: Vec<Input> = Vec::new();
    let mut exports: Vec<(PathBuf, Vec<Origin>)> = Vec::new();
    if inputs.len() < 2 {
        return Ok(inputs);
    }
    let (files, mut captures): (Vec<_>, Vec<_>) = inputs
        .into_iter()
        .partition(|input| matches!(input.opened, Opened::Scap(_)));
    for input in files {
        let origins = match &input.opened {
            Opened::Scap(file) => file.origins(),
            Opened::Capture(_) => Ok(Vec::new()),
        };
        let origins = origins.map_err(|error| InputError::io(&input.path, error))?;
        let name = input.path.display();
        match recording_of(&origins, &captures) {
            Some((whole, Share::All)) => {
                let whole = whole.path.display();
                notes.push(format!("{name} is an export of {whole}: read once"));
                continue;
            }
            Some((part, _)) => {
                let part = part.path.display();
                notes.push(format!(
                    "{name} is an export of a recording of which {part} is a part: events of both count twice"
                ));
            }
            None => {
                let is_alike = |(_, theirs): &&(PathBuf, Vec<Origin>)| {
                    theirs
                        .iter()
                        .any(|their| origins.iter().any(|own| own.meets(their)))
                };
                if let Some((other, _)) = exports.iter().find(is_alike) {
                    let other = other.display();
                    notes.push(format!(
                        "{name} and {other} are exports of one recording: events of both count twice"
                    ));
                }
            }
        }
        exports.push((input.path.clone(), origins));
        out.push(input);
    }
    captures.append(&mut out);
    Ok(captures)
}

/// The capture that an export was made from, or one that shares segments with it, and how much of it that holds.
fn recording_of<'i>(origins: &[Origin], captures: &'i [Input]) -> Option<(&'i Input, Share)> {
    let shares = |input: &Input| -> Vec<Share> {
        let capture = input.capture();
        let shares = origins
            .iter()
            .filter_map(|origin| Some(origin.share_in(capture?)));
        shares.collect()
    };
    // Each of several recordings may be another capture.
    let is_whole = !origins.is_empty()
        && origins.iter().all(|origin| {
            let mut held = captures.iter().filter_map(Input::capture);
            held.any(|capture| origin.share_in(capture) == Share::All)
        });
    let mut own = captures
        .iter()
        .filter(|input| shares(input).iter().any(|share| *share != Share::Nothing));
    let first = own.next()?;
    Some((first, if is_whole { Share::All } else { Share::Some }))
}

fn is_of_file(left: &Input, right: &Input) -> bool {
    [left, right]
        .iter()
        .any(|input| matches!(input.opened, Opened::Scap(_)))
}

/// Of two inputs of one name, whether the second holds less than the first; `None` where they only begin alike.
fn tells_more(input: &Input, first: &Input) -> Option<bool> {
    if let (Opened::Scap(own), Opened::Scap(other)) = (&input.opened, &first.opened) {
        return compare(own.unpacked(), other.unpacked()).unwrap_or(None);
    }
    // An import and its file: they tell the same, unless one of them was cut.
    let events = |input: &Input| {
        let mut tally = Tally::default();
        input.items().for_each(|item| tally.item(&item));
        tally.events
    };
    Some(events(input) > events(first))
}

/// Whether the first file is longer than the second and begins as that one is; `None` where one is not the other's beginning.
fn compare<R: Read>(left: io::Result<R>, right: io::Result<R>) -> io::Result<Option<bool>> {
    const CHUNK: usize = 64 << 10;
    let (mut left, mut right) = (left?, right?);
    let (mut left_chunk, mut right_chunk) = (Vec::new(), Vec::new());
    loop {
        next_chunk(&mut left, &mut left_chunk, CHUNK)?;
        next_chunk(&mut right, &mut right_chunk, CHUNK)?;
        if left_chunk == right_chunk && !left_chunk.is_empty() {
            continue;
        }
        let is_prefix =
            left_chunk.starts_with(&right_chunk) || right_chunk.starts_with(&left_chunk);
        return Ok(is_prefix.then_some(left_chunk.len() > right_chunk.len()));
    }
}

fn next_chunk(stream: &mut impl Read, chunk: &mut Vec<u8>, bytes: usize) -> io::Result<()> {
    chunk.clear();
    stream.by_ref().take(bytes as u64).read_to_end(chunk)?;
    Ok(())
}

/// When the first event was; `None` where there is none.
pub(super) fn first_time(input: &Input) -> Option<UnixNanos> {
    let mut clock = ClockMap::new();
    input.items().find_map(|item| match item {
        Item::Clock(pairs) => {
            clock.add(&pairs);
            None
        }
        Item::Events(block) => Some(clock.realtime(block.first_time())),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn parts_of_a_directory_are_called_by_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let files = ["a", "b"].map(|name| directory.path().join(name));
        files
            .iter()
            .for_each(|file| std::fs::write(file, "").expect("written"));
        assert_eq!(common_name(&files), directory.path());
        assert_eq!(common_name(&files[..1]), files[0]);
        assert_eq!(common_name(&[]), Path::new(""));
    }
}

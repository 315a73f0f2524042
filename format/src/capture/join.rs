//! Captures that were given in parts: single segments, copies of a directory, a stream that was kept in a file.
//!
//! In: opened captures that share boots. Out: one capture in which every segment stands once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use hashbrown::HashMap;

use super::Capture;
use super::error::OpenError;
use super::segment::{Segment, of_bytes};
use crate::boot::BootId;
use crate::clock::UnixNanos;
use crate::layout::MAGIC;
use crate::mmap;
use crate::segment::Dialect;

/// Whether these first bytes of a file are those of a segment.
pub fn is_segment_start(head: &[u8]) -> bool {
    head.starts_with(&MAGIC)
}

impl Capture {
    /// A capture of one segment in a file that is open already and that nobody cuts, such as one without a name.
    pub fn from_file(name: &Path, file: &File) -> Result<Capture, OpenError> {
        let bytes = mmap::map(file).map_err(|source| OpenError::Io {
            path: name.to_path_buf(),
            source,
        })?;
        Capture::of(name, vec![vec![of_bytes(name, None, bytes)?]])
    }

    /// The boots that it holds segments of, each once.
    pub fn boots(&self) -> Vec<Boot> {
        let mut boots: Vec<_> = self.segments.iter().filter_map(Boot::of).collect();
        boots.sort();
        boots.dedup();
        boots
    }

    /// Whether both hold segments of one boot that were written to different directories, or two of one number that were begun at different times: then they are two recordings of the boot, and not parts of one.
    pub fn is_another_recording(&self, other: &Capture) -> bool {
        Recordings::of(self).are_others_than(&Recordings::of(other))
    }

    /// One capture of parts that share boots, and for each part how many of its segments another one before it holds too.
    ///
    /// A segment is there when all of its bytes are: of one that was copied while it was written, the longer copy stays.
    pub fn joined(parts: Vec<Capture>) -> Result<(Capture, Vec<usize>), OpenError> {
        let mut places: BTreeMap<Place, Joined> = BTreeMap::new();
        let mut doubled = Vec::with_capacity(parts.len());
        for (part, capture) in parts.into_iter().enumerate() {
            let boots: HashMap<usize, Boot> = capture
                .segments
                .iter()
                .filter_map(|segment| Some((segment.place, Boot::of(segment)?)))
                .collect();
            let mut count = 0;
            for segment in capture.segments {
                let place = match boots.get(&segment.place) {
                    Some(boot) => Place::OfBoot(boot.clone()),
                    None => Place::OfPart(part, segment.place),
                };
                count += usize::from(places.entry(place).or_default().is_known(segment));
            }
            doubled.push(count);
        }
        let mut places: Vec<_> = places.into_values().map(|place| place.segments).collect();
        let begun = |segment: &Segment| segment.header().map(|header| header.created_realtime);
        places.sort_by_key(|place| place.iter().filter_map(begun).min());
        Ok((Capture::of(Path::new("joined"), places)?, doubled))
    }
}

/// What tells the recordings of some parts from others of the same boots.
#[derive(Clone, Debug, Default)]
pub struct Recordings {
    /// The directories that segments of each boot were written to, where they name one: a set for each part, those that are alike once.
    directories: HashMap<Boot, Vec<BTreeSet<u64>>>,
    /// When the segment of each number was begun. Before version 1.1 nothing names the directory.
    begun: HashMap<(Boot, u64), BTreeSet<UnixNanos>>,
}

impl Recordings {
    /// Those of a capture.
    pub fn of(capture: &Capture) -> Recordings {
        let mut directories: HashMap<Boot, BTreeSet<u64>> = HashMap::new();
        let mut begun: HashMap<(Boot, u64), BTreeSet<UnixNanos>> = HashMap::new();
        for segment in &capture.segments {
            let Some((boot, header)) = Boot::of(segment).zip(segment.header()) else {
                continue;
            };
            if let Some(directory) = header.capture {
                directories
                    .entry(boot.clone())
                    .or_default()
                    .insert(directory);
            }
            let place = (boot, header.segment_number);
            begun
                .entry(place)
                .or_default()
                .insert(header.created_realtime);
        }
        let directories = directories.into_iter().map(|(boot, set)| (boot, vec![set]));
        Recordings {
            directories: directories.collect(),
            begun,
        }
    }

    /// Whether some part of the one is of another recording than some part of the other: see [`Capture::is_another_recording`]. It takes as long as the second has segments.
    pub fn are_others_than(&self, other: &Recordings) -> bool {
        let elsewhere = other.directories.iter().any(|(boot, sets)| {
            let own = self.directories.get(boot).into_iter().flatten();
            own.into_iter()
                .any(|own| sets.iter().any(|set| own.is_disjoint(set)))
        });
        let is_begun_anew = |(place, begun): (&(Boot, u64), &BTreeSet<UnixNanos>)| {
            let own = self.begun.get(place);
            own.is_some_and(|own| own.is_disjoint(begun))
        };
        elsewhere || other.begun.iter().any(is_begun_anew)
    }

    /// Takes those of further parts. It takes as long as these have segments.
    pub fn add(&mut self, other: Recordings) {
        for (boot, sets) in other.directories {
            let own = self.directories.entry(boot).or_default();
            for set in sets {
                if !own.contains(&set) {
                    own.push(set);
                }
            }
        }
        for (place, begun) in other.begun {
            self.begun.entry(place).or_default().extend(begun);
        }
    }
}

/// A boot of a node, in the words of the kernel or of Falco.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Boot {
    boot_id: BootId,
    node: String,
    is_falcos: bool,
}

impl Boot {
    /// The boot of a segment, unless it stands where it does not belong.
    fn of(segment: &Segment) -> Option<Boot> {
        let header = segment.header().filter(|_| !segment.is_passed_over())?;
        Some(Boot {
            boot_id: header.boot_id,
            node: header.node.clone(),
            is_falcos: header.dialect == Dialect::Falco,
        })
    }
}

/// The segments of a place, each once.
#[derive(Default)]
struct Joined {
    segments: Vec<Segment>,
    /// Where those of a number stand.
    by_number: HashMap<Option<u64>, Vec<usize>>,
}

impl Joined {
    /// Takes a segment that is not there yet. Returns whether it was.
    fn is_known(&mut self, segment: Segment) -> bool {
        let known = self.by_number.entry(segment.number()).or_default();
        for place in known.iter() {
            if let Some(own) = self.segments.get_mut(*place)
                && is_same(own, &segment)
            {
                if segment.bytes() > own.bytes() {
                    *own = segment;
                }
                return true;
            }
        }
        known.push(self.segments.len());
        self.segments.push(segment);
        false
    }
}

/// What belongs together of all parts: the segments of a boot, or of a directory of which no header can be read.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    OfBoot(Boot),
    OfPart(usize, usize),
}

/// Whether one is the other, or its beginning. What cannot be read is nothing's copy.
fn is_same(left: &Segment, right: &Segment) -> bool {
    let bytes = [left.bytes.as_slice(), right.bytes.as_slice()];
    let length = left.bytes().min(right.bytes()) as usize;
    let [left_start, right_start] = bytes.map(|bytes| bytes.get(..length));
    left.number().is_some()
        && left.number() == right.number()
        && length > 0
        && left_start == right_start
}

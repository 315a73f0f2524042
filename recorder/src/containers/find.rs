//! Containers in the stream: the cgroup paths of frames that say where a task is.
//!
//! Frames in, each new path out once. It runs on the thread that drains, so all it does for most frames is to compare a number.
//! A task comes into a container by a move, which is an event, or is born there; whoever is born there and does anything of note is seen when it executes a program.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use falco_abi::events::{cgroup_attach_task, execve, procexit};
use falco_abi::view::FrameView;

/// How many paths are remembered. When there are more, all are forgotten: some will be asked about again, which does no harm.
const PATHS_MAX: usize = 4096;
/// After this time a container that is entered again is asked about again: it may have been started anew, with another address.
pub(super) const REFRESH: Duration = Duration::from_secs(60);

/// Finds new paths.
#[derive(Debug, Default)]
pub(super) struct Finder {
    /// When each path was last handed out.
    paths: HashMap<Box<[u8]>, Instant>,
}

impl Finder {
    /// The cgroup's path that a frame tells, if it is one to ask about now.
    pub(super) fn look<'a>(
        &mut self,
        frame: &FrameView<'a>,
        now: impl FnOnce() -> Instant,
    ) -> Option<&'a [u8]> {
        let is_move = match frame.event_id() {
            cgroup_attach_task::EVENT => true,
            execve::EVENT => false,
            _ => return None,
        };
        let param = if is_move {
            cgroup_attach_task::path
        } else {
            execve::cgroup
        };
        let path = frame.value(param).filter(|path| path.len() > 1)?;
        let now = now();
        if let Some(last) = self.paths.get_mut(path) {
            let is_due = is_move && now.saturating_duration_since(*last) >= REFRESH;
            if is_due {
                *last = now;
            }
            return is_due.then_some(path);
        }
        if self.paths.len() >= PATHS_MAX {
            self.paths.clear();
        }
        self.paths.insert(path.into(), now);
        Some(path)
    }

    /// Forgets that a path was handed out: it could not be asked about.
    pub(super) fn forget(&mut self, path: &[u8]) {
        self.paths.remove(path);
    }
}

/// What the frame of an exec tells of who runs where.
pub(super) struct Exec<'a> {
    pub(super) cgroup: &'a [u8],
    pub(super) pid: u32,
    pub(super) parent: u32,
    pub(super) uid: u32,
    pub(super) mnt_ns: Option<u64>,
    /// Nanoseconds of `CLOCK_BOOTTIME`.
    pub(super) time: u64,
}

/// Who was moved, and to which cgroup.
pub(super) struct Moved<'a> {
    pub(super) cgroup: &'a [u8],
    pub(super) pid: u32,
    /// Nanoseconds of `CLOCK_BOOTTIME`.
    pub(super) time: u64,
}

/// A move between cgroups.
pub(super) fn moved<'a>(frame: &FrameView<'a>) -> Option<Moved<'a>> {
    if frame.event_id() != cgroup_attach_task::EVENT {
        return None;
    }
    Some(Moved {
        cgroup: frame.value(cgroup_attach_task::path)?,
        pid: frame.pid(),
        time: frame.time(),
    })
}

/// A process that has ended, told by its leader.
pub(super) fn ended(frame: &FrameView<'_>) -> Option<u32> {
    let is_end = frame.event_id() == procexit::EVENT && frame.pid() == frame.tid();
    is_end.then(|| frame.pid())
}

/// An exec that has succeeded.
pub(super) fn exec<'a>(frame: &FrameView<'a>) -> Option<Exec<'a>> {
    if frame.event_id() != execve::EVENT {
        return None;
    }
    // A failed one tells no cgroup. Integers take eight bytes in a frame.
    let number = |param| Some(u64::from_le_bytes(frame.value(param)?.try_into().ok()?));
    Some(Exec {
        cgroup: frame
            .value(execve::cgroup)
            .filter(|path| !path.is_empty())?,
        pid: frame.pid(),
        parent: u32::try_from(number(execve::ptid)?).ok()?,
        uid: u32::try_from(number(execve::uid)?).ok()?,
        mnt_ns: number(execve::mnt_ns),
        time: frame.time(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::known::Known;
    use super::super::{ContainerTracker, Containers};
    use super::*;
    use falco_abi::events::close;
    use falco_abi::{EventId, FrameHeader, ParamStatus, view};
    use std::sync::Arc;
    use std::sync::mpsc::sync_channel;

    fn frame(event: EventId, values: &[&[u8]]) -> Vec<u8> {
        let header = FrameHeader {
            event: event.0,
            ..FrameHeader::EMPTY
        };
        let present = values.iter().map(|bytes| (ParamStatus::Present, *bytes));
        let values: Vec<_> = present.collect();
        let mut frame = Vec::new();
        view::write(header, &values, |part| frame.extend_from_slice(part));
        frame
    }

    fn look<'a>(finder: &mut Finder, frame: &'a [u8], now: Instant) -> Option<&'a [u8]> {
        finder.look(&FrameView::new(frame).ok()?, || now)
    }

    fn exec(path: &[u8]) -> Vec<u8> {
        let mut values = vec![&b"x"[..]; execve::cgroup];
        values.push(path);
        frame(execve::EVENT, &values)
    }

    #[test]
    fn each_path_comes_once() {
        let mut finder = Finder::default();
        let now = Instant::now();
        let moved = frame(cgroup_attach_task::EVENT, &[&[4; 8], b"/docker/a", &[1; 8]]);
        assert_eq!(look(&mut finder, &moved, now), Some(&b"/docker/a"[..]));
        assert_eq!(look(&mut finder, &moved, now), None);
        assert_eq!(look(&mut finder, &exec(b"/docker/a"), now), None);
        assert_eq!(
            look(&mut finder, &exec(b"/docker/b"), now),
            Some(&b"/docker/b"[..])
        );
        assert_eq!(look(&mut finder, &exec(b"/"), now), None);
        assert_eq!(
            look(&mut finder, &frame(close::EVENT, &[b"/docker/c"]), now),
            None
        );
        let later = now + REFRESH;
        assert_eq!(look(&mut finder, &exec(b"/docker/a"), later), None);
        assert_eq!(look(&mut finder, &moved, later), Some(&b"/docker/a"[..]));
    }

    #[test]
    fn a_question_without_room_is_put_again() {
        let (questions, put) = sync_channel(1);
        let known = Arc::new(Known::default());
        let containers = Containers {
            questions,
            known,
            accounts: None,
        };
        let mut tracker = ContainerTracker {
            finder: Finder::default(),
            containers: containers.clone(),
            answers: sync_channel(1).1,
            watch: Default::default(),
            accounts_read: None,
            rest: Default::default(),
        };
        let path = |digit: &str| format!("/docker/{}", digit.repeat(64));
        let asked = || put.try_iter().map(|subject| subject.id).collect::<Vec<_>>();
        for digit in ["a", "b"] {
            tracker.look(&exec(path(digit).as_bytes()));
        }
        assert_eq!(asked(), ["a".repeat(12)]);
        assert_eq!(containers.counts().dropped, 1);
        for digit in ["a", "b"] {
            tracker.look(&exec(path(digit).as_bytes()));
        }
        assert_eq!(asked(), ["b".repeat(12)]);
    }

    #[test]
    fn broken_frames_tell_nothing() {
        let mut finder = Finder::default();
        let whole = frame(cgroup_attach_task::EVENT, &[&[4; 8], b"/docker/a"]);
        for length in 0..whole.len() {
            assert_eq!(look(&mut finder, &whole[..length], Instant::now()), None);
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut finder = Finder::default();
        for number in 0..3 * PATHS_MAX {
            let path = format!("/docker/{number}");
            look(&mut finder, &exec(path.as_bytes()), Instant::now());
            assert!(finder.paths.len() <= PATHS_MAX);
        }
    }
}

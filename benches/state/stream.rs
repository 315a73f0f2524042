//! A stream of transitions: generated from a seed, or taken from a capture.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use falco_abi::events::{close, dup2, execve, openat, procexit, procfork};
use falco_format::{Capture, EventView, Item, Projection};

/// What a descriptor stands for: a number in place of a shared string, which every design would hold alike.
pub(crate) type Name = u32;

/// One transition of the state.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// `shares` the table, or copies it.
    Fork {
        parent: u32,
        child: u32,
        shares: bool,
    },
    /// Parts from a shared table.
    Exec {
        tid: u32,
        program: Name,
    },
    Exit {
        tid: u32,
    },
    Open {
        tid: u32,
        fd: i32,
        name: Name,
    },
    Close {
        tid: u32,
        fd: i32,
    },
    Dup {
        tid: u32,
        from: i32,
        to: i32,
    },
}

impl Event {
    /// Which descriptor a rule would ask for.
    pub(crate) fn subject(&self) -> (u32, i32) {
        match *self {
            Event::Fork { child, .. } => (child, 1),
            Event::Exec { tid, .. } | Event::Exit { tid } => (tid, 1),
            Event::Open { tid, fd, .. } | Event::Close { tid, fd } => (tid, fd),
            Event::Dup { tid, to, .. } => (tid, to),
        }
    }
}

/// Events of the generated stream.
const EVENTS: usize = 2_000_000;
/// Processes that live on the generated node.
const PROCESSES: u32 = 2_000;
/// Descriptors that a process of it has.
const FDS: u64 = 24;

/// A busy node: long-lived processes that open and close, and short ones that are born, exec, open a few files and end.
pub(crate) fn generated() -> Vec<Event> {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = move |count: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 11) % count
    };
    let mut events = Vec::with_capacity(EVENTS);
    let mut live: Vec<u32> = vec![1];
    let mut next = 2;
    while events.len() < EVENTS {
        let tid = live[below(live.len() as u64) as usize];
        let fd = below(FDS) as i32;
        match below(100) {
            0..=3 if live.len() < PROCESSES as usize => {
                let shares = below(8) == 0;
                events.push(Event::Fork {
                    parent: tid,
                    child: next,
                    shares,
                });
                let name = below(500) as Name;
                if !shares {
                    events.push(Event::Exec {
                        tid: next,
                        program: name,
                    });
                }
                live.push(next);
                next += 1;
            }
            0..=7 if live.len() > PROCESSES as usize / 2 => {
                live.retain(|other| *other != tid);
                events.push(Event::Exit { tid });
            }
            8..=12 => events.push(Event::Dup {
                tid,
                from: fd,
                to: below(FDS) as i32,
            }),
            13..=55 => events.push(Event::Close { tid, fd }),
            _ => events.push(Event::Open {
                tid,
                fd,
                name: 1 + below(100_000) as Name,
            }),
        }
    }
    events
}

/// The transitions of a capture, those of a kind that the prototypes know.
pub(crate) fn of_capture(path: &Path) -> Result<Vec<Event>> {
    let capture = Capture::open(path).context("the capture opens")?;
    let mut names = BTreeMap::new();
    let mut events = Vec::new();
    for item in capture.items() {
        if let Item::Events(block) = item {
            for view in block.decode(&Projection::all())?.iter() {
                events.extend(event(&view, &mut names));
            }
        }
    }
    Ok(events)
}

fn event(view: &EventView<'_>, names: &mut BTreeMap<Vec<u8>, Name>) -> Option<Event> {
    const CLONE_FILES: u64 = 0x400;
    let tid = view.meta().tid.0;
    let number = |param: usize| view.int(param).and_then(|value| i32::try_from(value).ok());
    let mut name = |param: usize| {
        let next = names.len() as Name + 1;
        *names
            .entry(view.bytes(param).unwrap_or_default().to_vec())
            .or_insert(next)
    };
    Some(match view.event() {
        procfork::EVENT => Event::Fork {
            parent: u32::try_from(number(procfork::parent_tid)?).ok()?,
            child: tid,
            shares: view.uint(procfork::flags)? & CLONE_FILES != 0,
        },
        execve::EVENT => Event::Exec {
            tid,
            program: name(execve::filename),
        },
        procexit::EVENT => Event::Exit { tid },
        openat::EVENT => Event::Open {
            tid,
            fd: number(openat::fd).filter(|fd| *fd >= 0)?,
            name: name(openat::name),
        },
        close::EVENT => Event::Close {
            tid,
            fd: number(close::fd).filter(|fd| *fd >= 0)?,
        },
        dup2::EVENT => Event::Dup {
            tid,
            from: number(dup2::oldfd)?,
            to: number(dup2::res).filter(|fd| *fd >= 0)?,
        },
        _ => return None,
    })
}

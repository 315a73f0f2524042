//! Which events are recorded: the sets, names, categories and lanes of `--events`.
//!
//! Owns the little language and the answer to what a term means; the event table is `falco-abi`'s.
//! A list is read from left to right: a term adds its events, a term with `-` before it removes them, and a list that starts with `+` or `-` starts from `default`.

use std::collections::BTreeSet;

use falco_abi::events::{self, DEFAULT, EventDef, SNAPSHOT, STATE};
use falco_abi::{Category, EventId, Lane};
use thiserror::Error;

use crate::near::nearest;

/// Why a list of events could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SelectionError {
    /// No event, set, category or lane has this name.
    #[error("`{term}` is no event, set, category or lane{}", suggestion(.near.as_deref()))]
    Unknown {
        /// What stood there.
        term: String,
        /// The name that is most like it.
        near: Option<String>,
    },
    /// A term is empty.
    #[error("a term of the list is empty")]
    EmptyTerm,
}

fn suggestion(near: Option<&str>) -> String {
    match near {
        Some(name) => format!("; did you mean `{name}`?"),
        None => "; `falco-record events` lists them".to_owned(),
    }
}

/// The events to record, in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    events: BTreeSet<EventId>,
}

/// The named sets, each with what it means.
pub const SETS: &[(&str, &str)] = &[
    (
        "default",
        "what rules usually need, and everything that state depends on",
    ),
    (
        "security",
        "what is recorded by default, without transfers of messages (lane:bulk), pipes, timers and waits",
    ),
    ("all", "every event, transfers and waits included"),
    ("none", "nothing; to start a list from"),
    (
        "state",
        "the events that threads, descriptors and containers are followed by",
    ),
];

impl Default for Selection {
    fn default() -> Self {
        Selection {
            events: recordable()
                .filter(|event| event.has(DEFAULT))
                .map(|event| event.id)
                .collect(),
        }
    }
}

impl Selection {
    /// Reads a list such as `default,-futex`, `+read,write` or `none,execve,net`.
    pub fn parse(text: &str) -> Result<Selection, SelectionError> {
        let mut selection = Selection {
            events: BTreeSet::new(),
        };
        for (place, term) in text.split(',').map(str::trim).enumerate() {
            let (removes, signed, name) = match term.as_bytes().first() {
                Some(b'-') => (true, true, &term[1..]),
                Some(b'+') => (false, true, &term[1..]),
                _ => (false, false, term),
            };
            if place == 0 && signed {
                selection = Selection::default();
            }
            for id in meaning(name)? {
                if removes {
                    selection.events.remove(&id);
                } else {
                    selection.events.insert(id);
                }
            }
        }
        Ok(selection)
    }

    /// The ids, ascending.
    pub fn ids(&self) -> impl Iterator<Item = EventId> {
        self.events.iter().copied()
    }

    /// Whether an event is among them.
    pub fn contains(&self, event: EventId) -> bool {
        self.events.contains(&event)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Names of the events that state depends on and that are not recorded: replay will know less.
    pub fn missing_for_state(&self) -> Vec<&'static str> {
        recordable()
            .filter(|event| event.has(STATE) && event.has(DEFAULT) && !self.contains(event.id))
            .map(|event| event.name)
            .collect()
    }
}

/// Every event that the probe can record: those with a syscall or a tracepoint, and the generic row.
pub fn recordable() -> impl Iterator<Item = &'static EventDef> {
    events::events().filter(|event| {
        !event.has(SNAPSHOT)
            && (!event.syscalls.is_empty()
                || event.tracepoint.is_some()
                || event.id == falco_abi::syscalls::GENERIC)
    })
}

fn meaning(term: &str) -> Result<Vec<EventId>, SelectionError> {
    if term.is_empty() {
        return Err(SelectionError::EmptyTerm);
    }
    let ids = |keep: &dyn Fn(&EventDef) -> bool| -> Vec<EventId> {
        recordable()
            .filter(|event| keep(event))
            .map(|event| event.id)
            .collect()
    };
    match term {
        "default" => return Ok(ids(&|event| event.has(DEFAULT))),
        "all" => return Ok(ids(&|_| true)),
        "none" => return Ok(Vec::new()),
        "state" => return Ok(ids(&|event| event.has(STATE))),
        "security" => return Ok(ids(&is_of_security)),
        _ => {}
    }
    let found = ids(&|event| event.name == term || event.syscalls.contains(&term));
    if !found.is_empty() {
        return Ok(found);
    }
    // The names of lanes and categories overlap in `process` and `file`; a lane is asked for as `lane:file`.
    if let Some(lane) = term.strip_prefix("lane:") {
        if let Some(lane) = Lane::ALL.iter().find(|known| known.name() == lane) {
            return Ok(ids(&|event| event.lane == *lane));
        }
    } else if let Some(category) = category(term) {
        return Ok(ids(&|event| event.category == category));
    } else if term == Lane::Bulk.name() {
        return Ok(ids(&|event| event.lane == Lane::Bulk));
    }
    Err(SelectionError::Unknown {
        term: term.to_owned(),
        near: near(term),
    })
}

/// Whether an event matters by itself: it begins or ends something, changes what someone may do, or names what is reached for.
/// A host that moves many messages spends most of a default recording on the rest.
fn is_of_security(event: &EventDef) -> bool {
    let is_plumbing = matches!(
        event.category,
        Category::Ipc | Category::Time | Category::Wait | Category::Sleep
    );
    event.has(DEFAULT) && event.lane != Lane::Bulk && !is_plumbing
}

fn category(term: &str) -> Option<Category> {
    let mut known = Category::ALL
        .iter()
        .filter(|category| **category != Category::Internal);
    known
        .find(|category| category.name().eq_ignore_ascii_case(term))
        .copied()
}

/// The known name that a term may have meant.
fn near(term: &str) -> Option<String> {
    let lanes = Lane::ALL.iter().map(|lane| format!("lane:{}", lane.name()));
    let names = recordable().map(|event| event.name.to_owned());
    let sets = SETS.iter().map(|(name, _)| (*name).to_owned());
    let categories = Category::ALL
        .iter()
        .map(|category| category.name().to_owned());
    nearest(term, names.chain(sets).chain(categories).chain(lanes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&'static str> {
        let selection = Selection::parse(text).expect(text);
        selection
            .ids()
            .filter_map(events::event)
            .map(|event| event.name)
            .collect()
    }

    #[test]
    fn lists_are_read_from_left_to_right() {
        let check = |text, expected: &[&str]| assert_eq!(names(text), expected, "{text}");
        check("none", &[]);
        check("execve", &["execve"]);
        check("none,openat,close", &["openat", "close"]);
        check("openat, close ,-close", &["openat"]);
        check("none,pread64", &["pread"]);
        check("clone,-process", &[]);
    }

    #[test]
    fn a_sign_at_the_start_starts_from_the_default() {
        let all = names("all");
        let default = names("default");
        assert!(default.contains(&"openat") && !default.contains(&"read"));
        assert!(names("+read").contains(&"read") && names("+read").contains(&"openat"));
        assert!(!names("-openat").contains(&"openat") && names("-openat").contains(&"execve"));
        assert!(all.len() > default.len() && all.contains(&"syscall"));
        assert!(!all.contains(&"state_fd") && !all.contains(&"container"));
        assert_eq!(Selection::parse("default"), Ok(Selection::default()));
    }

    #[test]
    fn security_is_a_part_of_the_default_that_begins_changes_or_names() {
        let (security, default) = (names("security"), names("default"));
        assert!(security.iter().all(|name| default.contains(name)));
        for name in [
            "execve",
            "procfork",
            "procexit",
            "openat",
            "connect",
            "setuid",
            "ptrace",
            "mount",
            "dup2",
            "memfd_create",
            "bpf",
            "kill",
            "io_uring_setup",
            "close",
        ] {
            assert!(security.contains(&name), "{name}");
        }
        for name in [
            "sendto",
            "recvmsg",
            "pipe2",
            "epoll_create1",
            "timerfd_create",
        ] {
            assert!(
                default.contains(&name) && !security.contains(&name),
                "{name}"
            );
        }
    }

    #[test]
    fn lanes_and_categories() {
        assert!(names("lane:process").contains(&"procexit"));
        assert!(names("net").contains(&"connect"));
        assert!(names("io-read").contains(&"read"));
        assert!(names("bulk").contains(&"mmap"));
    }

    #[test]
    fn what_is_unknown_is_said_with_the_nearest_name() {
        let check = |text, near: Option<&str>| {
            let error = Selection::parse(text).expect_err(text);
            let SelectionError::Unknown { near: found, .. } = error else {
                panic!("{text}: {error}");
            };
            assert_eq!(found.as_deref(), near, "{text}");
        };
        check("exceve", Some("execve"));
        // Two letters that changed places are one edit.
        check("wirte", Some("write"));
        check("opena", Some("open"));
        check("defualt", Some("default"));
        check("securty", Some("security"));
        check("none,zzzzzzzzzz", None);
        check("lane:bul", Some("lane:bulk"));
        assert_eq!(
            Selection::parse("openat,,close"),
            Err(SelectionError::EmptyTerm)
        );
        assert_eq!(Selection::parse(""), Err(SelectionError::EmptyTerm));
    }

    #[test]
    fn what_state_misses_is_known() {
        assert!(Selection::default().missing_for_state().is_empty());
        assert!(
            Selection::parse("-close")
                .expect("a list")
                .missing_for_state()
                .contains(&"close")
        );
    }
}

//! Whether this host can record, what is missing, and what would be recorded.
//!
//! Asks the probe's loader and the system; prints nothing.

use std::fmt;
use std::path::Path;

use falco_abi::limits::{ARGV_MAX, PATH_MAX};
use serde::Serialize;

use crate::causes::with_sources;
use crate::containers::{self, error::harmless};
use crate::priority;
use crate::privilege::{self, SNAPSHOT_CAPABILITIES};
use crate::probe;
use crate::selection::{Selection, recordable};

/// The inode of the initial pid namespace, which the kernel has fixed.
const INITIAL_PID_NAMESPACE: &str = "pid:[4026531836]";

/// The longest line of the list of events, in characters.
const LINE_MAX: usize = 96;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    pub name: String,
    /// Whether it is as it should be.
    pub met: bool,
    /// Whether nothing can be recorded without it.
    pub required: bool,
    /// What was found.
    pub detail: String,
    /// What to do where it is not met.
    pub remedy: String,
}

/// What a recording without options holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// Names of the events.
    pub events: Vec<&'static str>,
    /// Bytes of I/O payload per call.
    pub payload_bytes: u16,
    /// Bytes of environment per program.
    pub environment_bytes: u16,
    /// Bytes of a path at most.
    pub path_bytes: u16,
    /// Bytes of a program's arguments at most.
    pub argument_bytes: u16,
}

/// What the doctor found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether this host can record.
    pub can_record: bool,
    /// Everything that was looked at.
    pub checks: Vec<Check>,
    /// What a recording without options holds.
    pub recorded_by_default: Recorded,
}

/// Looks at this host, and asks who answers of the container runtimes that are to be asked.
pub fn examine(runtimes: Option<&containers::Settings>) -> Report {
    let mut checks: Vec<Check> = probe::requirements()
        .into_iter()
        .map(|found| Check {
            name: found.name,
            met: found.met,
            required: true,
            detail: found.detail,
            remedy: found.remedy,
        })
        .collect();
    checks.push(whole_snapshot());
    checks.push(raised_priority());
    checks.push(pid_namespace());
    checks.extend(runtimes.into_iter().flat_map(container_runtimes));
    report(checks)
}

fn report(checks: Vec<Check>) -> Report {
    Report {
        can_record: checks.iter().all(|check| check.met || !check.required),
        checks,
        recorded_by_default: Recorded {
            events: Selection::default()
                .ids()
                .filter_map(falco_abi::events::event)
                .map(|event| event.name)
                .collect(),
            payload_bytes: 0,
            environment_bytes: 0,
            path_bytes: PATH_MAX,
            argument_bytes: ARGV_MAX,
        },
    }
}

/// Whether snapshots can be whole.
pub fn whole_snapshot() -> Check {
    let lacking = privilege::lacking(SNAPSHOT_CAPABILITIES);
    let met = lacking.is_empty();
    Check {
        name: "reading the state of all processes".to_owned(),
        met,
        required: false,
        detail: if met {
            "permitted".to_owned()
        } else {
            format!("lacks {}", lacking.join(" and "))
        },
        remedy: if met {
            String::new()
        } else {
            "run as root; without it snapshots have gaps".to_owned()
        },
    }
}

/// The name of the check of [`raised_priority`].
pub const RAISED_PRIORITY: &str = "raised priority";

/// Whether the recorder gets a processor where all are busy.
pub fn raised_priority() -> Check {
    let met = priority::is_permitted();
    Check {
        name: RAISED_PRIORITY.to_owned(),
        met,
        required: false,
        detail: if met {
            format!(
                "draining, compressing and writing run at a niceness of -{}, and what they need is all that they take; `--priority` says otherwise",
                priority::DEFAULT.0
            )
        } else {
            "lacks CAP_SYS_NICE".to_owned()
        },
        remedy: if met {
            String::new()
        } else {
            "run as root; without it events are shed where all processors are busy".to_owned()
        },
    }
}

/// Who answers at the sockets that exist, or that the user named. Without any, containers are known by their ids and by what is on disk.
fn container_runtimes(settings: &containers::Settings) -> Vec<Check> {
    let check = |name: String, met, detail, remedy: &str| Check {
        name,
        met,
        required: false,
        detail,
        remedy: remedy.to_owned(),
    };
    let mut checks: Vec<Check> = settings
        .sockets
        .iter()
        .filter(|(interface, socket)| {
            let usual = containers::runtimes::default_sockets(*interface);
            socket.exists() || !usual.iter().any(|usual| socket == Path::new(usual))
        })
        .map(|(interface, socket)| {
            let name = format!("{} at {}", interface.name(), socket.display());
            match interface.version(socket) {
                Ok(version) => check(name, true, format!("{} answers", harmless(&version)), ""),
                Err(error) => check(
                    name,
                    false,
                    harmless(&with_sources(&error)),
                    "containers that only this runtime knows will have no names and images",
                ),
            }
        })
        .collect();
    if checks.is_empty() {
        let detail = "none listens at the sockets that are asked";
        checks.push(check(
            "container runtimes".to_owned(),
            true,
            detail.to_owned(),
            "",
        ));
    }
    checks
}

/// Whether this process sees the host's processes by the numbers that the kernel gives them.
pub fn pid_namespace() -> Check {
    let link = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let met = link.as_os_str() == INITIAL_PID_NAMESPACE;
    Check {
        name: "initial pid namespace".to_owned(),
        met,
        required: false,
        detail: link.display().to_string(),
        remedy: if met {
            String::new()
        } else {
            "start the recorder with the host's pid namespace; in another one it does not see the host's processes as they were before".to_owned()
        },
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for check in &self.checks {
            writeln!(f, "{check}")?;
        }
        writeln!(f, "\n{}", self.recorded_by_default)?;
        let verdict = if self.can_record {
            "this host can record"
        } else {
            "this host cannot record"
        };
        write!(f, "\n{verdict}")
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match (self.met, self.required) {
            (true, _) => "ok     ",
            (false, true) => "MISSING",
            (false, false) => "warning",
        };
        write!(f, "{mark}  {}: {}", self.name, self.detail)?;
        if !self.remedy.is_empty() {
            write!(f, "\n         {}", self.remedy)?;
        }
        Ok(())
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, all) = (self.events.len(), recordable().count());
        writeln!(f, "recorded by default: {count} of {all} events")?;
        let mut line = String::from(" ");
        for name in &self.events {
            if line.len() + name.len() > LINE_MAX {
                writeln!(f, "{line}")?;
                line = String::from(" ");
            }
            line.push(' ');
            line.push_str(name);
        }
        writeln!(f, "{line}")?;
        let (path, arguments) = (self.path_bytes, self.argument_bytes);
        writeln!(
            f,
            "with paths up to {path} and arguments of programs up to {arguments} bytes,"
        )?;
        writeln!(
            f,
            "without I/O payloads (--payload adds them) and environments (--env adds them),"
        )?;
        write!(f, "in files that only their owner may read")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(met: bool, required: bool) -> Check {
        Check {
            name: "x".into(),
            met,
            required,
            detail: "found".into(),
            remedy: if met { String::new() } else { "do this".into() },
        }
    }

    #[test]
    fn only_what_is_required_prevents_recording() {
        assert!(report(vec![check(true, true), check(false, false)]).can_record);
        assert!(!report(vec![check(false, true)]).can_record);
    }

    #[test]
    fn what_is_missing_is_said_with_its_remedy() {
        let text = report(vec![check(false, true), check(true, true)]).to_string();
        assert!(
            text.contains("MISSING  x: found\n         do this\nok       x: found\n"),
            "{text}"
        );
        assert!(text.ends_with("this host cannot record"), "{text}");
    }

    #[test]
    fn a_socket_that_the_user_named_is_told_of_though_nobody_listens() {
        let mut settings = containers::Settings {
            sockets: vec![(containers::Interface::Cri, "/nowhere/cri.sock".into())],
            ..containers::Settings::default()
        };
        let [check] = &container_runtimes(&settings)[..] else {
            panic!("not one check");
        };
        assert_eq!(check.name, "CRI at /nowhere/cri.sock");
        assert!(!check.met && !check.required);
        settings.sockets.clear();
        assert!(container_runtimes(&settings).iter().all(|check| check.met));
    }

    #[test]
    fn the_default_is_private() {
        let recorded = report(Vec::new()).recorded_by_default;
        assert_eq!((recorded.payload_bytes, recorded.environment_bytes), (0, 0));
        assert!(recorded.events.contains(&"execve") && !recorded.events.contains(&"read"));
    }
}

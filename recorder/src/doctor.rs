//! Whether this host can record, what is missing, and what would be recorded.
//!
//! Asks the probe's loader and the system; prints nothing.

use std::fmt;

use falco_abi::limits::{ARGV_MAX, PATH_MAX};
use serde::Serialize;

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

/// Looks at this host.
pub fn examine() -> Report {
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
    checks.push(pid_namespace());
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

fn whole_snapshot() -> Check {
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
    fn the_default_is_private() {
        let recorded = report(Vec::new()).recorded_by_default;
        assert_eq!((recorded.payload_bytes, recorded.environment_bytes), (0, 0));
        assert!(recorded.events.contains(&"execve") && !recorded.events.contains(&"read"));
    }
}

//! Attributes of processes, users and containers.
//!
//! In: an event, and whose attributes are asked for. Out: values.

use super::event::{Event, F};
use super::files;
use super::value::{Value, int, milliseconds, text};

/// Which process is meant.
pub(super) type Role = u8;
/// Who does it.
pub(super) const ACTOR: Role = 0;
/// To whom it is done; the process of the event.
pub(super) const TARGET: Role = 1;
/// The parent of the event's process.
pub(super) const PARENT: Role = 2;

/// What `container_id` is outside containers.
const HOST: &str = "host";
/// What is added to the number of a signal that ended a process, as shells do.
const SIGNALLED: i64 = 128;

/// Whether the event's parent is meant: of what is launched, who launches.
fn is_parent(event: &Event<'_>, role: Role) -> bool {
    role == PARENT || role == ACTOR && event.is_launch() && event.failed() != Some(true)
}

/// Whether what is asked for is a program that was not started.
fn is_unborn(event: &Event<'_>, role: Role) -> bool {
    role == TARGET && event.is_launch() && event.failed() == Some(true)
}

fn pid_of(event: &Event<'_>, role: Role) -> Option<i64> {
    let field = if is_parent(event, role) {
        F::Ppid
    } else {
        F::Pid
    };
    event.int(field).filter(|pid| *pid > 0)
}

fn start_of(event: &Event<'_>, role: Role) -> Option<i64> {
    if is_parent(event, role) {
        event.beside.parent_start
    } else {
        event.beside.start
    }
}

pub(super) fn pid(event: &Event<'_>, role: Role) -> Value {
    int(pid_of(event, role))
}

/// Every process has one, so that a record is of somebody even where nothing else is known.
pub(super) fn uid(event: &Event<'_>, role: Role) -> Value {
    let boot = event.text(F::BootId).unwrap_or("import");
    let named = match pid_of(event, role) {
        Some(pid) => format!("{boot}-{pid}-{}", start_of(event, role).unwrap_or(0)),
        None => format!("{boot}-thread-{}", event.int(F::Tid).unwrap_or(0)),
    };
    Value::Text(named)
}

pub(super) fn tid(event: &Event<'_>, role: Role) -> Value {
    let tid = event.int(F::Tid).filter(|_| !is_parent(event, role));
    int(tid.filter(|tid| *tid > 0))
}

pub(super) fn name(event: &Event<'_>, role: Role) -> Value {
    if is_unborn(event, role) {
        return text(exe_of(event, role).map(|path| files::name(Some(path))));
    }
    text(event.text(if is_parent(event, role) {
        F::ParentName
    } else {
        F::Name
    }))
}

pub(super) fn cmd_line(event: &Event<'_>, role: Role) -> Value {
    if is_unborn(event, role) {
        return Value::Null;
    }
    text(event.text(if is_parent(event, role) {
        F::ParentCmdLine
    } else {
        F::CmdLine
    }))
}

pub(super) fn created(event: &Event<'_>, role: Role) -> Value {
    milliseconds(start_of(event, role))
}

pub(super) fn cwd(event: &Event<'_>, role: Role) -> Value {
    text(event.text(F::Cwd).filter(|_| !is_parent(event, role)))
}

fn exe_of(event: &Event<'_>, role: Role) -> Option<String> {
    if is_unborn(event, role) {
        let asked = event.argument("filename");
        let asked = asked.or_else(|| event.argument("pathname"));
        return asked.filter(|path| !path.is_empty());
    }
    let path = event.text(if is_parent(event, role) {
        F::ParentExePath
    } else {
        F::ExePath
    });
    path.map(ToOwned::to_owned)
}

pub(super) fn exe(event: &Event<'_>, role: Role) -> Value {
    text(exe_of(event, role))
}

pub(super) fn exe_name(event: &Event<'_>, role: Role) -> Value {
    text(exe_of(event, role).map(|path| files::name(Some(path))))
}

pub(super) fn exe_type(event: &Event<'_>, role: Role) -> Value {
    let kind = i64::from(!is_unborn(event, role));
    int(exe_of(event, role).map(|_| kind))
}

/// The value of a process's parent; none where the process is the parent itself.
pub(super) fn parent_of(event: &Event<'_>, role: Role, of: fn(&Event<'_>, Role) -> Value) -> Value {
    // A parent that nobody knows has no name either, and a number must be there.
    if is_parent(event, role) || pid_of(event, PARENT).is_none() {
        return Value::Null;
    }
    of(event, PARENT)
}

pub(super) fn user(event: &Event<'_>) -> Value {
    text(event.int(F::Uid).map(|uid| uid.to_string()))
}

pub(super) fn user_name(event: &Event<'_>) -> Value {
    text(event.text(F::UserName))
}

pub(super) fn new_user(event: &Event<'_>) -> Value {
    let asked = event.beside.new_user.map(|uid| uid.to_string());
    asked.map_or_else(|| user(event), Value::Text)
}

pub(super) fn new_user_name(event: &Event<'_>) -> Value {
    match event.beside.new_user {
        Some(_) => Value::Null,
        None => user_name(event),
    }
}

/// The id of the event's container; none outside.
fn container_of<'a>(event: &Event<'a>) -> Option<&'a str> {
    event.text(F::ContainerId).filter(|id| *id != HOST)
}

/// A parent's container is not told: it may be another.
fn contained(event: &Event<'_>, role: Role) -> bool {
    container_of(event).is_some() && !is_parent(event, role)
}

pub(super) fn container(event: &Event<'_>, role: Role) -> Value {
    text(container_of(event).filter(|_| contained(event, role)))
}

pub(super) fn container_name(event: &Event<'_>, role: Role) -> Value {
    let name = event.text(F::ContainerName);
    text(name.filter(|_| contained(event, role)))
}

pub(super) fn image(event: &Event<'_>, role: Role) -> Value {
    let image = event.text(F::Image);
    text(image.filter(|_| contained(event, role)))
}

pub(super) fn image_uid(event: &Event<'_>, role: Role) -> Value {
    let uid = event.text(F::ImageId).or_else(|| event.text(F::Image));
    text(uid.filter(|_| contained(event, role)))
}

pub(super) fn exit_code(event: &Event<'_>) -> Value {
    if event.text(F::Type) != Some("procexit") {
        return Value::Null;
    }
    let number = |name| {
        let text = event.argument(name)?;
        let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
        let end = digits.find(|c: char| !c.is_ascii_digit());
        digits.get(..end.unwrap_or(digits.len()))?.parse().ok()
    };
    match (number("sig"), number("ret")) {
        (Some(signal @ 1..), _) => int(SIGNALLED.checked_add(signal)),
        (_, code) => int(code),
    }
}

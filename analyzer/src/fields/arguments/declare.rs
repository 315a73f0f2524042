//! Which arguments an event of ours shows: Falco's, derived from the rows of the event table.
//!
//! Most parameters are arguments as they stand. Some of Falco's arguments are parts of one of ours (`exe` and `args` of `argv`), and some of our parameters are for the state alone.

use std::sync::LazyLock;

use falco_abi::limits::EVENT_IDS;
use falco_abi::{EventDef, EventId, ParamDef, Role, events};
use falco_rules::FieldType;

use super::argument::{Argument, Fact, Part};
use super::falco;
use super::shown::shown_of;
use super::types::{directory, field_type};

static ARGUMENTS: LazyLock<Vec<Vec<Argument>>> = LazyLock::new(|| {
    let mut all = vec![Vec::new(); EVENT_IDS];
    for event in events() {
        if let Some(place) = all.get_mut(usize::from(event.id.0)) {
            *place = derive(event);
        }
    }
    all
});

/// The arguments of an event, in order.
pub(super) fn arguments(event: EventId) -> &'static [Argument] {
    ARGUMENTS
        .get(usize::from(event.0))
        .map_or(&[], Vec::as_slice)
}

/// The type of the argument of this name, where some event has it: that of the first such event in Falco's numbering, as Falco takes it.
pub(crate) fn parameter_type(name: &str) -> Option<FieldType> {
    let ours = ARGUMENTS.iter().flatten();
    let mut all = falco::all().chain(ours);
    all.find(|argument| argument.name == name)
        .map(|argument| argument.ty)
}

fn derive(event: &EventDef) -> Vec<Argument> {
    let mut arguments = Vec::new();
    // Calls without a row of their own print nothing, as in Falco.
    if event.id == events::syscall::EVENT {
        return arguments;
    }
    if let Some(shown) = shown_of(event.id) {
        return shown
            .iter()
            .filter_map(|shown| shown.argument(event))
            .collect();
    }
    for (index, param) in event.params.iter().enumerate() {
        if is_for_state_alone(event, param) {
            continue;
        }
        let whole = Argument {
            name: param.name,
            param: index,
            part: Part::Whole,
            ty: field_type(event, param),
            role: param.role,
            base: falco::base(event.id, param.name),
            directory: directory(event, index),
            words: &[],
        };
        push_parts(&mut arguments, event, whole);
    }
    // Our parameters are only ever appended to; what Falco has not comes behind what it has.
    arguments.sort_by_key(|argument| falco::position(event.id, argument.name));
    arguments
}

/// Adds an argument, or the arguments of Falco's that its parameter holds.
fn push_parts(arguments: &mut Vec<Argument>, event: &EventDef, whole: Argument) {
    let part = |name, part, ty| Argument {
        name,
        part,
        ty,
        role: Role::Plain,
        base: falco::base(event.id, name),
        ..whole
    };
    match (event.id, whole.name) {
        (_, "argv") => {
            arguments.push(part("exe", Part::FirstString, FieldType::Charbuf));
            arguments.push(part("args", Part::OtherStrings, FieldType::Bytebuf));
        }
        (events::procexit::EVENT, "status") => {
            arguments.push(whole);
            arguments.push(part("ret", Part::ExitCode, FieldType::Errno));
            arguments.push(Argument {
                role: Role::Signal,
                ..part("sig", Part::ExitSignal, FieldType::Sigtype)
            });
            arguments.push(part("core", Part::ExitCore, FieldType::Uint8));
            let reaper = Part::Fact(Fact::Reaper);
            arguments.push(part("reaper_tid", reaper, FieldType::Pid));
        }
        (events::socket::EVENT, "proto") => {
            arguments.push(whole);
            arguments.push(Argument {
                param: events::socket::r#type,
                ..part("flags", Part::SocketFlags, FieldType::Flags)
            });
        }
        (events::accept::EVENT | events::accept4::EVENT, "queuelen") => {
            if let Some(limit) = event.param("queuemax") {
                arguments.push(part("queuepct", Part::Percent(limit), FieldType::Uint8));
            }
            arguments.push(whole);
        }
        (events::creat::EVENT, "opened") => {
            arguments.push(part("creat_flags", Part::CreatFlags, FieldType::Flags));
        }
        (events::accept4::EVENT, "flags") => {
            arguments.push(part("flags", Part::SocketFlags, FieldType::Uint32));
        }
        (events::connect::EVENT, "tuple") => {
            arguments.push(Argument {
                part: Part::Connected,
                ..whole
            });
        }
        (events::getsockopt::EVENT | events::setsockopt::EVENT, "val") => {
            arguments.push(Argument {
                part: Part::OptionValue,
                ..whole
            });
        }
        (events::recvmsg::EVENT | events::readv::EVENT | events::preadv::EVENT, "res") => {
            arguments.push(whole);
            arguments.push(part("size", Part::Fact(Fact::Got), FieldType::Uint32));
        }
        (_, "opened") => {}
        (_, "flags") if whole.role == Role::OpenFlags => {
            let part = Part::OpenFlags(event.param("opened"));
            arguments.push(Argument { part, ..whole });
        }
        _ => arguments.push(whole),
    }
}

/// Parameters that tell the state what became of a thread, and that Falco has no argument for.
fn is_for_state_alone(event: &EventDef, param: &ParamDef) -> bool {
    let of_transfer = matches!(param.role, Role::Sockaddr)
        && !matches!(event.id, events::connect::EVENT | events::bind::EVENT);
    let of_call = match event.id {
        events::bind::EVENT | events::listen::EVENT => param.name == "tuple",
        events::accept::EVENT | events::accept4::EVENT => param.name == "listenfd",
        events::memfd_create::EVENT => matches!(param.name, "ino" | "dev"),
        events::setsid::EVENT => param.name == "sid",
        events::prctl::EVENT | events::procexit::EVENT => param.name == "comm",
        events::setns::EVENT | events::unshare::EVENT => param.name.ends_with("_ns"),
        _ => false,
    };
    let of_found = match param.role {
        Role::RealPath => event.id != events::open_by_handle_at::EVENT || param.name != "path",
        _ => matches!(param.name, "nlink" | "mnt_id" | "path_flags"),
    };
    of_transfer
        || of_call
        || of_found
        || param.name.starts_with("after_")
        || matches!(
            param.name,
            "parent_start" | "kernel_flags" | "threads_live" | "old_tid"
        )
}

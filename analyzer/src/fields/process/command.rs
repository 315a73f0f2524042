//! Names, paths, arguments and environments: of the process, its parent and all ancestors.

use falco_rules::{ArgumentKind, FieldArgument, FieldType, Value};

use crate::fields::declare::{self, Extract, Field, Whose, index, key};
use crate::fields::limits;
use crate::fields::{Basis, EventContext};
use crate::state::Thread;
use crate::state::facets::Facets;

use super::{
    Fact, NO_NAME, fact_exe, fact_exe_path, fact_name, of_ancestors, of_parent, own, unless_nobodys,
};

use FieldType::{Charbuf, Uint64};

/// A field of this file: what the thread or an ancestor runs.
const fn field(name: &'static str, ty: FieldType, extract: Extract, doc: &'static str) -> Field {
    declare::field(name, ty, extract, doc)
        .reads(Facets::ANCESTRY.and(Facets::PROGRAM))
        .of(Basis::Thread)
}

pub(super) const FIELDS: &[Field] = &[
    field("proc.exe", Charbuf, exe, "First argument of the command line."),
    field("proc.pexe", Charbuf, parent_exe, "First argument of the parent's command line.").of_parent(),
    field("proc.aexe", Charbuf, ancestor_exe, "First argument of an ancestor's command line; the parent is 1.").of_ancestors(),
    field("proc.exepath", Charbuf, exe_path, "Path of the executable as the kernel resolved it."),
    field("proc.pexepath", Charbuf, parent_exe_path, "Path of the parent's executable.").of_parent(),
    field("proc.aexepath", Charbuf, ancestor_exe_path, "Path of an ancestor's executable; the parent is 1.").of_ancestors(),
    field("proc.name", Charbuf, name, "Name of the process: the first 15 bytes of its program's file name.").limited_to(limits::program_name).unknown_is_na(),
    field("proc.pname", Charbuf, parent_name, "Name of the parent.").of_parent().limited_to(limits::program_name),
    field("proc.aname", Charbuf, ancestor_name, "Name of an ancestor; the parent is 1.").limited_to(limits::program_name).of_ancestors(),
    field("proc.args", Charbuf, args, "Arguments after the first, joined by blanks, or one of them by index.")
        .takes(ArgumentKind::IndexOptional),
    field("proc.aargs", Charbuf, ancestor_args, "Arguments of an ancestor; the parent is 1.").of_ancestors(),
    field("proc.cmdline", Charbuf, command_line, "Name and arguments.").unknown_is_na(),
    field("proc.pcmdline", Charbuf, parent_command_line, "Name and arguments of the parent.").of_parent(),
    field("proc.acmdline", Charbuf, ancestor_command_line, "Name and arguments of an ancestor; the parent is 1.").of_ancestors(),
    field("proc.cmdnargs", Uint64, args_count, "How many arguments there are after the first."),
    field("proc.cmdlenargs", Uint64, args_length, "Bytes of the arguments after the first, blanks not counted."),
    field("proc.exeline", Charbuf, exe_line, "The whole command line with its first argument."),
    field("proc.env", Charbuf, environment, "The environment, joined by blanks, or the value of one variable; empty unless recorded.")
        .takes(ArgumentKind::KeyOptional)
        .of(Basis::Process),
    field("proc.aenv", Charbuf, ancestor_environment, "The environment of an ancestor by index, or the nearest ancestor's value of a variable by name.")
        .takes(ArgumentKind::KeyOptional)
        .many(falco_rules::Multiplicity::Any)
        .whose(Whose::Ancestor)
        .of(Basis::Lineage)
        .printed_as(printed_ancestor_environment),
];

/// How far up an environment variable is searched, as in Falco.
const ENVIRONMENT_LEVELS: usize = 20;

fn fact_args<'e>(_: &'e EventContext<'_>, thread: &'e Thread) -> Value<'e> {
    Value::Str(&thread.program.args_joined)
}

fn fact_command_line<'e>(event: &'e EventContext<'_>, thread: &'e Thread) -> Value<'e> {
    if is_without_line(thread) {
        return Value::Str(NO_NAME);
    }
    event.composed(&line(thread.comm.as_deref(), thread))
}

fn fact_environment<'e>(event: &'e EventContext<'_>, thread: &'e Thread) -> Value<'e> {
    event.composed(&thread.program.env.joined::<Vec<u8>>())
}

/// Whether neither name nor arguments are known.
fn is_without_line(thread: &Thread) -> bool {
    thread.comm.is_none() && thread.program.args.is_empty()
}

/// A first word, a blank, and the arguments.
fn line(first: Option<&[u8]>, thread: &Thread) -> Vec<u8> {
    let mut text = first.unwrap_or(NO_NAME).to_vec();
    if !thread.program.args.is_empty() {
        text.push(b' ');
        text.extend_from_slice(&thread.program.args_joined);
    }
    text
}

fn exe<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    own(event, fact_exe, Value::Str(NO_NAME))
}

fn parent_exe<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    of_parent(event, fact_exe)
}

fn ancestor_exe<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    of_ancestors(event, argument, fact_exe)
}

fn exe_path<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    own(event, fact_exe_path, Value::Str(b""))
}

fn parent_exe_path<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    of_parent(event, fact_exe_path)
}

fn ancestor_exe_path<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    of_ancestors(event, argument, fact_exe_path)
}

fn name<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    own(event, fact_name, Value::Str(NO_NAME))
}

fn parent_name<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    of_parent(event, fact_name)
}

fn ancestor_name<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    of_ancestors(event, argument, fact_name)
}

fn args<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    match index(argument) {
        // One that there is not is empty.
        Some(place) => event.thread.map_or(Value::Absent, |thread| {
            let argument = thread.program.args.get(place);
            Value::Str(argument.unwrap_or_default())
        }),
        None => own(event, fact_args, Value::Str(b"")),
    }
}

fn ancestor_args<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    of_ancestors(event, argument, fact_args)
}

fn command_line<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let Some(thread) = event.thread.filter(|thread| !is_without_line(thread)) else {
        return unless_nobodys(event, Value::Str(NO_NAME));
    };
    let compose = || line(thread.comm.as_deref(), thread);
    event.once(|composed| &composed.command_line, compose)
}

fn parent_command_line<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let parent = event.leader().and_then(|leader| event.state.parent(leader));
    let Some(parent) = parent else {
        return Value::Absent;
    };
    if is_without_line(parent) {
        return Value::Str(NO_NAME);
    }
    let compose = || line(parent.comm.as_deref(), parent);
    event.once(|composed| &composed.parent_command_line, compose)
}

fn ancestor_command_line<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    of_ancestors(event, argument, fact_command_line)
}

fn args_count<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let fact: Fact = |_, thread| Value::Uint(thread.program.args.len() as u64);
    own(event, fact, Value::Uint(0))
}

fn args_length<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let fact: Fact = |_, thread| {
        let args = thread.program.args.iter();
        Value::Uint(args.map(|arg| arg.len()).sum::<usize>() as u64)
    };
    own(event, fact, Value::Uint(0))
}

fn exe_line<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    match event.thread {
        // As in Falco the blank is there whether or not arguments follow.
        Some(thread) => {
            let exe = thread.program.exe.as_deref().unwrap_or(NO_NAME);
            event.composed(&[exe, b" ", &thread.program.args_joined].concat())
        }
        None => unless_nobodys(event, Value::Str(NO_NAME)),
    }
}

/// The value of a variable.
fn variable<'e>(thread: &'e Thread, name: &str) -> Option<&'e [u8]> {
    let mut variables = thread.program.env.iter();
    variables.find_map(|text| text.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
}

/// What threads share is their leader's.
fn environment<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    if event.thread.is_none() {
        return unless_nobodys(event, Value::Str(b""));
    }
    let Some(leader) = event.leader() else {
        return Value::Str(b"");
    };
    match key(argument) {
        Some(name) => Value::Str(variable(leader, name).unwrap_or_default()),
        None => event.once(
            |composed| &composed.environment,
            || leader.program.env.joined(),
        ),
    }
}

/// Conditions without index or name ask every ancestor, but outputs print the process's own environment, as Falco does.
fn printed_ancestor_environment<'e>(
    event: &'e EventContext<'_>,
    argument: &FieldArgument,
) -> Value<'e> {
    match argument {
        FieldArgument::None => environment(event, argument),
        _ => ancestor_environment(event, argument),
    }
}

/// A variable that no ancestor has is empty, as one that the process has not.
fn ancestor_environment<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    match key(argument) {
        Some(name) if index(argument).is_none() => {
            let Some(leader) = event.leader() else {
                return Value::Absent;
            };
            let mut ancestors = event.state.ancestors(leader).take(ENVIRONMENT_LEVELS);
            let found = ancestors.find_map(|thread| variable(thread, name));
            Value::Str(found.unwrap_or_default())
        }
        _ => of_ancestors(event, argument, fact_environment),
    }
}

//! Every event of the table, as its arguments print.

use super::*;
use falco_rules::FieldType;

#[test]
fn falcos_arguments_derive_from_our_parameters() {
    let check = |event, expected: &str| {
        let event = falco_abi::event_by_name(event).expect("the event is in the table");
        let names: Vec<_> = arguments(event.id)
            .iter()
            .map(|argument| argument.name)
            .collect();
        assert_eq!(names.join(" "), expected, "{}", event.name);
    };
    check("openat", "fd dirfd name flags mode dev ino");
    check("creat", "fd name mode dev ino creat_flags");
    check("socket", "fd domain type proto flags");
    check("procexit", "status ret sig core reaper_tid");
    check("close", "res fd");
    check("syscall", "");
    check("setuid", "res uid");
}

#[test]
fn execs_show_argv_as_exe_and_args() {
    let event = falco_abi::event_by_name("execve").expect("the event is in the table");
    let list = arguments(event.id);
    let exe = list
        .iter()
        .find(|argument| argument.name == "exe")
        .expect("exe is an argument");
    let args = list
        .iter()
        .find(|argument| argument.name == "args")
        .expect("args is an argument");
    assert_eq!(exe.param, args.param);
    assert!(list.iter().all(|argument| argument.name != "argv"));
}

#[test]
fn a_relative_path_starts_at_the_descriptor_before_it() {
    let event = falco_abi::event_by_name("renameat2").expect("the event is in the table");
    let directory = |name: &str| {
        let argument = arguments(event.id)
            .iter()
            .find(|argument| argument.name == name);
        argument
            .and_then(|argument| argument.directory)
            .map(|param| event.params[param].name)
    };
    assert_eq!(directory("oldpath"), Some("olddirfd"));
    assert_eq!(directory("newpath"), Some("newdirfd"));
}

#[test]
fn types_are_falcos() {
    assert_eq!(parameter_type("flags"), Some(FieldType::Flags));
    assert_eq!(parameter_type("exe"), Some(FieldType::Charbuf));
    assert_eq!(parameter_type("args"), Some(FieldType::Bytebuf));
    assert_eq!(parameter_type("res"), Some(FieldType::Errno));
    assert_eq!(parameter_type("no_such_argument"), None);
}

//! Walks the event table and asserts what every reader relies on.

use std::collections::HashSet;

use falco_abi::limits::{EVENT_IDS, PARAMS_MAX, SYSCALL_PARAMS_MAX};
use falco_abi::plan::{Limits, Plan};
use falco_abi::{Abi, Source, events, syscalls};

#[test]
fn names_and_ids_are_unique_and_bounded() {
    let (mut names, mut ids) = (HashSet::new(), HashSet::new());
    for event in events() {
        assert!(names.insert(event.name), "{} stands twice", event.name);
        assert!(ids.insert(event.id), "id of {} stands twice", event.name);
        assert!(usize::from(event.id.0) < EVENT_IDS, "{}", event.name);
        assert!(event.params.len() <= PARAMS_MAX, "{}", event.name);
        assert!(!event.doc.is_empty(), "{}", event.name);
        let params: HashSet<_> = event.params.iter().map(|param| param.name).collect();
        assert_eq!(
            params.len(),
            event.params.len(),
            "a parameter of {} stands twice",
            event.name
        );
        assert!(
            params.iter().all(|name| !name.starts_with("r#")),
            "{}",
            event.name
        );
    }
}

#[test]
fn an_event_has_exactly_the_sources_its_places_of_capture_need() {
    for event in events() {
        let at_exit = event
            .params
            .iter()
            .any(|param| param.source != Source::None);
        let at_tracepoint = event
            .params
            .iter()
            .any(|param| param.tracepoint != Source::None);
        let generic = event.id == syscalls::GENERIC;
        assert_eq!(
            at_exit,
            !event.syscalls.is_empty() || generic,
            "{}",
            event.name
        );
        assert_eq!(at_tracepoint, event.tracepoint.is_some(), "{}", event.name);
        if at_exit {
            let plan = Plan::at_syscall_exit(event, Limits::default());
            assert!(
                usize::from(plan.steps_len) <= SYSCALL_PARAMS_MAX,
                "{}",
                event.name
            );
        }
    }
}

#[test]
fn every_syscall_name_of_the_table_is_a_syscall() {
    for name in events().flat_map(|event| event.syscalls) {
        let known = syscalls::syscalls().any(|(other, _)| other == *name);
        assert!(
            known || syscalls::SOCKETCALLS.contains(name),
            "{name} is no syscall"
        );
    }
}

#[test]
fn a_syscall_belongs_to_one_event() {
    let mut seen = HashSet::new();
    for name in events().flat_map(|event| event.syscalls) {
        assert!(seen.insert(name), "{name} belongs to two events");
    }
}

#[test]
fn numbers_lead_to_names_and_back() {
    let check = |abi, number, name: &str| {
        assert_eq!(syscalls::name(abi, number), Some(name));
        assert_eq!(syscalls::number(abi, name), Some(number));
    };
    check(Abi::X86_64, 257, "openat");
    check(Abi::X86_64, 3, "close");
    check(Abi::I386, 3, "read");
    check(Abi::I386, 6, "close");
    check(Abi::X32, 520, "execve");
    check(Abi::Aarch64, 56, "openat");
    assert_eq!(syscalls::number(Abi::Aarch64, "open"), None);
    assert_eq!(syscalls::name(Abi::X86_64, 100_000), None);
}

#[test]
fn names_are_sorted_for_the_binary_search() {
    let names: Vec<_> = syscalls::syscalls().map(|(name, _)| name).collect();
    assert!(names.is_sorted());
}

#[test]
fn the_numbers_of_this_machines_headers_are_all_known() {
    let headers = [
        (Abi::X86_64, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        (Abi::I386, "/usr/include/x86_64-linux-gnu/asm/unistd_32.h"),
    ];
    for (abi, path) in headers {
        let Ok(text) = std::fs::read_to_string(path) else {
            println!("skipped: {path} is not installed");
            continue;
        };
        for line in text.lines() {
            let mut words = line.split_whitespace().skip(1);
            let (Some(name), Some(number)) = (words.next(), words.next()) else {
                continue;
            };
            let (Some(name), Ok(number)) = (name.strip_prefix("__NR_"), number.parse()) else {
                continue;
            };
            assert_eq!(syscalls::number(abi, name), Some(number), "{name}");
            assert!(!syscalls::event_of(name).name.is_empty());
        }
    }
}

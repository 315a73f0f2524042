//! Our declarations against Falco's lists. Skipped, with a note, where those are not at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use falco_abi::events::{SNAPSHOT, events};
use falco_rules::{ArgumentKind, FieldType, Multiplicity, Schema as _};
use serde_json::Value as Json;

use crate::fields::{SCHEMA, UNSUPPORTED, event_type_by_name};

/// A file of Falco's reference data, if the environment names where it lies.
fn reference(file: &str) -> Option<String> {
    let Some(directory) = std::env::var_os("FALCO_REFERENCE") else {
        println!("skipped: FALCO_REFERENCE does not name Falco's reference data");
        return None;
    };
    let path = PathBuf::from(directory).join(file);
    Some(std::fs::read_to_string(&path).expect("the reference data is readable"))
}

pub(super) fn reference_fields() -> Option<Vec<Json>> {
    let document: Json = serde_json::from_str(&reference("fields.json")?).expect("JSON");
    let classes = document["fieldclasses"]
        .as_array()
        .expect("classes")
        .clone();
    Some(
        classes
            .iter()
            .flat_map(|class| class["fields"].as_array().expect("fields").clone())
            .collect(),
    )
}

/// Fields that Falco's own values are at hand for, one per line with where: columns of every event, filters over captures, single events of synthetic ones.
pub(super) fn fields_with_values(fields: &[Json]) -> String {
    const KEYED: [&str; 3] = ["evt.arg", "evt.rawarg", "evt.type.is"];
    let texts = [
        ("events", "truth/fields_columns.json"),
        ("filters", "truth/filters.jsonl"),
        ("synthetic", "conformance/semantic/semantic.jsonl"),
    ];
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (kind, file) in texts {
        let text = reference(file).unwrap_or_default();
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c);
        let words: BTreeSet<&str> = text.split(|c| !is_part(c)).collect();
        let is_asked = |name: &str| {
            let keyed = KEYED.contains(&name);
            let is_key = |word: &&str| {
                let rest = word.strip_prefix(name);
                keyed && rest.is_some_and(|rest| rest.starts_with('.'))
            };
            words.contains(name) || words.iter().any(is_key)
        };
        let listed = fields.iter().filter_map(|field| field["name"].as_str());
        for name in listed.chain(UNLISTED).filter(|name| is_asked(name)) {
            kinds.entry(name).or_default().push(kind);
        }
    }
    kinds.iter().fold(String::new(), |out, (name, kinds)| {
        out + name + " " + &kinds.join(", ") + "\n"
    })
}

/// Falco's name of a type.
pub(super) fn type_name(ty: FieldType) -> String {
    match ty {
        FieldType::Fspath | FieldType::Fsrelpath => "CHARBUF".to_owned(),
        other => format!("{other:?}").to_uppercase(),
    }
}

/// Fields that Falco takes and does not list.
pub(super) const UNLISTED: [&str; 7] = [
    "evt.count.procinfo",
    "evt.count.threadinfo",
    "evt.dir",
    "evt.latency",
    "evt.latency.ns",
    "evt.latency.quantized",
    "evt.latency.s",
];

/// Fields of ours, which no engine of Falco's takes: what the kernel opened and executed.
pub(super) const OURS: [&str; 12] = [
    "fd.inner_path",
    "fd.is_cut",
    "fd.is_deleted",
    "fd.is_unreachable",
    "fd.mount_id",
    "fd.nlink",
    "fd.real_path",
    "proc.exe_inner_path",
    "proc.exe_mount_id",
    "proc.exe_nlink",
    "proc.is_exe_deleted",
    "proc.is_exe_unreachable",
];

#[test]
fn every_field_of_falco_is_here_or_has_a_reason() {
    let Some(fields) = reference_fields() else {
        return;
    };
    let mut supported = 0;
    for field in &fields {
        let name = field["name"].as_str().expect("a name");
        let ours = SCHEMA.fields().iter().find(|def| def.name == name);
        let reason = UNSUPPORTED.iter().find(|other| other.name == name);
        assert!(
            ours.is_some() != reason.is_some(),
            "{name} is in neither list, or in both"
        );
        let Some(def) = ours else { continue };
        supported += 1;
        let ty = field["type"].as_str().expect("a type");
        if ty != "DYNAMIC" {
            assert_eq!(type_name(def.ty), ty, "{name}");
        }
        let is_list = field["is_list"].as_bool().expect("a flag");
        assert_eq!(def.multiplicity == Multiplicity::List, is_list, "{name}");
        let required = field["argument"]["required"].as_bool();
        let ours = match def.argument {
            ArgumentKind::None => None,
            ArgumentKind::IndexOptional | ArgumentKind::KeyOptional => Some(false),
            _ => Some(true),
        };
        // Falco's list calls this argument required, and its own rules leave it out.
        if name != "evt.abspath" {
            assert_eq!(ours, required, "{name}");
        }
    }
    println!(
        "{supported} of {} fields supported, {} not",
        fields.len(),
        UNSUPPORTED.len()
    );
    assert_eq!(
        supported + UNLISTED.len() + OURS.len(),
        SCHEMA.fields().len(),
        "fields of our own are listed"
    );
}

/// Falco's newest arguments of each event that ends a call or stands alone.
fn reference_arguments() -> Option<BTreeMap<String, Vec<String>>> {
    let table = reference("scap/ppm_table.tsv")?;
    let mut newest = BTreeMap::new();
    for line in table.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let (name, direction) = (columns[1], columns[2]);
        let arguments: Vec<String> = columns.get(6).map_or_else(Vec::new, |text| {
            let parts = text.split(';').filter(|part| !part.is_empty());
            parts
                .map(|part| part.split(':').next().expect("a name").to_owned())
                .collect()
        });
        if (direction == "<" || name == "procexit") && !arguments.is_empty() {
            newest.insert(name.to_owned(), arguments);
        }
    }
    Some(newest)
}

/// What Falco shows and no capture of ours holds, by event. Everything else must be the same, in the same order.
const NOT_RECORDED: &[(&str, &[&str])] = &[
    ("brk", &["vm_size", "vm_rss", "vm_swap"]),
    ("eventfd", &["flags"]),
    ("inotify_init", &["flags"]),
    ("mmap", &["vm_size", "vm_rss", "vm_swap"]),
    ("mmap2", &["vm_size", "vm_rss", "vm_swap"]),
    ("munmap", &["vm_size", "vm_rss", "vm_swap"]),
    ("pwritev", &["size"]),
    ("recvmmsg", &["size"]),
    ("sendmmsg", &["size"]),
    ("sendmsg", &["size"]),
    ("signalfd", &["mask", "flags"]),
    ("signalfd4", &["mask"]),
    ("writev", &["size"]),
];

#[test]
fn events_show_falcos_arguments_in_falcos_order() {
    let Some(newest) = reference_arguments() else {
        return;
    };
    let mut differences = Vec::new();
    // Calls without a row of their own show nothing, in Falco too.
    let shown = events().filter(|event| !event.has(SNAPSHOT) && event.name != "syscall");
    for event in shown {
        let Some(theirs) = newest.get(event.name) else {
            continue;
        };
        let missing = NOT_RECORDED.iter().find(|(name, _)| *name == event.name);
        let missing = missing.map_or(&[][..], |(_, names)| names);
        let expected: Vec<&str> = theirs
            .iter()
            .map(String::as_str)
            .filter(|name| !missing.contains(name))
            .collect();
        let ours = crate::fields::arguments::names(event.id);
        // What Falco has not comes behind what it has.
        if !ours.starts_with(&expected) {
            differences.push(format!(
                "{}: {} / {}",
                event.name,
                ours.join(" "),
                expected.join(" ")
            ));
        }
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

#[test]
fn every_event_name_of_falco_can_be_named() {
    let Some(table) = reference("scap/ppm_table.tsv") else {
        return;
    };
    let names = table.lines().filter_map(|line| line.split('\t').nth(1));
    let ours_alone = |name: &&str| event_type_by_name(name).is_none();
    let missing: Vec<&str> = names
        .filter(|name| *name != "NA" && !name.starts_with("task"))
        .filter(ours_alone)
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_stock_rules_load() {
    let mut loader = falco_rules::Loader::new(&SCHEMA);
    for name in [
        "falco_rules.yaml",
        "falco-incubating_rules.yaml",
        "falco-sandbox_rules.yaml",
    ] {
        let Some(text) = reference(&format!("rules/{name}")) else {
            return;
        };
        let report = loader.load(name, &text);
        let messages: Vec<String> = report
            .errors
            .iter()
            .map(|error| error.message.clone())
            .collect();
        assert!(messages.is_empty(), "{name}: {messages:#?}");
    }
    let rules = loader.finish().expect("no errors");
    assert_eq!(rules.rules().len(), 93);
}

//! Every event of every capture that Falco was asked about: number, time, type, direction, CPU and thread.

use falco_analyze::dialect::catalog::Direction;
use falco_analyze::dialect::{ENTER_SEEN, UNKNOWN_TYPE, falco_event};
use falco_analyze::scap::ScapFile;
use falco_format::{Item, Projection};

use super::reference::{directory, files, name_of, packed_text};

/// What a row tells beside its parameters, in the words of the reference data.
type Fact = (u64, String);

/// The events that rules see, with their numbers among all that count.
fn facts(file: &ScapFile) -> (Vec<Fact>, u64) {
    let (mut facts, mut number, mut is_leading) = (Vec::new(), 0, true);
    for item in file.items() {
        let block = match item {
            Item::Events(block) => block,
            Item::Damage(damage) => panic!("{damage}"),
            _ => continue,
        };
        let rows = block.decode(&Projection::all()).expect("rows");
        for view in rows.iter().filter(|view| view.event() != UNKNOWN_TYPE) {
            number += 1;
            let ty = falco_event(view.event()).expect("a type");
            // What a capture begins with tells of the state before it.
            is_leading &= matches!(ty.name, "useradded" | "groupadded" | "container");
            if ENTER_SEEN.contains(&ty.code) || is_leading {
                continue;
            }
            let direction = match ty.direction {
                Direction::Enter => '>',
                Direction::Exit => '<',
            };
            let meta = view.meta();
            let name = ty.name;
            let fact = format!(
                "{}\t{name}\t{direction}\t{}\t{}",
                meta.time,
                meta.cpu,
                meta.tid.0.cast_signed()
            );
            facts.push((number, fact));
        }
    }
    (facts, number)
}

/// The same columns of the reference data.
fn expected(text: &str) -> Vec<Fact> {
    text.lines()
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').take(6).collect();
            let (number, rest) = columns.split_first().expect("columns");
            (number.parse().expect("a number"), rest.join("\t"))
        })
        .collect()
}

fn with_type(fact: &str, name: &str) -> String {
    let mut columns: Vec<&str> = fact.split('\t').collect();
    columns[1] = name;
    columns.join("\t")
}

#[test]
fn events_are_those_that_falco_counts() {
    let Some(directory) = directory("events_are_those_that_falco_counts") else {
        return;
    };
    let mut compared = 0;
    for path in files(&directory.join("captures")) {
        let name = name_of(&path);
        let truth = directory.join(format!("truth/{name}.fields.tsv.gz"));
        let Some(text) = packed_text(&truth) else {
            continue;
        };
        let file = ScapFile::open(&path)
            .expect("opens")
            .expect("a file of Falco's");
        let (found, _) = facts(&file);
        let expected = expected(&text);
        assert_eq!(found.len(), expected.len(), "{name}");
        for (found, mut expected) in found.iter().zip(expected) {
            // A call without a type of its own goes by the call's name, which is the fields' matter.
            if found.1.contains("\tsyscall\t") {
                expected.1 = with_type(&expected.1, "syscall");
            }
            assert_eq!(*found, expected, "{name}");
        }
        compared += found.len();
    }
    assert!(compared > 0, "there is something to compare");
}

#[test]
fn every_synthetic_capture_is_whole() {
    let Some(directory) = directory("every_synthetic_capture_is_whole") else {
        return;
    };
    let files = files(&directory.join("conformance/semantic/scap"));
    assert!(!files.is_empty(), "there are captures");
    for path in files {
        let file = ScapFile::open(&path)
            .expect("opens")
            .expect("a file of Falco's");
        let (facts, count) = facts(&file);
        assert!(
            count > 0 && facts.len() as u64 <= count,
            "{}",
            path.display()
        );
    }
}

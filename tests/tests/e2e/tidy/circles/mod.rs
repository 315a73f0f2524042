//! No circles: files of a package do not name each other in a ring, so that each can be read, moved and tested without the others.
//!
//! ```text
//! tokens   what a file says of names
//! modules  the file in which a path ends: arrows
//! ```
//!
//! A module's file is the frame of the modules below it, and they may name what it defines; all other arrows count.
//! What closes a ring that is not open yet stands here with its reason, and one that closes none any more is a failure too.

mod modules;
mod tests;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};

use super::sources::rust_files;
use super::{Source, report};
use modules::Modules;

/// Arrows that close a ring: from, to, and why they are still there.
const CLOSING: &[(&str, &str, &str)] = &[
    (
        "analyzer/src/cli/args.rs",
        "analyzer/src/cli/output.rs",
        "commands know the writer of results by an older name",
    ),
    (
        "format/src/block/builder.rs",
        "format/src/block/encode.rs",
        "a builder also hands out blocks that are encoded already",
    ),
    (
        "format/src/block/head.rs",
        "format/src/block/decode.rs",
        "a block is asked for its rows, and has its head in the same file",
    ),
    (
        "format/src/block/head.rs",
        "format/src/block/memory.rs",
        "the same of a block in memory",
    ),
];

/// Files, and those that each names.
type Arrows = BTreeMap<String, BTreeSet<String>>;

/// The files that are reached from one.
fn reached<'a>(arrows: &'a Arrows, from: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next = vec![from];
    while let Some(at) = next.pop() {
        for to in arrows.get(at).into_iter().flatten() {
            if reached.insert(to.as_str()) {
                next.push(to);
            }
        }
    }
    reached
}

/// Files that reach each other, in groups of two and more.
fn rings(arrows: &Arrows) -> BTreeSet<Vec<&str>> {
    let reaches: BTreeMap<&str, BTreeSet<&str>> = arrows
        .keys()
        .map(|file| (file.as_str(), reached(arrows, file)))
        .collect();
    let mut rings = BTreeSet::new();
    for (file, all) in &reaches {
        let returns = |other: &&&str| reaches.get(**other).is_some_and(|all| all.contains(file));
        let ring: Vec<&str> = all.iter().filter(returns).copied().collect();
        if ring.len() > 1 {
            rings.insert(ring);
        }
    }
    rings
}

/// A ring with the arrows inside it.
fn told(ring: &[&str], arrows: &Arrows) -> String {
    let lines = ring.iter().flat_map(|from| {
        let ends = arrows.get(*from).into_iter().flatten();
        let inside = ends.filter(|to| ring.contains(&to.as_str()));
        inside.map(move |to| format!("\n    {from} -> {to}"))
    });
    format!("{} files:{}", ring.len(), lines.collect::<String>())
}

/// The files from which the compiler begins.
fn is_root(path: &str) -> bool {
    match path.split_once("src/").map(|(_, below)| below) {
        Some("lib.rs" | "main.rs") => true,
        Some(below) => below.strip_prefix("bin/").is_some_and(|name| {
            name.matches('/').count() == usize::from(name.ends_with("/main.rs"))
        }),
        None => false,
    }
}

/// All arrows of all packages.
fn arrows_of(files: &[Source]) -> Arrows {
    let texts = files.iter().map(|file| (file.path.as_str(), file.text()));
    let texts: BTreeMap<&str, &str> = texts.collect();
    let mut all = Arrows::new();
    for root in texts.keys().filter(|path| is_root(path)) {
        let modules = Modules::read(root, &texts).unwrap_or_else(|error| panic!("{error}"));
        for (from, ends) in modules.arrows() {
            let known = all.entry(from.to_owned()).or_default();
            known.extend(ends.into_iter().map(str::to_owned));
        }
    }
    all
}

#[test]
fn files_do_not_stand_in_circles() {
    let mut arrows = arrows_of(&rust_files());
    let mut complaints = Vec::new();
    let mut known = Vec::new();
    for (from, to, _) in CLOSING {
        match arrows.get_mut(*from).is_some_and(|ends| ends.remove(*to)) {
            true => known.push((from, to)),
            false => complaints.push(format!("{from} -> {to}: is not there any more")),
        }
    }
    for (from, to) in known {
        if !reached(&arrows, to).contains(from) {
            complaints.push(format!("{from} -> {to}: closes no ring any more"));
        }
    }
    let rings = rings(&arrows);
    complaints.extend(rings.iter().map(|ring| told(ring, &arrows)));
    report(
        "files do not name each other in circles; open the ring, or name what closes it in CLOSING with the reason",
        &complaints,
    );
}

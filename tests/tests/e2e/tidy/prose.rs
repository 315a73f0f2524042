//! Rules for pages: one sentence per line, links that lead somewhere, and a map that names every package.

use super::{files, report};
use crate::programs::root;

/// Words with a full stop that end no sentence.
const ABBREVIATIONS: [&str; 4] = ["e.g.", "i.e.", "etc.", "vs."];

/// A line's end of a sentence that is not its own end, if there is one.
fn second_sentence(line: &str) -> Option<&str> {
    let mut from = 0;
    while let Some(place) = line[from..].find(". ") {
        let after = from + place + 2;
        let before = &line[..after - 1];
        let abbreviated = ABBREVIATIONS.iter().any(|word| before.ends_with(word));
        let numbered = before
            .trim_start()
            .trim_end_matches('.')
            .bytes()
            .all(|byte| byte.is_ascii_digit());
        let begins = line[after..].chars().next().is_some_and(char::is_uppercase);
        if begins && !abbreviated && !numbered {
            return Some(&line[after..]);
        }
        from = after;
    }
    None
}

/// The lines of a page that are prose, with their numbers from 1.
fn prose(page: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (index, line) in page.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && !line.starts_with('|') && !line.starts_with("    ") {
            lines.push((index + 1, line));
        }
    }
    lines
}

#[test]
fn sentences_are_told_apart() {
    for (line, second) in [
        ("One sentence.", None),
        ("One. Two.", Some("Two.")),
        ("1. A numbered item.", None),
        ("Such words, e.g. Names, go on.", None),
        ("Version 1.2 is read.", None),
    ] {
        assert_eq!(second_sentence(line), second, "{line}");
    }
}

#[test]
fn pages_have_one_sentence_per_line() {
    let mut complaints = Vec::new();
    for file in files().iter().filter(|file| file.is("md")) {
        for (number, line) in prose(file.text()) {
            if let Some(second) = second_sentence(line) {
                complaints.push(format!("{}:{number}: {second}", file.path));
            }
        }
    }
    report("a page has one sentence per line", &complaints);
}

#[test]
fn links_lead_somewhere() {
    let mut complaints = Vec::new();
    for file in files().iter().filter(|file| file.is("md")) {
        let path = root().join(&file.path);
        let directory = path.parent().expect("a file is in a directory");
        for (number, line) in prose(file.text()) {
            for part in line.split("](").skip(1) {
                let target = part.split([')', '#']).next().unwrap_or_default();
                let elsewhere = target.is_empty() || target.contains("://");
                if !elsewhere && !directory.join(target).exists() {
                    complaints.push(format!("{}:{number}: {target}", file.path));
                }
            }
        }
    }
    report("a link leads to a file", &complaints);
}

#[test]
fn the_map_names_every_package() {
    let files = files();
    let page = files.iter().find(|file| file.path == "ARCHITECTURE.md");
    let page = page.expect("the map").text();
    let complaints: Vec<String> = files
        .iter()
        .filter_map(|file| file.path.strip_suffix("/Cargo.toml"))
        .filter(|package| !package.ends_with("/fuzz"))
        .filter(|package| !page.contains(&format!("| `{package}` |")))
        .map(str::to_owned)
        .collect();
    report("ARCHITECTURE.md has a row for every package", &complaints);
}

//! Whose words a capture is in is asked in one file of the fields: every other says by name what differs.

use std::fs;
use std::path::{Path, PathBuf};

/// The file that asks.
const SEAM: &str = "manner.rs";

/// How the dialect would be asked for.
const FORMS: [&str; 3] = ["is_falco()", ".dialect()", "Dialect::"];

/// Lines of a file that ask for the dialect, comments and unit tests aside.
fn askings(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let code = text.split("#[cfg(test)]\nmod tests {").next();
    let lines = (1..).zip(code.unwrap_or_default().lines());
    lines.filter(|(_, line)| {
        let is_code = !line.trim_start().starts_with("//");
        is_code && FORMS.iter().any(|form| line.contains(form))
    })
}

#[test]
fn the_dialect_is_asked_in_one_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/fields");
    let (mut complaints, mut files, mut in_seam) = (Vec::new(), 0, 0);
    let mut waiting: Vec<PathBuf> = vec![root.clone()];
    while let Some(place) = waiting.pop() {
        let name = place.strip_prefix(&root).expect("below the fields");
        let name = name.to_string_lossy().into_owned();
        if name == "tests" {
            continue;
        }
        if place.is_dir() {
            let entries = fs::read_dir(&place).expect("a folder of sources");
            waiting.extend(entries.map(|entry| entry.expect("an entry").path()));
            continue;
        }
        files += 1;
        let text = fs::read_to_string(&place).expect("a source");
        for (number, line) in askings(&text) {
            if name == SEAM {
                in_seam += 1;
            } else {
                complaints.push(format!("{name}:{number}: {}", line.trim()));
            }
        }
    }
    assert!(files > 40, "{files} files were read");
    assert_eq!(in_seam, 1, "a manner is made in one place");
    assert!(
        complaints.is_empty(),
        "give the difference a name in {SEAM}:\n{}",
        complaints.join("\n")
    );
}

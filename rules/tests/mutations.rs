//! Damaged rule files: whatever happens to their bytes, loading ends, says where the trouble is, and never panics.
//!
//! A fixed seed makes every run the same; `MUTATION_ROUNDS` asks for more of them.

mod schema;

use std::path::Path;

use falco_rules::{
    BoundField, Event, EventTypeId, Loader, RuleMatching, Schema, Value, load_results_to_json,
    render, to_github_annotations, to_sarif,
};
use schema::TestSchema;

/// A small generator of numbers (xorshift), so that runs repeat.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (limit.max(1) as u64)).unwrap_or(0)
    }
}

/// Pieces that mean something in rule files.
const PIECES: &[&str] = &[
    "(",
    ")",
    "'",
    "\"",
    "\\",
    ",",
    "=",
    " and ",
    " or not",
    " in (",
    "%",
    "[",
    "]",
    "{",
    "}",
    "- ",
    ": ",
    ">",
    "|",
    "\n",
    "\n  ",
    "\t",
    "é",
    "\u{0}",
    "\u{feff}",
    "proc.name",
    "evt.type",
    "oneof (",
    "override:",
    "&a ",
    "*a",
    "---\n",
    "0x",
    "regex ",
    "val(",
    "join(",
    "#",
    "!!str ",
    "~",
];

fn mutate(text: &str, numbers: &mut Numbers) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=numbers.below(6) {
        let at = numbers.below(characters.len() + 1);
        match numbers.below(4) {
            0 => {
                let end = (at + numbers.below(12)).min(characters.len());
                characters.drain(at.min(end)..end);
            }
            1 => {
                let end = (at + numbers.below(40)).min(characters.len());
                let copy: Vec<_> = characters[at.min(end)..end].to_vec();
                let to = numbers.below(characters.len() + 1);
                characters.splice(to..to, copy);
            }
            _ => {
                let piece = PIECES[numbers.below(PIECES.len())];
                characters.splice(at..at, piece.chars());
            }
        }
    }
    characters.into_iter().collect()
}

/// The types of events that the schema has, by their numbers.
const TYPE_NAMES: [&str; 4] = ["open", "execve", "connect", "others"];

struct Fixed(u16);

impl Event for Fixed {
    fn event_type(&self) -> EventTypeId {
        EventTypeId(self.0)
    }

    fn extract<'e>(&'e self, field: &BoundField) -> Value<'e> {
        let schema = &TestSchema as &dyn Schema;
        if schema.fields()[usize::from(field.field.0)].name == "evt.type" {
            return Value::Str(TYPE_NAMES[usize::from(self.0)].as_bytes());
        }
        match field.slot % 4 {
            0 => Value::Str(b"bash"),
            1 => Value::Int(3),
            2 => Value::List(&[Value::Str(b""), Value::Str(b"/etc\0x")]),
            _ => Value::Absent,
        }
    }
}

fn check(text: &str) {
    let mut loader = Loader::new(&TestSchema);
    let report = loader.load("mutated.yaml", text);
    let mut all = report.errors.clone();
    all.extend(report.warnings.iter().cloned());
    all.extend(loader.lint(&[]));
    let rendered = render(&all, false) + &to_github_annotations(&all, &str::to_owned);
    assert_eq!(rendered.is_empty(), all.is_empty());
    let sarif = to_sarif(&all, ("test", "0"), &str::to_owned);
    assert!(sarif.is_object() && load_results_to_json(&[report]).is_object());
    if let Ok(rules) = loader.finish() {
        for event_type in 0..4 {
            let event = Fixed(event_type);
            for matching in [RuleMatching::First, RuleMatching::All] {
                let mut matches = Vec::new();
                rules.scanner(matching).scan(&event, &mut matches);
                assert_eq!(matches, rules.matches_plain(&event, matching), "{text}");
            }
        }
        let mut line = String::new();
        rules
            .rules()
            .iter()
            .for_each(|rule| rule.output.render(&Fixed(0), &mut line));
    }
}

#[test]
fn damaged_rule_files_never_panic() {
    let rounds = std::env::var("MUTATION_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(150);
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .expect("the fixtures are there")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    files.sort();
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    for file in files {
        let text = std::fs::read_to_string(&file).expect("the fixture can be read");
        for _ in 0..rounds {
            check(&mutate(&text, &mut numbers));
        }
    }
}

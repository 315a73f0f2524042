//! The table of scenarios in `corpus/README.md` says what lies there.

use std::fmt::Write as _;
use std::fs;

use super::acts;
use super::alerts;
use crate::programs::root;

/// Where the table begins and ends.
const BEGIN: &str = "<!-- scenarios -->\n";
const END: &str = "<!-- end of scenarios -->";

#[test]
fn the_page_tells_every_scenario() {
    let path = root().join("corpus/README.md");
    let page = fs::read_to_string(&path).expect("the page can be read");
    let (before, rest) = page.split_once(BEGIN).expect("the table begins");
    let (written, after) = rest.split_once(END).expect("the table ends");
    let table = table();
    if std::env::var_os("FALCO_BLESS").is_some() {
        let page = format!("{before}{BEGIN}{table}{END}{after}");
        fs::write(&path, page).expect("the page can be written");
    } else {
        assert_eq!(
            written, table,
            "README.md is not current; FALCO_BLESS=1 writes it"
        );
    }
}

fn table() -> String {
    let files = acts::all();
    let mut text = "| scenario | technique | rule | events | processes | bytes | alerts |\n|---|---|---|---|---|---|---|\n".to_owned();
    for judged in alerts::all() {
        let kept = &judged.kept;
        let folder = kept.name.split('/').next().unwrap_or_default();
        let acts = files.iter().find(|acts| acts.name == folder);
        let rule = acts.and_then(|acts| acts.rule.as_deref()).unwrap_or("–");
        let technique = acts
            .and_then(|acts| acts.technique.as_deref())
            .unwrap_or("–");
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            text,
            "| {} | {technique} | {rule} | {} | {} | {} | {} |",
            kept.name,
            judged.events,
            judged.processes.len(),
            kept.size(),
            judged.rules.len()
        );
    }
    text
}

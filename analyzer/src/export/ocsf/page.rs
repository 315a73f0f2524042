//! The page of the mapping in Markdown: what `OCSF.md` holds behind its introduction.
//!
//! In: the mapping. Out: text.

use std::fmt::Write as _;

use super::attributes::all;
use super::meaning::MEANINGS;
use crate::export::class::Class;

/// The page.
#[must_use]
pub fn ocsf_page() -> String {
    let mut page = String::new();
    for class in Class::ALL {
        let _ = write!(page, "\n## {} ({})\n\n", class.caption(), class.uid());
        if class == Class::Finding {
            page.push_str("An alert of the rules that are given, activity Create.\n");
        } else {
            page.push_str("| events | which of them | activity |\n|---|---|---|\n");
        }
        for meaning in MEANINGS.iter().filter(|meaning| meaning.class == class) {
            let types: Vec<String> = meaning.types.iter().map(|ty| format!("`{ty}`")).collect();
            let only = meaning
                .only
                .map_or_else(|| "all".to_owned(), |only| format!("`{only}`"));
            let _ = writeln!(page, "| {} | {only} | {} |", types.join(", "), meaning.says);
        }
        page.push_str("\n| attribute | where it comes from |\n|---|---|\n");
        for attribute in all().filter(|attribute| attribute.of.contains(&class)) {
            let _ = writeln!(page, "| `{}` | {} |", attribute.path, attribute.says);
        }
    }
    page
}

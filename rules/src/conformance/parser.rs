//! 1,109 conditions: accepted with their normal form, or rejected where Falco rejects them.

use super::reference::Reference;
use super::{Tally, open_reference};
use crate::syntax::{normal_form, parse};

/// A text of the reference, where a byte ≥ 0x80 is a character of the same number.
fn text_of(json: &serde_json::Value) -> String {
    let text = json.as_str().unwrap_or_default();
    if text.chars().all(|character| u32::from(character) < 0x100) {
        let bytes: Vec<u8> = text
            .chars()
            .filter_map(|character| u8::try_from(u32::from(character)).ok())
            .collect();
        return String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned());
    }
    text.to_owned()
}

#[test]
fn conditions_parse_as_in_falco() {
    if let Some(reference) = open_reference("conditions_parse_as_in_falco") {
        tally(&reference).finish("filter_parser");
    }
}

pub(super) fn tally(reference: &Reference) -> Tally {
    let mut tally = Tally::default();
    for case in reference.cases("conformance/filter_parser.jsonl") {
        let filter = text_of(&case["filter"]);
        let difference = match (parse(&filter), case["got"] == "accept") {
            (Ok(expr), true) => {
                let expected = text_of(&case["ast"]);
                let found = normal_form(&expr, &|_| None);
                (found != expected).then(|| format!("{found:?} instead of {expected:?}"))
            }
            (Ok(_), false) => Some(format!("accepted, not rejected: {}", case["error"])),
            (Err(error), true) => Some(format!("rejected: {} at {}", error.message, error.at)),
            (Err(error), false) => {
                let expected = case["end_idx"]
                    .as_u64()
                    .and_then(|at| usize::try_from(at).ok());
                let same = expected == Some(error.at) && case["error"] == *error.message;
                (!same).then(|| {
                    format!(
                        "{} at {} instead of {} at {expected:?}",
                        error.message, error.at, case["error"]
                    )
                })
            }
        };
        tally.count(&filter, difference);
    }
    tally
}

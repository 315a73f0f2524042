//! Conditions and fields that the libraries' tests assert on synthetic captures: here, that all of them compile or are
//! refused alike. Their values need a source of events and are checked where one is.

use super::reference::Reference;
use super::{Tally, open_reference};
use crate::{Filter, Template};

#[test]
fn asserted_expressions_compile() {
    if let Some(reference) = open_reference("asserted_expressions_compile") {
        tally(&reference).finish("semantic (compilation)");
    }
}

pub(super) fn tally(reference: &Reference) -> Tally {
    let mut tally = Tally::default();
    for case in reference.cases("conformance/semantic/semantic.jsonl") {
        let expr = case["expr"].as_str().unwrap_or_default();
        let refused = case["result"]["error"].as_str();
        let difference = if case["kind"] == "filter" {
            match (Filter::compile(reference, expr), refused) {
                (Ok(_), None) | (Err(_), Some(_)) => None,
                (Ok(_), Some(error)) => Some(format!("accepted, not refused: {error}")),
                (Err(errors), None) => Some(format!("refused: {}", errors[0].message)),
            }
        } else {
            match Template::compile(reference, &format!("%{expr}")) {
                Ok(template) if template.fields().any(|(key, _)| key == expr) => None,
                Ok(_) => Some("the key differs".to_owned()),
                Err(error) => Some(format!("refused: {}", error.message)),
            }
        };
        tally.count(expr, difference);
    }
    tally
}

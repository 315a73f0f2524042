//! Looking things up in JSON that nobody vouches for: what is absent, null or of another type is not there.

use falco_format::container::Labels;
use serde_json::Value as Json;

use super::error::AskError;

/// Parses a document.
pub(super) fn parse(bytes: &[u8]) -> Result<Json, AskError> {
    serde_json::from_slice(bytes).map_err(|_| AskError::Malformed("not JSON"))
}

/// The text at a place, written as a JSON pointer.
pub(super) fn text<'a>(json: &'a Json, place: &str) -> Option<&'a str> {
    json.pointer(place)?.as_str()
}

/// The text at a place; empty where there is none.
pub(super) fn text_or_empty(json: &Json, place: &str) -> String {
    text(json, place).unwrap_or_default().to_owned()
}

/// The truth at a place.
pub(super) fn truth(json: &Json, place: &str) -> Option<bool> {
    json.pointer(place)?.as_bool()
}

/// The list at a place; empty where there is none.
pub(super) fn list<'a>(json: &'a Json, place: &str) -> &'a [Json] {
    let list = json.pointer(place).and_then(Json::as_array);
    list.map_or(&[], Vec::as_slice)
}

/// The strings of an object at a place.
pub(super) fn labels(json: &Json, place: &str) -> Labels {
    let object = json.pointer(place).and_then(Json::as_object);
    let entries = object.into_iter().flatten();
    entries
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// Whether something stands at a place.
pub(super) fn is_set(json: &Json, place: &str) -> bool {
    json.pointer(place).is_some_and(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_another_type_is_not_there() {
        let json = parse(br#"{"a":{"b":"x","c":null,"d":[1],"e":true},"l":{"k":"v","n":3}}"#)
            .expect("JSON");
        assert_eq!(
            (text(&json, "/a/b"), text(&json, "/a/e")),
            (Some("x"), None)
        );
        assert_eq!(
            (truth(&json, "/a/e"), truth(&json, "/a/b")),
            (Some(true), None)
        );
        assert_eq!(
            (list(&json, "/a/d").len(), list(&json, "/a/c").len()),
            (1, 0)
        );
        assert_eq!(labels(&json, "/l").len(), 1);
        assert!(is_set(&json, "/a/d") && !is_set(&json, "/a/c") && !is_set(&json, "/z"));
        assert!(parse(b"[1").is_err());
    }
}

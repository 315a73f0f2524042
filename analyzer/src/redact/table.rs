//! The table of events that a capture brings along: names that this program knows stay, and others are replaced.
//!
//! In: the table of a SCHEMA item, which whoever wrote the capture could write anything into. Out: the same ids and types, under names that tell nothing.
//! Of an event that is not known nobody can say what its name tells, and readers go by its number.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use falco_format::limits::NAME_MAX;
use falco_format::{Schema, SchemaEvent};

use super::text::Texts;
use crate::dialect::falco_schema;

/// Names of events and of parameters, in both dialects.
static KNOWN: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let tables = [Schema::native(), falco_schema()];
    let events = tables.iter().flat_map(|table| table.events());
    let names = events.flat_map(|event| {
        let params = event.params.iter().map(|param| param.name.clone());
        params.chain([event.name.clone()])
    });
    names.collect()
});

/// What becomes of a table.
pub(super) fn table(given: &Arc<Schema>, texts: &mut Texts) -> Arc<Schema> {
    if given.events().all(is_known) {
        return Arc::clone(given);
    }
    let events = given.events().cloned().map(|mut event| {
        name(&mut event.name, texts);
        for param in &mut event.params {
            name(&mut param.name, texts);
        }
        event
    });
    // Ids, and how many there are of anything, are as they were read; were it refused all the same, no row of an unknown event can be written.
    let replaced = Schema::foreign(events.collect());
    Arc::new(replaced.unwrap_or_else(|_| {
        let is_known = |id| given.event(id).is_some_and(is_known);
        given.subset(is_known)
    }))
}

fn is_known(event: &SchemaEvent) -> bool {
    let mut params = event.params.iter();
    KNOWN.contains(&event.name) && params.all(|param| KNOWN.contains(&param.name))
}

fn name(name: &mut String, texts: &mut Texts) {
    if KNOWN.contains(name) {
        return;
    }
    *name = texts.string(name);
    // An address in it may have become longer.
    let mut end = name.len().min(NAME_MAX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
}

#[cfg(test)]
mod tests {
    use falco_abi::{Category, EventId, Lane, Role, Wire};
    use falco_format::SchemaParam;

    use super::*;
    use crate::redact::{Keep, Key};

    fn texts() -> Texts {
        let secret: Vec<u8> = (0..64).collect();
        Texts::new(&Key::of(&secret).expect("a key"), Keep::default())
    }

    #[test]
    fn known_tables_stay_as_they_are() {
        for known in [Schema::native(), falco_schema()] {
            assert!(Arc::ptr_eq(&table(&known, &mut texts()), &known));
        }
    }

    #[test]
    fn names_that_nobody_knows_are_replaced_and_nothing_else() {
        let long = "45.67.89.1 ".repeat(NAME_MAX / 11);
        let event = |id, name: &str, params: &[&str]| {
            let params = params
                .iter()
                .map(|name| SchemaParam::new(name, Wire::Str, Role::Path));
            let lane = Lane::File;
            SchemaEvent::new(EventId(id), name, Category::File, lane, 7, params.collect())
        };
        let given = Schema::foreign(vec![
            event(3, "openat", &["name", "wxqzvkjhbp"]),
            event(4, "wxqzvkjhbp", &["fd", &long, "10.1.2.3 wxqzvkjhbp"]),
        ]);
        let given = Arc::new(given.expect("fits"));
        let replaced = table(&given, &mut texts());
        let said = format!("{:?}", replaced.events().collect::<Vec<_>>());
        for gone in ["wxqz", "kjhb", "45.67.89.1 "] {
            assert!(!said.contains(gone), "{said}");
        }
        for (before, after) in given.events().zip(replaced.events()) {
            assert_eq!((before.id, before.flags), (after.id, after.flags));
            let wires = |event: &SchemaEvent| {
                event
                    .params
                    .iter()
                    .map(|param| param.wire)
                    .collect::<Vec<_>>()
            };
            assert_eq!(wires(before), wires(after));
        }
        let opened = replaced.event_by_name("openat").expect("is known");
        assert_eq!(opened.param("name"), Some(0));
        assert_ne!(replaced.fingerprint(), given.fingerprint());
    }
}

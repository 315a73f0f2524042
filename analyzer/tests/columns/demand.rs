//! A value does not depend on what else was asked for: every field, alone in a narrowed reading, against the same event in a reading of everything.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use falco_analyze::columns::{Bounds, Column, ColumnSource, Table, TableLayout, TableQuery};
use falco_analyze::fields::{SCHEMA, nature};
use falco_analyze::pipeline::{
    Demand, Flow, Observer, PassOptions, Seen, Shown, open_inputs, run_pass,
};
use falco_format::UnixNanos;
use falco_rules::{ArgumentKind, FieldDef, Filter, Schema as _, Template};

use crate::support::{Kept, ask, lines, tables};

/// Conditions that leave out most events, and keep some of types that the state depends on and some of others.
const FILTERS: [&str; 2] = [
    "evt.type in (execve, procexit, unlinkat, mkdir, sendto, connect)",
    "evt.type in (openat, open) and evt.failed = true",
];

/// Our own recording, and captures in Falco's dialect where there are some.
fn captures() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/first-light/capture");
    let falcos = std::env::var_os("FALCO_REFERENCE").map(PathBuf::from);
    let falcos = falcos.into_iter().flat_map(|reference| {
        ["falco-cat_write", "falco-connect_localhost"]
            .map(|name| reference.join(format!("captures/{name}.scap")))
    });
    [own].into_iter().chain(falcos).collect()
}

/// A field as a template has it, with an argument where it cannot be without; `None` where no argument of ours fits.
fn as_template(field: &FieldDef) -> Option<(String, Template)> {
    let name = field.name;
    let forms = match field.argument {
        ArgumentKind::None | ArgumentKind::IndexOptional | ArgumentKind::KeyOptional => {
            vec![format!("*%{name}")]
        }
        ArgumentKind::IndexRequired => vec![format!("*%{name}[1]")],
        ArgumentKind::KeyRequired => vec![format!("*%{name}[PATH]"), format!("*%{name}[1]")],
        ArgumentKind::EventParameter | ArgumentKind::RawEventParameter => {
            vec![format!("*%{name}.fd"), format!("*%{name}.res")]
        }
    };
    forms.into_iter().find_map(|form| {
        let template = Template::compile(&SCHEMA, &form).ok()?;
        Some((form, template))
    })
}

/// The values of templates by the event's number, of the events that a filter matches.
struct Values<'t> {
    filter: &'t Filter,
    templates: &'t [&'t Template],
    values: BTreeMap<u64, Vec<String>>,
}

impl Observer for Values<'_> {
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        if self.filter.matches(seen.context) {
            let value = |template: &&Template| {
                let mut text = String::new();
                template.render_complete(seen.context, &mut text);
                text
            };
            let values = self.templates.iter().map(value).collect();
            self.values.insert(seen.number, values);
        }
        Ok(Flow::Continue)
    }
}

fn values(
    capture: &Path,
    demand: &Demand,
    (filter, templates): (&Filter, &[&Template]),
) -> BTreeMap<u64, Vec<String>> {
    let inputs = open_inputs(&[capture]).expect("a capture");
    let mut observer = Values {
        filter,
        templates,
        values: BTreeMap::new(),
    };
    for input in &inputs {
        run_pass(input, demand, PassOptions::default(), &mut observer).expect("a pass");
    }
    observer.values
}

/// Each field is read through one of the conditions in turn: through each it would take minutes.
fn filters() -> Vec<Filter> {
    let compiled = FILTERS.map(|text| Filter::compile(&SCHEMA, text).expect("a condition"));
    compiled.into()
}

#[test]
fn a_filter_changes_no_field_of_the_events_that_it_keeps() {
    let fields: Vec<_> = SCHEMA.fields().iter().filter_map(as_template).collect();
    assert!(fields.len() * 100 > SCHEMA.fields().len() * 95);
    let templates: Vec<_> = fields.iter().map(|(_, template)| template).collect();
    let filters = filters();
    let mut compared = 0;
    for capture in captures() {
        let whole = filters
            .iter()
            .map(|filter| values(&capture, &Demand::everything(), (filter, &templates)));
        let whole: Vec<_> = whole.collect();
        for (place, (form, template)) in fields.iter().enumerate() {
            let filter = &filters[place % filters.len()];
            let asked = filter.slots().iter();
            let asked = asked.chain(template.fields().map(|(_, field)| field));
            let demand = Demand::new(Shown::of_types(filter.event_types()), asked);
            let narrowed = values(&capture, &demand, (filter, &[template]));
            let expected: BTreeMap<_, _> = whole[place % filters.len()]
                .iter()
                .map(|(number, values)| (*number, vec![values[place].clone()]))
                .collect();
            assert_eq!(narrowed, expected, "{form} in {}", capture.display());
            compared += narrowed.len();
        }
    }
    assert!(compared > 5_000, "only {compared} values were compared");
}

/// What a scan gives of some columns, read through a condition or whole.
fn scanned(capture: &Path, columns: &TableLayout, filter: Option<&Filter>) -> Vec<RecordBatch> {
    let mut kept = Kept::default();
    tables(capture)
        .matching(columns, filter, &mut kept)
        .expect("a scan");
    kept.0
}

/// The values of one column by the event's place in the stream.
fn by_position(batches: &[RecordBatch], column: &str) -> BTreeMap<String, String> {
    let project = |batch: &RecordBatch| {
        let places = ["position", column].map(|name| batch.schema().index_of(name));
        let places = places.map(|place| place.expect("a column"));
        lines(&batch.project(&places).expect("two columns"))
    };
    let split = |line: String| {
        let (position, value) = line.split_once(' ').expect("two values");
        (position.to_owned(), value.to_owned())
    };
    batches.iter().flat_map(project).map(split).collect()
}

#[test]
fn a_filtered_export_has_the_values_of_the_whole_one() {
    let capture = &captures()[0];
    let all = Table::Events.layout();
    let filters = filters();
    let whole = scanned(capture, &all, None);
    let names = all.columns().iter().map(|column| column.name.as_str());
    for (place, name) in names.filter(|name| *name != "position").enumerate() {
        let columns = all.select(&["position", name]).expect("two columns");
        let narrowed = scanned(capture, &columns, filters.get(place % filters.len()));
        let narrowed = by_position(&narrowed, name);
        assert!(!narrowed.is_empty());
        let mut expected = by_position(&whole, name);
        expected.retain(|position, _| narrowed.contains_key(position));
        assert_eq!(narrowed, expected, "{name}");
    }
}

#[test]
fn a_query_of_types_and_times_changes_no_value() {
    let capture = &captures()[0];
    let columns = ["position", "evt_rawtime", "evt_deltatime", "evt_reltime"];
    let (whole, _) = ask(capture, &columns, &TableQuery::default());
    let time_of = |line: &String| -> u64 {
        let time = line.split(' ').nth(1).expect("a time");
        time.parse().expect("nanoseconds")
    };
    let check = |query: &TableQuery, is_wanted: &dyn Fn(&String) -> bool| {
        let (mut narrowed, _) = ask(capture, &columns, query);
        // A plan leaves out blocks, and the rest is looked at by whoever asked.
        narrowed.retain(is_wanted);
        let expected: Vec<_> = whole
            .iter()
            .filter(|line| is_wanted(line) && (query.types.is_none() || narrowed.contains(line)))
            .cloned()
            .collect();
        assert!(!narrowed.is_empty());
        assert_eq!(narrowed, expected, "{query:?}");
    };
    let types = Some(["execve".to_owned()].into());
    check(
        &TableQuery {
            types,
            ..TableQuery::default()
        },
        &|_| true,
    );
    for share in [2, 3, 4] {
        let first = time_of(&whole[whole.len() / share]);
        let time = Bounds {
            first: Some(UnixNanos(first)),
            last: None,
        };
        check(
            &TableQuery {
                time,
                ..TableQuery::default()
            },
            &|line| time_of(line) >= first,
        );
    }
}

/// What looks at no parameter of an event has its value where none is decoded.
#[test]
fn a_column_alone_has_the_values_that_it_has_among_all() {
    let all = Table::Events.layout();
    let spared = |column: &&Column| match &column.source {
        ColumnSource::Field(field, _) => nature(field.field).spares_parameters(),
        _ => false,
    };
    let names: Vec<_> = all.columns().iter().filter(spared).collect();
    assert!(names.len() > 50, "most of a process and the outcome");
    for capture in captures() {
        let whole = scanned(&capture, &all, None);
        for name in names.iter().map(|column| column.name.as_str()) {
            let columns = all.select(&["position", name]).expect("two columns");
            let alone = scanned(&capture, &columns, None);
            assert_eq!(
                by_position(&alone, name),
                by_position(&whole, name),
                "{name} in {}",
                capture.display()
            );
        }
    }
}

//! Rules, fields and event types as tables for people and machines.
//!
//! In: the schema of a source, the event table of `syscall`, rules. Out: text, Markdown, JSON.
//! Nothing is listed by hand here: what the schema declares is what is printed.

use std::fmt::Write as _;

use falco_format::text::{Lines, json_text};
use falco_rules::{ArgumentKind, FieldType, Multiplicity, Rule, Schema};
use serde_json::{Map, Value as Json, json};

use crate::dialect::catalog::Origin;
use crate::dialect::{self, catalog};
use crate::fields::SCHEMA;

/// A table: headings, and rows of as many cells.
pub struct Table {
    headings: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Table {
    /// The first column alone, one value per line.
    #[must_use]
    pub fn names(&self) -> String {
        self.rows
            .iter()
            .filter_map(|row| row.first())
            .fold(String::new(), |out, name| out + name + "\n")
    }

    /// Columns aligned with blanks; the last one is as long as it is.
    #[must_use]
    pub fn text(&self) -> String {
        let last = self.headings.len().saturating_sub(1);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..last).map(width).collect();
        let mut out = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let width = widths.get(column).copied().unwrap_or(0);
                let _ = write!(line, "{cell:<width$}  ");
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// A Markdown table.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = format!(
            "| {} |\n|{}\n",
            self.headings.join(" | "),
            " --- |".repeat(self.headings.len())
        );
        for row in &self.rows {
            let cells: Vec<_> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
        out
    }

    /// An array of objects whose keys are the headings.
    #[must_use]
    pub fn json(&self) -> String {
        let object = |row: &Vec<String>| -> Json {
            let cells = self.headings.iter().zip(row);
            Json::Object(
                cells
                    .map(|(heading, cell)| ((*heading).to_owned(), json!(cell)))
                    .collect::<Map<_, _>>(),
            )
        };
        printed(&self.rows.iter().map(object).collect())
    }
}

/// Every field of a source.
#[must_use]
pub fn fields(schema: &dyn Schema) -> Table {
    let rows = schema.fields().iter().map(|field| {
        let ty = match field.multiplicity {
            Multiplicity::List => format!("LIST({})", type_name(field.ty)),
            _ => type_name(field.ty).to_owned(),
        };
        vec![
            field.name.to_owned(),
            ty,
            argument_name(field.argument).to_owned(),
            field.doc.to_owned(),
        ]
    });
    Table {
        headings: &["name", "type", "argument", "description"],
        rows: rows.collect(),
    }
}

/// Every event type that a condition can name.
#[must_use]
pub fn event_types(schema: &dyn Schema) -> Table {
    // Of the events of other sources the names are all that is declared.
    let is_described = schema.source() == SCHEMA.source();
    let rows = schema.event_types().iter().map(|event_type| {
        let described = is_described.then(|| described(event_type.name));
        let (category, params, doc) = described.unwrap_or_default();
        vec![event_type.name.to_owned(), category, params, doc]
    });
    Table {
        headings: &["name", "category", "parameters", "description"],
        rows: rows.collect(),
    }
}

/// Category, parameters and sentence of an event type: of our own events, of those that only imported captures hold, of mere calls.
fn described(name: &str) -> (String, String, String) {
    if let Some(event) = falco_abi::event_by_name(name) {
        let params: Vec<_> = event.params.iter().map(|param| param.name).collect();
        let category = event.category.name().to_owned();
        return (category, params.join(", "), event.doc.trim().to_owned());
    }
    let newest = catalog::all().filter(|ty| ty.name == name).last();
    let Some(ty) = newest else {
        let doc = "A call without an event of its own.";
        return (String::new(), String::new(), doc.to_owned());
    };
    let params: Vec<_> = ty.params.iter().map(|param| param.name).collect();
    let doc = match ty.origin {
        Origin::Syscall => {
            "With these parameters in imported captures; in others a call without an event of its own."
        }
        _ => "In imported captures only.",
    };
    let category = dialect::category_of(ty).name().to_owned();
    (category, params.join(", "), doc.to_owned())
}

/// One rule for people: what it says, what it is made of, which events reach it.
#[must_use]
pub fn rule_text(rule: &Rule) -> String {
    let mut out = Lines::new();
    out.line(format_args!("Rule: {}", rule.name));
    push_text("Description", &rule.description, &mut out);
    out.line(format_args!(
        "Priority: {}, source: {}, enabled: {}",
        rule.priority, rule.source, rule.enabled
    ));
    let lists = [
        ("Tags", &rule.tags),
        ("Macros", &rule.macros),
        ("Lists", &rule.lists),
        ("Exceptions", &rule.exceptions),
    ];
    for (title, names) in lists {
        if !names.is_empty() {
            out.line(format_args!("{title}: {}", names.join(", ")));
        }
    }
    out.line(format_args!(
        "Event types: {}",
        event_types_of(rule).join(", ")
    ));
    out.line(format_args!(
        "Condition fields: {}",
        rule.condition_fields.join(", ")
    ));
    out.line(format_args!(
        "Operators: {}",
        rule.condition_operators.join(", ")
    ));
    out.line(format_args!(
        "Output fields: {}",
        output_fields_of(rule).join(", ")
    ));
    if rule.capture {
        let duration = rule
            .capture_duration_ms
            .map_or_else(String::new, |ms| format!(", {ms} ms"));
        out.line(format_args!("Capture: asked for{duration}"));
    }
    push_text("Condition", &rule.condition_text, &mut out);
    push_text("Compiled", &rule.condition_compiled, &mut out);
    push_text("Output", &rule.output_text, &mut out);
    out.to_string()
}

/// A text of a rule, which may have several lines: all but the first are indented, so that none passes for one of ours.
fn push_text(title: &str, text: &str, out: &mut Lines) {
    let mut lines = text.trim().lines();
    out.line(format_args!(
        "{title}: {}",
        lines.next().unwrap_or_default()
    ));
    lines.for_each(|line| out.line(format_args!("    {}", line.trim())));
}

/// Rules for machines.
#[must_use]
pub fn rules_json<'r>(rules: impl Iterator<Item = &'r Rule>) -> String {
    let objects = rules.map(|rule| {
        json!({
            "name": rule.name,
            "description": rule.description,
            "priority": rule.priority.to_string(),
            "source": rule.source,
            "enabled": rule.enabled,
            "tags": rule.tags,
            "macros": rule.macros,
            "lists": rule.lists,
            "exceptions": rule.exceptions,
            "event_types": event_types_of(rule),
            "condition_fields": rule.condition_fields,
            "condition_operators": rule.condition_operators,
            "output_fields": output_fields_of(rule),
            "capture": rule.capture,
            "capture_duration_ms": rule.capture_duration_ms,
            "condition": rule.condition_text,
            "condition_compiled": rule.condition_compiled,
            "output": rule.output_text,
        })
    });
    printed(&objects.collect())
}

/// JSON for machines, and for people who look at it.
fn printed(json: &Json) -> String {
    json_text(&format!("{json:#}\n")).into_owned()
}

/// The names of a rule's event types; `all` when none is excluded.
fn event_types_of(rule: &Rule) -> Vec<&'static str> {
    let types = SCHEMA.event_types();
    let names: Vec<_> = rule
        .event_types
        .iter()
        .filter_map(|id| types.get(usize::from(id.0)))
        .map(|def| def.name)
        .collect();
    if names.len() == types.len() {
        vec!["all"]
    } else {
        names
    }
}

fn output_fields_of(rule: &Rule) -> Vec<&str> {
    rule.output.fields().map(|(key, _)| key).collect()
}

fn argument_name(argument: ArgumentKind) -> &'static str {
    match argument {
        ArgumentKind::None => "",
        ArgumentKind::IndexRequired => "[index]",
        ArgumentKind::IndexOptional => "[index], optional",
        ArgumentKind::KeyRequired => "[key]",
        ArgumentKind::KeyOptional => "[key], optional",
        ArgumentKind::EventParameter => "[index] or .name",
        ArgumentKind::RawEventParameter => ".name",
    }
}

/// Falco's name of a type.
fn type_name(ty: FieldType) -> &'static str {
    match ty {
        FieldType::Charbuf => "CHARBUF",
        FieldType::Fspath => "FSPATH",
        FieldType::Fsrelpath => "FSRELPATH",
        FieldType::Bytebuf => "BYTEBUF",
        FieldType::Bool => "BOOL",
        FieldType::Int8 => "INT8",
        FieldType::Int16 => "INT16",
        FieldType::Int32 => "INT32",
        FieldType::Int64 => "INT64",
        FieldType::Uint8 => "UINT8",
        FieldType::Uint16 => "UINT16",
        FieldType::Uint32 => "UINT32",
        FieldType::Uint64 => "UINT64",
        FieldType::Double => "DOUBLE",
        FieldType::Errno => "ERRNO",
        FieldType::Fd => "FD",
        FieldType::Pid => "PID",
        FieldType::Uid => "UID",
        FieldType::Gid => "GID",
        FieldType::Port => "PORT",
        FieldType::Sigtype => "SIGTYPE",
        FieldType::Flags => "FLAGS",
        FieldType::Enumflags => "ENUMFLAGS",
        FieldType::Mode => "MODE",
        FieldType::Reltime => "RELTIME",
        FieldType::Abstime => "ABSTIME",
        FieldType::Ipaddr => "IPADDR",
        FieldType::Ipnet => "IPNET",
        FieldType::Sockaddr => "SOCKADDR",
        FieldType::Socktuple => "SOCKTUPLE",
    }
}

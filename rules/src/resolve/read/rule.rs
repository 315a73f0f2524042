//! Rules: definitions, appends, overrides, switches, and their exceptions.

use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::{APPEND_AND_OVERRIDE, Reader, first_key_span};
use crate::diagnostic::{Context, Diagnostic, similar};
use crate::resolve::MappedText;
use crate::resolve::item::{Entry, Exception, Order, RuleItem, RuleUpdate};
use crate::resolve::override_keys::{Overrides, read_overrides};
use crate::resolve::values::{Item, Read, fail};
use crate::yaml::{Content, Node, scalar_text};
use crate::{Code, Priority};

const APPENDABLE: &[&str] = &["condition", "output", "desc", "tags", "exceptions"];
const REPLACEABLE: &[&str] = &[
    "condition",
    "output",
    "desc",
    "priority",
    "tags",
    "exceptions",
    "enabled",
    "capture",
    "capture_duration",
    "warn_evttypes",
    "skip-if-unknown-filter",
];
const RULE_KEYS: &[&str] = &[
    "rule",
    "condition",
    "output",
    "desc",
    "priority",
    "source",
    "enabled",
    "tags",
    "exceptions",
    "override",
    "append",
    "warn_evttypes",
    "skip-if-unknown-filter",
    "capture",
    "capture_duration",
];

/// As rule files write them.
const PRIORITY_NAMES: &[&str] = &[
    "EMERGENCY",
    "ALERT",
    "CRITICAL",
    "ERROR",
    "WARNING",
    "NOTICE",
    "INFO",
    "DEBUG",
];

const ENABLED_IS_DEPRECATED: &str = "The standalone 'enabled' key usage is deprecated. The correct approach requires \
                                     also a 'replace' entry under the 'override' key (i.e. 'enabled: replace').";

/// The source of rules that name none.
const DEFAULT_SOURCE: &str = "syscall";

/// Most levels of sequences in an exception's values; real ones have three.
const MAX_VALUE_DEPTH: u32 = 8;

pub(super) fn read_rule(reader: &mut Reader<'_, '_>, item: Item<'_>, name: &str) -> Read<()> {
    let append = reader.append_flag(item)?;
    let overrides = read_overrides(item, APPENDABLE, REPLACEABLE)?;
    if append && !overrides.is_empty() {
        return fail(Code::InvalidOverride, APPEND_AND_OVERRIDE, item.context);
    }
    reader.unknown_keys(item, RULE_KEYS);
    if !overrides.is_empty() {
        return read_override(reader, item, name, &overrides);
    }
    if append {
        let mut update = RuleUpdate::new(name, item.context.clone());
        update.source = item.lenient_string("source");
        if item.has("condition") {
            update.condition = Some(item.text("condition")?);
        }
        if item.has("exceptions") {
            update.exceptions = Some(read_exceptions(reader, item, true)?);
        }
        return reader.collector.append_rule(update, reader.sources);
    }
    let is_switch = !["condition", "output", "desc", "priority"]
        .iter()
        .any(|key| item.has(key));
    if is_switch {
        let mut help = help_to_override(reader, item, name);
        let enabled = explained(item.boolean("enabled"), &mut help)?;
        reader.warn(Code::DeprecatedEnabled, ENABLED_IS_DEPRECATED, item.context);
        return reader.collector.enable_rule(name, enabled, item.context);
    }
    define(reader, item, name)
}

/// Every key is read, whatever is wrong with others: an item that cannot be used tells all that keeps it from being
/// used, and its condition is looked at too.
fn define(reader: &mut Reader<'_, '_>, item: Item<'_>, name: &str) -> Read<()> {
    let mut help = help_to_override(reader, item, name);
    let condition_node = reader.keep(explained(item.scalar("condition"), &mut help));
    let output_node = reader.keep(explained(item.scalar("output"), &mut help));
    let description = reader.keep(explained(item.string("desc"), &mut help));
    let description = description.unwrap_or_default();
    let priority = reader.keep(explained(read_priority(item), &mut help));
    let priority = priority.unwrap_or(Priority::Debug);
    let source = reader.keep(item.optional_string("source")).flatten();
    let source = source.unwrap_or_else(|| DEFAULT_SOURCE.to_owned());
    let mut boolean = |key, default| {
        let value = item.optional_boolean(key, default);
        reader.keep(value).unwrap_or(default)
    };
    let (enabled, warn_evttypes) = (boolean("enabled", true), boolean("warn_evttypes", true));
    let skip_if_unknown_filter = boolean("skip-if-unknown-filter", false);
    let capture = boolean("capture", false);
    let capture_duration = item
        .has("capture_duration")
        .then(|| item.number("capture_duration"))
        .transpose();
    let tags = read_tags(reader, item);
    let exceptions = read_exceptions(reader, item, false);
    let Some(condition_node) = condition_node else {
        reader.keep(tags);
        reader.keep(exceptions);
        return Err(Box::new(Diagnostic::new(Code::MissingKey, "")));
    };
    let text = |node: &Rc<Node>| scalar_text(node, item.file);
    let rule = RuleItem {
        name: name.to_owned(),
        condition: text(condition_node),
        condition_context: item.inner("rule condition", "", condition_node),
        // Without an output nothing will be judged; the condition is checked all the same.
        output: output_node.map_or_else(|| MappedText::own("*"), |node| text(node).trimmed()),
        output_context: item.inner("rule output", "", output_node.unwrap_or(condition_node)),
        description,
        priority,
        known_source: reader.sources.position(&source),
        source,
        enabled,
        warn_evttypes,
        skip_if_unknown_filter,
        capture,
        capture_duration_ms: reader.keep(capture_duration).flatten(),
        tags: reader.keep(tags).unwrap_or_default(),
        exceptions: reader.keep(exceptions).unwrap_or_default().into(),
        context: item.context.clone(),
        order: Order::default(),
    };
    if rule.known_source.is_none() {
        let message = format!("Unknown source {}, skipping", rule.source);
        reader.warn(Code::UnknownSource, message, item.context);
    }
    reader.collector.define_rule(rule, reader.sources)
}

/// The first key that is missing is told with the help.
fn explained<T>(value: Read<T>, help: &mut Option<String>) -> Read<T> {
    value.map_err(|mut found| {
        if found.code == Code::MissingKey {
            found.help = help.take();
        }
        found
    })
}

/// An item that names a rule which is there and has not all that a rule needs was meant to change that one.
fn help_to_override(reader: &Reader<'_, '_>, item: Item<'_>, name: &str) -> Option<String> {
    let rule = reader.collector.rules.get(name)?;
    let place = rule.context.span.as_ref()?;
    let how = |key: &&str| {
        let operation = if APPENDABLE.contains(key) {
            "append"
        } else {
            "replace"
        };
        format!("{key}: {operation}")
    };
    let keys = REPLACEABLE.iter().filter(|key| item.has(key));
    let keys: Vec<_> = keys.map(how).collect();
    let (file, line) = (place.file.name(), place.position().line);
    let there = format!("the rule is at {file}:{line}");
    if keys.is_empty() {
        return Some(there);
    }
    let keys = keys.join(", ");
    Some(format!(
        "{there}; to change it, add `override: {{{keys}}}` here"
    ))
}

fn read_priority(item: Item<'_>) -> Read<Priority> {
    let node = item.scalar("priority")?;
    let context = item.inner("rule priority", "", node);
    let text = node.text().unwrap_or_default();
    text.parse().map_err(|_| {
        let names = PRIORITY_NAMES.join(", ");
        let upper = text.to_ascii_uppercase();
        let help = match similar(&upper, PRIORITY_NAMES.iter().copied()) {
            Some(found) => format!("did you mean `{found}`? Priorities are {names}"),
            None => format!("priorities are {names}"),
        };
        let found = Diagnostic::new(Code::InvalidKeyValue, "Invalid priority");
        Box::new(found.under(&context).help(Some(help)))
    })
}

fn read_tags(reader: &mut Reader<'_, '_>, item: Item<'_>) -> Read<BTreeSet<String>> {
    if !item.has("tags") {
        return Ok(BTreeSet::new());
    }
    Ok(item
        .scalars("tags", reader.diagnostics)?
        .into_iter()
        .map(|node| node.text().unwrap_or_default().to_owned())
        .collect())
}

fn read_override(
    reader: &mut Reader<'_, '_>,
    item: Item<'_>,
    name: &str,
    overrides: &Overrides,
) -> Read<()> {
    for (keys, kind) in [
        (&overrides.append, "append"),
        (&overrides.replace, "replace"),
    ] {
        if let Some(key) = keys.iter().find(|key| !item.has(key)) {
            let message =
                format!("An {kind} override for '{key}' was specified but '{key}' is not defined");
            return fail(Code::InvalidOverride, message, item.context);
        }
    }
    for (keys, append) in [(&overrides.append, true), (&overrides.replace, false)] {
        if keys.is_empty() {
            continue;
        }
        let update = read_update(reader, item, name, keys, append);
        if update.is_empty() {
            // Nothing of it can be read, which was reported key by key.
            continue;
        }
        if append {
            reader.collector.append_rule(update, reader.sources)?;
        } else {
            reader.collector.replace_rule(update, reader.sources)?;
        }
    }
    for key in APPENDABLE.iter().chain(REPLACEABLE) {
        let is_named = overrides.append.contains(*key) || overrides.replace.contains(*key);
        if let Some(value) = item.node.get(key).filter(|_| !is_named) {
            let message = format!(
                "Unexpected key '{key}': no corresponding entry under 'override' is defined."
            );
            return fail(
                Code::InvalidOverride,
                message,
                &item.inner("overrides", key, value),
            );
        }
    }
    Ok(())
}

fn read_update(
    reader: &mut Reader<'_, '_>,
    item: Item<'_>,
    name: &str,
    keys: &BTreeSet<String>,
    append: bool,
) -> RuleUpdate {
    let mut update = RuleUpdate::new(name, item.context.clone());
    update.source = item.lenient_string("source");
    for key in keys {
        match key.as_str() {
            "condition" => update.condition = reader.keep(item.text(key)),
            "output" => update.output = reader.keep(item.text(key)),
            "desc" => update.description = reader.keep(item.string(key)),
            "tags" => {
                let tags = read_tags(reader, item);
                update.tags = reader.keep(tags);
            }
            "exceptions" => {
                let exceptions = read_exceptions(reader, item, append);
                update.exceptions = reader.keep(exceptions);
            }
            "priority" => update.priority = reader.keep(read_priority(item)),
            "enabled" => update.enabled = reader.keep(item.boolean(key)),
            "warn_evttypes" => update.warn_evttypes = reader.keep(item.boolean(key)),
            "skip-if-unknown-filter" => {
                update.skip_if_unknown_filter = reader.keep(item.boolean(key))
            }
            "capture" => update.capture = reader.keep(item.boolean(key)),
            "capture_duration" => update.capture_duration_ms = reader.keep(item.number(key)),
            _ => {}
        }
    }
    update
}

/// The exceptions of an item; when they append to existing ones, fields may be missing.
fn read_exceptions(
    reader: &mut Reader<'_, '_>,
    item: Item<'_>,
    append: bool,
) -> Read<Vec<Exception>> {
    let Some(node) = item.node.get("exceptions").filter(|node| !node.is_null()) else {
        return Ok(Vec::new());
    };
    let context = item.inner("exceptions", "", node);
    let Some(entries) = node.sequence() else {
        return fail(
            Code::InvalidException,
            "Rule exceptions must be a sequence",
            &context,
        )
        .map_err(structural);
    };
    let mut exceptions: Vec<Exception> = Vec::new();
    let mut names = HashSet::new();
    for entry in entries {
        let exception = read_exception(reader, item, &context, entry, append)?;
        if !names.insert(exception.name.clone()) {
            let message = format!(
                "Multiple definitions of exception '{}' in the same rule",
                exception.name
            );
            reader.warn(Code::ExceptionNameNotUnique, message, &exception.context);
        }
        exceptions.push(exception);
    }
    Ok(exceptions)
}

/// Falco counts these among the errors of structure.
fn structural(mut diagnostic: Box<Diagnostic>) -> Box<Diagnostic> {
    diagnostic.falco_code = Some(crate::FalcoCode::ErrYamlValidate);
    diagnostic
}

fn read_exception(
    reader: &mut Reader<'_, '_>,
    item: Item<'_>,
    parent: &Context,
    node: &Rc<Node>,
    append: bool,
) -> Read<Exception> {
    let unnamed = parent.inside("exception", "", item.file, first_key_span(node));
    if !node.is_mapping() {
        return fail(
            Code::InvalidException,
            "Rule exception must be a mapping",
            &unnamed,
        )
        .map_err(structural);
    }
    let name = Item {
        node,
        file: item.file,
        context: &unnamed,
    }
    .string("name")?;
    let context = item
        .context
        .inside("exception", &name, item.file, first_key_span(node));
    let inner = Item {
        node,
        file: item.file,
        context: &context,
    };
    let fields = read_entry_of(inner, "fields", append)?;
    let comparisons = read_entry_of(inner, "comps", true)?;
    let mut values = Vec::new();
    if let Some(list) = node.get("values") {
        let values_context = inner.inner("exception values", "", list);
        let Some(entries) = list.sequence() else {
            let message = "Rule exception values must be a sequence";
            return fail(Code::InvalidException, message, &values_context).map_err(structural);
        };
        for entry in entries {
            let value_context =
                values_context.inside("exception value", "", item.file, (entry.start, entry.end));
            values.extend(read_entry(entry, inner, &value_context, 0)?);
        }
    } else if append {
        reader.warn(
            Code::AppendNoValues,
            "Overriding/appending exception with no values",
            &context,
        );
    }
    Ok(Exception {
        name,
        fields,
        comparisons,
        values,
        context,
    })
}

fn read_entry_of(item: Item<'_>, key: &str, optional: bool) -> Read<Option<Entry>> {
    match item.node.get(key) {
        Some(node) => read_entry(node, item, &item.inner("value for", key, node), 0),
        None if optional => Ok(None),
        None => fail(
            Code::MissingKey,
            format!("Item has no mapping for key '{key}'"),
            item.context,
        ),
    }
}

fn read_entry(
    node: &Rc<Node>,
    item: Item<'_>,
    context: &Context,
    depth: u32,
) -> Read<Option<Entry>> {
    match &node.content {
        Content::Scalar(scalar) if scalar.text.is_empty() => {
            fail(Code::InvalidKeyValue, "Value must be non-empty", context)
        }
        Content::Scalar(_) => Ok(Some(Entry::Item(scalar_text(node, item.file)))),
        Content::Sequence(_) if depth >= MAX_VALUE_DEPTH => fail(
            Code::InvalidKeyValue,
            "Sequences are nested too deeply",
            context,
        ),
        Content::Sequence(members) => {
            let mut list = Vec::new();
            for member in members {
                let context = context.inside(
                    "exception",
                    "",
                    &Arc::clone(item.file),
                    (member.start, member.end),
                );
                list.extend(read_entry(member, item, &context, depth + 1)?);
            }
            Ok(Some(Entry::List(list)))
        }
        Content::Null | Content::Mapping(_) => Ok(None),
    }
}

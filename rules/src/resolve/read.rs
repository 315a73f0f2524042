//! Items of a rule file, one by one: which kind each is, and the kinds that are not rules.
//!
//! An item with an error is left out and reported; the others are still read, so that all errors come at once.

mod rule;

use std::rc::Rc;
use std::sync::Arc;

use super::collect::Collector;
use super::item::{ListItem, MacroItem, Order};
use super::override_keys::read_overrides;
use super::values::{Item, Read, fail};
use super::version::{ENGINE_VERSION, Version};
use crate::diagnostic::{Context, Diagnostic};
use crate::source::SourceFile;
use crate::syntax::{is_bare_string, is_identifier};
use crate::yaml::{Node, parse_documents, scalar_text};
use crate::{Code, check::Sources};

const LIST_KEYS: &[&str] = &["list", "items", "append", "override"];
const MACRO_KEYS: &[&str] = &["macro", "condition", "append", "override"];

pub(super) const APPEND_IS_DEPRECATED: &str = "'append' key is deprecated. Add an 'append' entry (e.g. 'condition: \
                                               append') under 'override' instead.";
pub(super) const APPEND_AND_OVERRIDE: &str = "Keys 'override' and 'append: true' cannot be used together. Add an \
                                              'append' entry (e.g. 'condition: append') under 'override' instead.";

/// What the reading of one file works with.
pub(crate) struct Reader<'r, 's> {
    pub(crate) file: &'r Arc<SourceFile>,
    pub(crate) collector: &'r mut Collector,
    pub(crate) sources: &'r mut Sources<'s>,
    pub(crate) diagnostics: &'r mut Vec<Diagnostic>,
    /// Plugins that are offered, with their versions.
    pub(crate) plugins: &'r [(String, Version)],
}

/// Reads every item of a file into the collector.
pub(crate) fn read_file(reader: &mut Reader<'_, '_>) {
    let context = Context::file();
    let documents = match parse_documents(reader.file.text()) {
        Ok(documents) => documents,
        Err(error) => {
            let context = context.inside("rules content", "", reader.file, (error.at, error.at));
            reader
                .diagnostics
                .push(Diagnostic::new(Code::YamlSyntax, error.message).under(&context));
            reader.collector.mark_lost_file();
            return;
        }
    };
    for document in documents {
        if document.is_null() {
            continue;
        }
        let Some(items) = document.sequence() else {
            let message = if document.is_mapping() {
                "Rules content is not yaml array of objects"
            } else {
                "Rules content is not yaml"
            };
            let span = Some(crate::Span {
                file: Arc::clone(reader.file),
                start: document.start,
                end: document.start,
            });
            let diagnostic = Diagnostic::new(Code::InvalidStructure, message)
                .under(&context)
                .at(span);
            reader.diagnostics.push(diagnostic);
            continue;
        };
        for item in items.iter().filter(|item| !item.is_null()) {
            reader.item(item, &context);
        }
    }
}

impl Reader<'_, '_> {
    fn item(&mut self, node: &Rc<Node>, parent: &Context) {
        let inside = |item_type, name: &str, file: &Arc<SourceFile>| {
            parent.inside(item_type, name, file, first_key_span(node))
        };
        let content = inside("rules content item", "", self.file);
        let result = if !node.is_mapping() {
            let message =
                "Unexpected element type. Each element should be a yaml associative array.";
            fail(Code::InvalidStructure, message, &content)
        } else if node.get("required_engine_version").is_some() {
            let context = inside("required_engine_version", "", self.file);
            self.engine_version(Item {
                node,
                file: &Arc::clone(self.file),
                context: &context,
            })
        } else if let Some(versions) = node.get("required_plugin_versions") {
            self.plugin_versions(versions, parent)
        } else if let Some(kind) = ["list", "macro", "rule"]
            .into_iter()
            .find(|kind| node.get(kind).is_some())
        {
            self.named_item(kind, node, parent)
        } else {
            self.warn(Code::UnknownItem, "Unknown top level item", &content);
            Ok(())
        };
        self.keep(result);
    }

    /// A value, or nothing once its error is reported; an error without words was reported before.
    pub(super) fn keep<T>(&mut self, value: Read<T>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(diagnostic) => {
                if !diagnostic.message.is_empty() {
                    self.diagnostics.push(*diagnostic);
                }
                None
            }
        }
    }

    fn named_item(&mut self, kind: &'static str, node: &Rc<Node>, parent: &Context) -> Read<()> {
        let file = Arc::clone(self.file);
        let unnamed = parent.inside(kind, "", &file, first_key_span(node));
        let name = Item {
            node,
            file: &file,
            context: &unnamed,
        }
        .string(kind)?;
        let context = parent.inside(kind, &name, &file, first_key_span(node));
        let item = Item {
            node,
            file: &file,
            context: &context,
        };
        let result = match kind {
            "list" => self.list(item, &name),
            "macro" => self.macro_item(item, &name),
            _ => rule::read_rule(self, item, &name),
        };
        if result.is_err() {
            self.collector.mark_broken(kind, &name);
        }
        result
    }

    pub(super) fn warn(&mut self, code: Code, message: impl Into<String>, context: &Context) {
        self.diagnostics
            .push(Diagnostic::new(code, message).under(context));
    }

    pub(super) fn unknown_keys(&mut self, item: Item<'_>, known: &[&str]) {
        for (key, _) in item.node.entries() {
            let name = key.text().unwrap_or_default();
            if !known.contains(&name) {
                let message = format!("Unknown key '{name}'. The key will be ignored.");
                let help = crate::diagnostic::similar(name, known.iter().copied());
                let span = crate::Span {
                    file: Arc::clone(item.file),
                    start: key.start,
                    end: key.end,
                };
                let diagnostic = Diagnostic::new(Code::UnknownKey, message)
                    .under(item.context)
                    .at(Some(span))
                    .help(help.map(|found| format!("did you mean `{found}`?")));
                self.diagnostics.push(diagnostic);
            }
        }
    }

    /// The deprecated `append: true`, with its warning.
    pub(super) fn append_flag(&mut self, item: Item<'_>) -> Read<bool> {
        let append = item.optional_boolean("append", false)?;
        if append {
            self.warn(Code::DeprecatedAppend, APPEND_IS_DEPRECATED, item.context);
        }
        Ok(append)
    }

    fn list(&mut self, item: Item<'_>, name: &str) -> Read<()> {
        if !is_bare_string(name) {
            let message = "List has an invalid name. List names should match a regular expression: \
                           ([^()\"'[:space:]=,]+)";
            self.warn(Code::InvalidListName, message, item.context);
        }
        let items = item
            .scalars("items", self.diagnostics)?
            .into_iter()
            .map(|node| scalar_text(node, item.file))
            .collect();
        let append = self.append_flag(item)?;
        let overrides = read_overrides(item, &["items"], &["items"])?;
        if append && !overrides.is_empty() {
            return fail(Code::InvalidOverride, APPEND_AND_OVERRIDE, item.context);
        }
        self.unknown_keys(item, LIST_KEYS);
        let list = ListItem {
            name: name.to_owned(),
            items,
            context: item.context.clone(),
            order: Order::default(),
        };
        if append || overrides.append.contains("items") {
            self.collector.append_list(list)
        } else {
            self.collector.define_list(list);
            Ok(())
        }
    }

    fn macro_item(&mut self, item: Item<'_>, name: &str) -> Read<()> {
        if !is_identifier(name) {
            let message = "Macro has an invalid name. Macro names should match a regular expression: \
                           ([a-zA-Z]+[a-zA-Z0-9_]*)";
            self.warn(Code::InvalidMacroName, message, item.context);
        }
        let condition_node = item.scalar("condition")?;
        let condition = scalar_text(condition_node, item.file);
        let condition_context = item.inner("macro condition", "", condition_node);
        let append = self.append_flag(item)?;
        let overrides = read_overrides(item, &["condition"], &["condition"])?;
        if append && !overrides.is_empty() {
            return fail(Code::InvalidOverride, APPEND_AND_OVERRIDE, item.context);
        }
        self.unknown_keys(item, MACRO_KEYS);
        let macro_item = MacroItem {
            name: name.to_owned(),
            condition,
            condition_context,
            context: item.context.clone(),
            order: Order::default(),
        };
        if append || overrides.append.contains("condition") {
            self.collector.append_macro(macro_item)
        } else {
            self.collector.define_macro(macro_item);
            Ok(())
        }
    }

    fn engine_version(&mut self, item: Item<'_>) -> Read<()> {
        let text = item.string("required_engine_version")?;
        let required = match text.parse() {
            Ok(minor) => Version {
                major: 0,
                minor,
                patch: 0,
            },
            Err(_) => match Version::parse(&text) {
                Some(version) => version,
                None => {
                    let message = format!(
                        "Unable to parse engine version '{text}' as a semver string. Expected \"x.y.z\" semver format."
                    );
                    return fail(Code::InvalidKeyValue, message, item.context);
                }
            },
        };
        if ENGINE_VERSION.satisfies(required) {
            return Ok(());
        }
        let message = format!(
            "Rules require engine version {required}, but engine version is {ENGINE_VERSION}"
        );
        fail(Code::EngineTooOld, message, item.context)
    }

    fn plugin_versions(&mut self, versions: &Rc<Node>, parent: &Context) -> Read<()> {
        let file = Arc::clone(self.file);
        let context = parent.inside(
            "required plugin versions",
            "",
            &file,
            (versions.start, versions.start + 1),
        );
        let Some(entries) = versions.sequence() else {
            return fail(
                Code::InvalidKeyValue,
                "Value of required_plugin_versions must be a sequence",
                &context,
            );
        };
        for entry in entries {
            let context = context.inside(
                "required plugin versions entry",
                "",
                &file,
                first_key_span(entry),
            );
            self.plugin_version(Item {
                node: entry,
                file: &file,
                context: &context,
            })?;
        }
        Ok(())
    }

    /// One requirement, satisfied by any of its alternatives.
    fn plugin_version(&mut self, item: Item<'_>) -> Read<()> {
        let mut wanted = vec![requirement(item)?];
        if let Some(alternatives) = item.node.get("alternatives") {
            let Some(alternatives) = alternatives.sequence() else {
                return fail(
                    Code::InvalidKeyValue,
                    "Value of plugin version alternatives must be a sequence",
                    item.context,
                );
            };
            for node in alternatives {
                wanted.push(requirement(Item { node, ..item })?);
            }
        }
        let mut names = std::collections::BTreeSet::new();
        if let Some((name, _)) = wanted.iter().find(|(name, _)| !names.insert(name.clone())) {
            let message =
                format!("Defined multiple alternative version requirements for plugin '{name}'");
            return fail(Code::MissingPlugin, message, item.context);
        }
        let offered = |name: &str| {
            self.plugins
                .iter()
                .find(|(plugin, _)| plugin == name)
                .map(|(_, version)| *version)
        };
        if wanted
            .iter()
            .any(|(name, version)| offered(name).is_some_and(|offered| offered.satisfies(*version)))
        {
            return Ok(());
        }
        let message = match wanted
            .iter()
            .find_map(|(name, version)| Some((name, version, offered(name)?)))
        {
            Some((name, version, offered)) => format!(
                "Plugin '{name}' version '{offered}' is not compatible with required plugin version '{version}'"
            ),
            None => {
                let all: Vec<_> = wanted
                    .iter()
                    .map(|(name, version)| format!("{name} (>= {version})"))
                    .collect();
                format!(
                    "Plugin requirement not satisfied, must load one of: {}",
                    all.join(", ")
                )
            }
        };
        fail(Code::MissingPlugin, message, item.context)
    }
}

fn requirement(item: Item<'_>) -> Read<(String, Version)> {
    if !item.node.is_mapping() {
        return fail(
            Code::InvalidKeyValue,
            "Plugin version must be a mapping",
            item.context,
        );
    }
    let name = item.string("name")?;
    let text = item.string("version")?;
    match Version::parse(&text) {
        Some(version) => Ok((name, version)),
        None => {
            let message = format!("Invalid required version '{text}' for plugin '{name}'");
            fail(Code::MissingPlugin, message, item.context)
        }
    }
}

/// What an error about a whole item underlines: its first key and value.
pub(super) fn first_key_span(node: &Node) -> (u32, u32) {
    let end = match node.entries().first() {
        Some((key, value)) if value.end > key.start && value.text().is_some() => value.end,
        Some((key, _)) => key.end,
        None => node.end,
    };
    (node.start, end.max(node.start))
}

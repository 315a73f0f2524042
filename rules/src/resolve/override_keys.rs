//! The `override` key of an item: which of its keys append and which replace.

use std::collections::BTreeSet;

use super::values::{Item, Read, fail};
use crate::Code;

/// The keys of one item that append and those that replace.
#[derive(Debug, Default)]
pub(super) struct Overrides {
    pub(super) append: BTreeSet<String>,
    pub(super) replace: BTreeSet<String>,
}

impl Overrides {
    pub(super) fn is_empty(&self) -> bool {
        self.append.is_empty() && self.replace.is_empty()
    }
}

pub(super) fn read_overrides(
    item: Item<'_>,
    appendable: &[&str],
    replaceable: &[&str],
) -> Read<Overrides> {
    let mut overrides = Overrides::default();
    let Some(node) = item.node.get("override") else {
        return Ok(overrides);
    };
    let context = item.inner("overrides", "", item.node);
    for (key_node, operation) in node.entries() {
        let key = key_node.text().unwrap_or_default();
        let key_context =
            context.inside("overrides", key, item.file, (key_node.start, key_node.end));
        let can_append = appendable.contains(&key);
        let can_replace = replaceable.contains(&key);
        match operation.text().unwrap_or_default() {
            "append" if can_append => drop(overrides.append.insert(key.to_owned())),
            "replace" if can_replace => drop(overrides.replace.insert(key.to_owned())),
            "append" => {
                let message = format!("Key '{key}' cannot be appended to, use 'replace' instead");
                return fail(Code::InvalidOverride, message, &key_context);
            }
            "replace" => {
                return fail(
                    Code::InvalidOverride,
                    format!("Key '{key}' cannot be replaced"),
                    &key_context,
                );
            }
            other => {
                let mut message = format!(
                    "Invalid override operation for key '{key}': '{other}'. Allowed values are: "
                );
                message.push_str(if can_append { "append " } else { "" });
                message.push_str(if can_replace { "replace " } else { "" });
                let span = (operation.start, operation.end.max(operation.start + 1));
                let operation_context = context.inside("value for", key, item.file, span);
                return fail(Code::InvalidOverride, message, &operation_context);
            }
        }
    }
    Ok(overrides)
}

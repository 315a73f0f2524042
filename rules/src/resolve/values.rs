//! Values of an item's keys, with the errors of those that are missing or of the wrong kind.

use std::rc::Rc;
use std::sync::Arc;

use super::MappedText;
use crate::Code;
use crate::diagnostic::{Context, Diagnostic};
use crate::source::SourceFile;
use crate::yaml::{Node, scalar_text};

/// A value, or the error that keeps its item from being used.
pub(super) type Read<T> = Result<T, Box<Diagnostic>>;

pub(super) fn fail<T>(code: Code, message: impl Into<String>, context: &Context) -> Read<T> {
    Err(Box::new(Diagnostic::new(code, message).under(context)))
}

/// An item's mapping, its file, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Item<'i> {
    pub(super) node: &'i Node,
    pub(super) file: &'i Arc<SourceFile>,
    pub(super) context: &'i Context,
}

impl<'i> Item<'i> {
    pub(super) fn has(&self, key: &str) -> bool {
        self.node.get(key).is_some()
    }

    /// The context of a node inside this item.
    pub(super) fn inner(&self, item_type: &'static str, name: &str, node: &Node) -> Context {
        self.context.inside(
            item_type,
            name,
            self.file,
            (node.start, node.end.max(node.start + 1)),
        )
    }

    fn value_context(&self, key: &str, node: &Node) -> Context {
        self.inner("value for", key, node)
    }

    /// A scalar that must be there.
    pub(super) fn scalar(&self, key: &str) -> Read<&'i Rc<Node>> {
        let Some(node) = self.node.get(key) else {
            return fail(
                Code::MissingKey,
                format!("Item has no mapping for key '{key}'"),
                self.context,
            );
        };
        if node.is_null() {
            return fail(
                Code::MissingKey,
                format!("Mapping for key '{key}' is empty"),
                self.context,
            );
        }
        match node.text() {
            None => fail(
                Code::InvalidKeyValue,
                "Value is not a scalar value",
                &self.value_context(key, node),
            ),
            Some("") => fail(
                Code::InvalidKeyValue,
                "Value must be non-empty",
                &self.value_context(key, node),
            ),
            Some(_) => Ok(node),
        }
    }

    pub(super) fn string(&self, key: &str) -> Read<String> {
        Ok(self.scalar(key)?.text().unwrap_or_default().to_owned())
    }

    /// A scalar with the places of its text.
    pub(super) fn text(&self, key: &str) -> Read<MappedText> {
        Ok(scalar_text(self.scalar(key)?, self.file))
    }

    pub(super) fn optional_string(&self, key: &str) -> Read<Option<String>> {
        if self.has(key) {
            self.string(key).map(Some)
        } else {
            Ok(None)
        }
    }

    /// A string that may also be absent, null or empty.
    pub(super) fn lenient_string(&self, key: &str) -> Option<String> {
        self.node
            .get(key)
            .and_then(|node| node.text())
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    }

    pub(super) fn boolean(&self, key: &str) -> Read<bool> {
        let node = self.scalar(key)?;
        let text = node.text().unwrap_or_default();
        let lower = text.to_ascii_lowercase();
        // One word in lower case, upper case or with a capital, as YAML 1.1 has it.
        let capital = lower
            .get(..1)
            .map(|first| first.to_ascii_uppercase() + lower.get(1..).unwrap_or_default());
        let is_well_cased =
            text == lower || text == lower.to_ascii_uppercase() || capital.as_deref() == Some(text);
        match lower.as_str() {
            "y" | "yes" | "true" | "on" if is_well_cased => Ok(true),
            "n" | "no" | "false" | "off" if is_well_cased => Ok(false),
            _ => fail(
                Code::InvalidKeyValue,
                "Can't decode YAML scalar value",
                &self.value_context(key, node),
            ),
        }
    }

    pub(super) fn optional_boolean(&self, key: &str, default: bool) -> Read<bool> {
        if self.has(key) {
            self.boolean(key)
        } else {
            Ok(default)
        }
    }

    pub(super) fn number(&self, key: &str) -> Read<u32> {
        let node = self.scalar(key)?;
        match node.text().unwrap_or_default().parse() {
            Ok(number) => Ok(number),
            Err(_) => fail(
                Code::InvalidKeyValue,
                "Can't decode YAML scalar value",
                &self.value_context(key, node),
            ),
        }
    }

    /// A sequence of scalars, of which `null` is none. Of several that are none, all but the last are reported here.
    pub(super) fn scalars(
        &self,
        key: &str,
        found: &mut Vec<Diagnostic>,
    ) -> Read<Vec<&'i Rc<Node>>> {
        let Some(node) = self.node.get(key) else {
            return fail(
                Code::MissingKey,
                format!("Item has no mapping for key '{key}'"),
                self.context,
            );
        };
        let context = self.value_context(key, node);
        let Some(members) = node.sequence() else {
            return fail(Code::InvalidKeyValue, "Value is not a sequence", &context);
        };
        let mut last: Option<Box<Diagnostic>> = None;
        for member in members.iter().filter(|member| member.text().is_none()) {
            let context = context.inside("list item", "", self.file, (member.start, member.end));
            let help = "this is YAML's null, and no word: put it in quotes to mean the word";
            let help = member.is_null().then(|| help.to_owned());
            let problem = Diagnostic::new(Code::InvalidKeyValue, "sequence value is not scalar")
                .under(&context)
                .help(help);
            found.extend(last.replace(Box::new(problem)).map(|before| *before));
        }
        if let Some(last) = last {
            return Err(last);
        }
        Ok(members.iter().collect())
    }
}

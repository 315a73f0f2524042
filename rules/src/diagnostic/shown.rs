//! Text of rule files, as a terminal may take it.
//!
//! In: names, messages and excerpts with whatever their authors wrote. Out: the same, with every character that is not seen, reorders what stands around it or commands a terminal made visible.
//! This crate depends on nothing of ours, so it has a function of its own; JSON keeps every character, and so does SARIF, whose paths are references.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex_automata::meta::Regex;

/// Characters that must not reach a terminal as they are: control characters, and what Unicode calls formatting, separating lines or ignorable.
const HIDDEN: &str = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]";

/// What the renderer of excerpts begins its own colours with; in the texts it is given it replaces the character.
const ESCAPE: &str = "\x1b";

static HIDDEN_REGEX: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(HIDDEN).ok());

/// A name or a message: what must not be shown is written out, as `\\n` or `\\u{202e}`.
pub(super) fn written_out(text: &str) -> Cow<'_, str> {
    replaced(text, |hidden| hidden.escape_default().to_string())
}

/// A drawn excerpt, line by line: each character that must not be shown becomes one that stands in its column.
pub(super) fn drawn(text: &str, with_colors: bool) -> Cow<'_, str> {
    replaced(text, |hidden| match hidden {
        "\n" => hidden.to_owned(),
        ESCAPE if with_colors => hidden.to_owned(),
        _ => char::REPLACEMENT_CHARACTER.to_string(),
    })
}

fn replaced(text: &str, replacement: impl Fn(&str) -> String) -> Cow<'_, str> {
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let Some(hidden) = HIDDEN_REGEX.as_ref().filter(|_| !is_plain) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::new();
    let mut shown = 0;
    for found in hidden.find_iter(text) {
        out.push_str(text.get(shown..found.start()).unwrap_or_default());
        out.push_str(&replacement(text.get(found.range()).unwrap_or_default()));
        shown = found.end();
    }
    out.push_str(text.get(shown..).unwrap_or_default());
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_made_visible() {
        let check = |text: &str, expected: &str, in_excerpt: &str| {
            assert_eq!(written_out(text), expected);
            assert_eq!(drawn(text, false), in_excerpt);
        };
        check("a rule, ünï", "a rule, ünï", "a rule, ünï");
        check("a\nb", "a\\nb", "a\nb");
        check(
            "\u{1b}[2J\u{9b}1m",
            "\\u{1b}[2J\\u{9b}1m",
            "\u{fffd}[2J\u{fffd}1m",
        );
        check(
            "x\u{202e}y\u{200b}",
            "x\\u{202e}y\\u{200b}",
            "x\u{fffd}y\u{fffd}",
        );
        assert_eq!(
            drawn("\u{1b}[31mred\u{202e}", true),
            "\u{1b}[31mred\u{fffd}"
        );
    }
}

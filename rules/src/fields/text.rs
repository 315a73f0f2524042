//! Values as text, the way Falco prints them.
//!
//! In: a [`Value`] and its declaration. Out: printable UTF-8 appended to a string.
//! Printing replaces what a terminal or a log collector must not see; comparing never comes here and uses the raw bytes.

use std::fmt::{Display, Write as _};

use super::{FieldDef, FieldType, Multiplicity, Value};

/// What stands for a value that an event does not have.
pub(crate) const ABSENT_TEXT: &str = "<NA>";

/// What stands for a byte or character that must not be printed.
const REPLACEMENT: char = '\u{FFFD}';

/// Appends `value` of `field` to `out` as Falco prints it: an absent value as `<NA>`, the values of a list field as
/// `(a,b)`, those of other fields with several values joined by blanks.
pub fn value_to_text(value: Value<'_>, field: &FieldDef, out: &mut String) {
    let in_parentheses = field.multiplicity == Multiplicity::List;
    match value {
        Value::Absent => out.push_str(ABSENT_TEXT),
        Value::List(values) if in_parentheses => {
            out.push('(');
            push_joined(values, field, ',', out);
            out.push(')');
        }
        Value::List(values) => push_joined(values, field, ' ', out),
        single => push_single(single, field, out),
    }
}

fn push_joined(values: &[Value<'_>], field: &FieldDef, separator: char, out: &mut String) {
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(separator);
        }
        push_single(*value, field, out);
    }
}

fn push_single(value: Value<'_>, field: &FieldDef, out: &mut String) {
    match value {
        Value::Absent | Value::List(_) => out.push_str(ABSENT_TEXT),
        Value::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        Value::Int(value) => push_display(value, out),
        Value::Uint(value) if field.ty == FieldType::Mode => {
            push_display(format_args!("0{value:o}"), out)
        }
        Value::Uint(value) => push_display(value, out),
        Value::Double(value) => push_display(format_args!("{value:.6}"), out),
        Value::Str(bytes) => push_printable(bytes, out),
        Value::Bytes(bytes) => push_dotted(bytes, out),
        Value::Ip(address) => push_display(address, out),
    }
}

fn push_display(value: impl Display, out: &mut String) {
    // Writing to a `String` cannot fail, so the result carries no information.
    let _ = write!(out, "{value}");
}

/// Appends `bytes` to `out` up to the first NUL, with everything unprintable replaced by U+FFFD: bytes that are no
/// UTF-8, control characters (tab and newline too), DEL, C1 and Unicode's non-characters.
pub fn push_printable(bytes: &[u8], out: &mut String) {
    let bytes = memchr::memchr(0, bytes)
        .and_then(|nul| bytes.get(..nul))
        .unwrap_or(bytes);
    for chunk in bytes.utf8_chunks() {
        let valid = chunk.valid();
        if valid.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            out.push_str(valid);
        } else {
            out.extend(valid.chars().map(|character| {
                if is_printable(character) {
                    character
                } else {
                    REPLACEMENT
                }
            }));
        }
        if !chunk.invalid().is_empty() {
            // One replacement for each byte, as Falco counts them.
            out.extend(chunk.invalid().iter().map(|_| REPLACEMENT));
        }
    }
}

fn is_printable(character: char) -> bool {
    let code = character as u32;
    let is_non_character = (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE;
    !character.is_control() && !is_non_character
}

/// Byte buffers print their printable ASCII and a dot for every other byte.
fn push_dotted(bytes: &[u8], out: &mut String) {
    out.extend(bytes.iter().map(|&byte| {
        if (0x20..0x7f).contains(&byte) {
            char::from(byte)
        } else {
            '.'
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ArgumentKind;

    fn check(value: Value<'_>, multiplicity: Multiplicity, ty: FieldType, expected: &str) {
        let field = FieldDef {
            name: "f",
            ty,
            argument: ArgumentKind::None,
            multiplicity,
            doc: "",
        };
        let mut out = String::new();
        value_to_text(value, &field, &mut out);
        assert_eq!(out, expected);
    }

    #[test]
    fn values_print_as_falco_prints_them() {
        let one = Multiplicity::One;
        check(Value::Absent, one, FieldType::Charbuf, "<NA>");
        check(Value::Str(b""), one, FieldType::Charbuf, "");
        check(
            Value::Str(b"a\tb\x7f\xffc"),
            one,
            FieldType::Charbuf,
            "a\u{FFFD}b\u{FFFD}\u{FFFD}c",
        );
        check(
            Value::Str("\u{85}\u{FFFE}é".as_bytes()),
            one,
            FieldType::Charbuf,
            "\u{FFFD}\u{FFFD}é",
        );
        check(Value::Bytes(b"a\0b"), one, FieldType::Bytebuf, "a.b");
        check(Value::Int(-1), one, FieldType::Pid, "-1");
        check(Value::Bool(true), one, FieldType::Bool, "true");
        let values = [Value::Str(b"a"), Value::Str(b"b")];
        check(
            Value::List(&values),
            Multiplicity::List,
            FieldType::Charbuf,
            "(a,b)",
        );
        check(
            Value::List(&values),
            Multiplicity::Any,
            FieldType::Charbuf,
            "a b",
        );
    }
}

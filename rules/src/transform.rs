//! Values computed from values: the transformers, and comparisons between two computed sides.
//!
//! In: a term and an event. Out: the term's values, one call each. Scratch space comes from a pool that keeps what it
//! once allocated, so that evaluation settles into no allocation at all.

mod getopt;

use std::cell::RefCell;
use std::fmt::Write as _;

use crate::compile::{Glob, compare_values, text_of};
use crate::ir::{Term, TermKind};
use crate::syntax::{Function, Operator};
use crate::{Event, Multiplicity, Value};

/// Byte buffers for values in the making, and a pattern for those that stand in a value.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    free: RefCell<Vec<Vec<u8>>>,
    glob: RefCell<Glob>,
}

impl Buffers {
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let mut buffer = self.free.borrow_mut().pop().unwrap_or_default();
        buffer.clear();
        let result = work(&mut buffer);
        self.free.borrow_mut().push(buffer);
        result
    }
}

/// Calls `found` with each value of the term; false if it has none. Values found before a false are to be forgotten.
pub(crate) fn each_value<E: Event + ?Sized>(
    term: &Term,
    event: &E,
    buffers: &Buffers,
    found: &mut dyn FnMut(Value<'_>),
) -> bool {
    match &term.kind {
        TermKind::Field(field) | TermKind::EventType(field) => match event.extract(field) {
            Value::Absent => false,
            Value::List(values) => {
                values.iter().for_each(|value| found(*value));
                true
            }
            single => {
                found(single);
                true
            }
        },
        TermKind::Text(text) => {
            found(Value::Str(text.as_bytes()));
            true
        }
        TermKind::List(members) => members
            .iter()
            .all(|member| each_value(member, event, buffers, found)),
        TermKind::Call {
            function,
            arguments,
            selector,
        } => {
            let call = Call {
                arguments,
                event,
                buffers,
            };
            match function {
                Function::Val => call.each(0, found),
                Function::ToLower => call.map(found, |text, out| {
                    out.extend(text.iter().map(u8::to_ascii_lowercase));
                    true
                }),
                Function::ToUpper => call.map(found, |text, out| {
                    out.extend(text.iter().map(u8::to_ascii_uppercase));
                    true
                }),
                Function::BaseName => call.map(found, |text, out| {
                    let start = memchr::memrchr(b'/', text).map_or(0, |slash| slash + 1);
                    out.extend_from_slice(text.get(start..).unwrap_or_default());
                    true
                }),
                Function::B64 => call.map(found, decode_base64),
                Function::Len => call.length(found),
                Function::Join => call.join(found),
                Function::Concat => call.concat(found),
                Function::GetOpt => getopt::getopt(arguments, *selector, event, buffers, found),
            }
        }
    }
}

struct Call<'c, E: ?Sized> {
    arguments: &'c [Term],
    event: &'c E,
    buffers: &'c Buffers,
}

impl<E: Event + ?Sized> Call<'_, E> {
    fn each(&self, index: usize, found: &mut dyn FnMut(Value<'_>)) -> bool {
        each_value(self.argument(index), self.event, self.buffers, found)
    }

    fn argument(&self, index: usize) -> &Term {
        let argument = self.arguments.get(index);
        argument.expect("a transformer has as many arguments as the checker asks for")
    }

    /// Each value changed by `change`, which may refuse one and with it all.
    fn map(
        &self,
        found: &mut dyn FnMut(Value<'_>),
        change: impl Fn(&[u8], &mut Vec<u8>) -> bool,
    ) -> bool {
        let mut is_valid = true;
        let is_present = self.each(0, &mut |value| {
            let Some(text) = text_of(value) else { return };
            self.buffers.with(|buffer| {
                is_valid &= change(text, buffer);
                found(match value {
                    Value::Bytes(_) => Value::Bytes(buffer),
                    _ => Value::Str(buffer),
                });
            });
        });
        is_present && is_valid
    }

    /// The length of a string, or the number of a list's members.
    fn length(&self, found: &mut dyn FnMut(Value<'_>)) -> bool {
        let (mut count, mut bytes) = (0_u64, 0_u64);
        let is_present = self.each(0, &mut |value| {
            count += 1;
            bytes = text_of(value).map_or(0, |text| text.len() as u64);
        });
        let is_list = self.argument(0).multiplicity == Multiplicity::List;
        if is_present {
            found(Value::Uint(if is_list { count } else { bytes }));
        }
        is_present
    }

    fn join(&self, found: &mut dyn FnMut(Value<'_>)) -> bool {
        self.buffers.with(|separator| {
            self.buffers.with(|joined| {
                let mut is_first = true;
                let is_present = self.each(0, &mut |value| push_text(value, separator))
                    && self.each(1, &mut |value| {
                        if !std::mem::take(&mut is_first) {
                            joined.extend_from_slice(separator);
                        }
                        push_text(value, joined);
                    });
                if is_present {
                    found(Value::Str(joined));
                }
                is_present
            })
        })
    }

    fn concat(&self, found: &mut dyn FnMut(Value<'_>)) -> bool {
        self.buffers.with(|joined| {
            let is_present = (0..self.arguments.len())
                .all(|index| self.each(index, &mut |value| push_text(value, joined)));
            if is_present {
                found(Value::Str(joined));
            }
            is_present
        })
    }
}

/// A value's text inside a longer string: strings as they are, everything else as printed.
fn push_text(value: Value<'_>, out: &mut Vec<u8>) {
    struct Bytes<'b>(&'b mut Vec<u8>);
    impl std::fmt::Write for Bytes<'_> {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0.extend_from_slice(text.as_bytes());
            Ok(())
        }
    }
    if let Some(text) = text_of(value) {
        out.extend_from_slice(text);
        return;
    }
    let mut out = Bytes(out);
    // Writing to a vector cannot fail.
    let _ = match value {
        Value::Bool(value) => write!(out, "{value}"),
        Value::Int(value) => write!(out, "{value}"),
        Value::Uint(value) => write!(out, "{value}"),
        Value::Double(value) => write!(out, "{value}"),
        Value::Ip(value) => write!(out, "{value}"),
        Value::Absent | Value::Str(_) | Value::Bytes(_) | Value::List(_) => Ok(()),
    };
}

/// Base64 with or without padding; false for anything else.
fn decode_base64(text: &[u8], out: &mut Vec<u8>) -> bool {
    let mut bits = 0_u32;
    let mut held = 0_u32;
    let digits = text
        .iter()
        .rposition(|byte| *byte != b'=')
        .map_or(0, |last| last + 1);
    for byte in text.get(..digits).unwrap_or_default() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return false,
        };
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            let [.., byte] = (bits >> held).to_be_bytes();
            out.push(byte);
        }
    }
    // One digit alone holds no byte.
    digits % 4 != 1
}

/// `left operator right` for two computed sides.
pub(crate) fn terms_hold<E: Event + ?Sized>(
    operator: Operator,
    left: &Term,
    right: &Term,
    event: &E,
    buffers: &Buffers,
) -> bool {
    let wants_all = operator == Operator::In && left.multiplicity == Multiplicity::List;
    let (mut any, mut all) = (false, true);
    let mut has_right = true;
    let has_left = each_value(left, event, buffers, &mut |left| {
        let mut passed = false;
        has_right &= each_value(right, event, buffers, &mut |right| {
            passed |= compare(operator, left, right, buffers);
        });
        any |= passed;
        all &= passed;
    });
    has_left && has_right && if wants_all { all } else { any }
}

/// [`compare_values`], with the pattern of a value in memory that stays.
fn compare(operator: Operator, left: Value<'_>, right: Value<'_>, buffers: &Buffers) -> bool {
    let folds_case = match operator {
        Operator::Glob => false,
        Operator::IGlob => true,
        _ => return compare_values(operator, left, right),
    };
    let (Some(text), Some(pattern)) = (text_of(left), text_of(right)) else {
        return false;
    };
    let mut glob = buffers.glob.borrow_mut();
    glob.compile(pattern, folds_case);
    glob.matches(text)
}

//! The `getopt` transformer: command-line options out of a list of arguments, after the manner of `getopt(3)`.
//!
//! Only short options exist; long ones are skipped, `--` and the first plain argument end the search.

use super::{Buffers, each_value};
use crate::compile::text_of;
use crate::ir::Term;
use crate::{Event, Value};

/// What an options string such as `"nt:"` says.
struct Options {
    /// For each byte, whether it is an option and whether the option takes a value.
    known: [Option<bool>; 256],
}

impl Options {
    fn parse(text: &[u8]) -> Self {
        let mut known = [None; 256];
        let text = text.strip_prefix(b":").unwrap_or(text);
        let mut bytes = text.iter().peekable();
        while let Some(option) = bytes.next() {
            if *option == b':' {
                continue;
            }
            let takes_value = bytes.next_if_eq(&&b':').is_some();
            if let Some(known) = known.get_mut(usize::from(*option)) {
                *known = Some(takes_value || *known == Some(true));
            }
        }
        Self { known }
    }

    fn takes_value(&self, option: u8) -> Option<bool> {
        if option == b':' {
            None
        } else {
            self.known.get(usize::from(option)).copied().flatten()
        }
    }
}

/// Calls `found` with options and their values in turn, or with the last value of the selected option alone.
pub(super) fn getopt<E: Event + ?Sized>(
    arguments: &[Term],
    selector: Option<u8>,
    event: &E,
    buffers: &Buffers,
    found: &mut dyn FnMut(Value<'_>),
) -> bool {
    let [list, options] = arguments else {
        unreachable!(
            "the checker asks for two arguments, not {}",
            arguments.len()
        );
    };
    let mut parsed = None;
    let has_options = each_value(options, event, buffers, &mut |value| {
        parsed = parsed.take().or_else(|| text_of(value).map(Options::parse));
    });
    let Some(options) = parsed.filter(|_| has_options) else {
        return false;
    };
    buffers.with(|selected| {
        let mut state = State {
            options: &options,
            selector,
            wanting: None,
            ended: false,
            has_selected: false,
            selected,
        };
        let has_list = each_value(list, event, buffers, &mut |value| {
            if let Some(argument) = text_of(value) {
                state.take(argument, found);
            }
        });
        has_list && state.finish(found)
    })
}

struct State<'o> {
    options: &'o Options,
    selector: Option<u8>,
    /// An option whose value must be the next argument.
    wanting: Option<u8>,
    ended: bool,
    has_selected: bool,
    /// The last value of the selected option, if it was there.
    selected: &'o mut Vec<u8>,
}

impl State<'_> {
    fn take(&mut self, argument: &[u8], found: &mut dyn FnMut(Value<'_>)) {
        if self.ended {
            return;
        }
        if let Some(option) = self.wanting.take() {
            return self.emit(option, Some(argument), found);
        }
        let cluster = match argument {
            [b'-', b'-', _, ..] => return,
            [b'-', b'-'] | [] | [b'-'] => {
                self.ended = true;
                return;
            }
            [b'-', cluster @ ..] => cluster,
            _ => {
                self.ended = true;
                return;
            }
        };
        for (index, option) in cluster.iter().enumerate() {
            match self.options.takes_value(*option) {
                None if self.selector.is_none() => found(Value::Str(b"?")),
                None => {}
                Some(false) => self.emit(*option, None, found),
                Some(true) => {
                    let value = cluster.get(index + 1..).unwrap_or_default();
                    if value.is_empty() {
                        self.wanting = Some(*option);
                    } else {
                        self.emit(*option, Some(value), found);
                    }
                    return;
                }
            }
        }
    }

    fn emit(&mut self, option: u8, value: Option<&[u8]>, found: &mut dyn FnMut(Value<'_>)) {
        match self.selector {
            Some(selector) if selector == option => {
                self.select(value.unwrap_or(&[option]));
            }
            Some(_) => {}
            None => {
                found(Value::Str(&[option]));
                if let Some(value) = value {
                    found(Value::Str(value));
                }
            }
        }
    }

    /// A missing value counts as an empty one.
    fn finish(mut self, found: &mut dyn FnMut(Value<'_>)) -> bool {
        if let Some(option) = self.wanting.take() {
            match self.selector {
                Some(selector) if selector == option => self.select(&[]),
                Some(_) => {}
                None => found(Value::Str(b"")),
            }
        }
        if self.selector.is_some() && self.has_selected {
            found(Value::Str(self.selected));
        }
        self.selector.is_none() || self.has_selected
    }

    fn select(&mut self, value: &[u8]) {
        self.has_selected = true;
        self.selected.clear();
        self.selected.extend_from_slice(value);
    }
}

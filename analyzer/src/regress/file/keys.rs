//! A table of a TOML file, asked for its keys.
//!
//! In: a parsed table. Out: values with their places, and problems: a value of another kind, a key that nobody asked for.
//! A misspelt key would test less than its author thinks, so what was not asked for is a mistake, with the key that may have been meant.

use std::cell::RefCell;
use std::ops::Range;
use std::path::PathBuf;

use falco_rules::similar;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::problem::{Place, Problem, with_hint};

/// The longest number that a message repeats, in bytes: TOML takes any number of digits.
const NUMBER_MAX: usize = 40;

/// A file that is being read: its text for places, and what is wrong with it so far.
pub(super) struct Document {
    pub(super) path: PathBuf,
    pub(super) text: String,
    places: Places,
    problems: RefCell<Vec<Problem>>,
}

impl Document {
    pub(super) fn new(path: PathBuf, text: String) -> Self {
        Document {
            path,
            places: Places::of(&text),
            text,
            problems: RefCell::default(),
        }
    }

    pub(super) fn place(&self, span: &Range<usize>) -> Place {
        let (line, column) = self.places.at(&self.text, span.start);
        Place {
            file: self.path.clone(),
            line,
            column,
        }
    }

    pub(super) fn complain(&self, place: Option<Place>, message: impl Into<String>) {
        self.problems.borrow_mut().push(Problem {
            place,
            message: message.into(),
        });
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }
}

/// Lines and columns of a text, known at every so many bytes: every key has a place, and to count from the beginning for each takes the square of the text.
struct Places(Vec<(usize, usize, usize)>);

impl Places {
    /// Bytes between what is known: as many as are counted for a place, at most.
    const STEP: usize = 256;

    fn of(text: &str) -> Self {
        let mut known = vec![(0, 1, 1)];
        let (mut next, mut line, mut column) = (Self::STEP, 1, 1);
        for (at, character) in text.char_indices() {
            if at >= next {
                known.push((at, line, column));
                next = at.saturating_add(Self::STEP);
            }
            (line, column) = behind(character, line, column);
        }
        Places(known)
    }

    /// The line and the column of a byte in the text.
    fn at(&self, text: &str, byte: usize) -> (usize, usize) {
        let before = self.0.partition_point(|(at, ..)| *at <= byte);
        let known = before.checked_sub(1).and_then(|last| self.0.get(last));
        let (start, line, column) = known.copied().unwrap_or((0, 1, 1));
        let rest = text.get(start..).unwrap_or_default().char_indices();
        let between =
            rest.take_while(|(at, character)| start + at + character.len_utf8() <= byte.max(start));
        between.fold((line, column), |(line, column), (_, character)| {
            behind(character, line, column)
        })
    }
}

/// Where a character ends that stands at a line and column.
fn behind(character: char, line: usize, column: usize) -> (usize, usize) {
    if character == '\n' {
        (line + 1, 1)
    } else {
        (line, column + 1)
    }
}

/// A value and where it stands.
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

/// A table, and the keys that it was asked for.
pub(super) struct Keys<'d, 't> {
    pub(super) document: &'d Document,
    table: &'t DeTable<'t>,
    /// Where the table begins.
    pub(super) place: Place,
    asked: Vec<&'static str>,
}

impl<'d, 't> Keys<'d, 't> {
    pub(super) fn new(document: &'d Document, table: &'t DeTable<'t>, span: &Range<usize>) -> Self {
        Keys {
            document,
            table,
            place: document.place(span),
            asked: Vec::new(),
        }
    }

    /// Every key with its place and value, for tables whose keys are names.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'t str, Place, &'t Spanned<DeValue<'t>>)> {
        let place = |span: Range<usize>| self.document.place(&span);
        let table: &'t DeTable<'t> = self.table;
        table
            .iter()
            .map(move |(key, value)| (key.get_ref().as_ref(), place(key.span()), value))
    }

    pub(super) fn get(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.asked.push(key);
        let table: &'t DeTable<'t> = self.table;
        let mut all = table.iter();
        let found = all.find(|(name, _)| name.get_ref().as_ref() == key);
        found.map(|(_, value)| value)
    }

    /// Whether a key is there, whatever its value.
    pub(super) fn has(&self, key: &str) -> bool {
        self.all().any(|(name, ..)| name == key)
    }

    /// A key's value, read as what it should be, and where it stands; nothing where it is not there, or is something else.
    pub(super) fn placed<T>(
        &mut self,
        key: &'static str,
        kind: &str,
        read: impl FnOnce(&'t DeValue<'t>) -> Option<T>,
    ) -> Option<Placed<T>> {
        let value = self.get(key)?;
        let place = self.document.place(&value.span());
        match read(value.get_ref()) {
            Some(value) => Some(Placed { value, place }),
            None => {
                let found = self.spelled(value);
                let words = format!("`{key}` is {kind}, and this is {found}");
                self.document.complain(Some(place), words);
                None
            }
        }
    }

    /// What a value is: a number as it is written, since another one may be wanted, anything else by its kind.
    fn spelled(&self, value: &Spanned<DeValue<'_>>) -> String {
        let kind = article(value.get_ref().type_str());
        let is_number = matches!(value.get_ref(), DeValue::Integer(_) | DeValue::Float(_));
        let written = self.document.text.get(value.span());
        match written.filter(|text| is_number && text.len() <= NUMBER_MAX) {
            Some(text) => text.to_owned(),
            None => kind,
        }
    }

    pub(super) fn text(&mut self, key: &'static str) -> Option<Placed<String>> {
        self.placed(key, "a string", |value| {
            value.as_str().map(ToOwned::to_owned)
        })
    }

    pub(super) fn flag(&mut self, key: &'static str) -> Option<Placed<bool>> {
        self.placed(key, "true or false", DeValue::as_bool)
    }

    /// A number of things: 0, 1, 2, ….
    pub(super) fn count(&mut self, key: &'static str) -> Option<Placed<u64>> {
        self.placed(key, "a whole number from 0 on", |value| {
            let number = value.as_integer()?;
            u64::from_str_radix(number.as_str(), number.radix()).ok()
        })
    }

    /// A rate: from 0 on, with a fraction or without.
    pub(super) fn rate(&mut self, key: &'static str) -> Option<Placed<f64>> {
        let rate = |value: &DeValue<'_>| match value {
            DeValue::Integer(number) => number.as_str().parse::<f64>().ok(),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => None,
        };
        self.placed(key, "a number from 0 on", |value| {
            rate(value).filter(|rate| rate.is_finite() && *rate >= 0.0)
        })
    }

    /// A list of strings.
    pub(super) fn texts(&mut self, key: &'static str) -> Option<Vec<Placed<String>>> {
        let document = self.document;
        let list = self.placed(key, "a list of strings", |value| {
            let texts = value.as_array()?.iter().map(|one| {
                let value = one.get_ref().as_str()?.to_owned();
                let place = document.place(&one.span());
                Some(Placed { value, place })
            });
            texts.collect::<Option<Vec<_>>>()
        });
        list.map(|list| list.value)
    }

    pub(super) fn table(&mut self, key: &'static str) -> Option<Keys<'d, 't>> {
        let document = self.document;
        let table = self.placed(key, "a table", |value| value.as_table())?;
        Some(Keys {
            document,
            table: table.value,
            place: table.place,
            asked: Vec::new(),
        })
    }

    /// The tables of a list of them, as `[[key]]` writes it.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<Keys<'d, 't>> {
        let document = self.document;
        let kind = format!("a list of tables, each headed [[{key}]]");
        let list = self.placed(key, &kind, |value| {
            let tables = value.as_array()?.iter().map(|one| {
                let table = one.get_ref().as_table()?;
                Some(Keys::new(document, table, &one.span()))
            });
            tables.collect::<Option<Vec<_>>>()
        });
        list.map_or_else(Vec::new, |list| list.value)
    }

    /// What nobody asked for is a mistake; `of` says what has these keys.
    pub(super) fn finish(self, of: &str) {
        for (key, place, _) in self.all() {
            if !self.asked.contains(&key) {
                let known = self.asked.iter().copied();
                let words = with_hint(format!("{of} has no key '{key}'"), similar(key, known));
                self.document.complain(Some(place), words);
            }
        }
    }
}

fn article(kind: &str) -> String {
    let is_vowel = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if is_vowel { "an" } else { "a" })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn places_are_those_that_counting_from_the_beginning_finds() {
        let texts = [
            String::new(),
            "a\n".repeat(600),
            "äö €\r\n".repeat(99),
            "ü".repeat(999),
        ];
        for text in texts {
            let document = Document::new(PathBuf::from("f"), text.clone());
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            for byte in ends {
                let counted = Place::of_byte(Path::new("f"), &text, byte);
                assert_eq!(document.place(&(byte..byte)), counted, "{byte}");
            }
        }
    }

    /// The longest file that is read: to count from its beginning for each place would take minutes.
    #[test]
    fn a_long_file_is_read_in_the_time_that_it_takes_to_look_at_it() {
        const NUMBER: usize = 25_000;
        let expectations = "[[expect]]\nrule = \"Program started\"\n".repeat(NUMBER);
        let text = format!("capture = \"c\"\nrules = [\"r\"]\n{expectations}");
        let file = PathBuf::from("scenario.toml");
        let scenario = super::super::scenario::parse(Path::new("."), file, text);
        let read = scenario.expect("a scenario").expectations;
        assert_eq!(read.len(), NUMBER);
        let last = read.last().map(|one| one.place.line);
        assert_eq!(last, Some(2 * NUMBER + 1));
    }
}

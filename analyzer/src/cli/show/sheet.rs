//! Rows with typed values, and the three forms in which they leave the program.
//!
//! In: columns, and values of captures as they are. Out: a table for people; an array of JSON objects, or CSV with a head, for programs.
//! A column for people may show several values in one; a column for programs has one, under a name that stays.

use anyhow::Result;
use clap::ValueEnum;
use falco_analyze::time::{Zone, iso};
use falco_format::UnixNanos;
use falco_format::text::Lines;
use serde_json::{Map, Value as Json};

use super::table::{Align, Table};
use super::{Head, Screen, units};

/// What people are shown where a value is not known.
const UNKNOWN: &str = "-";

/// The form of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Columns for people.
    Text,
    /// JSON for machines.
    Json,
    /// Comma-separated values with a head.
    Csv,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Not known, or there is none.
    None,
    /// A number.
    Int(i64),
    /// A count.
    Uint(u64),
    /// So many bytes.
    Bytes(u64),
    /// So many nanoseconds.
    Duration(u64),
    /// A moment.
    Time(UnixNanos),
    /// Yes or no.
    Bool(bool),
    /// Text, as far as it is text.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
    /// Several counts.
    Uints(Vec<u64>),
    /// What people see is another than what programs read.
    Shown(String, Box<Value>),
}

/// A column: its name for programs, and its head for people where they are shown it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    name: &'static str,
    head: Option<Head>,
}

impl Column {
    /// That both see.
    pub(crate) const fn new(name: &'static str, head: Head) -> Column {
        Column {
            name,
            head: Some(head),
        }
    }

    /// That programs alone see.
    pub(crate) const fn hidden(name: &'static str) -> Column {
        Column { name, head: None }
    }
}

/// Rows under columns.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    columns: Vec<Column>,
    rows: Vec<Vec<Value>>,
}

impl Value {
    /// Text of a capture; none where there is none.
    pub(crate) fn text(bytes: Option<&[u8]>) -> Value {
        bytes.map_or(Value::None, |bytes| {
            Value::Text(String::from_utf8_lossy(bytes).into_owned())
        })
    }

    /// A word; none where there is none.
    pub(crate) fn word(word: Option<&str>) -> Value {
        word.map_or(Value::None, |word| Value::Text(word.to_owned()))
    }

    /// A number; none where there is none.
    pub(crate) fn int(number: Option<impl Into<i64>>) -> Value {
        number.map_or(Value::None, |number| Value::Int(number.into()))
    }

    /// A moment; none where it is not known.
    pub(crate) fn time(time: Option<UnixNanos>) -> Value {
        time.map_or(Value::None, Value::Time)
    }

    /// The same value, which people are shown as something else.
    pub(crate) fn shown(self, shown: impl Into<String>) -> Value {
        Value::Shown(shown.into(), Box::new(self))
    }

    fn for_people(&self, zone: &Zone) -> String {
        match self {
            Value::None => UNKNOWN.to_owned(),
            Value::Int(number) => number.to_string(),
            Value::Uint(number) => units::short_count(*number),
            Value::Bytes(number) => units::bytes(*number),
            Value::Duration(nanoseconds) => units::duration(*nanoseconds),
            Value::Time(time) => units::time(*time, zone),
            Value::Bool(is_so) => if *is_so { "yes" } else { "no" }.to_owned(),
            Value::Text(text) if text.is_empty() => UNKNOWN.to_owned(),
            Value::Text(text) => text.clone(),
            Value::Texts(texts) if texts.is_empty() => UNKNOWN.to_owned(),
            Value::Texts(texts) => texts.join(" "),
            Value::Uints(counts) => {
                let counts: Vec<_> = counts.iter().map(u64::to_string).collect();
                counts.join(" ")
            }
            Value::Shown(shown, _) => shown.clone(),
        }
    }

    fn json(&self) -> Json {
        match self {
            Value::None => Json::Null,
            Value::Int(number) => Json::from(*number),
            Value::Uint(number) | Value::Bytes(number) | Value::Duration(number) => {
                Json::from(*number)
            }
            Value::Time(time) => Json::from(iso(*time)),
            Value::Bool(is_so) => Json::from(*is_so),
            Value::Text(text) => Json::from(text.as_str()),
            Value::Texts(texts) => Json::from(texts.as_slice()),
            Value::Uints(counts) => Json::from(counts.as_slice()),
            Value::Shown(_, value) => value.json(),
        }
    }

    /// As CSV has it: nothing where nothing is known, lists as JSON.
    fn csv(&self) -> String {
        match self.json() {
            Json::Null => String::new(),
            Json::String(text) => text,
            other => other.to_string(),
        }
    }
}

impl Sheet {
    /// No rows yet.
    pub(crate) fn new(columns: impl IntoIterator<Item = Column>) -> Sheet {
        Sheet {
            columns: columns.into_iter().collect(),
            rows: Vec::new(),
        }
    }

    /// One more row: a value for each column.
    pub(crate) fn row(&mut self, values: impl IntoIterator<Item = Value>) {
        self.rows.push(values.into_iter().collect());
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// For people.
    pub(crate) fn lines(&self, screen: Screen, zone: &Zone) -> Lines {
        let heads = self.columns.iter().filter_map(|column| column.head);
        let mut table = Table::new(heads);
        for row in &self.rows {
            let cells = self.columns.iter().zip(row);
            let shown = cells.filter(|(column, _)| column.head.is_some());
            table.row(shown.map(|(_, value)| value.for_people(zone)));
        }
        table.lines(screen)
    }

    /// For programs: an object for each row.
    pub(crate) fn json(&self) -> Json {
        let object = |row: &Vec<Value>| {
            let cells = self.columns.iter().zip(row);
            let members = cells.map(|(column, value)| (column.name.to_owned(), value.json()));
            Json::Object(members.collect::<Map<_, _>>())
        };
        self.rows.iter().map(object).collect()
    }

    /// For programs: comma-separated, the names of the columns first.
    pub(crate) fn csv(&self) -> Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(self.columns.iter().map(|column| column.name))?;
        for row in &self.rows {
            writer.write_record(row.iter().map(Value::csv))?;
        }
        Ok(String::from_utf8(writer.into_inner()?)?)
    }
}

/// The column of a number.
pub(crate) const fn number(title: &'static str) -> Head {
    Head::new(title).aligned(Align::Right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        let mut sheet = Sheet::new([
            Column::new("pid", number("PID")),
            Column::new("name", Head::new("NAME").long()),
            Column::new("user", Head::new("USER")),
            Column::hidden("uid"),
            Column::hidden("argv"),
        ]);
        let argv = ["a b", "\"c\""].map(str::to_owned).to_vec();
        sheet.row([
            Value::Int(7),
            Value::text(Some(b"evil\n\x1b[2J,\xff")),
            Value::None.shown("1000"),
            Value::int(Some(1_000_u32)),
            Value::Texts(argv),
        ]);
        sheet
    }

    #[test]
    fn each_form_has_what_it_is_for() {
        let screen = Screen {
            width: None,
            is_unicode: true,
        };
        assert_eq!(
            sheet().lines(screen, &Zone::utc()).as_str(),
            "PID  NAME               USER\n  7  evil\\n\\u{1b}[2J,\u{fffd}  1000\n"
        );
        assert_eq!(
            sheet().json().to_string(),
            "[{\"pid\":7,\"name\":\"evil\\n\\u001b[2J,\u{fffd}\",\"user\":null,\"uid\":1000,\"argv\":[\"a b\",\"\\\"c\\\"\"]}]"
        );
        assert_eq!(
            sheet().csv().expect("text"),
            "pid,name,user,uid,argv\n7,\"evil\n\u{1b}[2J,\u{fffd}\",,1000,\"[\"\"a b\"\",\"\"\\\"\"c\\\"\"\"\"]\"\n"
        );
    }
}

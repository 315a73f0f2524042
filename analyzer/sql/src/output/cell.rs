//! Values as text: what tables and CSV show, and what JSON says of times.
//!
//! In: arrays. Out: text. Times are as every command prints them, in the zone that was asked for, with how far it is from UTC: so they stay exact.
//! What has no rule here is as Arrow prints it: bytes as hexadecimal digits, lists in brackets.

use std::fmt::Write;

use arrow::array::{Array, AsArray as _};
use arrow::datatypes::{
    DataType, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType,
    DurationSecondType, Field, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow::error::ArrowError;
use arrow::util::display::{
    ArrayFormatter, ArrayFormatterFactory, DisplayIndex, FormatOptions, FormatResult,
};
use falco_analyze::time::{Zone, push_moment};
use jiff::SignedDuration;
use jiff::fmt::friendly::{FractionalUnit, SpanPrinter};

/// Lengths of time for people: hours, minutes, and seconds with their fraction.
const LENGTHS: SpanPrinter = SpanPrinter::new().fractional(Some(FractionalUnit::Second));

/// How times and lengths of time are printed.
#[derive(Debug)]
pub(super) struct Cells {
    zone: Zone,
    /// Whether people read them: lengths of time are then `1m 2.5s`, else as ISO 8601 has them, `PT62.5S`.
    is_for_people: bool,
}

impl Cells {
    pub(super) fn new(zone: &Zone, is_for_people: bool) -> Self {
        Self {
            zone: zone.clone(),
            is_for_people,
        }
    }

    pub(super) fn options(&self) -> FormatOptions<'_> {
        let options = FormatOptions::new().with_display_error(false);
        options.with_formatter_factory(Some(self))
    }

    /// What prints the values of an array; `options` are those that [`Cells::options`] gives.
    pub(super) fn formatter<'f>(
        &self,
        array: &'f dyn Array,
        options: &FormatOptions<'f>,
    ) -> Result<ArrayFormatter<'f>, ArrowError> {
        let own = match options.formatter_factory() {
            Some(factory) => factory.create_array_formatter(array, options, None)?,
            None => None,
        };
        own.map_or_else(|| ArrayFormatter::try_new(array, options), Ok)
    }

    /// What prints the moments of an array.
    pub(super) fn moments<'f>(
        &self,
        array: &'f dyn Array,
    ) -> Result<ArrayFormatter<'f>, ArrowError> {
        let own = self.create_array_formatter(array, &FormatOptions::new(), None)?;
        own.map_or_else(|| ArrayFormatter::try_new(array, &FormatOptions::new()), Ok)
    }

    /// A moment as text; `None` where the array has none there, or one that nanoseconds since 1970 do not reach.
    fn moment(&self, array: &dyn Array, row: usize) -> Option<String> {
        let nanoseconds = nanoseconds(array, row)?;
        let mut text = String::new();
        push_moment(nanoseconds, &self.zone, &mut text);
        Some(text)
    }
}

/// The moment or the length of time of a row, in nanoseconds.
fn nanoseconds(array: &dyn Array, row: usize) -> Option<i64> {
    if array.is_null(row) {
        return None;
    }
    macro_rules! value {
        ($ty:ty, $factor:literal) => {
            array
                .as_primitive_opt::<$ty>()?
                .value(row)
                .checked_mul($factor)
        };
    }
    match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => value!(TimestampSecondType, 1_000_000_000),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            value!(TimestampMillisecondType, 1_000_000)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => value!(TimestampMicrosecondType, 1_000),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => value!(TimestampNanosecondType, 1),
        DataType::Duration(TimeUnit::Second) => value!(DurationSecondType, 1_000_000_000),
        DataType::Duration(TimeUnit::Millisecond) => value!(DurationMillisecondType, 1_000_000),
        DataType::Duration(TimeUnit::Microsecond) => value!(DurationMicrosecondType, 1_000),
        DataType::Duration(TimeUnit::Nanosecond) => value!(DurationNanosecondType, 1),
        _ => None,
    }
}

impl ArrayFormatterFactory for Cells {
    fn create_array_formatter<'f>(
        &self,
        array: &'f dyn Array,
        options: &FormatOptions<'f>,
        _field: Option<&'f Field>,
    ) -> Result<Option<ArrayFormatter<'f>>, ArrowError> {
        let is_ours = match array.data_type() {
            // A time without a zone says nothing of UTC, and is printed without.
            DataType::Timestamp(_, zone) => zone.is_some(),
            DataType::Duration(_) => self.is_for_people,
            _ => false,
        };
        if !is_ours {
            return Ok(None);
        }
        let plain = options.clone().with_formatter_factory(None);
        let cell = TimeCell {
            array,
            cells: Self::new(&self.zone, self.is_for_people),
            null: options.null().to_owned(),
            otherwise: ArrayFormatter::try_new(array, &plain)?,
        };
        Ok(Some(ArrayFormatter::new(Box::new(cell), options.safe())))
    }
}

/// Prints the moments or the lengths of time of one array.
struct TimeCell<'a> {
    array: &'a dyn Array,
    cells: Cells,
    null: String,
    /// For what lies beyond nanoseconds of 64 bits.
    otherwise: ArrayFormatter<'a>,
}

impl DisplayIndex for TimeCell<'_> {
    fn write(&self, row: usize, out: &mut dyn Write) -> FormatResult {
        let is_time = matches!(self.array.data_type(), DataType::Timestamp(..));
        let text = if is_time {
            self.cells.moment(self.array, row)
        } else {
            let length = nanoseconds(self.array, row).map(SignedDuration::from_nanos);
            length.map(|length| LENGTHS.duration_to_string(&length))
        };
        match text {
            Some(text) => out.write_str(&text)?,
            None if self.array.is_null(row) => out.write_str(&self.null)?,
            None => write!(out, "{}", self.otherwise.value(row))?,
        }
        Ok(())
    }
}

/// Whether values of a type stand at the right of their column.
pub(super) fn is_number(ty: &DataType) -> bool {
    match ty {
        DataType::Dictionary(_, values) => is_number(values),
        other => other.is_numeric(),
    }
}

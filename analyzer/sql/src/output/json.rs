//! JSON: one object per row, on a line of its own.
//!
//! In: batches. Out: lines. Every object has every column; what is NULL is `null`.
//! Lists are arrays, maps and structs are objects, bytes are strings of hexadecimal digits, times are as tables have them, lengths of time as ISO 8601 has them (`PT1.5S`); numbers are whole however large.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, FieldRef};
use arrow::error::ArrowError;
use arrow::json::writer::{
    Encoder, EncoderFactory, EncoderOptions, LineDelimited, NullableEncoder, WriterBuilder,
};
use arrow::util::display::ArrayFormatter;
use falco_analyze::time::Zone;
use falco_format::text::json_text;

use super::cell::Cells;
use super::{Form, OutputError, Sink};

pub(super) struct JsonSink<W> {
    out: W,
    times: Arc<Times>,
}

impl<W: Write + Send> JsonSink<W> {
    pub(super) fn new(form: &Form, out: W) -> Self {
        Self {
            out,
            times: Times::new(&form.zone),
        }
    }
}

impl<W: Write + Send> Sink for JsonSink<W> {
    fn batch(&mut self, batch: RecordBatch) -> Result<(), OutputError> {
        let mut bytes = Vec::new();
        let mut writer = WriterBuilder::new()
            .with_explicit_nulls(true)
            .with_encoder_factory(Arc::clone(&self.times) as _)
            .build::<_, LineDelimited>(&mut bytes);
        writer.write(&batch)?;
        writer.finish()?;
        self.out.write_all(shown(&bytes).as_bytes())?;
        // Whoever reads along sees rows as they come.
        Ok(self.out.flush()?)
    }

    fn finish(mut self: Box<Self>) -> Result<(), OutputError> {
        Ok(self.out.flush()?)
    }
}

/// Arrow writes valid UTF-8; what is not seen or reorders text is escaped, and the values stay.
pub(super) fn shown(json: &[u8]) -> String {
    json_text(&String::from_utf8_lossy(json)).into_owned()
}

/// Writes times as tables have them.
#[derive(Debug)]
pub(super) struct Times(Zone);

impl Times {
    pub(super) fn new(zone: &Zone) -> Arc<Self> {
        Arc::new(Self(zone.clone()))
    }
}

impl EncoderFactory for Times {
    fn make_default_encoder<'a>(
        &self,
        _field: &'a FieldRef,
        array: &'a dyn Array,
        _options: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        if !matches!(array.data_type(), DataType::Timestamp(_, Some(_))) {
            return Ok(None);
        }
        let cells = Cells::new(&self.0, false);
        let formatter = cells.moments(array)?;
        let encoder = TimeEncoder(formatter);
        Ok(Some(NullableEncoder::new(
            Box::new(encoder),
            array.nulls().cloned(),
        )))
    }
}

struct TimeEncoder<'a>(ArrayFormatter<'a>);

impl Encoder for TimeEncoder<'_> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        out.push(b'"');
        // Writing to a `Vec` cannot fail, so the result carries no information; a time has no character that JSON escapes.
        let _ = write!(out, "{}", self.0.value(row));
        out.push(b'"');
    }
}

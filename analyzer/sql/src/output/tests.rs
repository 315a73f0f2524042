//! Every kind of value in every form.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, DictionaryArray, DurationNanosecondArray, Float64Array,
    ListArray, MapBuilder, StringArray, StringBuilder, TimestampMillisecondArray,
    TimestampNanosecondArray, UInt64Array,
};
use arrow::datatypes::{Int32Type, Int64Type};
use arrow::ipc::reader::StreamReader;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;

/// 2018-08-18T00:17:31.397761344Z
const TIME: i64 = 1_534_551_451_397_761_344;

fn batch() -> RecordBatch {
    let names = ["a,b", "say \"x\"\n\u{1b}[2J\u{202e}"];
    let names: ArrayRef = Arc::new(StringArray::from(vec![
        Some(names[0]),
        Some(names[1]),
        None,
        Some(""),
    ]));
    let kinds: ArrayRef = Arc::new(
        [Some("x"), None, Some("x"), Some("y")]
            .into_iter()
            .collect::<DictionaryArray<Int32Type>>(),
    );
    let numbers: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([
        Some(vec![Some(1), None]),
        None,
        Some(vec![]),
        Some(vec![Some(2)]),
    ]));
    let mut args = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    args.keys().append_value("path");
    args.values().append_value("/a,b");
    for is_there in [true, false, true, true] {
        args.append(is_there).expect("as many keys as values");
    }
    let times = TimestampNanosecondArray::from(vec![Some(TIME), None, Some(-1), Some(0)]);
    let local = TimestampMillisecondArray::from(vec![Some(0), None, Some(1), Some(2)]);
    let lengths =
        DurationNanosecondArray::from(vec![Some(62_500_000_000), None, Some(-1), Some(0)]);
    let bytes = BinaryArray::from_opt_vec(vec![Some(b"\xff\x00"), None, Some(b""), Some(b"a")]);
    let large = UInt64Array::from(vec![Some(u64::MAX), None, Some(0), Some(1)]);
    let ratios = Float64Array::from(vec![Some(0.1), None, Some(1e300), Some(-0.5)]);
    let failed = BooleanArray::from(vec![Some(true), None, Some(false), Some(true)]);
    RecordBatch::try_from_iter_with_nullable([
        ("name", names, true),
        ("kind", kinds, true),
        ("numbers", numbers, true),
        ("args", Arc::new(args.finish()), true),
        ("time", Arc::new(times.with_timezone("UTC")), true),
        ("local", Arc::new(local), true),
        ("length", Arc::new(lengths), true),
        ("bytes", Arc::new(bytes), true),
        ("large", Arc::new(large), true),
        ("ratio", Arc::new(ratios), true),
        ("failed", Arc::new(failed), true),
    ])
    .expect("equally long")
}

fn written(form: &Form, batches: &[RecordBatch]) -> Vec<u8> {
    let mut out = Vec::new();
    let schema = batches.first().expect("a batch").schema();
    let mut results = Results::new(schema, form, &mut out).expect("begins");
    for batch in batches {
        results.batch(batch.clone()).expect("written");
    }
    results.finish().expect("ends");
    out
}

fn text(form: &Form) -> String {
    String::from_utf8(written(form, &[batch()])).expect("text")
}

fn in_zone(format: Format, zone: &str) -> Form {
    Form {
        zone: zone.parse().expect("a zone"),
        ..Form::from(format)
    }
}

#[test]
fn json_has_every_column_on_every_line() {
    let expected = "\
{\"name\":\"a,b\",\"kind\":\"x\",\"numbers\":[1,null],\"args\":{\"path\":\"/a,b\"},\"time\":\"2018-08-18T00:17:31.397761344Z\",\"local\":\"1970-01-01T00:00:00\",\"length\":\"PT62.5S\",\"bytes\":\"ff00\",\"large\":18446744073709551615,\"ratio\":0.1,\"failed\":true}
{\"name\":\"say \\\"x\\\"\\n\\u001b[2J\\u202e\",\"kind\":null,\"numbers\":null,\"args\":null,\"time\":null,\"local\":null,\"length\":null,\"bytes\":null,\"large\":null,\"ratio\":null,\"failed\":null}
{\"name\":null,\"kind\":\"x\",\"numbers\":[],\"args\":{},\"time\":\"1969-12-31T23:59:59.999999999Z\",\"local\":\"1970-01-01T00:00:00.001\",\"length\":\"-PT0.000000001S\",\"bytes\":\"\",\"large\":0,\"ratio\":1.0e300,\"failed\":false}
{\"name\":\"\",\"kind\":\"y\",\"numbers\":[2],\"args\":{},\"time\":\"1970-01-01T00:00:00.000000000Z\",\"local\":\"1970-01-01T00:00:00.002\",\"length\":\"P0D\",\"bytes\":\"61\",\"large\":1,\"ratio\":-0.5,\"failed\":true}
";
    assert_eq!(text(&Format::Json.into()), expected);
    let elsewhere = text(&in_zone(Format::Json, "Asia/Kolkata"));
    assert!(
        elsewhere.contains("\"time\":\"2018-08-18T05:47:31.397761344+05:30\""),
        "{elsewhere}"
    );
}

#[test]
fn csv_is_read_back_as_it_was() {
    let csv = text(&Format::Csv.into());
    let first = "name,kind,numbers,args,time,local,length,bytes,large,ratio,failed\n\"a,b\",x,\"[1,null]\",\"{\"\"path\"\":\"\"/a,b\"\"}\",2018-08-18T00:17:31.397761344Z,1970-01-01T00:00:00,PT62.5S,ff00,18446744073709551615,0.1,true\n";
    assert!(csv.starts_with(first), "{csv}");
    // NULL is nothing, empty text is quoted.
    assert!(csv.contains("\n,x,[],{},1969-12-31"), "{csv}");
    assert!(csv.contains("\n\"\",y,[2],{},1970-01-01"), "{csv}");
    let mut reader = ::csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<_> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), 4);
    assert_eq!(&rows[0][3], "{\"path\":\"/a,b\"}");
    assert_eq!(&rows[1][0], "say \"x\"\n\u{1b}[2J\u{202e}");
    let shown = Form {
        is_shown: true,
        ..Form::from(Format::Csv)
    };
    let shown = text(&shown);
    assert!(
        shown.contains("\"say \"\"x\"\"\\n\\u{1b}[2J\\u{202e}\""),
        "{shown}"
    );
}

#[test]
fn tables_show_null_and_nothing_that_a_terminal_obeys() {
    let table = text(&Format::Table.into());
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 8, "{table}");
    for (line, parts) in [
        (1, &["| name ", "| failed |"][..]),
        (
            3,
            &[
                "| a,b ",
                "| [1, ]",
                "| {path: /a,b}",
                "| 2018-08-18T00:17:31.397761344Z |",
                "| 1m 2.5s ",
                "| ff00 ",
                "| 18446744073709551615 |",
            ],
        ),
        (
            4,
            &[
                "| say \"x\"\\n\\u{1b}[2J\\u{202e} | NULL ",
                "|                 NULL |",
            ],
        ),
        (5, &["| NULL ", "1969-12-31T23:59:59.999999999Z"]),
    ] {
        for part in parts {
            assert!(lines[line].contains(part), "no {part} in {}", lines[line]);
        }
    }
    let elsewhere = text(&in_zone(Format::Table, "America/New_York"));
    assert!(
        elsewhere.contains("2018-08-17T20:17:31.397761344-04:00"),
        "{elsewhere}"
    );
    let narrow = Form {
        width: Some(60),
        ..Form::from(Format::Table)
    };
    let narrow = text(&narrow);
    assert!(
        narrow.starts_with("-[ row 1 ]\nname    | a,b\n"),
        "{narrow}"
    );
}

#[test]
fn long_tables_are_several_and_their_rows_are_counted_on() {
    let rows = 10_003_u64;
    let numbers: ArrayRef = Arc::new((0..rows).map(Some).collect::<UInt64Array>());
    let batch = RecordBatch::try_from_iter([("n", numbers)]).expect("a batch");
    let form = Form::from(Format::Table);
    let table = String::from_utf8(written(&form, std::slice::from_ref(&batch))).expect("text");
    assert_eq!(
        table.matches("|     n |").count() + table.matches("| n |").count(),
        1
    );
    assert_eq!(table.matches("\n| 10002 |\n").count(), 1);
    let expanded = Form {
        expanded: Expanded::On,
        ..form
    };
    let records = String::from_utf8(written(&expanded, &[batch])).expect("text");
    assert!(
        records.ends_with("-[ row 10003 ]\nn | 10002\n"),
        "the numbers go on"
    );
}

#[test]
fn other_programs_get_the_types() {
    let batches = [batch(), batch()];
    let parquet = written(&Format::Parquet.into(), &batches);
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(&parquet).expect("written");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
    let read: Vec<_> = reader
        .build()
        .expect("reads")
        .map(|batch| batch.expect("a batch"))
        .collect();
    let all = arrow::compute::concat_batches(&batch().schema(), &batches).expect("one schema");
    let found = arrow::compute::concat_batches(&read[0].schema(), &read).expect("one schema");
    assert_eq!(found.num_rows(), 8);
    for field in all.schema().fields() {
        let (wanted, got) = (
            all.column_by_name(field.name()),
            found.column_by_name(field.name()),
        );
        let (wanted, got) = (wanted.expect("there"), got.expect("there"));
        assert_eq!(got.data_type(), wanted.data_type(), "{field}");
        assert_eq!(got, wanted, "{field}");
    }
    let stream = written(&Format::Arrow.into(), &batches);
    let reader = StreamReader::try_new(stream.as_slice(), None).expect("a stream");
    let read: Vec<_> = reader.map(|batch| batch.expect("a batch")).collect();
    assert_eq!(read.len(), 2);
    assert_eq!(read[0], batches[0]);
}

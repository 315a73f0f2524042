//! In which form queries hold columns.
//!
//! In: a table's schema, batches of passes and of results. Out: the same with text as views, and for who reads results plain text again.
//! Passes make what rows share once, as dictionaries, and Parquet keeps it so. DataFusion sums and joins views many times faster than dictionaries, whose keys it spells out as rows of bytes; a view of what is shared takes no copy of it.
//! So captures and exports have one type as well, and stand in one table without casts.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use arrow::error::ArrowError;
use falco_analyze::columns::TableLayout;

/// The schema that queries see of a layout.
pub(crate) fn schema(layout: &TableLayout) -> SchemaRef {
    with_types(&layout.schema(), &held)
}

/// The type that queries see of a column's.
pub(crate) fn held(ty: &DataType) -> DataType {
    match ty {
        DataType::Utf8 => DataType::Utf8View,
        DataType::Dictionary(_, value) if **value == DataType::Utf8 => DataType::Utf8View,
        ty => ty.clone(),
    }
}

/// The schema of a result for other programs: not all of them know views.
pub(crate) fn plain_schema(schema: &Schema) -> SchemaRef {
    with_types(schema, &plain)
}

fn plain(ty: &DataType) -> DataType {
    let field = |field: &Arc<Field>| Arc::new(with_type(field, &plain));
    match ty {
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::List(of) => DataType::List(field(of)),
        DataType::LargeList(of) => DataType::LargeList(field(of)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(field).collect()),
        DataType::Map(of, is_sorted) => DataType::Map(field(of), *is_sorted),
        ty => ty.clone(),
    }
}

fn with_types(schema: &Schema, of: &impl Fn(&DataType) -> DataType) -> SchemaRef {
    let fields: Fields = schema
        .fields()
        .iter()
        .map(|field| with_type(field, of))
        .collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

fn with_type(field: &Field, of: &impl Fn(&DataType) -> DataType) -> Field {
    field.clone().with_data_type(of(field.data_type()))
}

/// A batch with the types of a schema that has its columns.
///
/// # Errors
/// When a value cannot have its column's type, which would be a defect of this module.
pub(crate) fn as_schema(
    batch: &RecordBatch,
    schema: &SchemaRef,
) -> Result<RecordBatch, ArrowError> {
    let columns = batch.columns().iter().zip(schema.fields());
    let columns = columns.map(|(column, field)| {
        if column.data_type() == field.data_type() {
            return Ok(Arc::clone(column));
        }
        cast(column, field.data_type())
    });
    let columns = columns.collect::<Result<Vec<ArrayRef>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array as _, AsArray as _, DictionaryArray, StringArray};
    use arrow::datatypes::Int32Type;
    use falco_analyze::columns::Table;

    use super::*;

    #[test]
    fn every_text_of_a_table_is_a_view_and_plain_again() {
        let layout = Table::Events.layout();
        let held = schema(&layout);
        let is_other =
            |ty: &DataType| *ty == DataType::Utf8 || matches!(ty, DataType::Dictionary(..));
        let others = held
            .fields()
            .iter()
            .filter(|field| is_other(field.data_type()));
        assert_eq!(others.count(), 0);
        let views = |schema: &SchemaRef| {
            let fields = schema.fields().iter();
            fields
                .filter(|field| *field.data_type() == DataType::Utf8View)
                .count()
        };
        assert!(views(&held) > 100, "most columns are text");
        assert_eq!(views(&plain_schema(&held)), 0);
    }

    #[test]
    fn shared_text_is_the_same_text() {
        let shared: DictionaryArray<Int32Type> = [
            Some("cat"),
            None,
            Some(""),
            Some("a text of more than twelve bytes"),
            Some("cat"),
        ]
        .into_iter()
        .collect();
        let expected: Vec<Option<String>> = shared
            .downcast_dict::<StringArray>()
            .expect("text")
            .into_iter()
            .map(|text| text.map(ToOwned::to_owned))
            .collect();
        let field = Field::new("name", shared.data_type().clone(), true);
        let batch =
            RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![Arc::new(shared)]);
        let batch = batch.expect("a batch");
        let held = as_schema(&batch, &with_types(&batch.schema(), &held)).expect("views");
        let plain = as_schema(&held, &plain_schema(&held.schema())).expect("text");
        let found = plain.column(0).as_string::<i32>().iter();
        let found: Vec<_> = found.map(|text| text.map(ToOwned::to_owned)).collect();
        assert_eq!(found, expected);
    }
}

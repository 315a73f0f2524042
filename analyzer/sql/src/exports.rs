//! The Parquet files of exports as tables.
//!
//! In: files, each with the table that it holds. Out: for each table, what columns its files have, and a provider that reads them.
//! A file is checked before anything is asked: it holds columns of its table and no others, of the table's types.
//! What some file lacks is no column of `SELECT *`, and to name it is an error: a NULL in its place would look like an answer.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::common::DataFusionError;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use falco_analyze::columns::{Table, TableLayout, similar_name};

use crate::held;

/// A file that is no table of an export.
#[derive(Debug, thiserror::Error)]
pub enum ExportedError {
    /// It cannot be read, or is no Parquet.
    #[error("cannot read {}: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// It has a column that its table has not.
    #[error("{} is no export of captures: '{column}' is no column of '{table}'{}", path.display(), hint(similar.as_deref()))]
    UnknownColumn {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The table that it was taken for.
        table: &'static str,
        /// The column whose name is most like it.
        similar: Option<String>,
    },
    /// A column has another type than the table's.
    #[error("{} is no export of captures: column '{column}' of '{table}' is {expected} and not {found}", path.display())]
    OtherType {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The table that it was taken for.
        table: &'static str,
        /// The table's type.
        expected: DataType,
        /// The file's.
        found: DataType,
    },
}

fn hint(similar: Option<&str>) -> String {
    let hint = |similar| format!("; '{similar}' is one");
    similar.map(hint).unwrap_or_default()
}

/// The files that hold a table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exported {
    files: Vec<PathBuf>,
    /// Columns of the table that some file has not, with the first such file.
    lacking: BTreeMap<String, PathBuf>,
}

impl Exported {
    /// Checks files of a table.
    pub(crate) fn open(table: Table, files: Vec<PathBuf>) -> Result<Self, ExportedError> {
        let layout = table.layout();
        let mut lacking = BTreeMap::new();
        for path in &files {
            let schema = schema_of(path)?;
            for field in schema.fields() {
                check(path, &layout, field)?;
            }
            let columns = layout.columns().iter().map(|column| &column.name);
            for column in columns.filter(|name| schema.column_with_name(name).is_none()) {
                lacking
                    .entry(column.clone())
                    .or_insert_with(|| path.clone());
            }
        }
        Ok(Self { files, lacking })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// A file that has not got a column.
    pub(crate) fn lacks(&self, column: &str) -> Option<&Path> {
        self.lacking.get(column).map(PathBuf::as_path)
    }

    /// The files as a table with these columns; none where there is no file.
    pub(crate) fn files(
        &self,
        layout: &TableLayout,
    ) -> Result<Option<ListingTable>, DataFusionError> {
        if self.files.is_empty() {
            return Ok(None);
        }
        let urls = self.files.iter().map(|file| file_url(file));
        let options = ListingOptions::new(Arc::new(ParquetFormat::default()));
        let config = ListingTableConfig::new_with_multi_paths(urls.collect::<Result<_, _>>()?)
            .with_listing_options(options)
            .with_schema(held::schema(layout));
        ListingTable::try_new(config).map(Some)
    }
}

/// The table that a file holds, as far as names tell: its own, or that of a directory that it lies in.
pub(crate) fn table_named(below: &Path) -> Option<Table> {
    let names = below.iter().rev().filter_map(|name| name.to_str());
    names
        .filter_map(|name| {
            let end = name.find(['.', '-', '=']).unwrap_or(name.len());
            name.get(..end)
        })
        .find_map(Table::named)
}

/// The table that has all columns of a file of any name; `events` where none has.
pub(crate) fn table_of_columns(path: &Path) -> Result<Table, ExportedError> {
    let schema = schema_of(path)?;
    let has_all = |table: &Table| {
        let layout = table.layout();
        let mut fields = schema.fields().iter();
        fields.all(|field| check(path, &layout, field).is_ok())
    };
    let tables = [Table::Events].into_iter().chain(Table::ALL);
    Ok(tables.into_iter().find(has_all).unwrap_or(Table::Events))
}

fn schema_of(path: &Path) -> Result<SchemaRef, ExportedError> {
    let failed = |why: String| ExportedError::Unreadable {
        path: path.to_owned(),
        why,
    };
    let file = File::open(path).map_err(|error| failed(error.to_string()))?;
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
        .map_err(|error| failed(error.to_string()))?;
    Ok(Arc::clone(metadata.schema()))
}

fn check(path: &Path, layout: &TableLayout, field: &Field) -> Result<(), ExportedError> {
    let (path, table) = (path.to_owned(), layout.table().name());
    let column = field.name().clone();
    let mut columns = layout.columns().iter();
    let Some(declared) = columns.find(|declared| declared.name == column) else {
        let names = layout.columns().iter().map(|column| column.name.as_str());
        let similar = similar_name(&column, names).map(ToOwned::to_owned);
        return Err(ExportedError::UnknownColumn {
            path,
            column,
            table,
            similar,
        });
    };
    let (expected, found) = (declared.ty.data_type(), field.data_type().clone());
    if is_alike(&expected, &found) {
        return Ok(());
    }
    Err(ExportedError::OtherType {
        path,
        column,
        table,
        expected,
        found,
    })
}

/// Whether values of two types are the same, however they are kept.
fn is_alike(one: &DataType, other: &DataType) -> bool {
    match (one, other) {
        (DataType::Dictionary(_, value), other) | (other, DataType::Dictionary(_, value)) => {
            is_alike(value, other)
        }
        (
            DataType::List(one) | DataType::LargeList(one),
            DataType::List(other) | DataType::LargeList(other),
        ) => is_alike(one.data_type(), other.data_type()),
        (DataType::Map(one, _), DataType::Map(other, _)) => {
            is_alike(one.data_type(), other.data_type())
        }
        (DataType::Struct(one), DataType::Struct(other)) => {
            let mut pairs = one.iter().zip(other);
            one.len() == other.len()
                && pairs.all(|(one, other)| is_alike(one.data_type(), other.data_type()))
        }
        (one, other) if is_text(one) && is_text(other) => true,
        (one, other) if is_bytes(one) && is_bytes(other) => true,
        (one, other) => one == other,
    }
}

fn is_text(ty: &DataType) -> bool {
    matches!(
        ty,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    )
}

fn is_bytes(ty: &DataType) -> bool {
    matches!(
        ty,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView
    )
}

/// A file's URL. Its name is taken as it is: a URL that is parsed from text would take `*` and `[` for a pattern.
fn file_url(path: &Path) -> Result<ListingTableUrl, DataFusionError> {
    let absolute = std::path::absolute(path)?;
    let mut url = "file://".to_owned();
    for byte in absolute.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte) {
            url.push(char::from(*byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    ListingTableUrl::parse(url)
}

//! A leaf of values that rows share, as Parquet: each of them once, and for each row a number.
//!
//! In: the entries, and where the values of the rows of a row group stand. Out: the column's bytes, with what the file says of them.
//! The library's own writer takes a dictionary apart and looks up the text of every row again, by a hash and two comparisons; that takes longer than all else that becomes of a row. What is written is what it would write: a page of entries, then pages of numbers, with their least and greatest entry; of flags their bits alone, of texts that hardly repeat these themselves.

use bytes::Bytes;
use parquet::basic::{BoundaryOrder, Compression, Encoding, PageType, Type, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageWriteSpec, PageWriter as _};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, ColumnIndexBuilder, OffsetIndexBuilder, PageEncodingStats,
};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use zstd::bulk::Compressor;

use super::entries::Entries;
use super::hybrid;
use super::levels::{Leaf, LeafPage};

/// Rows of a page: what a reader that looks for few rows decodes at least. The library's own number.
const PAGE_ROWS: usize = 20_000;
/// A leaf that is written.
pub(super) struct SharedChunk {
    pub(super) bytes: Bytes,
    pub(super) close: ColumnCloseResult,
}

/// Writes a leaf.
pub(super) fn write<E: Entries>(
    entries: &E,
    leaf: &Leaf<'_>,
    (column, level): (ColumnDescPtr, ZstdLevel),
) -> Result<SharedChunk, ParquetError> {
    let mut chunk = Chunk {
        entries,
        out: TrackedWrite::new(Vec::new()),
        compressor: Compressor::new(level.compression_level()).map_err(external)?,
        index: ColumnIndexBuilder::new(E::TYPE),
        offsets: OffsetIndexBuilder::new(),
        bounds: None,
        sizes: Sizes::default(),
    };
    if !entries.is_plain() {
        chunk.write_entries()?;
    }
    let mut seen = vec![0; entries.len()];
    let rows = leaf.rows();
    for (number, first) in (1_u32..).zip((0..rows).step_by(PAGE_ROWS)) {
        let page = leaf.page(first..rows.min(first + PAGE_ROWS));
        let told = told_of(entries, &page.numbers, (number, &mut seen));
        chunk.write_rows(&page, leaf.whole, &told)?;
    }
    chunk.close((column, level), rows)
}

/// What is told of a page's values.
struct Told<'d, E: Entries + 'd> {
    /// The least and the greatest.
    bounds: Option<(E::Value<'d>, E::Value<'d>)>,
    /// Bytes of text of all of them.
    bytes: usize,
}

/// An entry is compared once, whatever number of values has it: `seen` tells in which page it last was.
fn told_of<'d, E: Entries>(
    entries: &'d E,
    numbers: &[u32],
    (page, seen): (u32, &mut [u32]),
) -> Told<'d, E> {
    let mut told = Told {
        bounds: None,
        bytes: 0,
    };
    for number in numbers {
        told.bytes += entries.text_bytes(*number);
        let Some(last) = seen.get_mut(*number as usize) else {
            continue;
        };
        if *last != page {
            *last = page;
            let value = entries.value(*number);
            told.bounds = Some(widened(told.bounds, (value, value)));
        }
    }
    told
}

fn widened<T: Copy + Ord>(bounds: Option<(T, T)>, (least, greatest): (T, T)) -> (T, T) {
    bounds.map_or((least, greatest), |(low, high)| {
        (low.min(least), high.max(greatest))
    })
}

/// What the file says of a leaf.
#[derive(Default)]
struct Sizes {
    compressed: i64,
    uncompressed: i64,
    written: u64,
    /// Values, and what stands for those that are not there.
    levels: i64,
    nulls: u64,
    text_bytes: i64,
    pages: i32,
    /// Where the first page of rows begins.
    rows_at: Option<u64>,
}

/// A leaf in the making.
struct Chunk<'d, E: Entries> {
    entries: &'d E,
    out: TrackedWrite<Vec<u8>>,
    compressor: Compressor<'static>,
    index: ColumnIndexBuilder,
    offsets: OffsetIndexBuilder,
    bounds: Option<(E::Value<'d>, E::Value<'d>)>,
    sizes: Sizes,
}

impl<'d, E: Entries> Chunk<'d, E> {
    fn write_entries(&mut self) -> Result<(), ParquetError> {
        let mut plain = Vec::new();
        // A row group has far fewer rows than there are numbers.
        let count = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        (0..count).for_each(|number| E::write(self.entries.value(number), &mut plain));
        let buf = self.compressor.compress(&plain).map_err(external)?.into();
        let page = Page::DictionaryPage {
            buf,
            num_values: count,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        self.write_page(page, plain.len())?;
        Ok(())
    }

    fn write_rows(
        &mut self,
        rows: &LeafPage,
        whole: u32,
        told: &Told<'d, E>,
    ) -> Result<(), ParquetError> {
        let mut plain = Vec::new();
        if !rows.repetitions.is_empty() {
            push_levels(&rows.repetitions, 1, &mut plain);
        }
        push_levels(
            &rows.definitions,
            hybrid::width_of(whole as usize + 1),
            &mut plain,
        );
        let width = hybrid::width_of(self.entries.len());
        if self.entries.is_plain() {
            self.entries.write_page(&rows.numbers, &mut plain);
        } else {
            plain.push(width as u8);
            hybrid::write(&rows.numbers, width, &mut plain);
        }
        let levels = rows.definitions.len();
        let page = Page::DataPage {
            buf: self.compressor.compress(&plain).map_err(external)?.into(),
            num_values: u32::try_from(levels).unwrap_or(u32::MAX),
            encoding: encoding(self.entries),
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        let page = self.write_page(page, plain.len())?;
        let (sizes, nulls) = (&mut self.sizes, rows.nulls());
        sizes.rows_at.get_or_insert(page.offset);
        sizes.pages += 1;
        sizes.levels += levels as i64;
        sizes.nulls += nulls as u64;
        sizes.text_bytes += told.bytes as i64;
        let bounds = told.bounds.map(|(low, high)| E::bounds(low, high));
        let [low, high] = bounds.unwrap_or_default().map(|(bound, _)| bound);
        self.index
            .append(told.bounds.is_none(), low, high, nulls as i64);
        let offsets = &mut self.offsets;
        offsets.append_row_count(rows.rows as i64);
        // The place in the file is known where the column is put.
        let size = i32::try_from(page.compressed_size).unwrap_or(i32::MAX);
        offsets.append_offset_and_size(page.offset as i64, size);
        if E::TYPE == Type::BYTE_ARRAY {
            offsets.append_unencoded_byte_array_data_bytes(Some(told.bytes as i64));
        }
        if let Some(bounds) = told.bounds {
            self.bounds = Some(widened(self.bounds, bounds));
        }
        Ok(())
    }

    fn write_page(
        &mut self,
        page: Page,
        plain_bytes: usize,
    ) -> Result<PageWriteSpec, ParquetError> {
        let page = CompressedPage::new(page, plain_bytes);
        let written = SerializedPageWriter::new(&mut self.out).write_page(page)?;
        self.sizes.compressed += written.compressed_size as i64;
        self.sizes.uncompressed += written.uncompressed_size as i64;
        self.sizes.written += written.bytes_written;
        Ok(written)
    }

    fn close(
        self,
        (column, level): (ColumnDescPtr, ZstdLevel),
        rows: usize,
    ) -> Result<SharedChunk, ParquetError> {
        let sizes = self.sizes;
        let page = |page_type, encoding, count| PageEncodingStats {
            page_type,
            encoding,
            count,
        };
        let mut pages = vec![page(
            PageType::DATA_PAGE,
            encoding(self.entries),
            sizes.pages,
        )];
        let mut encodings = vec![Encoding::PLAIN, Encoding::RLE];
        let is_plain = self.entries.is_plain();
        if !is_plain {
            pages.insert(0, page(PageType::DICTIONARY_PAGE, Encoding::PLAIN, 1));
            encodings.push(encoding(self.entries));
        }
        let bounds = self.bounds.map(|(low, high)| E::bounds(low, high));
        let is_text = E::TYPE == Type::BYTE_ARRAY;
        let metadata = ColumnChunkMetaData::builder(column)
            .set_compression(Compression::ZSTD(level))
            .set_encodings(encodings)
            .set_page_encoding_stats(pages)
            .set_total_compressed_size(sizes.compressed)
            .set_total_uncompressed_size(sizes.uncompressed)
            .set_num_values(sizes.levels)
            .set_data_page_offset(sizes.rows_at.unwrap_or_default() as i64)
            .set_dictionary_page_offset((!is_plain).then_some(0))
            .set_unencoded_byte_array_data_bytes(is_text.then_some(sizes.text_bytes))
            .set_statistics(E::statistics(bounds, sizes.nulls))
            .build()?;
        let mut index = self.index;
        index.set_boundary_order(BoundaryOrder::UNORDERED);
        Ok(SharedChunk {
            bytes: self.out.into_inner()?.into(),
            close: ColumnCloseResult {
                bytes_written: sizes.written,
                rows_written: rows as u64,
                metadata,
                bloom_filter: None,
                column_index: Some(index.build()?),
                offset_index: Some(self.offsets.build()),
            },
        })
    }
}

/// How values stand in pages.
fn encoding(entries: &impl Entries) -> Encoding {
    if entries.is_plain() {
        Encoding::PLAIN
    } else {
        Encoding::RLE_DICTIONARY
    }
}

/// Levels, behind how many bytes they are.
fn push_levels(levels: &[u32], width: u32, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&[0; size_of::<u32>()]);
    hybrid::write(levels, width, out);
    let bytes = out.len() - start - size_of::<u32>();
    let length = u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
    let place = out.iter_mut().skip(start);
    place.zip(length).for_each(|(to, from)| *to = from);
}

fn external(error: std::io::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

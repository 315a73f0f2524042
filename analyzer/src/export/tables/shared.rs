//! A leaf of text that rows share, as Parquet: the texts once, and for each value a number.
//!
//! In: a dictionary, and where the values of the rows of a row group stand. Out: the column's bytes, with what the file says of them.
//! The library's own writer takes a dictionary apart and looks up the text of every row again, by a hash and two comparisons; that takes longer than all else that becomes of a row. What is written is what it would write: a page of texts, then pages of numbers, with their least and greatest text.

use bytes::Bytes;
use parquet::basic::{BoundaryOrder, Compression, Encoding, PageType, Type, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageWriteSpec, PageWriter as _};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, ColumnIndexBuilder, OffsetIndexBuilder, PageEncodingStats,
};
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use zstd::bulk::Compressor;

use super::dictionary::Dictionary;
use super::hybrid;
use super::levels::{Leaf, LeafPage};

/// Rows of a page: what a reader that looks for few rows decodes at least. The library's own number.
const PAGE_ROWS: usize = 20_000;
/// Bytes of a least or greatest text that are kept. The library's own number.
const BOUND_BYTES: usize = 64;

/// A leaf that is written.
pub(super) struct SharedChunk {
    pub(super) bytes: Bytes,
    pub(super) close: ColumnCloseResult,
}

/// The least and the greatest text of some rows.
type Bounds<'d> = Option<(&'d str, &'d str)>;

/// Writes a leaf.
pub(super) fn write(
    dictionary: &Dictionary,
    leaf: &Leaf<'_>,
    (column, level): (ColumnDescPtr, ZstdLevel),
) -> Result<SharedChunk, ParquetError> {
    let mut chunk = Chunk {
        out: TrackedWrite::new(Vec::new()),
        compressor: Compressor::new(level.compression_level()).map_err(external)?,
        index: ColumnIndexBuilder::new(Type::BYTE_ARRAY),
        offsets: OffsetIndexBuilder::new(),
        bounds: None,
        sizes: Sizes::default(),
    };
    chunk.write_texts(dictionary)?;
    let mut seen = vec![0; dictionary.len()];
    let rows = leaf.rows();
    for (number, first) in (1_u32..).zip((0..rows).step_by(PAGE_ROWS)) {
        let page = leaf.page(first..rows.min(first + PAGE_ROWS));
        let told = told_of(dictionary, &page.numbers, (number, &mut seen));
        chunk.write_rows(&page, (leaf.whole, dictionary.len()), &told)?;
    }
    chunk.close((column, level), rows)
}

/// What is told of a page's texts.
struct Told<'d> {
    bounds: Bounds<'d>,
    /// Bytes of all of them.
    bytes: usize,
}

/// A text is compared once, whatever number of values has it: `seen` tells in which page it last was.
fn told_of<'d>(
    dictionary: &'d Dictionary,
    numbers: &[u32],
    (page, seen): (u32, &mut [u32]),
) -> Told<'d> {
    let mut told = Told {
        bounds: None,
        bytes: 0,
    };
    for number in numbers {
        told.bytes += dictionary.bytes_of(*number);
        let Some(last) = seen.get_mut(*number as usize) else {
            continue;
        };
        if *last != page {
            *last = page;
            let text = dictionary.text(*number);
            told.bounds = widened(told.bounds, (text, text));
        }
    }
    told
}

fn widened<'d>(bounds: Bounds<'d>, (least, greatest): (&'d str, &'d str)) -> Bounds<'d> {
    Some(bounds.map_or((least, greatest), |(low, high)| {
        (low.min(least), high.max(greatest))
    }))
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
struct Chunk<'d> {
    out: TrackedWrite<Vec<u8>>,
    compressor: Compressor<'static>,
    index: ColumnIndexBuilder,
    offsets: OffsetIndexBuilder,
    bounds: Bounds<'d>,
    sizes: Sizes,
}

impl<'d> Chunk<'d> {
    fn write_texts(&mut self, dictionary: &Dictionary) -> Result<(), ParquetError> {
        let mut plain = Vec::new();
        for text in dictionary.texts() {
            // Text of a batch is bounded far below it.
            let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
            plain.extend_from_slice(&length.to_le_bytes());
            plain.extend_from_slice(text.as_bytes());
        }
        let buf = self.compressor.compress(&plain).map_err(external)?.into();
        let page = Page::DictionaryPage {
            buf,
            num_values: u32::try_from(dictionary.len()).unwrap_or(u32::MAX),
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        self.write_page(page, plain.len())?;
        Ok(())
    }

    fn write_rows(
        &mut self,
        rows: &LeafPage,
        (whole, texts): (u32, usize),
        told: &Told<'d>,
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
        let width = hybrid::width_of(texts);
        plain.push(width as u8);
        hybrid::write(&rows.numbers, width, &mut plain);
        let levels = rows.definitions.len();
        let page = Page::DataPage {
            buf: self.compressor.compress(&plain).map_err(external)?.into(),
            num_values: u32::try_from(levels).unwrap_or(u32::MAX),
            encoding: Encoding::RLE_DICTIONARY,
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
        let (low, high) = told.bounds.map_or_else(Default::default, |(low, high)| {
            (lower(low).0.into(), upper(high).0.into())
        });
        self.index
            .append(told.bounds.is_none(), low, high, nulls as i64);
        let offsets = &mut self.offsets;
        offsets.append_row_count(rows.rows as i64);
        // The place in the file is known where the column is put.
        let size = i32::try_from(page.compressed_size).unwrap_or(i32::MAX);
        offsets.append_offset_and_size(page.offset as i64, size);
        offsets.append_unencoded_byte_array_data_bytes(Some(told.bytes as i64));
        if let Some(bounds) = told.bounds {
            self.bounds = widened(self.bounds, bounds);
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
        let pages = vec![
            page(PageType::DICTIONARY_PAGE, Encoding::PLAIN, 1),
            page(PageType::DATA_PAGE, Encoding::RLE_DICTIONARY, sizes.pages),
        ];
        let metadata = ColumnChunkMetaData::builder(column)
            .set_compression(Compression::ZSTD(level))
            .set_encodings(vec![
                Encoding::PLAIN,
                Encoding::RLE,
                Encoding::RLE_DICTIONARY,
            ])
            .set_page_encoding_stats(pages)
            .set_total_compressed_size(sizes.compressed)
            .set_total_uncompressed_size(sizes.uncompressed)
            .set_num_values(sizes.levels)
            .set_data_page_offset(sizes.rows_at.unwrap_or_default() as i64)
            .set_dictionary_page_offset(Some(0))
            .set_unencoded_byte_array_data_bytes(Some(sizes.text_bytes))
            .set_statistics(statistics(self.bounds, sizes.nulls))
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

fn statistics(bounds: Bounds<'_>, nulls: u64) -> Statistics {
    let low = bounds.map(|(low, _)| lower(low));
    let high = bounds.map(|(_, high)| upper(high));
    let value = |text: &str| ByteArray::from(text);
    let both = ValueStatistics::new(
        low.map(|(text, _)| value(text)),
        high.as_ref().map(|(text, _)| value(text)),
        None,
        Some(nulls),
        false,
    );
    Statistics::ByteArray(
        both.with_min_is_exact(low.is_some_and(|(_, is_exact)| is_exact))
            .with_max_is_exact(high.is_some_and(|(_, is_exact)| is_exact)),
    )
}

/// A text that is not greater, of bounded length, and whether it is the same.
fn lower(text: &str) -> (&str, bool) {
    let cut = text
        .get(..text.floor_char_boundary(BOUND_BYTES))
        .unwrap_or(text);
    (cut, cut.len() == text.len())
}

/// A text that is not less, of about the same length at most, and whether it is the same.
fn upper(text: &str) -> (String, bool) {
    let (cut, is_whole) = lower(text);
    let mut cut = cut.to_owned();
    while !is_whole && let Some(last) = cut.pop() {
        // Text is in the order of its characters; a number that is no character is passed over.
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            cut.push(next);
            return (cut, false);
        }
    }
    (text.to_owned(), true)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_of_long_texts_are_short_and_hold() {
        let check = |text: &str, low: &str, high: &str| {
            let ((found_low, low_exact), (found_high, high_exact)) = (lower(text), upper(text));
            assert_eq!((found_low, &*found_high), (low, high));
            assert!(found_low <= text && text <= &*found_high);
            assert_eq!((low_exact, high_exact), (low == text, high == text));
        };
        check("", "", "");
        check("/etc/passwd", "/etc/passwd", "/etc/passwd");
        let a = |count| "a".repeat(count);
        check(&a(64), &a(64), &a(64));
        check(&a(65), &a(64), &(a(63) + "b"));
        let last = char::MAX.to_string();
        check(&(a(60) + &last + "z"), &(a(60) + &last), &(a(59) + "b"));
        check(
            &(a(62) + "\u{e9}z"),
            &(a(62) + "\u{e9}"),
            &(a(62) + "\u{ea}"),
        );
        check(&(a(63) + "\u{e9}"), &a(63), &(a(62) + "b"));
        check(
            &("\u{d7ff}".to_owned() + &last.repeat(16)),
            &("\u{d7ff}".to_owned() + &last.repeat(15)),
            "\u{e000}",
        );
        check(&last.repeat(17), &last.repeat(16), &last.repeat(17));
    }
}

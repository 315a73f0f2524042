//! A decoded column, and the value of one of its rows.
//!
//! A column does not copy what was decompressed: it says where in the block's arena its numbers and strings lie, and a value is put together when it is asked for.
//! Everything was checked when the column was made, by `values`; what lies outside reads as absent.

use std::sync::OnceLock;

use falco_abi::ParamStatus;

use super::numbers::Numbers;
use crate::bytes::unzigzag;
use crate::row::RawParam;

/// A fault that still left a value of the full width; only fixed columns tell it from one that left none.
pub(super) const FAULT_WITH_VALUE: u8 = 4;

/// How many integers of a column become bytes at once, where their bytes are asked for.
const CELLS: usize = 64;

/// A decoded column.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    /// Nothing was obtained, or the projection left it out.
    Absent,
    /// Integers.
    Fixed(Fixed),
    /// Strings and bytes.
    Variable(Variable),
}

/// Integers; zigzag where they are signed.
#[derive(Clone, Debug)]
pub(crate) struct Fixed {
    pub(super) statuses: Statuses,
    pub(super) numbers: Numbers,
    rows: usize,
    pub(super) width: usize,
    pub(super) is_signed: bool,
    /// The integer of every row, where all have the same, as the directory of most opens: asked first, since it is found without the rest.
    same: Option<u64>,
    cells: Cells,
}

/// Strings and bytes.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(super) statuses: Statuses,
    pub(super) strings: Strings,
}

/// Where strings lie in the arena.
#[derive(Clone, Debug)]
pub(super) enum Strings {
    /// None of the rows has one.
    None,
    /// The string of row i lies between the bounds i and i + 1.
    OfRows(Vec<u32>),
    /// The string of a row is the one between the bounds of its index.
    Dictionary { bounds: Vec<u32>, indices: Numbers },
    /// Each row's start and end.
    Each(Vec<(u32, u32)>),
}

/// The statuses of a column's rows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Statuses {
    /// One for all.
    All(u8),
    /// One byte for each row, from here on in the arena.
    Each { at: usize },
}

/// Integers as bytes, made where somebody asks for bytes: of few rows, but then of neighbours.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells(OnceLock<Box<[Chunk]>>);

/// Neighbours of one column as bytes.
type Chunk = OnceLock<Box<[[u8; 8]; CELLS]>>;

impl Statuses {
    #[inline]
    pub(super) fn code(self, arena: &[u8], row: usize) -> u8 {
        match self {
            Statuses::All(code) => code,
            Statuses::Each { at } => {
                let code = arena.get(at.saturating_add(row));
                code.copied().unwrap_or(ParamStatus::Absent as u8)
            }
        }
    }
}

impl Column {
    /// The value of a row; absent behind the end.
    #[inline]
    pub(crate) fn get<'a>(&'a self, arena: &'a [u8], row: usize) -> RawParam<'a> {
        let (code, bytes) = match self {
            Column::Absent => return RawParam::ABSENT,
            Column::Fixed(fixed) => {
                let code = fixed.statuses.code(arena, row);
                let bytes = has_number(code).then(|| fixed.bytes(arena, row)).flatten();
                (code, bytes)
            }
            Column::Variable(variable) => {
                let code = variable.statuses.code(arena, row);
                let range = variable.strings.range(arena, row);
                (
                    code,
                    range.and_then(|(start, end)| arena.get(start as usize..end as usize)),
                )
            }
        };
        RawParam {
            status: status_of(code),
            bytes: bytes.unwrap_or_default(),
        }
    }
}

impl Variable {
    /// The string of a row that has one, whole or truncated.
    #[inline]
    pub(super) fn whole_or_truncated<'a>(&self, arena: &'a [u8], row: usize) -> Option<&'a [u8]> {
        if self.statuses.code(arena, row) > ParamStatus::Truncated as u8 {
            return None;
        }
        let range = self.strings.range(arena, row);
        let string = range.and_then(|(start, end)| arena.get(start as usize..end as usize));
        Some(string.unwrap_or_default())
    }
}

impl Fixed {
    pub(super) fn new(
        numbers: Numbers,
        statuses: Statuses,
        rows: usize,
        (width, is_signed): (usize, bool),
    ) -> Self {
        let mut fixed = Fixed {
            statuses,
            numbers,
            rows,
            width,
            is_signed,
            same: None,
            cells: Cells::default(),
        };
        if let (Statuses::All(_), Numbers::Constant(_)) = (fixed.statuses, &fixed.numbers) {
            // Neither asks where the row lies.
            fixed.same = fixed.number(&[], 0).map(|(value, _)| value);
        }
        fixed
    }

    /// The integer of a row that has a whole one, extended to 64 bits by its sign, and whether it has one.
    #[inline]
    pub(super) fn number(&self, arena: &[u8], row: usize) -> Option<(u64, bool)> {
        if let Some(value) = self.same {
            return Some((value, self.is_signed));
        }
        if self.statuses.code(arena, row) > ParamStatus::Truncated as u8 {
            return None;
        }
        Some((self.value(arena, row)?, self.is_signed))
    }

    /// The same of either sign; none where it is too large.
    #[inline]
    pub(super) fn int(&self, arena: &[u8], row: usize) -> Option<i64> {
        if self.statuses.code(arena, row) > ParamStatus::Truncated as u8 {
            return None;
        }
        let number = self.numbers.get(arena, row)?;
        if self.is_signed {
            Some(unzigzag(number))
        } else {
            i64::try_from(number).ok()
        }
    }

    /// The same without a sign; none where it is negative.
    #[inline]
    pub(super) fn uint(&self, arena: &[u8], row: usize) -> Option<u64> {
        if self.statuses.code(arena, row) > ParamStatus::Truncated as u8 {
            return None;
        }
        let number = self.numbers.get(arena, row)?;
        if self.is_signed {
            u64::try_from(unzigzag(number)).ok()
        } else {
            Some(number)
        }
    }

    #[inline]
    fn value(&self, arena: &[u8], row: usize) -> Option<u64> {
        let number = self.numbers.get(arena, row)?;
        Some(if self.is_signed {
            unzigzag(number) as u64
        } else {
            number
        })
    }

    fn bytes(&self, arena: &[u8], row: usize) -> Option<&[u8]> {
        let (place, within) = (row / CELLS, row % CELLS);
        let chunks = self.cells.0.get_or_init(|| {
            let chunks = self.rows.div_ceil(CELLS);
            std::iter::repeat_with(OnceLock::new).take(chunks).collect()
        });
        let chunk = chunks.get(place)?.get_or_init(|| {
            let first = place.saturating_mul(CELLS);
            let mut cells = Box::new([[0; 8]; CELLS]);
            for (row, cell) in (first..self.rows).zip(cells.iter_mut()) {
                *cell = self.value(arena, row).unwrap_or(0).to_le_bytes();
            }
            cells
        });
        chunk.get(within)?.get(..self.width)
    }
}

impl Strings {
    /// Where the string of a row, or of a place among those that have one, starts and ends.
    #[inline]
    pub(super) fn range(&self, arena: &[u8], row: usize) -> Option<(u32, u32)> {
        let between = |bounds: &[u32], index: usize| {
            let end = bounds.get(index.saturating_add(1))?;
            Some((*bounds.get(index)?, *end))
        };
        match self {
            Strings::None => None,
            Strings::OfRows(bounds) => between(bounds, row),
            Strings::Dictionary { bounds, indices } => {
                between(bounds, usize::try_from(indices.get(arena, row)?).ok()?)
            }
            Strings::Each(ranges) => ranges.get(row).copied(),
        }
    }
}

#[inline]
fn status_of(code: u8) -> ParamStatus {
    match code {
        FAULT_WITH_VALUE => ParamStatus::Fault,
        code => ParamStatus::from_u8(code).unwrap_or(ParamStatus::Absent),
    }
}

/// Whether a row of a fixed column with this code has a number.
#[inline]
pub(super) fn has_number(code: u8) -> bool {
    code <= ParamStatus::Truncated as u8 || code == FAULT_WITH_VALUE
}

/// Whether a row of a variable column with this code has a length.
pub(super) fn has_length(code: u8) -> bool {
    code < ParamStatus::Absent as u8
}

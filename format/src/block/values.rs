//! One parameter's column: the status of every row, then the values of the rows that have one.
//!
//! A column in which nothing was obtained takes no bytes at all, and one in which everything is present takes one byte for that.
//! Values move by wire type alone: integers as numbers of their width, strings as lengths and bytes, or as a dictionary where they repeat.

use falco_abi::{ParamStatus, Wire};
use hashbrown::HashMap;

use super::numbers;
use crate::bytes::{Cursor, Malformed, put_length, unzigzag, zigzag};
use crate::row::RawParam;

/// A fault that still left a value of the full width; only fixed columns tell it from one that left none.
const FAULT_WITH_VALUE: u8 = 4;
/// Statuses follow row by row.
const MIXED: u8 = 0xff;

const PLAIN: u8 = 0;
const DICTIONARY: u8 = 1;

/// A decoded column.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    /// Nothing was obtained, or the projection left it out.
    Absent,
    /// Integers: eight bytes each, of which the first `width` count.
    Fixed {
        statuses: Statuses,
        values: Vec<[u8; 8]>,
        width: usize,
        signed: bool,
    },
    /// Strings and bytes: where each row's lie.
    Variable {
        statuses: Statuses,
        ranges: Vec<(u32, u32)>,
        data: Vec<u8>,
    },
}

/// The statuses of a column's rows.
#[derive(Clone, Debug)]
pub(crate) enum Statuses {
    All(u8),
    Each(Vec<u8>),
}

impl Statuses {
    fn code(&self, row: usize) -> u8 {
        match self {
            Statuses::All(code) => *code,
            Statuses::Each(codes) => codes.get(row).copied().unwrap_or(ParamStatus::Absent as u8),
        }
    }

    fn count(&self, rows: usize, wanted: impl Fn(u8) -> bool) -> usize {
        match self {
            Statuses::All(code) if wanted(*code) => rows,
            Statuses::All(_) => 0,
            Statuses::Each(codes) => codes.iter().filter(|code| wanted(**code)).count(),
        }
    }
}

impl Column {
    /// The integer of a row that has a whole one, extended to 64 bits by its sign, and whether it has one.
    pub(crate) fn number(&self, row: usize) -> Option<(u64, bool)> {
        let Column::Fixed {
            statuses,
            values,
            width,
            signed,
        } = self
        else {
            return None;
        };
        if statuses.code(row) > ParamStatus::Truncated as u8 {
            return None;
        }
        let value = u64::from_le_bytes(*values.get(row)?);
        let spare = 64u32
            .saturating_sub((*width as u32).saturating_mul(8))
            .min(63);
        let extended = if *signed {
            ((value << spare) as i64 >> spare) as u64
        } else {
            value
        };
        Some((extended, *signed))
    }

    /// The value of a row; absent behind the end.
    pub(crate) fn get(&self, row: usize) -> RawParam<'_> {
        let (code, bytes) = match self {
            Column::Absent => return RawParam::ABSENT,
            Column::Fixed {
                statuses,
                values,
                width,
                ..
            } => {
                let code = statuses.code(row);
                let value = values.get(row).and_then(|value| value.get(..*width));
                (code, value.filter(|_| has_number(code)))
            }
            Column::Variable {
                statuses,
                ranges,
                data,
            } => {
                let range = ranges
                    .get(row)
                    .map(|(start, end)| *start as usize..*end as usize);
                (statuses.code(row), range.and_then(|range| data.get(range)))
            }
        };
        RawParam {
            status: status_of(code),
            bytes: bytes.unwrap_or_default(),
        }
    }
}

fn status_of(code: u8) -> ParamStatus {
    match code {
        FAULT_WITH_VALUE => ParamStatus::Fault,
        code => ParamStatus::from_u8(code).unwrap_or(ParamStatus::Absent),
    }
}

/// Whether a row of a fixed column with this code has a number.
fn has_number(code: u8) -> bool {
    code <= ParamStatus::Truncated as u8 || code == FAULT_WITH_VALUE
}

/// Whether a row of a variable column with this code has a length.
fn has_length(code: u8) -> bool {
    code < ParamStatus::Absent as u8
}

/// Whether bytes of this length and status can stand in a column of this wire type.
pub(super) fn fits(wire: Wire, param: &RawParam<'_>) -> bool {
    let length = param.bytes.len();
    match (wire.width(), param.status) {
        (_, ParamStatus::Absent) => length == 0,
        (None, _) => true,
        (Some(width), ParamStatus::Fault) => length == 0 || length == width,
        (Some(width), _) => length == width,
    }
}

/// Appends the column of these values; nothing where all are absent.
pub(super) fn encode(out: &mut Vec<u8>, wire: Wire, values: &[RawParam<'_>]) {
    let codes: Vec<u8> = values.iter().map(|value| code_of(wire, value)).collect();
    let Some(first) = codes.first() else { return };
    if codes.iter().all(|code| code == first) {
        if *first == ParamStatus::Absent as u8 {
            return;
        }
        out.push(*first);
    } else {
        out.push(MIXED);
        out.extend_from_slice(&codes);
    }
    let coded = values.iter().zip(&codes);
    if wire.width().is_some() {
        let numbers: Vec<u64> = coded
            .filter(|(_, code)| has_number(**code))
            .map(|(value, _)| number_of(wire, value.bytes))
            .collect();
        numbers::encode(out, &numbers);
    } else {
        let strings: Vec<&[u8]> = coded
            .filter(|(_, code)| has_length(**code))
            .map(|(value, _)| value.bytes)
            .collect();
        encode_strings(out, &strings);
    }
}

pub(super) fn code_of(wire: Wire, value: &RawParam<'_>) -> u8 {
    let with_value =
        value.status == ParamStatus::Fault && wire.width().is_some() && !value.bytes.is_empty();
    if with_value {
        FAULT_WITH_VALUE
    } else {
        value.status as u8
    }
}

/// The number that little-endian bytes are; zigzag where the wire type is signed.
fn number_of(wire: Wire, bytes: &[u8]) -> u64 {
    let value = bytes
        .iter()
        .rev()
        .fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    if !wire.is_signed() {
        return value;
    }
    let spare = 64u32
        .saturating_sub((bytes.len() as u32).saturating_mul(8))
        .min(63);
    zigzag(((value << spare) as i64) >> spare)
}

fn encode_strings(out: &mut Vec<u8>, strings: &[&[u8]]) {
    if strings.is_empty() {
        return;
    }
    let mut places: HashMap<&[u8], u64> = HashMap::with_capacity(strings.len() / 2);
    let mut distinct: Vec<&[u8]> = Vec::new();
    let mut indices = Vec::with_capacity(strings.len());
    for string in strings {
        let next = distinct.len() as u64;
        let index = *places.entry(string).or_insert(next);
        if index == next {
            distinct.push(string);
        }
        indices.push(index);
    }
    let repeats = distinct.len().saturating_mul(2) <= strings.len();
    let stored = if repeats { &distinct } else { strings };
    out.push(if repeats { DICTIONARY } else { PLAIN });
    if repeats {
        put_length(out, distinct.len());
    }
    let lengths: Vec<u64> = stored.iter().map(|string| string.len() as u64).collect();
    numbers::encode(out, &lengths);
    stored
        .iter()
        .for_each(|string| out.extend_from_slice(string));
    if repeats {
        numbers::encode(out, &indices);
    }
}

/// Reads the column of `rows` values. The caller has bounded `rows`.
pub(super) fn decode(bytes: &[u8], wire: Wire, rows: usize) -> Result<Column, Malformed> {
    if bytes.is_empty() {
        return Ok(Column::Absent);
    }
    let mut cursor = Cursor::new(bytes);
    let at = cursor.malformed();
    let code_max = if wire.width().is_some() {
        FAULT_WITH_VALUE
    } else {
        ParamStatus::Absent as u8
    };
    let statuses = match cursor.u8()? {
        MIXED => Statuses::Each(cursor.take(rows)?.to_vec()),
        code => Statuses::All(code),
    };
    if statuses.count(rows, |code| code > code_max) > 0 {
        return Err(at);
    }
    let column = match wire.width() {
        Some(width) => decode_fixed(&mut cursor, wire, width, statuses, rows)?,
        None => decode_variable(&mut cursor, statuses, rows)?,
    };
    cursor.finish()?;
    Ok(column)
}

fn decode_fixed(
    cursor: &mut Cursor<'_>,
    wire: Wire,
    width: usize,
    statuses: Statuses,
    rows: usize,
) -> Result<Column, Malformed> {
    let at = cursor.malformed();
    let mut numbers = numbers::decode(cursor, statuses.count(rows, has_number))?.into_iter();
    let mut values = Vec::with_capacity(rows);
    for row in 0..rows {
        let number = if has_number(statuses.code(row)) {
            numbers.next().unwrap_or(0)
        } else {
            0
        };
        values.push(bytes_of(wire, width, number).ok_or(at)?);
    }
    Ok(Column::Fixed {
        statuses,
        values,
        width,
        signed: wire.is_signed(),
    })
}

/// The little-endian bytes of a number; `None` where it does not fit its width.
fn bytes_of(wire: Wire, width: usize, number: u64) -> Option<[u8; 8]> {
    if width >= 8 {
        let value = if wire.is_signed() {
            unzigzag(number) as u64
        } else {
            number
        };
        return Some(value.to_le_bytes());
    }
    // A zigzag number takes exactly as many bits as the value's wire type has.
    if number >> (8 * width) != 0 {
        return None;
    }
    let value = if wire.is_signed() {
        unzigzag(number) as u64
    } else {
        number
    };
    Some((value & ((1u64 << (8 * width)) - 1)).to_le_bytes())
}

fn decode_variable(
    cursor: &mut Cursor<'_>,
    statuses: Statuses,
    rows: usize,
) -> Result<Column, Malformed> {
    let with_length = statuses.count(rows, has_length);
    let mut ranges = Vec::with_capacity(rows);
    let mut data = Vec::new();
    if with_length > 0 {
        let at = cursor.malformed();
        let dictionary = match cursor.u8()? {
            PLAIN => None,
            DICTIONARY => Some(cursor.length(with_length)?),
            _ => return Err(at),
        };
        let stored = take_strings(cursor, dictionary.unwrap_or(with_length), &mut data)?;
        let chosen = match dictionary {
            None => stored,
            Some(_) => numbers::decode(cursor, with_length)?
                .into_iter()
                .map(|index| {
                    usize::try_from(index)
                        .ok()
                        .and_then(|index| stored.get(index))
                        .copied()
                })
                .collect::<Option<Vec<_>>>()
                .ok_or(at)?,
        };
        let mut chosen = chosen.into_iter();
        ranges.extend((0..rows).map(|row| {
            let range = has_length(statuses.code(row))
                .then(|| chosen.next())
                .flatten();
            range.unwrap_or((0, 0))
        }));
    }
    Ok(Column::Variable {
        statuses,
        ranges,
        data,
    })
}

/// Reads lengths and bytes, and says where each string lies in `data`.
fn take_strings(
    cursor: &mut Cursor<'_>,
    count: usize,
    data: &mut Vec<u8>,
) -> Result<Vec<(u32, u32)>, Malformed> {
    let lengths = numbers::decode(cursor, count)?;
    let at = cursor.malformed();
    let mut end = 0u64;
    let mut ranges = Vec::with_capacity(lengths.len());
    for length in lengths {
        let start = end;
        end = end.checked_add(length).ok_or(at)?;
        let range = (
            u32::try_from(start).map_err(|_| at)?,
            u32::try_from(end).map_err(|_| at)?,
        );
        ranges.push(range);
    }
    data.extend_from_slice(cursor.take(usize::try_from(end).map_err(|_| at)?)?);
    Ok(ranges)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WIRES: [Wire; 8] = [
        Wire::U8,
        Wire::U16,
        Wire::U32,
        Wire::U64,
        Wire::I32,
        Wire::I64,
        Wire::Str,
        Wire::Bytes,
    ];

    fn check(wire: Wire, values: &[RawParam<'_>]) {
        assert!(values.iter().all(|value| fits(wire, value)));
        let mut out = Vec::new();
        encode(&mut out, wire, values);
        let column = decode(&out, wire, values.len()).expect("decodes");
        let decoded: Vec<_> = (0..values.len()).map(|row| column.get(row)).collect();
        assert_eq!(decoded, values);
    }

    #[test]
    fn an_empty_string_is_not_an_absent_one() {
        check(
            Wire::Str,
            &[
                RawParam::present(b""),
                RawParam::ABSENT,
                RawParam::truncated(b""),
            ],
        );
        check(Wire::Str, &[RawParam::present(b"a"); 5]);
        check(Wire::U64, &[RawParam::ABSENT; 5]);
        let faults = [&b""[..], b"1234"].map(|bytes| RawParam {
            status: ParamStatus::Fault,
            bytes,
        });
        check(Wire::I32, &faults);
        check(Wire::Bytes, &faults);
    }

    #[test]
    fn all_present_costs_one_byte_and_all_absent_none() {
        let size = |value: RawParam<'_>| {
            let mut out = Vec::new();
            encode(&mut out, Wire::I32, &[value; 1000]);
            out.len()
        };
        assert_eq!(size(RawParam::ABSENT), 0);
        assert_eq!(size(RawParam::present(&[3, 0, 0, 0])), 3);
    }

    #[test]
    fn extremes_of_every_width_come_back() {
        for wire in WIRES {
            let width = wire.width().unwrap_or(3);
            let bytes: Vec<Vec<u8>> = vec![vec![0; width], vec![0xff; width], {
                let mut lowest = vec![0; width];
                lowest
                    .iter_mut()
                    .last()
                    .into_iter()
                    .for_each(|byte| *byte = 0x80);
                lowest
            }];
            check(
                wire,
                &bytes
                    .iter()
                    .map(|bytes| RawParam::present(bytes))
                    .collect::<Vec<_>>(),
            );
        }
    }

    proptest! {
        #[test]
        fn any_column_comes_back(wire in prop::sample::select(&WIRES[..]), rows in prop::collection::vec((0u8..4, prop::collection::vec(any::<u8>(), 0..12), any::<bool>()), 0..60)) {
            let values: Vec<_> = rows.iter().map(|(status, bytes, keep)| {
                let status = ParamStatus::from_u8(*status).expect("of four");
                let mut eight = bytes.clone();
                eight.resize(wire.width().unwrap_or(bytes.len()), 7);
                let empty = status == ParamStatus::Absent || (status == ParamStatus::Fault && *keep);
                (status, if empty { Vec::new() } else { eight })
            }).collect();
            let values: Vec<_> = values.iter().map(|(status, bytes)| RawParam { status: *status, bytes }).collect();
            check(wire, &values);
        }

        #[test]
        fn garbage_never_panics(wire in prop::sample::select(&WIRES[..]), bytes in prop::collection::vec(any::<u8>(), 0..200), rows in 0usize..100) {
            if let Ok(column) = decode(&bytes, wire, rows) {
                for row in 0..=rows {
                    let _ = column.get(row);
                }
            }
        }
    }
}

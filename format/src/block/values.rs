//! One parameter's column: the status of every row, then the values of the rows that have one.
//!
//! A column in which nothing was obtained takes no bytes at all, and one in which everything is present takes one byte for that.
//! Values move by wire type alone: integers as numbers of their width, strings as lengths and bytes, or as a dictionary where they repeat.
//! What comes out of the bytes is a [`Column`], in which every place is checked.

use std::ops::Range;

use falco_abi::{ParamStatus, Wire};
use hashbrown::HashMap;

use super::column::{
    Column, FAULT_WITH_VALUE, Fixed, Statuses, Strings, Variable, has_length, has_number,
};
use super::numbers::{self, Numbers};
use crate::bytes::{Cursor, Malformed, put_length, zigzag};
use crate::row::RawParam;

/// Statuses follow row by row.
const MIXED: u8 = 0xff;

const PLAIN: u8 = 0;
const DICTIONARY: u8 = 1;

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

/// Reads the column of `rows` values from a part of its arena. The caller has bounded `rows`.
pub(super) fn decode(
    arena: &[u8],
    part: Range<usize>,
    wire: Wire,
    rows: usize,
) -> Result<Column, Malformed> {
    if part.is_empty() {
        return Ok(Column::Absent);
    }
    let mut cursor = Cursor::within(arena, part);
    let at = cursor.malformed();
    let code_max = if wire.width().is_some() {
        FAULT_WITH_VALUE
    } else {
        ParamStatus::Absent as u8
    };
    let codes = match cursor.u8()? {
        MIXED => Codes::Each {
            at: cursor.offset(),
            codes: cursor.take(rows)?,
        },
        code => Codes::All(code),
    };
    if codes.count(rows, |code| code > code_max) > 0 {
        return Err(at);
    }
    let column = match wire.width() {
        Some(width) => Column::Fixed(Fixed::new(
            decode_numbers(&mut cursor, width, &codes, rows)?,
            codes.statuses(),
            rows,
            (width, wire.is_signed()),
        )),
        None => Column::Variable(Variable {
            strings: decode_strings(&mut cursor, &codes, rows)?,
            statuses: codes.statuses(),
        }),
    };
    cursor.finish()?;
    Ok(column)
}

/// The statuses of a column that is being read.
enum Codes<'a> {
    All(u8),
    Each { at: usize, codes: &'a [u8] },
}

impl Codes<'_> {
    fn statuses(&self) -> Statuses {
        match self {
            Codes::All(code) => Statuses::All(*code),
            Codes::Each { at, .. } => Statuses::Each { at: *at },
        }
    }

    fn count(&self, rows: usize, wanted: impl Fn(u8) -> bool) -> usize {
        match self {
            Codes::All(code) if wanted(*code) => rows,
            Codes::All(_) => 0,
            Codes::Each { codes, .. } => codes.iter().filter(|code| wanted(**code)).count(),
        }
    }
}

/// The numbers of the rows, zero where a row has none.
fn decode_numbers(
    cursor: &mut Cursor<'_>,
    width: usize,
    codes: &Codes<'_>,
    rows: usize,
) -> Result<Numbers, Malformed> {
    let (at, arena) = (cursor.malformed(), cursor.whole());
    let count = codes.count(rows, has_number);
    let numbers = Numbers::parse(cursor, count)?;
    // A zigzag number takes exactly as many bits as the value's wire type has.
    let limit = 1u64.checked_shl((8 * width) as u32);
    if limit.is_some_and(|limit| !numbers.are_below(arena, limit)) {
        return Err(at);
    }
    match codes {
        Codes::Each { codes, .. } if count < rows => {
            let values = numbers.to_vec(arena, count).into_iter();
            Ok(Numbers::Each(spread(codes, has_number, values)))
        }
        _ => Ok(numbers),
    }
}

/// Values of the rows that have one, with nothing between them for those that have none.
fn spread<T: Default>(
    codes: &[u8],
    has: impl Fn(u8) -> bool,
    mut values: impl Iterator<Item = T>,
) -> Vec<T> {
    let each = codes.iter().map(|code| {
        let value = has(*code).then(|| values.next()).flatten();
        value.unwrap_or_default()
    });
    each.collect()
}

fn decode_strings(
    cursor: &mut Cursor<'_>,
    codes: &Codes<'_>,
    rows: usize,
) -> Result<Strings, Malformed> {
    let count = codes.count(rows, has_length);
    if count == 0 {
        return Ok(Strings::None);
    }
    let (at, arena) = (cursor.malformed(), cursor.whole());
    let strings = match cursor.u8()? {
        PLAIN => Strings::OfRows(take_strings(cursor, count)?),
        DICTIONARY => {
            let length = cursor.length(count)?;
            let bounds = take_strings(cursor, length)?;
            let indices = Numbers::parse(cursor, count)?;
            if !indices.are_below(arena, length as u64) {
                return Err(at);
            }
            Strings::Dictionary { bounds, indices }
        }
        _ => return Err(at),
    };
    match codes {
        Codes::Each { codes, .. } if count < rows => {
            let ranges = (0..count).map(|place| strings.range(arena, place).unwrap_or_default());
            Ok(Strings::Each(spread(codes, has_length, ranges)))
        }
        _ => Ok(strings),
    }
}

/// Reads lengths and bytes, and says between which places of the arena each string lies.
fn take_strings(cursor: &mut Cursor<'_>, count: usize) -> Result<Vec<u32>, Malformed> {
    let lengths = numbers::decode(cursor, count)?;
    let at = cursor.malformed();
    let start = u32::try_from(cursor.offset()).map_err(|_| at)?;
    let mut bounds = Vec::with_capacity(lengths.len().saturating_add(1));
    bounds.push(start);
    let mut end = start;
    for length in lengths {
        let length = u32::try_from(length).map_err(|_| at)?;
        end = end.checked_add(length).ok_or(at)?;
        bounds.push(end);
    }
    cursor.take(end.saturating_sub(start) as usize)?;
    Ok(bounds)
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
        // It may stand anywhere in its arena.
        for before in [0, 7] {
            let arena = [&vec![0xff; before][..], &out, &[0xff; 3]].concat();
            let part = before..before + out.len();
            let column = decode(&arena, part, wire, values.len()).expect("decodes");
            let decoded: Vec<_> = (0..values.len())
                .map(|row| column.get(&arena, row))
                .collect();
            assert_eq!(decoded, values);
        }
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
            if let Ok(column) = decode(&bytes, 0..bytes.len(), wire, rows) {
                for row in 0..=rows {
                    let _ = column.get(&bytes, row);
                    if let Column::Fixed(fixed) = &column {
                        let _ = fixed.number(&bytes, row);
                    }
                }
            }
        }
    }
}

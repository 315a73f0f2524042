//! Parquet's hybrid of runs and packed bits, in which levels and the keys of a dictionary are written.
//!
//! In: small numbers, and how many bits the largest of them takes. Out: bytes, behind those that are there.
//! The writer of the library takes values and looks each of them up by its text; where keys are known already they are written here.

/// How many numbers a group of packed bits has: the format counts in groups.
const GROUP: usize = 8;

/// How many bits numbers below `count` take.
pub(super) fn width_of(count: usize) -> u32 {
    let largest = count.saturating_sub(1);
    usize::BITS - largest.leading_zeros()
}

/// Appends numbers, each of at most `width` bits.
pub(super) fn write(numbers: &[u32], width: u32, out: &mut Vec<u8>) {
    let mut rest = numbers;
    // How many of the first numbers of `rest` are to be packed.
    let mut packed = 0;
    while let Some((run, value)) = next_run(rest, packed) {
        // A run begins where a group ends.
        let fill = packed.next_multiple_of(GROUP) - packed;
        if run < fill + GROUP {
            packed += run;
            continue;
        }
        let (before, after) = rest.split_at_checked(packed + fill).unwrap_or((rest, &[]));
        write_packed(before, width, out);
        write_run(run - fill, value, width, out);
        rest = after.get(run - fill..).unwrap_or_default();
        packed = 0;
    }
    write_packed(rest, width, out);
}

/// How often the number at this place follows itself.
fn next_run(numbers: &[u32], place: usize) -> Option<(usize, u32)> {
    let (first, others) = numbers.get(place..)?.split_first()?;
    let run = others.iter().take_while(|other| *other == first).count();
    Some((run + 1, *first))
}

fn write_run(count: usize, value: u32, width: u32, out: &mut Vec<u8>) {
    write_varint((count as u64) << 1, out);
    let bytes = width.div_ceil(u8::BITS) as usize;
    out.extend(value.to_le_bytes().iter().take(bytes));
}

/// Groups of numbers, the last filled up with zeros: a reader knows how many it wants.
fn write_packed(numbers: &[u32], width: u32, out: &mut Vec<u8>) {
    let groups = numbers.len().div_ceil(GROUP);
    if groups == 0 {
        return;
    }
    write_varint((groups as u64) << 1 | 1, out);
    write_bits(numbers, width, out);
}

/// Appends the bits of numbers alone.
pub(super) fn write_bits(numbers: &[u32], width: u32, out: &mut Vec<u8>) {
    const HALF: u32 = u32::BITS;
    let padding = numbers.len().next_multiple_of(GROUP) - numbers.len();
    let (mut bits, mut count) = (0_u64, 0);
    for number in numbers.iter().chain(std::iter::repeat_n(&0, padding)) {
        bits |= u64::from(*number) << count;
        count += width;
        if count >= HALF {
            out.extend_from_slice(&(bits as u32).to_le_bytes());
            bits >>= HALF;
            count -= HALF;
        }
    }
    let left = count.div_ceil(u8::BITS) as usize;
    out.extend(bits.to_le_bytes().iter().take(left));
}

fn write_varint(mut value: u64, out: &mut Vec<u8>) {
    const MORE: u64 = 0x80;
    while value >= MORE {
        out.push((value % MORE + MORE) as u8);
        value /= MORE;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The numbers again, as the format's description has it.
    fn read(mut bytes: &[u8], width: u32, count: usize) -> Vec<u32> {
        let mut numbers = Vec::new();
        while let Some((header, rest)) = varint(bytes) {
            let value_bytes = if header & 1 == 0 {
                width.div_ceil(8) as usize
            } else {
                (header >> 1) as usize * width as usize
            };
            let (value, rest) = rest.split_at(value_bytes);
            let bit = |place: usize| u32::from(value[place / 8] >> (place % 8) & 1);
            let number = |first: usize| (0..width as usize).map(|at| bit(first + at) << at).sum();
            if header & 1 == 0 {
                let number: u32 = number(0);
                numbers.extend(std::iter::repeat_n(number, (header >> 1) as usize));
            } else {
                let all = (0..(header >> 1) as usize * 8).map(|at| number(at * width as usize));
                numbers.extend(all);
            }
            bytes = rest;
        }
        // Only what fills the last group may lie behind.
        assert!(numbers.len() < count + 8);
        assert!(numbers[count..].iter().all(|number| *number == 0));
        numbers.truncate(count);
        numbers
    }

    fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
        let end = bytes.iter().position(|byte| *byte < 0x80)?;
        let (head, rest) = bytes.split_at(end + 1);
        let digits = head.iter().rev();
        Some((
            digits.fold(0, |all, byte| all << 7 | u64::from(byte & 0x7f)),
            rest,
        ))
    }

    #[test]
    fn numbers_are_written_as_the_format_has_it() {
        let check = |numbers: &[u32], width: u32, expected: &[u8]| {
            let mut out = Vec::new();
            write(numbers, width, &mut out);
            assert_eq!(out, expected, "{numbers:?}");
        };
        check(&[], 3, &[]);
        // The example of the format's description.
        check(&[0, 1, 2, 3, 4, 5, 6, 7], 3, &[3, 0x88, 0xc6, 0xfa]);
        check(&[5; 100], 3, &[200, 1, 5]);
        check(&[0; 9], 0, &[18]);
        check(&[1, 1, 1], 1, &[3, 7]);
    }

    #[test]
    fn widths_are_those_of_the_largest_number() {
        let widths = [0, 1, 2, 3, 256, 257].map(width_of);
        assert_eq!(widths, [0, 0, 1, 2, 8, 9]);
    }

    proptest! {
        #[test]
        fn numbers_come_back(
            runs in prop::collection::vec((0_u32..300, prop_oneof![3 => 1_usize..4, 1 => 5_usize..40]), 0..60),
            width in 9_u32..32,
        ) {
            let numbers: Vec<u32> = runs.iter().flat_map(|(number, times)| std::iter::repeat_n(*number, *times)).collect();
            let mut out = Vec::new();
            write(&numbers, width, &mut out);
            prop_assert_eq!(read(&out, width, numbers.len()), numbers);
        }
    }
}

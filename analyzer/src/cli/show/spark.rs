//! A sparkline: how many of something there were over time, in one line.
//!
//! In: a number for each stretch of time. Out: a character for each. None at all is seen as a dot, so that little and nothing differ.

/// From little to much.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The same where there are no such characters.
const ASCII: [char; 8] = ['_', '-', '~', '=', '+', '*', '#', '@'];
/// Nothing.
const NONE: (char, char) = ('·', '.');

/// A character for each number, the highest for the greatest of them.
pub(crate) fn sparkline(numbers: &[u64], is_unicode: bool) -> String {
    let (levels, none) = if is_unicode {
        (BLOCKS, NONE.0)
    } else {
        (ASCII, NONE.1)
    };
    let greatest = numbers.iter().copied().max().unwrap_or(0);
    let level = |number: u64| {
        // Whatever is not nothing is at least the first level, and only the greatest are the last.
        let steps = u128::from(number) * (levels.len() as u128 - 1);
        let place = steps.checked_div(u128::from(greatest)).unwrap_or(0);
        let place = usize::try_from(place).unwrap_or(0);
        levels.get(place).copied().unwrap_or(none)
    };
    let shown = numbers.iter().map(|&number| match number {
        0 => none,
        some => level(some),
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_as_high_as_the_numbers() {
        let check = |numbers: &[u64], blocks: &str, ascii: &str| {
            assert_eq!(sparkline(numbers, true), blocks);
            assert_eq!(sparkline(numbers, false), ascii);
        };
        check(&[], "", "");
        check(&[0, 0], "··", "..");
        check(&[1, 1], "██", "@@");
        check(&[0, 1, 4, 7, 2], "·▂▅█▃", ".-+@~");
        check(&[1, 1_000_000, 0], "▁█·", "_@.");
        check(&[u64::MAX, u64::MAX / 2, 1], "█▄▁", "@=_");
    }
}

//! Which rows are asked for, a bit for each: a capture of a hundred million rows takes twelve megabytes.

/// Marks of rows by their place in the stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    words: Vec<u64>,
    count: u64,
}

impl Marks {
    /// Marks a row.
    pub(super) fn set(&mut self, row: u64) {
        let Ok(word) = usize::try_from(row / 64) else {
            return;
        };
        if self.words.len() <= word {
            self.words.resize(word.saturating_add(1), 0);
        }
        if let Some(bits) = self.words.get_mut(word) {
            let bit = 1 << (row % 64);
            self.count += u64::from(*bits & bit == 0);
            *bits |= bit;
        }
    }

    /// Whether a row is marked.
    pub(super) fn get(&self, row: u64) -> bool {
        let word = usize::try_from(row / 64);
        let bits = word.ok().and_then(|word| self.words.get(word));
        bits.is_some_and(|bits| bits & (1 << (row % 64)) != 0)
    }

    /// How many are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_were_marked_are_marked_and_no_others() {
        let mut marks = Marks::default();
        let rows = [0, 1, 63, 64, 65, 1_000, 64];
        rows.iter().for_each(|row| marks.set(*row));
        let found: Vec<u64> = (0..2_000).filter(|row| marks.get(*row)).collect();
        assert_eq!(found, [0, 1, 63, 64, 65, 1_000]);
        assert_eq!(marks.count(), 6);
    }
}

//! Values that many lives share, each once, by numbers.

use std::hash::Hash;
use std::num::NonZeroU32;

use hashbrown::HashMap;

/// Values by the numbers that they were given.
#[derive(Clone, Debug)]
pub(super) struct Known<T> {
    values: Vec<T>,
    numbers: HashMap<T, NonZeroU32>,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Known {
            values: Vec::new(),
            numbers: HashMap::new(),
        }
    }
}

impl<T: Clone + Eq + Hash> Known<T> {
    /// The value of a number.
    pub(super) fn get(&self, number: NonZeroU32) -> Option<&T> {
        self.values.get((number.get() - 1) as usize)
    }

    /// The number of a value, which it has from now on. There are more numbers than any capture has values.
    pub(super) fn number(&mut self, value: T) -> Option<NonZeroU32> {
        if let Some(number) = self.numbers.get(&value) {
            return Some(*number);
        }
        self.values.push(value.clone());
        let number = NonZeroU32::new(u32::try_from(self.values.len()).ok()?)?;
        self.numbers.insert(value, number);
        Some(number)
    }
}

//! One value against the constants of many checks at once.
//!
//! In: strings that a value may equal or begin with, each with the bits of the checks that ask for it. Out: the bits of
//! the checks that a value passes, for one look at it however many they are. Which checks these are, and what their bits
//! stand for, is decided in [`crate::optimize`].

use hashbrown::HashMap;

use super::strings::length_bit;
use super::text_of;
use crate::Value;

/// Most bytes that the prefixes of one lookup have together: they bound the states of its tree.
pub(crate) const MAX_PREFIX_BYTES: usize = 1_024;

/// What strings say about a value, all in one look. No constant holds a NUL.
#[derive(Debug)]
pub(crate) struct Lookup {
    equal: HashMap<Box<[u8]>, u64>,
    /// Bit n stands for a string of n bytes in `equal`; the last bit for all longer ones.
    lengths: u128,
    prefixes: PrefixTree,
}

impl Lookup {
    pub(crate) fn new(equal: &[(&[u8], u64)], prefixes: &[(&[u8], u64)]) -> Self {
        let mut known: HashMap<Box<[u8]>, u64> = HashMap::new();
        for (constant, bits) in equal {
            *known.entry(Box::from(*constant)).or_default() |= bits;
        }
        let lengths = known
            .keys()
            .fold(0, |bits, constant| bits | length_bit(constant.len()));
        Self {
            equal: known,
            lengths,
            prefixes: PrefixTree::new(prefixes),
        }
    }

    /// The checks that a value passes, or some of its values if it has several.
    pub(crate) fn bits(&self, value: Value<'_>) -> u64 {
        match value {
            Value::List(values) => values
                .iter()
                .fold(0, |bits, value| bits | self.bits_of_one(*value)),
            single => self.bits_of_one(single),
        }
    }

    /// What it knows, in the order of the texts: how a value must compare with each, and the bits.
    #[cfg(test)]
    pub(crate) fn entries(&self) -> Vec<(&'static str, String, u64)> {
        let text = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        let equal = self.equal.iter();
        let mut entries: Vec<_> = equal.map(|(key, bits)| ("=", text(key), *bits)).collect();
        let tree = &self.prefixes;
        let mut open = vec![(START, Vec::new(), 0)];
        while let Some((state, prefix, inherited)) = open.pop() {
            let bits = tree.bits[usize::from(state)];
            if bits != inherited {
                entries.push(("startswith", text(&prefix), bits & !inherited));
            }
            for byte in 1..=u8::MAX {
                let next = tree.next[tree.place(state, byte)];
                if next != 0 {
                    open.push((next, [&prefix, &[byte][..]].concat(), bits));
                }
            }
        }
        entries.sort_by(|(_, left, _), (_, right, _)| left.cmp(right));
        entries
    }

    fn bits_of_one(&self, value: Value<'_>) -> u64 {
        let Some(text) = text_of(value) else { return 0 };
        let mut bits = self.prefixes.bits(text);
        if self.lengths & length_bit(text.len()) != 0 {
            bits |= self.equal.get(text).copied().unwrap_or(0);
        }
        bits
    }
}

/// Prefixes as a tree of bytes. A value is followed to the first byte that no prefix has there.
///
/// Nearly all values leave the tree within a few bytes, where a search among sorted prefixes would compare a value with
/// several of them at length.
#[derive(Debug)]
struct PrefixTree {
    /// Bytes that no prefix has share class 0.
    classes: [u8; 256],
    class_count: usize,
    /// For each state and class the next state; 0 is none.
    next: Vec<u16>,
    /// For each state what a value passes that came this far.
    bits: Vec<u64>,
}

/// The state of a value of which nothing was read.
const START: u16 = 1;

/// Why a look-up of a state finds it.
const IS_STATE: &str = "a state has its row and its bits from when it was made";

impl PrefixTree {
    fn new(prefixes: &[(&[u8], u64)]) -> Self {
        let mut classes = [0_u8; 256];
        let mut class_count = 1;
        let bytes = prefixes.iter().flat_map(|(prefix, _)| prefix.iter());
        for byte in bytes {
            // 255 classes beside the first are enough for all bytes but one.
            if let Some(class @ 0) = classes.get_mut(usize::from(*byte)) {
                *class = u8::try_from(class_count).expect("no prefix holds a NUL");
                class_count += 1;
            }
        }
        let mut tree = Self {
            classes,
            class_count,
            next: Vec::new(),
            bits: Vec::new(),
        };
        let mut parents = vec![tree.push_state(), tree.push_state()];
        for (prefix, bits) in prefixes {
            let end = prefix
                .iter()
                .fold(START, |state, byte| tree.child(state, *byte, &mut parents));
            *tree.bits.get_mut(usize::from(end)).expect(IS_STATE) |= bits;
        }
        // A parent is older than its children: each is complete before it hands on.
        for (state, parent) in parents.iter().enumerate() {
            let inherited = *tree.bits.get(usize::from(*parent)).expect(IS_STATE);
            *tree.bits.get_mut(state).expect(IS_STATE) |= inherited;
        }
        tree
    }

    fn push_state(&mut self) -> u16 {
        self.next.resize(self.next.len() + self.class_count, 0);
        self.bits.push(0);
        0
    }

    fn child(&mut self, state: u16, byte: u8, parents: &mut Vec<u16>) -> u16 {
        let at = self.place(state, byte);
        let created = u16::try_from(self.bits.len()).expect("prefixes have MAX_PREFIX_BYTES");
        match self.next.get_mut(at).expect(IS_STATE) {
            next @ 0 => *next = created,
            next => return *next,
        }
        self.push_state();
        parents.push(state);
        created
    }

    #[inline]
    fn place(&self, state: u16, byte: u8) -> usize {
        let class = self.classes.get(usize::from(byte));
        let class = *class.expect("every byte has a class");
        usize::from(state) * self.class_count + usize::from(class)
    }

    #[inline]
    fn bits(&self, text: &[u8]) -> u64 {
        let mut state = START;
        for byte in text {
            match self.next.get(self.place(state, *byte)).expect(IS_STATE) {
                0 => break,
                next => state = *next,
            }
        }
        *self.bits.get(usize::from(state)).expect(IS_STATE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EQUAL: &[(&[u8], u64)] = &[(b"", 1), (b"/etc", 2), (b"/etc", 4), (b"bash", 8)];
    const PREFIXES: &[(&[u8], u64)] = &[
        (b"/etc/ssh", 16),
        (b"/etc", 32),
        (b"/etc/a", 64),
        (b"/e", 128),
        (b"b", 256),
        (b"b\xff", 512),
    ];

    fn check(value: Value<'_>, expected: u64) {
        assert_eq!(
            Lookup::new(EQUAL, PREFIXES).bits(value),
            expected,
            "{value:?}"
        );
    }

    #[test]
    fn a_value_passes_what_its_constants_say() {
        check(Value::Str(b""), 1);
        check(Value::Str(b"/etc"), 2 | 4 | 32 | 128);
        check(Value::Str(b"/etc/b"), 32 | 128);
        check(Value::Str(b"/etc/sshd"), 16 | 32 | 128);
        check(Value::Bytes(b"/etd"), 128);
        check(Value::Str(b"bash"), 8 | 256);
        check(Value::Str(b"bash\0x"), 8 | 256);
        check(Value::Bytes(b"bash\0x"), 256);
        check(Value::Str(b"b\xff\0"), 256 | 512);
        check(Value::Str(b"x"), 0);
        check(Value::Absent, 0);
        check(Value::Int(1), 0);
        check(Value::List(&[]), 0);
        check(
            Value::List(&[Value::Str(b"bash"), Value::Str(b"")]),
            1 | 8 | 256,
        );
    }

    #[test]
    fn an_empty_prefix_begins_every_text() {
        let lookup = Lookup::new(&[], &[(b"", 1), (b"a", 2)]);
        assert_eq!(lookup.bits(Value::Str(b"")), 1);
        assert_eq!(lookup.bits(Value::Str(b"b")), 1);
        assert_eq!(lookup.bits(Value::Str(b"ab")), 3);
        assert_eq!(lookup.bits(Value::Absent), 0);
    }
}

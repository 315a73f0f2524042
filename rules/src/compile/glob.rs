//! Shell patterns as C's `fnmatch` has them without flags: `*` crosses `/`, a leading dot is nothing special, a
//! backslash escapes.

use std::collections::HashSet;

use crate::work::steps;

/// A compiled pattern.
#[derive(Debug, Default)]
pub(crate) struct Glob {
    parts: Vec<Part>,
    folds_case: bool,
}

#[derive(Debug)]
enum Part {
    Byte(u8),
    /// `?`
    Any,
    /// `*`
    Many,
    Set {
        negated: bool,
        members: ByteSet,
    },
}

/// A set of bytes, a bit for each.
#[derive(Clone, Copy, Debug, Default)]
struct ByteSet([u64; 4]);

impl ByteSet {
    fn insert(&mut self, byte: u8) {
        if let Some(word) = self.0.get_mut(usize::from(byte / 64)) {
            *word |= 1 << (byte % 64);
        }
    }

    fn contains(self, byte: u8) -> bool {
        let word = self.0.get(usize::from(byte / 64)).copied().unwrap_or(0);
        word >> (byte % 64) & 1 == 1
    }
}

impl Glob {
    pub(crate) fn new(pattern: &[u8], folds_case: bool) -> Self {
        let mut glob = Self::default();
        glob.compile(pattern, folds_case);
        glob
    }

    /// Becomes another pattern, in the memory of the one before.
    pub(crate) fn compile(&mut self, pattern: &[u8], folds_case: bool) {
        self.folds_case = folds_case;
        let parts = &mut self.parts;
        parts.clear();
        let mut rest = pattern;
        let mut dead_ends = DeadEnds::default();
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            let part = match byte {
                b'?' => Part::Any,
                b'*' if matches!(parts.last(), Some(Part::Many)) => continue,
                b'*' => Part::Many,
                b'\\' => match rest.split_first() {
                    Some((&escaped, after)) => {
                        rest = after;
                        Part::Byte(fold(escaped, folds_case))
                    }
                    // fnmatch refuses a pattern that ends in a backslash: nothing matches it.
                    None => Part::Set {
                        negated: false,
                        members: ByteSet::default(),
                    },
                },
                b'[' => match parse_set(
                    pattern,
                    pattern.len() - rest.len(),
                    folds_case,
                    &mut dead_ends,
                ) {
                    Some((set, after)) => {
                        rest = after;
                        set
                    }
                    None => Part::Byte(b'['),
                },
                other => Part::Byte(fold(other, folds_case)),
            };
            parts.push(part);
        }
    }

    /// Whether the whole text matches. Time is at most the product of both lengths.
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        let (mut part, mut at) = (0, 0);
        // Where to go on after the last `*` swallowed one byte more.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            let matched = match (self.parts.get(part), text.get(at)) {
                (None, None) => return true,
                (Some(Part::Many), _) => {
                    retry = Some((part + 1, at));
                    part += 1;
                    continue;
                }
                (Some(expected), Some(&byte)) => self.part_matches(expected, byte),
                _ => false,
            };
            if matched {
                part += 1;
                at += 1;
                continue;
            }
            match retry {
                Some((after_star, from)) if from < text.len() => {
                    retry = Some((after_star, from + 1));
                    part = after_star;
                    at = from + 1;
                }
                _ => return false,
            }
        }
    }

    fn part_matches(&self, part: &Part, byte: u8) -> bool {
        let byte = fold(byte, self.folds_case);
        match part {
            Part::Byte(expected) => *expected == byte,
            Part::Any | Part::Many => true,
            Part::Set { negated, members } => members.contains(byte) != *negated,
        }
    }
}

fn fold(byte: u8, folds_case: bool) -> u8 {
    if folds_case {
        byte.to_ascii_lowercase()
    } else {
        byte
    }
}

/// Places from which on no `]` closes a set: a pattern of brackets is read once and not once for each.
#[derive(Debug, Default)]
struct DeadEnds {
    known: HashSet<usize>,
    /// Those of the set that is being read.
    passed: Vec<usize>,
}

/// The set behind a `[`, from `start` on, and what follows its `]`; nothing where no `]` closes it.
fn parse_set<'p>(
    pattern: &'p [u8],
    start: usize,
    folds_case: bool,
    dead_ends: &mut DeadEnds,
) -> Option<(Part, &'p [u8])> {
    dead_ends.passed.clear();
    let found = read_set(pattern, start, folds_case, dead_ends);
    if found.is_none() {
        dead_ends.known.extend(dead_ends.passed.drain(..));
    }
    found
}

fn read_set<'p>(
    pattern: &'p [u8],
    start: usize,
    folds_case: bool,
    dead_ends: &mut DeadEnds,
) -> Option<(Part, &'p [u8])> {
    let negated = matches!(pattern.get(start), Some(b'!' | b'^'));
    let mut at = start + usize::from(negated);
    let mut members = ByteSet::default();
    let first = at;
    loop {
        steps(1);
        // The first member alone is read otherwise than the same byte further on.
        if at > first {
            if dead_ends.known.contains(&at) {
                return None;
            }
            dead_ends.passed.push(at);
        }
        let byte = *pattern.get(at)?;
        if byte == b']' && at > first {
            return Some((Part::Set { negated, members }, pattern.get(at + 1..)?));
        }
        if let Some((class, length)) = named_class(pattern.get(at..)?) {
            (0..=u8::MAX)
                .filter(class)
                .for_each(|byte| insert(&mut members, byte, folds_case));
            at += length;
            continue;
        }
        let (low, next) = set_byte(pattern, at)?;
        let is_range = pattern.get(next) == Some(&b'-')
            && pattern.get(next + 1).is_some_and(|byte| *byte != b']');
        let (high, next) = if is_range {
            set_byte(pattern, next + 1)?
        } else {
            (low, next)
        };
        (low..=high).for_each(|byte| insert(&mut members, byte, folds_case));
        at = next;
    }
}

fn insert(members: &mut ByteSet, byte: u8, folds_case: bool) {
    members.insert(fold(byte, folds_case));
}

fn set_byte(pattern: &[u8], at: usize) -> Option<(u8, usize)> {
    match *pattern.get(at)? {
        b'\\' => Some((*pattern.get(at + 1)?, at + 2)),
        byte => Some((byte, at + 1)),
    }
}

type Class = fn(&u8) -> bool;

/// `[:alpha:]` and its kin at the start of `pattern`, with its length.
fn named_class(pattern: &[u8]) -> Option<(Class, usize)> {
    let classes: [(&[u8], Class); 12] = [
        (b"[:alpha:]", u8::is_ascii_alphabetic),
        (b"[:digit:]", u8::is_ascii_digit),
        (b"[:alnum:]", u8::is_ascii_alphanumeric),
        (b"[:upper:]", u8::is_ascii_uppercase),
        (b"[:lower:]", u8::is_ascii_lowercase),
        (b"[:space:]", |byte| matches!(byte, b' ' | b'\t'..=b'\r')),
        (b"[:blank:]", |byte| matches!(byte, b' ' | b'\t')),
        (b"[:punct:]", u8::is_ascii_punctuation),
        (b"[:print:]", |byte| matches!(byte, 0x20..=0x7e)),
        (b"[:graph:]", u8::is_ascii_graphic),
        (b"[:cntrl:]", u8::is_ascii_control),
        (b"[:xdigit:]", u8::is_ascii_hexdigit),
    ];
    classes
        .into_iter()
        .find(|(name, _)| pattern.starts_with(name))
        .map(|(name, class)| (class, name.len()))
}

#[cfg(test)]
mod tests {
    use super::Glob;

    fn check(pattern: &str, text: &str, folds_case: bool, expected: bool) {
        assert_eq!(
            Glob::new(pattern.as_bytes(), folds_case).matches(text.as_bytes()),
            expected,
            "{pattern} {text}"
        );
    }

    #[test]
    fn patterns_follow_fnmatch() {
        check("/tmp/*.sh", "/tmp/a/b.sh", false, true);
        check("*", "", false, true);
        check("a*b*c", "aXbYbZc", false, true);
        check("a*b*c", "aXbYbZ", false, false);
        check("[!r]", "r", false, false);
        check("[a-c]x", "bx", false, true);
        check("[]a]", "]", false, true);
        check("[[:digit:]]?", "7z", false, true);
        check("\\*", "*", false, true);
        check("\\*", "x", false, false);
        check("[ab", "[ab", false, true);
        check("MY*", "myexe", true, true);
        check("*.x", ".x", false, true);
    }
}

//! Text that many share, and areas of texts.

use std::sync::Arc;

/// A string that many share: names, paths, arguments. Any bytes.
pub type Text = Arc<[u8]>;

/// The strings of an area in which each is followed by a NUL. The last one may have lost its NUL to a limit.
pub(crate) fn strings(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let bytes = without_last_nul(bytes);
    let empty = bytes.is_empty();
    bytes.split(|&byte| byte == 0).take_while(move |_| !empty)
}

fn without_last_nul(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(b"\0").unwrap_or(bytes)
}

/// Strings as one text, with a NUL between two: arguments and variables come that way, and few ask for one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strings {
    area: Text,
    count: usize,
}

impl Strings {
    /// The strings of an area in which each is followed by a NUL, but perhaps the last.
    pub(in crate::state) fn of_area(bytes: &[u8]) -> Strings {
        match without_last_nul(bytes) {
            b"" => Strings::default(),
            bytes => Strings::between_nuls(bytes),
        }
    }

    /// The first string of such an area, and the others.
    pub(in crate::state) fn split_first(bytes: &[u8]) -> (Option<&[u8]>, Strings) {
        let bytes = without_last_nul(bytes);
        if bytes.is_empty() {
            return (None, Strings::default());
        }
        match bytes.iter().position(|&byte| byte == 0) {
            None => (Some(bytes), Strings::default()),
            Some(end) => {
                let others = bytes.get(end + 1..).unwrap_or_default();
                (bytes.get(..end), Strings::between_nuls(others))
            }
        }
    }

    fn between_nuls(bytes: &[u8]) -> Strings {
        Strings {
            area: bytes.into(),
            count: bytes.iter().filter(|&&byte| byte == 0).count() + 1,
        }
    }

    /// Whether they are those of such an area.
    pub(in crate::state) fn are_of_area(&self, bytes: &[u8]) -> bool {
        let bytes = without_last_nul(bytes);
        *self.area == *bytes && self.is_empty() == bytes.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.area.split(|&byte| byte == 0).take(self.count)
    }

    /// One of them.
    pub fn get(&self, place: usize) -> Option<&[u8]> {
        self.iter().nth(place)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All of them, with a blank between two.
    pub fn joined<T: FromIterator<u8>>(&self) -> T {
        let bytes = self.area.iter();
        let blanks = bytes.map(|&byte| if byte == 0 { b' ' } else { byte });
        blanks.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(area: &[u8]) {
        let expected: Vec<&[u8]> = strings(area).collect();
        let all = Strings::of_area(area);
        assert_eq!(all.iter().collect::<Vec<_>>(), expected);
        assert_eq!(
            (all.len(), all.is_empty()),
            (expected.len(), expected.is_empty())
        );
        assert_eq!(all.get(1), expected.get(1).copied());
        assert_eq!(all.joined::<Vec<u8>>(), expected.join(&b' '));
        assert!(all.are_of_area(area));
        let (first, others) = Strings::split_first(area);
        assert_eq!(first, expected.first().copied());
        let rest = expected.get(1..).unwrap_or_default();
        assert_eq!(others.iter().collect::<Vec<_>>(), rest);
        assert_eq!(others.joined::<Vec<u8>>(), rest.join(&b' '));
    }

    #[test]
    fn strings_in_one_text_are_those_of_the_area() {
        let areas: [&[u8]; 9] = [
            b"",
            b"\0",
            b"\0\0",
            b"a",
            b"a\0",
            b"a\0\0",
            b"a\0b c\0",
            b"\0a",
            b"a\0\0b",
        ];
        for area in areas {
            check(area);
            for other in areas {
                let same = strings(area).eq(strings(other));
                assert_eq!(
                    Strings::of_area(area).are_of_area(other),
                    same,
                    "{area:?} {other:?}"
                );
            }
        }
        // One empty string is not none.
        let (_, one) = Strings::split_first(b"a\0\0");
        assert_eq!((one.len(), one.are_of_area(b"")), (1, false));
    }
}

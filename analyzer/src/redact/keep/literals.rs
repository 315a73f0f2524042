//! What rules compare with, as things to keep: so the same rules say the same of a capture and of its redaction.
//!
//! In: texts with how they are compared. Out: words, parts of words and networks of a [`Keep`].
//! What is compared whole is kept word by word. Of what only begins, ends or is within a value, the words at its open ends may be parts of longer ones, which are kept within them.
//! Of a regular expression that has no more than letters in a row that is known, no more is kept; an expression over letters of any kind holds of a replacement too, since that has the same shape.

use falco_rules::{Compared, Comparing};

use super::{Keep, Kept, Network, Part, Stands};
use crate::redact::pieces::{is_of_word, pieces};

/// The shortest part that is kept anywhere in a word: a single letter would be kept in nearly all.
const ANYWHERE_MIN: usize = 2;

impl Keep {
    /// Keeps what rules compare with. What cannot be kept is handed back: single letters that may stand anywhere.
    #[must_use]
    pub fn add_compared(&mut self, compared: &[Compared]) -> Vec<String> {
        let mut left = Vec::new();
        for each in compared {
            let text = &*each.text;
            match each.comparing {
                Comparing::Whole => self.add_run(text, (true, true), each.ignores_case),
                Comparing::Begin => self.add_run(text, (true, false), each.ignores_case),
                Comparing::End => self.add_run(text, (false, true), each.ignores_case),
                Comparing::Within => {
                    if matches!(text, [one] if is_of_word(*one)) {
                        left.push(String::from_utf8_lossy(text).into_owned());
                    }
                    self.add_run(text, (false, false), each.ignores_case);
                }
                Comparing::Glob => self.add_glob(text, each.ignores_case),
                Comparing::Regex => self.add_regex(text),
            }
        }
        left.sort();
        left.dedup();
        left
    }

    /// Keeps a text of which the value's begin and end are the text's, or not.
    fn add_run(&mut self, text: &[u8], (begins, ends): (bool, bool), ignores_case: bool) {
        if let Ok(text) = std::str::from_utf8(text)
            && let Ok(network) = text.parse::<Network>()
        {
            // Of a network that rules ask for the addresses need not stay, but they must stay in it.
            let is_one = !text.contains('/');
            self.networks.push(network.with_addresses(is_one));
        }
        let all: Vec<_> = pieces(text).collect();
        let last = all.len().saturating_sub(1);
        for (place, piece) in all.into_iter().enumerate() {
            if !piece.bytes().iter().any(|byte| is_of_word(*byte)) {
                continue;
            }
            let is_open_before = place == 0 && !begins;
            let is_open_behind = place == last && !ends;
            let stands = match (is_open_before, is_open_behind) {
                (false, false) => None,
                (true, false) => Some(Stands::AtEnd),
                (false, true) => Some(Stands::AtBegin),
                (true, true) => Some(Stands::Anywhere),
            };
            match stands {
                None if ignores_case => self.add_any_case(piece, Kept::Rules),
                None => self.add_piece(piece, Kept::Rules),
                Some(stands) => self.add_part(piece.bytes(), stands, ignores_case),
            }
        }
    }

    fn add_part(&mut self, text: &[u8], stands: Stands, ignores_case: bool) {
        if stands == Stands::Anywhere && text.len() < ANYWHERE_MIN {
            return;
        }
        let part = Part {
            text: text.into(),
            ignores_case,
            stands,
        };
        if !self.parts.contains(&part) {
            self.parts.push(part);
        }
    }

    fn add_glob(&mut self, pattern: &[u8], ignores_case: bool) {
        let is_sign = |byte: &u8| matches!(byte, b'*' | b'?' | b'[' | b']');
        let runs: Vec<&[u8]> = pattern.split(is_sign).collect();
        let last = runs.len().saturating_sub(1);
        for (place, run) in runs.into_iter().enumerate() {
            self.add_run(run, (place == 0, place == last), ignores_case);
        }
    }

    /// Runs of letters of a pattern: what is escaped, in a set, or followed by a count, is none.
    fn add_regex(&mut self, pattern: &[u8]) {
        let mut run = Vec::new();
        let mut bytes = pattern.iter().copied().peekable();
        let mut in_set = false;
        while let Some(byte) = bytes.next() {
            let is_plain = is_of_word(byte) && !in_set;
            let is_counted = matches!(bytes.peek(), Some(b'?' | b'*' | b'{'));
            match byte {
                b'\\' => {
                    // What follows is a class, or a sign that stands for itself.
                    bytes.next();
                }
                b'[' => in_set = true,
                b']' => in_set = false,
                _ => {}
            }
            if is_plain && !is_counted {
                run.push(byte);
                continue;
            }
            self.add_regex_run(&std::mem::take(&mut run));
        }
        self.add_regex_run(&run);
    }

    fn add_regex_run(&mut self, run: &[u8]) {
        if run.len() >= ANYWHERE_MIN {
            self.add_part(run, Stands::Anywhere, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(comparing: Comparing, text: &str) -> Keep {
        let mut keep = Keep::default();
        let compared = Compared {
            comparing,
            text: text.as_bytes().into(),
            ignores_case: false,
        };
        let _ = keep.add_compared(&[compared]);
        keep
    }

    #[test]
    fn whole_texts_are_kept_word_by_word() {
        let keep = keep(Comparing::Whole, "/srv/zorp/quux.dat");
        for word in ["zorp", "quux"] {
            assert_eq!(keep.word(word.as_bytes()), Some(Kept::Rules));
        }
        assert_eq!(keep.word(b"srv"), Some(Kept::BuiltIn));
        assert_eq!(keep.word(b"zor"), None);
    }

    #[test]
    fn open_ends_are_parts_of_words() {
        let check = |comparing, text: &str, word: &str, expected: Option<(usize, usize)>| {
            let keep = keep(comparing, text);
            let found = keep.parts_of(word.as_bytes());
            let found = found.first().map(|part| (part.start, part.len()));
            assert_eq!(found, expected, "{text} in {word}");
        };
        check(Comparing::Begin, "/zorp/qu", "quux", Some((0, 2)));
        check(Comparing::Begin, "/zorp/qu", "aqu", None);
        check(Comparing::End, "ux/zorp", "quux", Some((2, 2)));
        check(Comparing::End, "ux/zorp", "uxa", None);
        check(Comparing::Within, "uu", "quux", Some((1, 2)));
        check(Comparing::Within, "ab/cd", "xxab", Some((2, 2)));
        check(Comparing::Within, "ab/cd", "cdxx", Some((0, 2)));
        check(Comparing::Within, "ab/cd", "xcdx", None);
        check(Comparing::Glob, "/a/zo*rp", "zoX", Some((0, 2)));
        check(Comparing::Glob, "/a/zo*rp", "Xrp", Some((1, 2)));
        check(Comparing::Glob, "*zo*", "aazoa", Some((2, 2)));
        check(
            Comparing::Regex,
            "^/zorp/(quux|fle+a?b)",
            "quux",
            Some((0, 4)),
        );
        check(Comparing::Regex, "[zorp]+\\d", "zorp", None);
    }

    #[test]
    fn what_is_a_letter_alone_is_told() {
        let mut keep = Keep::default();
        let within = |text: &str| Compared {
            comparing: Comparing::Within,
            text: text.as_bytes().into(),
            ignores_case: false,
        };
        let left = keep.add_compared(&[within("a"), within("/"), within("a"), within("ab")]);
        assert_eq!(left, ["a"]);
    }

    #[test]
    fn a_dot_at_the_edge_closes_an_end() {
        let keep = keep(Comparing::End, ".zorp");
        assert_eq!(keep.word(b"zorp"), Some(Kept::Rules));
        assert!(keep.parts().is_empty());
    }
}

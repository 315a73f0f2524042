//! A word as another one of the same shape: lower case stays lower, digits stay digits, and so does the length.
//!
//! In: the letters of a word, and a key. Out: the word that it is permuted to among all of its shape.
//! It is a permutation, so different words have different replacements; which one it is only the key tells.
//! A Feistel network over the two halves of some letters: each round adds to the letters of one half what a keyed hash of the other half says, modulo as many letters as there are of their kind.
//! What a word may not be replaced by (a word that is kept) is walked past: the permutation is taken again, as long as need be, which leaves a permutation of the rest.
//! A long word is permuted part by part, each by what stood before it: so the work grows with the length and no faster, and words that begin alike have replacements that do.

use super::letters::{Letter, bytes_of, digits, parse, render};

/// Rounds of the network, as in the standard modes of encryption that keep a format (NIST SP 800-38G has eight and ten).
const ROUNDS: u8 = 10;
/// How many steps are taken past what may not be; were all words of a short shape kept, there would be no other.
const STEPS_MAX: u32 = 512;
/// The same for the parts of a long word behind its beginning, of which there may be thousands: so many letters have replacements in plenty, unless rules look for nearly all that can be written.
const STEPS_MAX_BEHIND: u32 = 64;
/// A word is permuted up to here, and what follows by itself: the kernel cuts the names of programs at so many bytes, and a cut name has the beginning of the replacement.
const CUT: usize = 15;
/// The same of long numbers in hexadecimal: container ids are shown by their first digits.
const HEX_CUT: usize = 12;
/// How many letters are permuted at once behind that.
const PART: usize = 32;
/// How many bytes of the replacement before a part are looked at with it: as many as the longest text has that is looked for within a word, and more.
const LOOK_BACK: usize = 64;

/// Whether a word is a long number in hexadecimal, of which a beginning may stand for the whole.
pub(super) fn is_long_hex(word: &[u8]) -> bool {
    word.len() >= HEX_CUT
        && word
            .iter()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// What becomes of a word. `is_fit` says what it may become; of a long word it is asked part by part, with some of what stands before.
pub(super) fn word(key: &[u8; 32], word: &[u8], is_fit: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let is_hex = is_long_hex(word);
    let (mut letters, whole, cut) = if is_hex {
        (digits(word), usize::MAX, HEX_CUT)
    } else {
        let (letters, whole) = parse(word);
        (letters, whole, CUT)
    };
    // A name that is cut within a character has the beginning of the replacement too.
    let end = cut_at(&letters, cut).min(whole);
    let (head, rest) = letters.split_at_mut(end);
    let mut out = Vec::with_capacity(word.len());
    let mut window = Vec::new();
    let mut before = Before::default();
    let heads = std::iter::once(head).filter(|head| !head.is_empty());
    for (number, part) in heads.chain(rest.chunks_mut(PART)).enumerate() {
        let given = before;
        before.pass(key, part);
        let from = out.len().saturating_sub(LOOK_BACK);
        let seen: &[u8] = out.get(from..).unwrap_or_default();
        let steps = if number == 0 {
            STEPS_MAX
        } else {
            STEPS_MAX_BEHIND
        };
        for _ in 0..steps {
            permute(key, part, &given);
            window.clear();
            window.extend_from_slice(seen);
            render(part, &mut window);
            // A beginning is no number of its own, but must be what the cut name is replaced by.
            let is_known = number > 0 || is_long_hex(&window) == is_hex;
            if is_known && is_fit(&window) {
                break;
            }
        }
        render(part, &mut out);
    }
    out
}

/// Where the first part ends: before the letter that reaches past so many bytes.
fn cut_at(letters: &[Letter], most: usize) -> usize {
    let mut bytes = 0;
    let ends = |letter: &Letter| {
        bytes += bytes_of(*letter);
        bytes > most
    };
    letters.iter().position(ends).unwrap_or(letters.len())
}

/// What stood before a part, as a hash: none before the first.
#[derive(Clone, Copy, Debug, Default)]
struct Before(Option<[u8; 32]>);

impl Before {
    /// A part stands there, as it was given.
    fn pass(&mut self, key: &[u8; 32], letters: &[Letter]) {
        let mut hash = blake3::Hasher::new_keyed(key);
        hash.update(b"before").update(&self.0.unwrap_or_default());
        for letter in letters {
            hash.update(&[letter.kind.number()]);
            hash.update(&letter.place.to_le_bytes());
        }
        self.0 = Some(*hash.finalize().as_bytes());
    }
}

/// The permutation itself, which depends on what stands before the letters.
fn permute(key: &[u8; 32], letters: &mut [Letter], before: &Before) {
    let shape: Vec<u8> = letters.iter().map(|letter| letter.kind.number()).collect();
    let middle = letters.len() / 2;
    let (left, right) = letters.split_at_mut(middle);
    for round in 0..ROUNDS {
        let (changed, said): (&mut [Letter], &[Letter]) = if round.is_multiple_of(2) {
            (&mut *right, &*left)
        } else {
            (&mut *left, &*right)
        };
        let mut hash = blake3::Hasher::new_keyed(key);
        hash.update(&[round, u8::from(before.0.is_some())]);
        hash.update(&before.0.unwrap_or_default());
        hash.update(&(shape.len() as u64).to_le_bytes());
        hash.update(&shape);
        for letter in said {
            hash.update(&letter.place.to_le_bytes());
        }
        let mut stream = hash.finalize_xof();
        for letter in changed {
            // Eight bytes, so that the remainder is as good as even.
            let mut bytes = [0; 8];
            stream.fill(&mut bytes);
            let radix = u64::from(letter.kind.radix());
            let sum = u64::from(letter.place) + u64::from_le_bytes(bytes) % radix;
            // Below the radix, which has 32 bits.
            letter.place = (sum % radix) as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    const KEY: [u8; 32] = [1; 32];
    const OTHER: [u8; 32] = [2; 32];

    fn anything(_: &[u8]) -> bool {
        true
    }

    #[test]
    fn it_is_a_permutation_of_each_shape() {
        let check = |words: Vec<Vec<u8>>| {
            let images: HashSet<Vec<u8>> =
                words.iter().map(|of| word(&KEY, of, anything)).collect();
            let words: HashSet<Vec<u8>> = words.into_iter().collect();
            assert_eq!(images, words);
        };
        check((b'a'..=b'z').map(|byte| vec![byte]).collect());
        let two = |a: u8, b: u8| (a..=b).flat_map(move |x| (b'0'..=b'9').map(move |y| vec![x, y]));
        check(two(b'A', b'Z').collect());
        check(two(b'0', b'9').collect());
        let letters = (b'a'..=b'z').flat_map(|x| (b'a'..=b'z').map(move |y| vec![x, y]));
        check(letters.collect());
    }

    #[test]
    fn what_may_not_be_is_walked_past_and_it_stays_a_permutation() {
        let kept: HashSet<Vec<u8>> = (b'a'..=b'm').map(|byte| vec![byte]).collect();
        let others = (b'n'..=b'z').map(|byte| vec![byte]);
        let images: HashSet<Vec<u8>> = others
            .clone()
            .map(|of| word(&KEY, &of, |image| !kept.contains(image)))
            .collect();
        assert_eq!(images, others.collect());
        // Where nothing is fit, it ends all the same.
        assert_eq!(word(&KEY, b"a", |_| false).len(), 1);
    }

    #[test]
    fn a_cut_word_has_the_beginning_of_the_replacement() {
        let check = |whole: &str, cut: usize| {
            let image = word(&KEY, whole.as_bytes(), anything);
            let of_cut = word(&KEY, &whole.as_bytes()[..cut], anything);
            // Of a character that is cut nothing can be told.
            let same = (0..=cut).rev().find(|place| whole.is_char_boundary(*place));
            let same = same.expect("there is a beginning");
            assert_eq!(image[..same], of_cut[..same], "{whole}");
            assert_eq!(image.len(), whole.len());
        };
        check("averylongprogramname", CUT);
        check("programnamelöß€wxyz", CUT);
        check("éééééééééééé", CUT);
        check("AVeryLongProgramName2024", CUT);
        check(&"9dbcbd0c435f".repeat(5), HEX_CUT);
        check(&"0123456789ab".repeat(5), HEX_CUT);
    }

    /// How often it is asked what a word may become, which is how often it is permuted.
    fn steps(of: &[u8], is_fit: impl Fn(&[u8]) -> bool) -> usize {
        let asked = std::cell::Cell::new(0);
        word(&KEY, of, |image| {
            asked.set(asked.get() + 1);
            is_fit(image)
        });
        asked.get()
    }

    #[test]
    fn the_work_grows_with_the_length_and_no_faster() {
        let noise: Vec<u8> = (0..60_000_u32)
            .map(|n| 128 | (n.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        let letters: Vec<u8> = noise.iter().map(|byte| b'a' + byte % 26).collect();
        let parts = noise.len().div_ceil(PART) + 1;
        assert!(steps(&noise, anything) <= parts);
        assert!(steps(&letters, anything) <= parts + STEPS_MAX as usize);
        // What rules look for is somewhere in every word so long, and nearly nowhere in a part.
        let has_none = |image: &[u8]| !image.windows(2).any(|two| two == b"sh");
        assert!(steps(&letters, has_none) < 2 * parts);
        // Even where nothing is fit it ends.
        assert!(
            steps(&noise[..8_000], |_| false)
                <= STEPS_MAX as usize + STEPS_MAX_BEHIND as usize * 8_000 / PART
        );
    }

    proptest! {
        #[test]
        fn length_and_shape_stay_and_equality_is_kept_both_ways(
            left in "[a-zA-Z0-9äß€語🦀]{1,24}", right in "[a-zA-Z0-9äß€語🦀]{1,24}"
        ) {
            let (a, b) = (word(&KEY, left.as_bytes(), anything), word(&KEY, right.as_bytes(), anything));
            prop_assert_eq!(a.len(), left.len());
            let shown = String::from_utf8(a.clone()).expect("UTF-8 stays UTF-8");
            let shape = |text: &str| text.chars().map(|c| (c.is_ascii_digit(), c.is_ascii_lowercase(), c.len_utf8())).collect::<Vec<_>>();
            if !is_long_hex(left.as_bytes()) {
                prop_assert_eq!(shape(&shown), shape(&left));
            }
            prop_assert_eq!(a == b, left == right);
        }

        /// Bytes of two words, of which nobody says that they are UTF-8.
        #[test]
        fn equality_is_kept_both_ways_whatever_the_bytes(
            left in proptest::collection::vec(128..=255_u8, 0..5), right in proptest::collection::vec(128..=255_u8, 0..5), behind in "[a-z]{0,70}"
        ) {
            let (left, right) = ([&left, behind.as_bytes()].concat(), [&right, behind.as_bytes()].concat());
            let (a, b) = (word(&KEY, &left, anything), word(&KEY, &right, anything));
            prop_assert_eq!(a == b, left == right);
            let kinds = |bytes: &[u8]| parse(bytes).0.iter().map(|letter| letter.kind).collect::<Vec<_>>();
            prop_assert_eq!(kinds(&a), kinds(&left));
        }

        #[test]
        fn what_begins_alike_has_replacements_that_do(shared in "[g-z]{16}[a-z]{32}", left in "[a-z]{1,40}", right in "[a-z]{1,40}") {
            let image = |end: &str| word(&KEY, format!("{shared}{end}").as_bytes(), anything);
            let (a, b) = (image(&left), image(&right));
            let same = CUT + PART;
            prop_assert_eq!(&a[..same], &b[..same]);
            prop_assert_eq!(a.len(), shared.len() + left.len());
        }

        #[test]
        fn any_bytes_give_as_many(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(word(&KEY, &bytes, anything).len(), bytes.len());
        }

        #[test]
        fn another_key_is_another_replacement(text in "[a-z]{8,14}") {
            let (a, b) = (word(&KEY, text.as_bytes(), anything), word(&OTHER, text.as_bytes(), anything));
            prop_assert_ne!(&a, &b);
            prop_assert_ne!(&a[..], text.as_bytes());
        }
    }
}

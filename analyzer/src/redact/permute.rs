//! A word as another one of the same shape: lower case stays lower, digits stay digits, and so does the length.
//!
//! In: the letters of a word, and a key. Out: the word that it is permuted to among all of its shape.
//! It is a permutation, so different words never have the same replacement; which one it is only the key tells.
//! A Feistel network over the two halves of the word: each round adds to the letters of one half what a keyed hash of the other half says, modulo as many letters as there are of their kind.
//! What a word may not be replaced by (a word that is kept) is walked past: the permutation is taken again, as long as need be, which leaves a permutation of the rest.

/// Rounds of the network, as in the standard modes of encryption that keep a format (NIST SP 800-38G has eight and ten).
const ROUNDS: u8 = 10;
/// How many steps are taken past what may not be; were all words of a short shape kept, there would be no other.
const STEPS_MAX: usize = 512;
/// A word is permuted up to here, and what follows by itself: the kernel cuts the names of programs at so many bytes, and a cut name has the beginning of the replacement.
const CUT: usize = 15;
/// The same of long numbers in hexadecimal: container ids are shown by their first digits.
const HEX_CUT: usize = 12;

/// A kind of letters among which one is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Lower,
    Upper,
    Digit,
    /// A digit of a long number in hexadecimal.
    Hex,
    /// A control character of two bytes of UTF-8, which no other becomes.
    Control,
    /// A character of two, three or four bytes of UTF-8.
    Two,
    Three,
    Four,
    /// A byte that is no UTF-8, of the lower or the upper half of those.
    Loose,
    Lead,
}

/// The first character of three bytes, and of four.
const THREE: u32 = 0x800;
const FOUR: u32 = 0x1_0000;
/// Where characters of two bytes begin that are no controls.
const TWO: u32 = 0xa0;
/// Where the controls of two bytes begin.
const CONTROL: u32 = 0x80;
/// Numbers in the middle of the characters of three bytes that are no characters.
const SURROGATES: std::ops::Range<u32> = 0xd800..0xe000;

impl Kind {
    /// How many letters there are of the kind.
    const fn radix(self) -> u32 {
        match self {
            Kind::Lower | Kind::Upper => 26,
            Kind::Digit => 10,
            Kind::Hex => 16,
            Kind::Control => TWO - CONTROL,
            Kind::Two => THREE - TWO,
            Kind::Three => FOUR - THREE - (SURROGATES.end - SURROGATES.start),
            Kind::Four => 0x11_0000 - FOUR,
            Kind::Loose | Kind::Lead => 64,
        }
    }
}

/// A letter: its kind, and its place among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Letter {
    kind: Kind,
    place: u32,
}

/// Whether a word is a long number in hexadecimal, of which a beginning may stand for the whole.
pub(super) fn is_long_hex(word: &[u8]) -> bool {
    word.len() >= HEX_CUT
        && word
            .iter()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// What becomes of a word. `is_fit` says what it may become.
pub(super) fn word(key: &[u8; 32], word: &[u8], is_fit: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let (mut letters, cut) = if is_long_hex(word) {
        (word.iter().map(|byte| hex(*byte)).collect(), HEX_CUT)
    } else {
        (parse(word), CUT)
    };
    let end = cut_at(&letters, cut);
    let (head, rest) = letters.split_at_mut(end);
    let is_hex = head.first().is_some_and(|letter| letter.kind == Kind::Hex);
    let fits = |bytes: &[u8]| is_long_hex(bytes) == is_hex && is_fit(bytes);
    walk(key, head, b"", |head| {
        let bytes = render(head);
        // Only a whole word is kept; a beginning is no word of its own, but must be what the cut name is replaced by.
        parse_again(&bytes, is_hex) == head && fits(&bytes)
    });
    let head = render(head);
    if rest.is_empty() {
        return head;
    }
    let given = word.get(..head.len()).unwrap_or(word);
    walk(key, rest, given, |rest| {
        let whole = [&head[..], &render(rest)].concat();
        parse_again(&whole, is_hex).get(end..) == Some(rest) && fits(&whole)
    });
    [head, render(rest)].concat()
}

/// Where the first part ends: before the letter that reaches past so many bytes.
fn cut_at(letters: &[Letter], most: usize) -> usize {
    let mut bytes = 0;
    let ends = |letter: &Letter| {
        bytes += render(&[*letter]).len();
        bytes > most
    };
    letters.iter().position(ends).unwrap_or(letters.len())
}

/// The letters of bytes that a word was written as.
fn parse_again(bytes: &[u8], is_hex: bool) -> Vec<Letter> {
    if is_hex {
        bytes.iter().map(|byte| hex(*byte)).collect()
    } else {
        parse(bytes)
    }
}

/// Takes the permutation until what comes is fit.
fn walk(key: &[u8; 32], letters: &mut [Letter], before: &[u8], is_fit: impl Fn(&[Letter]) -> bool) {
    for _ in 0..STEPS_MAX {
        permute(key, letters, before);
        if is_fit(letters) {
            break;
        }
    }
}

/// The permutation itself. `before` is what stands before the letters, on which it depends.
fn permute(key: &[u8; 32], letters: &mut [Letter], before: &[u8]) {
    let shape: Vec<u8> = letters.iter().map(|letter| letter.kind as u8).collect();
    let middle = letters.len() / 2;
    let (left, right) = letters.split_at_mut(middle);
    for round in 0..ROUNDS {
        let (changed, said): (&mut [Letter], &[Letter]) = if round.is_multiple_of(2) {
            (&mut *right, &*left)
        } else {
            (&mut *left, &*right)
        };
        let mut hash = blake3::Hasher::new_keyed(key);
        hash.update(&[round]);
        hash.update(&(before.len() as u64).to_le_bytes());
        hash.update(before);
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

fn hex(byte: u8) -> Letter {
    let place = match byte {
        b'0'..=b'9' => byte - b'0',
        _ => byte.wrapping_sub(b'a').wrapping_add(10) & 0xf,
    };
    Letter {
        kind: Kind::Hex,
        place: u32::from(place),
    }
}

fn parse(word: &[u8]) -> Vec<Letter> {
    let mut letters = Vec::with_capacity(word.len());
    for chunk in word.utf8_chunks() {
        letters.extend(chunk.valid().chars().map(letter));
        letters.extend(chunk.invalid().iter().map(|byte| Letter {
            kind: if *byte < 0xc0 {
                Kind::Loose
            } else {
                Kind::Lead
            },
            place: u32::from(byte & 0x3f),
        }));
    }
    letters
}

fn letter(character: char) -> Letter {
    let number = u32::from(character);
    let (kind, place) = match number {
        0x61..=0x7a => (Kind::Lower, number - 0x61),
        0x41..=0x5a => (Kind::Upper, number - 0x41),
        0x30..=0x39 => (Kind::Digit, number - 0x30),
        // What is no letter of a word: its own kind of one would be no replacement, so it counts as a small letter.
        0..CONTROL => (Kind::Lower, number % 26),
        CONTROL..TWO => (Kind::Control, number - CONTROL),
        TWO..THREE => (Kind::Two, number - TWO),
        THREE..FOUR if number < SURROGATES.start => (Kind::Three, number - THREE),
        THREE..FOUR => (
            Kind::Three,
            number - THREE - (SURROGATES.end - SURROGATES.start),
        ),
        _ => (Kind::Four, number - FOUR),
    };
    Letter { kind, place }
}

fn render(letters: &[Letter]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(letters.len());
    for letter in letters {
        let place = letter.place;
        let number = match letter.kind {
            Kind::Lower => 0x61 + place,
            Kind::Upper => 0x41 + place,
            Kind::Digit => 0x30 + place,
            Kind::Hex if place < 10 => 0x30 + place,
            Kind::Hex => 0x61 + place - 10,
            Kind::Control => CONTROL + place,
            Kind::Two => TWO + place,
            Kind::Three if THREE + place < SURROGATES.start => THREE + place,
            Kind::Three => THREE + place + (SURROGATES.end - SURROGATES.start),
            Kind::Four => FOUR + place,
            // Six bits and the two above them.
            Kind::Loose => {
                bytes.push(0x80 | place as u8);
                continue;
            }
            Kind::Lead => {
                bytes.push(0xc0 | place as u8);
                continue;
            }
        };
        let character = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
        bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    bytes
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
            assert_eq!(image[..cut], of_cut, "{whole}");
            assert_eq!(image.len(), whole.len());
        };
        check("averylongprogramname", CUT);
        check("AVeryLongProgramName2024", CUT);
        check(&"9dbcbd0c435f".repeat(5), HEX_CUT);
        check(&"0123456789ab".repeat(5), HEX_CUT);
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

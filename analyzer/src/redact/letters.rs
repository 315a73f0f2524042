//! The letters of a word: of which kind each is, and its place among those of its kind.
//!
//! In: the bytes of a word. Out: its letters, and the bytes again that letters are written as.
//! Any letter may be another one of its kind, and the bytes still have the same kinds in the same places: so a replacement is known for what it is without a look at what it replaced.
//! Of bytes that are no UTF-8 that holds because those at the first fault stay in their class: a reader of UTF-8 finds the same fault in the same place, and takes all that follows as single bytes.

/// A kind of letters among which one is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
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
    /// A byte at the first fault of what is no UTF-8, by its place among the [`CLASSES`].
    Fault(u8),
    /// A byte above ASCII behind it.
    High,
}

/// Bytes above ASCII that a reader of UTF-8 takes alike, from the first to the last of each class.
const CLASSES: [(u8, u8); 13] = [
    (0x80, 0x8f),
    (0x90, 0x9f),
    (0xa0, 0xbf),
    (0xc0, 0xc1),
    (0xc2, 0xdf),
    (0xe0, 0xe0),
    (0xe1, 0xec),
    (0xed, 0xed),
    (0xee, 0xef),
    (0xf0, 0xf0),
    (0xf1, 0xf3),
    (0xf4, 0xf4),
    (0xf5, 0xff),
];

/// The first character of three bytes, and of four.
const THREE: u32 = 0x800;
const FOUR: u32 = 0x1_0000;
/// Where characters of two bytes begin that are no controls.
const TWO: u32 = 0xa0;
/// Where the controls of two bytes begin.
const CONTROL: u32 = 0x80;
/// Numbers in the middle of the characters of three bytes that are no characters.
const SURROGATES: std::ops::Range<u32> = 0xd800..0xe000;
/// The first byte above ASCII, and how many there are.
const HIGH: u8 = 0x80;
const HIGHS: u32 = 128;

impl Kind {
    /// How many letters there are of the kind.
    pub(super) fn radix(self) -> u32 {
        match self {
            Kind::Lower | Kind::Upper => 26,
            Kind::Digit => 10,
            Kind::Hex => 16,
            Kind::Control => TWO - CONTROL,
            Kind::Two => THREE - TWO,
            Kind::Three => FOUR - THREE - (SURROGATES.end - SURROGATES.start),
            Kind::Four => 0x11_0000 - FOUR,
            Kind::Fault(class) => {
                let (first, last) = class_of(class);
                u32::from(last - first) + 1
            }
            Kind::High => HIGHS,
        }
    }

    /// A number that tells kinds apart.
    pub(super) fn number(self) -> u8 {
        match self {
            Kind::Lower => 0,
            Kind::Upper => 1,
            Kind::Digit => 2,
            Kind::Hex => 3,
            Kind::Control => 4,
            Kind::Two => 5,
            Kind::Three => 6,
            Kind::Four => 7,
            Kind::High => 8,
            Kind::Fault(class) => class.saturating_add(9),
        }
    }
}

/// The bytes of a class.
fn class_of(class: u8) -> (u8, u8) {
    let found = CLASSES.get(usize::from(class)).copied();
    found.unwrap_or((HIGH, u8::MAX))
}

/// A letter: its kind, and its place among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) kind: Kind,
    pub(super) place: u32,
}

/// The letters of a long number in hexadecimal.
pub(super) fn digits(number: &[u8]) -> Vec<Letter> {
    let digit = |byte: &u8| {
        let place = match byte {
            b'0'..=b'9' => byte - b'0',
            _ => byte.wrapping_sub(b'a').wrapping_add(10) & 0xf,
        };
        Letter {
            kind: Kind::Hex,
            place: u32::from(place),
        }
    };
    number.iter().map(digit).collect()
}

/// The letters of a word, and how many come before a character that is cut off at the end.
pub(super) fn parse(word: &[u8]) -> (Vec<Letter>, usize) {
    let fault = match std::str::from_utf8(word) {
        Ok(text) => {
            let letters: Vec<Letter> = text.chars().map(of_character).collect();
            let whole = letters.len();
            return (letters, whole);
        }
        Err(fault) => fault,
    };
    let (valid, rest) = word
        .split_at_checked(fault.valid_up_to())
        .unwrap_or((word, &[]));
    let valid = std::str::from_utf8(valid).unwrap_or_default();
    let mut letters: Vec<Letter> = valid.chars().map(of_character).collect();
    let before = letters.len();
    // The byte behind the fault is what makes it one: as another one it might complete the character.
    let of_fault = fault.error_len().map_or(rest.len(), |length| length + 1);
    letters.extend(rest.iter().enumerate().map(|(place, byte)| match byte {
        0..HIGH => of_character(char::from(*byte)),
        _ if place < of_fault => of_fault_byte(*byte),
        _ => Letter {
            kind: Kind::High,
            place: u32::from(byte - HIGH),
        },
    }));
    let whole = match fault.error_len() {
        None => before,
        Some(_) => letters.len(),
    };
    (letters, whole)
}

fn of_fault_byte(byte: u8) -> Letter {
    let mut classes = (0..).zip(CLASSES);
    let found = classes.find(|(_, (first, last))| (*first..=*last).contains(&byte));
    let (class, (first, _)) = found.unwrap_or_default();
    Letter {
        kind: Kind::Fault(class),
        place: u32::from(byte.saturating_sub(first)),
    }
}

fn of_character(character: char) -> Letter {
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

/// The bytes that letters are written as, behind others.
pub(super) fn render(letters: &[Letter], bytes: &mut Vec<u8>) {
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
            // Places are below the radix, so these are bytes.
            Kind::Fault(class) => {
                bytes.push(class_of(class).0.saturating_add(place as u8));
                continue;
            }
            Kind::High => {
                bytes.push(HIGH | place as u8);
                continue;
            }
        };
        let character = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
        bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// How many bytes a letter is written as.
pub(super) fn bytes_of(letter: Letter) -> usize {
    match letter.kind {
        Kind::Control | Kind::Two => 2,
        Kind::Three => 3,
        Kind::Four => 4,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bytes of which many are nearly UTF-8.
    fn nearly_text() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            any::<char>().prop_map(|c| c.to_string().into_bytes()),
            any::<char>().prop_map(|c| {
                let mut bytes = c.to_string().into_bytes();
                bytes.pop();
                bytes
            }),
            prop::sample::select(vec![
                0x80, 0x9f, 0xa0, 0xc0, 0xc3, 0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf4, 0xff
            ])
            .prop_map(|byte| vec![byte]),
        ];
        prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
    }

    /// Letters and digits alone: others are no letters of a word.
    fn of_words(bytes: Vec<u8>) -> Vec<u8> {
        let is_of_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= HIGH;
        bytes.into_iter().filter(is_of_word).collect()
    }

    proptest! {
        #[test]
        fn letters_are_written_as_they_were_read(bytes in nearly_text()) {
            let bytes = of_words(bytes);
            let mut written = Vec::new();
            let (letters, whole) = parse(&bytes);
            prop_assert!(whole <= letters.len());
            prop_assert_eq!(letters.iter().map(|letter| bytes_of(*letter)).sum::<usize>(), bytes.len());
            render(&letters, &mut written);
            prop_assert_eq!(written, bytes);
        }

        #[test]
        fn other_letters_of_the_same_kinds_are_read_as_such(bytes in nearly_text(), turns in prop::collection::vec(any::<u32>(), 48)) {
            let (mut letters, whole) = parse(&of_words(bytes));
            for (letter, turn) in letters.iter_mut().zip(turns.iter().cycle()) {
                letter.place = (u64::from(letter.place) + u64::from(*turn)).rem_euclid(u64::from(letter.kind.radix())) as u32;
            }
            let mut written = Vec::new();
            render(&letters, &mut written);
            prop_assert_eq!(parse(&written), (letters, whole));
        }
    }
}

//! What stands in no row: words about damage, paths of segments, ids of boots.
//!
//! In: what a capture says of itself. Out: the same, without what names a machine or a file of somebody's.

use falco_format::BootId;

use super::pieces::{Piece, pieces};
use super::text::Texts;

/// Words of our own notes about damage, of those of the readers of `.scap` files and of packed ones, and of what the system says of a file.
/// One that is missing here would be replaced, which hides what is missing of the evidence, and shows what becomes of a word that everybody knows.
const WORDS: &str = "a ABIs about all allocation an and another any are as at be before begin behind believed belongs bits block blocks boot by byte bytes call \
    can cannot capture changed checksum CLOCK clock column columns contradict contradicts corrupt cut Data data declare decode decoded \
    decompress deflate denied DERIVED descriptor descriptors device died differ directory does DROPPED early eight empty encoded END end ends \
    enter entries entry event EVENTS events exceed exceeds exit exits failed file finds first flags flc follow for forbids format frame frames \
    from give given goes gzip had hand has head header here hold holds id import in incomplete incorrect INDEX index Input input interrupted \
    invalid Is is it item items its itself kept kind known large left length lengths limit list lists long longer LOST lost low machine magic \
    malformed may memory mismatch missing more name named newer next No no node not nothing number of off on one ones or order other out output \
    over own parameter parameters passed Permission permission places process processes read reading record recording REPAIR repair replaced \
    requires rest row rows same SCHEMA schema sealed section sections SEGMENT segment segments short shorter SIGNATURE size skipped small so \
    space stand stands STATE stopped stream such table takes tells text than that the their there this thread threads time times to too took \
    twice two type types unexpected Unknown unknown unpack unpacked unpacking unreadable up value values waiting was were what which width \
    window with within without would write writer writing written wrong zstd";
/// Digits of a boot's id in the name of its directory: as many as its first four bytes have.
const HEAD: usize = 4;
/// What the file of a segment ends in.
const SEGMENT: &str = ".flc";

/// What becomes of words about damage.
pub(super) fn words(given: &str, texts: &mut Texts) -> String {
    let mut out = Vec::with_capacity(given.len());
    for piece in pieces(given.as_bytes()) {
        let is_ours = match piece {
            Piece::Word(word) => WORDS.split(' ').any(|ours| ours.as_bytes() == word),
            // Places in files.
            Piece::Digits(digits) => digits.iter().all(u8::is_ascii_digit),
            _ => false,
        };
        if is_ours {
            out.extend_from_slice(piece.bytes());
        } else {
            texts.piece(piece, &mut out);
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What becomes of the path of a segment, or of a boot's directory.
pub(super) fn segment(path: &str, texts: &mut Texts) -> String {
    let parts = path.split('/').map(|part| {
        let number = part.strip_suffix(SEGMENT);
        if number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
            return part.to_owned();
        }
        match directory(part) {
            Some((time, head)) => format!("{time}-{}", hex(&self::head(&head, texts))),
            None => texts.string(part),
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

/// `20260102T030405Z-89abcdef`: the time, and the head of a boot's id.
fn directory(name: &str) -> Option<(&str, [u8; HEAD])> {
    const TIME: usize = 16;
    let (time, head) = name.split_once('-')?;
    let is_time = time.len() == TIME
        && time.bytes().enumerate().all(|(place, byte)| match place {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
    let is_head = head.len() == 2 * HEAD && head.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u32::from_str_radix(head, 16).ok()?;
    (is_time && is_head).then_some((time, number.to_be_bytes()))
}

fn head(given: &[u8; HEAD], texts: &Texts) -> [u8; HEAD] {
    texts.name(given)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What becomes of a boot's id: its head follows from the head alone, which is all that the name of a directory has.
pub(super) fn boot(boot: BootId, texts: &Texts) -> BootId {
    let mut out: [u8; 16] = texts.name(&boot.0);
    if let (Some(given), Some(place)) = (boot.0.first_chunk(), out.first_chunk_mut()) {
        *place = head(given, texts);
    }
    BootId(out)
}

#[cfg(test)]
mod tests {
    use falco_format::{DamageKind, ItemKind};

    use super::*;
    use crate::redact::{Keep, Key};

    fn texts() -> Texts {
        let secret: Vec<u8> = (0..64).collect();
        Texts::new(&Key::of(&secret).expect("a key"), Keep::default())
    }

    #[test]
    fn our_own_words_stay_and_names_do_not() {
        let mut texts = texts();
        let kinds = [
            DamageKind::NoItem,
            DamageKind::TornTail,
            DamageKind::Checksum(ItemKind::EVENTS),
            DamageKind::MissingItems(7),
            DamageKind::RepeatedItem(ItemKind::CLOCK),
            DamageKind::Malformed(ItemKind::SIGNATURE),
            DamageKind::UnknownCritical(ItemKind(600)),
            DamageKind::NoSchema,
            DamageKind::MissingSegments(2),
            DamageKind::NotASegment,
            DamageKind::NewerSegment,
            DamageKind::OtherCapture,
            DamageKind::SameNumber("00000002.flc".to_owned()),
            DamageKind::DoesNotFollow,
            DamageKind::Totals("places of the index"),
            DamageKind::BehindEnd(ItemKind::LOST),
            DamageKind::BytesBehindEnd,
            DamageKind::MissingSequel,
            DamageKind::Empty,
            DamageKind::OtherName(9),
            DamageKind::NoClock(None),
            DamageKind::NotSealed,
            DamageKind::Foreign(
                "the file ends within a block: incomplete deflate stream".to_owned(),
            ),
        ];
        for kind in kinds {
            let said = kind.to_string();
            assert_eq!(words(&said, &mut texts), said);
        }
        let replaced = words("the file wilhelmine.scap cannot be read", &mut texts);
        assert!(!replaced.contains("wilhelm"), "{replaced}");
        assert!(replaced.ends_with("cannot be read"), "{replaced}");
    }

    #[test]
    fn numbers_of_segments_and_times_of_boots_stay() {
        let mut texts = texts();
        assert_eq!(segment("00000001.flc", &mut texts), "00000001.flc");
        let replaced = segment("20260102T030405Z-89abcdef/00000002.flc", &mut texts);
        assert!(replaced.starts_with("20260102T030405Z-"), "{replaced}");
        assert!(replaced.ends_with("/00000002.flc"), "{replaced}");
        assert!(!replaced.contains("89abcdef"), "{replaced}");
        assert_ne!(segment("wilhelmine.flc", &mut texts), "wilhelmine.flc");
    }

    #[test]
    fn a_directory_has_the_head_of_its_boots_replacement() {
        let mut texts = texts();
        let mut id = [7; 16];
        id[..4].copy_from_slice(&[0x89, 0xab, 0xcd, 0xef]);
        let replaced = boot(BootId(id), &texts);
        let directory = segment("20260102T030405Z-89abcdef", &mut texts);
        assert_eq!(
            directory,
            format!("20260102T030405Z-{}", hex(&replaced.0[..4]))
        );
        assert_ne!(replaced.0[4..], id[4..]);
    }
}

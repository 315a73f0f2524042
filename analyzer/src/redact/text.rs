//! Texts replaced: paths, arguments, names, whatever people and programs write.
//!
//! In: bytes. Out: bytes of the same structure, in which every word that is not kept is another one, every address another address.
//! What becomes of a word is the affair of `words`; here is what stands between words, and what is known as a whole.

use std::net::IpAddr;

use super::address::Addresses;
use super::keep::Keep;
use super::key::Key;
use super::permute;
use super::pieces::{Joined, Piece, pieces};
use super::tally::{Kept, Replaced, Tally};
use super::words::Words;

/// Fewer bytes than these, moved at once, are keys as somebody presses them: a key sends up to three or four.
const TYPED_BYTES: usize = 4;

/// Whether a letter beside it may be a name, an option, a part of a path: blanks, and what stands between such.
fn is_apart(beside: Option<u8>) -> bool {
    beside
        .is_none_or(|byte| byte.is_ascii_whitespace() || b"\0/-=,:;.\"'()[]{}<>|_".contains(&byte))
}

/// Replaces texts.
#[derive(Clone, Debug)]
pub(super) struct Texts {
    key: Key,
    words: Words,
    addresses: Addresses,
    tally: Tally,
}

impl Texts {
    /// What replaces by a key, but what is kept.
    pub(super) fn new(key: &Key, keep: Keep) -> Texts {
        Texts {
            addresses: Addresses::new(key.addresses, keep.networks()),
            key: key.clone(),
            words: Words::new(key, keep),
            tally: Tally::default(),
        }
    }

    /// What was replaced and kept so far.
    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    /// What becomes of a text.
    pub(super) fn text(&mut self, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        let mut before = None;
        let mut rest = pieces(text).peekable();
        while let Some(piece) = rest.next() {
            let behind = rest.peek().and_then(|next| next.bytes().first().copied());
            match piece {
                // A letter between signs that nobody puts around a name is one of a secret's.
                Piece::Word(word @ [_]) if !is_apart(before) || !is_apart(behind) => {
                    self.words.replace_typed(word, &mut self.tally, &mut out);
                }
                piece => self.piece(piece, &mut out),
            }
            before = piece.bytes().last().copied();
        }
        out
    }

    /// What becomes of what was read or written. What is kept elsewhere for being short, single letters and small numbers, people type as secrets; where so few bytes are moved at once, nothing of them stays.
    pub(super) fn moved(&mut self, text: &[u8]) -> Vec<u8> {
        if text.len() < TYPED_BYTES {
            self.tally.replace(Replaced::Bytes);
            return vec![b'.'; text.len()];
        }
        let mut out = Vec::with_capacity(text.len());
        for piece in pieces(text) {
            match piece {
                Piece::Word(word @ [_]) => {
                    self.words.replace_typed(word, &mut self.tally, &mut out);
                }
                Piece::Digits(digits) if self.words.keep().digits(digits) == Some(Kept::Number) => {
                    self.runs(digits, &mut out);
                }
                piece => self.piece(piece, &mut out),
            }
        }
        out
    }

    /// The same of a text of UTF-8, which it stays.
    pub(super) fn string(&mut self, text: &str) -> String {
        String::from_utf8_lossy(&self.text(text.as_bytes())).into_owned()
    }

    /// What becomes of the name of a machine.
    pub(super) fn host(&mut self, name: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(name.len());
        for piece in pieces(name) {
            match piece {
                Piece::Word(word) => self.words.replace_own(word, &mut self.tally, &mut out),
                other => self.piece(other, &mut out),
            }
        }
        out
    }

    /// What becomes of a piece of a text.
    pub(super) fn piece(&mut self, piece: Piece<'_>, out: &mut Vec<u8>) {
        match piece {
            Piece::Between(bytes) => out.extend_from_slice(bytes),
            Piece::Kernel(bytes) => {
                self.tally.keep(Kept::Number);
                out.extend_from_slice(bytes);
            }
            Piece::Word(word) => self.words.replace(word, &mut self.tally, out),
            Piece::Digits(digits) => match self.words.keep().digits(digits) {
                Some(by) => {
                    self.tally.keep(by);
                    out.extend_from_slice(digits);
                }
                None => self.runs(digits, out),
            },
            Piece::Hex(digits) => match self.words.keep().word(digits) {
                Some(by) => {
                    self.tally.keep(by);
                    out.extend_from_slice(digits);
                }
                None => self.hex(digits, out),
            },
            Piece::Address(written, address, joined) => {
                let replaced = self.address(address);
                if replaced == address {
                    out.extend_from_slice(written);
                    return;
                }
                let text = replaced.to_string();
                out.extend(text.bytes().map(|byte| match (byte, joined) {
                    (b'.', Joined::Dashes) => b'-',
                    (byte, _) => byte,
                }));
            }
        }
    }

    /// Each group of digits of a long number.
    fn runs(&mut self, digits: &[u8], out: &mut Vec<u8>) {
        self.tally.replace(Replaced::Number);
        for run in digits.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
            if run.iter().all(u8::is_ascii_digit) {
                out.extend(permute::word(&self.key.words, run, |_| true));
            } else {
                out.extend_from_slice(run);
            }
        }
    }

    /// Digits in hexadecimal as one number, and the signs between them.
    fn hex(&mut self, digits: &[u8], out: &mut Vec<u8>) {
        self.tally.replace(Replaced::Number);
        let is_digit = |byte: &u8| byte.is_ascii_hexdigit();
        let number: Vec<u8> = digits.iter().copied().filter(is_digit).collect();
        let small = number.to_ascii_lowercase();
        let image = permute::word(&self.key.words, &small, |_| true);
        let is_small = small == number;
        let mut image = image.into_iter();
        out.extend(digits.iter().map(|byte| {
            if !is_digit(byte) {
                return *byte;
            }
            let digit = image.next().unwrap_or(b'0');
            if is_small {
                digit
            } else {
                digit.to_ascii_uppercase()
            }
        }));
    }

    /// What becomes of an address.
    pub(super) fn address(&mut self, address: IpAddr) -> IpAddr {
        let replaced = self.addresses.replace(address);
        if replaced == address {
            self.tally.keep(Kept::Network);
        } else {
            self.tally.replace(Replaced::Address);
        }
        replaced
    }

    /// Bytes that are no text, as as many others: the same for the same, and without a way back. What rules look for in bytes stays where it is.
    pub(super) fn opaque(&mut self, bytes: &[u8]) -> Vec<u8> {
        /// The shortest text that is looked for in bytes: shorter ones stand there by chance.
        const SOUGHT_MIN: usize = 4;
        if bytes.is_empty() {
            return Vec::new();
        }
        self.tally.replace(Replaced::Bytes);
        let mut out = vec![0; bytes.len()];
        let mut hash = blake3::Hasher::new_keyed(&self.key.bytes);
        hash.update(bytes).finalize_xof().fill(&mut out);
        for part in self.words.keep().parts() {
            if part.text.len() < SOUGHT_MIN {
                continue;
            }
            let windows = bytes.windows(part.text.len()).enumerate();
            for (place, window) in windows.filter(|(_, window)| **window == *part.text) {
                if let Some(there) = out.get_mut(place..place + window.len()) {
                    there.copy_from_slice(window);
                }
            }
        }
        out
    }

    /// Bytes that name something, such as a boot.
    pub(super) fn name<const N: usize>(&self, name: &[u8]) -> [u8; N] {
        let mut out = [0; N];
        let mut hash = blake3::Hasher::new_keyed(&self.key.bytes);
        hash.update(b"name").update(name);
        hash.finalize_xof().fill(&mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use falco_rules::{Compared, Comparing};
    use proptest::prelude::*;

    use super::*;

    fn key(number: u8) -> Key {
        let secret: Vec<u8> = (0..64).map(|byte| byte ^ number).collect();
        Key::of(&secret).expect("a key")
    }

    /// The built-in lists are read once.
    static KEEP: LazyLock<Keep> = LazyLock::new(Keep::default);

    fn texts(number: u8) -> Texts {
        Texts::new(&key(number), KEEP.clone())
    }

    #[test]
    fn what_somebody_types_does_not_stay() {
        let mut texts = texts(1);
        for secret in ["a!b@c#d$e", "x^y*z", "1!a?2"] {
            let replaced = texts.string(secret);
            let same = secret.bytes().zip(replaced.bytes()).filter(|(a, b)| a == b);
            let letters = same.filter(|(a, _)| a.is_ascii_alphabetic()).count();
            assert_eq!((letters, replaced.len()), (0, secret.len()), "{replaced}");
        }
        // Keys as they are pressed, and what a line of them holds.
        for key in ["a", "7", "\n", "\u{1b}[A", "é"] {
            let moved = texts.moved(key.as_bytes());
            assert_eq!(moved, vec![b'.'; key.len()], "{key}");
        }
        for line in ["1234\n", "a 1 b 2\n", "k;9;k;8"] {
            let moved = texts.moved(line.as_bytes());
            let pairs = line.bytes().zip(moved.iter().copied());
            let said = pairs.filter(|(a, _)| a.is_ascii_alphanumeric());
            let (kept, all) = said.fold((0, 0), |(kept, all), (a, b)| {
                (kept + usize::from(a == b), all + 1)
            });
            assert!(kept * 2 < all, "{line}: {}", moved.escape_ascii());
        }
    }

    #[test]
    fn the_structure_stays_and_so_does_what_every_machine_has() {
        let mut texts = texts(1);
        for same in [
            "/usr/bin/bash",
            "/etc/shadow",
            "/usr/lib/x86_64-linux-gnu/libc.so.6",
            "/proc/1234567/fd/3",
            "socket:[123456789]",
            "pipe:[77]",
            "anon_inode:[eventpoll]",
            "/dev/pts/12",
            "root",
            "www-data",
            "127.0.0.1:8080",
            "-c",
            "0::/system.slice/ssh.service",
            "6.18.44",
        ] {
            assert_eq!(texts.string(same), same);
        }
        let mut check = |given: &str, shape: &str| {
            let replaced = texts.string(given);
            let bytes = replaced.bytes().zip(shape.bytes());
            let fits = bytes.clone().all(|(byte, shape)| match shape {
                b'a' => byte.is_ascii_lowercase(),
                b'A' => byte.is_ascii_uppercase(),
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            });
            assert!(fits && replaced.len() == shape.len(), "{given}: {replaced}");
            assert_ne!(replaced, given);
        };
        // Letters that stand for themselves are written as what they are no sign of.
        check("/home/qz/Wq.txt", "/home/aa/Aa.txt");
        check("--qzname=Wq42", "--aaaaaa=Aa00");
        check("4929-1234-5678-9012", "0000-0000-0000-0000");
    }

    #[test]
    fn the_same_name_is_the_same_wherever_it_stands() {
        let mut texts = texts(1);
        let name = texts.string("wilhelmine");
        for frame in [
            "/home/NAME/.ssh/id",
            "--user=NAME",
            "NAME@192.0.2.1:/srv",
            "HOME=/home/NAME",
        ] {
            let replaced = texts.string(&frame.replace("NAME", "wilhelmine"));
            assert_eq!(replaced, frame.replace("NAME", &name));
        }
        let id = "9dbcbd0c435f76d2a0d1c5f7ea0a64b8b7f36b7ab7b8b7f36b7ab7b8b7f36b7a";
        let whole = texts.string(&format!("/docker-{id}.scope"));
        let short = texts.string(&id[..12]);
        assert!(whole.starts_with(&format!("/docker-{short}")), "{whole}");
        let pod = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";
        let (dashed, in_group) = (
            texts.string(pod),
            texts.string(&format!("pod{}", pod.replace('-', "_"))),
        );
        assert_eq!(in_group, format!("pod{}", dashed.replace('-', "_")));
        assert_ne!(dashed, pod);
        let (plain, in_name) = (texts.string("45.67.89.12"), texts.string("ip-45-67-89-12"));
        assert!(
            in_name.ends_with(&plain.replace('.', "-")),
            "{in_name} {plain}"
        );
        assert_ne!(texts.string("52:54:00:12:34:56"), "52:54:00:12:34:56");
    }

    #[test]
    fn what_rules_compare_with_stays_and_nothing_comes_that_they_would_find() {
        let compared = |comparing, text: &str| Compared {
            comparing,
            text: text.as_bytes().into(),
            ignores_case: false,
        };
        let mut keep = Keep::default();
        let left = keep.add_compared(&[
            compared(Comparing::Within, "zorp"),
            compared(Comparing::End, "qq"),
            compared(Comparing::Whole, "/vault/blorp"),
            compared(Comparing::Whole, "45.67.89.0/24"),
        ]);
        assert!(left.is_empty());
        let mut texts = Texts::new(&key(1), keep);
        assert_eq!(texts.string("/vault/blorp"), "/vault/blorp");
        assert!(texts.string("45.67.89.12").starts_with("45.67.89."));
        assert!(!texts.string("45.67.90.12").starts_with("45.67.89."));
        let replaced = texts.string("wilzorphelm.minqq");
        assert!(
            replaced.get(3..7) == Some("zorp") && replaced.ends_with("qq"),
            "{replaced}"
        );
        assert!(
            !replaced.starts_with("wil") && !replaced.contains("helm"),
            "{replaced}"
        );
    }

    #[test]
    fn a_file_says_what_is_replaced_after_all() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("keep.toml");
        let written = "words = [\"/srv/zorp-app\"]\nreplace = [\"mail\"]\nnetworks = [\"45.67.0.0/16\"]\nnumbers = 2";
        std::fs::write(&path, written).expect("written");
        let mut texts = Texts::new(&key(1), Keep::read(&[path]).expect("reads"));
        assert_eq!(
            texts.string("zorp app 45.67.8.9 12"),
            "zorp app 45.67.8.9 12"
        );
        assert_ne!(texts.string("mail"), "mail");
        assert_ne!(texts.string("123"), "123");
    }

    /// Any text of which a secret of letters is a part, and the letters.
    fn with_secret() -> impl Strategy<Value = (String, String)> {
        let frame = "[ -~]{0,12}";
        (frame, "[b-df-hj-np-tv-z]{8,16}", frame)
            .prop_map(|(before, secret, behind)| (format!("{before}{secret}{behind}"), secret))
    }

    proptest! {
        #[test]
        fn no_part_of_a_secret_stays((text, secret) in with_secret()) {
            let replaced = texts(1).string(&text);
            for part in secret.as_bytes().windows(5) {
                prop_assert!(!replaced.as_bytes().windows(5).any(|there| there == part), "{} {}", text, replaced);
            }
        }

        #[test]
        fn different_texts_stay_different(left in "[a-z/.0-9-]{0,24}", right in "[a-z/.0-9-]{0,24}") {
            let mut texts = texts(1);
            prop_assert_eq!(texts.string(&left) == texts.string(&right), left == right);
        }

        #[test]
        fn paths_share_the_components_that_they_shared(shared in "(/[a-z]{1,9}){0,4}", left in "[a-z]{1,9}", right in "[a-z]{1,9}") {
            let mut texts = texts(1);
            let (a, b) = (texts.string(&format!("{shared}/{left}")), texts.string(&format!("{shared}/{right}")));
            let beginning = texts.string(&shared);
            prop_assert!(a.starts_with(&beginning) && b.starts_with(&beginning));
            prop_assert_eq!(a.split('/').count(), shared.split('/').count() + 1);
            prop_assert_eq!(a.len(), shared.len() + left.len() + 1);
        }

        #[test]
        fn another_key_is_another_text(word in "[b-df-hj-np-tv-z]{8,14}") {
            let (a, b) = (texts(1).string(&word), texts(2).string(&word));
            prop_assert_ne!(a, b);
        }

        #[test]
        fn memory_changes_nothing(words in proptest::collection::vec("[a-z]{1,6}", 1..20)) {
            let mut once = texts(1);
            for word in &words {
                prop_assert_eq!(once.string(word), texts(1).string(word));
            }
        }
    }
}

//! A text taken apart: what names something, and what stands between.
//!
//! In: the bytes of any text, a path, an argument, a line of a log. Out: its pieces in order, which together are the text.
//! A word is a run of letters and digits, of any script; slashes, dots, dashes and all other signs stand between words, so that the structure of a path or of `--name=value` stays as it is.
//! What would be told by its digits alone is known as a whole: addresses, numbers of hardware, ids of the kind `8-4-4-4-12`, and numbers that others follow.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Letters and digits.
    Word(&'a [u8]),
    /// Digits, and groups of digits behind them that a sign or a blank joins: a number, a version, a date, a number of a card.
    Digits(&'a [u8]),
    /// A number in a place where only the kernel's numbers stand: a process in `/proc`, an inode in brackets.
    Kernel(&'a [u8]),
    /// An address, and what joins its numbers.
    Address(&'a [u8], IpAddr, Joined),
    /// Digits in hexadecimal with signs between them: a number of hardware, or an id.
    Hex(&'a [u8]),
    /// What names nothing.
    Between(&'a [u8]),
}

/// What joins the four numbers of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    /// As addresses are written.
    Usual,
    /// By dashes, as in the names that clouds give to hosts.
    Dashes,
}

/// Bytes of a number of hardware, `aa:bb:cc:dd:ee:ff`.
const HARDWARE: usize = 17;
/// Bytes of an id, and the lengths of its groups.
const ID: usize = 36;
const ID_GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
/// The longest text of an IPv6 address.
const V6_MAX: usize = 45;
/// Digits of the largest number of a process that Linux gives.
const PID_DIGITS: usize = 7;
/// What stands before the id of a pod in the name of a cgroup.
const POD: &[u8] = b"pod";

impl<'a> Piece<'a> {
    /// Its bytes.
    pub(super) fn bytes(self) -> &'a [u8] {
        match self {
            Piece::Word(bytes)
            | Piece::Digits(bytes)
            | Piece::Kernel(bytes)
            | Piece::Address(bytes, ..)
            | Piece::Hex(bytes)
            | Piece::Between(bytes) => bytes,
        }
    }
}

/// Whether a byte is of a word.
pub(super) fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// The pieces of a text.
#[derive(Clone, Debug)]
pub(super) struct Pieces<'a> {
    text: &'a [u8],
    at: usize,
}

/// Takes a text apart.
pub(super) fn pieces(text: &[u8]) -> Pieces<'_> {
    Pieces { text, at: 0 }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let before = self.text.get(..self.at).unwrap_or_default();
        let piece = piece(before, rest);
        // No piece is empty, so there is an end.
        self.at = self.at.saturating_add(piece.bytes().len().max(1));
        Some(piece)
    }
}

/// The piece that a text begins with, of which something stands before.
fn piece<'a>(before: &[u8], text: &'a [u8]) -> Piece<'a> {
    if is_behind_word(before) && !before.ends_with(POD) {
        return word_or_between(text);
    }
    let known = v6(text).or_else(|| hex(text)).or_else(|| v4(text));
    if let Some(known) = known {
        return known;
    }
    match text.first() {
        Some(first) if first.is_ascii_digit() => digits(before, text),
        _ => word_or_between(text),
    }
}

fn is_behind_word(before: &[u8]) -> bool {
    before.last().is_some_and(|byte| is_of_word(*byte))
}

fn run(text: &[u8], is_of: impl Fn(u8) -> bool) -> usize {
    let end = text.iter().position(|byte| !is_of(*byte));
    end.unwrap_or(text.len())
}

fn split(text: &[u8], length: usize) -> (&[u8], &[u8]) {
    text.split_at_checked(length).unwrap_or((text, &[]))
}

/// Whether what follows is no part of a word.
fn ends(rest: &[u8]) -> bool {
    rest.first().is_none_or(|byte| !is_of_word(*byte))
}

fn word_or_between(text: &[u8]) -> Piece<'_> {
    let length = run(text, is_of_word);
    if length == 0 {
        // An address may begin with a colon, so that only what is surely none is taken at once.
        let others = run(text, |byte| !is_of_word(byte) && byte != b':');
        return Piece::Between(split(text, others.max(1)).0);
    }
    let (word, _) = split(text, length);
    // The pod's id is told elsewhere without what stands before it here.
    match text.strip_prefix(POD) {
        Some(behind) if hex(behind).is_some() => Piece::Word(split(text, POD.len()).0),
        _ => Piece::Word(word),
    }
}

fn v6(text: &[u8]) -> Option<Piece<'_>> {
    let is_of = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let length = run(split(text, V6_MAX + 2).0, is_of);
    let (all, _) = split(text, length);
    if all.iter().filter(|byte| **byte == b':').count() < 2 {
        return None;
    }
    // What ends a sentence is not of the address, and neither is a port.
    let stripped = all.strip_suffix(b":").or(all.strip_suffix(b"."));
    let colon = all.iter().rposition(|byte| *byte == b':')?;
    [Some(all), stripped, all.get(..colon)]
        .into_iter()
        .flatten()
        .find_map(|written| {
            let address: Ipv6Addr = std::str::from_utf8(written).ok()?.parse().ok()?;
            let rest = text.get(written.len()..)?;
            let piece = Piece::Address(written, IpAddr::V6(address), Joined::Usual);
            ends(rest).then_some(piece)
        })
}

fn hex(text: &[u8]) -> Option<Piece<'_>> {
    hardware(text).or_else(|| id(text))
}

/// `aa:bb:cc:dd:ee:ff`, also with dashes.
fn hardware(text: &[u8]) -> Option<Piece<'_>> {
    let (number, rest) = text.split_at_checked(HARDWARE)?;
    let sign = *number.get(2)?;
    let is_number = matches!(sign, b':' | b'-')
        && number.chunks(3).all(|part| match part {
            [a, b] => a.is_ascii_hexdigit() && b.is_ascii_hexdigit(),
            [a, b, joint] => a.is_ascii_hexdigit() && b.is_ascii_hexdigit() && *joint == sign,
            _ => false,
        });
    let goes_on = rest.first() == Some(&sign) && rest.get(1).is_some_and(u8::is_ascii_hexdigit);
    (is_number && ends(rest) && !goes_on).then_some(Piece::Hex(number))
}

/// `8-4-4-4-12` digits, also with underscores, as in the names of cgroups.
fn id(text: &[u8]) -> Option<Piece<'_>> {
    let (id, rest) = text.split_at_checked(ID)?;
    let sign = *id.get(8)?;
    if !matches!(sign, b'-' | b'_') || !ends(rest) {
        return None;
    }
    let mut groups = id.split(|byte| *byte == sign);
    let is_id = ID_GROUPS.iter().all(|length| {
        let group = groups.next();
        group.is_some_and(|group| group.len() == *length && group.iter().all(u8::is_ascii_hexdigit))
    });
    (is_id && groups.next().is_none()).then_some(Piece::Hex(id))
}

/// Four numbers with dots, or with dashes.
fn v4(text: &[u8]) -> Option<Piece<'_>> {
    let mut octets = [0; 4];
    let (mut at, mut sign) = (0, b'.');
    for (place, octet) in octets.iter_mut().enumerate() {
        let rest = text.get(at..)?;
        if place > 0 {
            let joint = *rest.first()?;
            if place == 1 {
                sign = joint;
            }
            if joint != sign || !matches!(sign, b'.' | b'-') {
                return None;
            }
            at += 1;
        }
        let rest = text.get(at..)?;
        let length = run(rest, |byte| byte.is_ascii_digit());
        let number = std::str::from_utf8(rest.get(..length)?).ok()?;
        *octet = Some(number)
            .filter(|number| number.len() <= 3)?
            .parse::<u8>()
            .ok()?;
        at += length;
    }
    let (address, rest) = split(text, at);
    let goes_on = rest.first() == Some(&sign) && rest.get(1).is_some_and(u8::is_ascii_digit);
    if !ends(rest) || goes_on {
        return None;
    }
    let joined = if sign == b'.' {
        Joined::Usual
    } else {
        Joined::Dashes
    };
    let ip = IpAddr::V4(Ipv4Addr::from(octets));
    Some(Piece::Address(address, ip, joined))
}

/// A text that begins with a digit.
fn digits<'a>(before: &[u8], text: &'a [u8]) -> Piece<'a> {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let length = run(text, is_digit);
    let (number, rest) = split(text, length);
    if !ends(rest) {
        return word_or_between(text);
    }
    let is_process = before.ends_with(b"/proc/") || before.ends_with(b"/task/");
    let is_of_process = is_process && matches!(rest.first(), None | Some(b'/'));
    let is_inode = before.ends_with(b":[") && rest.first() == Some(&b']');
    if is_of_process && length <= PID_DIGITS || is_inode {
        return Piece::Kernel(number);
    }
    let mut length = length;
    while let Some([joint, following @ ..]) = text.get(length..)
        && matches!(joint, b'-' | b'.' | b':' | b'_' | b',' | b'+' | b' ')
    {
        let more = run(following, is_digit);
        if more == 0 || !ends(split(following, more).1) {
            break;
        }
        length += more + 1;
    }
    Piece::Digits(split(text, length).0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pieces as `kind:text`, without what stands between.
    fn shown(text: &str) -> String {
        let shown = pieces(text.as_bytes()).filter_map(|piece| {
            let kind = match piece {
                Piece::Word(_) => "w",
                Piece::Digits(_) => "d",
                Piece::Kernel(_) => "k",
                Piece::Address(..) => "a",
                Piece::Hex(_) => "h",
                Piece::Between(_) => return None,
            };
            Some(format!(
                "{kind}<{}>",
                String::from_utf8_lossy(piece.bytes())
            ))
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn texts_are_taken_apart() {
        let check = |text: &str, expected: &str| assert_eq!(shown(text), expected, "{text}");
        check("", "");
        check(
            "/home/al-1/x.tar.gz",
            "w<home> w<al> d<1> w<x> w<tar> w<gz>",
        );
        check("--user=Ä_b", "w<user> w<Ä> w<b>");
        check("/proc/1234567/fd/12", "w<proc> k<1234567> w<fd> d<12>");
        check("/proc/12345678/x", "w<proc> d<12345678> w<x>");
        check("socket:[123456789]", "w<socket> k<123456789>");
        check("6.18.44-generic", "d<6.18.44> w<generic>");
        check("4929-1234 5678 9012", "d<4929-1234 5678 9012>");
        check("2024-01-02T03", "d<2024-01> w<02T03>");
        check("http://10.1.2.3:80/a", "w<http> a<10.1.2.3> d<80> w<a>");
        check("ip-10-1-2-3.corp", "w<ip> a<10-1-2-3> w<corp>");
        check("1.2.3.4.5", "d<1.2.3.4.5>");
        check("1.2.3.256", "d<1.2.3.256>");
        check("v1.2.3.4", "w<v1> d<2.3.4>");
        check("fe80::1%eth0", "a<fe80::1> w<eth0>");
        check("[2a00:1450::8a]:443", "a<2a00:1450::8a> d<443>");
        check(
            "::ffff:9.8.7.6:53->1.2.3.4:5",
            "a<::ffff:9.8.7.6> d<53> a<1.2.3.4> d<5>",
        );
        check("is 2a00::1.", "w<is> a<2a00::1>");
        check("std::vector", "w<std> w<vector>");
        check("12:30:45", "d<12:30:45>");
        check("52:54:00:12:34:56", "h<52:54:00:12:34:56>");
        check("52:54:00:12:34:56:78", "d<52:54:00:12:34:56:78>");
        check(
            "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
            "h<1b4e28ba-2fa1-11d2-883f-0016d3cca427>",
        );
        check(
            "kubepods-pod1b4e28ba_2fa1_11d2_883f_0016d3cca427.slice",
            "w<kubepods> w<pod> h<1b4e28ba_2fa1_11d2_883f_0016d3cca427> w<slice>",
        );
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_text(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let whole: Vec<u8> = pieces(&text).flat_map(|piece| piece.bytes().to_vec()).collect();
            prop_assert_eq!(whole, text);
        }

        #[test]
        fn also_of_what_looks_like_something(text in "[0-9a-f:.\\-_/\\[\\] ]{0,80}") {
            let whole: Vec<u8> = pieces(text.as_bytes()).flat_map(|piece| piece.bytes().to_vec()).collect();
            prop_assert_eq!(whole, text.as_bytes());
        }
    }
}

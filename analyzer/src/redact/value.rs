//! The value of a parameter replaced, by what it is.
//!
//! In: a row of a capture. Out: the same row with other values: numbers, times, threads and what became of each parameter stay.
//! Values keep their lengths, but where a text names an address whose replacement is longer or shorter.

use std::sync::Arc;

use falco_abi::ParamStatus;
use falco_abi::events::{getsockopt, setsockopt};
use falco_format::limits::ROW_BYTES_MAX;
use falco_format::{BootId, Dialect, EventView, Schema};

use super::bytes::{self, SocketOption};
use super::keep::Keep;
use super::key::Key;
use super::place::{Place, place};
use super::tally::Tally;
use super::text::Texts;
use super::{container, note, socket, table};

/// Replaces what rows hold.
#[derive(Clone, Debug)]
pub struct Redactor {
    texts: Texts,
}

impl Redactor {
    /// What replaces by a key, but what is kept.
    #[must_use]
    pub fn new(key: &Key, keep: Keep) -> Redactor {
        Redactor {
            texts: Texts::new(key, keep),
        }
    }

    /// What was replaced and kept so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.texts.tally()
    }

    /// What becomes of a text that stands in no row.
    pub fn text(&mut self, text: &str) -> String {
        self.texts.string(text)
    }

    /// What becomes of a node's name.
    pub fn node(&mut self, name: &str) -> String {
        String::from_utf8_lossy(&self.texts.host(name.as_bytes())).into_owned()
    }

    /// What becomes of a table of events.
    pub fn table(&mut self, given: &Arc<Schema>) -> Arc<Schema> {
        table::table(given, &mut self.texts)
    }

    /// What becomes of words about damage: our own stay, and names in them are replaced.
    pub fn note(&mut self, words: &str) -> String {
        note::words(words, &mut self.texts)
    }

    /// What becomes of the path of a segment: its number stays, and so does the time in the name of a boot's directory.
    pub fn segment(&mut self, path: &str) -> String {
        note::segment(path, &mut self.texts)
    }

    /// What becomes of a boot's id.
    #[must_use]
    pub fn boot(&self, boot: BootId) -> BootId {
        note::boot(boot, &self.texts)
    }

    /// The values of a row, replaced; `None` where it has none that could be.
    pub fn row(
        &mut self,
        dialect: Dialect,
        view: &EventView<'_>,
    ) -> Option<Vec<(ParamStatus, Vec<u8>)>> {
        let option = option_of(view);
        let event = view.layout();
        let mut is_changed = false;
        let values = (0..view.params()).map(|index| {
            let param = view.param(index);
            let known = event.and_then(|event| event.params.get(index));
            // Without a table there would be no row.
            let place = known.map_or(Place::Bytes, |known| {
                place(dialect, view.event(), index, known)
            });
            let replaced = self.value(place, dialect, param.bytes, option);
            is_changed |= replaced != param.bytes;
            (param.status, replaced)
        });
        let mut values: Vec<_> = values.collect();
        // A text can only become longer where it is full of addresses; such a row would not fit.
        if values.iter().map(|(_, value)| value.len()).sum::<usize>() > ROW_BYTES_MAX {
            for (index, (_, value)) in values.iter_mut().enumerate() {
                value.truncate(view.param(index).bytes.len());
            }
        }
        is_changed.then_some(values)
    }

    fn value(
        &mut self,
        place: Place,
        dialect: Dialect,
        value: &[u8],
        option: SocketOption,
    ) -> Vec<u8> {
        let texts = &mut self.texts;
        match place {
            Place::Number => value.to_vec(),
            Place::Text => texts.text(value),
            Place::Host => texts.host(value),
            Place::Texts => each(value, |text| texts.text(text)),
            Place::Cgroups => each(value, |line| cgroup(line, texts)),
            Place::Descriptor => descriptor(value, texts),
            Place::Sockaddr => socket::sockaddr(value, texts),
            Place::Ends => socket::both_ends(value, texts),
            Place::FalcoSockaddr => socket::falco_sockaddr(value, texts),
            Place::FalcoEnds => socket::falco_both_ends(value, texts),
            Place::Address if value.is_empty() => Vec::new(),
            Place::Address => socket::address(value, texts),
            Place::Mask => bytes::mask(value, texts),
            Place::Payload => bytes::payload(value, texts),
            Place::Control => bytes::control(value, texts),
            Place::Option => match dialect {
                Dialect::Native => bytes::socket_option(value, option, texts),
                Dialect::Falco => bytes::dynamic(value, true, texts),
            },
            Place::FalcoDynamic => bytes::dynamic(value, false, texts),
            Place::FalcoDescriptors => bytes::descriptors(value, texts),
            Place::Container => container::json(value, texts),
            Place::Machine => bytes::machine(value, texts),
            Place::Bytes => texts.opaque(value),
        }
    }
}

fn option_of(view: &EventView<'_>) -> SocketOption {
    let (level, name) = match view.event() {
        getsockopt::EVENT => (getsockopt::level, getsockopt::optname),
        setsockopt::EVENT => (setsockopt::level, setsockopt::optname),
        _ => return SocketOption::default(),
    };
    SocketOption {
        level: view.int(level).unwrap_or_default(),
        name: view.int(name).unwrap_or_default(),
    }
}

/// Texts that a NUL follows, the last one perhaps not.
fn each(bytes: &[u8], mut replaced: impl FnMut(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for (place, text) in bytes.split(|byte| *byte == 0).enumerate() {
        if place > 0 {
            out.push(0);
        }
        out.extend(replaced(text));
    }
    out
}

/// `4:memory:/path`: what stands before the path could be taken for an address. Falco's have `memory=/path`.
fn cgroup(line: &[u8], texts: &mut Texts) -> Vec<u8> {
    let place = line.iter().position(|byte| *byte == b'/');
    let (before, path) = line
        .split_at_checked(place.unwrap_or(0))
        .unwrap_or((line, &[]));
    let mut out = Vec::with_capacity(line.len());
    for (place, part) in before.split(|byte| *byte == b':').enumerate() {
        if place > 0 {
            out.push(b':');
        }
        out.extend(texts.text(part));
    }
    out.extend(texts.text(path));
    out
}

/// A path, or `hexadecimal->hexadecimal path`, whose numbers are those of other rows.
fn descriptor(name: &[u8], texts: &mut Texts) -> Vec<u8> {
    let is_of_ends = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b'-' | b'>');
    let length = name.iter().position(|byte| !is_of_ends(byte));
    let length = length.unwrap_or(name.len());
    let (ends, rest) = name.split_at_checked(length).unwrap_or((name, &[]));
    let mut numbers = ends.split(|byte| *byte == b'>');
    let is_ends = matches!(
        (numbers.next(), numbers.next(), numbers.next()),
        (Some([from @ .., b'-']), Some(to), None) if is_number(from) && is_number(to)
    );
    if is_ends && matches!(rest.first(), None | Some(b' ')) {
        return [ends, &texts.text(rest)].concat();
    }
    texts.text(name)
}

/// Whether it is a number of 64 bits in hexadecimal.
fn is_number(digits: &[u8]) -> bool {
    (1..=16).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use falco_format::Dialect;

    use super::*;
    use crate::dialect::falco_schema;

    /// No part of it is a word of every machine.
    const SECRET: &str = "wxqzvkjhbp";
    /// An address that is nobody's.
    const ADDRESS: [u8; 4] = [45, 67, 89, 123];

    fn redactor() -> Redactor {
        let secret: Vec<u8> = (0..64).collect();
        Redactor::new(&Key::of(&secret).expect("a key"), Keep::default())
    }

    #[test]
    fn a_machine_is_not_known_by_a_word_that_every_machine_has() {
        let mut redactor = redactor();
        assert_eq!(redactor.text("/proc/sys/vm"), "/proc/sys/vm");
        let name = redactor.node("vm");
        assert!(name != "vm" && name.len() == 2, "{name}");
        assert_eq!(redactor.node("vm"), name);
        assert_eq!(
            redactor.value(Place::Host, Dialect::Native, b"vm", SocketOption::default()),
            name.as_bytes()
        );
    }

    /// A secret as texts, as documents, as bytes, and in every encoding of a socket's address.
    fn planted(place: Place) -> Vec<Vec<u8>> {
        let text = SECRET.as_bytes();
        let behind = |head: &[u8]| [head, text].concat();
        let mut planted = vec![
            text.to_vec(),
            format!("/home/{SECRET}/.ssh/{SECRET}.pem").into_bytes(),
            format!("a\0--password={SECRET}\0HOME=/home/{SECRET}\0").into_bytes(),
            format!("4:memory:/{SECRET}\00::/{SECRET}.slice\0").into_bytes(),
            format!("{{\"container\":{{\"id\":\"{SECRET}\",\"labels\":{{\"{SECRET}\":\"a\\n{SECRET}\"}},\"cni_json\":\"{{\\\"{SECRET}\\\":1}}\"}}}}").into_bytes(),
            format!("ffff1->ffff2 /run/{SECRET}").into_bytes(),
            format!("{{\"id\":\"{SECRET}").into_bytes(),
            behind(&[0xff, 0, 1, 2]),
            behind(&[0; 20]),
            behind(&[0; 148]),
        ];
        // What stands before a path or an address is a family, a protocol, ports, inodes: numbers, which stay.
        let of_unix = match place {
            Place::Ends => 20,
            Place::FalcoEnds => 17,
            _ => 2,
        };
        let heads: [(u8, &[usize]); 6] = [
            (1, &[of_unix]),
            (2, &[8, 13, 16]),
            (10, &[8, 20, 24, 40]),
            (16, &[12]),
            (17, &[2]),
            (40, &[2]),
        ];
        for (family, heads) in heads {
            for head in heads {
                let mut bytes = vec![0; *head];
                bytes[0] = family;
                planted.push(behind(&bytes));
                bytes.push(0);
                planted.push(behind(&bytes));
                bytes.extend([0; 40]);
                planted.push(behind(&bytes));
            }
        }
        planted
    }

    /// Every text and every run of bytes of both tables.
    fn places() -> Vec<(Dialect, String, Place)> {
        let tables = [
            (Dialect::Native, Schema::native()),
            (Dialect::Falco, falco_schema()),
        ];
        let mut found = Vec::new();
        for (dialect, schema) in tables {
            for event in schema.events() {
                for (index, param) in event.params.iter().enumerate() {
                    let name = format!("{}.{}", event.name, param.name);
                    found.push((dialect, name, place(dialect, event.id, index, param)));
                }
            }
        }
        found.retain(|(.., place)| *place != Place::Number);
        found.dedup_by(|a, b| a.2 == b.2 && a.0 == b.0);
        found
    }

    fn has(bytes: &[u8], part: &[u8]) -> bool {
        bytes.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn nothing_slips_wherever_it_is_planted() {
        let mut redactor = redactor();
        for (dialect, name, place) in places() {
            for bytes in planted(place) {
                let replaced = redactor.value(place, dialect, &bytes, SocketOption::default());
                for part in SECRET.as_bytes().windows(4) {
                    assert!(!has(&replaced, part), "{name} ({place:?}): {bytes:?}");
                }
            }
        }
    }

    #[test]
    fn addresses_are_replaced_alike_in_every_encoding() {
        let mut redactor = redactor();
        let shown = redactor.text("45.67.89.123");
        let expected: Ipv4Addr = shown.parse().expect("an address");
        assert_ne!(expected.octets(), ADDRESS);
        let mut check = |place, head: &[u8], behind: &[u8]| {
            let of = |address: &[u8]| [head, address, behind].concat();
            let dialect = Dialect::Native;
            let replaced = redactor.value(place, dialect, &of(&ADDRESS), SocketOption::default());
            assert_eq!(replaced, of(&expected.octets()), "{place:?}");
        };
        check(Place::Address, &[], &[]);
        check(Place::Sockaddr, &[2, 0, 0, 80], &[0; 8]);
        check(
            Place::Sockaddr,
            &[
                10, 0, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff,
            ],
            &[0; 4],
        );
        check(Place::Ends, &[2, 6, 1, 1, 0, 80, 0, 81, 127, 0, 0, 1], &[]);
        check(Place::FalcoSockaddr, &[2], &[80, 0]);
        check(Place::FalcoEnds, &[2, 127, 0, 0, 1, 80, 0], &[81, 0]);
    }

    #[test]
    fn what_readers_count_on_stays() {
        let mut redactor = redactor();
        let mut check = |place, bytes: &[u8]| {
            let dialect = Dialect::Native;
            let replaced = redactor.value(place, dialect, bytes, SocketOption::default());
            assert_eq!(replaced, bytes, "{place:?}");
        };
        check(Place::Descriptor, b"ffff888812345678->0 ");
        check(Place::Descriptor, b"socket:[123456789]");
        check(Place::Cgroups, b"0::/\x004:memory:/user.slice\0cpuset=/\0");
        check(Place::Mask, &[255, 255, 240, 0]);
        check(Place::Sockaddr, &[16, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
        check(
            Place::FalcoDescriptors,
            &[1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0],
        );
        check(Place::FalcoDynamic, &[2, 7, 0, 0, 0]);
        check(
            Place::Control,
            &[
                20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0,
            ],
        );
        check(
            Place::Container,
            br#"{"container":{"type":8,"id":"host","created_time":-1}}"#,
        );
    }

    #[test]
    fn options_keep_numbers_and_nothing_else() {
        let mut redactor = redactor();
        let mut check = |level, name, bytes: &[u8], is_kept: bool| {
            let option = SocketOption { level, name };
            let replaced = redactor.value(Place::Option, Dialect::Native, bytes, option);
            assert_eq!(replaced == bytes, is_kept, "{level} {name}");
            assert_eq!(replaced.len(), bytes.len());
        };
        check(1, 4, &[111, 0, 0, 0], true);
        check(1, 25, b"wg0", false);
        check(6, 1, &[1, 0, 0, 0], true);
        check(6, 31, b"tls", true);
        check(282, 1, &[9; 40], false);
        check(0, 32, &ADDRESS, false);
        check(41, 9, &[1, 0, 0, 0], false);
    }

    #[test]
    fn payloads_keep_their_length() {
        let mut redactor = redactor();
        let mut check = |bytes: &[u8]| {
            let replaced = redactor.value(
                Place::Payload,
                Dialect::Native,
                bytes,
                SocketOption::default(),
            );
            assert_eq!(replaced.len(), bytes.len());
            assert!(bytes.is_empty() || replaced != bytes);
        };
        check(b"");
        check(b"GET /zorp HTTP/1.1\r\nHost: 45.67.89.123\r\n");
        check(b"45.67.89.123");
        check(b"\x00\x01\x02binary");
        check(
            "caf\u{e9} zorp \u{20ac}"
                .as_bytes()
                .split_last()
                .expect("bytes")
                .1,
        );
    }
}

//! Nothing in the corpus tells who recorded it: no host, address, environment or directory but those that documentation uses.
//!
//! In: every capture of `corpus/`, as its fields say it and as its bytes stand. The names of whatever machine runs this are searched for too, since that may be the one that recorded.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use falco_format::{Capture, EventView, Item, Projection};

use super::{kept, tell};
use crate::programs::{analyze, root};

/// Hosts that nobody has: of the corpus's machine, and of the one that recorded the first scenario.
const HOSTS: [&str; 2] = ["node-a.example", "node-1"];
/// Networks for documentation, the loopback, what means every address, and where clouds tell their secrets, by their leading bytes.
const NETWORKS: [&[u8]; 6] = [
    &[127],
    &[0, 0, 0, 0],
    &[192, 0, 2],
    &[198, 51, 100],
    &[203, 0, 113],
    &[169, 254, 169, 254],
];
/// `2001:db8::/32`.
const DOCUMENTATION: [u16; 2] = [0x2001, 0xdb8];
/// Shorter words stand in anything.
const WORD_MIN: usize = 4;
/// The first number of a user who is no service's.
const USER_MIN: u32 = 1_000;

fn is_nobodys(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => NETWORKS
            .iter()
            .any(|network| address.octets().starts_with(network)),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_nobodys(IpAddr::V4(mapped)),
            None => {
                address.is_loopback()
                    || address.is_unspecified()
                    || address.segments().starts_with(&DOCUMENTATION)
            }
        },
    }
}

fn captures() -> Vec<PathBuf> {
    let mut found: Vec<_> = kept::all().iter().map(kept::Kept::capture).collect();
    found.push(root().join("corpus/first-light/capture"));
    found
}

#[test]
fn hosts_and_addresses_are_nobodys() {
    let format = "*%evt.hostname %fd.cip %fd.sip %fd.lip %fd.rip";
    let mut arguments: Vec<OsString> = ["events", "--print", format].map(Into::into).into();
    arguments.extend(captures().into_iter().map(PathBuf::into_os_string));
    let text = analyze(arguments).stdout;
    let (mut hosts, mut addresses) = (BTreeSet::new(), BTreeSet::new());
    for line in text.lines() {
        let mut words = line.split(' ').filter(|word| *word != "<NA>");
        hosts.extend(words.next());
        addresses.extend(words);
    }
    tell(&format!("hosts {hosts:?}, addresses {addresses:?}"));
    assert!(
        !hosts.is_empty() && !addresses.is_empty(),
        "nothing was read"
    );
    let strange = hosts.iter().filter(|host| !HOSTS.contains(host));
    assert_eq!(strange.count(), 0, "{hosts:?}");
    for text in addresses {
        let address = text.parse().expect("an address");
        assert!(is_nobodys(address), "{address} is somebody's");
    }
}

/// Words of the machine that runs this, which nothing may hold.
fn own_words() -> Vec<Vec<u8>> {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let users = accounts.lines().filter_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        let number: u32 = fields.get(2)?.parse().ok()?;
        let is_person = number >= USER_MIN && fields.first() != Some(&"nobody");
        is_person.then(|| fields.get(5).copied())?
    });
    let mut words: Vec<_> = users.map(|home| home.as_bytes().to_vec()).collect();
    words.push(host.trim().as_bytes().to_vec());
    words.push(root().to_string_lossy().into_owned().into_bytes());
    words.extend(std::env::var("HOME").map(String::into_bytes));
    // Everybody is root, and homes of root are alike.
    words.retain(|word| word.len() >= WORD_MIN && word != b"/root");
    words
}

/// Addresses in dotted form that stand alone in a text.
fn dotted(bytes: &[u8]) -> Vec<Ipv4Addr> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    bytes
        .split(|byte| !is_part(byte))
        .filter_map(|word| std::str::from_utf8(word).ok()?.parse().ok())
        .collect()
}

fn check_row(view: &EventView<'_>, words: &[Vec<u8>], told: &str) {
    let layout = view.layout().expect("an event that is known");
    for (index, param) in layout.params.iter().enumerate() {
        let Some(bytes) = view.bytes(index) else {
            continue;
        };
        let what = || format!("{told}: {} of {}", param.name, layout.name);
        let is_environment = param.name == "env";
        assert!(!is_environment || bytes.is_empty(), "{}", what());
        for word in words {
            let holds = bytes.windows(word.len()).any(|part| part == word);
            assert!(!holds, "{}: {}", what(), String::from_utf8_lossy(word));
        }
        for address in dotted(bytes) {
            assert!(is_nobodys(address.into()), "{}: {address}", what());
        }
    }
}

#[test]
fn values_tell_nothing_of_who_recorded() {
    let words = own_words();
    let mut rows = 0_u64;
    for path in captures() {
        let told = path.display().to_string();
        let capture = Capture::open(&path).expect("a capture");
        for item in capture.items() {
            let (Item::Events(block) | Item::State(block)) = item else {
                continue;
            };
            let decoded = block.decode(&Projection::all()).expect("a block");
            rows += decoded.len() as u64;
            decoded
                .iter()
                .for_each(|view| check_row(&view, &words, &told));
        }
    }
    tell(&format!("{rows} rows hold none of {} words", words.len()));
    assert!(rows > 10_000, "too little was read");
}

//! Addresses replaced so that networks stay networks: two addresses that share so many leading bits have replacements that share as many.
//!
//! In: an address, a key, and networks. Out: another address of the same family and class, the same for the same address.
//! It is the construction of Xu, Fan, Ammar and Moon (Crypto-PAn): every bit is turned or not as a keyed hash of the bits before it says, which is a permutation.
//! Along the bits of a network that is kept nothing is turned, so what lies in it stays in it, and nothing else gets in; in some networks addresses stay as they are.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use hashbrown::HashMap;

/// How many answers are remembered; when there are more, they are asked for anew.
const REMEMBERED: usize = 1 << 16;

/// A network, and whether the addresses in it stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    /// The address's bits, at the upper end.
    bits: u128,
    length: u32,
    is_v6: bool,
    is_frozen: bool,
}

/// What an address belongs to is known to everybody, and a reader must see it: private, shared, of one link, multicast.
const CLASSES: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "fc00::/8",
    "fd00::/8",
    "fe80::/10",
    "ff00::/8",
    "::ffff:0.0.0.0/96",
    "64:ff9b::/96",
];

/// Addresses that name nobody: none, this host, documentation, groups of every link, the place where clouds tell machines about themselves.
const NOBODY: &[&str] = &[
    "0.0.0.0/32",
    "127.0.0.0/8",
    "192.0.2.0/24",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/24",
    "255.255.255.255/32",
    "169.254.169.254/32",
    "::/127",
    "2001:db8::/32",
    "ff02::/112",
];

impl FromStr for Network {
    type Err = String;

    /// Reads `ADDRESS` or `ADDRESS/LENGTH`, whose addresses stay as they are.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no address and no network such as 192.0.2.0/24");
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let width = width(address);
        let length = match length {
            Some(length) => length.parse().map_err(|_| wrong())?,
            None => width,
        };
        if length > width {
            return Err(wrong());
        }
        Ok(Network {
            bits: top(bits(address), length),
            length,
            is_v6: address.is_ipv6(),
            is_frozen: true,
        })
    }
}

impl Network {
    /// The same network, whose addresses stay as they are or only stay in it.
    pub(super) fn with_addresses(self, is_frozen: bool) -> Self {
        Network { is_frozen, ..self }
    }

    fn contains(&self, bits: u128, is_v6: bool) -> bool {
        self.is_v6 == is_v6 && top(bits, self.length) == self.bits
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv6() { 128 } else { 32 }
}

/// The address's bits, at the upper end of a number.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)) << 96,
        IpAddr::V6(address) => u128::from(address),
    }
}

/// The first bits of a number, and zeros.
fn top(bits: u128, length: u32) -> u128 {
    let mask = u128::MAX.checked_shl(128_u32.saturating_sub(length));
    bits & mask.unwrap_or(0)
}

/// Replaces addresses.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    key: [u8; 32],
    networks: Vec<Network>,
    remembered: HashMap<IpAddr, IpAddr>,
}

impl Addresses {
    /// What replaces by this key, and leaves the addresses of these networks as they are.
    pub(super) fn new(key: [u8; 32], frozen: &[Network]) -> Self {
        let read = |texts: &[&str], is_frozen| {
            let networks = texts.iter().filter_map(|text| text.parse().ok());
            let networks = networks.map(|network: Network| Network {
                is_frozen,
                ..network
            });
            networks.collect::<Vec<_>>()
        };
        let mut networks = read(CLASSES, false);
        networks.extend(read(NOBODY, true));
        networks.extend(frozen);
        Addresses {
            key,
            networks,
            remembered: HashMap::new(),
        }
    }

    /// What becomes of an address.
    pub(super) fn replace(&mut self, address: IpAddr) -> IpAddr {
        if let Some(known) = self.remembered.get(&address) {
            return *known;
        }
        let replaced = match address {
            IpAddr::V4(v4) => IpAddr::V4(self.v4(v4)),
            IpAddr::V6(v6) => IpAddr::V6(self.v6(v6)),
        };
        if self.remembered.len() >= REMEMBERED {
            self.remembered.clear();
        }
        self.remembered.insert(address, replaced);
        replaced
    }

    fn v4(&self, address: Ipv4Addr) -> Ipv4Addr {
        let turned = self.turned(bits(IpAddr::V4(address)), false);
        // The upper 32 bits.
        Ipv4Addr::from((turned >> 96) as u32)
    }

    /// One that holds an IPv4 address holds its replacement, so that a connection is told alike by sockets of both families.
    fn v6(&self, address: Ipv6Addr) -> Ipv6Addr {
        /// Prefixes of 96 bits that an IPv4 address follows: mapped, and translated.
        const HOLD_V4: [u128; 2] = [0xffff << 32, 0x0064_ff9b << 96];
        let number = u128::from(address);
        let prefix = top(number, 96);
        if HOLD_V4.contains(&prefix) {
            // The lower 32 bits.
            let held = self.v4(Ipv4Addr::from(number as u32));
            return Ipv6Addr::from(prefix | u128::from(u32::from(held)));
        }
        Ipv6Addr::from(self.turned(number, true))
    }

    fn turned(&self, given: u128, is_v6: bool) -> u128 {
        let is_in = |network: &&Network| network.contains(given, is_v6);
        if self
            .networks
            .iter()
            .filter(is_in)
            .any(|network| network.is_frozen)
        {
            return given;
        }
        let width = if is_v6 { 128 } else { 32 };
        let mut turned = given;
        for place in 0..width {
            let before = top(given, place);
            let leads_to_network = self.networks.iter().any(|network| {
                network.is_v6 == is_v6
                    && network.length > place
                    && top(network.bits, place) == before
            });
            if !leads_to_network && self.is_turned(before, place, is_v6) {
                turned ^= 1 << (127 - place);
            }
        }
        turned
    }

    fn is_turned(&self, before: u128, place: u32, is_v6: bool) -> bool {
        let mut hash = blake3::Hasher::new_keyed(&self.key);
        hash.update(&[u8::from(is_v6)]);
        hash.update(&place.to_le_bytes());
        hash.update(&before.to_le_bytes());
        hash.finalize().as_bytes().first().copied().unwrap_or(0) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn addresses(frozen: &[&str]) -> Addresses {
        let frozen: Vec<Network> = frozen.iter().map(|n| n.parse().expect("reads")).collect();
        Addresses::new([3; 32], &frozen)
    }

    fn shared(a: u128, b: u128) -> u32 {
        (a ^ b).leading_zeros()
    }

    #[test]
    fn the_built_in_networks_are_read() {
        for text in CLASSES.iter().chain(NOBODY) {
            text.parse::<Network>().expect("reads");
        }
        assert_eq!(addresses(&[]).networks.len(), CLASSES.len() + NOBODY.len());
        for wrong in [
            "",
            "a",
            "1.2.3",
            "1.2.3.4/33",
            "::/129",
            "1.2.3.4/",
            "::1/x",
        ] {
            wrong.parse::<Network>().expect_err(wrong);
        }
    }

    #[test]
    fn what_names_nobody_stays_and_classes_are_kept() {
        let mut of = addresses(&["8.8.8.8", "10.1.0.0/16"]);
        for same in [
            "127.0.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "203.0.113.9",
            "198.51.100.1",
            "192.0.2.255",
            "169.254.169.254",
            "224.0.0.251",
            "::",
            "::1",
            "2001:db8::7",
            "ff02::fb",
            "8.8.8.8",
            "10.1.2.3",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
        ] {
            let same: IpAddr = same.parse().expect("an address");
            assert_eq!(of.replace(same), same);
        }
        let mut check = |text: &str, class: &str| {
            let given: IpAddr = text.parse().expect("an address");
            let class: Network = class.parse().expect("a network");
            let replaced = of.replace(given);
            assert_ne!(replaced, given, "{text}");
            assert!(
                class.contains(bits(replaced), replaced.is_ipv6()),
                "{text} is {replaced}"
            );
        };
        check("10.200.3.4", "10.0.0.0/8");
        check("172.17.0.2", "172.16.0.0/12");
        check("192.168.1.44", "192.168.0.0/16");
        check("100.100.1.44", "100.64.0.0/10");
        check("239.1.2.3", "224.0.0.0/4");
        check("fe80::a00:27ff:fe4e:66a1", "fe80::/10");
        check("fd12:3456:789a::1", "fd00::/8");
        check("::ffff:192.168.1.44", "::ffff:192.168.0.0/112");
    }

    #[test]
    fn an_address_within_another_is_replaced_alike() {
        let mut of = addresses(&[]);
        let IpAddr::V4(plain) = of.replace("9.8.7.6".parse().expect("an address")) else {
            panic!("a family")
        };
        for prefix in ["::ffff:", "64:ff9b::"] {
            let given: IpAddr = format!("{prefix}9.8.7.6").parse().expect("an address");
            let expected: IpAddr = format!("{prefix}{plain}").parse().expect("an address");
            assert_eq!(of.replace(given), expected);
        }
    }

    #[test]
    fn another_key_is_another_replacement() {
        let given: IpAddr = "203.1.2.3".parse().expect("an address");
        let mut other = Addresses::new([4; 32], &[]);
        assert_ne!(addresses(&[]).replace(given), other.replace(given));
    }

    proptest! {
        #[test]
        fn as_many_leading_bits_are_shared_as_were(left: u32, right: u32, near in 0u32..32) {
            let right = left ^ right >> near;
            let mut of = addresses(&["77.0.0.0/8", "5.6.7.8"]);
            let v4 = |number: u32| IpAddr::V4(Ipv4Addr::from(number));
            let (a, b) = (of.replace(v4(left)), of.replace(v4(right)));
            prop_assert_eq!(shared(bits(a), bits(b)), shared(bits(v4(left)), bits(v4(right))));
        }

        #[test]
        fn so_it_is_of_long_ones(left: u128, right: u128, near in 0u32..128) {
            let right = left ^ right >> near;
            let mut of = addresses(&[]);
            let v6 = |number: u128| IpAddr::V6(Ipv6Addr::from(number));
            let (a, b) = (of.replace(v6(left)), of.replace(v6(right)));
            prop_assert_eq!(shared(bits(a), bits(b)), shared(left, right));
        }
    }
}

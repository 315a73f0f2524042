//! SHA-256, by which the truth of the filters names long lists of numbers.
//!
//! In: bytes. Out: the digest in hexadecimal. For these tests only: nothing depends on its speed or secrecy.

/// The first 32 bits of the fractional parts of the square roots of the first eight primes.
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];
/// Bytes per block.
const BLOCK: usize = 64;
/// Bytes of the length that ends the last block.
const LENGTH: usize = 8;
/// Rounds per block.
const ROUNDS: usize = 64;

/// The digest of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let keys = round_keys();
    let mut padded = bytes.to_vec();
    padded.push(0x80);
    while padded.len() % BLOCK != BLOCK - LENGTH {
        padded.push(0);
    }
    padded.extend((bytes.len() as u64 * 8).to_be_bytes());
    let digest = padded
        .chunks_exact(BLOCK)
        .fold(START, |hash, block| compress(hash, block, &keys));
    digest.iter().map(|word| format!("{word:08x}")).collect()
}

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
fn round_keys() -> Vec<u32> {
    let is_prime = |number: &u64| (2..*number).all(|factor| !number.is_multiple_of(factor));
    let primes = (2_u64..).filter(is_prime).take(ROUNDS);
    primes.map(cube_root_fraction).collect()
}

/// The greatest `root` with `root³ ≤ prime · 2⁹⁶`, of which the low 32 bits are the fraction.
fn cube_root_fraction(prime: u64) -> u32 {
    let target = u128::from(prime) << 96;
    let mut root = 0_u128;
    for bit in (0..40).rev() {
        let next = root | 1 << bit;
        if next * next <= target / next {
            root = next;
        }
    }
    (root & u128::from(u32::MAX)) as u32
}

fn compress(hash: [u32; 8], block: &[u8], keys: &[u32]) -> [u32; 8] {
    let mut words: Vec<u32> = block
        .chunks_exact(4)
        .map(|word| word.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
        .collect();
    for place in words.len()..ROUNDS {
        let (near, far) = (words[place - 2], words[place - 15]);
        let small = far.rotate_right(7) ^ far.rotate_right(18) ^ far >> 3;
        let large = near.rotate_right(17) ^ near.rotate_right(19) ^ near >> 10;
        let sum = words[place - 16].wrapping_add(small);
        words.push(sum.wrapping_add(words[place - 7]).wrapping_add(large));
    }
    let mut state = hash;
    for (word, key) in words.iter().zip(keys) {
        let [a, b, c, d, e, f, g, h] = state;
        let high = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = e & f ^ !e & g;
        let first = [high, choice, *key, *word]
            .iter()
            .fold(h, |sum, part| sum.wrapping_add(*part));
        let low = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let majority = a & b ^ a & c ^ b & c;
        let second = low.wrapping_add(majority);
        state = [
            first.wrapping_add(second),
            a,
            b,
            c,
            d.wrapping_add(first),
            e,
            f,
            g,
        ];
    }
    let mut sum = hash;
    for (word, added) in sum.iter_mut().zip(state) {
        *word = word.wrapping_add(added);
    }
    sum
}

#[test]
fn digests_are_those_of_the_standard() {
    for (input, expected) in [
        (
            "",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        (
            "abc",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
    ] {
        assert_eq!(sha256(input.as_bytes()), expected, "{input}");
    }
}

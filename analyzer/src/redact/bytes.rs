//! Bytes of several encodings replaced: what was read and written, what came beside messages, options, masks, what a machine says of itself.
//!
//! In: bytes that nobody vouches for. Out: as many bytes; what is not of its encoding is replaced as a whole.

use super::text::Texts;

/// What the row says of the option whose value is replaced.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SocketOption {
    pub(super) level: i64,
    pub(super) name: i64,
}

/// A mask tells of no address; bytes that are none are replaced.
pub(super) fn mask(bytes: &[u8], texts: &mut Texts) -> Vec<u8> {
    let ones = bytes.iter().map(|byte| byte.leading_ones() as usize);
    let leading = ones.scan(true, |goes_on, ones| {
        let counted = if *goes_on { ones } else { 0 };
        *goes_on &= ones == 8;
        Some(counted)
    });
    let leading: usize = leading.sum();
    let all: usize = bytes.iter().map(|byte| byte.count_ones() as usize).sum();
    if leading == all && matches!(bytes.len(), 0 | 4 | 16) {
        bytes.to_vec()
    } else {
        texts.opaque(bytes)
    }
}

/// What was read or written: as a text where it is one, else bytes. It keeps its length, which the row tells too.
pub(super) fn payload(bytes: &[u8], texts: &mut Texts) -> Vec<u8> {
    if !is_text(bytes) {
        return texts.opaque(bytes);
    }
    let mut replaced = texts.moved(bytes);
    replaced.resize(bytes.len(), b' ');
    replaced
}

/// Whether bytes are what people could read: UTF-8, perhaps cut, with no other controls than those of lines, columns, colours and the NULs between texts.
fn is_text(bytes: &[u8]) -> bool {
    let text = match std::str::from_utf8(bytes) {
        Ok(_) => bytes,
        Err(error) if error.error_len().is_none() => {
            bytes.get(..error.valid_up_to()).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let is_control = |byte: &u8| matches!(byte, 1..=8 | 11 | 12 | 14..=26 | 28..=31 | 127);
    !text.iter().any(is_control)
}

/// What came beside a message: descriptors and credentials are numbers of the kernel's; all else is replaced behind its kind.
pub(super) fn control(bytes: &[u8], texts: &mut Texts) -> Vec<u8> {
    /// Bytes of a length, a level and a kind, and to how many bytes what follows is aligned.
    const HEAD: usize = 16;
    const ALIGN: usize = 8;
    const SOL_SOCKET: u32 = 1;
    /// `SCM_RIGHTS`, `SCM_CREDENTIALS`.
    const NUMBERS: [u32; 2] = [1, 2];
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((head, behind)) = rest.split_at_checked(HEAD) {
        let word = |at: usize| {
            let word = head.get(at..at + 4).and_then(|word| word.try_into().ok());
            word.map_or(0, u32::from_le_bytes)
        };
        let length = usize::try_from(word(0)).unwrap_or(usize::MAX);
        let is_known = word(4) == 0
            && word(8) == SOL_SOCKET
            && NUMBERS.contains(&word(12))
            && length >= HEAD
            && length.is_multiple_of(4);
        let padded = length.saturating_sub(HEAD).next_multiple_of(ALIGN);
        if !is_known || padded > behind.len() {
            break;
        }
        let (numbers, after) = behind.split_at_checked(padded).unwrap_or((behind, &[]));
        out.extend_from_slice(head);
        out.extend_from_slice(numbers);
        rest = after;
    }
    out.extend(texts.opaque(rest));
    out
}

/// The value of an option. Numbers of sockets and of TCP are kept; a name of a device, an address, a key of TLS are not.
pub(super) fn socket_option(bytes: &[u8], option: SocketOption, texts: &mut Texts) -> Vec<u8> {
    const SOL_SOCKET: i64 = 1;
    const IPPROTO_TCP: i64 = 6;
    const SO_PEERCRED: i64 = 17;
    const SO_BINDTODEVICE: i64 = 25;
    const INT: usize = 4;
    const CREDENTIALS: usize = 12;
    let is_number = match (option.level, option.name) {
        (SOL_SOCKET, SO_BINDTODEVICE) => false,
        (SOL_SOCKET, SO_PEERCRED) => bytes.len() <= CREDENTIALS,
        (SOL_SOCKET | IPPROTO_TCP, _) => bytes.len() <= INT,
        _ => false,
    };
    if is_number {
        bytes.to_vec()
    } else {
        texts.opaque(bytes)
    }
}

/// Falco's value of a kind that its first byte tells. All kinds are numbers, but the first one of an option's value, which is bytes.
pub(super) fn dynamic(bytes: &[u8], has_bytes: bool, texts: &mut Texts) -> Vec<u8> {
    const BYTES: u8 = 0;
    const KINDS: u8 = 5;
    const NUMBER_MAX: usize = 8;
    let [kind, value @ ..] = bytes else {
        return Vec::new();
    };
    if *kind >= KINDS {
        return texts.opaque(bytes);
    }
    if value.len() > NUMBER_MAX || has_bytes && *kind == BYTES {
        return [&[*kind], texts.opaque(value).as_slice()].concat();
    }
    bytes.to_vec()
}

/// Falco's list of descriptors: a count, and so often a descriptor and flags.
pub(super) fn descriptors(bytes: &[u8], texts: &mut Texts) -> Vec<u8> {
    const ENTRY: usize = 10;
    let count = bytes.first_chunk().map(|count| u16::from_le_bytes(*count));
    let expected = count.map(|count| 2 + usize::from(count) * ENTRY);
    let mut entries = bytes.get(2..).unwrap_or_default().chunks(ENTRY);
    let is_list = entries.all(|entry| {
        let number = entry
            .first_chunk()
            .map(|number| i64::from_le_bytes(*number));
        number.is_some_and(|number| i32::try_from(number).is_ok())
    });
    if expected == Some(bytes.len()) && is_list {
        bytes.to_vec()
    } else {
        texts.opaque(bytes)
    }
}

/// Falco's block about a machine: three numbers, the host's name with zeros behind it, the time of the boot, flags, and reserved bytes.
pub(super) fn machine(bytes: &[u8], texts: &mut Texts) -> Vec<u8> {
    const NUMBERS: usize = 20;
    const NAME: usize = crate::scap::machine::HOSTNAME_LEN;
    const TIME: usize = 8;
    /// Nanoseconds since 1970 in the year 2116: later ones are no times.
    const TIME_MAX: u64 = 1 << 62;
    let Some((numbers, rest)) = bytes.split_at_checked(NUMBERS) else {
        return texts.opaque(bytes);
    };
    let Some((name, rest)) = rest.split_at_checked(NAME) else {
        return texts.opaque(bytes);
    };
    let end = name.iter().position(|byte| *byte == 0);
    let mut replaced = texts.host(name.get(..end.unwrap_or(name.len())).unwrap_or_default());
    replaced.resize(name.len(), 0);
    let (time, reserved) = rest.split_at_checked(TIME).unwrap_or((&[], rest));
    let number = time
        .first_chunk()
        .map_or(0, |time| u64::from_le_bytes(*time));
    let time = if number < TIME_MAX { time } else { &[0; TIME] };
    let zeros = vec![0; reserved.len()];
    [numbers, &replaced, time, &zeros].concat()
}

//! The framing of a `.scap` file: blocks as pcapng has them, and what kinds there are.
//!
//! A block is its kind and its length in four bytes each, a body that is padded to four bytes, and the length again.
//! The export writes the same kinds: numbers and lengths stand here once.

/// Bytes before a block's body: its kind and its length.
pub(crate) const HEAD_LEN: usize = 8;
/// Bytes of a block without a body: head, and the length again.
pub(crate) const FRAME_LEN: usize = 12;
/// What a section header holds first, in the byte order of the file.
pub(crate) const SECTION_MAGIC: u32 = 0x1a2b_3c4d;
/// What tells a section header: its kind, and behind its length the magic number.
pub(crate) const SECTION_SEEN: usize = 12;
/// The most sections of a file. One has one, and one that was put together by hand a few; each takes some 16 KiB and a directory when it is imported, and 28 bytes of the file.
pub(super) const SECTIONS_MAX: u64 = 1024;

/// Kinds of blocks.
pub(crate) mod kind {
    pub(crate) const SECTION: u32 = 0x0a0d_0d0a;
    /// Ours: what an export was made from. The highest bit marks numbers that pcapng leaves to whoever wants one; readers pass over what they do not know.
    pub(crate) const ORIGIN: u32 = 0x8043_4c46;
    pub(crate) const MACHINE: u32 = 0x201;
    pub(crate) const INTERFACES: u32 = 0x205;
    pub(crate) const INTERFACES_V2: u32 = 0x219;
    pub(crate) const USERS: u32 = 0x206;
    pub(crate) const USERS_V2: u32 = 0x220;
    pub(crate) const FDS: u32 = 0x203;
    pub(crate) const FDS_V2: u32 = 0x218;
    /// Processes, from the oldest form to the newest.
    pub(crate) const PROCESSES: [u32; 9] = [
        0x202, 0x207, 0x209, 0x210, 0x211, 0x212, 0x213, 0x214, 0x215,
    ];
    pub(crate) const EVENT: u32 = 0x204;
    pub(crate) const EVENT_V2: u32 = 0x216;
    pub(crate) const EVENT_V2_LARGE: u32 = 0x221;
    pub(crate) const EVENT_FLAGS: u32 = 0x208;
    pub(crate) const EVENT_FLAGS_V2: u32 = 0x217;
    pub(crate) const EVENT_FLAGS_V2_LARGE: u32 = 0x222;
}

/// How an event block is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventLayout {
    /// Four bytes of flags stand after the CPU.
    pub(crate) has_flags: bool,
    /// The event says how many parameters it has.
    pub(crate) has_count: bool,
}

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockKind {
    Section,
    /// What an export was made from.
    Origin,
    Machine,
    /// Whether entries carry their lengths.
    Interfaces {
        sized: bool,
    },
    /// Whether entries carry their lengths.
    Users {
        sized: bool,
    },
    /// Whether entries carry their lengths.
    Fds {
        sized: bool,
    },
    /// The form of the entries, from 1.
    Processes {
        version: u8,
    },
    Event(EventLayout),
    Other,
}

impl BlockKind {
    pub(crate) fn of(number: u32) -> Self {
        let event = |has_flags, has_count| {
            BlockKind::Event(EventLayout {
                has_flags,
                has_count,
            })
        };
        match number {
            kind::SECTION => BlockKind::Section,
            kind::MACHINE => BlockKind::Machine,
            kind::ORIGIN => BlockKind::Origin,
            kind::INTERFACES => BlockKind::Interfaces { sized: false },
            kind::INTERFACES_V2 => BlockKind::Interfaces { sized: true },
            kind::USERS => BlockKind::Users { sized: false },
            kind::USERS_V2 => BlockKind::Users { sized: true },
            kind::FDS => BlockKind::Fds { sized: false },
            kind::FDS_V2 => BlockKind::Fds { sized: true },
            kind::EVENT => event(false, false),
            kind::EVENT_V2 | kind::EVENT_V2_LARGE => event(false, true),
            kind::EVENT_FLAGS => event(true, false),
            kind::EVENT_FLAGS_V2 | kind::EVENT_FLAGS_V2_LARGE => event(true, true),
            _ => Self::of_processes(number),
        }
    }

    fn of_processes(number: u32) -> Self {
        (1u8..)
            .zip(kind::PROCESSES)
            .find(|(_, of_version)| *of_version == number)
            .map_or(BlockKind::Other, |(version, _)| BlockKind::Processes {
                version,
            })
    }
}

/// The head of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockHead {
    pub(crate) number: u32,
    /// Bytes of the whole block.
    pub(crate) length: usize,
}

impl BlockHead {
    /// Reads a head; `None` where a block cannot be that short.
    pub(crate) fn parse(bytes: &[u8; HEAD_LEN]) -> Option<Self> {
        let (number, length) = bytes.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length.first_chunk()?) as usize;
        let number = u32::from_le_bytes(*number);
        (length >= FRAME_LEN).then_some(BlockHead { number, length })
    }

    /// Bytes of its body, padding included.
    pub(crate) fn body_len(self) -> usize {
        self.length.saturating_sub(FRAME_LEN)
    }
}

/// Whether a section begins with these bytes.
pub(crate) fn is_section(head: &[u8]) -> bool {
    let word = |at: usize| {
        let bytes = head.get(at..).and_then(|rest| rest.first_chunk::<4>());
        bytes.map(|bytes| u32::from_le_bytes(*bytes))
    };
    word(0) == Some(kind::SECTION) && word(HEAD_LEN) == Some(SECTION_MAGIC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_its_kind() {
        let check = |number, expected| assert_eq!(BlockKind::of(number), expected, "{number:#x}");
        check(0x0a0d_0d0a, BlockKind::Section);
        check(0x202, BlockKind::Processes { version: 1 });
        check(0x210, BlockKind::Processes { version: 4 });
        check(0x215, BlockKind::Processes { version: 9 });
        check(0x218, BlockKind::Fds { sized: true });
        let layout = EventLayout {
            has_flags: true,
            has_count: false,
        };
        check(0x208, BlockKind::Event(layout));
        check(0x20a, BlockKind::Other);
        check(1, BlockKind::Other);
    }

    #[test]
    fn a_block_is_at_least_its_frame() {
        let check = |bytes, expected| assert_eq!(BlockHead::parse(&bytes), expected);
        check([1, 2, 0, 0, 11, 0, 0, 0], None);
        let head = BlockHead {
            number: 0x201,
            length: 12,
        };
        check([1, 2, 0, 0, 12, 0, 0, 0], Some(head));
        assert_eq!(head.body_len(), 0);
    }
}

//! Falco's words for flags and values, each once: with the number that Falco has for it, and the kernel's where our own events are told by it.
//!
//! In: nothing. Out: [`Words`], one table per parameter, in the order in which words are printed: the first that fits stands first.
//! The parameters of Falco's event types, the names that our own recordings print, and what the state reads of Falco's flags all derive from here.
//! How a number of the kernel becomes one of Falco's is the matter of `fields::flags`.

#[rustfmt::skip]
mod file;
#[rustfmt::skip]
mod memory;
#[rustfmt::skip]
mod process;
#[rustfmt::skip]
mod socket;

use falco_abi::Abi;

pub use file::*;
pub use memory::*;
pub use process::*;
pub use socket::*;

/// The words of one parameter.
pub type Words = &'static [Word];

/// One flag or value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Falco's name.
    pub name: &'static str,
    /// Falco's number.
    pub falco: u64,
    /// The kernel's, where it has one that is known here.
    linux: Option<u64>,
    /// The kernel's on aarch64, where it is another one there.
    aarch64: Option<u64>,
}

impl Word {
    /// The kernel's number; none where the word is Falco's alone.
    #[must_use]
    pub fn linux(&self, abi: Abi) -> Option<u64> {
        match abi {
            Abi::Aarch64 => self.aarch64.or(self.linux),
            Abi::X86_64 | Abi::I386 | Abi::X32 => self.linux,
        }
    }
}

/// Falco's number of a word, for use in constants.
///
/// # Panics
/// At compile time, when the table has no such word.
#[must_use]
#[expect(clippy::panic, reason = "it runs while compiling")]
pub const fn falco(words: Words, name: &str) -> u64 {
    let mut place = 0;
    while place < words.len() {
        if is_same(words[place].name, name) {
            return words[place].falco;
        }
        place += 1;
    }
    panic!("no such word")
}

/// Whether two names are the same, for use in constants.
pub(super) const fn is_same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut index = 0;
    while index < left.len() && index < right.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    left.len() == right.len()
}

/// Declares tables.
/// In one of `linux`, a word has the kernel's number, unless another stands behind `=`, one for aarch64 behind `/`, or `none`.
/// Words of `falco` have Falco's numbers alone: no event of ours is told by them.
macro_rules! words {
    ($(
        $(#[doc = $doc:literal])+
        $kind:ident $table:ident [$($name:ident $falco:literal $(= $linux:tt $(/ $aarch64:literal)?)?),* $(,)?]
    )*) => {
        $(
            $(#[doc = $doc])+
            pub const $table: Words = &[$(Word {
                name: stringify!($name),
                falco: $falco,
                linux: $crate::dialect::words::linux!($kind $falco $(, $linux)?),
                aarch64: $crate::dialect::words::linux!(aarch64 $($($aarch64)?)?),
            }),*];
        )*
    };
}

/// The kernel's number by what stands in a table.
macro_rules! linux {
    (falco $falco:literal) => {
        None
    };
    (linux $falco:literal) => {
        Some($falco)
    };
    (linux $falco:literal, none) => {
        None
    };
    (linux $falco:literal, $linux:literal) => {
        Some($linux)
    };
    (aarch64) => {
        None
    };
    (aarch64 $number:literal) => {
        Some($number)
    };
}

use {linux, words};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_number_is_falcos_unless_another_is_told() {
        let check = |words: Words, name: &str, falco: u64, x86: Option<u64>, arm: Option<u64>| {
            let word = words.iter().find(|word| word.name == name);
            let word = word.expect("a word");
            let linux = (word.linux(Abi::X86_64), word.linux(Abi::Aarch64));
            assert_eq!((word.falco, linux), (falco, (x86, arm)), "{name}");
        };
        check(MOUNT_FLAGS, "BIND", 0x1000, Some(0x1000), Some(0x1000));
        check(CLONE_FLAGS, "CLONE_VM", 0x8000, Some(0x100), Some(0x100));
        check(FCNTL_COMMANDS, "F_DUPFD", 1, Some(0), Some(0));
        check(
            OPEN_FLAGS,
            "O_DIRECT",
            0x200,
            Some(0o40_000),
            Some(0o200_000),
        );
        check(OPEN_FLAGS, "O_F_CREATED", 0x4000, None, None);
        check(SEMCTL_COMMANDS, "IPC_RMID", 4, None, None);
    }

    #[test]
    fn permissions_are_modes_without_a_kind() {
        let names = |words: Words| words.iter().map(|word| word.name).collect::<Vec<_>>();
        let is_kind = |name: &&str| name.starts_with("S_IF");
        let expected: Vec<_> = names(MKNOD_MODES)
            .into_iter()
            .filter(|name| !is_kind(name))
            .collect();
        assert_eq!(names(CHMOD_MODES), expected);
    }
}

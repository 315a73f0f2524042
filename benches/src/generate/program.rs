//! Programs and files by their names.

use std::rc::Rc;

/// What a process runs.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) path: Rc<str>,
    pub(super) comm: Rc<str>,
    /// Strings, each followed by a NUL.
    pub(super) argv: Rc<[u8]>,
}

impl Program {
    /// The program of a command line; its name is the last part of its path.
    pub(super) fn of(path: &str, arguments: &[&str]) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let mut argv = Vec::from(name);
        argv.push(0);
        for argument in arguments {
            argv.extend_from_slice(argument.as_bytes());
            argv.push(0);
        }
        Program {
            path: path.into(),
            comm: name[..name.len().min(15)].into(),
            argv: argv.into(),
        }
    }

    /// A number that stands for the file.
    pub(super) fn inode(&self) -> u64 {
        inode_of(&self.path)
    }
}

/// The inode of the file of a name: the same for the same name.
pub(super) fn inode_of(name: &str) -> u64 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    hash % 8_000_000 + 1_000
}

//! Names of flags and values of memory: Falco's name, Falco's value, Linux's value.

use super::{Conversion, FlagTable, Kind, flag};

/// Protection of memory.
pub(in crate::fields) static PROT: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Listed,
    flags: &[
        flag("PROT_READ", 0x1, 0x1),
        flag("PROT_WRITE", 0x2, 0x2),
        flag("PROT_EXEC", 0x4, 0x4),
        flag("PROT_SEM", 0x8, 0x8),
        flag("PROT_GROWSDOWN", 0x10, 0x1000000),
        flag("PROT_GROWSUP", 0x20, 0x2000000),
        flag("PROT_SAO", 0x40, 0x10),
        flag("PROT_NONE", 0x0, 0x0),
    ],
};

/// Flags of `mmap`.
pub(in crate::fields) static MMAP: FlagTable = FlagTable {
    kind: Kind::Bits,
    conversion: Conversion::Listed,
    flags: &[
        flag("MAP_SHARED", 0x1, 0x1),
        flag("MAP_PRIVATE", 0x2, 0x2),
        flag("MAP_FIXED", 0x4, 0x10),
        flag("MAP_ANONYMOUS", 0x8, 0x20),
        flag("MAP_32BIT", 0x10, 0x40),
        flag("MAP_NORESERVE", 0x40, 0x4000),
        flag("MAP_POPULATE", 0x80, 0x8000),
        flag("MAP_NONBLOCK", 0x100, 0x10000),
        flag("MAP_GROWSDOWN", 0x200, 0x100),
        flag("MAP_DENYWRITE", 0x400, 0x800),
        flag("MAP_EXECUTABLE", 0x800, 0x1000),
        flag("MAP_LOCKED", 0x4000, 0x2000),
    ],
};

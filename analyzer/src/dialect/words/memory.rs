//! Words about memory.

use super::{Word, Words, words};

words! {
    /// Protection of memory.
    linux PROTECTIONS [
        PROT_READ 0x1, PROT_WRITE 0x2, PROT_EXEC 0x4, PROT_SEM 0x8, PROT_GROWSDOWN 0x10 = 0x100_0000,
        PROT_GROWSUP 0x20 = 0x200_0000, PROT_SAO 0x40 = 0x10, PROT_NONE 0x0,
    ]

    /// Flags of `mmap`.
    linux MMAP_FLAGS [
        MAP_SHARED 0x1, MAP_PRIVATE 0x2, MAP_FIXED 0x4 = 0x10, MAP_ANONYMOUS 0x8 = 0x20, MAP_32BIT 0x10 = 0x40,
        MAP_RENAME 0x20 = none, MAP_NORESERVE 0x40 = 0x4000, MAP_POPULATE 0x80 = 0x8000, MAP_NONBLOCK 0x100 = 0x1_0000,
        MAP_GROWSDOWN 0x200 = 0x100, MAP_DENYWRITE 0x400 = 0x800, MAP_EXECUTABLE 0x800 = 0x1000,
        MAP_INHERIT 0x1000 = none, MAP_FILE 0x2000 = none, MAP_LOCKED 0x4000 = 0x2000,
    ]

    /// Flags of `mlockall`.
    falco MLOCKALL_FLAGS [MCL_CURRENT 0x1, MCL_FUTURE 0x2, MCL_ONFAULT 0x4]

    /// Flags of `mlock2`.
    falco MLOCK2_FLAGS [MLOCK_ONFAULT 0x1]

    /// What a page fault was about.
    falco PAGE_FAULT_FLAGS [
        PROTECTION_VIOLATION 0x1, PAGE_NOT_PRESENT 0x2, WRITE_ACCESS 0x4, READ_ACCESS 0x8, USER_FAULT 0x10,
        SUPERVISOR_FAULT 0x20, RESERVED_PAGE 0x40, INSTRUCTION_FETCH 0x80,
    ]
}

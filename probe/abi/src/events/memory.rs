//! Memory: mapped, unmapped, protected.

use super::event_rows;

event_rows! {
    MEMORY;

    /// The end of the data segment was moved.
    200 brk Memory Bulk (0) ["brk"] {
        res: U64 Plain = Ret;
        addr: U64 Plain = Reg(0);
    }

    /// Memory was mapped.
    201 mmap Memory Bulk (0) ["mmap"] {
        res: I64 Errno = Ret;
        addr: U64 Plain = Reg(0);
        length: U64 Plain = Reg(1);
        prot: U32 MmapProt = Reg(2);
        flags: U32 MmapFlags = Reg(3);
        fd: I32 Fd = Reg(4);
        offset: U64 Plain = Reg(5);
    }

    /// Memory was mapped, with an offset in pages.
    202 mmap2 Memory Bulk (0) ["mmap2"] {
        res: I64 Errno = Ret;
        addr: U64 Plain = Reg(0);
        length: U64 Plain = Reg(1);
        prot: U32 MmapProt = Reg(2);
        flags: U32 MmapFlags = Reg(3);
        fd: I32 Fd = Reg(4);
        pgoffset: U64 Plain = Reg(5);
    }

    /// Memory was unmapped.
    203 munmap Memory Bulk (0) ["munmap"] {
        res: I64 Errno = Ret;
        addr: U64 Plain = Reg(0);
        length: U64 Plain = Reg(1);
    }

    /// The protection of memory was changed.
    204 mprotect Memory Bulk (0) ["mprotect"] {
        res: I64 Errno = Ret;
        addr: U64 Plain = Reg(0);
        length: U64 Plain = Reg(1);
        prot: U32 MmapProt = Reg(2);
    }
}

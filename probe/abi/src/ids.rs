//! The small closed sets: event ids, ABIs, lanes, categories, statuses, reasons of loss.

/// An event of the table, by an id that is never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct EventId(pub u16);

/// Defines a `repr(u8)` enum with its constants, the slice of all of them, names, and the way back from a byte.
macro_rules! byte_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $value:literal, $text:literal;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $name { $($(#[$vmeta])* $variant = $value),* }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The name printed for it.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }

            /// The value that a byte stands for, if it stands for one.
            pub const fn from_u8(byte: u8) -> Option<$name> {
                match byte { $($value => Some($name::$variant),)* _ => None }
            }
        }
    };
}
pub(crate) use byte_enum;

byte_enum! {
    /// Which table a syscall number belongs to. An `int 0x80` call must not be read with the 64-bit table.
    Abi {
        /// x86-64, the native table.
        X86_64 = 0, "x86_64";
        /// 32-bit calls on an x86-64 kernel (`int 0x80`, 32-bit `sysenter`).
        I386 = 1, "i386";
        /// x32: 32-bit pointers, 64-bit registers, numbers with bit 30 set (kept here without that bit).
        X32 = 2, "x32";
        /// 64-bit Arm.
        Aarch64 = 3, "aarch64";
    }
}

byte_enum! {
    /// Which ring an event travels in. A full lane never evicts another.
    Lane {
        /// Births, deaths, execs, credentials: never shed.
        Process = 0, "process";
        /// What happens to files, sockets and descriptors: shed second.
        File = 1, "file";
        /// Transfers and waits, most of the volume: shed first.
        Bulk = 2, "bulk";
    }
}

impl Lane {
    /// How many lanes there are.
    pub const COUNT: usize = 3;
}

byte_enum! {
    /// Falco's `evt.category`.
    Category {
        /// Not any of the others.
        Other = 0, "other";
        /// Operations on files that are not transfers.
        File = 1, "file";
        /// Network operations that are not transfers.
        Net = 2, "net";
        /// Interprocess communication.
        Ipc = 3, "ipc";
        /// Memory.
        Memory = 4, "memory";
        /// Processes and threads.
        Process = 5, "process";
        /// Sleeping and waiting for time.
        Sleep = 6, "sleep";
        /// System settings, modules, mounts.
        System = 7, "system";
        /// Signals.
        Signal = 8, "signal";
        /// Users, groups and credentials.
        User = 9, "user";
        /// Time.
        Time = 10, "time";
        /// Reads.
        IoRead = 11, "IO-read";
        /// Writes.
        IoWrite = 12, "IO-write";
        /// Other input and output.
        IoOther = 13, "IO-other";
        /// Waiting for descriptors.
        Wait = 14, "wait";
        /// The scheduler.
        Scheduler = 15, "scheduler";
        /// Of ours, not of the kernel's: state rows.
        Internal = 16, "internal";
    }
}

byte_enum! {
    /// What became of one captured value.
    ParamStatus {
        /// Whole.
        Present = 0, "present";
        /// Cut at its limit; what is there is a true prefix.
        Truncated = 1, "truncated";
        /// The memory could not be read; what is there (often nothing) is a true prefix.
        Fault = 2, "fault";
        /// The event has no such value (a NULL pointer, a failed call, not asked for).
        Absent = 3, "absent";
    }
}

byte_enum! {
    /// Why a frame was not delivered.
    LossReason {
        /// The ring of its lane had no room.
        RingFull = 0, "ring_full";
        /// The frame could not be built: its scratch or its task could not be read.
        ReadFault = 1, "read_fault";
        /// The kernel skipped the program because one was already running on this CPU.
        Recursion = 2, "recursion";
        /// The recorder shed the lane because it could not keep up.
        Shed = 3, "shed";
        /// The recorder received a frame that it could not parse.
        BadFrame = 4, "bad_frame";
        /// A block could not be written (no space, an I/O error).
        WriteFailed = 5, "write_failed";
        /// Sequence numbers are missing and nothing says why.
        Unexplained = 6, "unexplained";
        /// One call moved more messages than become events.
        TooManyMessages = 7, "too_many_messages";
    }
}

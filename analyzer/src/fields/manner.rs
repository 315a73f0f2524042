//! The manner in which a capture answers: the one file of the fields that asks whose words a row is in.
//!
//! In: a row. Out: a [`Manner`], which has a name for every difference between an answer to a recording and an answer to a capture of Falco's.
//! What follows from a difference stands with the field that has it; nothing is read or composed here.
//! What differs in the tables behind the fields is the business of the state's own seam.

use falco_format::Tid;

use crate::state::Row;

/// How the fields of a row answer where the dialects differ. Each question says what is true of Falco's captures, and what of recordings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    is_falcos: bool,
}

impl Row<'_> {
    /// How the row's fields answer where the dialects differ.
    #[inline]
    pub(super) fn manner(self) -> Manner {
        Manner {
            is_falcos: self.is_falco(),
        }
    }
}

/// What an event is.
impl Manner {
    /// Whether an event is what its type in Falco's catalog says: parameters stand as that lists them, and an event of no type of Falco's has none.
    /// In recordings it is what the event table says.
    pub(super) fn has_falcos_types(self) -> bool {
        self.is_falcos
    }

    /// Whether calls without a row of their own have Falco's numbers; in recordings they have the kernel's, by their ABI.
    pub(super) fn has_falcos_call_numbers(self) -> bool {
        self.is_falcos
    }

    /// Whether a call without a row of its own may be one that Falco has a type for: recordings keep some of them by their number alone.
    /// In its own captures all that have no row are of one type.
    pub(super) fn finds_types_of_calls_by_name(self) -> bool {
        !self.is_falcos
    }

    /// Whether what lookups found comes as events that name the kind of the lookup themselves, whichever it is.
    /// In recordings it comes as an event of its own, and is about containers.
    pub(super) fn has_named_lookups(self) -> bool {
        self.is_falcos
    }

    /// Whether a parameter marked as one that could not be read is one that the event was written without, as old captures lack what later versions added.
    /// In recordings the event has it, and its value was out of reach.
    pub(super) fn may_lack_parameters(self) -> bool {
        self.is_falcos
    }
}

/// Who made an event.
impl Manner {
    /// Whether it is known of a thread that no snapshot had it; Falco's captures list what was there before them in the form of events.
    pub(super) fn tells_threads_of_snapshots(self) -> bool {
        !self.is_falcos
    }

    /// Whether the recorder itself tells of containers and accounts, as nobody's events; in Falco's captures such events are of the thread under whose number they stand.
    pub(super) fn has_events_of_the_recorder(self) -> bool {
        !self.is_falcos
    }

    /// Whether the words `<NA>` in a name are what Falco wrote where it did not know one; in recordings they are what somebody chose.
    pub(super) fn writes_what_is_not_known(self) -> bool {
        self.is_falcos
    }

    /// Whether an event is nobody's where its thread is not known; in recordings there was one all the same.
    pub(super) fn unknown_is_nobody(self) -> bool {
        self.is_falcos
    }

    /// The number of an event's thread as it is shown: that of nobody is −1 in Falco's captures, and recordings have no such number.
    pub(super) fn shown_tid(self, tid: Tid) -> i64 {
        match tid {
            Tid(u32::MAX) if self.is_falcos => -1,
            tid => i64::from(tid),
        }
    }

    /// Whether rows name their process themselves, though their thread be unknown. In Falco's captures only the thread knows it.
    pub(super) fn has_process_in_rows(self) -> bool {
        !self.is_falcos
    }
}

/// What paths are.
impl Manner {
    /// Whether the path of a file that was opened by its handle is resolved as if a program had given it; in recordings it is the kernel's own.
    pub(super) fn resolves_paths_of_handles(self) -> bool {
        self.is_falcos
    }
}

/// What is known of a thread and of its process.
impl Manner {
    /// What stands for a number of a thread that is not known: −1 in Falco's captures, where two unknown ones are equal, and in recordings nothing.
    pub(super) fn unknown_number(self) -> Option<i64> {
        self.is_falcos.then_some(-1)
    }

    /// Whether the number of a parent is that of the very thread that gave birth, which need not lead its process; in recordings it is the number of the process.
    pub(super) fn has_threads_for_parents(self) -> bool {
        self.is_falcos
    }

    /// Whether numbers of threads that a program gave or was told count in its own pid namespace. Falco takes them for numbers of the host.
    pub(super) fn counts_in_namespaces(self) -> bool {
        !self.is_falcos
    }

    /// Whether the leader answers for how many descriptors a process has and may have, and has none where it is not known; in recordings the thread itself does.
    pub(super) fn counts_descriptors_of_leader(self) -> bool {
        self.is_falcos
    }

    /// Whether a thread's facts of its exec (whether the executable is writable, its distances in time, the start of the pid namespace) are those that the capture told.
    /// In recordings they are what the kernel said of the program, and times follow from the clock.
    pub(super) fn has_told_facts_of_exec(self) -> bool {
        self.is_falcos
    }

    /// Whether figures of memory and page faults are 0 until an event tells them; in recordings they are absent until then.
    pub(super) fn has_figures_from_the_start(self) -> bool {
        self.is_falcos
    }
}

/// Files, addresses and descriptors.
impl Manner {
    /// Whether a path that is absolute and clean is what it resolves to. Falco counts the directory too, and names neither where both together are too long.
    pub(super) fn keeps_clean_paths(self) -> bool {
        !self.is_falcos
    }

    /// Whether flags of an open are in Falco's numbers, with what the open found or made among them. In recordings they are in the kernel's, and the rest stands beside.
    pub(super) fn has_falcos_open_flags(self) -> bool {
        self.is_falcos
    }

    /// Whether addresses in parameters are in Falco's encoding; in recordings they are in the kernel's.
    pub(super) fn has_falcos_addresses(self) -> bool {
        self.is_falcos
    }

    /// Whether numbers of devices mix major and minor as `stat` does; in recordings the kernel's keep them apart.
    pub(super) fn has_devices_of_stat(self) -> bool {
        self.is_falcos
    }

    /// Whether the ends of a connection are told apart by the addresses of the machine and its containers, whatever the process did.
    /// In recordings the socket knows which end is its own, and which side it is on.
    pub(super) fn tells_ends_by_addresses(self) -> bool {
        self.is_falcos
    }

    /// Whether a descriptor that a call returned and that nothing is known of is shown as none; in recordings it is shown by its number.
    pub(super) fn hides_unseen_descriptors(self) -> bool {
        self.is_falcos
    }

    /// Whether the target of a symbolic link begins in the directory of the link. Falco does not know where, and says so in front of it.
    pub(super) fn resolves_targets_of_links(self) -> bool {
        !self.is_falcos
    }

    /// Whether the path of an open that was refused with `EPERM` is shown. Falco's own test of an open is whether its result is −1, which is also that error's number.
    pub(super) fn shows_paths_of_forbidden_opens(self) -> bool {
        !self.is_falcos
    }
}

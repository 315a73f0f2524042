//! Which events become which class, and which activity of it.
//!
//! In: an event's type and how it ended. Out: a class and an activity, and the condition by which such events are found. What their attributes say stands in `attributes`.

use arrow_array::RecordBatch;

use super::event::{Beside, Event, F, LAUNCH};
use crate::export::class::{Activity, Class};

const CREATE: Activity = Activity(1, "Create");
const READ: Activity = Activity(2, "Read");
const UPDATE: Activity = Activity(3, "Update");
const DELETE: Activity = Activity(4, "Delete");
const RENAME: Activity = Activity(5, "Rename");
const SET_SECURITY: Activity = Activity(7, "Set Security");
const MOUNT: Activity = Activity(12, "Mount");
const UNMOUNT: Activity = Activity(13, "Unmount");
const OPEN_FILE: Activity = Activity(14, "Open");
const TERMINATE: Activity = Activity(2, "Terminate");
const SET_USER: Activity = Activity(5, "Set User ID");
const OPEN: Activity = Activity(1, "Open");
const CLOSE: Activity = Activity(2, "Close");
const RESET: Activity = Activity(3, "Reset");
const FAIL: Activity = Activity(4, "Fail");
const REFUSE: Activity = Activity(5, "Refuse");
const TRAFFIC: Activity = Activity(6, "Traffic");
const LISTEN: Activity = Activity(7, "Listen");
const FOUND: Activity = Activity(1, "Create");

/// Events of one class, and of which of them one is told.
pub(super) struct Meaning {
    pub(super) class: Class,
    pub(super) types: &'static [&'static str],
    /// What else must hold of an event, in Falco's language.
    pub(super) only: Option<&'static str>,
    pub(super) activity: fn(&Event<'_>) -> Activity,
    /// The same in words.
    pub(super) says: &'static str,
}

/// Every event that is told, by its type.
pub(super) const MEANINGS: &[Meaning] = &[
    Meaning {
        class: Class::Process,
        types: &["execve", "execveat"],
        only: None,
        activity: |_| LAUNCH,
        says: "Launch",
    },
    Meaning {
        class: Class::Process,
        types: &["procexit"],
        only: Some("thread.ismain = true"),
        activity: |_| TERMINATE,
        says: "Terminate",
    },
    Meaning {
        class: Class::Process,
        types: &["setuid", "setresuid", "setreuid"],
        only: None,
        activity: |_| SET_USER,
        says: "Set User ID",
    },
    Meaning {
        class: Class::File,
        types: &["open", "openat", "openat2", "creat", "open_by_handle_at"],
        only: None,
        activity: |event| {
            // Falco's bit of files without a name is that of directories too.
            let is_directory = event.text(F::FdType) == Some("directory");
            match event.bool(F::IsOpenCreate) {
                Some(true) if !is_directory => CREATE,
                _ => OPEN_FILE,
            }
        },
        says: "Create where the file was made by it, else Open",
    },
    Meaning {
        class: Class::File,
        types: &["mkdir", "mkdirat", "link", "linkat", "symlink", "symlinkat"],
        only: None,
        activity: |_| CREATE,
        says: "Create",
    },
    Meaning {
        class: Class::File,
        types: &["unlink", "unlinkat", "rmdir"],
        only: None,
        activity: |_| DELETE,
        says: "Delete",
    },
    Meaning {
        class: Class::File,
        types: &["rename", "renameat", "renameat2"],
        only: None,
        activity: |_| RENAME,
        says: "Rename",
    },
    Meaning {
        class: Class::File,
        types: &[
            "chmod",
            "fchmod",
            "fchmodat",
            "fchmodat2",
            "chown",
            "lchown",
            "fchown",
            "fchownat",
        ],
        only: None,
        activity: |_| SET_SECURITY,
        says: "Set Security",
    },
    Meaning {
        class: Class::File,
        types: &["mount"],
        only: None,
        activity: |_| MOUNT,
        says: "Mount",
    },
    Meaning {
        class: Class::File,
        types: &["umount", "umount2"],
        only: None,
        activity: |_| UNMOUNT,
        says: "Unmount",
    },
    Meaning {
        class: Class::File,
        types: &["read", "pread", "readv", "preadv"],
        only: Some(OF_FILES),
        activity: |_| READ,
        says: "Read",
    },
    Meaning {
        class: Class::File,
        types: &["write", "pwrite", "writev", "pwritev"],
        only: Some(OF_FILES),
        activity: |_| UPDATE,
        says: "Update",
    },
    Meaning {
        class: Class::Network,
        types: &["connect"],
        only: Some(OF_NETWORK),
        activity: |event| match event.text(F::Result).unwrap_or_default() {
            "SUCCESS" | "EINPROGRESS" => OPEN,
            "ECONNREFUSED" => REFUSE,
            "ECONNRESET" => RESET,
            _ => FAIL,
        },
        says: "Open; where it failed Refuse, Reset or Fail, by the error",
    },
    Meaning {
        class: Class::Network,
        types: &["accept", "accept4"],
        only: Some(OF_NETWORK),
        activity: |_| OPEN,
        says: "Open",
    },
    Meaning {
        class: Class::Network,
        types: &["listen"],
        only: Some(OF_NETWORK),
        activity: |_| LISTEN,
        says: "Listen",
    },
    Meaning {
        class: Class::Network,
        types: &["close"],
        only: Some(OF_NETWORK),
        activity: |_| CLOSE,
        says: "Close",
    },
    Meaning {
        class: Class::Network,
        types: SENDING,
        only: Some(OF_NETWORK),
        activity: |_| TRAFFIC,
        says: "Traffic",
    },
    Meaning {
        class: Class::Network,
        types: RECEIVING,
        only: Some(OF_NETWORK),
        activity: |_| TRAFFIC,
        says: "Traffic",
    },
];

const OF_FILES: &str = "fd.typechar = f";
/// Sockets that have an address of a network at one end at least; others have nothing that an endpoint must have.
const OF_NETWORK: &str = "fd.typechar in (4, 6) and (fd.cip exists or fd.sip exists)";
const SENDING: &[&str] = &["sendto", "sendmsg"];
const RECEIVING: &[&str] = &["recvfrom", "recvmsg"];

/// Whether bytes were sent, or received; none of either.
pub(super) fn is_sent(event_type: &str) -> Option<bool> {
    let sent = SENDING.contains(&event_type);
    (sent || RECEIVING.contains(&event_type)).then_some(sent)
}

/// What an event of this type means.
pub(super) fn meaning(event_type: &str) -> Option<&'static Meaning> {
    let mut all = MEANINGS.iter();
    all.find(|meaning| meaning.types.contains(&event_type))
}

/// Which events are told, in Falco's language.
pub(super) fn condition(classes: &[Class]) -> Option<String> {
    let told = MEANINGS.iter();
    let told = told.filter(|meaning| classes.contains(&meaning.class));
    let each = told.map(|meaning| {
        let types = meaning.types.join(", ");
        let only = meaning.only.map(|only| format!(" and {only}"));
        format!("(evt.type in ({types}){})", only.unwrap_or_default())
    });
    let each: Vec<String> = each.collect();
    (!each.is_empty()).then(|| each.join(" or "))
}

/// A row as what it means; none of an event that means nothing.
pub(super) fn event_of<'a>(
    batch: &'a RecordBatch,
    row: usize,
    beside: &'a Beside,
) -> Option<Event<'a>> {
    let mut event = Event::new((batch, row), beside, (Class::Finding, FOUND));
    if event.told.is_none() {
        let meaning = meaning(event.text(F::Type)?)?;
        event.class = meaning.class;
        event.activity = (meaning.activity)(&event);
    }
    Some(event)
}

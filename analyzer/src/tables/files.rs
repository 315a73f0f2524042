//! The table `files`: one row per open, from it to the last close, and one per call that makes, moves, changes or removes a file.
//!
//! In: events. Out: rows; those of descriptors are held until the last of them is closed.

use falco_abi::frame::created::CREATED;
use falco_abi::{EventId, events};

use super::cells::{Cell, Row};
use super::declare::columns;
use super::fields::AskedField;
use super::held::SUCCESS;
use super::who::{self, Who};
use crate::pipeline::{Seen, Standing};
use crate::state::{Fd, Thread};

columns! {
    /// A fact of what was done to a file.
    FileFact {
        Time: "evt_time", Time, "When it was opened, or the call ended; NULL of an open before the time that was asked for, whose descriptor was there then.";
        EndTime: "closed_time", Time, "Of an open: when the last descriptor of it was closed; NULL where it was open at the end, or nobody saw.";
        Operation: "operation", Text, "`open`, `delete`, `rename`, `link`, `symlink`, `mkdir`, `rmdir`, `chmod`, `chown`.";
        Call: "evt_type", Text, "Name of the call.";
        Path: "fs_path_name", Text, "Absolute path of the file; of a rename the old one, of a link the new one.";
        Target: "fs_path_target", Text, "Of a rename the new path, of a link what it refers to.";
        Outcome: "evt_res", Text, "`SUCCESS`, or the name of the error.";
        Failed: "evt_failed", Bool, "Whether it failed.";
        Flags: "open_flags", Text, "Flags of an open by name, joined by `|`.";
        Mode: "mode", Text, "The mode that was asked for, in octal digits; NULL for opens that make nothing.";
        Writable: "is_open_write", Bool, "Of an open: whether it was for writing.";
        Created: "created", Bool, "Whether it created the file.";
        BytesRead: "bytes_read", Uint, "Bytes that were read by its descriptors; NULL where no read was recorded.";
        BytesWritten: "bytes_written", Uint, "Bytes that were written by its descriptors; NULL where no write was recorded.";
        Number: "fd_num", Int, "Number of the descriptor; NULL where none was made.";
        Inode: "fd_ino", Uint, "Inode of the file that was opened.";
        Uid: "new_uid", Uint, "Of a chown: the new owner; NULL where it stays.";
        Gid: "new_gid", Uint, "Of a chown: the new group; NULL where it stays.";
        Complete: "complete", Bool, "Whether nothing was lost that the row may rest on.";
        Capture: "capture", Text, "The capture, as it was named by who opened it.";
    }
}

/// A column of the table.
pub(super) type Column = who::Column<FileFact>;

/// Every column.
pub(super) const COLUMNS: &[Column] = &[
    Column::Own(FileFact::Time),
    Column::Own(FileFact::EndTime),
    Column::Own(FileFact::Operation),
    Column::Own(FileFact::Call),
    Column::Own(FileFact::Path),
    Column::Own(FileFact::Target),
    Column::Own(FileFact::Outcome),
    Column::Own(FileFact::Failed),
    Column::Own(FileFact::Flags),
    Column::Own(FileFact::Mode),
    Column::Own(FileFact::Writable),
    Column::Own(FileFact::Created),
    Column::Own(FileFact::BytesRead),
    Column::Own(FileFact::BytesWritten),
    Column::Own(FileFact::Number),
    Column::Own(FileFact::Inode),
    Column::Own(FileFact::Uid),
    Column::Own(FileFact::Gid),
    Column::Who(Who::Pid),
    Column::Who(Who::StartTime),
    Column::Who(Who::Name),
    Column::Who(Who::ExePath),
    Column::Who(Who::CmdLine),
    Column::Who(Who::Uid),
    Column::Who(Who::UserName),
    Column::Who(Who::ContainerId),
    Column::Who(Who::ContainerName),
    Column::Who(Who::ContainerImage),
    Column::Who(Who::PodName),
    Column::Who(Who::NamespaceName),
    Column::Own(FileFact::Complete),
    Column::Who(Who::Node),
    Column::Who(Who::BootId),
    Column::Own(FileFact::Capture),
];

/// The calls and what they do.
pub(super) const CALLS: &[(EventId, &str)] = &[
    (events::open::EVENT, OPEN),
    (events::openat::EVENT, OPEN),
    (events::openat2::EVENT, OPEN),
    (events::creat::EVENT, OPEN),
    (events::open_by_handle_at::EVENT, OPEN),
    (events::unlink::EVENT, "delete"),
    (events::unlinkat::EVENT, "delete"),
    (events::rmdir::EVENT, "rmdir"),
    (events::rename::EVENT, "rename"),
    (events::renameat::EVENT, "rename"),
    (events::renameat2::EVENT, "rename"),
    (events::link::EVENT, "link"),
    (events::linkat::EVENT, "link"),
    (events::symlink::EVENT, "symlink"),
    (events::symlinkat::EVENT, "symlink"),
    (events::mkdir::EVENT, "mkdir"),
    (events::mkdirat::EVENT, "mkdir"),
    (events::chmod::EVENT, "chmod"),
    (events::fchmod::EVENT, "chmod"),
    (events::fchmodat::EVENT, "chmod"),
    (events::chown::EVENT, "chown"),
    (events::lchown::EVENT, "chown"),
    (events::fchown::EVENT, "chown"),
    (events::fchownat::EVENT, "chown"),
];

const OPEN: &str = "open";
/// An owner that a chown leaves as it is.
const STAYS: u64 = u32::MAX as u64;

/// A field and its argument.
type Named = (&'static str, Option<&'static str>);

/// The fields of which a fact is the first that has a value, by operation; of all others where none is named.
/// A call that failed names no files in `fs.path`, but its paths are resolved all the same.
const FIELDS: &[(FileFact, &[&str], &[Named])] = &[
    (
        FileFact::Path,
        &["link", "symlink"],
        &[("fs.path.source", None), ("evt.abspath", Some("dst"))],
    ),
    (
        FileFact::Path,
        &[],
        &[
            ("fs.path.name", None),
            ("fs.path.source", None),
            ("evt.abspath", None),
            ("fd.name", None),
        ],
    ),
    (
        FileFact::Target,
        &["rename"],
        &[("fs.path.target", None), ("evt.abspath", Some("dst"))],
    ),
    (
        FileFact::Target,
        &["link"],
        &[("fs.path.target", None), ("evt.abspath", Some("src"))],
    ),
    (
        FileFact::Target,
        &["symlink"],
        &[("fs.path.target", None), ("evt.arg", Some("target"))],
    ),
    (FileFact::Call, &[], &[("evt.type", None)]),
    (FileFact::Outcome, &[], &[("evt.res", None)]),
    (FileFact::Failed, &[], &[("evt.failed", None)]),
    (FileFact::Flags, &[], &[("evt.arg", Some("flags"))]),
    (FileFact::Mode, &[], &[("evt.rawarg", Some("mode"))]),
    (FileFact::Writable, &[], &[("evt.is_open_write", None)]),
    (FileFact::Number, &[], &[("evt.rawres", None)]),
    (FileFact::Inode, &[], &[("fd.ino", None)]),
];

/// Makes rows of files.
pub(super) struct Files {
    pub(super) columns: Vec<Column>,
    pub(super) capture: Box<str>,
    fields: Vec<(FileFact, &'static [&'static str], AskedField)>,
}

/// What became of a call.
pub(super) enum Made {
    /// A row that is whole.
    Row(Row),
    /// The row of an open, which is held as this descriptor.
    Open(i32, Row),
}

impl Files {
    /// Rows of these columns.
    pub(super) fn new(columns: Vec<Column>, capture: Box<str>) -> Files {
        let is_asked = |fact: FileFact| {
            let is_created = columns.contains(&Column::Own(FileFact::Created));
            match fact {
                // Whether and as what a file is held, each open is asked.
                FileFact::Number => true,
                FileFact::Flags | FileFact::Writable if is_created => true,
                _ => columns.contains(&Column::Own(fact)),
            }
        };
        let asked = FIELDS.iter().filter(|(fact, _, _)| is_asked(*fact));
        let fields = asked.flat_map(|&(fact, whom, names)| {
            let fields = names
                .iter()
                .filter_map(|(name, argument)| AskedField::named(name, *argument));
            fields.map(move |field| (fact, whom, field))
        });
        Files {
            fields: fields.collect(),
            columns,
            capture,
        }
    }

    /// The fields that rows are made of.
    pub(super) fn fields(&self) -> impl Iterator<Item = &AskedField> {
        self.fields.iter().map(|(_, _, field)| field)
    }

    /// What an event did to a file.
    pub(super) fn event(&self, seen: &Seen<'_>) -> Option<Made> {
        let event = seen.view.event();
        let (_, operation) = CALLS.iter().find(|(call, _)| *call == event)?;
        let number = self.number(seen).filter(|_| *operation == OPEN);
        let row = self.row(seen, operation, number);
        Some(match number {
            Some(number) => Made::Open(number, row),
            None => Made::Row(row),
        })
    }

    /// The row of a descriptor that was there before the time that is asked for.
    pub(super) fn known(
        &self,
        standing: &Standing<'_>,
        thread: &Thread,
        (number, file): (i32, &Fd),
    ) -> Option<Row> {
        let process = who::leader(standing.state(), thread);
        let cell = |column: &Column| match *column {
            Column::Who(fact) => who::cell(fact, standing, process),
            Column::Own(fact) => match fact {
                FileFact::Operation => Cell::word(Some(OPEN)),
                FileFact::Number => Cell::int(Some(number)),
                FileFact::Path => Cell::text(&file.name),
                FileFact::Outcome => Cell::word(Some(SUCCESS)),
                FileFact::Failed => Cell::Bool(false),
                FileFact::Inode => Cell::uint(Some(file.inode).filter(|inode| *inode != 0)),
                FileFact::Complete => Cell::Bool(standing.is_complete(thread)),
                FileFact::Capture => Cell::Text(self.capture.clone()),
                // How it was opened, nobody asked for.
                _ => Cell::Null,
            },
        };
        let is_one = file.is_path() && !file.name.is_empty();
        is_one.then(|| self.columns.iter().map(cell).collect())
    }

    /// The descriptor that an open made.
    fn number(&self, seen: &Seen<'_>) -> Option<i32> {
        match self.first(FileFact::Number, OPEN, seen) {
            Cell::Int(number) => i32::try_from(number).ok().filter(|number| *number >= 0),
            _ => None,
        }
    }

    /// The first field of a fact that has a value.
    fn first(&self, fact: FileFact, operation: &str, seen: &Seen<'_>) -> Cell {
        let of_fact = || self.fields.iter().filter(|(of, _, _)| *of == fact);
        let is_named = of_fact().any(|(_, whose, _)| whose.contains(&operation));
        let mut fields = of_fact()
            .filter(|(_, whose, _)| whose.contains(&operation) || !is_named && whose.is_empty());
        let found = fields.find_map(|(_, _, field)| match field.cell(seen) {
            Cell::Null => None,
            cell => Some(cell),
        });
        found.unwrap_or(Cell::Null)
    }

    /// Whether an open is for writing. Falco's field does not count `creat`.
    fn is_for_writing(&self, seen: &Seen<'_>) -> bool {
        let is_creat = seen.view.event() == events::creat::EVENT;
        is_creat || self.first(FileFact::Writable, OPEN, seen) == Cell::Bool(true)
    }

    /// Whether an open created a file: by name, or one without any.
    /// Falco sees the flag of those without a name in every open of a directory; but none of them is written to.
    fn creates(&self, seen: &Seen<'_>, number: Option<i32>) -> bool {
        let row = seen.state().row(seen.view);
        if row.event() == events::creat::EVENT {
            return row.u32(events::creat::opened).unwrap_or(0) & CREATED != 0;
        }
        let Cell::Text(flags) = self.printed(FileFact::Flags, seen) else {
            return false;
        };
        let has = |name: &str| flags.split('|').any(|flag| flag == name);
        has("O_F_CREATED") || number.is_some() && has("O_TMPFILE") && self.is_for_writing(seen)
    }

    fn printed(&self, fact: FileFact, seen: &Seen<'_>) -> Cell {
        let field = self.fields.iter().find(|(of, _, _)| *of == fact);
        field.map_or(Cell::Null, |(_, _, field)| field.printed(seen))
    }

    /// The mode in octal digits. An open that makes nothing has none.
    fn mode(&self, is_open: bool, operation: &str, seen: &Seen<'_>) -> Cell {
        match self.first(FileFact::Mode, operation, seen) {
            Cell::Uint(0) if is_open => Cell::Null,
            Cell::Uint(mode) => Cell::Text(format!("{mode:04o}").into()),
            _ => Cell::Null,
        }
    }

    fn row(&self, seen: &Seen<'_>, operation: &str, number: Option<i32>) -> Row {
        let standing = seen.standing();
        let state = seen.state();
        let row = state.row(seen.view);
        let process = state
            .thread_of(row)
            .map(|thread| who::leader(state, thread));
        let is_open = operation == OPEN;
        let of_open = |cell: Cell| if is_open { cell } else { Cell::Null };
        let owner = |cell: Cell| match cell {
            Cell::Uint(STAYS) => Cell::Null,
            cell => cell,
        };
        let cell = |column: &Column| match *column {
            Column::Who(Who::Node | Who::BootId) if process.is_none() => Cell::Null,
            Column::Who(fact) => {
                process.map_or(Cell::Null, |process| who::cell(fact, &standing, process))
            }
            Column::Own(fact) => match fact {
                FileFact::Time => Cell::time(seen.time),
                FileFact::Operation => Cell::word(Some(operation)),
                FileFact::Number => Cell::int(number),
                FileFact::Path | FileFact::Target | FileFact::Call | FileFact::Outcome => {
                    self.first(fact, operation, seen)
                }
                FileFact::Failed => self.first(fact, operation, seen),
                FileFact::Writable => of_open(Cell::Bool(self.is_for_writing(seen))),
                FileFact::Created => of_open(Cell::Bool(self.creates(seen, number))),
                FileFact::Inode if number.is_some() => match self.first(fact, operation, seen) {
                    Cell::Int(0) => Cell::Null,
                    cell => cell,
                },
                FileFact::Flags => of_open(self.printed(fact, seen)),
                FileFact::Mode => self.mode(is_open, operation, seen),
                FileFact::Uid => owner(Cell::uint(
                    owner_of(row.event()).and_then(|(uid, _)| row.uint(uid)),
                )),
                FileFact::Gid => owner(Cell::uint(
                    owner_of(row.event()).and_then(|(_, gid)| row.uint(gid)),
                )),
                FileFact::Complete => Cell::Bool(seen.is_complete()),
                FileFact::Capture => Cell::Text(self.capture.clone()),
                // What comes later, whoever holds the row knows.
                FileFact::EndTime
                | FileFact::BytesRead
                | FileFact::BytesWritten
                | FileFact::Inode => Cell::Null,
            },
        };
        self.columns.iter().map(cell).collect()
    }
}

/// The parameters of a chown that tell the new owner and group.
fn owner_of(event: EventId) -> Option<(usize, usize)> {
    use events::{chown, fchown, fchownat, lchown};
    Some(match event {
        chown::EVENT => (chown::uid, chown::gid),
        lchown::EVENT => (lchown::uid, lchown::gid),
        fchown::EVENT => (fchown::uid, fchown::gid),
        fchownat::EVENT => (fchownat::uid, fchownat::gid),
        _ => return None,
    })
}

//! `ps_at`, `fds_at`, `lineage`, `descendants`: what was there at a moment, as tables.
//!
//! In: a moment, and for kin a thread. Out: rows of all captures that have the moment, told one after the other.

use std::sync::Arc;

use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::Expr;
use falco_analyze::columns::ColumnType::{Bool, Int, Text, Time, Uint};
use falco_analyze::past::{Descriptor, Past, Process, Relative};
use falco_analyze::time::{Zone, moment};

use super::Asked;
use super::arguments::number;
use super::made::{Make, Out, table};
use super::process::{self, boot};
use super::rows::{Cell, Column};
use super::time::{When, failed, input, when};

/// What is asked of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Processes,
    Descriptors,
    Lineage,
    Descendants,
}

/// The functions by name.
pub(super) const KINDS: [(&str, Kind); 4] = [
    ("ps_at", Kind::Processes),
    ("fds_at", Kind::Descriptors),
    ("lineage", Kind::Lineage),
    ("descendants", Kind::Descendants),
];

const AT: Column = ("at", Time);
const LEVEL: Column = ("level", Uint);
const CAPTURE: Column = ("capture", Text);

/// The columns of a process with some in front and the capture behind.
const fn around<const FRONT: usize, const ALL: usize>(front: [Column; FRONT]) -> [Column; ALL] {
    let mut all = [CAPTURE; ALL];
    let mut place = 0;
    while place < FRONT {
        all[place] = front[place];
        place += 1;
    }
    let mut fact = 0;
    while fact < process::COLUMNS.len() {
        all[FRONT + fact] = process::COLUMNS[fact];
        fact += 1;
    }
    all
}

static PROCESSES: [Column; process::COLUMNS.len() + 2] = around([AT]);
static KIN: [Column; process::COLUMNS.len() + 3] = around([AT, LEVEL]);
static DESCRIPTORS: &[Column] = &[
    AT,
    ("proc_pid", Int),
    ("proc_name", Text),
    ("user_name", Text),
    ("container_id", Text),
    ("thread_tid", Uint),
    ("fd_num", Int),
    ("fd_type", Text),
    ("fd_name", Text),
    ("fd_ino", Uint),
    ("fd_deleted", Bool),
    ("fd_cloexec", Bool),
    ("fd_l4proto", Text),
    ("fd_lip", Text),
    ("fd_lport", Uint),
    ("fd_rip", Text),
    ("fd_rport", Uint),
    ("fd_connected", Bool),
    ("since", Time),
    ("complete", Bool),
    ("node", Text),
    ("boot_id", Text),
    CAPTURE,
];

/// One of the functions.
#[derive(Debug)]
pub(super) struct PastTable {
    kind: Kind,
    asked: Asked,
}

impl PastTable {
    pub(super) fn new(kind: Kind, asked: Asked) -> Self {
        PastTable { kind, asked }
    }

    fn name(&self) -> &'static str {
        let mut kinds = KINDS.into_iter();
        let found = kinds.find(|(_, kind)| *kind == self.kind);
        found.map_or("", |(name, _)| name)
    }

    fn columns(&self) -> &'static [Column] {
        match self.kind {
            Kind::Processes => &PROCESSES,
            Kind::Descriptors => DESCRIPTORS,
            Kind::Lineage | Kind::Descendants => &KIN,
        }
    }

    /// The thread and the time among the arguments.
    fn taken<'e>(&self, arguments: &'e [Expr]) -> Result<(u32, Option<&'e Expr>)> {
        let name = self.name();
        match (self.kind, arguments) {
            (Kind::Processes | Kind::Descriptors, []) => Ok((0, None)),
            (Kind::Processes | Kind::Descriptors, [time]) => Ok((0, Some(time))),
            (Kind::Processes | Kind::Descriptors, _) => {
                plan_err!("{name} takes a time, or nothing for the end: {name}('10:00')")
            }
            (_, [tid]) => Ok((number(name, tid)?, None)),
            (_, [tid, time]) => Ok((number(name, tid)?, Some(time))),
            _ => plan_err!(
                "{name} takes a thread, and a time if it is not the end: {name}(1, '10:00')"
            ),
        }
    }
}

impl TableFunctionImpl for PastTable {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let (tid, time) = self.taken(args.exprs())?;
        let when = when(self.name(), &self.asked, time)?;
        let maker = Maker {
            kind: self.kind,
            tid,
            when,
        };
        table(self.name(), self.columns(), maker)
    }
}

struct Maker {
    kind: Kind,
    tid: u32,
    when: When,
}

impl Make for Maker {
    fn make(&self, _threads: usize, out: &mut Out) -> Result<()> {
        let mut is_found = false;
        for capture in &self.when.captures {
            let Some(input) = input(capture) else {
                continue;
            };
            let past = Past::at(input, self.when.time).map_err(failed)?;
            let Some(rows) = self.rows(&past) else {
                continue;
            };
            is_found = true;
            for mut row in rows {
                row.insert(0, Cell::Time(self.when.time));
                row.push(Cell::Text(capture.name()));
                if !out.row(row)? {
                    return Ok(());
                }
            }
        }
        if is_found {
            return Ok(());
        }
        let at = moment(self.when.time, &Zone::utc());
        exec_err!("no thread {} lived at {at}", self.tid)
    }
}

impl Maker {
    /// The rows of a capture, without the moment and the capture's name; none where the thread is not known.
    fn rows<'p>(&self, past: &'p Past) -> Option<Box<dyn Iterator<Item = Vec<Cell>> + 'p>> {
        let kin = |relatives: Vec<Relative<'p>>| {
            let rows = relatives.into_iter().map(move |relative| {
                let mut row = vec![Cell::Uint(u64::from(relative.level))];
                row.extend(process::cells(past, &relative.process));
                row
            });
            Box::new(rows) as Box<dyn Iterator<Item = Vec<Cell>> + 'p>
        };
        Some(match self.kind {
            Kind::Processes => {
                let all = past.processes().into_iter();
                Box::new(all.map(move |process| process::cells(past, &process)))
            }
            Kind::Descriptors => {
                let all = past.descriptors();
                Box::new(all.map(move |descriptor| descriptor_cells(past, &descriptor)))
            }
            Kind::Lineage => kin(past.lineage(self.tid)?),
            Kind::Descendants => kin(past.descendants(self.tid)?),
        })
    }
}

fn descriptor_cells(past: &Past, descriptor: &Descriptor<'_>) -> Vec<Cell> {
    let process: &Process<'_> = &descriptor.process;
    let end = |end: Option<falco_analyze::state::Endpoint>| {
        let address = end.map(|end| end.address.to_string());
        let port = end.map(|end| u64::from(end.port));
        (Cell::word(address.as_deref()), Cell::uint(port))
    };
    let (local, local_port) = end(descriptor.local());
    let (remote, remote_port) = end(descriptor.remote());
    vec![
        Cell::Int(process.pid()),
        Cell::optional(process.name()),
        Cell::optional(process.user()),
        Cell::text(process.container_id()),
        Cell::Uint(u64::from(descriptor.tid)),
        Cell::Int(i64::from(descriptor.number())),
        Cell::word(descriptor.type_name()),
        Cell::optional(descriptor.name()),
        Cell::uint(descriptor.inode()),
        Cell::Bool(descriptor.is_deleted()),
        Cell::Bool(descriptor.is_closed_on_exec()),
        Cell::word(descriptor.protocol()),
        local,
        local_port,
        remote,
        remote_port,
        descriptor.is_connected().map_or(Cell::Null, Cell::Bool),
        Cell::time(descriptor.since()),
        Cell::Bool(descriptor.is_complete()),
        Cell::Text(past.origin().node.clone()),
        Cell::Text(boot(past)),
    ]
}

//! The reference data, exports in memory, and rows as values that can be compared.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use falco_abi::{EventId, ParamStatus};
use falco_analyze::export::scap::{ExportTally, ScapSchema, export_scap};
use falco_analyze::pipeline::{Flow, Input, Opened, Part};
use falco_analyze::scap::ScapFile;
use falco_format::{Block, Item, Projection, RowMeta};

/// Names the directory of the reference data.
const DIRECTORY: &str = "FALCO_REFERENCE";

/// Says that a test is left out. Written past the capture of the test runner, which hides what passing tests print.
pub(crate) fn skipped(test: &str, reason: &str) {
    let line = format!("skipped {test}: {reason}\n");
    // A closed standard error is nobody's concern here.
    let _ = io::stderr().write_all(line.as_bytes());
}

/// The directory of the reference data, or none with a printed reason.
pub(crate) fn directory(test: &str) -> Option<PathBuf> {
    let directory = std::env::var_os(DIRECTORY);
    if directory.is_none() {
        skipped(test, &format!("{DIRECTORY} names no reference data"));
    }
    directory.map(PathBuf::from)
}

/// The `.scap` files of folders of the reference data that have at most so many bytes; none, with a printed reason, where there is no data.
pub(crate) fn captures(test: &str, folders: &[&str], bytes_max: u64) -> Vec<PathBuf> {
    let Some(directory) = directory(test) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for folder in folders {
        let folder = directory.join(folder);
        for entry in fs::read_dir(folder).expect("the folder can be listed") {
            let entry = entry.expect("an entry");
            if entry.metadata().expect("is there").len() <= bytes_max {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    files
}

/// Exports an input to memory.
pub(crate) fn exported(input: &Input, schema: ScapSchema) -> (Vec<u8>, ExportTally) {
    let mut bytes = Vec::new();
    let tally = export_scap(
        (input, &Part::whole()),
        None,
        schema,
        &mut bytes,
        &mut |_| Flow::Continue,
    );
    (bytes, tally.expect("memory takes it"))
}

/// The bytes of a `.scap` file as an input.
pub(crate) fn input_of(bytes: Vec<u8>) -> Input {
    let file = ScapFile::from_bytes(bytes).expect("a section header");
    Input {
        path: PathBuf::from("memory.scap"),
        opened: Opened::Scap(file),
    }
}

/// A row as values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) event: EventId,
    pub(crate) meta: RowMeta,
    pub(crate) params: Vec<(ParamStatus, Vec<u8>)>,
}

/// Every row of lists and of events, in order, and the number of damaged places.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) lists: Vec<Row>,
    pub(crate) events: Vec<Row>,
    pub(crate) damaged: usize,
}

/// Reads all of an input.
pub(crate) fn rows(input: &Input) -> Rows {
    let mut rows = Rows::default();
    for item in input.items() {
        match &item {
            Item::State(block) => rows.lists.extend(rows_of(block)),
            Item::Events(block) => rows.events.extend(rows_of(block)),
            Item::Damage(_) => rows.damaged += 1,
            _ => {}
        }
    }
    rows
}

fn rows_of(block: &Block) -> Vec<Row> {
    let decoded = block.decode(&Projection::all()).expect("decodes");
    let row = |view: falco_format::EventView<'_>| Row {
        event: view.event(),
        meta: view.meta(),
        params: (0..view.params())
            .map(|index| view.param(index))
            .map(|param| (param.status, param.bytes.to_vec()))
            .collect(),
    };
    decoded.iter().map(row).collect()
}

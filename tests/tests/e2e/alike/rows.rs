//! Exports in memory.

use std::path::Path;

use falco_analyze::pipeline::{Flow, Input, Opened};
use falco_analyze::scap::ScapFile;
use falco_analyze::scap::write::{ScapSchema, export_scap};

/// The export of a capture.
pub(super) fn export(capture: &Path) -> Vec<u8> {
    let input = Input::open(capture).expect("the capture opens");
    let mut bytes = Vec::new();
    let mut goes_on = |_| Flow::Continue;
    export_scap(&input, None, ScapSchema::Today, &mut bytes, &mut goes_on)
        .expect("memory takes it");
    bytes
}

/// The bytes of a `.scap` file as an input.
pub(super) fn input_of(bytes: Vec<u8>) -> Input {
    Input {
        path: "memory.scap".into(),
        opened: Opened::Scap(ScapFile::from_bytes(bytes).expect("a section header")),
    }
}

//! The captures and exports that cases name.

use std::path::{Path, PathBuf};

use falco_abi::Lane;
use falco_analyze::columns::{CaptureTables, ParquetExport, Table, TableQuery, TableSource as _};
use falco_analyze::pipeline::Input;
use tempfile::TempDir;

use crate::capture::CaptureBuilder;

/// A directory with every source in it.
pub(crate) struct Sources {
    directory: TempDir,
}

impl Sources {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let sources = Self { directory };
        // One row per block, so that what is not decoded can be counted.
        scene("node-a", 7).write_cut(&sources.path("plain"), 1, usize::MAX);
        scene("node-b", 8).write_cut(&sources.path("other"), 2, 3);
        let mut lossy = scene("node-a", 7);
        lossy.lose(Lane::File, 5);
        lossy.open(100, "/etc/passwd", 5);
        lossy.write(&sources.path("lossy"));
        export(&sources.path("plain"), &sources.path("export"));
        export(&sources.path("lossy"), &sources.path("lossy [export]"));
        sources
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }
}

/// A shell starts `cat` and `vi`, which open files.
fn scene(node: &str, boot: u8) -> CaptureBuilder {
    let mut capture = CaptureBuilder::new(node).with_boot(boot);
    capture.shell(100);
    capture.start_program(100, 200, "/usr/bin/cat", &["cat", "/etc/shadow"]);
    capture.open(200, "/etc/shadow", 3);
    capture.start_program(100, 300, "/usr/bin/vi", &["vi", "/etc/hosts"]);
    capture.open(300, "/etc/hosts", 3);
    capture.open(300, "/etc/hosts.swp", -2);
    capture.end(200);
    capture
}

fn export(capture: &Path, directory: &Path) {
    let layouts = Table::ALL.map(Table::layout);
    let mut export = ParquetExport::create(directory, &layouts, false).expect("an export");
    let tables = CaptureTables::new(Input::open(capture).expect("a capture"));
    for layout in layouts {
        let sink = export.table(layout.table()).expect("a table");
        tables
            .rows(&layout, &TableQuery::default(), sink)
            .expect("written");
    }
    export.finish().expect("finished");
}

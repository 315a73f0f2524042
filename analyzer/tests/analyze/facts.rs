//! Tables of what lives and is held are the same for any number of threads and however the stream is cut.
//!
//! Streams are random, as those of `borders`: births and ends of reused numbers, losses, snapshots in the middle, containers.

use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use falco_analyze::columns::{BatchSink, CaptureTables, Table, TableLayout};
use falco_analyze::pipeline::{Flow, Input, Spread};
use proptest::prelude::*;

use crate::borders::{Step, push, steps};
use crate::support::{CaptureBuilder, Workspace};

/// Batches, kept.
#[derive(Default)]
struct Kept(Vec<RecordBatch>);

impl BatchSink for Kept {
    fn batch(&mut self, batch: RecordBatch) -> io::Result<Flow> {
        self.0.push(batch);
        Ok(Flow::Continue)
    }
}

/// The tables that are made of facts, every column but the path by which the capture was opened.
fn layouts() -> Vec<TableLayout> {
    let is_made_of_facts = |table: &Table| {
        !matches!(
            table,
            Table::Losses | Table::Segments | Table::Gaps | Table::Events
        )
    };
    let layout = |table: Table| {
        let all = table.layout();
        let names = all.columns().iter().map(|column| column.name.as_str());
        let names: Vec<&str> = names.filter(|name| *name != "capture").collect();
        all.select(&names).expect("columns of the table")
    };
    Table::ALL
        .into_iter()
        .filter(is_made_of_facts)
        .map(layout)
        .collect()
}

/// Every row of every table, with the table's name.
fn told(path: &Path, spread: Spread) -> Vec<(&'static str, RecordBatch)> {
    let Ok(input) = Input::open(path) else {
        return Vec::new();
    };
    let layouts = layouts();
    let mut kept: Vec<Kept> = layouts.iter().map(|_| Kept::default()).collect();
    let asked = layouts
        .iter()
        .zip(&mut kept)
        .map(|(layout, kept)| (layout, kept as _));
    let tables = CaptureTables::new(input).with_threads(spread);
    tables.scan_tables(asked.collect()).expect("a scan");
    let named = layouts.iter().zip(kept);
    named
        .flat_map(|(layout, kept)| {
            kept.0
                .into_iter()
                .map(|batch| (layout.table().name(), batch))
        })
        .collect()
}

fn written(
    workspace: &Workspace,
    steps: &[Step],
    (block, segment): (usize, usize),
) -> Vec<(&'static str, RecordBatch)> {
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(100);
    steps.iter().for_each(|step| push(&mut capture, step));
    let path = workspace.path(&format!("{block}-{segment}"));
    capture.write_cut(&path, block, segment);
    told(&path, NonZeroUsize::MIN.into())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn facts_do_not_depend_on_cuts_and_threads(
        steps in steps(),
        block in 1_usize..9,
        segment in 1_usize..30,
        threads in 2_usize..5,
        window in 1_u64..20,
        seed in any::<u64>(),
    ) {
        let workspace = Workspace::new();
        let whole = written(&workspace, &steps, (usize::MAX, usize::MAX));
        prop_assert!(whole.iter().any(|(table, _)| *table == "processes"));
        let cut = written(&workspace, &steps, (block, segment));
        prop_assert_eq!(&cut, &whole);
        let threads = NonZeroUsize::new(threads).expect("some");
        let path = workspace.path(&format!("{block}-{segment}"));
        let spread = told(&path, Spread::by_chance(threads, window, seed));
        prop_assert_eq!(&spread, &whole);
    }
}

/// Falco's captures tell the same by any number of threads, and what they tell is there.
#[test]
fn captures_of_falcos_tell_the_same_by_several_threads() {
    let Some(reference) = std::env::var_os("FALCO_REFERENCE").map(PathBuf::from) else {
        println!("skipped: FALCO_REFERENCE names no captures in Falco's dialect");
        return;
    };
    let captures = [
        "falco-cat_write.scap",
        "falco-connect_localhost.scap",
        "falco-ping_sendto.scap",
        "libs-test_ipv6_client.scap",
    ];
    for name in captures {
        let path = reference.join("captures").join(name);
        let alone = told(&path, NonZeroUsize::MIN.into());
        assert!(
            alone.iter().any(|(table, _)| *table == "processes"),
            "{name}"
        );
        let threads = NonZeroUsize::new(3).expect("some");
        for seed in [1, 9, 77] {
            let spread = told(&path, Spread::by_chance(threads, 40, seed));
            assert_eq!(spread, alone, "{name} {seed}");
        }
    }
}

//! What becomes of a block is decided by what the state needs of it alone: a column that does not decode is missed by those who ask for it, and changes nothing of what others see.

use std::fs;

use falco_abi::events::read;
use falco_format::{Capture, EncodedBlock, Item, MemoryIo, SegmentWriter};

use crate::support::capture::{CaptureBuilder, Row};
use crate::support::{Workspace, segment_files};

/// Enough rows that each of their columns lies in a frame of its own.
const ROWS: u64 = 4_000;

/// A number that no compression makes shorter.
fn noise(row: u64) -> u32 {
    let mixed = (row + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32) as u32
}

/// A read, which the state does not depend on.
fn read_of(tid: u32, size: u32) -> Row {
    Row::new(read::EVENT, tid)
        .int(read::res, 0)
        .int(read::fd, 0)
        .int(read::size, i64::from(size))
}

/// In a first block, `cat` is started and reads much; in a second one it opens a file. The sizes that it asked for are made unreadable.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(100);
    capture.start_program(100, 200, "/usr/bin/cat", &["cat", "/etc/shadow"]);
    for row in 0..ROWS {
        capture.push(read_of(200, noise(row)));
    }
    capture.open(200, "/etc/shadow", 3);
    capture.write_cut(&workspace.path("capture"), ROWS as usize + 2, usize::MAX);
    let file = segment_files(&workspace.path("capture")).remove(0);
    fs::write(
        &file,
        with_unreadable_sizes(&fs::read(&file).expect("read")),
    )
    .expect("written");
    workspace
}

/// The same segment, and the status of the first block's column of sizes is none that there is. All checksums are right.
fn with_unreadable_sizes(bytes: &[u8]) -> Vec<u8> {
    let capture = Capture::from_bytes(bytes.to_vec()).expect("opens");
    let io = MemoryIo::new();
    let header = capture.header().expect("a header").clone();
    let mut writer = SegmentWriter::new(io.clone(), header).expect("written");
    for item in capture.items() {
        match item {
            Item::Schema(schema) => writer.schema(&schema),
            Item::Clock(pairs) => writer.clock(&pairs),
            Item::State(block) => writer.state(&block.to_encoded()),
            Item::Events(block) if block.rows() as u64 > ROWS => {
                writer.events(&without_sizes(block.to_encoded()))
            }
            Item::Events(block) => writer.events(&block.to_encoded()),
            _ => Ok(()),
        }
        .expect("written");
    }
    writer.finish().expect("sealed");
    io.bytes()
}

/// The column is a byte of status, a byte for planes, a byte for how many, and the planes of noise as they are.
fn without_sizes(mut block: EncodedBlock) -> EncodedBlock {
    const PRESENT: u8 = 0;
    const PLANES: u8 = 1;
    let plane: Vec<u8> = (0..16).map(|row| noise(row) as u8).collect();
    let start = [&[PRESENT, PLANES, 4], &plane[..]].concat();
    let mut places = block.bytes.windows(start.len());
    let place = places
        .position(|bytes| bytes == start)
        .expect("the column of sizes");
    block.bytes[place] = 77;
    block
}

#[test]
fn who_asks_for_it_is_shown_no_row_of_the_block_and_what_it_did_holds() {
    let format = "*%evt.num %proc.name %proc.pname %evt.arg.size";
    let run = workspace()
        .run(&["events", "capture", "-p", format])
        .ends_with(3)
        .says("Damaged: 1 place");
    let last = format!("{} cat bash <NA>", ROWS + 3);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(
        matches!(lines[..], [line] if line.ends_with(&last)),
        "{}",
        run.stdout
    );
}

#[test]
fn a_rule_that_asks_for_it_changes_no_alert_of_the_others() {
    let workspace = workspace();
    let rule = |name: &str, condition: &str| {
        format!(
            "- rule: {name}\n  desc: d\n  condition: {condition}\n  output: '%proc.name'\n  priority: INFO\n"
        )
    };
    let of_cat = "evt.type = openat and proc.name = cat and proc.pname = bash";
    let quiet = rule("By cat", of_cat);
    workspace.write("one.yaml", &quiet);
    let asks = rule("By size", "evt.type = read and evt.arg.size = 1");
    workspace.write("two.yaml", format!("{quiet}{asks}"));
    let replay = |rules| workspace.run(&["replay", "capture", "-r", rules, "--format", "json"]);
    // Who does not ask for the column does not even notice.
    let one = replay("one.yaml").ends_with(0).says("Lost: nothing\n");
    assert_eq!(one.stdout.matches("By cat").count(), 1, "{}", one.stdout);
    let two = replay("two.yaml").ends_with(3).says("Damaged: 1 place");
    assert_eq!(one.stdout, two.stdout);
}

//! What a file holds, as lines: one for each row and each damaged place.

use falco_abi::{ParamStatus, Wire};
use falco_analyze::scap::ScapFile;
use falco_format::{EventView, Item, Projection};

/// The rows of a file made by hand, those of the lists' end left out.
pub(crate) fn check(file: Vec<u8>, expected: &[&str]) {
    let lines = lines(&ScapFile::from_bytes(file).expect("a file of Falco's"));
    assert_eq!(lines, expected);
}

/// Every row and every damaged place.
pub(crate) fn lines(file: &ScapFile) -> Vec<String> {
    let mut lines = Vec::new();
    for item in file.items() {
        match item {
            Item::State(block) | Item::Events(block) => {
                let rows = block.decode(&Projection::all()).expect("rows");
                lines.extend(rows.iter().filter_map(|view| line(&view)));
            }
            Item::Damage(damage) => lines.push(format!("damage: {}", damage.what)),
            _ => {}
        }
    }
    lines
}

fn line(view: &EventView<'_>) -> Option<String> {
    if view.name() == "state_complete" {
        return None;
    }
    let mut line = format!("{} tid={}", view.name(), view.meta().tid.0.cast_signed());
    let layout = view.layout().expect("a layout");
    for (index, param) in layout.params.iter().enumerate() {
        let raw = view.param(index);
        let value = match (raw.status, param.wire) {
            (ParamStatus::Absent, _) => continue,
            (ParamStatus::Fault, _) => "none".to_owned(),
            (_, Wire::Str | Wire::Bytes) => raw.bytes.escape_ascii().to_string(),
            (_, wire) if wire.is_signed() => view.int(index).expect("a number").to_string(),
            _ => view.uint(index).expect("a number").to_string(),
        };
        let cut = if raw.status == ParamStatus::Truncated {
            "~"
        } else {
            ""
        };
        line.push_str(&format!(" {}={value}{cut}", param.name));
    }
    Some(line)
}

//! Any bytes as a block: decoded whole, by columns and by its order record, or refused.
#![no_main]

use falco_format::{Block, Projection, Schema};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut bytes = data.to_vec();
    let schema = Schema::native();
    // The fingerprint of the table is set right: what lies behind it is what is looked for.
    if let Some(place) = bytes.get_mut(1..5) {
        place.copy_from_slice(&schema.fingerprint().0.to_le_bytes());
    }
    let Ok(block) = Block::from_bytes(bytes, schema) else {
        return;
    };
    let _ = block.sequences();
    let _ = block.sizes();
    if let Ok(rows) = block.decode(&Projection::all()) {
        assert_eq!(rows.len(), block.rows());
        for view in rows.iter() {
            let _ = view.meta();
            for index in 0..=view.params() {
                let _ = (
                    view.param(index),
                    view.int(index),
                    view.uint(index),
                    view.bytes(index),
                );
            }
        }
    }
    for (event, count) in block.event_counts() {
        if let Ok(rows) = block.decode(&Projection::none().with_params(event, 0b101)) {
            assert_eq!(rows.len(), count as usize);
        }
    }
});

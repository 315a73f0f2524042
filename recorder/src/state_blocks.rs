//! A snapshot as encoded blocks: the rows of [`crate::snapshot`] in the wire form of `falco-format`.

use falco_format::{BlockBuilder, EncodedBlock, Pid, RawParam, RowMeta, RowOrder, Tid};

use crate::compress::{SnapshotBlocks, block_limits};
use crate::row::{Row, RowSink};
use crate::snapshot;

/// Takes a snapshot and encodes it at this zstd level.
pub fn take(options: &snapshot::Options, level: i32) -> SnapshotBlocks {
    let begun = (options.now)();
    let builder = BlockBuilder::new(RowOrder::AsPushed, block_limits(u64::MAX));
    let mut sink = Encoder {
        builder,
        level,
        blocks: Vec::new(),
        sequence: 0,
        refused: 0,
    };
    let mut counts = snapshot::take(options, &mut sink);
    while let Some(block) = sink.builder.finish(level) {
        sink.blocks.push(block);
    }
    counts.unreadable = counts.unreadable.saturating_add(sink.refused);
    SnapshotBlocks {
        begun,
        blocks: sink.blocks,
        counts,
    }
}

struct Encoder {
    builder: BlockBuilder,
    level: i32,
    blocks: Vec<EncodedBlock>,
    /// Rows of a snapshot are numbered like frames of a CPU, so that none can go missing unseen.
    sequence: u64,
    /// How many rows the format did not take; the table makes that impossible, and it would be said.
    refused: u32,
}

impl RowSink for Encoder {
    fn row(&mut self, row: &Row) {
        let meta = RowMeta {
            time: row.time,
            cpu: 0,
            abi: 0,
            tid: Tid(row.subject.tid),
            pid: Pid(row.subject.pid),
            start: row.subject.start,
            sequence: self.sequence,
        };
        let params: Vec<RawParam<'_>> = row
            .values
            .iter()
            .map(|value| RawParam {
                status: value.status,
                bytes: &value.bytes,
            })
            .collect();
        match self.builder.push(row.event, &meta, &params) {
            Ok(()) => self.sequence += 1,
            Err(_) => self.refused = self.refused.saturating_add(1),
        }
        if self.builder.is_full() {
            self.blocks.extend(self.builder.finish(self.level));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Options, Origin};
    use falco_abi::events::{state_complete, state_host};
    use falco_format::Projection;

    #[test]
    fn a_snapshot_can_be_read_back() {
        let options = Options {
            root: "/".into(),
            live: true,
            env: false,
            origin: Origin::Start,
            containers: None,
            now: crate::clock::boottime_ns,
        };
        let taken = take(&options, 1);
        let mut events = Vec::new();
        for block in taken.blocks {
            let block = block.into_block().expect("a block");
            let rows = block.decode(&Projection::all()).expect("rows");
            events.extend(rows.iter().map(|row| row.event()));
        }
        assert_eq!(events.first(), Some(&state_host::EVENT));
        assert_eq!(events.last(), Some(&state_complete::EVENT));
        assert!(events.len() as u32 > taken.counts.threads);
    }
}

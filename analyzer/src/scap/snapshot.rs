//! Rows of STATE items: what the lists before the events say, one row for each entry.
//!
//! In: entries of lists, taken apart by their own modules. Out: blocks of rows in the order of the file.

use falco_abi::EventId;
use falco_abi::events::{state_complete, state_fd, state_thread};
use falco_format::{BlockBuilder, BlockLimits, Pid, RawParam, RowMeta, RowOrder, Tid};

use super::altered::Altered;
use super::cursor::Cursor;
use crate::dialect::falco_schema;

/// Lists were read at the start of the capture, not copied at a rotation.
const ORIGIN_FIRST: u8 = 0;

/// Collects snapshot rows.
pub(super) struct Snapshot {
    builder: BlockBuilder,
    threads: u32,
    fds: u32,
    altered: Altered,
    sequence: u64,
}

impl Snapshot {
    pub(super) fn new() -> Self {
        Snapshot {
            builder: BlockBuilder::with_schema(
                falco_schema(),
                RowOrder::AsPushed,
                BlockLimits::default(),
            ),
            threads: 0,
            fds: 0,
            altered: Altered::default(),
            sequence: 0,
        }
    }

    /// Takes a row.
    pub(super) fn push(&mut self, event: EventId, (tid, pid): (u64, u64), params: &[RawParam<'_>]) {
        let meta = RowMeta {
            tid: Tid(self.altered.id(tid)),
            pid: Pid(self.altered.id(pid)),
            sequence: self.sequence,
            ..RowMeta::default()
        };
        self.sequence = self.sequence.saturating_add(1);
        if self.builder.push(event, &meta, params).is_err() {
            self.altered.refused = self.altered.refused.saturating_add(1);
            return;
        }
        match event {
            state_thread::EVENT => self.threads = self.threads.saturating_add(1),
            state_fd::EVENT => self.fds = self.fds.saturating_add(1),
            _ => {}
        }
    }

    /// Says that the lists are complete: threads that they do not name do not exist.
    pub(super) fn complete(&mut self) {
        let refused = u32::try_from(self.altered.refused).unwrap_or(u32::MAX);
        let counts = [self.threads, self.fds, refused].map(u32::to_le_bytes);
        let [threads, fds, refused] = &counts;
        let params = [
            RawParam::present(threads),
            RawParam::present(fds),
            RawParam::present(refused),
            RawParam::present(&[ORIGIN_FIRST]),
        ];
        self.push(state_complete::EVENT, (0, 0), &params);
    }

    /// Takes note of what an entry has beyond the fields that are known.
    pub(super) fn left_over(&mut self, entry: &Cursor<'_>) {
        let has_more = !entry.rest().is_empty();
        self.altered.unknown = self.altered.unknown.saturating_add(u64::from(has_more));
    }

    /// What rows could not hold so far.
    pub(super) fn altered(&self) -> &Altered {
        &self.altered
    }

    /// The rows that wait.
    pub(super) fn builder(&mut self) -> &mut BlockBuilder {
        &mut self.builder
    }
}

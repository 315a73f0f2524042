//! Rows for tests: owned, comparable, random over the whole table.

use std::sync::Arc;

use falco_abi::{EventId, ParamStatus, Wire};
use falco_format::{
    BlockBuilder, BlockLimits, BootId, Dialect, EncodedBlock, FormatVersion, Pid, RawParam,
    RowMeta, RowOrder, Rows, Schema, SegmentHeader, Tid, UnixNanos,
};
use proptest::prelude::*;

/// A row that owns its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) event: EventId,
    pub(crate) meta: RowMeta,
    pub(crate) params: Vec<(ParamStatus, Vec<u8>)>,
}

impl Row {
    pub(crate) fn push(&self, builder: &mut BlockBuilder) {
        let params: Vec<_> = self
            .params
            .iter()
            .map(|(status, bytes)| RawParam {
                status: *status,
                bytes,
            })
            .collect();
        builder
            .push(self.event, &self.meta, &params)
            .expect("the row fits the table");
    }

    /// The row as a reader sees it: with every parameter of the table.
    pub(crate) fn filled(mut self) -> Row {
        let params = falco_abi::event(self.event)
            .expect("of the table")
            .params
            .len();
        self.params
            .resize(params, (ParamStatus::Absent, Vec::new()));
        self
    }
}

/// Rows as they were decoded.
pub(crate) fn rows_of(rows: &Rows) -> Vec<Row> {
    let row = |view: falco_format::EventView<'_>| Row {
        event: view.event(),
        meta: view.meta(),
        params: (0..view.params())
            .map(|index| view.param(index))
            .map(|param| (param.status, param.bytes.to_vec()))
            .collect(),
    };
    rows.iter().map(row).collect()
}

/// One block of these rows.
pub(crate) fn encode(rows: &[Row], order: RowOrder) -> EncodedBlock {
    encode_by(&Schema::native(), rows, order)
}

/// One block of these rows, by this table.
pub(crate) fn encode_by(schema: &Arc<Schema>, rows: &[Row], order: RowOrder) -> EncodedBlock {
    let mut builder = BlockBuilder::with_schema(Arc::clone(schema), order, BlockLimits::default());
    rows.iter().for_each(|row| row.push(&mut builder));
    let block = builder.finish(1).expect("there are rows");
    assert!(builder.finish(1).is_none(), "one block takes all");
    block
}

/// A row of any event with any values.
pub(crate) fn any_row() -> impl Strategy<Value = Row> {
    let events: Vec<_> = falco_abi::events().map(|event| event.id).collect();
    let value = (
        0u8..4,
        prop::collection::vec(any::<u8>(), 0..9),
        any::<bool>(),
    );
    let meta = (
        0u64..1 << 40,
        0u16..4,
        0u8..4,
        0u32..20,
        any::<u32>(),
        0u64..3,
        0u64..1 << 50,
    );
    (
        prop::sample::select(events),
        meta,
        prop::collection::vec(value, 0..48),
    )
        .prop_map(|(event, meta, values)| {
            let (time, cpu, abi, tid, pid, start, sequence) = meta;
            let table = falco_abi::event(event).expect("of the table").params;
            let params = table
                .iter()
                .zip(values)
                .map(|(param, value)| fitted(param.wire, value))
                .collect();
            let meta = RowMeta {
                time,
                cpu,
                abi,
                tid: Tid(tid),
                pid: Pid(pid >> (tid % 32)),
                start,
                sequence,
            };
            Row {
                event,
                meta,
                params,
            }
        })
}

fn fitted(wire: Wire, (status, mut bytes, keep): (u8, Vec<u8>, bool)) -> (ParamStatus, Vec<u8>) {
    let status = ParamStatus::from_u8(status).expect("one of four");
    if let Some(width) = wire.width() {
        bytes.resize(width, 0xff);
    }
    match status {
        ParamStatus::Absent => bytes.clear(),
        ParamStatus::Fault if !keep => bytes.clear(),
        _ => {}
    }
    (status, bytes)
}

/// A row of `openat` with a sequence number of its own.
pub(crate) fn opened(time: u64, cpu: u16, sequence: u64, name: &str) -> Row {
    let meta = RowMeta {
        time,
        cpu,
        tid: Tid(7),
        pid: Pid(7),
        start: 1,
        sequence,
        abi: 0,
    };
    let present = |bytes: &[u8]| (ParamStatus::Present, bytes.to_vec());
    let params = vec![
        present(&3i64.to_le_bytes()),
        present(&(-100i32).to_le_bytes()),
        present(name.as_bytes()),
    ];
    Row {
        event: falco_abi::events::openat::EVENT,
        meta,
        params,
    }
}

/// The header of a test's segment.
pub(crate) fn header(segment_number: u64) -> SegmentHeader {
    SegmentHeader {
        version: FormatVersion::CURRENT,
        boot_id: BootId([7; 16]),
        node: "node".to_owned(),
        dialect: Dialect::Native,
        segment_number,
        previous: None,
        created_realtime: UnixNanos(1_700_000_000_000_000_000),
        recording: None,
        capture: None,
    }
}

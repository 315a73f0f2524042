//! Writes the seeds of the fuzz targets: `cargo run -p falco-format --example fuzz_seeds -- format/fuzz/corpus`.
//!
//! `corpus/block` gets one block for each event of the table and one of them all, `corpus/capture` a sealed and an unsealed segment, each behind the byte that tells the target to set checksums right.

use std::error::Error;
use std::fs;
use std::path::Path;

use falco_abi::{EventDef, Lane, LossReason};
use falco_format::{
    BlockBuilder, BlockLimits, BootId, ClockPair, Dialect, EncodedBlock, FormatVersion,
    LostInterval, MemoryIo, Pid, RawParam, RowMeta, RowOrder, Schema, SegmentHeader, SegmentWriter,
    Tid, UnixNanos,
};

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args()
        .nth(1)
        .ok_or("usage: fuzz_seeds DIRECTORY")?;
    let (blocks, captures) = (
        Path::new(&directory).join("block"),
        Path::new(&directory).join("capture"),
    );
    fs::create_dir_all(&blocks)?;
    fs::create_dir_all(&captures)?;
    for event in falco_abi::events() {
        fs::write(blocks.join(event.name), block(&[event], 5)?.bytes)?;
    }
    let all: Vec<&EventDef> = falco_abi::events().collect();
    fs::write(blocks.join("all"), block(&all, 2)?.bytes)?;
    for is_sealed in [true, false] {
        let mut seed = vec![0];
        seed.extend(segment(is_sealed)?);
        fs::write(
            captures.join(if is_sealed { "sealed" } else { "unsealed" }),
            seed,
        )?;
    }
    Ok(())
}

/// A block with `rows` rows of each event, of which the last lacks a value.
fn block(events: &[&EventDef], rows: u64) -> Result<EncodedBlock, Box<dyn Error>> {
    let mut builder = BlockBuilder::new(RowOrder::TimeCpu, BlockLimits::default());
    for row in 0..rows {
        for (place, event) in (0u64..).zip(events) {
            let time = row * 1_000 + place;
            let meta = RowMeta {
                time,
                cpu: (row % 2) as u16,
                tid: Tid(1 + row as u32),
                pid: Pid(1),
                sequence: time,
                ..RowMeta::default()
            };
            let number = (row * 3).to_le_bytes();
            let mut params: Vec<RawParam<'_>> = event
                .params
                .iter()
                .map(|param| {
                    RawParam::present(
                        number
                            .get(..param.wire.width().unwrap_or(5))
                            .unwrap_or_default(),
                    )
                })
                .collect();
            if row + 1 == rows {
                params.pop();
            }
            builder.push(event.id, &meta, &params)?;
        }
    }
    Ok(builder.finish(1).ok_or("no rows")?)
}

fn segment(is_sealed: bool) -> Result<Vec<u8>, Box<dyn Error>> {
    let io = MemoryIo::new();
    let header = SegmentHeader {
        version: FormatVersion::CURRENT,
        boot_id: BootId([1; 16]),
        node: "node".to_owned(),
        dialect: Dialect::Native,
        segment_number: 1,
        previous: None,
        created_realtime: UnixNanos(0),
        recording: None,
        capture: None,
    };
    let mut writer = SegmentWriter::with_tag(io.clone(), header, 1)?;
    writer.schema(&Schema::native())?;
    writer.clock(&[ClockPair {
        boottime_ns: 1,
        realtime_ns: UnixNanos(2),
    }])?;
    let (states, events): (Vec<_>, Vec<_>) =
        falco_abi::events().partition(|event| event.has(falco_abi::events::SNAPSHOT));
    writer.state(&block(&states, 2)?)?;
    writer.events(&block(&events, 2)?)?;
    let reason = LossReason::RingFull;
    writer.lost(&[LostInterval {
        cpu: 0,
        lane: Lane::Bulk,
        reason,
        count: 1,
        last_good_time: 1,
        next_good_time: 2,
    }])?;
    if is_sealed {
        writer.finish()?;
    }
    Ok(io.bytes())
}

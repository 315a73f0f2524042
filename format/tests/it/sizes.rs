//! What a block costs, on rows that look like a busy node's.

use falco_abi::{EventId, Wire, events};
use falco_format::{
    BlockBuilder, BlockLimits, EncodedBlock, Pid, RawParam, RowMeta, RowOrder, Tid,
};

/// The bytes per event that a mix without payloads may cost.
const BYTES_PER_EVENT_MAX: f64 = 8.0;

/// A small generator of numbers that look random and are the same every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Many small numbers, few large ones: `low` to `low << 8`, every doubling half as likely.
    fn skewed(&mut self, low: u64) -> u64 {
        low << self.next().trailing_ones().min(8) | self.below(low)
    }
}

/// The mix of a busy node: event and weight.
const MIX: [(&str, u64); 14] = [
    ("read", 240),
    ("write", 110),
    ("close", 140),
    ("openat", 130),
    ("syscall", 190),
    ("fstat", 60),
    ("mmap", 50),
    ("lseek", 20),
    ("recvfrom", 20),
    ("sendto", 20),
    ("connect", 4),
    ("dup", 4),
    ("procexit", 2),
    ("execve", 1),
];

/// What one thread is doing: calls come in bursts of one thread on one CPU.
struct Burst {
    meta: RowMeta,
    left: u64,
}

struct Workload {
    random: Random,
    mix: Vec<(EventId, u64)>,
    bursts: Vec<Burst>,
    time: u64,
    sequences: Vec<u64>,
}

impl Workload {
    fn new() -> Self {
        let known = |(name, weight): &(&str, u64)| {
            falco_abi::event_by_name(name).map(|event| (event.id, *weight))
        };
        let mut workload = Workload {
            random: Random(0x9e37_79b9_7f4a_7c15),
            mix: MIX.iter().filter_map(known).collect(),
            bursts: Vec::new(),
            time: 5_000_000_000_000,
            sequences: vec![0; 2],
        };
        workload.bursts = (0..2).map(|cpu| workload.burst(cpu)).collect();
        workload
    }

    fn burst(&mut self, cpu: u16) -> Burst {
        let process = self.random.below(60) as u32;
        let meta = RowMeta {
            cpu,
            pid: Pid(1_000 + process * 7),
            tid: Tid(1_000 + process * 7 + self.random.below(3) as u32),
            start: 4_000_000_000_000 + u64::from(process) * 777_777_777,
            ..RowMeta::default()
        };
        Burst {
            meta,
            left: self.random.skewed(8),
        }
    }

    fn next(&mut self) -> (EventId, RowMeta, Vec<Vec<u8>>) {
        let cpu = usize::from(self.random.below(2) == 1);
        if self.bursts[cpu].left == 0 {
            self.bursts[cpu] = self.burst(cpu as u16);
        }
        self.bursts[cpu].left -= 1;
        self.time += self.random.skewed(1_500);
        let meta = RowMeta {
            time: self.time,
            sequence: self.sequences[cpu],
            ..self.bursts[cpu].meta
        };
        self.sequences[cpu] += 1;
        let total: u64 = self.mix.iter().map(|(_, weight)| weight).sum();
        let mut chosen = self.random.below(total);
        let place = self.mix.iter().position(|(_, weight)| {
            let found = chosen < *weight;
            chosen = chosen.saturating_sub(*weight);
            found
        });
        let event = self.mix[place.expect("within the total")].0;
        (event, meta, self.values(event))
    }

    /// Values as such calls have them; an empty one stands for absent.
    fn values(&mut self, event: EventId) -> Vec<Vec<u8>> {
        let table = falco_abi::event(event).expect("of the table");
        let fails = self.random.below(8) == 0;
        let params = table.params.iter().map(|param| {
            let number = match param.name {
                "fd" | "res" if fails => (-2i64) as u64,
                "fd" | "dirfd" => 3 + self.random.skewed(2) % 40,
                "res" if event != events::read::EVENT && event != events::write::EVENT => 0,
                "size" | "res" | "length" => [1, 8, 16, 512, 832, 4_096, self.random.below(65_536)]
                    [self.random.below(7) as usize],
                "ino" | "dev" | "opened" if fails => return Vec::new(),
                "ino" => 1_000_000 + self.random.skewed(4) * 37 % 3_000,
                "dev" => 0x0080_0002,
                "addr" => 0x7f00_0000_0000 + (self.random.below(1 << 20) << 12),
                "pos" => self.random.below(1 << 20),
                "ID" => [7, 14, 202, 230, 232, 281][self.random.below(6) as usize],
                "flags" => [0, 0x8_0000, 0x9_0800][self.random.below(3) as usize],
                _ => u64::from(self.random.below(50) == 0),
            };
            match (param.wire, param.wire.width()) {
                (_, Some(width)) => number.to_le_bytes()[..width].to_vec(),
                (Wire::Str, None) => format!(
                    "/usr/lib/x86_64-linux-gnu/module-{}/part{}.so",
                    self.random.skewed(2),
                    self.random.skewed(1)
                )
                .into_bytes(),
                _ => Vec::new(),
            }
        });
        params.collect()
    }
}

fn fill(builder: &mut BlockBuilder, rows: usize) {
    let mut workload = Workload::new();
    for _ in 0..rows {
        let (event, meta, values) = workload.next();
        let params: Vec<RawParam<'_>> = values
            .iter()
            .map(|bytes| match bytes.as_slice() {
                [] => RawParam::ABSENT,
                bytes => RawParam::present(bytes),
            })
            .collect();
        builder.push(event, &meta, &params).expect("fits");
    }
}

fn block(rows: usize) -> EncodedBlock {
    let mut builder = BlockBuilder::new(RowOrder::TimeCpu, BlockLimits::default());
    fill(&mut builder, rows);
    builder.finish(1).expect("rows wait")
}

#[test]
fn a_mix_without_payloads_costs_few_bytes_per_event() {
    let block = block(60_000);
    let cost = block.bytes.len() as f64 / block.rows as f64;
    println!(
        "{cost:.2} bytes per event, {:.1} raw",
        block.raw_bytes as f64 / block.rows as f64
    );
    assert!(cost < BYTES_PER_EVENT_MAX, "{cost:.2} bytes per event");
}

/// Figures by column are of all that is stored, and nothing is in two of them.
#[test]
fn parts_of_a_block_make_up_its_bytes() {
    for rows in [300, 3_000, 60_000] {
        let block = block(rows);
        let stored = block.bytes.len();
        let parts = block
            .into_block()
            .expect("parses")
            .sizes()
            .expect("decodes");
        let together: usize = parts.iter().map(|(_, bytes)| bytes).sum();
        assert_eq!(together, stored, "{rows} rows: {parts:?}");
    }
}

//! The probe in the kernel: loading, attaching, draining, counting, shedding.
//!
//! Owns everything between the embedded BPF object and one frame's bytes.
//! In flow the selected events; out flow frames, in order within each ring, and counters.
//! It does not look into a frame: that is the table's business.

mod btf;
mod clock;
mod counters;
mod error;
mod layout;
mod loader;
mod plans;
mod requirements;
mod rings;

use aya::maps::{Array, MapData};
use aya::programs::links::FdLink;
use falco_abi::counters::{CPU_WORDS, CpuState};
use falco_abi::plan::Limits;
use falco_abi::{EventId, Lane};

pub use clock::barrier;
pub use counters::RingLosses;
pub use error::ProbeError;
pub use requirements::{Requirement, requirements};
pub use rings::{DrainStats, Ring};

/// Rings of one CPU, by lane: a second of a busy CPU, several of a quiet one.
pub const RING_BYTES: [u32; Lane::COUNT] = [2 << 20, 8 << 20, 4 << 20];

/// What to record.
#[derive(Clone, Debug)]
pub struct ProbeConfig {
    /// The rows of the event table. The row `syscall` stands for every call without a row of its own.
    pub events: Vec<EventId>,
    /// How much of payloads and environments.
    pub limits: Limits,
    /// Bytes of each CPU's rings, by lane: powers of two.
    pub ring_bytes: [u32; Lane::COUNT],
}

impl Default for ProbeConfig {
    /// The rows that are recorded unless the user chooses otherwise.
    fn default() -> ProbeConfig {
        let rows = falco_abi::events().filter(|row| row.has(falco_abi::events::DEFAULT));
        ProbeConfig {
            events: rows.map(|row| row.id).collect(),
            limits: Limits::default(),
            ring_bytes: RING_BYTES,
        }
    }
}

/// The loaded probe. Dropping it detaches it.
pub struct Probe {
    ebpf: aya::Ebpf,
    /// The programs to attach, by name.
    programs: Vec<&'static str>,
    links: Vec<FdLink>,
    rings: Vec<Ring>,
    ring_bytes: [u32; Lane::COUNT],
    counters: Array<MapData, [u64; CPU_WORDS]>,
    /// Process id and shed lanes, as `falco_abi::counters::Control`.
    control: Array<MapData, [u32; 2]>,
    cpus: u32,
    cookie: u64,
    missing: Vec<&'static str>,
}

impl Probe {
    /// How many CPUs the machine may have; rings exist for those that were online when the probe was loaded.
    pub fn cpus(&self) -> u32 {
        self.cpus
    }

    /// Fields of the kernel that this kernel lacks: the values that need them are absent.
    pub fn missing_fields(&self) -> &[&'static str] {
        &self.missing
    }

    /// The rings, for draining one at a time.
    pub fn rings(&mut self) -> &mut [Ring] {
        &mut self.rings
    }

    /// Drains every ring once. Frames of one ring come in order, the lane of most consequence first.
    pub fn drain(&mut self, mut sink: impl FnMut(&[u8])) -> DrainStats {
        let mut stats = DrainStats::default();
        for lane in Lane::ALL {
            let limit = self.ring_bytes.get(*lane as usize).copied().unwrap_or(0);
            for ring in self.rings.iter_mut().filter(|ring| ring.lane == *lane) {
                stats.add(ring.drain(u64::from(limit), &mut sink));
            }
        }
        stats
    }

    /// What a CPU's probe counted.
    pub fn cpu_state(&self, cpu: u32) -> Result<CpuState, ProbeError> {
        let words = self.counters.get(&cpu, 0);
        let words =
            words.map_err(|error| ProbeError::from_map("read the probe's counters", error))?;
        Ok(CpuState::from_words(words))
    }

    /// What was lost since the probe was attached, by CPU, lane and reason.
    pub fn losses(&self) -> Result<Vec<RingLosses>, ProbeError> {
        let mut losses = Vec::new();
        for cpu in 0..self.cpus {
            losses.extend(counters::losses_of(cpu, &self.cpu_state(cpu)?));
        }
        Ok(losses)
    }

    /// How often the kernel skipped a program because it was running on the CPU already. Such frames have no sequence number.
    pub fn recursion_misses(&self) -> Result<u64, ProbeError> {
        let mut misses = 0;
        for name in &self.programs {
            misses += loader::program_figure(&self.ebpf, name, "recursion_misses")?;
        }
        Ok(misses)
    }

    /// How many instructions the verifier went through, by program.
    pub fn verified_instructions(&self) -> Result<Vec<(&'static str, u64)>, ProbeError> {
        let figures = self.programs.iter().map(|name| {
            let figure = loader::program_figure(&self.ebpf, name, "verified_insns")?;
            Ok((*name, figure))
        });
        figures.collect()
    }

    /// Sheds these lanes from now on, and no others: their frames are not built, but counted as shed.
    pub fn shed(&mut self, lanes: &[Lane]) -> Result<(), ProbeError> {
        let error = |error| ProbeError::from_map("tell the probe which lanes to shed", error);
        let mask = lanes.iter().fold(0, |mask, lane| mask | 1 << *lane as u32);
        let [own, _] = self.control.get(&0, 0).map_err(error)?;
        self.control.set(0, [own, mask], 0).map_err(error)
    }

    /// Detaches the programs. Frames already in the rings can still be drained.
    pub fn detach(&mut self) {
        self.links.clear();
    }
}

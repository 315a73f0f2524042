//! What the probe must know of this kernel and this machine before it starts.
//!
//! Owns the saved registers of each architecture and the look-up of every offset that the probe asks for.

use std::io::Read;

use falco_abi::Abi;
use falco_abi::kernel::{ABSENT, Config, FieldDef, OFFSETS};

use super::btf::KernelTypes;
use super::error::ProbeError;

/// The fields without which no frame can be made.
const REQUIRED: [&str; 3] = ["task_tid", "task_pid", "task_start"];
/// Where programs may draw random bytes.
const RANDOM: &str = "/dev/urandom";

/// How calls look on one architecture.
struct Machine {
    native: Abi,
    compat: Abi,
    /// The offset's name and the bits that tell compatibility mode.
    compat_word: (&'static str, u64),
    x32_bit: u64,
    number: u64,
    native_args: [u64; 6],
    compat_args: [u64; 6],
    /// The number of `lseek`.
    marker: u64,
}

/// `struct pt_regs` of x86-64; 32-bit programs pass ebx, ecx, edx, esi, edi, ebp.
const X86_64: Machine = Machine {
    native: Abi::X86_64,
    compat: Abi::I386,
    // TS_COMPAT: set by every 32-bit entry, also by `int 0x80` of a 64-bit program.
    compat_word: ("task_status", 2),
    x32_bit: 1 << 30,
    number: 120,
    native_args: [112, 104, 96, 56, 72, 64],
    compat_args: [40, 88, 96, 104, 112, 32],
    marker: 8,
};

/// `struct pt_regs` of 64-bit Arm, where the first register holds the result by then and is kept beside.
/// 32-bit programs are not recorded: TIF_32BIT leads to an ABI that no table has.
const AARCH64: Machine = Machine {
    native: Abi::Aarch64,
    compat: Abi::Aarch64,
    compat_word: ("task_thread_flags", 1 << 22),
    x32_bit: 0,
    number: 280,
    native_args: [272, 8, 16, 24, 32, 40],
    compat_args: [272, 8, 16, 24, 32, 40],
    marker: 62,
};

/// The ABI of calls that are not recorded.
const NO_ABI: u64 = 0xff;

/// What the loader hands over.
pub(super) struct Layout {
    /// Offsets in the order of [`OFFSETS`].
    pub(super) offsets: Vec<u16>,
    /// Names of fields that this kernel lacks: their values will be absent.
    pub(super) missing: Vec<&'static str>,
    /// Configuration, without the plans.
    pub(super) config: Config,
}

/// The ABIs whose calls this machine makes.
pub(super) fn abis() -> &'static [Abi] {
    if cfg!(target_arch = "x86_64") {
        &[Abi::X86_64, Abi::I386, Abi::X32]
    } else {
        &[Abi::Aarch64]
    }
}

/// Looks everything up.
pub(super) fn layout(types: &KernelTypes, cpus: u32) -> Result<Layout, ProbeError> {
    let machine = match std::env::consts::ARCH {
        "x86_64" => X86_64,
        "aarch64" => AARCH64,
        _ => return Err(ProbeError::UnsupportedMachine),
    };
    let offsets: Vec<u16> = OFFSETS.iter().map(|field| find(types, field)).collect();
    let mut missing = Vec::new();
    for (field, offset) in OFFSETS.iter().zip(&offsets) {
        if *offset != ABSENT {
            continue;
        }
        if REQUIRED.contains(&field.name) || field.name == machine.compat_word.0 {
            return Err(ProbeError::MissingField {
                structure: field.structure,
                field: field.paths.first().copied().unwrap_or_default(),
            });
        }
        missing.push(field.name);
    }
    let config = configure(types, &machine, &offsets, cpus)?;
    Ok(Layout {
        offsets,
        missing,
        config,
    })
}

fn find(types: &KernelTypes, field: &FieldDef) -> u16 {
    let mut paths = field.paths.iter();
    let found = paths.find_map(|path| types.offset(field.structure, path));
    found
        .and_then(|offset| u16::try_from(offset).ok())
        .unwrap_or(ABSENT)
}

fn known(offsets: &[u16], name: &str) -> Option<u64> {
    let place = OFFSETS.iter().position(|field| field.name == name)?;
    let offset = *offsets.get(place)?;
    (offset != ABSENT).then_some(u64::from(offset))
}

fn configure(
    types: &KernelTypes,
    machine: &Machine,
    offsets: &[u16],
    cpus: u32,
) -> Result<Config, ProbeError> {
    let [native_0, native_1, native_2, native_3, native_4, native_5] = machine.native_args;
    let [compat_0, compat_1, compat_2, compat_3, compat_4, compat_5] = machine.compat_args;
    let (word, mask) = machine.compat_word;
    let compat_abi = if machine.compat == machine.native {
        NO_ABI
    } else {
        machine.compat as u64
    };
    let (rss_first, rss_stride) = resident_counters(types, offsets);
    Ok(Config {
        cpus: u64::from(cpus),
        marker_number: machine.marker,
        marker_cookie: cookie()?,
        native_abi: machine.native as u64,
        compat_abi,
        compat_offset: known(offsets, word).unwrap_or(0),
        compat_mask: mask,
        x32_bit: machine.x32_bit,
        number_offset: machine.number,
        native_0,
        native_1,
        native_2,
        native_3,
        native_4,
        native_5,
        compat_0,
        compat_1,
        compat_2,
        compat_3,
        compat_4,
        compat_5,
        generic_plan: 0,
        inode_size: u64::from(types.size("inode").unwrap_or(0)),
        rss_stride,
        rss_first,
        page_kib: rustix::param::page_size() as u64 / 1024,
    })
}

/// Where the counters of resident memory begin and how far apart they are: per-CPU counters since 6.2, words before.
fn resident_counters(types: &KernelTypes, offsets: &[u16]) -> (u64, u64) {
    let Some(base) = known(offsets, "mm_rss_stat") else {
        return (0, 0);
    };
    if types.size("mm_rss_stat").is_some() {
        return (base, 8);
    }
    match (
        known(offsets, "percpu_counter_count"),
        types.size("percpu_counter"),
    ) {
        (Some(count), Some(size)) => (base + count, u64::from(size)),
        _ => (0, 0),
    }
}

/// A number that nobody can guess, as a file offset can hold it.
fn cookie() -> Result<u64, ProbeError> {
    let mut bytes = [0; 8];
    std::fs::File::open(RANDOM)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(|error| ProbeError::from_io("draw random bytes from /dev/urandom", error))?;
    Ok(u64::from_ne_bytes(bytes) >> 1)
}

//! Loading and attaching.

use std::os::fd::{AsFd, AsRawFd};

use aya::maps::{Array, ArrayOfMaps, Map, MapData, RingBuf};
use aya::programs::links::FdLink;
use aya::programs::{BtfTracePoint, Program};
use aya::util::{nr_cpus, online_cpus};
use aya::{Btf, Ebpf, EbpfLoader, VerifierLogLevel};
use falco_abi::plan::PLAN_LEN;
use falco_abi::{Lane, Tracepoint};
use rustix::fs::SeekFrom;
use rustix::process::{Resource, Rlimit, setrlimit};

use super::btf::KernelTypes;
use super::error::ProbeError;
use super::plans::{Plans, plans};
use super::{Probe, ProbeConfig, layout, rings};
use crate::privilege;

/// The built program, as `probe/build.sh` wrote it. The loader wants it aligned.
static OBJECT: &[u8] = aya::include_bytes_aligned!("probe.bpf.o");

/// The program at every syscall's exit.
const SYS_EXIT: &str = "sys_exit";

/// The tracepoint's name, which is its program's name too.
pub(super) const fn tracepoint_name(tracepoint: Tracepoint) -> &'static str {
    match tracepoint {
        Tracepoint::Exec => "sched_process_exec",
        Tracepoint::Fork => "sched_process_fork",
        Tracepoint::Exit => "sched_process_exit",
        Tracepoint::CgroupAttach => "cgroup_attach_task",
    }
}

impl Probe {
    /// Loads the probe, has it verified, and makes its rings. Nothing is recorded before it is attached.
    pub fn load(config: &ProbeConfig) -> Result<Probe, ProbeError> {
        for bytes in config.ring_bytes {
            rings::check_size(bytes)?;
        }
        let names = privilege::lacking_to_load();
        if !names.is_empty() {
            return Err(ProbeError::Lacks { names });
        }
        lift_locked_memory_limit();
        let cpus = nr_cpus().map_err(|(_, error)| ProbeError::from_io("count the CPUs", error))?;
        let cpus = cpus as u32;
        let types = KernelTypes::of_this_kernel()?;
        let mut layout = layout::layout(&types, cpus)?;
        let plans = plans(&config.events, config.limits, layout::abis());
        layout.config.generic_plan = u64::from(plans.generic);
        let mut programs = vec![SYS_EXIT];
        programs.extend(
            plans
                .tracepoints
                .iter()
                .map(|point| tracepoint_name(*point)),
        );
        for name in &programs {
            if !types.has_tracepoint(name) {
                return Err(ProbeError::MissingTracepoint { name });
            }
        }
        drop(types);
        let mut ebpf = load_object(&layout, &plans, cpus)?;
        load_programs(&mut ebpf, &programs)?;
        fill_plans(&mut ebpf, &plans)?;
        Ok(Probe {
            rings: make_rings(&mut ebpf, config.ring_bytes)?,
            counters: array(take(&mut ebpf, "CPUS")?)?,
            control: array(take(&mut ebpf, "CONTROL")?)?,
            ebpf,
            programs,
            links: Vec::new(),
            ring_bytes: config.ring_bytes,
            cpus,
            cookie: layout.config.marker_cookie,
            missing: layout.missing,
        })
    }

    /// Attaches the programs and makes this process known to them: from that moment they record, all others but this process.
    pub fn attach(&mut self) -> Result<(), ProbeError> {
        for name in self.programs.clone() {
            let program = btf_program(&mut self.ebpf, name)?;
            let error = |error| ProbeError::from_program(name, error);
            let id = program.attach().map_err(error)?;
            let link = program.take_link(id).map_err(error)?;
            self.links.push(FdLink::from(link));
        }
        self.mark()
    }

    /// Makes the call by which the probe recognises its recorder: a seek in /dev/null to an offset that only the two know.
    /// The probe sees the process id of the initial namespace, which this process may not know.
    fn mark(&self) -> Result<(), ProbeError> {
        let doing = "make the recorder known to the probe";
        let null =
            std::fs::File::open("/dev/null").map_err(|error| ProbeError::from_io(doing, error))?;
        rustix::fs::seek(&null, SeekFrom::Start(self.cookie))
            .map_err(|error| ProbeError::from_io(doing, error.into()))?;
        Ok(())
    }
}

/// Kernels before 5.11 count maps as locked memory. Failure is no error: later ones do not ask.
fn lift_locked_memory_limit() {
    let unlimited = Rlimit {
        current: None,
        maximum: None,
    };
    // The result says nothing about whether loading will succeed, so it is not kept.
    let _ = setrlimit(Resource::Memlock, unlimited);
}

fn load_object(layout: &layout::Layout, plans: &Plans, cpus: u32) -> Result<Ebpf, ProbeError> {
    let words: Vec<u64> = layout.config.words().collect();
    EbpfLoader::new()
        .btf(None)
        // Why a program is refused, without the path to it, which would take longer to print than to find.
        .verifier_log_level(VerifierLogLevel::STATS)
        .override_global("OFFSETS", layout.offsets.as_slice(), true)
        .override_global("CONFIG", words.as_slice(), true)
        .override_global("PLAN_INDEX", plans.index.as_slice(), true)
        .override_global("SOCKETCALL_INDEX", plans.socketcalls.as_slice(), true)
        .map_max_entries("SCRATCH", cpus)
        .map_max_entries("CPUS", cpus)
        .map_max_entries("RINGS", cpus * Lane::COUNT as u32)
        .load(OBJECT)
        .map_err(|error| ProbeError::from_object("load the probe's maps", error))
}

fn load_programs(ebpf: &mut Ebpf, names: &[&'static str]) -> Result<(), ProbeError> {
    let btf = Btf::from_sys_fs().map_err(|_| ProbeError::BadBtf {
        what: "the loader cannot parse it",
    })?;
    for name in names {
        btf_program(ebpf, name)?
            .load(name, &btf)
            .map_err(|error| ProbeError::from_program(name, error))?;
    }
    Ok(())
}

fn btf_program<'a>(
    ebpf: &'a mut Ebpf,
    name: &'static str,
) -> Result<&'a mut BtfTracePoint, ProbeError> {
    let program = ebpf
        .program_mut(name)
        .ok_or(ProbeError::BadObject { what: name })?;
    program
        .try_into()
        .map_err(|error| ProbeError::from_program(name, error))
}

fn fill_plans(ebpf: &mut Ebpf, plans: &Plans) -> Result<(), ProbeError> {
    let error = |error| ProbeError::from_map("hand the plans to the probe", error);
    let mut map: Array<MapData, [u8; PLAN_LEN]> = array(take(ebpf, "PLANS")?)?;
    for (place, plan) in &plans.plans {
        map.set(*place, plan, 0).map_err(error)?;
    }
    Ok(())
}

fn make_rings(ebpf: &mut Ebpf, bytes: [u32; Lane::COUNT]) -> Result<Vec<rings::Ring>, ProbeError> {
    let online = online_cpus().map_err(|(_, error)| ProbeError::from_io("list the CPUs", error))?;
    let mut outer: ArrayOfMaps<MapData, RingBuf<MapData>> = take(ebpf, "RINGS")?
        .try_into()
        .map_err(|error| ProbeError::from_map("open the array of rings", error))?;
    let mut made = Vec::new();
    for cpu in online {
        made.extend(rings::make(&mut outer, cpu, bytes)?);
    }
    Ok(made)
}

fn take(ebpf: &mut Ebpf, name: &'static str) -> Result<Map, ProbeError> {
    ebpf.take_map(name)
        .ok_or(ProbeError::BadObject { what: name })
}

fn array<V: aya::Pod>(map: Map) -> Result<Array<MapData, V>, ProbeError> {
    Array::try_from(map).map_err(|error| ProbeError::from_map("open a map of the probe", error))
}

/// A figure that the kernel keeps about a loaded program, 0 where it keeps none.
pub(super) fn program_figure(
    ebpf: &Ebpf,
    name: &'static str,
    figure: &str,
) -> Result<u64, ProbeError> {
    let program: &Program = ebpf
        .program(name)
        .ok_or(ProbeError::BadObject { what: name })?;
    let fd = program
        .fd()
        .map_err(|error| ProbeError::from_program(name, error))?;
    let path = format!("/proc/self/fdinfo/{}", fd.as_fd().as_raw_fd());
    let text = std::fs::read_to_string(path)
        .map_err(|error| ProbeError::from_io("read about a loaded program", error))?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'));
    Ok(line
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or(0))
}

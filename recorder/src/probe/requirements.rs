//! What this host must have for recording, and what is missing.

use std::path::Path;

use aya::maps::{MapData, MapError};
use aya_obj::generated::bpf_map_type;
use falco_abi::{Lane, Tracepoint};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::btf::{KernelTypes, VMLINUX};
use super::error::CAPABILITIES;
use super::loader::tracepoint_name;
use super::{Probe, ProbeConfig, RING_BYTES};
use crate::privilege;

/// One thing that recording needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// What.
    pub name: String,
    /// Whether it is there.
    pub met: bool,
    /// What was found.
    pub detail: String,
    /// What to do if it is not there.
    pub remedy: String,
}

impl Requirement {
    fn new(name: &str, met: bool, detail: impl Into<String>, remedy: &str) -> Requirement {
        Requirement {
            name: name.to_owned(),
            met,
            detail: detail.into(),
            remedy: if met {
                String::new()
            } else {
                remedy.to_owned()
            },
        }
    }
}

/// Bytes of the rings of a trial: the smallest that are rings, for nothing is to travel in them.
const TRIAL_RING_BYTES: u32 = 64 * 1024;

/// Looks at everything, in the order in which loading would need it.
pub fn requirements() -> Vec<Requirement> {
    let mut found = vec![permission(), lockdown(), ring_buffers()];
    match KernelTypes::of_this_kernel() {
        Ok(types) => {
            found.push(Requirement::new(
                "kernel type information",
                true,
                VMLINUX,
                "",
            ));
            found.extend(tracepoints(&types));
        }
        Err(error) => found.push(Requirement::new(
            "kernel type information",
            false,
            error.to_string(),
            "run a kernel built with CONFIG_DEBUG_INFO_BTF=y",
        )),
    }
    found.push(memory());
    // Only the kernel's own verifier can say that it takes the probe. It is asked last, where nothing else is missing.
    if found.iter().all(|requirement| requirement.met) {
        found.push(loading());
    }
    found
}

/// Loads the probe with the smallest rings, attaches nothing, and lets it go.
fn loading() -> Requirement {
    let config = ProbeConfig {
        ring_bytes: [TRIAL_RING_BYTES; Lane::COUNT],
        ..ProbeConfig::default()
    };
    let remedy = "record on a kernel that README.md names, and report this one";
    match Probe::load(&config) {
        Ok(_) => Requirement::new("the probe", true, "the kernel accepts it", remedy),
        Err(error) => Requirement::new("the probe", false, error.to_string(), remedy),
    }
}

fn permission() -> Requirement {
    let missing = privilege::lacking_to_load();
    let detail = if missing.is_empty() {
        format!("user {}", geteuid().as_raw())
    } else {
        format!(
            "user {} lacks {}",
            geteuid().as_raw(),
            missing.join(" and ")
        )
    };
    let remedy = format!("run as root, or with {CAPABILITIES}");
    Requirement::new("permission to load", missing.is_empty(), detail, &remedy)
}

fn lockdown() -> Requirement {
    let path = Path::new("/sys/kernel/security/lockdown");
    let mode = std::fs::read_to_string(path).unwrap_or_else(|_| "[none]".to_owned());
    let met = !mode.contains("[confidentiality]");
    let remedy = "boot without lockdown=confidentiality: it forbids reading kernel memory";
    Requirement::new("kernel lockdown", met, mode.trim(), remedy)
}

fn ring_buffers() -> Requirement {
    let size = rustix::param::page_size() as u32;
    let kind = bpf_map_type::BPF_MAP_TYPE_RINGBUF as u32;
    let definition = aya_obj::Map::new_from_params(kind, 0, 0, size, 0);
    let (met, detail) = match MapData::create(definition, "doctor", None) {
        Ok(_) => (true, "a ring could be made".to_owned()),
        Err(MapError::CreateError { io_error, .. }) => {
            let unknown = io_error.raw_os_error() == Some(Errno::INVAL.raw_os_error());
            let why = if unknown {
                "not known to this kernel"
            } else {
                "not made"
            };
            (false, format!("{why}: {io_error}"))
        }
        Err(error) => (false, error.to_string()),
    };
    let remedy = "run Linux 6.1 or later with CONFIG_BPF_SYSCALL=y, with permission to load";
    Requirement::new("ring buffers", met, detail, remedy)
}

fn tracepoints(types: &KernelTypes) -> Vec<Requirement> {
    let points = [
        Tracepoint::Exec,
        Tracepoint::Fork,
        Tracepoint::Exit,
        Tracepoint::CgroupAttach,
    ];
    let names = points.into_iter().map(tracepoint_name);
    let remedy = "run a kernel built with CONFIG_HAVE_SYSCALL_TRACEPOINTS, CONFIG_TRACEPOINTS and CONFIG_CGROUPS";
    std::iter::once("sys_exit")
        .chain(names)
        .map(|name| {
            let met = types.has_tracepoint(name);
            let detail = if met { "present" } else { "not in this kernel" };
            Requirement::new(&format!("tracepoint {name}"), met, detail, remedy)
        })
        .collect()
}

/// The rings are taken from the kernel's memory when the probe is loaded.
fn memory() -> Requirement {
    let cpus = aya::util::online_cpus().map_or(1, |cpus| cpus.len() as u64);
    let per_cpu: u64 = RING_BYTES.iter().map(|bytes| u64::from(*bytes)).sum();
    let needed = cpus.saturating_mul(per_cpu);
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok())
        .unwrap_or(0)
        .saturating_mul(1024);
    let mib = |bytes: u64| bytes >> 20;
    let detail = format!(
        "rings of {cpus} CPUs take {} MiB, {} MiB are available",
        mib(needed),
        mib(available)
    );
    Requirement::new("memory", available > needed, detail, "choose smaller rings")
}

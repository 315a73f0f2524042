//! Why the probe could not be loaded, attached or read.

use std::io;
use std::path::PathBuf;

use aya::maps::MapError;
use aya::programs::ProgramError;
use aya::{BtfError, EbpfError};
use rustix::io::Errno;

/// The capabilities that loading needs, as messages name them.
pub(super) const CAPABILITIES: &str =
    "CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN; as root they are there)";

/// How many lines of the verifier's log an error shows: the last ones tell what was refused.
const VERIFIER_LINES: usize = 12;

/// Why the probe could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The kernel does not describe its types.
    #[error(
        "the kernel offers no type information at {path}: {source}; it must be built with CONFIG_DEBUG_INFO_BTF"
    )]
    NoBtf {
        /// Where it was looked for.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// The description of the kernel's types could not be understood.
    #[error("the kernel's type information cannot be read: {what}")]
    BadBtf {
        /// What is wrong with it.
        what: &'static str,
    },
    /// A field without which nothing can be recorded is not there.
    #[error("this kernel has no field {structure}.{field}, which the probe needs")]
    MissingField {
        /// The structure.
        structure: &'static str,
        /// The field.
        field: &'static str,
    },
    /// This tracepoint is not there.
    #[error("this kernel has no tracepoint {name}")]
    MissingTracepoint {
        /// Its name.
        name: &'static str,
    },
    /// Something is not permitted.
    #[error(
        "no permission to {doing}: {CAPABILITIES} are needed, and a kernel whose lockdown mode is not `confidentiality`"
    )]
    NoPermission {
        /// What was tried.
        doing: String,
    },
    /// Capabilities are missing, and it is known which.
    #[error("this process lacks {}: {CAPABILITIES} are needed to load the probe", .names.join(" and "))]
    Lacks {
        /// Which.
        names: Vec<&'static str>,
    },
    /// The verifier refused a program.
    #[error("the kernel's verifier refused the program {program}: {source}\n{tail}")]
    Refused {
        /// The program.
        program: &'static str,
        /// What the kernel said.
        source: io::Error,
        /// The last lines of the verifier's log.
        tail: String,
    },
    /// There is not enough memory.
    #[error("not enough memory to {doing}; smaller rings need less")]
    NoMemory {
        /// What was tried.
        doing: String,
    },
    /// A ring's size is not one that the kernel takes.
    #[error(
        "a ring of {bytes} bytes is not possible: it must be a power of two and at least {least}"
    )]
    BadRingSize {
        /// The size asked for.
        bytes: u32,
        /// The least.
        least: u32,
    },
    /// The machine's architecture is not supported.
    #[error("the machine's architecture is not supported: x86-64 and 64-bit Arm are")]
    UnsupportedMachine,
    /// The probe's object lacks something: it does not belong to this program.
    #[error("the embedded probe has no {what}")]
    BadObject {
        /// What is missing.
        what: &'static str,
    },
    /// Something else that the kernel refused.
    #[error("cannot {doing}: {source}")]
    Kernel {
        /// What was tried.
        doing: String,
        /// What was said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl ProbeError {
    /// An error of the kernel, by its number.
    pub(super) fn from_io(doing: &str, source: io::Error) -> ProbeError {
        let doing = doing.to_owned();
        match source.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::PERM | Errno::ACCESS) => ProbeError::NoPermission { doing },
            Some(Errno::NOMEM) => ProbeError::NoMemory { doing },
            _ => ProbeError::Kernel {
                doing,
                source: source.into(),
            },
        }
    }

    pub(super) fn from_map(doing: &str, error: MapError) -> ProbeError {
        match error {
            MapError::CreateError { io_error, .. } | MapError::IoError(io_error) => {
                ProbeError::from_io(doing, io_error)
            }
            MapError::SyscallError(error) => ProbeError::from_io(doing, error.io_error),
            other => other_error(doing, other),
        }
    }

    pub(super) fn from_object(doing: &str, error: EbpfError) -> ProbeError {
        match error {
            EbpfError::MapError(error) => ProbeError::from_map(doing, error),
            EbpfError::BtfError(BtfError::LoadError { io_error, .. }) => {
                ProbeError::from_io(doing, io_error)
            }
            other => other_error(doing, other),
        }
    }

    pub(super) fn from_program(program: &'static str, error: ProgramError) -> ProbeError {
        let doing = format!("load the program {program}");
        match error {
            ProgramError::LoadError {
                io_error,
                verifier_log,
            } => refused(program, &doing, io_error, &verifier_log.to_string()),
            ProgramError::SyscallError(error) => ProbeError::from_io(&doing, error.io_error),
            ProgramError::Btf(BtfError::UnknownBtfTypeName { .. }) => {
                ProbeError::MissingTracepoint { name: program }
            }
            other => other_error(&doing, other),
        }
    }
}

/// A program that the kernel did not take: with a log, because of what it does; without, for want of a permission.
fn refused(program: &'static str, doing: &str, source: io::Error, log: &str) -> ProbeError {
    if log.trim().is_empty() {
        return ProbeError::from_io(doing, source);
    }
    let lines: Vec<&str> = log.lines().collect();
    let first = lines.len().saturating_sub(VERIFIER_LINES);
    let tail = lines.get(first..).unwrap_or_default().join("\n");
    ProbeError::Refused {
        program,
        source,
        tail,
    }
}

fn other_error(doing: &str, error: impl std::error::Error + Send + Sync + 'static) -> ProbeError {
    ProbeError::Kernel {
        doing: doing.to_owned(),
        source: Box::new(error),
    }
}

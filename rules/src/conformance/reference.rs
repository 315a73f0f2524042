//! The reference data as a schema and as cases.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value as Json;

use crate::{ArgumentKind, EventTypeDef, FieldDef, FieldType, Multiplicity, Schema};

/// Falco's fields, events and parameters.
pub(super) struct Reference {
    root: PathBuf,
    fields: &'static [FieldDef],
    event_types: Vec<EventTypeDef>,
    parameters: BTreeMap<String, FieldType>,
}

/// System calls that Falco's own list of event names leaves out.
const UNNAMED_CALLS: &[&str] = &[
    "_llseek",
    "fcntl64",
    "getegid32",
    "geteuid32",
    "getgid32",
    "getresgid32",
    "getresuid32",
    "getuid32",
    "na_1",
    "page_fault_kernel",
    "page_fault_user",
    "pread64",
    "prlimit64",
    "pwrite64",
    "sched_process_exit",
    "sched_switch",
    "sendfile64",
    "setgid32",
    "setresgid32",
    "setresuid32",
    "setuid32",
    "signal_deliver",
    "ugetrlimit",
    "unknown",
];

impl Reference {
    pub(super) fn open() -> Option<Self> {
        let root = PathBuf::from(std::env::var_os("FALCO_REFERENCE")?);
        let read = |path: &str| std::fs::read_to_string(root.join(path)).ok();
        let fields = read_fields(&serde_json::from_str(&read("fields.json")?).ok()?);
        let mut codes: BTreeMap<String, u16> = BTreeMap::new();
        let mut parameters = BTreeMap::new();
        for line in read("scap/ppm_table.tsv")?.lines() {
            let mut columns = line.split('\t').skip(1);
            *codes.entry(columns.next()?.to_owned()).or_default() += 1;
            for parameter in columns.nth(4).unwrap_or_default().split(';') {
                let mut parts = parameter.split(':');
                if let (Some(name), Some(Ok(ty))) = (parts.next(), parts.next().map(str::parse)) {
                    parameters
                        .entry(name.to_owned())
                        .or_insert(parameter_type(ty));
                }
            }
        }
        codes.remove("syscall");
        let calls = read("scap/ppm_sc.tsv")?;
        let calls: BTreeSet<_> = calls
            .lines()
            .filter_map(|line| line.split('\t').nth(1))
            .collect();
        let mut event_types: Vec<_> = codes
            .iter()
            .map(|(name, codes)| EventTypeDef {
                name: name.clone().leak(),
                codes: *codes,
                has_params: true,
            })
            .collect();
        for call in calls {
            if !codes.contains_key(call) && !UNNAMED_CALLS.contains(&call) {
                let name = call.to_owned().leak();
                event_types.push(EventTypeDef {
                    name,
                    codes: 2,
                    has_params: false,
                });
            }
        }
        Some(Self {
            root,
            fields,
            event_types,
            parameters,
        })
    }

    /// The lines of a file of cases.
    pub(super) fn cases(&self, path: &str) -> Vec<Json> {
        let text =
            std::fs::read_to_string(self.root.join(path)).expect("the file of cases can be read");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a case is JSON"))
            .collect()
    }

    pub(super) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root.join(path)).expect("the reference file can be read")
    }
}

fn read_fields(json: &Json) -> &'static [FieldDef] {
    let classes = json["fieldclasses"].as_array().into_iter().flatten();
    let fields = classes.flat_map(|class| class["fields"].as_array().into_iter().flatten());
    // The direction went out of Falco's list before it went out of its engine.
    let direction = FieldDef {
        name: "evt.dir",
        ty: FieldType::Charbuf,
        argument: ArgumentKind::None,
        multiplicity: Multiplicity::One,
        doc: "",
    };
    let mut defs: Vec<_> = fields.map(read_field).collect();
    if !defs.iter().any(|def| def.name == direction.name) {
        defs.push(direction);
    }
    defs.leak()
}

fn read_field(json: &Json) -> FieldDef {
    let name: &'static str = json["name"].as_str().unwrap_or_default().to_owned().leak();
    let required = json["argument"]["required"].as_bool();
    let argument = match (name, required) {
        ("evt.arg", _) => ArgumentKind::EventParameter,
        ("evt.rawarg", _) => ArgumentKind::RawEventParameter,
        ("proc.env" | "proc.aenv" | "evt.abspath", _) => ArgumentKind::KeyOptional,
        (_, None) => ArgumentKind::None,
        (_, Some(false)) => ArgumentKind::IndexOptional,
        (_, Some(true)) => ArgumentKind::KeyRequired,
    };
    let multiplicity = match name {
        "fd.ip" | "fd.port" | "fd.net" | "fd.proto" => Multiplicity::EitherEnd,
        "proc.aname" | "proc.aexe" | "proc.aexepath" | "proc.acmdline" | "proc.apid"
        | "proc.aenv" | "proc.aargs" => Multiplicity::Any,
        _ if json["is_list"] == Json::Bool(true) => Multiplicity::List,
        _ => Multiplicity::One,
    };
    FieldDef {
        name,
        ty: field_type(json["type"].as_str().unwrap_or_default()),
        argument,
        multiplicity,
        doc: "",
    }
}

fn field_type(name: &str) -> FieldType {
    match name {
        "UINT64" => FieldType::Uint64,
        "UINT32" => FieldType::Uint32,
        "INT64" => FieldType::Int64,
        "INT32" => FieldType::Int32,
        "INT16" => FieldType::Int16,
        "BOOL" => FieldType::Bool,
        "ABSTIME" => FieldType::Abstime,
        "RELTIME" => FieldType::Reltime,
        "DOUBLE" => FieldType::Double,
        "IPADDR" => FieldType::Ipaddr,
        "IPNET" => FieldType::Ipnet,
        "PORT" => FieldType::Port,
        "BYTEBUF" => FieldType::Bytebuf,
        _ => FieldType::Charbuf,
    }
}

/// Types of event parameters by Falco's numbers.
fn parameter_type(number: u32) -> FieldType {
    match number {
        1 => FieldType::Int8,
        2 => FieldType::Int16,
        3 => FieldType::Int32,
        4 => FieldType::Int64,
        5 => FieldType::Uint8,
        6 => FieldType::Uint16,
        7 => FieldType::Uint32,
        8 => FieldType::Uint64,
        10 => FieldType::Bytebuf,
        11 => FieldType::Errno,
        12 => FieldType::Sockaddr,
        13 => FieldType::Socktuple,
        14 => FieldType::Fd,
        15 => FieldType::Pid,
        18 => FieldType::Uint16,
        19 => FieldType::Sigtype,
        20 => FieldType::Reltime,
        21 => FieldType::Abstime,
        22 => FieldType::Port,
        25 => FieldType::Bool,
        28..=30 => FieldType::Flags,
        _ => FieldType::Charbuf,
    }
}

impl Schema for Reference {
    fn source(&self) -> &'static str {
        "syscall"
    }

    fn fields(&self) -> &'static [FieldDef] {
        self.fields
    }

    fn event_types(&self) -> &[EventTypeDef] {
        &self.event_types
    }

    fn parameter_type(&self, name: &str) -> Option<FieldType> {
        self.parameters.get(name).copied()
    }

    fn service_port(&self, name: &str) -> Option<u16> {
        match name {
            "http" => Some(80),
            "https" => Some(443),
            "ssh" => Some(22),
            _ => None,
        }
    }
}

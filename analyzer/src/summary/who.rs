//! Who did something, as the state before the event knows it.
//!
//! In: an event as a pass shows it. Out: the process with its container, and the processes above it. What is not known is empty.

use falco_format::UnixNanos;
use falco_rules::RuleSet;

use crate::fields::SCHEMA;
use crate::past::Process;
use crate::pipeline::{Demand, Seen, Shown};
use crate::state::facets::Facets;

/// How many processes above one are told.
pub const LINEAGE_MAX: usize = 12;

/// How much of a command line is told, in bytes: what is longer is a script that stands in it.
const COMMAND_MAX: usize = 1_024;

/// A process.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Party {
    /// Its number; −1 where that is not known.
    pub pid: i64,
    /// When it began; 0 where that is not known.
    pub start: UnixNanos,
    /// Its name.
    pub name: String,
    /// The path of its executable.
    pub exe: String,
    /// Its command line.
    pub command: String,
    /// The user for whom it acts.
    pub user: String,
}

/// A container, and its pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Container {
    /// Its id; `host` outside of containers.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// Its pod, behind the namespace: `namespace/pod`.
    pub pod: String,
}

/// Who did something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// The process.
    pub process: Party,
    /// Where it is.
    pub container: Container,
    /// The processes above it, the parent first; only where they are asked for.
    pub lineage: Vec<Party>,
}

/// What this rests on.
const FACETS: Facets = Facets::PROGRAM
    .and(Facets::ANCESTRY)
    .and(Facets::CREDENTIALS)
    .and(Facets::ACCOUNTS)
    .and(Facets::CGROUPS)
    .and(Facets::CONTAINERS);

/// What must be decoded and applied to judge by rules, and to tell who is behind what they say.
#[must_use]
pub fn demand(rules: &RuleSet) -> Demand {
    use falco_rules::Schema as _;
    let none = std::collections::BTreeSet::new();
    match rules.of_source(SCHEMA.source()) {
        Some(rules) => {
            let shown = Shown::of_types(rules.event_types());
            Demand::of_facts(shown, rules.slots(), FACETS, &none)
        }
        None => Demand::of_rules(rules),
    }
}

impl Who {
    /// Who did what is seen, with the processes above where `with_lineage` says so. None where nothing is known of the thread.
    #[must_use]
    pub fn of(seen: &Seen<'_>, with_lineage: bool) -> Option<Who> {
        let (state, standing) = (seen.state(), seen.standing());
        let thread = state.thread_of(state.row(seen.view))?;
        let process = Process::of(state, standing.clock(), thread, standing.is_damaged());
        let above = process.ancestors().take(LINEAGE_MAX);
        let lineage = with_lineage.then(|| above.map(|above| party(&above)).collect());
        let word = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Some(Who {
            container: Container {
                id: text(Some(process.container_id())),
                name: word(process.container_name()),
                image: word(process.container_image()),
                pod: match (process.pod_namespace(), process.pod_name()) {
                    (Some(namespace), Some(pod)) => format!("{namespace}/{pod}"),
                    (_, pod) => word(pod),
                },
            },
            process: party(&process),
            lineage: lineage.unwrap_or_default(),
        })
    }
}

fn party(process: &Process<'_>) -> Party {
    let mut command = process.command_line().unwrap_or_default();
    if command.len() > COMMAND_MAX {
        command.truncate(COMMAND_MAX);
        command.extend("…".as_bytes());
    }
    Party {
        pid: process.pid(),
        start: process.start().unwrap_or_default(),
        name: text(process.name()),
        exe: text(process.exe_path()),
        command: text(Some(&command)),
        user: text(process.user()),
    }
}

/// Bytes of a capture as text: what is none is replaced.
fn text(bytes: Option<&[u8]>) -> String {
    String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
}

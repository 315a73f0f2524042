//! How fast rules load and judge events; the values of the events stand ready, so that neither state nor extraction counts.
//!
//! `cargo bench --profile dist -p falco-benches --bench rules`.
//! The default rules always; the three stock files too where `FALCO_REFERENCE` names the directory that has them.
//! Times are medians of rounds; where valgrind is installed instructions are counted besides, which no neighbour disturbs.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use falco_analyze::fields::SCHEMA;
use falco_analyze::rule_files::{RuleText, load_rules, read_rule_files};
use falco_benches::programs::root;
use falco_benches::statistics::{grouped, median};
use falco_rules::{
    BoundField, Event, EventTypeId, Multiplicity, RuleMatching, RuleSet, Schema as _, Selection,
    Value, field_key,
};

/// The stock files, in Falco's order.
const STOCK: [&str; 3] = [
    "rules/falco_rules.yaml",
    "rules/falco-incubating_rules.yaml",
    "rules/falco-sandbox_rules.yaml",
];
/// How often each time is taken.
const ROUNDS: usize = 9;
/// Events judged in one round by the program.
const EVENTS: u32 = 100_000;
/// Events judged in one round by the plain evaluator, which is slower.
const PLAIN_EVENTS: u32 = 1_000;
/// Events judged under valgrind: enough that the scanner's warm-up vanishes.
const COUNTED_EVENTS: u32 = 10_000;
/// Names the rule set and the event, as `SET/EVENT`, in the process that valgrind watches.
const COUNTED: &str = "FALCO_BENCH_COUNTED";

/// One plausible event: a service at work on the host.
struct Case {
    name: &'static str,
    event_type: &'static str,
    /// Of the file, the program or the connection.
    path: &'static str,
    is_write: bool,
}

const CASES: [Case; 6] = [
    Case {
        name: "openat of a library",
        event_type: "openat",
        path: "/usr/lib/libssl.so.3",
        is_write: false,
    },
    Case {
        name: "openat below /etc",
        event_type: "openat",
        path: "/etc/ssl/openssl.cnf",
        is_write: false,
    },
    Case {
        name: "openat for writing",
        event_type: "openat",
        path: "/var/log/nginx/access.log",
        is_write: true,
    },
    Case {
        name: "execve",
        event_type: "execve",
        path: "/usr/sbin/nginx",
        is_write: false,
    },
    Case {
        name: "connect",
        event_type: "connect",
        path: "10.0.0.1:1->10.0.0.2:443",
        is_write: false,
    },
    Case {
        name: "close, which no rule asks for",
        event_type: "close",
        path: "/usr/lib/libssl.so.3",
        is_write: false,
    },
];

/// An event whose values stand ready by slot.
struct Prepared {
    event_type: EventTypeId,
    values: Vec<Value<'static>>,
}

impl Event for Prepared {
    fn event_type(&self) -> EventTypeId {
        self.event_type
    }

    fn extract<'e>(&'e self, field: &BoundField) -> Value<'e> {
        self.values
            .get(field.slot as usize)
            .copied()
            .unwrap_or(Value::Absent)
    }
}

impl Prepared {
    fn new(rules: &RuleSet, case: &Case) -> Result<Self> {
        let types = SCHEMA.event_types();
        let position = types.iter().position(|def| def.name == case.event_type);
        let event_type = EventTypeId(u16::try_from(position.context("the event type is known")?)?);
        let values = rules.slots().iter().map(|slot| value(slot, case));
        Ok(Self {
            event_type,
            values: values.collect(),
        })
    }
}

fn value(slot: &BoundField, case: &Case) -> Value<'static> {
    const ANCESTORS: &[Value<'_>] = &[Value::Str(b"systemd"), Value::Str(b"init")];
    let Some(def) = SCHEMA.fields().get(usize::from(slot.field.0)) else {
        return Value::Absent;
    };
    let directory = case.path.rsplit_once('/').map_or("", |(before, _)| before);
    match field_key(def, &slot.argument).as_str() {
        "evt.type" => Value::Str(case.event_type.as_bytes()),
        "fd.name" | "evt.arg.path" | "fs.path.name" => Value::Str(case.path.as_bytes()),
        "fd.directory" => Value::Str(directory.as_bytes()),
        "fd.typechar" => Value::Str(b"f"),
        "fd.num" => Value::Int(7),
        "evt.is_open_read" => Value::Bool(!case.is_write),
        "evt.is_open_write" => Value::Bool(case.is_write),
        "container.id" => Value::Str(b"host"),
        "container.image.repository" => Value::Str(b""),
        "proc.name" | "proc.pname" => Value::Str(b"nginx"),
        "proc.cmdline" => Value::Str(b"nginx -g daemon off;"),
        "proc.exepath" => Value::Str(b"/usr/sbin/nginx"),
        "user.name" => Value::Str(b"root"),
        _ if def.multiplicity == Multiplicity::Any
            && slot.argument == falco_rules::FieldArgument::None =>
        {
            Value::List(ANCESTORS)
        }
        _ => Value::Absent,
    }
}

/// The rule sets that this host has: a name and the texts.
fn rule_sets() -> Result<Vec<(&'static str, Vec<RuleText>)>> {
    let mut sets = vec![("default", read_rule_files(&[root().join("rules/default")])?)];
    match std::env::var_os("FALCO_REFERENCE") {
        Some(reference) => {
            let files: Vec<PathBuf> = STOCK.map(|name| Path::new(&reference).join(name)).into();
            sets.push(("stock", read_rule_files(&files)?));
        }
        None => println!("FALCO_REFERENCE names no directory: the stock rules are left out"),
    }
    Ok(sets)
}

fn load(texts: &[RuleText]) -> Result<RuleSet> {
    let loaded = load_rules(&SCHEMA, texts, &Selection::default());
    loaded.rules.context("the rules have errors")
}

/// Judges one event over and over; valgrind counts what happens in here and nothing else.
#[inline(never)]
fn judge(rules: &RuleSet, event: &Prepared, times: u32) -> usize {
    let mut scanner = rules.scanner(RuleMatching::First);
    let mut matches = Vec::new();
    let mut found = 0;
    for _ in 0..times {
        matches.clear();
        scanner.scan(black_box(event), &mut matches);
        found += matches.len();
    }
    found
}

fn judge_plain(rules: &RuleSet, event: &Prepared, times: u32) -> usize {
    let matches = (0..times).map(|_| {
        rules
            .matches_plain(black_box(event), RuleMatching::First)
            .len()
    });
    matches.sum()
}

/// Nanoseconds for one of `count` events that `work` judges.
fn nanoseconds(count: u32, mut work: impl FnMut() -> usize) -> f64 {
    black_box(work());
    let rounds: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            black_box(work());
            started.elapsed().as_secs_f64() * 1e9 / f64::from(count)
        })
        .collect();
    median(&rounds)
}

/// Instructions for one event, where valgrind is there to count them.
fn instructions(set: &str, case: &Case) -> Result<Option<u64>> {
    let directory = tempfile::tempdir()?;
    let ran = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .arg("--toggle-collect=*rules*judge")
        .arg(format!(
            "--callgrind-out-file={}",
            directory.path().join("out").display()
        ))
        .arg(std::env::current_exe()?)
        .env(COUNTED, format!("{set}/{}", case.name))
        .output();
    let Ok(output) = ran else { return Ok(None) };
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "valgrind failed:\n{said}");
    let count = said
        .lines()
        .find_map(|line| line.split_once("Collected :"))
        .context("valgrind counts")?;
    let total: u64 = count.1.trim().parse()?;
    Ok(Some(total / u64::from(COUNTED_EVENTS)))
}

/// What runs under valgrind.
fn run_counted(wanted: &str) -> Result<()> {
    for (set, texts) in rule_sets()? {
        for case in &CASES {
            if format!("{set}/{}", case.name) == wanted {
                let rules = load(&texts)?;
                let event = Prepared::new(&rules, case)?;
                black_box(judge(&rules, &event, COUNTED_EVENTS));
            }
        }
    }
    Ok(())
}

fn measure(set: &str, texts: &[RuleText]) -> Result<()> {
    let rules = load(texts)?;
    let milliseconds: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            let loaded = black_box(load(texts));
            let elapsed = started.elapsed().as_secs_f64() * 1e3;
            loaded.map(|_| elapsed)
        })
        .collect::<Result<_>>()?;
    let (nodes, tests) = rules.program_size();
    println!(
        "\n{set}: {} rules, {nodes} nodes, {tests} distinct tests; loaded in {:.1} ms",
        rules.rules().len(),
        median(&milliseconds)
    );
    println!(
        "{:<30} {:>10} {:>7} {:>9} {:>12} {:>12} {:>6}",
        "event", "candidates", "matches", "ns", "instructions", "plain ns", "ratio"
    );
    for case in &CASES {
        let event = Prepared::new(&rules, case)?;
        let fast = nanoseconds(EVENTS, || judge(&rules, &event, EVENTS));
        let plain = nanoseconds(PLAIN_EVENTS, || judge_plain(&rules, &event, PLAIN_EVENTS));
        let counted = instructions(set, case)?;
        println!(
            "{:<30} {:>10} {:>7} {fast:>9.1} {:>12} {plain:>12.0} {:>6.0}",
            case.name,
            rules.rules_for(event.event_type).count(),
            judge(&rules, &event, 1),
            counted.map_or_else(|| "no valgrind".to_owned(), grouped),
            plain / fast
        );
    }
    Ok(())
}

fn main() -> Result<()> {
    if let Ok(wanted) = std::env::var(COUNTED) {
        return run_counted(&wanted);
    }
    for (set, texts) in rule_sets()? {
        measure(set, &texts)?;
    }
    Ok(())
}

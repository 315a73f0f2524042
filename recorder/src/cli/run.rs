//! `falco-record run`.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use falco_abi::Lane;
use falco_abi::limits::{ENV_MAX, PAYLOAD_MAX};
use falco_abi::plan::Limits;
use falco_format::text::count;
use indicatif::{ProgressBar, ProgressStyle};

use super::Format;
use super::containers::ContainerArguments;
use super::notice::{self, notice};
use crate::doctor;
use crate::exit;
use crate::probe::{ProbeConfig, RING_BYTES};
use crate::retain::Budget;
use crate::selection::Selection;
use crate::session::{self, CommandEnd, Outcome, SessionConfig, Watcher};
use crate::units::{parse_duration, parse_size, show_bytes};
use crate::write::{FIRST_SNAPSHOT_WAIT, WriterConfig};

/// The share of the budget that one segment may take: dropping the oldest must not drop most of what there is.
const SEGMENTS_PER_BUDGET: u64 = 8;
/// The smallest segment: a snapshot takes tens of kilobytes, and each segment begins with one.
const SEGMENT_BYTES_MIN: u64 = 256 << 10;
/// The size of segments where nothing else is said.
const SEGMENT_BYTES: u64 = 64 << 20;

/// How often the line of progress is drawn anew while nothing is heard of the recording.
const REDRAW: Duration = Duration::from_millis(200);

const HELP: &str = "\
Events (--events SET):
  A list with commas, read from left to right: each term adds its events, a term with `-`
  before it removes them. A list that starts with `+` or `-` starts from `default`.
  A term is a set (default, all, none, state), an event or syscall (openat, pread64),
  a category (net, file, process, user, IO-read, ...) or a lane (lane:process, lane:file,
  lane:bulk). `falco-record events` lists them all.

Containers (--containers on|off):
  What runtimes say of containers (name, image, mounts, labels, pod) is recorded as events, and
  with each snapshot. Naming a socket replaces the usual ones of that interface:
    --cri         /run/containerd/containerd.sock, /run/crio/crio.sock, k3s' containerd
    --containerd  /run/containerd/containerd.sock, k3s' containerd
    --docker      /run/docker.sock
    --podman      /run/podman/podman.sock
  Where none answers, what the runtimes leave on disk is read. `falco-record doctor` says who answers.

Where it goes (-o DIR):
  DIR holds a directory per boot, and that the segments; a second start on the same boot goes on
  in its directory. Budget and age hold for all boots together. `falco-analyze` reads DIR, the
  directory of one boot, or one segment. A segment is pinned by an empty file of its name with
  `.pin` behind it. A full disk never costs what is kept: what finds no room is counted as lost.

Signals:
  SIGTERM, SIGINT  end the recording and seal it; with a command they are passed on to it
  SIGHUP           begins a new segment and goes on
  SIGUSR1          prints how it goes on stderr

Sizes are written 1500, 64MiB, 2G (binary) or 2GB (decimal), durations 500ms, 90, 10m, 2h, 7d.

Examples:
  falco-record run -o /var/lib/falco/capture --budget 2G --max-age 7d
  falco-record run -o build.capture -- cargo build
  falco-record run -o net.capture --events none,net,execve,procfork,procexit --for 10m
  falco-record run -o kind.capture --cri /run/kind/containerd.sock --for 1h
  falco-record run -o quiet.capture --containers off
  falco-record run -o io.capture --events +read,write --payload 80 -- ./suspect

Exit codes:
  0  recorded and sealed, nothing lost (SIGTERM and Ctrl-C seal)
  2  nothing could be recorded, or the command line is wrong
  3  recorded, but not everything: events were lost or the disk was full
  With `-- COMMAND` the exit code is the command's own: 128 and the number for a signal, 127 when
  it is not found, 126 when it cannot be executed. The summary on stderr tells of losses.";

/// What is recorded, and where it goes.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct Arguments {
    /// The directory that holds a directory per boot; both are made where they do not exist, that of this boot is continued
    #[arg(short = 'o', long = "output", value_name = "DIR")]
    output: PathBuf,
    /// Which events to record
    #[arg(
        long,
        value_name = "SET",
        default_value = "default",
        allow_hyphen_values = true
    )]
    events: String,
    /// Stop after this time
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration)]
    duration: Option<Duration>,
    /// Keep at most this many bytes, of all boots together: the oldest segment that is not pinned goes first
    #[arg(long, value_name = "BYTES", value_parser = parse_size)]
    budget: Option<u64>,
    /// Keep segments at most this long
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    max_age: Option<Duration>,
    /// Begin a new segment at this size [default: 64MiB, or an eighth of the budget]
    #[arg(long, value_name = "BYTES", value_parser = parse_size)]
    segment_size: Option<u64>,
    /// Begin a new segment at this age
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "10m")]
    segment_age: Duration,
    /// Record up to this many bytes of each call's I/O payload (reads, writes, messages)
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=i64::from(PAYLOAD_MAX)))]
    payload: u16,
    /// Record the environments of programs
    #[arg(long)]
    env: bool,
    /// Sizes of each CPU's rings, by lane: powers of two
    #[arg(long, value_name = "PROCESS,FILE,BULK", value_parser = parse_rings)]
    rings: Option<[u32; Lane::COUNT]>,
    /// How hard to compress: a zstd level
    #[arg(long, value_name = "LEVEL", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=19))]
    level: i32,
    #[command(flatten)]
    containers: ContainerArguments,
    /// How the summary on stderr is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// A command to record: it starts once recording has begun, and its end is the end
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

fn parse_rings(text: &str) -> Result<[u32; Lane::COUNT], String> {
    let sizes: Vec<u32> = text
        .split(',')
        .map(|size| {
            let bytes = parse_size(size).map_err(|error| error.to_string())?;
            u32::try_from(bytes).map_err(|_| format!("`{size}` is too large for a ring"))
        })
        .collect::<Result<_, String>>()?;
    sizes
        .try_into()
        .map_err(|_| "three sizes are needed: PROCESS,FILE,BULK".to_owned())
}

pub(super) fn run(arguments: Arguments) -> Result<ExitCode> {
    let format = arguments.format;
    let selection = Selection::parse(&arguments.events).context("--events")?;
    warn_of(&selection);
    let namespace = doctor::pid_namespace();
    if !namespace.met {
        notice(&namespace.remedy);
    }
    let config = config(arguments, &selection)?;
    let progress = progress(&config);
    let bar = progress.clone();
    let watcher = Watcher {
        notice,
        progress: Box::new(move |events, bytes, lost| {
            let bytes = show_bytes(bytes);
            bar.set_message(format!("{}, {bytes}, {lost} lost", count(events, "event")));
            bar.tick();
        }),
    };
    let outcome = session::run(&config, &watcher);
    progress.finish_and_clear();
    let outcome = outcome?;
    tell(&outcome, format);
    Ok(exit::of_recording(
        session::command_code(&outcome.command),
        outcome.summary.complete,
    ))
}

fn config(arguments: Arguments, selection: &Selection) -> Result<SessionConfig> {
    let budget = Budget {
        bytes: arguments.budget,
        max_age: arguments.max_age,
    };
    let default_size = arguments.budget.map_or(SEGMENT_BYTES, |budget| {
        (budget / SEGMENTS_PER_BUDGET).clamp(SEGMENT_BYTES_MIN, SEGMENT_BYTES)
    });
    let segment_bytes = arguments.segment_size.unwrap_or(default_size);
    if arguments
        .budget
        .is_some_and(|budget| budget < segment_bytes)
    {
        bail!(
            "the budget is smaller than one segment of {}",
            show_bytes(segment_bytes)
        );
    }
    let limits = Limits {
        payload: arguments.payload,
        env: if arguments.env { ENV_MAX } else { 0 },
    };
    Ok(SessionConfig {
        directory: arguments.output,
        probe: ProbeConfig {
            events: selection.ids().collect(),
            limits,
            ring_bytes: arguments.rings.unwrap_or(RING_BYTES),
        },
        writer: WriterConfig {
            segment_bytes,
            segment_age: arguments.segment_age,
            budget,
            snapshot: session::snapshot_of_this_machine(arguments.env),
            first_snapshot_wait: FIRST_SNAPSHOT_WAIT,
            level: arguments.level,
        },
        containers: arguments.containers.settings(),
        duration: arguments.duration,
        command: arguments.command,
    })
}

/// State needs some events; a user who leaves them out should know.
fn warn_of(selection: &Selection) {
    const SHOWN: usize = 5;
    let missing = selection.missing_for_state();
    if missing.is_empty() {
        return;
    }
    let more = missing.len().saturating_sub(SHOWN);
    let shown: Vec<&str> = missing.into_iter().take(SHOWN).collect();
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    notice(&format!(
        "without {}{rest}, replay will know less of processes and files; `+` before the list adds to the default",
        shown.join(", ")
    ));
}

/// A line about how it goes, where a person looks on and no command writes to the same terminal.
fn progress(config: &SessionConfig) -> ProgressBar {
    if !config.command.is_empty() || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("recording {elapsed}  {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    // It moves from the start, also while the first snapshot of a large machine is taken.
    bar.enable_steady_tick(REDRAW);
    notice::keep_clear_of(&bar);
    bar
}

fn tell(outcome: &Outcome, format: Format) {
    match &outcome.command {
        CommandEnd::NotStarted(error) => {
            notice(&format!("the command could not be started: {error}"))
        }
        CommandEnd::LeftBehind(_) => notice("a second signal: the command is left running"),
        CommandEnd::None | CommandEnd::Ended(_) => {}
    }
    if !outcome.missing_fields.is_empty() {
        let fields = outcome.missing_fields.join(", ");
        notice(&format!(
            "this kernel lacks {fields}: values that need them are absent"
        ));
    }
    match format {
        Format::Text => notice::tell(outcome.summary.to_string().lines()),
        // Where nobody reads the summary, the exit code still counts.
        Format::Json => notice::tell_as_json(&outcome.summary),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings() {
        assert_eq!(parse_rings("1M,2M,4M"), Ok([1 << 20, 2 << 20, 4 << 20]));
        for text in ["1M", "1M,2M,x", "1M,2M,8G", "1,2,3,4"] {
            assert!(parse_rings(text).is_err(), "{text}");
        }
    }
}

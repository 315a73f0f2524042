//! The options of `falco-record run`, as typed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use falco_abi::Lane;
use falco_abi::limits::PAYLOAD_MAX;

use super::help::HELP;
use crate::batch::BATCH_AGE;
use crate::budget::{Limit, parse_limit};
use crate::cli::Format;
use crate::cli::containers::ContainerArguments;
use crate::groups::parse_group;
use crate::metrics::{Place, parse_place};
use crate::priority;
use crate::units::{UnitError, parse_duration, parse_size};
use crate::vouch::{Place as Anchor, parse_place as parse_anchor};

/// What is recorded, and where it goes.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(in crate::cli) struct Arguments {
    /// The directory that holds a directory per boot; both are made where they do not exist, that of this boot is continued
    #[arg(
        short = 'o',
        long = "output",
        value_name = "DIR",
        required_unless_present = "config"
    )]
    pub(super) output: Option<PathBuf>,
    /// Take options from this file, in TOML and by their long names: `budget = "2G"`; what is typed goes first
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Let this group read along, without writing anything: directories get mode 0750 and segments 0640, where they are 0700 and 0600 otherwise
    #[arg(long, value_name = "NAME", value_parser = parse_group)]
    pub(super) group: Option<u32>,
    /// Which events to record
    #[arg(
        long,
        value_name = "SET",
        default_value = "default",
        allow_hyphen_values = true
    )]
    pub(super) events: String,
    /// Stop after this time
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration)]
    pub(super) duration: Option<Duration>,
    /// Keep at most this many bytes, of all boots together, or everything with `none`: the oldest segment that is not pinned goes first [default: a tenth of the file system, at most 10GiB]
    #[arg(long, value_name = "BYTES|none", value_parser = parse_limit)]
    pub(super) budget: Option<Limit>,
    /// Keep segments at most this long
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(super) max_age: Option<Duration>,
    /// Begin a new segment at this size [default: 64MiB, or an eighth of the budget]
    #[arg(long, value_name = "BYTES", value_parser = parse_size)]
    pub(super) segment_size: Option<u64>,
    /// Begin a new segment at this age
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "10m")]
    pub(super) segment_age: Duration,
    /// Record up to this many bytes, at most 80, of each call's I/O payload (reads, writes, messages)
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=i64::from(PAYLOAD_MAX)))]
    pub(super) payload: u16,
    /// Record the environments of programs
    #[arg(long)]
    pub(super) env: bool,
    /// Sizes of each CPU's rings, by lane: powers of two
    #[arg(long, value_name = "PROCESS,FILE,BULK", value_parser = parse_rings)]
    pub(super) rings: Option<[u32; Lane::COUNT]>,
    /// How hard to compress: a zstd level
    #[arg(long, value_name = "LEVEL", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=19))]
    pub(super) level: i32,
    /// Write events to the disk at the latest after this time, at most 500ms: sooner for those who follow, with more bytes for each event
    #[arg(long, value_name = "DURATION", value_parser = parse_latency, default_value = "500ms")]
    pub(super) latency: Duration,
    /// Say how it goes on stderr this often, or not at all with `off` [default: 1m where no person looks on and no command runs]
    #[arg(long, value_name = "DURATION|off", value_parser = parse_every)]
    pub(super) report_every: Option<Every>,
    /// Tell metrics to Prometheus here, by HTTP; the group may connect to a socket of the file system
    #[arg(long, value_name = "unix:PATH|ADDRESS:PORT", value_parser = parse_place)]
    pub(super) metrics: Option<Place>,
    /// Write the process id to this file while recording
    #[arg(long, value_name = "FILE")]
    pub(super) pidfile: Option<PathBuf>,
    /// By how much the niceness of draining, compressing and writing is lowered, so that busy processors cost no events; 0 leaves it as it is
    #[arg(long, value_name = "N", default_value_t = priority::DEFAULT.0, value_parser = clap::value_parser!(i32).range(0..=i64::from(priority::MAX)))]
    pub(super) priority: i32,
    #[command(flatten)]
    pub(super) containers: ContainerArguments,
    /// Sign segments with this key, which `falco-record keygen` makes; it is replaced with each segment that is sealed
    #[arg(long, value_name = "KEY")]
    pub(super) sign: Option<PathBuf>,
    /// Let digests of segments leave the node as they are made, every ten seconds and when one is sealed: to a file, to syslog, or to a command's standard input; may be given several times
    #[arg(long = "anchor", value_name = "FILE|syslog||COMMAND", value_parser = parse_anchor)]
    pub(super) anchors: Vec<Anchor>,
    /// How the summary on stderr is printed
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
    /// A command to record: it starts once recording has begun, and its end is the end
    #[arg(last = true, value_name = "COMMAND")]
    pub(super) command: Vec<OsString>,
}

impl Arguments {
    /// The file with further options.
    pub(in crate::cli) fn config(&self) -> Option<&Path> {
        self.config.as_deref()
    }
}

/// How often something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Every {
    /// Never.
    Off,
    /// After each such time.
    Time(Duration),
}

fn parse_every(text: &str) -> Result<Every, UnitError> {
    if text.trim().eq_ignore_ascii_case("off") {
        return Ok(Every::Off);
    }
    parse_duration(text).map(Every::Time)
}

/// The shortest latency: the pause between two looks at the rings.
const LATENCY_MIN: Duration = Duration::from_millis(20);

fn parse_latency(text: &str) -> Result<Duration, String> {
    let latency = parse_duration(text).map_err(|error| error.to_string())?;
    if (LATENCY_MIN..=BATCH_AGE).contains(&latency) {
        return Ok(latency);
    }
    Err(format!(
        "it is between {} and {} ms: what waits longer would be lost when the recorder is killed",
        LATENCY_MIN.as_millis(),
        BATCH_AGE.as_millis()
    ))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_and_intervals() {
        let check = |text, ms: Option<u64>| {
            assert_eq!(
                parse_latency(text).ok(),
                ms.map(Duration::from_millis),
                "{text}"
            );
        };
        check("250ms", Some(250));
        check("20ms", Some(20));
        check("500ms", Some(500));
        check("19ms", None);
        check("1s", None);
        check("soon", None);
        assert_eq!(parse_every("off"), Ok(Every::Off));
        assert_eq!(parse_every("1m"), Ok(Every::Time(Duration::from_secs(60))));
        assert!(parse_every("never").is_err());
    }

    #[test]
    fn rings() {
        assert_eq!(parse_rings("1M,2M,4M"), Ok([1 << 20, 2 << 20, 4 << 20]));
        for text in ["1M", "1M,2M,x", "1M,2M,8G", "1,2,3,4"] {
            assert!(parse_rings(text).is_err(), "{text}");
        }
    }
}

//! The command line of `falco-analyze-sql`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use clap::{Parser, ValueEnum};
use falco_analyze::time::Zone;
use falco_sql::Format;

/// More threads than this are more than any machine has cores, and a typing mistake.
const JOBS_MAX: u64 = 1_024;

const EXAMPLES: &str = "\
Tables:
  events    one row per event: Falco's fields with dots as underscores (evt_type, proc_name, fd_name, container_id,
            args['flags'] …) and evidence: node, boot_id, cpu, boottime_ns, complete, capture, segment, position
  losses    one row per interval in which events were lost
  segments  one row per segment
  gaps      one row per pause between recordings, missing end and missing segment
`SHOW TABLES` and `DESCRIBE events` list more. Conditions on evt_type, evt_time and boottime_ns spare reading what they leave out. Fields with several values are lists: array_has(fd_port, 22), array_has(proc_aname, 'sshd').
Statements that change anything are refused.

Without -c and -f, on a terminal: a shell with history, completion and commands (`\\?` lists them); elsewhere standard input is read as a script. Scripts stop at their first error; commands such as `\\d events` stand in them on lines of their own.

Forms of results:
  table    for people: NULL is NULL, what a terminal would obey is written out, times are in --time-zone. A table that is wider than the terminal is folded, or has a line for each column.
  json     an object per line with every column: lists are arrays, maps objects, bytes hexadecimal digits, times as 2026-05-01T12:00:00.000000000Z, lengths of time as PT1.5S, NULL null
  csv      quoted as RFC 4180 says, lines end as Unix has them: NULL is nothing and empty text \"\", lists and maps are JSON
  parquet  one result: zstd, row groups of a million rows, types as they are
  arrow    one result: a stream of Arrow's IPC format (pyarrow.ipc.open_stream)

Exit codes: 0 answered, or left the shell; 2 error, or stopped by a signal; 3 answered, but evidence is missing: losses, damage, ends or segments.

Examples:
  falco-analyze sql capture/
  falco-analyze sql capture/ -c \"SELECT evt_type, count(*) AS n FROM events GROUP BY evt_type ORDER BY n DESC\"
  falco-analyze sql capture/ -c \"SELECT evt_time, proc_cmdline FROM events WHERE evt_type = 'execve'\" --format json
  falco-analyze sql node-a/ node-b/ -c \"SELECT node, fd_name FROM events WHERE evt_time > '2026-05-01T12:00:00Z' AND fd_sport = 22\"
  falco-analyze sql capture/ -c \"SELECT * FROM events\" --format parquet -o events.parquet
  falco-analyze sql tables/ -f questions.sql --format csv";

/// Answer SQL over captures and Parquet exports of captures
#[derive(Parser)]
#[command(name = "falco-analyze sql", version, after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Captures (segments, .scap files, packed or not, directories of either, `-` for standard input), or Parquet exports (directories, files)
    #[arg(required = true, value_name = "CAPTURE|EXPORT")]
    pub(crate) sources: Vec<PathBuf>,
    /// The query; several are separated by `;`. May be given more than once
    #[arg(
        short = 'c',
        long = "command",
        value_name = "SQL",
        conflicts_with = "files"
    )]
    pub(crate) commands: Vec<String>,
    /// A file with the query; `-` is standard input. May be given more than once
    #[arg(short, long = "file", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Form of results
    #[arg(long, value_enum, default_value_t = FormatArg::Table)]
    format: FormatArg,
    /// A new file for results, readable by its owner alone; `-` is standard output. It has its name when it is whole, and replaces nothing
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Time zone of times that are printed: `utc`, `local`, or a name such as Europe/Berlin. Times in queries that name none are UTC
    #[arg(long = "time-zone", value_name = "ZONE", default_value = "utc", value_parser = zone)]
    pub(crate) zone: Zone,
    /// Memory for sorts, joins and aggregations, with K, M or G; beyond it they use temporary files
    #[arg(long = "memory-limit", value_name = "BYTES", default_value = "512M", value_parser = bytes)]
    pub(crate) memory: usize,
    /// Directory for those temporary files: the system's for such unless given
    #[arg(long = "temp-dir", value_name = "DIR")]
    pub(crate) temporary: Option<PathBuf>,
    /// End with 3 also where recording paused: it ended in order, and began again later
    #[arg(long)]
    pub(crate) strict: bool,
    /// Threads that work, as many as there are cores unless given; answers are the same for any number
    #[arg(short, long, alias = "threads", value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=JOBS_MAX))]
    pub(crate) jobs: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// A drawn table
    Table,
    /// One JSON object per row
    Json,
    /// Comma-separated values
    Csv,
    /// A Parquet file, of one result
    Parquet,
    /// A stream of Arrow's IPC format, of one result
    Arrow,
}

impl Args {
    /// How many threads work.
    pub(crate) fn threads(&self) -> NonZeroUsize {
        let cpus = || std::thread::available_parallelism().ok();
        let asked = self.jobs.and_then(NonZeroUsize::new);
        asked.or_else(cpus).unwrap_or(NonZeroUsize::MIN)
    }

    /// The form of results.
    pub(crate) fn format(&self) -> Format {
        match self.format {
            FormatArg::Table => Format::Table,
            FormatArg::Json => Format::Json,
            FormatArg::Csv => Format::Csv,
            FormatArg::Parquet => Format::Parquet,
            FormatArg::Arrow => Format::Arrow,
        }
    }
}

fn zone(name: &str) -> Result<Zone, String> {
    name.parse()
        .map_err(|error: falco_analyze::time::UnknownZone| error.to_string())
}

/// A number of bytes, with a unit of 1,024, its square or its cube.
fn bytes(text: &str) -> Result<usize, String> {
    let (digits, unit) = match text.trim_end_matches(['K', 'k', 'M', 'm', 'G', 'g']) {
        digits if digits.len() == text.len() => (digits, 0),
        digits => (digits, text.get(digits.len()..).map_or(0, unit_shift)),
    };
    let number: usize = digits
        .parse()
        .map_err(|_| format!("'{text}' is not a number of bytes, such as 512M"))?;
    let bytes = number
        .checked_mul(1 << unit)
        .filter(|_| text.len() - digits.len() <= 1);
    bytes
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| format!("'{text}' is not a number of bytes, such as 512M"))
}

fn unit_shift(unit: &str) -> u32 {
    match unit {
        "K" | "k" => 10,
        "M" | "m" => 20,
        _ => 30,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn threads_are_counted_from_one() {
        let check = |option: &str, expected: Option<usize>| {
            let typed = ["sql", "capture", "-c", "SELECT 1", option];
            let jobs = Args::try_parse_from(typed).ok().and_then(|args| args.jobs);
            assert_eq!(jobs, expected, "{option}");
        };
        check("-j3", Some(3));
        check("--jobs=1024", Some(1_024));
        check("--threads=2", Some(2));
        check("-j0", None);
        check("--jobs=-1", None);
        check("--jobs=1025", None);
        check("--jobs=many", None);
    }

    #[test]
    fn memory_has_units() {
        let check =
            |text: &str, expected: Option<usize>| assert_eq!(bytes(text).ok(), expected, "{text}");
        check("4096", Some(4096));
        check("2K", Some(2048));
        check("512M", Some(512 << 20));
        check("1g", Some(1 << 30));
        check("0", None);
        check("1KK", None);
        check("G", None);
        check("-1", None);
        check("99999999999G", None);
    }
}

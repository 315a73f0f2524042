//! `falco-record pin` and `falco-record unpin`.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{ArgGroup, Args};
use falco_format::UnixNanos;
use falco_format::text::{Lines, count};

use super::notice::notice;
use super::place::Place;
use crate::inventory::{self, Listed};
use crate::units::{parse_duration, show_bytes};
use crate::{clock, exit};

/// Which segments are pinned, and why.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).multiple(true), after_help = "\
What is pinned stays, whatever the budget and the age, and counts against the budget; an eighth of
that is left to the rest in any case. A segment that is being written is pinned with what it will
still take: `falco-record seal` ends it first. The names of what is pinned now go to stdout.

Exit codes:
  0  pinned, or pinned already
  2  the command line is wrong, no segment is meant, or DIR cannot be written

Examples:
  falco-record pin --last 15m --reason 'case 4711'
  falco-record pin /var/lib/falco/capture --last 2h
  falco-record pin --segment 20260102T030405Z-89abcdef/00000007.flc")]
pub(super) struct PinArguments {
    #[command(flatten)]
    place: Place,
    /// Those that may have events of this time up to now
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, group = "which")]
    last: Option<Duration>,
    /// This one, by its name in `falco-record list`; may be repeated
    #[arg(long, value_name = "NAME", group = "which")]
    segment: Vec<OsString>,
    /// Why, in a line that `falco-record list` shows
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    reason: String,
}

/// Which segments are not pinned any longer.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).multiple(true), after_help = "\
The budget and the age hold for them again, at once.
The names of what is not pinned any longer go to stdout.

Exit codes:
  0  done, also where nothing was pinned
  2  the command line is wrong, no segment is meant, or DIR cannot be written

Examples:
  falco-record unpin --all
  falco-record unpin /var/lib/falco/capture --segment 20260102T030405Z-89abcdef/00000007.flc")]
pub(super) struct UnpinArguments {
    #[command(flatten)]
    place: Place,
    /// All of them
    #[arg(long, group = "which")]
    all: bool,
    /// Those that may have events of this time up to now
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, group = "which")]
    last: Option<Duration>,
    /// This one, by its name in `falco-record list`; may be repeated
    #[arg(long, value_name = "NAME", group = "which")]
    segment: Vec<OsString>,
}

/// The segments that are meant.
fn meant<'a>(
    listed: &'a [Listed],
    last: Option<Duration>,
    named: &[OsString],
) -> Result<Vec<&'a Listed>> {
    let since = last.map(|last| {
        let last = u64::try_from(last.as_nanos()).unwrap_or(u64::MAX);
        UnixNanos(clock::realtime().0.saturating_sub(last))
    });
    let mut meant: Vec<&Listed> = Vec::new();
    for name in named {
        meant.push(inventory::find(listed, name)?);
    }
    let of_last = listed
        .iter()
        .filter(|one| since.is_some_and(|since| one.reaches(since)));
    for one in of_last {
        if !meant.contains(&one) {
            meant.push(one);
        }
    }
    Ok(meant)
}

/// Says on stdout of which segments something is so.
fn tell(segments: &[&Listed]) -> Result<()> {
    let mut lines = Lines::new();
    for one in segments {
        lines.line(one.kept.below_root());
    }
    write!(std::io::stdout().lock(), "{lines}")?;
    Ok(())
}

pub(super) fn pin(arguments: &PinArguments) -> Result<ExitCode> {
    let root = arguments.place.open()?;
    let listed = inventory::list(&root).context("cannot list the segments")?;
    let meant = meant(&listed, arguments.last, &arguments.segment)?;
    let mut pinned = Vec::new();
    for one in &meant {
        let name = one.kept.below_root();
        let is_new = inventory::pin(&root, &one.kept, &arguments.reason)
            .with_context(|| format!("cannot pin {name}"))?;
        if is_new {
            pinned.push(*one);
        }
    }
    tell(&pinned)?;
    let already = meant.len().saturating_sub(pinned.len());
    let bytes = pinned.iter().map(|one| one.kept.bytes);
    let bytes = bytes.fold(0, u64::saturating_add);
    notice(&format!(
        "pinned {} of {}; {already} pinned already",
        count(pinned.len() as u64, "segment"),
        show_bytes(bytes)
    ));
    let code = if meant.is_empty() {
        notice("no segment has events of that time");
        exit::ERROR
    } else {
        exit::CLEAN
    };
    Ok(ExitCode::from(code))
}

pub(super) fn unpin(arguments: &UnpinArguments) -> Result<ExitCode> {
    let root = arguments.place.open()?;
    let listed = inventory::list(&root).context("cannot list the segments")?;
    let meant = if arguments.all {
        listed.iter().filter(|one| one.pin.is_some()).collect()
    } else {
        meant(&listed, arguments.last, &arguments.segment)?
    };
    let mut unpinned = Vec::new();
    for one in meant {
        let name = one.kept.below_root();
        let was_pinned =
            inventory::unpin(&root, &one.kept).with_context(|| format!("cannot unpin {name}"))?;
        if was_pinned {
            unpinned.push(one);
        }
    }
    tell(&unpinned)?;
    let count = count(unpinned.len() as u64, "segment");
    notice(&format!("unpinned {count}"));
    Ok(ExitCode::from(exit::CLEAN))
}

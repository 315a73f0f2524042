//! Processes as they are asked for: by a number, and where that was used again by a time at which the one lived that is meant.
//!
//! In: `PID` or `PID@TIME`, and the lives that the captures have of it. Out: the one life, or which ones there are to choose from.

use anyhow::{Context as _, Result, anyhow};
use falco_analyze::derive::slice::{LifeId, ToldLife};
use falco_analyze::time::{Moment, TimeRange, Zone, full};
use falco_format::text::plain;
use falco_format::{Pid, UnixNanos};

/// How many lives are listed to choose from: a number that was used more often is asked for by a time from an alert, not from a list.
const LISTED: usize = 20;

/// A process as it was typed.
pub(super) struct AskedProcess {
    typed: String,
    pub(super) pid: Pid,
    at: Option<Moment>,
}

/// Reads processes as they were typed.
pub(super) fn processes(typed: &[String], zone: &Zone) -> Result<Vec<AskedProcess>> {
    let process = |typed: &String| {
        let (number, at) = match typed.split_once('@') {
            Some((number, at)) => (number, Some(at)),
            None => (typed.as_str(), None),
        };
        let pid = number.parse().ok().and_then(Pid::told);
        let pid = pid.with_context(|| format!("--pid: '{}' is no process id", plain(typed)))?;
        let at = at.map(|at| Moment::parse(at, zone)).transpose();
        Ok(AskedProcess {
            typed: typed.clone(),
            pid,
            at: at.with_context(|| format!("--pid {}", plain(typed)))?,
        })
    };
    typed.iter().map(process).collect()
}

/// A life, and the capture that it is in, by its place.
pub(super) type Found = (usize, ToldLife);

impl AskedProcess {
    /// The one life that is meant, of those that its number had in captures that span a time.
    pub(super) fn chosen(
        &self,
        lives: &[Found],
        times: Option<TimeRange<UnixNanos>>,
        zone: &Zone,
    ) -> Result<(usize, LifeId)> {
        let pid = self.pid;
        if lives.is_empty() {
            return Err(anyhow!("no process {pid} is in the captures"));
        }
        let Some(at) = &self.at else {
            let [(place, life)] = lives else {
                let times = match lives.len() {
                    2 => "twice".to_owned(),
                    more => format!("{more} times"),
                };
                let listed = listed(lives, zone);
                return Err(anyhow!(
                    "process {pid} lived {times} in the captures; say which: {listed}"
                ));
            };
            return Ok((*place, life.id));
        };
        let times = times.context("no event of the captures has a time")?;
        let at = at
            .resolve(times)
            .with_context(|| format!("--pid {}", plain(&self.typed)))?;
        let lived = |life: &ToldLife| {
            let had_begun = life.start.unwrap_or_default() <= at;
            had_begun && life.end.is_none_or(|end| at <= end)
        };
        // Of whom nobody saw the end another may have had the number since: it is the last who had begun.
        let found = lives.iter().rev().find(|(_, life)| lived(life));
        let (place, life) = found.with_context(|| {
            let at = full(at, zone);
            format!(
                "no process {pid} lived at {at} in the captures; there are: {}",
                listed(lives, zone)
            )
        })?;
        Ok((*place, life.id))
    }
}

/// Lives as they are typed, with their ends and names.
fn listed(lives: &[Found], zone: &Zone) -> String {
    let mut listed: Vec<String> = lives
        .iter()
        .take(LISTED)
        .map(|(_, life)| spelled(life, zone))
        .collect();
    if lives.len() > LISTED {
        listed.push(format!("and {} more", lives.len() - LISTED));
    }
    listed.join(", ")
}

fn spelled(life: &ToldLife, zone: &Zone) -> String {
    let begun = life.start.map_or_else(
        || "TIME, whose beginning nobody knows,".to_owned(),
        |begun| full(begun, zone),
    );
    let ended = life.end.map(|end| format!(" to {}", full(end, zone)));
    format!(
        "{}@{begun}{} ({})",
        life.pid,
        ended.unwrap_or_default(),
        plain(&life.name)
    )
}

//! A summary in words for people: rows of counts with times and a sparkline, as wide as there is room.
//!
//! In: sums. Out: lines that cannot be forged; names stand last, so that nothing moves behind a long one.

use falco_analyze::completeness::grouped;
use falco_analyze::summary::{Container, Groups, Program, Row, Summary, Unjudged};
use falco_analyze::time::{Zone, full};
use falco_format::UnixNanos;
use falco_format::text::{Lines, count};

/// How many rows of nodes, containers and programs are shown; JSON has all.
const ROWS_MAX: usize = 10;
/// How many names of rules are listed where there may be many.
const NAMES_MAX: usize = 8;
/// From how many columns on a line has room for a sparkline, and for times.
const WIDTH_OF_LINES: usize = 60;
const WIDTH_OF_TIMES: usize = 100;
/// How wide a sparkline is.
const LINE_MAX: usize = 16;
/// The heights of a sparkline; nothing is a blank.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// How much of a time is shown in a row: up to the second.
const SECONDS: usize = "2018-08-18T00:17:31".len();

/// Writes sums.
pub(crate) struct Sums<'s> {
    pub(crate) summary: &'s Summary,
    pub(crate) zone: &'s Zone,
    /// How many columns there are.
    pub(crate) width: usize,
}

impl Sums<'_> {
    /// Everything about alerts.
    pub(crate) fn push(&self, out: &mut Lines) {
        let all = &self.summary.all;
        if all.count == 0 {
            return;
        }
        self.head(out);
        for (priority, sum) in &self.summary.priorities {
            self.row(sum, &priority.to_string(), out);
            let rules = self.summary.rules.iter();
            for ((_, name), row) in rules.filter(|((of, _), _)| of == priority) {
                self.row(row, &format!("  {name}"), out);
            }
        }
        let tactics = &self.summary.tactics;
        if !tactics.is_empty() {
            out.line("ATT&CK tactics, by the tags of rules:");
            for (tactic, row) in tactics {
                self.row(row, tactic.name(), out);
            }
        }
        if self.summary.nodes.rows.len() > 1 {
            let name = |node: &String| node.clone();
            self.groups("Nodes", &self.summary.nodes, name, out);
        }
        self.groups("Containers", &self.summary.containers, container, out);
        self.groups("Programs", &self.summary.programs, program, out);
    }

    /// What the columns are.
    fn head(&self, out: &mut Lines) {
        let all = &self.summary.all;
        let mut head = format!("{:>9}", "Alerts");
        if self.width >= WIDTH_OF_TIMES {
            head.push_str(&format!("  {:SECONDS$}  {:SECONDS$}", "first", "last"));
        }
        if self.width >= WIDTH_OF_LINES {
            let each = duration(all.times.width_ns(LINE_MAX));
            head.push_str(&format!("  {:LINE_MAX$}", format!("each {each}")));
        }
        out.line(format_args!("{head}  of"));
        self.row(all, "all rules", out);
    }

    fn groups<K: Ord>(
        &self,
        title: &str,
        groups: &Groups<K>,
        name: impl Fn(&K) -> String,
        out: &mut Lines,
    ) {
        if groups.rows.is_empty() {
            return;
        }
        out.line(format_args!("{title} behind alerts:"));
        for (key, row) in groups.by_count().into_iter().take(ROWS_MAX) {
            self.row(row, &name(key), out);
        }
        let more = groups.rows.len().saturating_sub(ROWS_MAX) as u64;
        if more > 0 {
            out.line(format_args!("{:>9}  more", grouped(more)));
        }
        if groups.others.count > 0 {
            self.row(&groups.others, "others, for which there was no room", out);
        }
    }

    fn row(&self, row: &Row, name: &str, out: &mut Lines) {
        let mut line = format!("{:>9}", grouped(row.count));
        if self.width >= WIDTH_OF_TIMES {
            let time = |time: UnixNanos| self.time(time);
            line.push_str(&format!("  {}  {}", time(row.first), time(row.last)));
        }
        if self.width >= WIDTH_OF_LINES {
            let counts = row.times.over(&self.summary.all.times, LINE_MAX);
            line.push_str(&format!("  {:LINE_MAX$}", sparkline(&counts)));
        }
        let left = self.width.saturating_sub(line.chars().count() + 2);
        out.line(format_args!("{line}  {}", cut(name, left)));
    }

    fn time(&self, time: UnixNanos) -> String {
        if !time.is_known() {
            return format!("{:SECONDS$}", "unknown");
        }
        let text = full(time, self.zone);
        text.get(..SECONDS).unwrap_or(&text).to_owned()
    }
}

/// Which rules and events could not meet.
pub(crate) fn push_unjudged(unjudged: &Unjudged, out: &mut Lines) {
    let names = |names: &[String]| {
        let shown: Vec<_> = names.iter().take(NAMES_MAX).map(String::as_str).collect();
        let more = names.len().saturating_sub(NAMES_MAX);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        format!("{}{more}", shown.join(", "))
    };
    let rules = |number: usize| count(number as u64, "rule");
    if unjudged.events > 0 {
        out.line(format_args!(
            "Not judged: {} of types that no rule asks for",
            count(unjudged.events, "event")
        ));
    }
    if !unjudged.disabled.is_empty() {
        out.line(format_args!(
            "Not judged: by {}, disabled: {}",
            rules(unjudged.disabled.len()),
            names(&unjudged.disabled)
        ));
    }
    for (source, of_source) in &unjudged.of_other_sources {
        out.line(format_args!(
            "Not judged: by {} of the source {source}, of which these captures hold nothing: {}",
            rules(of_source.len()),
            names(of_source)
        ));
    }
    for is_recorded in [true, false] {
        let silent = unjudged.silent.iter();
        let silent = silent.filter(|silent| silent.is_recorded == is_recorded);
        let of_types: Vec<_> = silent
            .map(|silent| format!("{} ({})", silent.rule, silent.types.join(", ")))
            .collect();
        if of_types.is_empty() {
            continue;
        }
        let why = if is_recorded {
            "whose types of events did not happen"
        } else {
            "whose types of events the recorder takes only when it is told to"
        };
        out.line(format_args!(
            "Not judged: by {}, {why}: {}",
            rules(of_types.len()),
            names(&of_types)
        ));
    }
}

fn container(container: &Container) -> String {
    let Container {
        id,
        name,
        image,
        pod,
    } = container;
    let mut text = id.clone();
    if !name.is_empty() && name != id {
        text.push_str(&format!(" {name}"));
    }
    if !image.is_empty() {
        text.push_str(&format!(" ({image})"));
    }
    if !pod.is_empty() {
        text.push_str(&format!(", pod {pod}"));
    }
    text
}

fn program(program: &Program) -> String {
    match (program.name.as_str(), program.exe.as_str()) {
        ("", "") => "unknown".to_owned(),
        ("", exe) => exe.to_owned(),
        (name, exe) if exe.is_empty() || exe.rsplit('/').next() == Some(name) && exe == name => {
            name.to_owned()
        }
        (name, exe) => format!("{name} ({exe})"),
    }
}

/// Counts as blocks of eight heights.
fn sparkline(counts: &[u64]) -> String {
    let most = counts.iter().copied().max().unwrap_or(0);
    let height = |count: &u64| {
        if *count == 0 {
            return ' ';
        }
        let steps = HEIGHTS.len() as u64 - 1;
        let at = (u128::from(*count) * u128::from(steps)).checked_div(u128::from(most));
        let at = usize::try_from(at.unwrap_or(0)).unwrap_or(0);
        HEIGHTS.get(at).copied().unwrap_or('█')
    };
    counts.iter().map(height).collect()
}

/// A length of time in its largest unit.
fn duration(nanoseconds: u64) -> String {
    let units = [
        (86_400_000_000_000, "d"),
        (3_600_000_000_000, "h"),
        (60_000_000_000, "min"),
        (1_000_000_000, "s"),
    ];
    let unit = units.into_iter().find(|(unit, _)| nanoseconds >= *unit);
    let (unit, name) = unit.unwrap_or((1_000_000, "ms"));
    format!("{:.1} {name}", nanoseconds as f64 / unit as f64)
}

/// A name, as far as there is room; one that is cut says so.
fn cut(name: &str, room: usize) -> String {
    let room = room.max(8);
    if name.chars().count() <= room {
        return name.to_owned();
    }
    let short: String = name.chars().take(room - 1).collect();
    format!("{short}…")
}

/// How wide a line on a terminal is; elsewhere as wide as a line may be.
pub(crate) fn width_of(stream: impl std::os::fd::AsFd) -> usize {
    let size = rustix::termios::tcgetwinsize(stream);
    let columns = size.map(|size| usize::from(size.ws_col));
    columns.ok().filter(|columns| *columns > 0).unwrap_or(160)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_become_blocks() {
        let check = |counts: &[u64], expected: &str| assert_eq!(sparkline(counts), expected);
        check(&[], "");
        check(&[0, 0], "  ");
        check(&[1], "█");
        check(&[0, 1, 7, 3], " ▂█▄");
        check(&[1, 1_000], "▁█");
        check(&[u64::MAX, 1], "█▁");
    }

    #[test]
    fn lengths_of_time_are_in_their_largest_unit() {
        let check = |nanoseconds, expected: &str| assert_eq!(duration(nanoseconds), expected);
        check(1 << 20, "1.0 ms");
        check(1 << 30, "1.1 s");
        check(1 << 36, "1.1 min");
        check(1 << 47, "1.6 d");
    }
}

//! Reasons as lines for people: the condition as a tree, folded where it says nothing.
//!
//! In: reasons and what a search found. Out: lines of the width that was asked for as far as words allow, and safe for a terminal: what rules, captures and files say is text of others.

use std::fmt::Write as _;

use falco_format::text::{count, grouped, plain};
use falco_rules::{FoundValue, Part, PartKind, Rule, RuleSet};

use super::event::ExplainedEvent;
use super::nearest::NearestGroup;
use super::reason::{Verdict, Why};
use super::search::Found;
use super::words;
use crate::time::{Zone, full};

/// Columns of a line, unless more is asked for.
const WIDTH: usize = 80;
/// The deepest that lines are indented: beyond it they would have no room for text.
const INDENT_MAX: usize = 24;
/// Before the text of a part: marks, and whether it holds.
const MARGIN: usize = 9;

/// How lines look.
#[derive(Clone, Debug)]
pub struct TextStyle {
    /// Whether what holds and what does not carries a terminal's colours.
    pub is_colored: bool,
    /// Whether parts that say nothing are shown too.
    pub is_unfolded: bool,
    /// The zone of times.
    pub zone: Zone,
    /// The names of the captures that were read, in their order; where it is more than one, each event says whose it is.
    pub captures: Vec<String>,
}

/// Why a rule alerts on an event, or does not.
#[must_use]
pub fn why_text(why: &Why, rules: &RuleSet, style: &TextStyle) -> String {
    let mut out = String::new();
    if let Some(rule) = rules.rule(why.rule) {
        push_rule(rule, &mut out);
    }
    // Writing to a `String` cannot fail, so the result carries no information.
    let _ = writeln!(out, "Event:   {}", event(&why.event, style));
    if let Some(capture) = capture(&why.event, style) {
        push_wrapped("Capture: ", "         ", &capture, &mut out);
    }
    let verdict = words::verdict(why, rules);
    push_wrapped("Verdict: ", "         ", &verdict, &mut out);
    if !why.event.is_complete {
        let doubt = "events were lost, or the beginning was not seen, so that what is known of the thread or its \
                     descriptors may be stale";
        push_wrapped("Doubt:   ", "         ", doubt, &mut out);
    }
    if !why.output.is_empty() && why.verdict != Verdict::DoesNotHold {
        push_wrapped("Output:  ", "         ", &why.output, &mut out);
    }
    out.push('\n');
    Tree { why, style }.push(0, &mut out);
    out.push('\n');
    let legend = match why.verdict {
        Verdict::DoesNotHold => {
            "* decides: enough to make the condition false. ! lacking: were these otherwise, it would hold."
        }
        _ => "* decides: enough to make the condition true.",
    };
    push_wrapped("", "", legend, &mut out);
    out
}

fn push_rule(rule: &Rule, out: &mut String) {
    let place = rule.span.as_ref().map(words::place);
    let place = place.map_or_else(String::new, |place| format!(" ({place})"));
    let text = format!("{}{place}", rule.name);
    push_wrapped("Rule:    ", "         ", &text, out);
}

fn event(event: &ExplainedEvent, style: &TextStyle) -> String {
    let time = full(event.time, &style.zone);
    format!("{} {time} {}", event.number, plain(&event.line))
}

/// Which of several captures the event is of, and of which node.
fn capture(event: &ExplainedEvent, style: &TextStyle) -> Option<String> {
    let name = style.captures.get(event.input)?;
    let is_told = style.captures.len() > 1;
    is_told.then(|| format!("{name}, of node {}", event.origin.node))
}

/// The parts of a condition as lines.
struct Tree<'t> {
    why: &'t Why,
    style: &'t TextStyle,
}

impl Tree<'_> {
    fn part(&self, at: usize) -> Option<&Part> {
        self.why.explanation.parts.get(at)
    }

    /// Whether something is to be said of a part.
    fn speaks(&self, at: usize) -> bool {
        let is_marked = |part: &Part| part.decides || part.is_lacking;
        self.style.is_unfolded || self.part(at).is_some_and(is_marked)
    }

    fn push(&self, at: usize, out: &mut String) {
        let Some(part) = self.part(at) else { return };
        match &part.kind {
            PartKind::Check => return self.push_check(part, at, "", out),
            PartKind::Value => return,
            PartKind::And => self.push_line(part, "and", out),
            PartKind::Or => self.push_line(part, "or", out),
            PartKind::Not => {
                if self.push_exempt(part, at, out) {
                    return;
                }
                self.push_line(part, "not", out);
            }
            PartKind::Macro(name) => self.push_line(part, &with_place(name, part), out),
        }
        let mut silent = Vec::new();
        for member in self.why.explanation.members(at) {
            if self.speaks(member) {
                self.push_silent(&mut silent, out);
                self.push(member, out);
            } else {
                silent.push(member);
            }
        }
        self.push_silent(&mut silent, out);
    }

    /// A `not` that holds, as what exempts most events does: one line says that it does not apply.
    fn push_exempt(&self, part: &Part, at: usize, out: &mut String) -> bool {
        let member = self.part(at + 1);
        let Some(member) = member.filter(|_| part.holds && !self.style.is_unfolded) else {
            return false;
        };
        match &member.kind {
            PartKind::Macro(name) => {
                self.push_line(part, &with_place(&format!("not {name}"), member), out);
            }
            PartKind::Check => self.push_check(part, at + 1, "not ", out),
            _ => return false,
        }
        true
    }

    /// Parts beside each other that say nothing: one by its text, several by their number.
    fn push_silent(&self, silent: &mut Vec<usize>, out: &mut String) {
        let places = std::mem::take(silent);
        let Some(first) = places.first().and_then(|at| self.part(*at)) else {
            return;
        };
        if let [at] = places.as_slice() {
            return self.push_line(first, &self.short(*at), out);
        }
        let holds = |at: &&usize| self.part(**at).is_some_and(|part| part.holds);
        let holding = places.iter().filter(holds).count();
        let text = match places.len() - holding {
            0 => format!("… {holding} more that hold"),
            failing if holding == 0 => format!("… {failing} more that do not hold"),
            failing => format!("… {holding} more that hold, {failing} that do not"),
        };
        let indent = indent(first);
        let _ = writeln!(out, "{:MARGIN$}{:indent$}{text}", "", "");
    }

    /// A part in a few words: macros by their names.
    fn short(&self, at: usize) -> String {
        let named = |at: usize| match &self.part(at)?.kind {
            PartKind::Macro(name) => Some(name.clone()),
            _ => None,
        };
        let negated = self.part(at).filter(|part| part.kind == PartKind::Not);
        let negated = negated.and_then(|_| named(at + 1));
        named(at)
            .or_else(|| negated.map(|name| format!("not {name}")))
            .or_else(|| self.why.explanation.text(at))
            .unwrap_or_else(|| "…".to_owned())
    }

    /// A part by one line, cut where it is too long.
    fn push_line(&self, part: &Part, text: &str, out: &mut String) {
        let indent = indent(part);
        let text = plain(text).to_string();
        let room = WIDTH.saturating_sub(MARGIN + indent);
        let _ = writeln!(
            out,
            "{}{:indent$}{}",
            self.margin(part),
            "",
            cut(&text, room)
        );
    }

    fn margin(&self, part: &Part) -> String {
        let decides = if part.decides { '*' } else { ' ' };
        let lacks = if part.is_lacking { '!' } else { ' ' };
        let word = if part.holds { "true " } else { "false" };
        if !self.style.is_colored {
            return format!("{decides}{lacks} {word} ");
        }
        let color = if part.holds { 32 } else { 31 };
        format!("{decides}{lacks} \x1b[{color}m{word}\x1b[0m ")
    }

    /// A comparison: its text, what the event has, and where both come from. The line is that of `shown`, which may be the
    /// `not` before it.
    fn push_check(&self, shown: &Part, at: usize, word: &str, out: &mut String) {
        let Some(part) = self.part(at) else { return };
        self.push_line(shown, &format!("{word}{}", part.text), out);
        let lead = format!("{:indent$}", "", indent = MARGIN + indent(shown) + 4);
        let place = part.origin.as_ref();
        let mut notes: Vec<_> = place.map(words::place_in_tree).into_iter().collect();
        let fields = self.why.provenance.get(at).into_iter().flatten();
        notes.extend(fields.filter_map(|origin| words::provenance(origin, &self.style.zone)));
        if let Some(found) = &part.found {
            let mut text = format!("has {}", value(found));
            if let Some(compared) = &part.compared {
                let _ = write!(text, ", compared with {}", value(compared));
            }
            push_wrapped(&lead, &lead, &format!("{text} ({})", notes.join("; ")), out);
        }
        for value in self.why.explanation.members(at) {
            let Some(value) = self.part(value) else {
                continue;
            };
            let own = part.origin.as_ref().and_then(|origin| origin.item.as_ref());
            let origin = value.origin.as_ref();
            let is_elsewhere = origin.is_some_and(|origin| origin.item.as_ref() != own);
            if is_elsewhere && (value.decides || value.is_lacking) {
                let place = origin.map(words::origin).unwrap_or_default();
                push_wrapped(&lead, &lead, &format!("is {} ({place})", value.text), out);
            }
        }
    }
}

/// The name of a macro with the place where it is used.
fn with_place(text: &str, part: &Part) -> String {
    match &part.origin {
        Some(origin) => format!("{text} ({})", words::short_place(&origin.span)),
        None => text.to_owned(),
    }
}

fn indent(part: &Part) -> usize {
    let depth = usize::try_from(part.depth).unwrap_or(INDENT_MAX);
    depth.saturating_mul(2).min(INDENT_MAX)
}

fn value(found: &FoundValue) -> String {
    match (found.is_absent, found.text.as_str()) {
        (true, "<NA>") => "<NA>: the event has none, or it is not known".to_owned(),
        (true, word) => format!("{word}: the event has none"),
        (false, "") => "an empty text".to_owned(),
        (false, text) => text.to_owned(),
    }
}

/// What a search without an event found for a rule: what matches, or else what came nearest.
#[must_use]
pub fn found_text(found: &Found, rule: &Rule, limit: usize, style: &TextStyle) -> String {
    let mut out = String::new();
    push_rule(rule, &mut out);
    let looked_at = grouped(found.looked_at);
    let said = format!("no event matches, of {looked_at} of the types that the rule asks for");
    push_wrapped("Verdict: ", "         ", &said, &mut out);
    let groups = found.nearest.groups();
    for group in groups.iter().take(limit) {
        out.push('\n');
        push_group(group, style, &mut out);
    }
    let more = groups.len().saturating_sub(limit);
    if more > 0 {
        let _ = writeln!(out, "\n… {} more", count(more as u64, "group"));
    }
    out
}

fn push_group(group: &NearestGroup, style: &TextStyle, out: &mut String) {
    let events = count(group.count, "event");
    let parts = count(group.lacks.len() as u64, "part");
    let verb = if group.count == 1 { "lacks" } else { "lack" };
    let _ = writeln!(out, "{events} {verb} {parts}:");
    let first = group.events.first();
    let values = first.map(|near| near.found.as_slice()).unwrap_or_default();
    // The others of the group lack the same, and may have something else there.
    let has = if group.count == 1 {
        "has"
    } else {
        "the first has"
    };
    for (place, lack) in group.lacks.iter().enumerate() {
        let lead = if lack.must_hold { "  ! " } else { "  ! not " };
        push_wrapped(lead, "        ", &lack.text, out);
        if let Some(found) = values.get(place) {
            push_wrapped(
                "        ",
                "        ",
                &format!("{has} {}", value(found)),
                out,
            );
        }
        let origin = words::lack_origin(lack);
        if !origin.is_empty() {
            push_wrapped("        ", "        ", &format!("at {origin}"), out);
        }
    }
    for (place, near) in group.events.iter().enumerate() {
        let lead = if place == 0 { "  first " } else { "        " };
        let _ = writeln!(out, "{lead}{}", event(&near.event, style));
        if let Some(capture) = capture(&near.event, style) {
            let lead = "            ";
            push_wrapped(lead, lead, &format!("in {capture}"), out);
        }
    }
}

/// The text as far as there is room for it.
fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// A text in lines, broken at blanks; a word that is longer than a line is left whole.
fn push_wrapped(first: &str, next: &str, text: &str, out: &mut String) {
    let text = plain(text).to_string();
    let mut line = first.to_owned();
    let mut is_begun = false;
    for word in text.split(' ') {
        let length = line.chars().count() + 1 + word.chars().count();
        if is_begun && length > WIDTH {
            out.push_str(line.trim_end());
            out.push('\n');
            line = next.to_owned();
        } else if is_begun {
            line.push(' ');
        }
        line.push_str(word);
        is_begun = true;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

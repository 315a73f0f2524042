//! Attributes of what rules say.
//!
//! In: an event with what a rule said of it. Out: values.

use falco_rules::Priority;

use super::event::Event;

/// What tags of tactics begin with.
const TACTIC: &str = "mitre_";

/// How grave it is: events are told, rules judge.
pub(super) fn severity(event: &Event<'_>) -> (i64, &'static str) {
    let Some(told) = event.told else {
        return (1, "Informational");
    };
    of_priority(told.priority)
}

/// The severity of a priority.
pub(super) fn of_priority(priority: Priority) -> (i64, &'static str) {
    match priority {
        Priority::Emergency => (6, "Fatal"),
        Priority::Alert | Priority::Critical => (5, "Critical"),
        Priority::Error => (4, "High"),
        Priority::Warning => (3, "Medium"),
        Priority::Notice => (2, "Low"),
        Priority::Informational | Priority::Debug => (1, "Informational"),
    }
}

/// Whether a tag is the number of a technique, such as `T1059` or `T1059.004`.
fn is_technique(tag: &str) -> bool {
    let Some(digits) = tag.strip_prefix('T') else {
        return false;
    };
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let mut parts = digits.split('.');
    parts.next().is_some_and(is_number)
        && parts.next().is_none_or(is_number)
        && parts.next().is_none()
}

/// Tags that name an attack.
fn attacks<'a>(event: &Event<'a>) -> impl Iterator<Item = &'a str> {
    let tags = event.told.map_or(&[][..], |told| &told.tags);
    let tags = tags.iter().map(String::as_str);
    tags.filter(|tag| is_technique(tag) || tag.starts_with(TACTIC))
}

/// How many objects a list has.
pub(super) fn length(event: &Event<'_>, list: &str) -> usize {
    match list {
        _ if event.told.is_none() => 0,
        "evidences" => 1,
        "finding_info.attacks" => attacks(event).count(),
        _ => 0,
    }
}

pub(super) fn technique(event: &Event<'_>, place: usize) -> Option<String> {
    let tag = attacks(event).nth(place)?;
    is_technique(tag).then(|| tag.to_owned())
}

pub(super) fn tactic(event: &Event<'_>, place: usize) -> Option<String> {
    let name = attacks(event).nth(place)?.strip_prefix(TACTIC)?;
    Some(name.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn techniques_are_told_by_their_form() {
        let check = |tag, expected| assert_eq!(is_technique(tag), expected, "{tag}");
        check("T1059", true);
        check("T1059.004", true);
        check("T", false);
        check("TA0002", false);
        check("T1059.", false);
        check("T1.2.3", false);
        check("container", false);
    }
}

//! Mounts of the container.

use falco_format::container::Mount;
use falco_rules::{ArgumentKind, FieldArgument, FieldType, Value};

use crate::fields::EventContext;
use crate::fields::declare::{Field, field, index, key};

use super::metadata;

use FieldType::Charbuf;

pub(super) const FIELDS: &[Field] = &[
    field(
        "container.mounts",
        Charbuf,
        mounts,
        "All mounts as `source:dest:mode:rdrw:propagation`, joined by commas.",
    ),
    field(
        "container.mount",
        Charbuf,
        mount,
        "One mount by index or by source, which may be a pattern.",
    )
    .takes(ArgumentKind::KeyRequired),
    field(
        "container.mount.source",
        Charbuf,
        mount_source,
        "Source of a mount by index or by destination, which may be a pattern.",
    )
    .takes(ArgumentKind::KeyRequired),
    field(
        "container.mount.dest",
        Charbuf,
        mount_destination,
        "Destination of a mount by index or by source, which may be a pattern.",
    )
    .takes(ArgumentKind::KeyRequired),
    field(
        "container.mount.mode",
        Charbuf,
        mount_mode,
        "Mode of a mount by index or by source, which may be a pattern.",
    )
    .takes(ArgumentKind::KeyRequired),
    field(
        "container.mount.rdwr",
        Charbuf,
        mount_writable,
        "`true` if a mount by index or by source can be written.",
    )
    .takes(ArgumentKind::KeyRequired),
    field(
        "container.mount.propagation",
        Charbuf,
        mount_propagation,
        "Propagation of a mount by index or by source.",
    )
    .takes(ArgumentKind::KeyRequired),
];

fn mount_text(mount: &Mount) -> String {
    format!(
        "{}:{}:{}:{}:{}",
        mount.source, mount.destination, mount.mode, mount.is_writable, mount.propagation
    )
}

fn mounts<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let list = metadata(event).and_then(|container| container.mounts.as_ref());
    let Some(list) = list else {
        return Value::Absent;
    };
    let texts: Vec<String> = list.iter().map(mount_text).collect();
    event.composed(texts.join(",").as_bytes())
}

/// The mount that an argument means: by index, or by a pattern for its source or destination.
fn chosen<'e>(
    event: &'e EventContext<'_>,
    argument: &FieldArgument,
    by: fn(&Mount) -> &str,
) -> Option<&'e Mount> {
    let list = metadata(event)?.mounts.as_ref()?;
    if let Some(place) = index(argument) {
        return list.get(place);
    }
    let pattern = key(argument)?;
    let matches = |mount: &&Mount| matches_pattern(pattern.as_bytes(), by(mount).as_bytes());
    list.iter().find(matches)
}

/// A part of a mount. Where there is no such mount the field is absent: Falco's documentation promises the text `none`, its plugin gives nothing.
fn mount_part<'e>(
    event: &'e EventContext<'_>,
    argument: &FieldArgument,
    by: fn(&Mount) -> &str,
    part: fn(&Mount) -> String,
) -> Value<'e> {
    match chosen(event, argument, by) {
        None => Value::Absent,
        Some(mount) => event.composed(part(mount).as_bytes()),
    }
}

fn by_source(mount: &Mount) -> &str {
    &mount.source
}

fn by_destination(mount: &Mount) -> &str {
    &mount.destination
}

fn mount<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    mount_part(event, argument, by_source, mount_text)
}

fn mount_source<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    mount_part(event, argument, by_destination, |mount| {
        mount.source.clone()
    })
}

fn mount_destination<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    mount_part(event, argument, by_source, |mount| {
        mount.destination.clone()
    })
}

fn mount_mode<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    mount_part(event, argument, by_source, |mount| mount.mode.clone())
}

fn mount_writable<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    mount_part(event, argument, by_source, |mount| {
        mount.is_writable.to_string()
    })
}

fn mount_propagation<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    mount_part(event, argument, by_source, |mount| {
        mount.propagation.clone()
    })
}

/// Whether a text matches a pattern of `*` and `?`, slashes included.
///
/// One place to fall back to suffices: a later `*` can do whatever an earlier one could.
fn matches_pattern(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut fallback: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                fallback = Some((p, t));
                p += 1;
            }
            Some(byte) if *byte == b'?' || text.get(t) == Some(byte) => {
                p += 1;
                t += 1;
            }
            _ => match fallback {
                Some((star, from)) => {
                    fallback = Some((star, from + 1));
                    p = star + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern
        .get(p..)
        .is_some_and(|rest| rest.iter().all(|&byte| byte == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cross_slashes() {
        let check = |pattern: &str, text: &str, expected: bool| {
            let found = matches_pattern(pattern.as_bytes(), text.as_bytes());
            assert_eq!(found, expected, "{pattern} {text}");
        };
        check("/etc", "/etc", true);
        check("/etc*", "/etc/shadow", true);
        check("*/run*sock", "/var/run/docker.sock", true);
        check("/e?c", "/etc", true);
        check("", "", true);
        check("/etc", "/etc/", false);
        check("", "x", false);
        check("*", "", true);
    }
}

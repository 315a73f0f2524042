//! What values of some fields can never be, for those who check rules.
//!
//! Only what holds for every capture stands here: how long a program's name is, and how a container's id is cut.
//! A field names its limit where it is declared.

use falco_rules::ImpossibleText;

/// Says why no value of a field holds a text; `None` where one may.
pub(super) type Limit = fn(&[u8]) -> Option<ImpossibleText>;

/// Bytes of a program's name without its NUL (`TASK_COMM_LEN`).
const PROGRAM_NAME_BYTES: usize = 15;

/// Digits of the id that runtimes give a container, of which `container.id` has the first twelve.
const FULL_ID_DIGITS: usize = 64;
const SHORT_ID_DIGITS: usize = 12;

/// Of names of programs, as the kernel keeps them for a thread.
pub(super) fn program_name(text: &[u8]) -> Option<ImpossibleText> {
    if text.len() <= PROGRAM_NAME_BYTES {
        return None;
    }
    let kept = text.get(..PROGRAM_NAME_BYTES).unwrap_or_default();
    let kept = String::from_utf8_lossy(kept);
    Some(ImpossibleText {
        reason: "the kernel keeps 15 bytes of a program's name",
        help: format!("it keeps `{kept}` of this one; proc.exepath has the whole path"),
    })
}

/// Of ids of containers that are cut.
pub(super) fn short_container_id(text: &[u8]) -> Option<ImpossibleText> {
    if text.len() != FULL_ID_DIGITS || !text.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let short = text.get(..SHORT_ID_DIGITS).unwrap_or_default();
    let short = String::from_utf8_lossy(short);
    Some(ImpossibleText {
        reason: "it has the first 12 digits of an id",
        help: format!("write `{short}`, or compare container.full_id"),
    })
}

/// Of images as they were asked for: registry, repository and tag, of which a name alone is hardly ever the whole.
pub(super) fn bare_image(text: &[u8]) -> Option<ImpossibleText> {
    if text.is_empty() || text.iter().any(|byte| b"/:@".contains(byte)) {
        return None;
    }
    let name = String::from_utf8_lossy(text);
    Some(ImpossibleText {
        reason: "it has the image's registry and tag as well",
        help: format!("say `container.image.repository`, which is `{name}` or ends with `/{name}`"),
    })
}

#[cfg(test)]
mod tests {
    use falco_rules::{FieldId, Schema as _};

    use crate::fields::SCHEMA;

    fn check(name: &str, text: &str, is_impossible: bool) {
        let mut fields = (0..).map(FieldId).zip(SCHEMA.fields());
        let (field, _) = fields.find(|(_, def)| def.name == name).expect("a field");
        let found = SCHEMA.never_holds(field, text.as_bytes());
        assert_eq!(found.is_some(), is_impossible, "{name} {text}");
    }

    #[test]
    fn an_image_has_more_than_a_name() {
        let mut fields = (0..).map(FieldId).zip(SCHEMA.fields());
        let image = fields.find(|(_, def)| def.name == "container.image");
        let (image, _) = image.expect("a field");
        for (text, is_bare) in [
            ("nginx", true),
            ("nginx:1.27", false),
            ("docker.io/library/nginx", false),
            ("sha256:1f2e", false),
            ("", false),
        ] {
            let found = SCHEMA.seldom_holds(image, text.as_bytes());
            assert_eq!(found.is_some(), is_bare, "{text}");
        }
    }

    #[test]
    fn what_is_too_long_is_never_there() {
        let id = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";
        for name in [
            "proc.name",
            "proc.pname",
            "proc.aname",
            "proc.sname",
            "proc.pgid.name",
        ] {
            check(name, "gpu-persistence-daemon", true);
            check(name, "systemd-journal", false);
        }
        check("proc.exe", "gpu-persistence-daemon", false);
        check("container.id", id, true);
        check("container.id", "3ad7b26ded6d", false);
        check(
            "container.id",
            "a-machine-of-lxc-with-a-name-of-its-own",
            false,
        );
        check("container.full_id", id, false);
    }
}

//! What values of some fields can never be, for those who check rules.
//!
//! Only what holds for every capture stands here: how long a program's name is, and how a container's id is cut.

use falco_rules::ImpossibleText;

/// Names of programs, as the kernel keeps them for a thread.
const PROGRAM_NAMES: [&str; 5] = [
    "proc.name",
    "proc.pname",
    "proc.aname",
    "proc.sname",
    "proc.pgid.name",
];

/// Bytes of a program's name without its NUL (`TASK_COMM_LEN`).
const PROGRAM_NAME_BYTES: usize = 15;

/// Digits of the id that runtimes give a container, of which `container.id` has the first twelve.
const FULL_ID_DIGITS: usize = 64;
const SHORT_ID_DIGITS: usize = 12;

/// Why no value of a field holds a text.
pub(super) fn never_holds(field: &str, text: &[u8]) -> Option<ImpossibleText> {
    if PROGRAM_NAMES.contains(&field) && text.len() > PROGRAM_NAME_BYTES {
        let kept = text.get(..PROGRAM_NAME_BYTES).unwrap_or_default();
        let kept = String::from_utf8_lossy(kept);
        return Some(ImpossibleText {
            reason: "the kernel keeps 15 bytes of a program's name",
            help: format!("it keeps `{kept}` of this one; proc.exepath has the whole path"),
        });
    }
    let is_full_id = text.len() == FULL_ID_DIGITS && text.iter().all(u8::is_ascii_hexdigit);
    if field == "container.id" && is_full_id {
        let short = text.get(..SHORT_ID_DIGITS).unwrap_or_default();
        let short = String::from_utf8_lossy(short);
        return Some(ImpossibleText {
            reason: "it has the first 12 digits of an id",
            help: format!("write `{short}`, or compare container.full_id"),
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::never_holds;

    fn check(field: &str, text: &str, is_impossible: bool) {
        let found = never_holds(field, text.as_bytes());
        assert_eq!(found.is_some(), is_impossible, "{field} {text}");
    }

    #[test]
    fn what_is_too_long_is_never_there() {
        let id = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";
        check("proc.name", "gpu-persistence-daemon", true);
        check("proc.name", "systemd-journal", false);
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

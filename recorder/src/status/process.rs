//! A process by its number and when it began: numbers are given again, and nobody must be taken for another.

use std::fs;

/// Which field of `/proc/PID/stat` behind the name says when it began, in ticks since the boot.
const STARTED_FIELD: usize = 19;

/// When a process began; `None` where there is none of that number here.
pub fn started_ticks(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // A name may hold anything, also what ends it: the last bracket does.
    let (_, fields) = text.rsplit_once(") ")?;
    fields.split(' ').nth(STARTED_FIELD)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_began_after_the_first_one() {
        let own = started_ticks(std::process::id()).expect("it is there");
        let first = started_ticks(1).expect("it is there");
        assert!(own > first, "{own} {first}");
        assert_eq!(started_ticks(u32::MAX), None);
    }
}

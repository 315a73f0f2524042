//! Falco's numbers turned back into the kernel's, where both dialects are asked the same question.

/// Falco's command of `fcntl` and Linux's.
const FCNTL: [(u64, u64); 28] = [
    (0x1, 0),
    (0x2, 1),
    (0x3, 2),
    (0x4, 3),
    (0x5, 4),
    (0x6, 5),
    (0x8, 6),
    (0x9, 7),
    (0xa, 8),
    (0xc, 9),
    (0xd, 10),
    (0xf, 11),
    (0x11, 12),
    (0x12, 13),
    (0x13, 14),
    (0x15, 15),
    (0x16, 16),
    (0x17, 1024),
    (0x18, 1025),
    (0x19, 1029),
    (0x1a, 1030),
    (0x1b, 1026),
    (0x1c, 1031),
    (0x1d, 1032),
    (0x1e, 36),
    (0x1f, 37),
    (0x20, 38),
    (0x0, UNKNOWN),
];
/// A command that neither has.
const UNKNOWN: u64 = u64::MAX;

/// A command of `fcntl`; one that Falco does not know is none of Linux's.
pub(in crate::state) fn fcntl_command(falco: u64) -> u64 {
    let found = FCNTL.iter().find(|(command, _)| *command == falco);
    found.map_or(UNKNOWN, |(_, linux)| *linux)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_become_the_kernels() {
        assert_eq!(fcntl_command(1), 0);
        assert_eq!(fcntl_command(0x1a), 1030);
        assert_eq!(fcntl_command(0), UNKNOWN);
        assert_eq!(fcntl_command(0x7f), UNKNOWN);
    }
}

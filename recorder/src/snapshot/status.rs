//! The text of a thread's files in /proc, parsed: `stat`, `status`, `limits`.
//!
//! Text in, structs out; a field that is missing or odd is `None`, never an error.

/// What is taken from `/proc/PID/stat`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stat {
    /// Name of the thread.
    pub(super) comm: Vec<u8>,
    /// Its state's letter: `R`, `S`, `Z`, …
    pub(super) state: u8,
    /// The parent's process id.
    pub(super) ppid: i64,
    /// Process group.
    pub(super) pgid: i64,
    /// Session.
    pub(super) sid: i64,
    /// Controlling terminal's device number.
    pub(super) tty: i64,
    /// The kernel's flags of the task.
    pub(super) flags: u64,
    /// Page faults that needed no disk.
    pub(super) faults_minor: u64,
    /// Page faults that did.
    pub(super) faults_major: u64,
    /// When it started, in clock ticks since boot.
    pub(super) start_ticks: u64,
}

/// The kernel's `PF_KTHREAD`: a thread of the kernel.
const KERNEL_THREAD: u64 = 0x0020_0000;

impl Stat {
    /// Parses the line. The name stands in parentheses and may hold any byte.
    pub(super) fn parse(line: &[u8]) -> Option<Stat> {
        let open = line.iter().position(|byte| *byte == b'(')?;
        let close = line.iter().rposition(|byte| *byte == b')')?;
        let comm = line.get(open + 1..close)?.to_vec();
        let rest = std::str::from_utf8(line.get(close + 1..)?).ok()?;
        let words: Vec<&str> = rest.split_ascii_whitespace().collect();
        // Words are counted from the third field, the state.
        let number = |field: usize| words.get(field - 3)?.parse::<i64>().ok();
        Some(Stat {
            comm,
            state: *words.first()?.as_bytes().first()?,
            ppid: number(4)?,
            pgid: number(5)?,
            sid: number(6)?,
            tty: number(7)?,
            flags: number(9)?.cast_unsigned(),
            faults_minor: number(10)?.cast_unsigned(),
            faults_major: number(12)?.cast_unsigned(),
            start_ticks: number(22)?.cast_unsigned(),
        })
    }

    /// Whether it has neither program nor descriptors: a thread of the kernel, or one that has ended.
    pub(super) fn is_hollow(&self) -> bool {
        self.flags & KERNEL_THREAD != 0 || matches!(self.state, b'Z' | b'X')
    }
}

/// What is taken from `/proc/PID/status`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Status {
    /// Real, effective, saved and file system user id.
    pub(super) uids: [Option<u64>; 4],
    /// Real, effective, saved and file system group id.
    pub(super) gids: [Option<u64>; 4],
    /// Inheritable, permitted and effective capabilities.
    pub(super) capabilities: [Option<u64>; 3],
    /// Size of its memory, what of it is resident, and what is swapped, KiB. Threads of the kernel have none.
    pub(super) memory: [Option<u64>; 3],
    /// Thread id in its own pid namespace.
    pub(super) vtid: Option<i64>,
    /// Process id in its own pid namespace.
    pub(super) vpid: Option<i64>,
    /// Process group in its own pid namespace.
    pub(super) vpgid: Option<i64>,
    /// Session in its own pid namespace.
    pub(super) vsid: Option<i64>,
}

impl Status {
    /// Parses the file.
    pub(super) fn parse(text: &str) -> Status {
        let mut status = Status::default();
        for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
            let hex = || u64::from_str_radix(value.trim(), 16).ok();
            // The last number is the one in the thread's own namespace.
            let kib = || value.split_ascii_whitespace().next()?.parse().ok();
            let own = || value.split_ascii_whitespace().last()?.parse().ok();
            match name {
                "Uid" => status.uids = four(value),
                "Gid" => status.gids = four(value),
                "CapInh" => status.capabilities[0] = hex(),
                "CapPrm" => status.capabilities[1] = hex(),
                "CapEff" => status.capabilities[2] = hex(),
                "VmSize" => status.memory[0] = kib(),
                "VmRSS" => status.memory[1] = kib(),
                "VmSwap" => status.memory[2] = kib(),
                "NSpid" => status.vtid = own(),
                "NStgid" => status.vpid = own(),
                "NSpgid" => status.vpgid = own(),
                "NSsid" => status.vsid = own(),
                _ => {}
            }
        }
        status
    }
}

fn four(value: &str) -> [Option<u64>; 4] {
    let mut numbers = value.split_ascii_whitespace().map(|word| word.parse().ok());
    std::array::from_fn(|_| numbers.next().flatten())
}

/// The soft limit of open files in `/proc/PID/limits`; the largest number where it says `unlimited`.
pub(super) fn open_files_limit(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_ascii_whitespace().next()? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

/// The flags in `/proc/PID/fdinfo/N`, which are octal there.
pub(super) fn fdinfo_flags(text: &str) -> Option<u64> {
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"))?;
    u64::from_str_radix(flags.trim(), 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_parentheses_and_blanks() {
        let line = b"42 (a) (b c) S 1 42 40 34816 42 4194560 71 0 2 0 0 0 0 0 20 0 1 0 98765 0 0\n";
        let stat = Stat::parse(line).expect("a line");
        assert_eq!(stat.comm, b"a) (b c");
        assert_eq!(
            (stat.state, stat.ppid, stat.pgid, stat.sid),
            (b'S', 1, 42, 40)
        );
        assert_eq!(
            (stat.tty, stat.flags, stat.start_ticks),
            (34816, 4_194_560, 98_765)
        );
        assert_eq!((stat.faults_minor, stat.faults_major), (71, 2));
        assert!(!stat.is_hollow());
    }

    #[test]
    fn kernel_threads_and_zombies_are_hollow() {
        let check = |line: &[u8], hollow| {
            assert_eq!(Stat::parse(line).expect("a line").is_hollow(), hollow);
        };
        check(
            b"2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 0 0 0",
            true,
        );
        check(
            b"9 (x) Z 1 9 9 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0",
            true,
        );
    }

    #[test]
    fn odd_lines_are_refused() {
        for line in [&b""[..], b"1", b"1 (x", b"1 )x( S 1", b"1 (x) S 1 2"] {
            assert_eq!(Stat::parse(line), None);
        }
    }

    #[test]
    fn ids_in_the_own_namespace_are_the_last() {
        let text = "Name:\tsh\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nNStgid:\t900\t1\nNSpid:\t901\t2\nNSpgid:\t900\t1\nNSsid:\t800\t0\nCapInh:\t0\nCapPrm:\t000001ffffffffff\nCapEff:\tzz\nVmSize:\t    5120 kB\nVmRSS:\t  17 kB\nVmSwap:\tmuch\n";
        let status = Status::parse(text);
        assert_eq!(status.uids, [Some(1), Some(2), Some(3), Some(4)]);
        assert_eq!(status.gids[3], Some(8));
        assert_eq!((status.vpid, status.vtid), (Some(1), Some(2)));
        assert_eq!((status.vpgid, status.vsid), (Some(1), Some(0)));
        assert_eq!(status.capabilities, [Some(0), Some(0x1ff_ffff_ffff), None]);
        assert_eq!(status.memory, [Some(5120), Some(17), None]);
        assert_eq!(Status::parse(""), Status::default());
    }

    #[test]
    fn limits_and_flags() {
        let limits = "Limit  Soft Limit Hard Limit Units\nMax open files            1024                 524288               files\n";
        assert_eq!(open_files_limit(limits), Some(1024));
        assert_eq!(
            open_files_limit("Max open files unlimited unlimited files"),
            Some(u64::MAX)
        );
        assert_eq!(open_files_limit(""), None);
        assert_eq!(fdinfo_flags("pos:\t0\nflags:\t0100002\n"), Some(0o100_002));
        assert_eq!(fdinfo_flags("pos:\t0\n"), None);
    }
}

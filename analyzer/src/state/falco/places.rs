//! Places of Falco's parameters that the event table has not, or not under their names.

/// Of `clone`, `clone3`, `fork` and `vfork`.
pub(super) mod birth {
    pub(in super::super) const EXE: usize = 1;
    pub(in super::super) const ARGS: usize = 2;
    pub(in super::super) const PID: usize = 4;
    pub(in super::super) const PTID: usize = 5;
    pub(in super::super) const FDLIMIT: usize = 7;
    pub(in super::super) const COMM: usize = 13;
    pub(in super::super) const CGROUPS: usize = 14;
    pub(in super::super) const FLAGS: usize = 15;
    pub(in super::super) const UID: usize = 16;
    pub(in super::super) const GID: usize = 17;
    pub(in super::super) const VTID: usize = 18;
    pub(in super::super) const VPID: usize = 19;
    pub(in super::super) const PIDNS_START: usize = 20;
}

/// Of `execve` and `execveat`; the first are those of a birth.
pub(super) mod exec {
    pub(in super::super) const EXE: usize = 1;
    pub(in super::super) const ARGS: usize = 2;
    pub(in super::super) const PID: usize = 4;
    pub(in super::super) const PTID: usize = 5;
    pub(in super::super) const FDLIMIT: usize = 7;
    pub(in super::super) const COMM: usize = 13;
    pub(in super::super) const CGROUPS: usize = 14;
    pub(in super::super) const ENV: usize = 15;
    pub(in super::super) const TTY: usize = 16;
    pub(in super::super) const VPGID: usize = 17;
    pub(in super::super) const LOGINUID: usize = 18;
    pub(in super::super) const FLAGS: usize = 19;
    pub(in super::super) const CAP_INHERITABLE: usize = 20;
    pub(in super::super) const CAP_PERMITTED: usize = 21;
    pub(in super::super) const CAP_EFFECTIVE: usize = 22;
    pub(in super::super) const EXE_INO: usize = 23;
    pub(in super::super) const EXE_CTIME: usize = 24;
    pub(in super::super) const EXE_MTIME: usize = 25;
    pub(in super::super) const UID: usize = 26;
    pub(in super::super) const EXE_PATH: usize = 27;
    pub(in super::super) const PGID: usize = 28;
    pub(in super::super) const GID: usize = 29;
}

/// Where births and execs have the figures of memory: faults, then sizes.
pub(super) const MEMORY: [usize; 5] = [8, 9, 10, 11, 12];

/// Of `procexit`.
pub(super) const REAPER_TID: usize = 4;

/// Of `useradded`, `userdeleted`, `groupadded`, `groupdeleted`.
pub(super) mod account {
    pub(in super::super) const ID: usize = 0;
    pub(in super::super) const USER_CONTAINER: usize = 5;
    pub(in super::super) const GROUP_CONTAINER: usize = 2;
}

/// Numbers of the begins that captures keep.
pub(super) mod enter {
    pub(in super::super) const OPEN: u16 = 2;
    pub(in super::super) const CONNECT: u16 = 22;
    pub(in super::super) const CREAT: u16 = 58;
    pub(in super::super) const EXECVE: u16 = 292;
    pub(in super::super) const OPENAT: u16 = 306;
    pub(in super::super) const OPENAT2: u16 = 326;
    pub(in super::super) const EXECVEAT: u16 = 330;
}

#[cfg(test)]
mod tests {
    use crate::dialect::catalog::event_of_code;

    use super::*;

    #[track_caller]
    fn check(code: u16, places: &[(usize, &str)]) {
        let ty = event_of_code(code).expect("a type");
        for (place, name) in places {
            assert_eq!(ty.params[*place].name, *name, "{}", ty.name);
        }
    }

    #[test]
    fn places_are_the_catalogs() {
        for code in [223, 225, 227, 335] {
            check(
                code,
                &[
                    (birth::EXE, "exe"),
                    (birth::ARGS, "args"),
                    (birth::PID, "pid"),
                    (birth::PTID, "ptid"),
                    (birth::FDLIMIT, "fdlimit"),
                    (birth::COMM, "comm"),
                    (birth::CGROUPS, "cgroups"),
                    (birth::FLAGS, "flags"),
                    (birth::UID, "uid"),
                    (birth::GID, "gid"),
                    (birth::VTID, "vtid"),
                    (birth::VPID, "vpid"),
                    (birth::PIDNS_START, "pidns_init_start_ts"),
                ],
            );
        }
        for code in [293, 331] {
            check(
                code,
                &[
                    (exec::EXE, "exe"),
                    (exec::ARGS, "args"),
                    (exec::PID, "pid"),
                    (exec::PTID, "ptid"),
                    (exec::FDLIMIT, "fdlimit"),
                    (exec::COMM, "comm"),
                    (exec::CGROUPS, "cgroups"),
                    (exec::ENV, "env"),
                    (exec::TTY, "tty"),
                    (exec::VPGID, "vpgid"),
                    (exec::LOGINUID, "loginuid"),
                    (exec::FLAGS, "flags"),
                    (exec::CAP_INHERITABLE, "cap_inheritable"),
                    (exec::CAP_PERMITTED, "cap_permitted"),
                    (exec::CAP_EFFECTIVE, "cap_effective"),
                    (exec::EXE_INO, "exe_ino"),
                    (exec::EXE_CTIME, "exe_ino_ctime"),
                    (exec::EXE_MTIME, "exe_ino_mtime"),
                    (exec::UID, "uid"),
                    (exec::EXE_PATH, "trusted_exepath"),
                    (exec::PGID, "pgid"),
                    (exec::GID, "gid"),
                ],
            );
        }
        check(223, &[(MEMORY[0], "pgft_maj"), (MEMORY[4], "vm_swap")]);
        check(186, &[(REAPER_TID, "reaper_tid")]);
        check(
            356,
            &[
                (account::ID, "uid"),
                (account::USER_CONTAINER, "container_id"),
            ],
        );
        check(
            360,
            &[
                (account::ID, "gid"),
                (account::GROUP_CONTAINER, "container_id"),
            ],
        );
        check(152, &[(1, "pgft_maj"), (5, "vm_swap")]);
    }
}

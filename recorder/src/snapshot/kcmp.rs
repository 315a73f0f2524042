//! Whether two processes share their table of descriptors.
//!
//! The one system call that answers it, and the only `unsafe` of the snapshot.

/// `KCMP_FILES`: compare the tables of descriptors.
const KCMP_FILES: libc::c_int = 2;

/// Whether the tables are one and the same. `false` where the kernel does not say.
pub(super) fn same_files(one: u32, other: u32) -> bool {
    let (Ok(one), Ok(other)) = (libc::pid_t::try_from(one), libc::pid_t::try_from(other)) else {
        return false;
    };
    // SAFETY: kcmp takes five integers and neither reads nor writes memory of this process.
    unsafe { libc::syscall(libc::SYS_kcmp, one, other, KCMP_FILES, 0_u64, 0_u64) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_shares_with_itself_and_not_with_nobody() {
        let own = std::process::id();
        assert!(
            same_files(own, own)
                || std::io::Error::last_os_error().raw_os_error() == Some(libc::ENOSYS)
        );
        assert!(!same_files(own, u32::MAX));
    }
}

//! Memory that was needed once is given back to the system.
//!
//! Loading reads the kernel's description of its types, and the first snapshot all of /proc; the allocator keeps what they took for a program that would need it again.

/// Gives back what the allocator holds and nobody uses.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: it changes nothing that a program can see: only pages without an allocation leave, under the allocator's own locks.
        unsafe { libc::malloc_trim(0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays() {
        let used: Vec<Vec<u8>> = (0..1000_u32)
            .map(|number| vec![number as u8; 2000])
            .collect();
        let freed: Vec<Vec<u8>> = used.clone();
        drop(freed);
        give_back();
        let is_whole =
            |(number, bytes): (usize, &Vec<u8>)| bytes.iter().all(|byte| *byte == number as u8);
        assert!(used.iter().enumerate().all(is_whole));
    }
}

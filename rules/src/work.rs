//! Work that asks for no memory, counted where tests are built.
//!
//! In: from loops whose length someone else decides, how often they go round. Out: to the test that holds loading to
//! time in proportion to the files; elsewhere nothing is left of it.

#[cfg(test)]
thread_local! {
    /// Steps of this thread.
    pub(crate) static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts so many steps.
#[inline]
pub(crate) fn steps(count: usize) {
    #[cfg(test)]
    STEPS.set(STEPS.get() + count);
    #[cfg(not(test))]
    let _ = count;
}

//! Whether standard output was there when the program began.
//!
//! Before `main`, the runtime opens `/dev/null` in place of standard streams that are closed, so that no file takes their numbers; results would go there, and nobody would know.
//! So it is looked at earlier, among the functions that the loader calls before the program.

use std::sync::atomic::{AtomicBool, Ordering};

static HAD_STDOUT: AtomicBool = AtomicBool::new(true);

/// Whether it was there.
pub(crate) fn had_stdout() -> bool {
    HAD_STDOUT.load(Ordering::Relaxed)
}

// SAFETY: functions in this section are called once, on the one thread there is, with arguments that this one ignores. It asks the kernel about a descriptor and stores a flag, and needs nothing of the runtime, which is not there yet.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

extern "C" fn look() {
    let is_there = rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_ok();
    HAD_STDOUT.store(is_there, Ordering::Relaxed);
}

//! Roles: what a thread is for.

/// What a thread does when nothing else is left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Ends.
    Done,
    /// Sleeps for a long time.
    Idle,
    Web,
    Application,
    Backend,
    Postmaster,
    Cache,
    Worker,
    Agent,
    Builder,
    Scripts,
    Logins,
    /// Runs health checks and short tasks in containers.
    Runtime,
    /// Does, rarely, what rules look for.
    Intruder,
    Opener,
}

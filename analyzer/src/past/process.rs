//! The facts of a process, as the state at a place of the stream has them.
//!
//! In: the state, a thread of the process, the clock. Out: a typed row that borrows from the state. What is not known is `None`.
//! Nothing is said here of what is not the process's own: its descriptors and its kin stand beside.

use falco_format::container::Metadata;
use falco_format::{ClockMap, UnixNanos};

use crate::fields::capability_names;
use crate::state::path::UNKNOWN_CWD;
use crate::state::{ContainerRef, Ptid, State, Thread};

/// An id that is not known, and a login that was never made.
const UNSET: u32 = u32::MAX;
/// What Falco calls the container of whoever is in none.
const HOST: &[u8] = b"host";
/// The user of this number has a name where nobody told it.
const ROOT: (u32, &[u8]) = (0, b"root");

/// A process at a moment.
#[derive(Clone, Copy)]
pub struct Process<'s> {
    state: &'s State,
    clock: &'s ClockMap,
    thread: &'s Thread,
    is_damaged: bool,
}

impl<'s> Process<'s> {
    /// The process of a thread: its leader stands for it, or the thread itself where the leader is not known.
    ///
    /// `is_damaged` says that the stream was damaged since the last whole snapshot.
    pub(crate) fn of(
        state: &'s State,
        clock: &'s ClockMap,
        thread: &'s Thread,
        is_damaged: bool,
    ) -> Self {
        Process {
            state,
            clock,
            thread: state.main_thread(thread).unwrap_or(thread),
            is_damaged,
        }
    }

    /// The same of another thread of the same state.
    pub(super) fn other(&self, thread: &'s Thread) -> Self {
        Self::of(self.state, self.clock, thread, self.is_damaged)
    }

    /// The thread that stands for it.
    pub(super) fn thread(&self) -> &'s Thread {
        self.thread
    }

    pub(super) fn state(&self) -> &'s State {
        self.state
    }

    pub(super) fn realtime(&self, boottime_ns: u64) -> Option<UnixNanos> {
        let known = Some(boottime_ns).filter(|&time| time != 0);
        known.map(|time| self.clock.realtime(time))
    }

    /// Its number; −1 where a capture of Falco's does not tell it.
    #[must_use]
    pub fn pid(&self) -> i64 {
        self.thread.shown_pid()
    }

    /// The number of its parent, though nothing else be known of it; 0 where it has none, as the kernel has it.
    #[must_use]
    pub fn parent_pid(&self) -> Option<i64> {
        let parent = self.parent().map(|parent| parent.pid());
        let told = || self.thread.ids.ptid.and_then(Ptid::tid).map(i64::from);
        parent.or_else(told).filter(|&pid| pid >= 0)
    }

    /// Its parent, where it is known.
    #[must_use]
    pub fn parent(&self) -> Option<Process<'s>> {
        self.state
            .parent(self.thread)
            .map(|parent| self.other(parent))
    }

    /// Its number in its own pid namespace.
    #[must_use]
    pub fn own_pid(&self) -> Option<i64> {
        let own = self.thread.ids.vpid.map(i64::from);
        own.filter(|&pid| pid >= 0)
    }

    /// The number of its session, as the initial pid namespace counts where that is told.
    #[must_use]
    pub fn session(&self) -> Option<i64> {
        let ids = &self.thread.ids;
        let told = ids.sid.or(ids.vsid.map(i64::from));
        told.filter(|&session| session >= 0)
    }

    /// When the process began.
    #[must_use]
    pub fn start(&self) -> Option<UnixNanos> {
        self.realtime(self.thread.start)
    }

    /// When its program began; none where that was before the capture.
    #[must_use]
    pub fn executed(&self) -> Option<UnixNanos> {
        self.realtime(self.thread.program.executed?)
    }

    /// Its name: the first 15 bytes of its program's file name.
    #[must_use]
    pub fn name(&self) -> Option<&'s [u8]> {
        self.thread.comm.as_deref()
    }

    /// The first argument of its command line.
    #[must_use]
    pub fn exe(&self) -> Option<&'s [u8]> {
        self.thread.program.exe.as_deref()
    }

    /// The path of its executable as the kernel resolved it.
    #[must_use]
    pub fn exe_path(&self) -> Option<&'s [u8]> {
        self.thread.program.exepath.as_deref()
    }

    /// Every argument, the first among them; none where they are not known.
    #[must_use]
    pub fn argv(&self) -> Option<Vec<&'s [u8]>> {
        let program = &self.thread.program;
        let is_known = program.exe.is_some() || program.args_known;
        let exe = program.exe.as_deref().into_iter();
        is_known.then(|| exe.chain(program.args.iter()).collect())
    }

    /// Its name and the arguments behind the first, as Falco shows a command line.
    #[must_use]
    pub fn command_line(&self) -> Option<Vec<u8>> {
        let name = self.name()?;
        Some(match &self.thread.program.args_joined[..] {
            [] => name.to_vec(),
            args => [name, b" ", args].concat(),
        })
    }

    /// Its working directory, with a trailing slash.
    #[must_use]
    pub fn cwd(&self) -> Option<&'s [u8]> {
        Some(self.state.cwd(self.thread)).filter(|cwd| *cwd != UNKNOWN_CWD)
    }

    /// The number of its controlling terminal. None where it has none or that is not known.
    #[must_use]
    pub fn tty(&self) -> Option<u32> {
        self.thread.tty.filter(|&tty| tty != 0)
    }

    /// The user for whom it acts.
    #[must_use]
    pub fn uid(&self) -> Option<u32> {
        known(self.thread.credentials.uid)
    }

    /// The name of that user, as the node or the container knows it.
    #[must_use]
    pub fn user(&self) -> Option<&'s [u8]> {
        self.user_name(self.uid()?)
    }

    /// The user who logged in. None where nobody did.
    #[must_use]
    pub fn login_uid(&self) -> Option<u32> {
        known(self.thread.credentials.loginuid)
    }

    /// The name of that user.
    #[must_use]
    pub fn login_user(&self) -> Option<&'s [u8]> {
        self.user_name(self.login_uid()?)
    }

    /// The group for which it acts.
    #[must_use]
    pub fn gid(&self) -> Option<u32> {
        known(self.thread.credentials.gid)
    }

    /// The name of that group.
    #[must_use]
    pub fn group(&self) -> Option<&'s [u8]> {
        let gid = self.gid()?;
        let name = self.state.group(self.container_key(), gid);
        name.or((gid == ROOT.0).then_some(ROOT.1))
    }

    /// The names of the capabilities that are in effect.
    #[must_use]
    pub fn capabilities(&self) -> Option<Vec<&'static str>> {
        named(self.thread.credentials.cap_effective)
    }

    /// The names of those that it may put into effect.
    #[must_use]
    pub fn permitted_capabilities(&self) -> Option<Vec<&'static str>> {
        named(self.thread.credentials.cap_permitted)
    }

    /// The names of those that a program may keep which it executes.
    #[must_use]
    pub fn inheritable_capabilities(&self) -> Option<Vec<&'static str>> {
        named(self.thread.credentials.cap_inheritable)
    }

    /// Its mount namespace.
    pub(super) fn mount_namespace(&self) -> Option<u64> {
        self.thread.mnt_ns
    }

    pub(super) fn container_ref(&self) -> Option<&'s ContainerRef> {
        self.thread.cgroups.container()
    }

    fn container_key(&self) -> Option<&'s [u8]> {
        self.container_ref().map(|container| &container.id[..])
    }

    fn user_name(&self, uid: u32) -> Option<&'s [u8]> {
        let user = self.state.user(self.container_key(), uid);
        let name = user.map(|user| &user.name[..]);
        name.or((uid == ROOT.0).then_some(ROOT.1))
    }

    /// What its runtime said of its container.
    pub(super) fn said(&self) -> Option<&'s Metadata> {
        let container = self.state.container(self.container_key()?)?;
        Some(&container.said)
    }

    /// The id of its container as Falco shows it; `host` outside containers.
    #[must_use]
    pub fn container_id(&self) -> &'s [u8] {
        self.container_key().unwrap_or(HOST)
    }

    /// The name of its container; `host` outside containers.
    #[must_use]
    pub fn container_name(&self) -> Option<&'s str> {
        match self.container_ref() {
            None => Some("host"),
            Some(_) => self.said()?.name.as_deref(),
        }
    }

    /// The image of its container as it was asked for.
    #[must_use]
    pub fn container_image(&self) -> Option<&'s str> {
        self.said()?.image.as_deref()
    }

    /// The name of its pod.
    #[must_use]
    pub fn pod_name(&self) -> Option<&'s str> {
        self.said()?.pod_name()
    }

    /// The namespace of its pod.
    #[must_use]
    pub fn pod_namespace(&self) -> Option<&'s str> {
        self.said()?.pod_namespace()
    }

    /// Its ancestors, the parent first.
    pub fn ancestors(&self) -> impl Iterator<Item = Process<'s>> {
        let this = *self;
        let ancestors = self.state.ancestors(self.thread);
        ancestors.map(move |ancestor| this.other(ancestor))
    }

    /// How many of its threads live.
    #[must_use]
    pub fn threads(&self) -> u64 {
        self.state.live_threads(self.thread.pid) as u64
    }

    /// How many descriptors it holds.
    #[must_use]
    pub fn open_descriptors(&self) -> Option<u64> {
        self.state.fds(self.thread).map(|table| table.len() as u64)
    }

    /// Whether the kernel says that it is ending: it waits for its parent, or for its other threads.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.thread.is_dead || self.thread.has_exited()
    }

    /// Whether nothing was lost that its facts may rest on.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.is_damaged && !self.state.doubt_of_whom(self.thread).thread
    }

    /// Whether nothing was lost that its descriptors may rest on.
    #[must_use]
    pub fn has_complete_descriptors(&self) -> bool {
        !self.is_damaged && !self.state.doubt_of_whom(self.thread).any()
    }
}

fn known(id: Option<u32>) -> Option<u32> {
    id.filter(|&id| id != UNSET)
}

fn named(capabilities: Option<u64>) -> Option<Vec<&'static str>> {
    Some(capability_names(capabilities?).collect())
}

#[cfg(test)]
mod tests {
    use falco_format::{ClockPair, Tid};

    use super::*;
    use crate::state::testing::{EPOCH_NS, Story, params, process};

    const ID: &str = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";

    fn check(story: &Story, tid: u32, told: impl Fn(&Process<'_>)) {
        let state = story.state();
        let clock = ClockMap::from_pairs(&[ClockPair {
            boottime_ns: 0,
            realtime_ns: UnixNanos(EPOCH_NS),
        }]);
        let thread = state.thread_of_tid(Tid(tid)).expect("a thread");
        told(&Process::of(&state, &clock, thread, false));
    }

    fn story() -> Story {
        let cgroups = format!("0::/system.slice/docker-{ID}.scope\0");
        Story::new()
            .seen("state_host", process(0), params![hostname: "node"])
            .seen(
                "state_user",
                process(0),
                params![uid: 7, name: "web", home: "/", shell: "/bin/sh", container_id: &ID[..12]],
            )
            .seen(
                "state_thread",
                process(10),
                params![ptid: 1, comm: "sh", argv: "-sh\0", trusted_exepath: "/bin/sh", cwd: "/root", uid: 0, loginuid: 0, tty: 34816, sid: 10, vsid: 10],
            )
            .seen(
                "state_thread",
                process(20),
                params![ptid: 10, comm: "web", argv: "web\0-p\080\0", trusted_exepath: "/srv/web", cwd: "/srv", uid: 7, gid: 0, cap_effective: 0b11, cgroups: cgroups.as_str()],
            )
    }

    #[test]
    fn a_process_is_told_as_the_state_knows_it() {
        check(&story(), 20, |web| {
            assert_eq!((web.pid(), web.parent_pid()), (20, Some(10)));
            assert_eq!(web.argv(), Some(vec![&b"web"[..], b"-p", b"80"]));
            assert_eq!(web.command_line().as_deref(), Some(&b"web -p 80"[..]));
            assert_eq!(web.exe_path(), Some(&b"/srv/web"[..]));
            assert_eq!(web.cwd(), Some(&b"/srv/"[..]));
            assert_eq!((web.uid(), web.user()), (Some(7), Some(&b"web"[..])));
            assert_eq!(web.login_user(), None);
            assert_eq!((web.gid(), web.group()), (Some(0), Some(&b"root"[..])));
            assert_eq!(
                web.capabilities(),
                Some(vec!["CAP_CHOWN", "CAP_DAC_OVERRIDE"])
            );
            assert_eq!(web.container_id(), &ID.as_bytes()[..12]);
            assert_eq!((web.container_name(), web.tty()), (None, None));
            assert_eq!(web.start(), Some(UnixNanos(EPOCH_NS + 20_000_000)));
            let line: Vec<_> = web.ancestors().map(|ancestor| ancestor.pid()).collect();
            assert_eq!(line, [10]);
        });
        check(&story(), 10, |shell| {
            assert_eq!(shell.exe(), Some(&b"-sh"[..]));
            assert_eq!(shell.login_user(), Some(&b"root"[..]));
            assert_eq!((shell.tty(), shell.session()), (Some(34816), Some(10)));
            assert_eq!(shell.container_name(), Some("host"));
        });
    }

    #[test]
    fn what_is_not_known_is_not_made_up() {
        let story = Story::new().event("close", process(30), params![fd: 3, res: 0]);
        check(&story, 30, |unknown| {
            assert_eq!((unknown.name(), unknown.argv()), (None, None));
            assert_eq!((unknown.cwd(), unknown.uid()), (None, None));
            assert_eq!((unknown.user(), unknown.parent_pid()), (None, None));
            assert!(!unknown.is_complete());
        });
    }
}

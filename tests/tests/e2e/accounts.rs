//! Users of containers whose programs live for milliseconds, on a machine that is busy: each has the name that its own container gives it.
//!
//! Needs root, cgroups that can be made, and namespaces; no runtime.
//! A recording in which the recorder says that it named users too late is made again: that is what it says on a machine where it hardly runs.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value as Json;

use crate::containers::Groups;
use crate::live::recorder_or_skip;
use crate::programs::{analyze, is_root, recorder, run};
use crate::skip::skipped;

/// How many containers there are.
const CONTAINERS: usize = 8;
/// How many programs do nothing but keep the processors busy.
const BUSY: usize = 3;
/// How often a recording is made again.
const ATTEMPTS: usize = 5;
/// How often it is looked, and how many times, whether a process has ended.
const LOOK: Duration = Duration::from_millis(10);
const LOOKS: u32 = 500;
/// The user and group of the programs.
const USER: u32 = 4_711;
/// Programs that a root needs, with their libraries.
const PROGRAMS: [&str; 3] = ["/bin/sh", "/bin/cat", "/usr/bin/setpriv"];

/// What becomes of a container's first process when its program has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum First {
    /// It stays until all has been recorded.
    Stays,
    /// It goes at once: nobody is left to be asked, but there is a bundle.
    Goes,
}

/// Containers made by hand: a cgroup, a root with users of its own, a bundle that tells it.
struct Made {
    folder: tempfile::TempDir,
    namespace: String,
    groups: Vec<Groups>,
}

impl Made {
    fn id(number: usize) -> String {
        format!("c{number}")
    }

    /// The containers; `None` with the reason where they cannot be made.
    fn new(first: First) -> Result<Made, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let namespace = format!("falco-e2e-{}-{first:?}", std::process::id()).to_lowercase();
        let mut groups = Vec::new();
        for number in 0..CONTAINERS {
            let group = Groups::make(&namespace, &Made::id(number));
            if group.is_empty() {
                return Err("no cgroup can be made here".to_owned());
            }
            groups.push(group);
            let root = folder.path().join(Made::id(number));
            make_root(&root, number)?;
            if first == First::Goes {
                let tasks = folder.path().join("state/io.containerd.runtime.v2.task");
                let bundle = tasks.join(&namespace).join(Made::id(number));
                let config = serde_json::json!({ "root": { "path": root } });
                fs::create_dir_all(&bundle)
                    .and_then(|()| fs::write(bundle.join("config.json"), config.to_string()))
                    .map_err(|error| error.to_string())?;
            }
        }
        Ok(Made {
            folder,
            namespace,
            groups,
        })
    }

    /// Where the numbers of those that stay are noted.
    fn pids(&self) -> PathBuf {
        self.folder.path().join("pids")
    }

    /// Ends those that stay.
    fn end(&self) {
        let pids = fs::read_to_string(self.pids()).unwrap_or_default();
        for pid in pids.lines() {
            // One that has ended is no concern.
            let _ = Command::new("kill").arg(pid).output();
            let own = Path::new("/proc").join(pid);
            let looks = (0..LOOKS).take_while(|_| own.exists());
            looks.for_each(|_| std::thread::sleep(LOOK));
        }
    }

    /// Starts one after the other while the machine is busy.
    fn script(&self, first: First) -> String {
        let mut script = String::from("busy=; ");
        let _ = write!(
            script,
            "for n in $(seq {BUSY}); do (while :; do :; done) & busy=\"$busy $!\"; done; "
        );
        let act = format!("setpriv --reuid={USER} --regid={USER} --clear-groups cat /etc/hostname");
        let (act, then) = match first {
            First::Stays => (
                format!("{act}; : > /done; exec cat /wait"),
                " >/dev/null 2>&1 & ",
            ),
            First::Goes => (act, "; "),
        };
        for (number, groups) in self.groups.iter().enumerate() {
            let root = self.folder.path().join(Made::id(number));
            // A script of its own: a subshell would move its parent.
            let own = root.with_extension("sh");
            let (root, name) = (root.display(), own.display().to_string());
            let enter = groups.enter();
            let run = format!("{enter}exec unshare --mount --root={root} /bin/sh -c '{act}'\n");
            fs::write(own, run).expect("a file");
            let _ = write!(script, "/bin/sh {name}{then}");
            if first == First::Stays {
                let pids = self.pids();
                let pids = pids.display();
                let _ = write!(
                    script,
                    "echo $! >> {pids}; until [ -e {root}/done ]; do sleep 0.01; done; "
                );
            }
        }
        script + "kill $busy"
    }
}

/// A root in which the programs run, with users that no other has.
fn make_root(root: &Path, number: usize) -> Result<(), String> {
    let copy = format!(
        "for p in {}; do for f in $p $(ldd $p | grep -o '/[^ )]*'); do mkdir -p {root}$(dirname $f) && cp -L $f {root}$f || exit 1; done; done; mkdir -p {root}/etc {root}/bin && cp -L /bin/cat /bin/sh {root}/bin/ && cp -L $(command -v setpriv) {root}/bin/ && mkfifo {root}/wait",
        PROGRAMS.join(" "),
        root = root.display()
    );
    let made = Command::new("/bin/sh").args(["-c", &copy]).output();
    let made = made.map_err(|error| error.to_string())?;
    if !made.status.success() {
        return Err(String::from_utf8_lossy(&made.stderr).into_owned());
    }
    let write = |name: &str, text: String| fs::write(root.join("etc").join(name), text);
    write(
        "passwd",
        format!("user-{number}:x:{USER}:{USER}::/:/bin/sh\n"),
    )
    .and_then(|()| write("group", format!("group-{number}:x:{USER}:\n")))
    .and_then(|()| write("hostname", "here\n".to_owned()))
    .map_err(|error| error.to_string())
}

/// Records them. Whether the recorder was in time for all.
fn record(made: &Made, first: First, capture: &Path) -> bool {
    let (capture, state) = (capture.to_string_lossy(), made.folder.path().join("state"));
    let none = made.folder.path().join("none");
    let [state, none] = [state, none].map(|path| path.to_string_lossy().into_owned());
    let script = made.script(first);
    let options = ["--format", "json", "--containerd-state", &state];
    let sockets = ["--cri", &none, "--containerd", &none];
    let words = [
        &["run", "-o", &*capture][..],
        &options,
        &sockets,
        &["--", "/bin/sh", "-c", &script],
    ];
    let ran = run(&recorder(), words.concat());
    made.end();
    ran.expect_code(0);
    let summary = ran.stderr.lines().rfind(|line| line.starts_with('{'));
    let summary: Json = serde_json::from_str(summary.expect("a summary")).expect("JSON");
    summary["containers"]["names_late"] == 0
}

fn check(test: &str, first: First) {
    let Some(_guard) = recorder_or_skip(test) else {
        return;
    };
    if !is_root() {
        return skipped(test, "only root may make containers");
    }
    for attempt in 0..ATTEMPTS {
        let made = match Made::new(first) {
            Ok(made) => made,
            Err(reason) => return skipped(test, &reason),
        };
        let capture = made.folder.path().join(format!("capture-{attempt}"));
        if record(&made, first, &capture) {
            return check_names(&made, &capture);
        }
    }
    skipped(test, "this machine is too busy to name anybody in time");
}

/// Both the program's beginning and what it does then have the names.
fn check_names(made: &Made, capture: &Path) {
    let capture = capture.to_string_lossy();
    let filter = format!(
        "proc.name = cat and user.uid = {USER} and (evt.type = execve or fd.name = /etc/hostname)"
    );
    let format = "*%container.id %user.name %group.name";
    let shown = analyze(["events", &*capture, &filter, "-p", format]);
    shown.expect_code(0);
    let mut found: Vec<&str> = shown.stdout.lines().collect();
    found.dedup();
    let expected: Vec<String> = (0..CONTAINERS)
        .map(|number| format!("{} user-{number} group-{number}", Made::id(number)))
        .collect();
    assert_eq!(found, expected, "{}", made.namespace);
}

#[test]
fn programs_of_a_container_that_lives_on_have_names() {
    check(
        "programs_of_a_container_that_lives_on_have_names",
        First::Stays,
    );
}

#[test]
fn programs_of_a_container_that_is_gone_have_names() {
    check(
        "programs_of_a_container_that_is_gone_have_names",
        First::Goes,
    );
}

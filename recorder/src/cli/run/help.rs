//! What `falco-record run --help` says behind the options.

pub(super) const HELP: &str = "\
Events (--events SET):
  A list with commas, read from left to right: each term adds its events, a term with `-`
  before it removes them. A list that starts with `+` or `-` starts from `default`.
  A term is a set (default, security, state, all, none), an event or syscall (openat, pread64),
  a category (net, file, process, user, IO-read, ...) or a lane (lane:process, lane:file,
  lane:bulk). `falco-record events` lists them all.

Containers (--containers on|off):
  What runtimes say of containers (name, image, mounts, labels, pod) is recorded as events, and
  with each snapshot. Naming a socket replaces the usual ones of that interface:
    --cri         /run/containerd/containerd.sock, /run/crio/crio.sock, k3s' containerd
    --containerd  /run/containerd/containerd.sock, k3s' containerd
    --docker      /run/docker.sock
    --podman      /run/podman/podman.sock
  Where none answers, what the runtimes leave on disk is read. `falco-record doctor` says who answers.

Where it goes (-o DIR):
  DIR holds a directory per boot, and that the segments; a second start on the same boot goes on
  in its directory. Budget and age hold for all boots together. `falco-analyze` reads DIR, the
  directory of one boot, or one segment. A segment is pinned by a file of its name with `.pin`
  behind it, as `falco-record pin` makes them. A full disk never costs what is kept: what finds no room is counted as lost.

How much is kept (--budget BYTES|none):
  Without it, a tenth of the file system and no more than 10 GiB, which is said at the start; and
  never so much that the disk would be full, a sixteenth of the room stays free. It must have room
  for two segments.

Evidence (--sign KEY, --anchor PLACE):
  Signatures say that this node wrote a segment: every ten seconds, and when it is sealed; then the
  key is replaced, so that who breaks in later cannot sign what was before. Digests that left the
  node say the same without a key. PLACE is a file (of another machine's file system, at best),
  `syslog`, or `|COMMAND`, which the shell starts once and which reads lines of JSON. One that
  does not take them costs the recording nothing and is told of.
  `falco-analyze verify --key KEY.pub --anchors FILE` compares.

Configuration (--config FILE):
  TOML; each key is an option without its dashes, and a key that is none is an error:
    output = \"/var/lib/falco-record\"
    events = [\"default\", \"-futex\"]
    budget = \"2G\"
    env = true
  What is typed goes before what stands in the file.

Signals:
  SIGTERM, SIGINT  end the recording and seal it; with a command they are passed on to it
  SIGHUP           begins a new segment and goes on
  SIGUSR1          prints how it goes on stderr

As a service:
  With systemd's Type=notify it says when recording has begun, how it goes, and with WatchdogSec=
  that it is alive. A line a minute on stderr is for the journal; `falco-record status` tells more.

Sizes are written 1500, 64MiB, 2G (binary) or 2GB (decimal), durations 500ms, 90, 10m, 2h, 7d.

Examples:
  falco-record run -o /var/lib/falco/capture --budget 2G --max-age 7d
  falco-record run -o build.capture -- cargo build
  falco-record run -o quiet.capture --group forensics --metrics unix:/run/falco-record.metrics
  falco-record run --config /etc/falco-record.toml
  falco-record run -o net.capture --events none,net,execve,procfork,procexit --for 10m
  falco-record run -o kind.capture --cri /run/kind/containerd.sock --for 1h
  falco-record run -o quiet.capture --containers off
  falco-record run -o quiet.capture --sign key --anchor '|ssh log@vault tee -a anchors.jsonl'
  falco-record run -o io.capture --events +read,write --payload 80 -- ./suspect

Exit codes:
  0  recorded and sealed, nothing lost (SIGTERM and Ctrl-C seal)
  2  nothing could be recorded, or the command line is wrong
  3  recorded, but not everything: events were lost or the disk was full
  With `-- COMMAND` the exit code is the command's own: 128 and the number for a signal, 127 when
  it is not found, 126 when it cannot be executed. The summary on stderr tells of losses.";

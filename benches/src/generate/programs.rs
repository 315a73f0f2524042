//! Names: of programs, libraries, files and far ends, some far more popular than others.

use std::rc::Rc;

use super::op::Peer;
use super::program::Program;
use super::random::Random;

const LIBRARIES: [&str; 16] = [
    "libc.so.6",
    "libm.so.6",
    "libz.so.1",
    "libssl.so.3",
    "libcrypto.so.3",
    "libpthread.so.0",
    "libselinux.so.1",
    "libpcre2-8.so.0",
    "libacl.so.1",
    "libstdc++.so.6",
    "libgcc_s.so.1",
    "libtinfo.so.6",
    "libcap.so.2",
    "libzstd.so.1",
    "liblzma.so.5",
    "libsystemd.so.0",
];

/// A library that many programs need.
pub(super) fn library(random: &mut Random) -> Rc<str> {
    let name = LIBRARIES[random.popular(LIBRARIES.len() as u64) as usize];
    format!("/lib/x86_64-linux-gnu/{name}").into()
}

/// What shell scripts run.
const TOOLS: [&str; 14] = [
    "cat", "grep", "sed", "awk", "ls", "date", "cut", "head", "sort", "stat", "mkdir", "rm",
    "basename", "tr",
];

pub(super) fn tool(random: &mut Random) -> Program {
    let name = random.pick(&TOOLS);
    let number = random.below(40).to_string();
    Program::of(
        &format!("/usr/bin/{name}"),
        &["-n", &number, "/srv/data/input.txt"],
    )
}

/// A page of the web site.
pub(super) fn page(random: &mut Random) -> Rc<str> {
    let (section, number) = (random.popular(30), random.popular(900));
    let kind = random.pick(&["html", "css", "js", "png", "json"]);
    format!("/usr/share/nginx/html/section-{section}/page-{number}.{kind}").into()
}

/// A file of the database.
pub(super) fn table(random: &mut Random) -> Rc<str> {
    format!("base/16384/{}", 16_400 + random.popular(400)).into()
}

/// A class or a template of an application.
pub(super) fn resource(random: &mut Random) -> Rc<str> {
    let (package, number) = (random.popular(40), random.popular(200));
    format!("/app/lib/package{package}/Resource{number}.class").into()
}

/// A module that an interpreter looks for.
pub(super) fn module(random: &mut Random) -> Rc<str> {
    let (package, number) = (random.popular(60), random.popular(50));
    format!("/usr/lib/python3/dist-packages/package{package}/module{number}.py").into()
}

/// A header that a compiler looks for in one of its directories.
pub(super) fn header(random: &mut Random) -> Rc<str> {
    let directory = random.pick(&[
        "/usr/include",
        "/usr/local/include",
        "/usr/include/x86_64-linux-gnu",
        "/usr/lib/gcc/x86_64-linux-gnu/12/include",
        "/home/build/project/include",
    ]);
    let (part, number) = (random.popular(20), random.popular(60));
    format!("{directory}/part{part}/header{number}.h").into()
}

/// Where a program is looked for before it is found.
pub(super) fn elsewhere(random: &mut Random, name: &str) -> Rc<str> {
    let directory = random.pick(&["/usr/local/sbin", "/usr/local/bin", "/usr/sbin"]);
    format!("{directory}/{name}").into()
}

/// What an application writes for a while.
pub(super) fn scratch(random: &mut Random) -> Rc<str> {
    format!("/var/cache/app/{:08x}.part", random.below(1 << 32)).into()
}

/// Who asks the servers.
pub(super) fn client(random: &mut Random) -> Peer {
    let number = random.popular(4_000);
    Peer {
        address: [10, 0, 4 + (number >> 8) as u8, number as u8],
        port: 32_768 + random.below(28_000) as u16,
    }
}

/// A service of the same network.
pub(super) fn service(random: &mut Random, port: u16) -> Peer {
    Peer {
        address: [10, 96, 0, 10 + random.popular(20) as u8],
        port,
    }
}

/// The name server.
pub(super) const NAME_SERVER: Peer = Peer {
    address: [10, 96, 0, 2],
    port: 53,
};

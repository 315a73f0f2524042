//! Events: every form of block, every count of parameters, and old events that become new ones.

use super::bytes::{File, event, raw_event};
use super::rows::check;

const CLOSE_ENTER: u16 = 4;
const CLOSE: u16 = 5;
const READ_ENTER: u16 = 6;
const READ: u16 = 7;
const EXECVE_OLDEST: u16 = 13;
const PROCINFO: u16 = 234;
const CONTAINER_OLD: u16 = 228;
const CONNECT_ENTER: u16 = 22;
const CONNECT: u16 = 23;
const OPEN_ENTER: u16 = 2;
const CHDIR: u16 = 95;

fn number(number: u64) -> [u8; 8] {
    number.to_le_bytes()
}

#[test]
fn every_form_of_event_block_is_read() {
    let (cpu, flags) = (7u16.to_le_bytes(), 1u32.to_le_bytes());
    let (user, system) = (number(1), number(2));
    let params: [&[u8]; 2] = [&user, &system];
    let counted = event(3, PROCINFO, &params);
    let uncounted = raw_event(3, PROCINFO, &[&[8, 0, 8, 0][..], &user, &system].concat());
    let expected = "procinfo tid=3 cpu_usr=1 cpu_sys=2";
    for (kind, body) in [
        (0x204, [&cpu[..], &uncounted].concat()),
        (0x208, [&cpu[..], &flags, &uncounted].concat()),
        (0x216, [&cpu[..], &counted].concat()),
        (0x217, [&cpu[..], &flags, &counted].concat()),
        (0x221, [&cpu[..], &counted].concat()),
        (0x222, [&cpu[..], &flags, &counted].concat()),
    ] {
        check(File::new().block(kind, &body).0, &[expected]);
    }
}

#[test]
fn a_count_that_nobody_gives_is_the_greatest_that_fills_the_event() {
    let cpu = 7u16.to_le_bytes();
    let case = |code, rest: &[u8], expected: &[&str]| {
        let body = [&cpu[..], &raw_event(3, code, rest)].concat();
        check(File::new().block(0x204, &body).0, expected);
    };
    case(PROCINFO, &[], &["procinfo tid=3 cpu_usr=none cpu_sys=none"]);
    let one = [&[8, 0][..], &number(1)].concat();
    case(PROCINFO, &one, &["procinfo tid=3 cpu_usr=1 cpu_sys=none"]);
    case(PROCINFO, &[0, 0, 0, 0], &["procinfo tid=3"]);
    let damage = ["damage: an event's lengths contradict each other"];
    case(PROCINFO, &[9, 0, 1], &damage);
}

#[test]
fn lengths_of_four_bytes_go_with_the_type() {
    // The newest container event: its document may be longer than two bytes can say.
    let document = format!("{{\"a\":\"{}\"}}", "x".repeat(70_000));
    let rest = [
        &1u32.to_le_bytes()[..],
        &(document.len() as u32 + 1).to_le_bytes(),
        document.as_bytes(),
        &[0],
    ]
    .concat();
    let body = [&[0, 0][..], &raw_event(u64::MAX, 324, &rest)].concat();
    let escaped = document.escape_default().to_string();
    for kind in [0x216, 0x221] {
        check(
            File::new().block(kind, &body).0,
            &[&format!("container tid=-1 json={escaped}")],
        );
    }
}

#[test]
fn strings_are_absent_empty_cut_or_whole() {
    // chdir's exit, newest: a result and a path.
    for (path, expected) in [
        (&b""[..], "chdir tid=3 res=0"),
        (b"\0", "chdir tid=3 res=0 path="),
        (b"/tmp\0", "chdir tid=3 res=0 path=/tmp"),
        (b"/tmp", "chdir tid=3 res=0 path=/tmp~"),
    ] {
        check(
            File::new().event(3, CHDIR, &[&number(0), path]).0,
            &[expected],
        );
    }
}

#[test]
fn unknown_types_are_kept_as_they_are() {
    let file = File::new()
        .event(3, 9999, &[b"abc"])
        .event(3, PROCINFO, &[&number(1), &number(2)]);
    check(
        file.0,
        &[
            "unknown tid=3 code=9999 flags=0 bytes=\\x01\\x00\\x00\\x00\\x03\\x00abc",
            "procinfo tid=3 cpu_usr=1 cpu_sys=2",
        ],
    );
}

#[test]
fn an_event_that_contradicts_itself_is_passed_over() {
    let good = "procinfo tid=3 cpu_usr=1 cpu_sys=2";
    let damage = "damage: an event's lengths contradict each other";
    let bodies = [
        // Shorter than its own header, longer than its block, more parameters than bytes, a parameter beyond the end.
        [&number(1)[..], &number(3), &[5, 0, 0, 0], &[234, 0]].concat(),
        [&number(1)[..], &number(3), &[200, 0, 0, 0], &[234, 0]].concat(),
        raw_event(3, PROCINFO, &[0xff, 0xff, 0xff, 0xff]),
        raw_event(3, PROCINFO, &[1, 0, 0, 0, 50, 0, 1, 2, 3]),
        vec![1, 2, 3],
    ];
    for body in bodies {
        let file = File::new().event(3, PROCINFO, &[&number(1), &number(2)]);
        let file = file.block(0x216, &[&[0, 0][..], &body].concat());
        let file = file.event(3, PROCINFO, &[&number(1), &number(2)]);
        check(file.0, &[good, damage, good]);
    }
}

#[test]
fn bytes_that_no_parameter_has_are_told() {
    let rest = [&[2, 0, 0, 0, 8, 0, 8, 0][..], &number(1), &number(2), b"x"].concat();
    let file = File::new().block(
        0x216,
        &[&[0, 0][..], &raw_event(3, PROCINFO, &rest)].concat(),
    );
    let damage = "damage: an event is longer than its parameters; a length may be wrong";
    check(file.0, &["procinfo tid=3 cpu_usr=1 cpu_sys=2", damage]);
}

#[test]
fn an_exit_takes_over_what_its_enter_carried() {
    let file = File::new()
        .event(3, READ_ENTER, &[&number(9), &100u32.to_le_bytes()])
        .event(4, CLOSE_ENTER, &[&number(5)])
        .event(3, READ, &[&number(2), b"hi"])
        .event(4, CLOSE, &[&number(0)])
        // Its enter is used up.
        .event(4, CLOSE, &[&number(0)]);
    check(
        file.0,
        &[
            "read tid=3 res=2 data=hi fd=9 size=100",
            "close tid=4 res=0 fd=5",
            "close tid=4 res=0 fd=0",
        ],
    );
}

#[test]
fn an_exit_takes_nothing_from_the_enter_of_another_call() {
    let file =
        File::new()
            .event(3, CLOSE_ENTER, &[&number(5)])
            .event(3, READ, &[&number(2), b"hi"]);
    check(
        file.0,
        &[
            "read tid=3 res=2 data=hi fd=0 size=0",
            "damage: an exit finds the enter of another call, and takes nothing from it",
        ],
    );
}

#[test]
fn old_types_become_new_ones_step_by_step() {
    // The oldest execve has eight parameters; what later ones added is absent.
    let strings: [&[u8]; 3] = [b"ls\0", b"-l\0", b"/\0"];
    let ids = [number(5), number(5), number(1)];
    let params: [&[u8]; 8] = [
        &number(0),
        strings[0],
        strings[1],
        &ids[0],
        &ids[1],
        &ids[2],
        strings[2],
        &number(1024),
    ];
    check(
        File::new().event(5, EXECVE_OLDEST, &params).0,
        &["execve tid=5 res=0 exe=ls args=-l\\x00 tid=5 pid=5 ptid=1 cwd=/ fdlimit=1024"],
    );
    let container: [&[u8]; 4] = [b"3ad7\0", &1u32.to_le_bytes(), b"web\0", b"nginx\0"];
    let document = r#"{"container":{"id":"3ad7","type":1,"name":"web","image":"nginx"}}"#;
    let escaped = document.escape_default().to_string();
    check(
        File::new().event(u64::MAX, CONTAINER_OLD, &container).0,
        &[&format!("container tid=-1 json={escaped}")],
    );
}

#[test]
fn enters_that_the_state_needs_are_rows_and_are_kept_too() {
    let file = File::new()
        .event(3, CONNECT_ENTER, &[&number(4), b"\x02abcdef"])
        .event(3, CONNECT, &[&number(0), b"tuple"])
        .event(
            3,
            OPEN_ENTER,
            &[b"/x\0", &1u32.to_le_bytes(), &0u32.to_le_bytes()],
        );
    check(
        file.0,
        &[
            "connect tid=3 fd=4 addr=\\x02abcdef",
            // The step that gives it the descriptor uses the enter up, as Falco's does: the address is not taken.
            "connect tid=3 res=0 tuple=tuple fd=4",
            "open tid=3 name=/x flags=1 mode=0",
        ],
    );
}

#[test]
fn a_lone_enter_is_no_row() {
    // accept's enter has no rule: its exit says all there is to say.
    check(File::new().event(3, 246, &[]).0, &[]);
}

//! Lists before the events: every form of every list becomes rows.

use super::bytes::{File, text};
use super::rows::check;

fn u64s(numbers: &[u64]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

fn u32s(numbers: &[u32]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

/// An entry with its length in front, which counts the length itself.
fn sized(entry: &[u8]) -> Vec<u8> {
    [&(entry.len() as u32 + 4).to_le_bytes()[..], entry].concat()
}

/// The entry of process 5 in the form of this version, without what newer writers append.
fn process(version: u8) -> Vec<u8> {
    let mut entry = u64s(&[5, 4, 1]);
    for (since, id) in [(6, 40), (8, 41)] {
        if version >= since {
            entry.extend(u64s(&[id]));
        }
    }
    entry.extend([text("sh"), text("/bin/sh")].concat());
    if version >= 7 {
        entry.extend(text("/usr/bin/dash"));
    }
    entry.extend([text("-c\0x\0"), text("/root")].concat());
    entry.extend([u64s(&[1024]), u32s(&[3, 0, 9])].concat());
    if version >= 2 {
        entry.extend([u32s(&[10, 11, 12]), u64s(&[13, 14])].concat());
    }
    if version >= 3 {
        entry.extend(text("A=1\0"));
    }
    if version >= 4 {
        entry.extend([u64s(&[15, 16]), text("cpu=/\0")].concat());
    }
    if version >= 5 {
        entry.extend(text("/"));
    }
    entry
}

/// The row of [`process`] in the ninth form.
const NINTH: &str = "state_thread tid=5 ptid=1 sid=40 vpgid=41 comm=sh exe=/bin/sh trusted_exepath=/usr/bin/dash \
    args=-c\\x00x\\x00 cwd=/root fdlimit=1024 flags=3 uid=0 gid=9 \
    vm_size=10 vm_rss=11 vm_swap=12 pgft_maj=13 pgft_min=14 env=A=1\\x00 vtid=15 vpid=16 \
    cgroups=cpu=/\\x00 root=/";

#[test]
fn every_form_of_the_process_list_is_read() {
    let begin = [
        "state_thread tid=5 ptid=1",
        " sid=40",
        " vpgid=41",
        " comm=sh exe=/bin/sh",
    ];
    let args = " args=-c\\x00x\\x00 cwd=/root fdlimit=1024 flags=3 uid=0 gid=9";
    let memory = " vm_size=10 vm_rss=11 vm_swap=12 pgft_maj=13 pgft_min=14";
    let kinds = [
        0x202, 0x207, 0x209, 0x210, 0x211, 0x212, 0x213, 0x214, 0x215,
    ];
    for (version, kind) in (1u8..).zip(kinds) {
        let since = |since, part| if version >= since { part } else { "" };
        let expected = [
            begin[0],
            since(6, begin[1]),
            since(8, begin[2]),
            begin[3],
            since(7, " trusted_exepath=/usr/bin/dash"),
            args,
            since(2, memory),
            since(3, " env=A=1\\x00"),
            since(4, " vtid=15 vpid=16 cgroups=cpu=/\\x00"),
            since(5, " root=/"),
        ]
        .concat();
        let entry = if version == 9 {
            sized(&process(9))
        } else {
            process(version)
        };
        let two = [&entry[..], &entry].concat();
        check(File::new().block(kind, &two).0, &[&expected, &expected]);
    }
}

#[test]
fn what_newer_writers_append_to_a_process_is_read_as_far_as_it_goes() {
    let appended = [
        &u64s(&[77])[..],
        &u32s(&[34816, 1000]),
        &[1],
        &u64s(&[1, 2, 3]),
        &[1],
        &u64s(&[99, 98, 97]),
        &[0, 1],
        &u64s(&[6]),
        b"what comes one day",
    ]
    .concat();
    let parts = [
        (8, " pidns_init_start_ts=77"),
        (12, " tty=34816"),
        (16, " loginuid=1000"),
        (17, " exe_writable=1"),
        (41, " cap_inheritable=1 cap_permitted=2 cap_effective=3"),
        (42, " exe_upper_layer=1"),
        (66, " exe_ino=99 exe_ino_ctime=98 exe_ino_mtime=97"),
        (68, " exe_from_memfd=0 exe_lower_layer=1"),
        (76, " pgid=6"),
        (94, ""),
    ];
    let mut expected = NINTH.to_owned();
    for (length, part) in parts {
        expected.push_str(part);
        let entry = sized(&[&process(9)[..], &appended[..length]].concat());
        check(File::new().block(0x215, &entry).0, &[&expected]);
    }
}

#[test]
fn logins_stood_where_the_terminal_came_before_the_terminal_came() {
    let appended = [&u32s(&[1000])[..], &[1], &u64s(&[1, 2, 3])].concat();
    let parts = [
        (4, " loginuid=1000"),
        (5, " exe_writable=1"),
        (29, " cap_inheritable=1 cap_permitted=2 cap_effective=3"),
    ];
    let mut expected = NINTH.to_owned();
    for (length, part) in parts {
        expected.push_str(part);
        let entry = sized(&[&process(9)[..], &appended[..length]].concat());
        check(File::new().block(0x215, &entry).0, &[&expected]);
    }
}

#[test]
fn descriptors_of_every_type_are_read() {
    let address = [&[127, 0, 0, 1][..], &[10, 0, 0, 2]].concat();
    let ports = [1024u16.to_le_bytes(), 443u16.to_le_bytes()].concat();
    let named = |name: &str| (text(name), format!(" name={name}"));
    let entries: [(u8, Vec<u8>, String); 8] = [
        (0, vec![], String::new()),
        (1, named("/etc/passwd").0, named("/etc/passwd").1),
        (
            3,
            [&address[..], &ports, &[1]].concat(),
            " sip=\\x7f\\x00\\x00\\x01 dip=\\n\\x00\\x00\\x02 sport=1024 dport=443 l4proto=1"
                .to_owned(),
        ),
        (
            5,
            [&[0, 0, 0, 0][..], &ports[..2], &[2]].concat(),
            " sip=\\x00\\x00\\x00\\x00 sport=1024 l4proto=2".to_owned(),
        ),
        (
            4,
            [&[b'a'; 32][..], &ports, &[1]].concat(),
            format!(
                " sip={} dip={} sport=1024 dport=443 l4proto=1",
                "a".repeat(16),
                "a".repeat(16)
            ),
        ),
        (
            6,
            [&[b'b'; 16][..], &ports[..2], &[1]].concat(),
            format!(" sip={} sport=1024 l4proto=1", "b".repeat(16)),
        ),
        (
            8,
            [u64s(&[1, 2]), text("/run/x")].concat(),
            " name=/run/x source=1 destination=2".to_owned(),
        ),
        (
            16,
            [u32s(&[4097]), text("/tmp/y")].concat(),
            " name=/tmp/y flags=4097".to_owned(),
        ),
    ];
    let others = [2u8, 7, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21];
    let others = others.map(|ty| (ty, named("pipe:[5]").0, named("pipe:[5]").1));
    for (ty, rest, expected) in entries.into_iter().chain(others) {
        let entry = [&u64s(&[3, 55])[..], &[ty], &rest].concat();
        let expected = format!("state_fd tid=9 fd=3 ino=55 type={ty}{expected}");
        let both = [&expected[..], &expected];
        let old = [&u64s(&[9])[..], &entry, &entry].concat();
        check(File::new().block(0x203, &old).0, &both);
        let new = [&u64s(&[9])[..], &sized(&entry), &sized(&entry)].concat();
        check(File::new().block(0x218, &new).0, &both);
    }
}

#[test]
fn a_sized_entry_may_say_more_than_is_known() {
    let file = [
        &u64s(&[3, 55])[..],
        &[16],
        &u32s(&[1]),
        &text("/x"),
        &u32s(&[2049]),
        b"more",
    ]
    .concat();
    let future = [&u64s(&[4, 56])[..], &[99], b"whatever this is"].concat();
    let body = [&u64s(&[9])[..], &sized(&file), &sized(&future)].concat();
    check(
        File::new().block(0x218, &body).0,
        &[
            "state_fd tid=9 fd=3 ino=55 type=16 name=/x flags=1 dev=2049",
            "state_fd tid=9 fd=4 ino=56 type=99",
        ],
    );
}

#[test]
fn users_groups_and_interfaces_are_read_in_both_forms() {
    let user = [
        &[0][..],
        &u32s(&[1, 2]),
        &text("me"),
        &text("/home/me"),
        &text("/bin/sh"),
    ]
    .concat();
    let group = [&[1][..], &u32s(&[2]), &text("us")].concat();
    let accounts = [
        "state_user tid=0 uid=1 gid=2 name=me home=/home/me shell=/bin/sh",
        "state_group tid=0 gid=2 name=us",
    ];
    check(
        File::new().block(0x206, &[&user[..], &group].concat()).0,
        &accounts,
    );
    let both = [sized(&user), sized(&group)].concat();
    check(File::new().block(0x220, &both).0, &accounts);

    // The length of an interface does not count itself.
    let interface = |ty: u16, address: u8, speed: &[u8]| {
        let addresses = vec![b'x'; usize::from(address) * 3];
        [
            &ty.to_le_bytes()[..],
            &2u16.to_le_bytes(),
            &addresses,
            speed,
            b"lo",
        ]
        .concat()
    };
    for (ty, width, speed, expected) in [
        (1, 4, &u64s(&[7])[..], " link_speed=7"),
        (2, 16, &u64s(&[7]), " link_speed=7"),
        (3, 4, &[], ""),
        (4, 16, &[], ""),
    ] {
        let entry = interface(ty, width, speed);
        let address = "x".repeat(usize::from(width));
        let line = format!(
            "state_interface tid=0 type={ty} name=lo address={address} netmask={address} broadcast={address}{expected}"
        );
        check(
            File::new().block(0x205, &[&entry[..], &entry].concat()).0,
            &[&line, &line],
        );
        let with_length = [&(entry.len() as u32).to_le_bytes()[..], &entry].concat();
        check(File::new().block(0x219, &with_length).0, &[&line]);
    }
}

#[test]
fn a_machine_gives_the_node_its_name() {
    let file = File::new().machine("box").0;
    let file = falco_analyze::scap::ScapFile::from_bytes(file).expect("a file of Falco's");
    let node = file.items().find_map(|item| match item {
        falco_format::Item::Segment(header) => Some(header.node.clone()),
        _ => None,
    });
    assert_eq!(node.as_deref(), Some("box"));
    let line = &super::rows::lines(&file)[0];
    assert!(
        line.starts_with(
            "state_host tid=0 hostname=box cpus=4 memory=1024 max_pid=99 machine_info=\\x04"
        ),
        "{line}"
    );
}

#[test]
fn a_list_that_cannot_be_read_is_passed_over_from_there_on() {
    let user = [
        &[0][..],
        &u32s(&[1, 2]),
        &text("me"),
        &text("/"),
        &text("sh"),
    ]
    .concat();
    let file = File::new().block(0x206, &[&user[..], &[9, 9, 9, 9, 9]].concat());
    let file = file.block(0x206, &user).0;
    let line = "state_user tid=0 uid=1 gid=2 name=me home=/ shell=sh";
    check(
        file,
        &[line, "damage: the rest of a list cannot be read", line],
    );
}

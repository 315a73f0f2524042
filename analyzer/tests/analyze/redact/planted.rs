//! A capture in which a secret stands wherever a text can, and an address wherever one can.

use falco_abi::events::{
    connect, container, execve, getsockopt, init_module, memfd_create, mount, prctl, recvmsg,
    sendto, setsockopt, state_cgroup, state_container, state_fd, state_group, state_interface,
    state_listen, state_mount, state_thread, state_user, symlinkat, write,
};

use crate::support::CaptureBuilder;
use crate::support::capture::Row;

/// No part of it is a word of every machine, and no rule looks for it.
pub(super) const SECRET: &str = "wxqzvkjhbp";
/// An address that is nobody's, as it is written and as bytes.
pub(super) const ADDRESS: &str = "45.67.89.123";
pub(super) const OCTETS: [u8; 4] = [45, 67, 89, 123];

/// A capture in which a secret stands wherever a text can.
pub(super) fn with_secrets() -> CaptureBuilder {
    let mut capture = CaptureBuilder::new(&format!("{SECRET}.example.com"));
    plant_in_state(&mut capture);
    capture.shell(100);
    let path = format!("/home/{SECRET}/bin/{SECRET}");
    let password = format!("--password={SECRET}");
    capture.start_program(100, 200, &path, &["cat", &password, ADDRESS]);
    capture.open(200, "/etc/shadow", 3);
    capture.open(200, &format!("/srv/{SECRET}/a.txt"), 4);
    plant_in_events(&mut capture);
    capture.end(200);
    capture
}

fn document() -> String {
    format!(
        "{{\"container\":{{\"type\":0,\"id\":\"{SECRET}\",\"name\":\"{SECRET}\",\"image\":\"{SECRET}:1\",\"ip\":\"{ADDRESS}\",\"cni_json\":\"{{\\\"{SECRET}\\\":1}}\",\"labels\":{{\"{SECRET}\":\"a\\n{SECRET}\",\"io.kubernetes.pod.name\":\"{SECRET}\"}},\"Mounts\":[{{\"Source\":\"/{SECRET}\"}}]}}}}"
    )
}

fn tuple_of_unix() -> Vec<u8> {
    let mut tuple = vec![0; 20];
    tuple[0] = 1;
    tuple.extend_from_slice(format!("/run/{SECRET}.sock").as_bytes());
    tuple
}

fn plant_in_state(capture: &mut CaptureBuilder) {
    let path = format!("/home/{SECRET}");
    let texts = format!("HOME=/home/{SECRET}\0TOKEN={SECRET}\0");
    capture.know(
        Row::new(state_user::EVENT, 0)
            .int(state_user::uid, 1000)
            .text(state_user::name, SECRET)
            .text(state_user::home, &path)
            .text(state_user::shell, &path)
            .text(state_user::container_id, SECRET),
    );
    capture.know(
        Row::new(state_group::EVENT, 0)
            .int(state_group::gid, 1000)
            .text(state_group::name, SECRET)
            .text(state_group::container_id, SECRET),
    );
    capture.know(
        Row::new(state_mount::EVENT, 0)
            .text(state_mount::root, &path)
            .text(state_mount::mountpoint, &path)
            .text(state_mount::r#type, SECRET)
            .text(state_mount::source, format!("{SECRET}:/export"))
            .text(
                state_mount::options,
                format!("rw,addr={ADDRESS},user={SECRET}"),
            ),
    );
    capture.know(
        Row::new(state_cgroup::EVENT, 0)
            .text(state_cgroup::controllers, SECRET)
            .text(state_cgroup::mountpoint, &path),
    );
    capture.know(
        Row::new(state_interface::EVENT, 0)
            .text(state_interface::name, SECRET)
            .text(state_interface::address, OCTETS),
    );
    capture.know(Row::new(state_listen::EVENT, 0).text(state_listen::address, OCTETS));
    capture.know(Row::new(state_container::EVENT, 0).text(state_container::json, document()));
    capture.know(
        Row::new(state_thread::EVENT, 90)
            .text(state_thread::comm, SECRET)
            .text(state_thread::argv, &texts)
            .text(state_thread::env, &texts)
            .text(state_thread::trusted_exepath, &path)
            .text(state_thread::cwd, &path)
            .text(state_thread::root, &path)
            .text(
                state_thread::cgroups,
                format!("4:memory:/{SECRET}\00::/{SECRET}\0"),
            )
            .int(state_thread::uid, 1000),
    );
    capture.know(
        Row::new(state_fd::EVENT, 90)
            .int(state_fd::fd, 3)
            .text(state_fd::name, &path)
            .text(state_fd::tuple, tuple_of_unix()),
    );
}

fn plant_in_events(capture: &mut CaptureBuilder) {
    let path = format!("/home/{SECRET}");
    let inet = [&[2, 0, 0, 80][..], &OCTETS, &[0; 8]].concat();
    let inet_tuple = [&[2, 6, 1, 1, 1, 0, 80, 0, 127, 0, 0, 1][..], &OCTETS].concat();
    let unix = format!("\u{1}\0/run/{SECRET}").into_bytes();
    let request = format!("GET /{SECRET} HTTP/1.1\r\nHost: {ADDRESS}\r\n");
    let binary = [&[0, 1, 0xff][..], SECRET.as_bytes()].concat();
    let control = [
        &[26, 0, 0, 0, 0, 0, 0, 0, 41, 0, 0, 0, 50, 0, 0, 0][..],
        SECRET.as_bytes(),
    ];
    for row in [
        Row::new(execve::EVENT, 200)
            .int(execve::res, -2)
            .text(execve::filename, &path)
            .text(execve::env, format!("A={SECRET}\0"))
            .text(execve::cgroup, format!("/docker/{SECRET}"))
            .text(execve::exe_inner_path, &path),
        Row::new(connect::EVENT, 200)
            .text(connect::addr, &inet)
            .text(connect::tuple, &inet_tuple),
        Row::new(connect::EVENT, 200)
            .text(connect::addr, &unix)
            .text(connect::tuple, tuple_of_unix()),
        Row::new(sendto::EVENT, 200)
            .text(sendto::data, &request)
            .text(sendto::addr, &inet),
        Row::new(write::EVENT, 200).text(write::data, &binary),
        Row::new(recvmsg::EVENT, 200)
            .text(recvmsg::data, SECRET)
            .text(recvmsg::msgcontrol, control.concat()),
        Row::new(setsockopt::EVENT, 200)
            .int(setsockopt::level, 1)
            .int(setsockopt::optname, 25)
            .text(setsockopt::val, SECRET),
        Row::new(getsockopt::EVENT, 200)
            .int(getsockopt::level, 282)
            .text(getsockopt::val, SECRET),
        Row::new(mount::EVENT, 200)
            .text(mount::dev, &path)
            .text(mount::dir, &path)
            .text(mount::r#type, SECRET),
        Row::new(symlinkat::EVENT, 200)
            .text(symlinkat::target, &path)
            .text(symlinkat::linkpath, SECRET),
        Row::new(prctl::EVENT, 200)
            .text(prctl::arg2_str, SECRET)
            .text(prctl::comm, SECRET),
        Row::new(memfd_create::EVENT, 200).text(memfd_create::name, SECRET),
        Row::new(init_module::EVENT, 200)
            .text(init_module::uargs, format!("key={SECRET}"))
            .text(init_module::img, &binary),
        Row::new(container::EVENT, 200).text(container::json, document()),
    ] {
        capture.push(row);
    }
}

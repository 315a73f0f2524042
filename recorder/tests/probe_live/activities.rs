//! What the recorded processes do. Each runs in a process of its own, for the probe does not record its own recorder.

use std::ffi::CString;
use std::io::{IoSlice, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};

/// How many files are opened.
pub(super) const FILES: usize = 10_000;

#[test]
#[ignore = "runs as a child of the other tests"]
fn activity() {
    let activity = std::env::var("PROBE_ACTIVITY").unwrap();
    let argument = std::env::var("PROBE_ARGUMENT").unwrap();
    match activity.as_str() {
        "opens" => opens(&argument),
        "sockets" => sockets(&argument),
        "faults" => faults(),
        "long_path" => long_path(),
        "threads" => threads(),
        "exec_in_thread" => exec_in_thread(),
        "failed_execs" => failed_execs(),
        "messages" => messages(),
        "several_messages" => super::messages::several(),
        "more_messages" => super::messages::more(),
        "messages32" => super::messages::several32(),
        "int80" => int80(),
        "memfd" => memfd(),
        "pipes" => pipes(),
        "queue" => queue(),
        "detached" => super::detached::act(&argument),
        "refused" => refused(),
        "ways" => super::ways::act(&argument),
        other => panic!("no activity {other}"),
    }
}

pub(super) fn tell(word: &str, value: impl std::fmt::Display) {
    println!("told {word}={value}");
}

fn opens(directory: &str) {
    for number in 0..FILES {
        drop(std::fs::File::open(format!("{directory}/file-{number}")).unwrap());
    }
}

fn sockets(directory: &str) {
    for (name, address) in [("v4", "127.0.0.1:0"), ("v6", "[::1]:0")] {
        let listener = TcpListener::bind(address).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        // SAFETY: a NULL address asks for none.
        let accepted = unsafe {
            libc::accept(
                listener.as_raw_fd(),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
            )
        };
        tell(
            &format!("{name}_client"),
            client.local_addr().unwrap().port(),
        );
        tell(
            &format!("{name}_server"),
            listener.local_addr().unwrap().port(),
        );
        tell(&format!("{name}_fd"), client.as_raw_fd());
        tell(&format!("{name}_accepted"), accepted);
    }
    let path = format!("{directory}/socket");
    let listener = UnixListener::bind(&path).unwrap();
    let client = UnixStream::connect(&path).unwrap();
    tell("unix_fd", client.as_raw_fd());
    drop(listener.accept().unwrap());
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let target = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.send_to(b"datagram", target.local_addr().unwrap())
        .unwrap();
    tell("udp_local", udp.local_addr().unwrap().port());
    tell("udp_remote", target.local_addr().unwrap().port());
}

fn pipes() {
    let mut ends = [0; 2];
    // SAFETY: there is room for two descriptors.
    let made = unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) };
    assert_eq!(made, 0);
    let link = std::fs::read_link(format!("/proc/self/fd/{}", ends[0])).unwrap();
    let link = link.to_string_lossy();
    tell(
        "inode",
        link.trim_matches(|digit: char| !digit.is_ascii_digit()),
    );
    // SAFETY: the kernel checks the address; nothing lies there.
    assert_eq!(unsafe { libc::pipe2(8 as *mut i32, 0) }, -1);
}

/// Three wait, one is accepted.
fn queue() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    // SAFETY: a call with two numbers.
    assert_eq!(unsafe { libc::listen(listener.as_raw_fd(), 7) }, 0);
    let connect = || TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let clients = [connect(), connect(), connect()];
    drop(listener.accept().unwrap());
    drop(clients);
}

/// A connection that is under way when the call returns, and refused by a port that nobody listens on.
fn refused() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK;
    // SAFETY: a call with three numbers.
    let socket = unsafe { libc::socket(libc::AF_INET, kind, 0) };
    let mut address = [0_u8; 16];
    address[..2].copy_from_slice(&2_u16.to_ne_bytes());
    address[2..4].copy_from_slice(&port.to_be_bytes());
    address[4..8].copy_from_slice(&[127, 0, 0, 1]);
    // SAFETY: the address is as long as it says.
    let result = unsafe { libc::connect(socket, address.as_ptr().cast(), 16) };
    assert_eq!(result, -1);
    tell("port", port);
    let mut pair = [0; 2];
    // SAFETY: there is room for two numbers.
    let result = unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, pair.as_mut_ptr()) };
    assert_eq!(result, 0);
    for (name, fd) in ["source", "peer"].into_iter().zip(pair) {
        let link = std::fs::read_link(format!("/proc/self/fd/{fd}")).unwrap();
        tell(
            name,
            link.to_string_lossy()
                .trim_matches(|c: char| !c.is_ascii_digit()),
        );
    }
}

fn faults() {
    // SAFETY: the kernel checks the address; nothing lies there.
    let result = unsafe { libc::openat(libc::AT_FDCWD, 8 as *const libc::c_char, libc::O_RDONLY) };
    assert_eq!(result, -1);
    // SAFETY: as above.
    let result = unsafe { libc::connect(0, 16 as *const libc::sockaddr, 16) };
    assert_eq!(result, -1);
}

fn long_path() {
    let path = CString::new("/nowhere/".repeat(500)).unwrap();
    // SAFETY: the string ends with a NUL.
    let result = unsafe { libc::openat(libc::AT_FDCWD, path.as_ptr(), libc::O_RDONLY) };
    assert_eq!(result, -1);
    let exact = CString::new("./".repeat(2047) + "x").unwrap();
    // SAFETY: as above.
    let result = unsafe { libc::openat(libc::AT_FDCWD, exact.as_ptr(), libc::O_RDONLY) };
    assert_eq!(result, -1);
}

fn threads() {
    let threads: Vec<_> = (0..3).map(|_| std::thread::spawn(own_tid)).collect();
    for (number, thread) in threads.into_iter().enumerate() {
        tell(&format!("tid{number}"), thread.join().unwrap());
    }
}

fn own_tid() -> i32 {
    // SAFETY: has no preconditions.
    unsafe { libc::gettid() }
}

fn exec_in_thread() {
    let thread = std::thread::spawn(|| {
        tell("tid", own_tid());
        let program = CString::new("/bin/true").unwrap();
        let argument = CString::new("from a thread").unwrap();
        let argv = [program.as_ptr(), argument.as_ptr(), std::ptr::null()];
        // SAFETY: the vector ends with NULL, each string with a NUL.
        unsafe { libc::execv(program.as_ptr(), argv.as_ptr()) };
    });
    thread.join().unwrap();
}

fn failed_execs() {
    let program = CString::new("/nowhere/program").unwrap();
    let argument = CString::new("an argument").unwrap();
    let empty = CString::new("").unwrap();
    let argv = [
        program.as_ptr(),
        argument.as_ptr(),
        empty.as_ptr(),
        std::ptr::null(),
    ];
    let many: Vec<_> = std::iter::repeat_n(argument.as_ptr(), 40)
        .chain([std::ptr::null()])
        .collect();
    // SAFETY: the vectors end with NULL, each string with a NUL.
    unsafe {
        libc::execv(program.as_ptr(), argv.as_ptr());
        libc::execv(program.as_ptr(), many.as_ptr());
        libc::execv(program.as_ptr(), 24 as *const *const libc::c_char);
        libc::syscall(
            libc::SYS_execveat,
            libc::AT_FDCWD,
            program.as_ptr(),
            argv.as_ptr(),
            std::ptr::null::<u8>(),
            0x100,
        );
    }
}

fn memfd() {
    // SAFETY: the name ends with a NUL.
    let fd = unsafe { libc::memfd_create(c"hidden".as_ptr(), 0) };
    let path = format!("/proc/self/fd/{fd}");
    std::fs::write(&path, std::fs::read("/bin/true").unwrap()).unwrap();
    let argv = [c"innocent".as_ptr(), std::ptr::null()];
    let environment = [std::ptr::null()];
    // SAFETY: the vectors end with NULL.
    unsafe { libc::fexecve(fd, argv.as_ptr(), environment.as_ptr()) };
}

fn messages() {
    let (mut one, mut other) = UnixStream::pair().unwrap();
    let parts = [
        IoSlice::new(b"first "),
        IoSlice::new(b"second "),
        IoSlice::new(b"third"),
    ];
    assert_eq!(one.write_vectored(&parts).unwrap(), 18);
    let mut buffer = [0; 64];
    assert_eq!(other.read(&mut buffer).unwrap(), 18);
    let mut vector = [libc::iovec {
        iov_base: b"in a message".as_ptr().cast_mut().cast(),
        iov_len: 12,
    }];
    // SAFETY: all-zero is a valid header.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = vector.as_mut_ptr();
    header.msg_iovlen = 1;
    // SAFETY: the header points to what lives here.
    let sent = unsafe { libc::sendmsg(one.as_raw_fd(), &raw const header, 0) };
    assert_eq!(sent, 12);
}

/// Calls of i386 made by a 64-bit program: `open`, `close`, `socketcall(socket)`.
#[cfg(target_arch = "x86_64")]
fn int80() {
    let page = low_page();
    let low = page as u64;
    // SAFETY: the page is writable and long enough.
    unsafe {
        std::ptr::copy_nonoverlapping(c"/etc/hostname".as_ptr(), page.cast(), 14);
        // The arguments of socket(): AF_INET, SOCK_STREAM, 0.
        page.cast::<u32>().add(64).write(2);
        page.cast::<u32>().add(65).write(1);
        page.cast::<u32>().add(66).write(0);
    }
    let opened = call32(5, low, 0, 0);
    tell("opened", opened);
    tell("closed", call32(6, opened as u64, 0, 0));
    tell("socket", call32(102, 1, low + 256, 0));
}

#[cfg(not(target_arch = "x86_64"))]
fn int80() {}

/// Memory at an address below 4 GiB, so that 32-bit calls reach it.
#[cfg(target_arch = "x86_64")]
pub(super) fn low_page() -> *mut libc::c_void {
    const LOW: usize = 0x1000_0000;
    // SAFETY: a fixed mapping at an address that nothing uses.
    let page = unsafe {
        libc::mmap(
            LOW as *mut libc::c_void,
            4096,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
            -1,
            0,
        )
    };
    assert_eq!(page as usize, LOW);
    page
}

/// A call by `int 0x80`. The compiler keeps rbx for itself.
#[cfg(target_arch = "x86_64")]
pub(super) fn call32(number: u64, first: u64, second: u64, third: u64) -> i64 {
    let result: i64;
    // SAFETY: the calls made here touch no memory of ours but to read.
    unsafe {
        std::arch::asm!(
            "xchg rbx, {first}",
            "int 0x80",
            "xchg rbx, {first}",
            first = inout(reg) first => _,
            inlateout("rax") number => result,
            in("rcx") second,
            in("rdx") third,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    result
}

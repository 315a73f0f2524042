//! Rules for types 0 to 109: number, parameters, and what becomes of it.

use super::rule::*;
use Part::*;

pub(super) const RULES: &[Rule] = &[
    store(0, 2), // syscall
    add(1, 1, &[EnterOrEmpty(1, 1)]),
    add(2, 0, &[Empty(3)]), // open
    pass(2, 3),
    add(3, 4, &[Empty(1)]),
    add(3, 5, &[Empty(1)]),
    store(4, 1), // close
    add(5, 1, &[Enter(0, 0)]),
    store(6, 2), // read
    add(7, 2, &[Enter(0, 1)]),
    store(8, 2), // write
    add(9, 2, &[Enter(0, 1)]),
    store(10, 1), // brk
    turn(11, 1, 159, &[Old(0, 0), EnterOrEmpty(0, 0), Empty(3)]),
    turn(12, 0, 154, &[]), // execve
    turn(13, 8, 155, &[Old(0, 7), Empty(5)]),
    turn(15, 11, 157, &[Old(0, 7), Empty(5), Old(8, 10)]), // clone
    turn(16, 0, 186, &[Empty(5)]),                         // procexit
    store(18, 3),                                          // socket
    add(19, 1, &[Enter(0, 2)]),
    add(19, 4, &[Default(1)]),
    store(20, 1), // bind
    add(21, 2, &[Enter(0, 0)]),
    add(22, 1, &[Default(1)]), // connect
    store_and_pass(22, 2),
    add(23, 2, &[Enter(0, 0)]),
    add(23, 3, &[Enter(1, 1)]),
    store(24, 2), // listen
    add(25, 1, &[Enter(0, 1)]),
    turn(27, 3, 247, &[Old(0, 2), Default(2)]), // accept
    store(28, 2),                               // send
    add(29, 2, &[Enter(0, 1), Default(1)]),
    store(30, 3), // sendto
    add(31, 2, &[Enter(0, 2)]),
    store(32, 2), // recv
    add(33, 2, &[Enter(0, 1), Default(1)]),
    store(34, 2), // recvfrom
    add(35, 3, &[Enter(0, 1)]),
    store(36, 2), // shutdown
    add(37, 1, &[Enter(0, 1)]),
    store(42, 3), // socketpair
    add(43, 5, &[Enter(0, 2)]),
    store(48, 3), // sendmsg
    add(49, 2, &[Enter(0, 2)]),
    add(51, 0, &[Default(1), Empty(4)]), // sendmmsg
    store(52, 1),                        // recvmsg
    add(53, 4, &[Default(1)]),
    add(53, 5, &[Enter(0, 0)]),
    add(55, 0, &[Default(1), Empty(5)]), // recvmmsg
    store(56, 1),                        // accept
    turn(57, 3, 389, &[Old(0, 2), Default(2), Enter(0, 0)]),
    add(58, 0, &[Empty(2)]), // creat
    pass(58, 2),
    add(59, 3, &[Empty(1)]),
    add(59, 4, &[Empty(1)]),
    add(59, 5, &[Empty(1)]),
    store(62, 2), // eventfd
    add(63, 1, &[Enter(0, 1)]),
    store(64, 3), // futex
    add(65, 1, &[Enter(0, 2)]),
    store(70, 1), // fstat
    add(71, 1, &[Enter(0, 0)]),
    store(78, 1), // epoll_wait
    add(79, 1, &[Enter(0, 0)]),
    store(80, 2), // poll
    add(81, 2, &[Enter(1, 1)]),
    turn(85, 1, 83, &[Old(0, 0)]), // select
    store(86, 3),                  // lseek
    add(87, 1, &[Enter(0, 2)]),
    store(88, 3), // llseek
    add(89, 1, &[Enter(0, 2)]),
    store(90, 2), // ioctl
    turn(91, 1, 171, &[Old(0, 0), EnterOrEmpty(0, 1), Empty(1)]),
    store(96, 1), // fchdir
    add(97, 1, &[EnterOrEmpty(0, 0)]),
    store(98, 2), // mkdir
    turn(99, 1, 277, &[Old(0, 0), EnterOrEmpty(0, 1)]),
    store(100, 1), // rmdir
    turn(101, 1, 279, &[Old(0, 0), EnterOrEmpty(0, 0)]),
    store(102, 4), // openat
    turn(103, 1, 307, &[Old(0, 0), EnterOrEmpty(0, 3), Empty(2)]),
    store(104, 2), // link
    turn(105, 1, 309, &[Old(0, 0), EnterOrEmpty(0, 1)]),
    store(106, 4), // linkat
    turn(107, 1, 311, &[Old(0, 0), EnterOrEmpty(0, 3), Empty(1)]),
    store(108, 1), // unlink
    turn(109, 1, 301, &[Old(0, 0), EnterOrEmpty(0, 0)]),
];

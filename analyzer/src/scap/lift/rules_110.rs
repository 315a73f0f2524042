//! Rules for types from 110 on: number, parameters, and what becomes of it.

use super::rule::*;
use Part::*;

pub(super) const RULES: &[Rule] = &[
    store(110, 2), // unlinkat
    turn(111, 1, 303, &[Old(0, 0), EnterOrEmpty(0, 1), Empty(1)]),
    store(112, 3), // pread
    add(113, 2, &[Enter(0, 2)]),
    store(114, 3), // pwrite
    add(115, 2, &[Enter(0, 2)]),
    store(116, 1), // readv
    add(117, 3, &[Enter(0, 0)]),
    store(118, 2), // writev
    add(119, 2, &[Enter(0, 1)]),
    store(120, 2), // preadv
    add(121, 3, &[Enter(0, 1)]),
    store(122, 3), // pwritev
    add(123, 2, &[Enter(0, 2)]),
    store(124, 1), // dup
    turn(125, 1, 367, &[Old(0, 0), EnterOrEmpty(0, 0)]),
    store(126, 3), // signalfd
    add(127, 1, &[Enter(0, 2)]),
    store(128, 2), // kill
    add(129, 1, &[Enter(0, 1)]),
    store(130, 2), // tkill
    add(131, 1, &[Enter(0, 1)]),
    store(132, 3), // tgkill
    add(133, 1, &[Enter(0, 2)]),
    store(134, 1), // nanosleep
    add(135, 1, &[Enter(0, 0)]),
    store(136, 2), // timerfd_create
    add(137, 1, &[Enter(0, 1)]),
    store(138, 1), // inotify_init
    add(139, 1, &[Enter(0, 0)]),
    store(140, 1), // getrlimit
    add(141, 3, &[Enter(0, 0)]),
    store(142, 1), // setrlimit
    add(143, 3, &[Enter(0, 0)]),
    store(144, 2), // prlimit
    add(145, 5, &[EnterOrEmpty(0, 1)]),
    turn(146, 1, 152, &[Old(0, 0), Empty(5)]), // switch
    store(150, 2),                             // fcntl
    add(151, 1, &[Enter(0, 1)]),
    add(151, 3, &[Default(1)]),
    turn(154, 0, 172, &[]), // execve
    turn(155, 13, 173, &[Old(0, 12), Empty(1)]),
    turn(157, 16, 217, &[Old(0, 12), Empty(1), Old(13, 15)]), // clone
    store(158, 1),                                            // brk
    add(159, 4, &[EnterOrEmpty(0, 0)]),
    store(160, 6), // mmap
    add(161, 4, &[Enter(0, 5)]),
    store(162, 6), // mmap2
    add(163, 4, &[Enter(0, 5)]),
    store(164, 2), // munmap
    add(165, 4, &[Enter(0, 1)]),
    store(166, 4), // splice
    add(167, 1, &[Enter(0, 3)]),
    store(168, 2), // ptrace
    add(169, 0, &[Empty(3)]),
    add(169, 3, &[EnterOrEmpty(0, 1)]),
    store(170, 3), // ioctl
    add(171, 1, &[Enter(0, 2)]),
    turn(172, 0, 214, &[]), // execve
    turn(173, 14, 215, &[Old(0, 12), Empty(1), Old(13, 13)]),
    turn(183, 16, 219, &[Old(0, 12), Empty(1), Old(13, 15)]), // fork
    turn(185, 16, 221, &[Old(0, 12), Empty(1), Old(13, 15)]), // vfork
    store(188, 4),                                            // sendfile
    add(189, 2, &[Enter(0, 1), Enter(3, 3)]),
    store(190, 4), // quotactl
    add(191, 14, &[Enter(0, 3)]),
    store(192, 3), // setresuid
    add(193, 1, &[EnterOrEmpty(0, 2)]),
    store(194, 3), // setresgid
    add(195, 1, &[EnterOrEmpty(0, 2)]),
    store(198, 1), // setuid
    add(199, 1, &[EnterOrEmpty(0, 0)]),
    store(200, 1), // setgid
    add(201, 1, &[EnterOrEmpty(0, 0)]),
    turn(214, 0, 230, &[]), // execve
    turn(215, 15, 231, &[Old(0, 13), Empty(1), Old(14, 14)]),
    turn(217, 17, 223, &[Old(0, 13), Empty(1), Old(14, 16), Empty(2)]), // clone
    turn(219, 17, 225, &[Old(0, 13), Empty(1), Old(14, 16), Empty(2)]), // fork
    turn(221, 17, 227, &[Old(0, 13), Empty(1), Old(14, 16), Empty(2)]), // vfork
    add(223, 20, &[Empty(1)]),                                          // clone
    add(225, 20, &[Empty(1)]),                                          // fork
    add(227, 20, &[Empty(1)]),                                          // vfork
    turn(228, 4, 272, &[ContainerJson]),                                // container
    turn(230, 0, 282, &[]),                                             // execve
    turn(231, 16, 283, &[Old(0, 15), Empty(1)]),
    store(236, 1), // getdents
    add(237, 1, &[Enter(0, 0)]),
    store(238, 1), // getdents64
    add(239, 1, &[Enter(0, 0)]),
    store(240, 2), // setns
    add(241, 1, &[EnterOrEmpty(0, 1)]),
    store(242, 2), // flock
    add(243, 1, &[Enter(0, 1)]),
    store(248, 1), // accept
    turn(249, 5, 389, &[Old(0, 4), Enter(0, 0)]),
    store(250, 1), // semop
    add(251, 8, &[Enter(0, 0)]),
    store(252, 4), // semctl
    add(253, 1, &[Enter(0, 3)]),
    store(254, 3), // ppoll
    add(255, 2, &[Enter(1, 2)]),
    store(256, 1), // mount
    add(257, 4, &[Enter(0, 0)]),
    turn(259, 2, 387, &[Old(0, 1)]), // umount
    store(262, 3),                   // semget
    add(263, 1, &[Enter(0, 2)]),
    store(264, 1), // access
    add(265, 2, &[Enter(0, 0)]),
    turn(272, 1, 324, &[Old(0, 0)]), // container
    store(276, 1),                   // mkdir
    add(277, 2, &[EnterOrEmpty(0, 0)]),
    turn(282, 0, 288, &[Empty(1)]), // execve
    turn(283, 17, 289, &[Old(0, 16)]),
    store(284, 1), // unshare
    add(285, 1, &[Enter(0, 0)]),
    turn(288, 1, 292, &[Old(0, 0)]), // execve
    turn(289, 17, 293, &[Old(0, 16), Empty(1)]),
    store_and_pass(292, 1),
    add(293, 18, &[Empty(1)]),
    add(293, 19, &[Empty(1)]),
    add(293, 20, &[Empty(3)]),
    add(293, 23, &[Empty(3)]),
    add(293, 26, &[Empty(1)]),
    add(293, 27, &[Empty(1)]),
    add(293, 28, &[Empty(1)]),
    add(293, 29, &[Empty(1)]),
    add(293, 30, &[EnterOrEmpty(0, 0)]),
    store(294, 2), // setpgid
    add(295, 1, &[EnterOrEmpty(0, 1)]),
    store(296, 1), // bpf
    turn(297, 1, 369, &[Old(0, 0), EnterOrEmpty(0, 0)]),
    add(298, 1, &[Default(1)]), // seccomp
    store(298, 2),
    add(299, 1, &[Enter(0, 1)]),
    add(306, 0, &[Empty(4)]), // openat
    pass(306, 4),
    add(307, 5, &[Empty(1)]),
    add(307, 6, &[Empty(1)]),
    add(326, 0, &[Empty(5)]), // openat2
    pass(326, 5),
    add(327, 6, &[Empty(2)]),
    store(328, 3), // mprotect
    add(329, 1, &[Enter(0, 2)]),
    pass(330, 3), // execveat
    add(331, 19, &[Empty(1)]),
    add(331, 20, &[Empty(3)]),
    add(331, 23, &[Empty(3)]),
    add(331, 26, &[Empty(1)]),
    add(331, 27, &[Empty(1)]),
    add(331, 28, &[Empty(1)]),
    add(331, 29, &[Empty(1)]),
    store(332, 3), // copy_file_range
    add(333, 3, &[Enter(0, 2)]),
    add(335, 20, &[Empty(1)]), // clone3
    store(374, 1),             // epoll_create
    add(375, 1, &[Enter(0, 0)]),
    store(376, 1), // epoll_create1
    add(377, 1, &[Enter(0, 0)]),
    store(388, 1), // accept4
    add(389, 5, &[Enter(0, 0)]),
    store(390, 1), // umount2
    add(391, 2, &[Enter(0, 0)]),
    store(396, 1), // eventfd2
    add(397, 2, &[Enter(0, 0)]),
    store(398, 2), // signalfd4
    add(399, 2, &[Enter(0, 1)]),
];

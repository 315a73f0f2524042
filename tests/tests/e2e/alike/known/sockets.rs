//! What Falco makes of sockets: it tells ends apart by addresses, and its lists and tuples say less.

use super::{ANY, Case, Known};

/// What Falco's files say otherwise of sockets.
pub(super) const ROWS: &[Known] = &[
    Known {
        questions: &[
            "fd.lip",
            "fd.lnet",
            "fd.lport",
            "fd.lproto",
            "fd.rip",
            "fd.rnet",
            "fd.rport",
            "fd.rproto",
        ],
        types: ANY,
        when: |case| is_exchanged(case, ["fd.lip", "fd.lport"], ["fd.rip", "fd.rport"]),
        reason: "Falco takes for local the end whose address an interface of the machine has, or in a container the container's: between two processes of the machine, and in a container whose address nobody told, that is the other end as well.",
    },
    Known {
        questions: &["fd.is_server"],
        types: ANY,
        when: |case| {
            has_side(case)
                && case.ours.is_some()
                && case.theirs.is_some()
                && case.recorded("fd.sport") == case.exported("fd.sport")
        },
        reason: "In the same way Falco takes for a server whoever has the server's address; a recording knows who was bound or accepted.",
    },
    Known {
        questions: &[
            "fd.lip",
            "fd.lnet",
            "fd.lport",
            "fd.lproto",
            "fd.rip",
            "fd.rnet",
            "fd.rport",
            "fd.rproto",
            "fd.cip",
            "fd.cnet",
            "fd.cport",
            "fd.cproto",
            "fd.sip",
            "fd.snet",
            "fd.sport",
            "fd.sproto",
            "fd.l4proto",
            "evt.arg.fd",
        ],
        types: ANY,
        when: |case| {
            is_ipv6(case)
                && case.exported("fd.typechar") == Some("6")
                && case.exported("fd.sport").is_none()
                && case.recorded("fd.name") == case.exported("fd.name")
        },
        reason: "Of the connections in its lists Falco gives those of IPv4 sides, and those of IPv6 none.",
    },
    Known {
        questions: &[
            "fd.name",
            "fd.nameraw",
            "fd.containername",
            "evt.arg.fd",
            "fd.ip",
            "fd.net",
            "fd.port",
            "fd.proto",
            "fd.cip",
            "fd.cnet",
            "fd.cport",
            "fd.cproto",
            "fd.sip",
            "fd.snet",
            "fd.sport",
            "fd.sproto",
            "fd.lip",
            "fd.lnet",
            "fd.lport",
            "fd.lproto",
            "fd.rip",
            "fd.rnet",
            "fd.rport",
            "fd.rproto",
            "fd.is_server",
        ],
        types: ANY,
        when: |case| {
            is_ipv6(case)
                && case.recorded("fd.l4proto") == Some("udp")
                && is_exchanged(case, ["fd.cip", "fd.cport"], ["fd.sip", "fd.sport"])
        },
        reason: "Falco looks among IPv4 sockets alone for who serves a port: whoever receives first through an IPv6 socket bound to port 0 is its client.",
    },
    Known {
        questions: &["fd.ip", "fd.net", "fd.port", "fd.proto"],
        types: ANY,
        when: |case| {
            let zeros = |both: Option<&str>| matches!(both, Some("0.0.0.0 0.0.0.0" | ":: ::"));
            case.recorded("fd.port") == Some("0")
                && zeros(case.exported("fd.ip"))
                && case.recorded("fd.name") == case.exported("fd.name")
        },
        reason: "Falco names a socket that is bound to port 0, and gives it no end.",
    },
    Known {
        questions: &[
            "fd.typechar",
            "fd.type",
            "fd.ip",
            "fd.net",
            "fd.port",
            "fd.proto",
            "fd.sockfamily",
            "evt.category",
            "evt.count.error.*",
            "evt.arg.fd",
        ],
        types: ANY,
        when: |case| {
            case.exported("fd.typechar") == Some("X")
                && matches!(case.recorded("fd.typechar"), Some("o" | "4" | "6"))
        },
        reason: "A socket that is bound to nothing stands in no table of the kernel: Falco's recorder calls it unsupported, and a recording knows its family where the kernel was asked for it.",
    },
    Known {
        questions: &["fd.connected"],
        types: ANY,
        when: |case| {
            (case.ours, case.theirs) == (Some("true"), Some("false"))
                && case.recorded("fd.l4proto") != Some("tcp")
                && case.recorded("fd.name") == case.exported("fd.name")
        },
        reason: "Falco takes of the sockets in its lists those of TCP for connected, others from the first bytes on.",
    },
    Known {
        questions: &["evt.arg.tuple"],
        types: ANY,
        when: |case| {
            let as_ipv4 = case.ours.map(|ours| ours.replace(":::", "0.0.0.0:"));
            as_ipv4.as_deref() == case.theirs
        },
        reason: "Falco takes IPv6 ends that are both not known, or unspecified, for IPv4.",
    },
];

fn is_ipv6(case: &Case<'_>) -> bool {
    case.recorded("fd.typechar") == Some("6")
}

fn has_side(case: &Case<'_>) -> bool {
    case.recorded("fd.sport").is_some()
}

/// Whether what a recording has at one end an export has at the other.
fn is_exchanged(case: &Case<'_>, one: [&str; 2], other: [&str; 2]) -> bool {
    let recorded = |fields: [&str; 2]| fields.map(|field| case.recorded(field));
    let exported = |fields: [&str; 2]| fields.map(|field| case.exported(field));
    recorded(one) == exported(other)
        && recorded(other) == exported(one)
        && recorded(one)[1].is_some()
}

//! Single claims about Falco's answers, each over those alerts of the broad capture that prove it.
//!
//! The whole of that capture takes minutes, and its differences are counted by field; here a claim has a name of its own, is checked at every run, and says how often Falco told the value that it rests on.

use serde_json::Value as Json;

use super::broad::Compared;
use super::reference::Reference;

/// Alerts, and the fields of them that a claim is about.
struct Claim {
    name: &'static str,
    group: &'static str,
    rules: &'static [&'static str],
    is_about: fn(&Json) -> bool,
    fields: &'static [&'static str],
    /// How many alerts it is about.
    alerts: usize,
    /// How often Falco has a value for the first of the fields.
    told: usize,
}

#[track_caller]
fn check(claim: &Claim) {
    let Some(reference) = Reference::open(claim.name) else {
        return;
    };
    let mut compared = Compared::some(&reference, claim.group, claim.rules, claim.is_about);
    compared.run(&reference);
    assert_eq!(compared.alerts(), claim.alerts, "{}", claim.name);
    let first = claim.fields.first().expect("a claim is about a field");
    assert_eq!(compared.told(first), claim.told, "{}", claim.name);
    for field in claim.fields {
        assert_eq!(
            compared.differences_of(field),
            [""; 0],
            "{}: {field}",
            claim.name
        );
    }
}

/// In a container without an address of its own no end is local, so the copy of a socket for a shell has its server's end as the local one.
#[test]
fn ends_of_a_socket_that_a_redirect_gives_to_a_containers_process() {
    check(&Claim {
        name: "ends_of_a_socket_that_a_redirect_gives_to_a_containers_process",
        group: "fdproc",
        rules: &["b_dup", "b_dup2", "b_dup3"],
        is_about: |fields| fields["fd.sockfamily"] == "ip",
        fields: &["fd.lport", "fd.rport", "fd.lip", "fd.rip", "fd.is_server"],
        alerts: 26,
        told: 26,
    });
}

/// A copy of a descriptor that no event told of is about that descriptor, whatever has the number of the copy.
#[test]
fn copies_of_descriptors_never_seen() {
    check(&Claim {
        name: "copies_of_descriptors_never_seen",
        group: "fdproc",
        rules: &["b_dup", "b_dup2", "b_dup3"],
        is_about: |fields| fields["fd.typechar"] == "o",
        fields: &["fd.num", "fd.type", "fd.typechar", "fd.name"],
        alerts: 13,
        told: 13,
    });
}

/// Of calls other than opens Falco says the paths only where they succeeded: a rule on refused access rests on opens, and on `evt.arg` of other calls.
#[test]
fn paths_of_refused_calls_other_than_opens() {
    check(&Claim {
        name: "paths_of_refused_calls_other_than_opens",
        group: "fspath",
        rules: &["b_mkdir", "b_unlink", "b_unlinkat", "b_mount", "b_umount2"],
        is_about: |fields| fields["evt.rawres"].as_i64().is_some_and(|res| res < 0),
        fields: &[
            "fs.path.name",
            "fs.path.nameraw",
            "fs.path.source",
            "fs.path.target",
        ],
        alerts: 131,
        told: 0,
    });
}

/// Programs close what they inherited with `close_range` before an exec: what is left is what Falco counts.
#[test]
fn descriptors_left_by_close_range() {
    check(&Claim {
        name: "descriptors_left_by_close_range",
        group: "fdproc",
        rules: &["b_execve", "b_prlimit", "b_procexit"],
        is_about: |_| true,
        fields: &[
            "proc.fdopencount",
            "proc.stdin.name",
            "proc.stdout.name",
            "proc.stderr.name",
        ],
        alerts: 3288,
        told: 3288,
    });
}

//! Falco's fields that this source does not have, each with the reason. The reference lists them beside those it has.

/// A field that is not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// Falco's name.
    pub name: &'static str,
    /// Why.
    pub reason: &'static str,
}

const PLUGIN: &str = "Captures hold system calls; no plugin defines events here.";
const POLL: &str = "Calls that wait for descriptors are recorded without their lists.";
const MEMORY: &str = "No event carries the process's memory figures.";
const FAULTS: &str = "No event carries page fault counts.";
const SWITCH: &str = "The scheduler is not recorded.";
const PROBES: &str = "Falco has deprecated it, and no runtime is asked for it.";
const METADATA: &str = "Falco has deprecated it in favour of a plugin that asks the Kubernetes API; a capture holds what the node knew.";

const fn not(name: &'static str, reason: &'static str) -> Unsupported {
    Unsupported { name, reason }
}

/// All of them, in the order of Falco's reference.
pub const UNSUPPORTED: &[Unsupported] = &[
    not("evt.pluginname", PLUGIN),
    not("evt.plugininfo", PLUGIN),
    not(
        "evt.around",
        "It is true within a distance of its argument, which no comparison of two values says.",
    ),
    not("proc.vmsize", MEMORY),
    not("proc.vmrss", MEMORY),
    not("proc.vmswap", MEMORY),
    not("thread.pfmajor", FAULTS),
    not("thread.pfminor", FAULTS),
    not("thread.exectime", SWITCH),
    not("thread.totexectime", SWITCH),
    not("thread.cpu", SWITCH),
    not("thread.cpu.user", SWITCH),
    not("thread.cpu.system", SWITCH),
    not("thread.vmsize", MEMORY),
    not("thread.vmrss", MEMORY),
    not("fdlist.nums", POLL),
    not("fdlist.names", POLL),
    not("fdlist.cips", POLL),
    not("fdlist.sips", POLL),
    not("fdlist.cports", POLL),
    not("fdlist.sports", POLL),
    not("container.healthcheck", PROBES),
    not("container.liveness_probe", PROBES),
    not("container.readiness_probe", PROBES),
    not("proc.is_container_healthcheck", PROBES),
    not("proc.is_container_liveness_probe", PROBES),
    not("proc.is_container_readiness_probe", PROBES),
    not("k8s.rc.name", METADATA),
    not("k8s.rc.id", METADATA),
    not("k8s.rc.label", METADATA),
    not("k8s.rc.labels", METADATA),
    not("k8s.svc.name", METADATA),
    not("k8s.svc.id", METADATA),
    not("k8s.svc.label", METADATA),
    not("k8s.svc.labels", METADATA),
    not("k8s.ns.id", METADATA),
    not("k8s.ns.label", METADATA),
    not("k8s.ns.labels", METADATA),
    not("k8s.rs.name", METADATA),
    not("k8s.rs.id", METADATA),
    not("k8s.rs.label", METADATA),
    not("k8s.rs.labels", METADATA),
    not("k8s.deployment.name", METADATA),
    not("k8s.deployment.id", METADATA),
    not("k8s.deployment.label", METADATA),
    not("k8s.deployment.labels", METADATA),
];

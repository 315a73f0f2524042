//! Falco's fields that this source does not have, each with the reason. The reference lists them beside those it has.

/// A field that is not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// Falco's name.
    pub name: &'static str,
    /// Why.
    pub reason: &'static str,
}

const PROBES: &str = "Falco has deprecated it, and no runtime is asked for it.";

const fn not(name: &'static str, reason: &'static str) -> Unsupported {
    Unsupported { name, reason }
}

/// All of them, in the order of Falco's reference.
pub const UNSUPPORTED: &[Unsupported] = &[
    not(
        "evt.around",
        "It is true within a distance of its argument, which no comparison of two values says.",
    ),
    not("container.healthcheck", PROBES),
    not("container.liveness_probe", PROBES),
    not("container.readiness_probe", PROBES),
    not("proc.is_container_healthcheck", PROBES),
    not("proc.is_container_liveness_probe", PROBES),
    not("proc.is_container_readiness_probe", PROBES),
];

//! Attributes of what goes over the network.
//!
//! In: an event. Out: values.

use super::event::{Event, F};
use super::meaning::is_sent;

/// An address and a port; no port without an address.
pub(super) type End = (Option<String>, Option<i64>);

fn end(event: &Event<'_>, (ip, port): (F, F)) -> End {
    let ip = event.text(ip).map(ToOwned::to_owned);
    let port = event.int(port).filter(|_| ip.is_some());
    (ip, port)
}

fn is_listen(event: &Event<'_>) -> bool {
    event.text(F::Type) == Some("listen")
}

/// Who began it. A socket that listens has the end at which it does.
pub(super) fn source(event: &Event<'_>) -> End {
    if is_listen(event) {
        return end(event, (F::ServerIp, F::ServerPort));
    }
    end(event, (F::ClientIp, F::ClientPort))
}

/// With whom.
pub(super) fn destination(event: &Event<'_>) -> End {
    if is_listen(event) {
        return (None, None);
    }
    end(event, (F::ServerIp, F::ServerPort))
}

/// Which way it goes, seen from the process.
pub(super) fn direction(event: &Event<'_>) -> (i64, &'static str) {
    const UNKNOWN: (i64, &str) = (0, "Unknown");
    const INBOUND: (i64, &str) = (1, "Inbound");
    const OUTBOUND: (i64, &str) = (2, "Outbound");
    match event.text(F::Type) {
        Some("connect") => OUTBOUND,
        Some("accept" | "accept4") => INBOUND,
        Some("listen") => UNKNOWN,
        _ => match event.bool(F::IsServer) {
            Some(true) => INBOUND,
            Some(false) => OUTBOUND,
            None => UNKNOWN,
        },
    }
}

/// The protocol's number above IP, as IANA has it.
pub(super) fn protocol(event: &Event<'_>) -> Option<i64> {
    let is_six = version(event) == Some(6);
    match event.text(F::Protocol)? {
        "tcp" => Some(6),
        "udp" => Some(17),
        "icmp" if is_six => Some(58),
        "icmp" => Some(1),
        _ => None,
    }
}

pub(super) fn version(event: &Event<'_>) -> Option<i64> {
    match event.text(F::FdType)? {
        "ipv4" => Some(4),
        "ipv6" => Some(6),
        _ => None,
    }
}

/// Bytes that were moved, or sent, or received.
pub(super) fn bytes(event: &Event<'_>, sent: Option<bool>) -> Option<i64> {
    let is_sent = is_sent(event.text(F::Type)?)?;
    let bytes = event.int(F::RawResult).filter(|bytes| *bytes >= 0);
    bytes.filter(|_| sent.is_none_or(|sent| sent == is_sent))
}

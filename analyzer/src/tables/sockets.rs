//! The tables `connections` and `listeners`: one row per connection, from its begin to the last close of its descriptors, and one per socket that waits for others.
//!
//! In: events, and the descriptors that a snapshot tells. Out: rows, held until the last of their descriptors is closed.

use falco_abi::{EventId, events};

use super::cells::{Cell, Row};
use super::declare::columns;
use super::held::SUCCESS;
use super::who::{self, Who};
use crate::fields::errno_name;
use crate::pipeline::{Seen, Standing};
use crate::state::{Connection, Endpoint, Fd, FdKind, IpSocket, Layer4, Side, State, Thread};

columns! {
    /// A fact of a socket.
    SocketFact {
        StartTime: "start_time", Time, "When it began; NULL where it was there before anything was seen of it.";
        EndTime: "end_time", Time, "When the last descriptor of it was closed; NULL where it was open at the end, or nobody saw.";
        Duration: "duration", Duration, "From its begin to its end.";
        Began: "began", Text, "How it began: `connect`, `accept`, `listen`, `bind`; `before` anything was seen of it.";
        Direction: "direction", Text, "`out` where the process connected, `in` where it accepted; of one that was there before, by whether the host listens on its port.";
        Type: "fd_type", Text, "`ipv4`, `ipv6` or `unix`.";
        Protocol: "fd_l4proto", Text, "Protocol above IP: `tcp`, `udp`, `icmp`, `raw`; NULL for unix sockets.";
        LocalIp: "fd_lip", Text, "Address of the own end.";
        LocalPort: "fd_lport", Uint, "Port of the own end.";
        RemoteIp: "fd_rip", Text, "Address of the other end.";
        RemotePort: "fd_rport", Uint, "Port of the other end.";
        Name: "fd_name", Text, "Both ends as Falco shows them; of a unix socket its path.";
        Outcome: "evt_res", Text, "`SUCCESS`, or the name of the error; `EINPROGRESS` where nobody saw how it ended.";
        BytesIn: "bytes_in", Uint, "Bytes that were received; NULL where no such call was recorded.";
        BytesOut: "bytes_out", Uint, "Bytes that were sent; NULL where no such call was recorded.";
        Number: "fd_num", Int, "Number of the descriptor.";
        Complete: "complete", Bool, "Whether nothing was lost that the row may rest on.";
        Capture: "capture", Text, "The capture, as it was named by who opened it.";
    }
}

/// A column of either table.
pub(super) type Column = who::Column<SocketFact>;

/// The columns of `connections`.
pub(super) const CONNECTIONS: &[Column] = &[
    Column::Own(SocketFact::StartTime),
    Column::Own(SocketFact::EndTime),
    Column::Own(SocketFact::Duration),
    Column::Own(SocketFact::Direction),
    Column::Own(SocketFact::Type),
    Column::Own(SocketFact::Protocol),
    Column::Own(SocketFact::LocalIp),
    Column::Own(SocketFact::LocalPort),
    Column::Own(SocketFact::RemoteIp),
    Column::Own(SocketFact::RemotePort),
    Column::Own(SocketFact::Name),
    Column::Own(SocketFact::Outcome),
    Column::Own(SocketFact::BytesIn),
    Column::Own(SocketFact::BytesOut),
    Column::Own(SocketFact::Began),
    Column::Own(SocketFact::Number),
    Column::Who(Who::Pid),
    Column::Who(Who::StartTime),
    Column::Who(Who::Name),
    Column::Who(Who::ExePath),
    Column::Who(Who::CmdLine),
    Column::Who(Who::Uid),
    Column::Who(Who::UserName),
    Column::Who(Who::ContainerId),
    Column::Who(Who::ContainerName),
    Column::Who(Who::ContainerImage),
    Column::Who(Who::PodName),
    Column::Who(Who::NamespaceName),
    Column::Own(SocketFact::Complete),
    Column::Who(Who::Node),
    Column::Who(Who::BootId),
    Column::Own(SocketFact::Capture),
];

/// The columns of `listeners`.
pub(super) const LISTENERS: &[Column] = &[
    Column::Own(SocketFact::StartTime),
    Column::Own(SocketFact::EndTime),
    Column::Own(SocketFact::Duration),
    Column::Own(SocketFact::Type),
    Column::Own(SocketFact::Protocol),
    Column::Own(SocketFact::LocalIp),
    Column::Own(SocketFact::LocalPort),
    Column::Own(SocketFact::Name),
    Column::Own(SocketFact::Began),
    Column::Own(SocketFact::Number),
    Column::Who(Who::Pid),
    Column::Who(Who::StartTime),
    Column::Who(Who::Name),
    Column::Who(Who::ExePath),
    Column::Who(Who::CmdLine),
    Column::Who(Who::Uid),
    Column::Who(Who::UserName),
    Column::Who(Who::ContainerId),
    Column::Who(Who::ContainerName),
    Column::Who(Who::ContainerImage),
    Column::Who(Who::PodName),
    Column::Who(Who::NamespaceName),
    Column::Own(SocketFact::Complete),
    Column::Who(Who::Node),
    Column::Who(Who::BootId),
    Column::Own(SocketFact::Capture),
];

/// The events that begin connections, or tell how their begin ended.
pub(super) const CONNECTING: [EventId; 4] = [
    events::connect::EVENT,
    events::accept::EVENT,
    events::accept4::EVENT,
    events::getsockopt::EVENT,
];

/// The events after which a socket waits for others.
pub(super) const LISTENING: [EventId; 2] = [events::listen::EVENT, events::bind::EVENT];

/// What a call is refused with that goes on.
const EINPROGRESS: i64 = -115;
const EALREADY: i64 = -114;
const EISCONN: i64 = -106;

/// Makes rows of one of the tables.
pub(super) struct Sockets {
    pub(super) columns: Vec<Column>,
    pub(super) capture: Box<str>,
}

/// What became of a call.
pub(super) enum Made {
    /// A row that is whole.
    Row(Row),
    /// A row that is held as a descriptor.
    Held(i32, Row),
    /// The same, of which nobody knows yet how it begins.
    Pending(i32, Row),
    /// How the begin of what is held as a descriptor ended.
    Outcome(i32, Box<str>),
}

/// A socket, and how it came to be what it is.
struct Of<'a> {
    number: i32,
    file: Option<&'a Fd>,
    /// The other end, where the socket does not have it.
    asked: Option<Endpoint>,
    /// The own end, where the event tells better.
    own: Option<Endpoint>,
    began: &'static str,
    result: i64,
}

impl Sockets {
    /// What an event says of connections.
    pub(super) fn connection(&self, seen: &Seen<'_>) -> Option<Made> {
        let state = seen.state();
        let row = state.row(seen.view);
        let thread = state.thread_of(row)?;
        let (number, result, began) = match row.event() {
            events::connect::EVENT => {
                use events::connect as p;
                (row.fd(p::fd)?, row.int(p::res)?, "connect")
            }
            events::accept::EVENT => {
                let fd = row.fd(events::accept::fd)?;
                (fd, i64::from(fd), "accept")
            }
            events::accept4::EVENT => {
                let fd = row.fd(events::accept4::fd)?;
                (fd, i64::from(fd), "accept")
            }
            events::getsockopt::EVENT => return outcome(state, thread, seen),
            _ => return None,
        };
        // Whom nobody came to is no connection, and what is under way or there is no other one.
        if began == "accept" && result < 0 || matches!(result, EALREADY | EISCONN) {
            return None;
        }
        let file = state.fd(thread, number).map(|slot| &*slot.file);
        let is_told = |file: &Fd| file.kind.is_ip() || file.kind == FdKind::Unix;
        if file.is_some_and(|file| !is_told(file)) {
            return None;
        }
        let asked = (began == "connect")
            .then(|| row.asked_end(events::connect::addr))
            .flatten();
        let of = Of {
            number,
            file,
            asked,
            own: None,
            began,
            result,
        };
        let made = self.row(
            &seen.standing(),
            thread,
            Some((seen.view.time(), seen.is_complete())),
            &of,
        );
        Some(match result {
            EINPROGRESS => Made::Pending(number, made),
            0.. => Made::Held(number, made),
            _ => Made::Row(made),
        })
    }

    /// What an event says of sockets that wait for others: `listen`, and a datagram socket that is bound.
    pub(super) fn listener(&self, seen: &Seen<'_>) -> Option<Made> {
        let state = seen.state();
        let row = state.row(seen.view);
        let thread = state.thread_of(row)?;
        let (number, result, began) = match row.event() {
            events::listen::EVENT => {
                use events::listen as p;
                (row.fd(p::fd)?, row.int(p::res)?, "listen")
            }
            events::bind::EVENT => {
                use events::bind as p;
                (row.fd(p::fd)?, row.int(p::res)?, "bind")
            }
            _ => return None,
        };
        let file = state.fd(thread, number).map(|slot| &*slot.file);
        let is_datagram = || {
            file.and_then(|file| file.ip)
                .is_some_and(|ip| is_datagram(&ip))
        };
        if result < 0 || began == "bind" && !is_datagram() {
            return None;
        }
        let of = Of {
            number,
            file,
            asked: None,
            own: (began == "listen")
                .then(|| row.own_end(events::listen::tuple))
                .flatten(),
            began,
            result,
        };
        let time = (seen.view.time(), seen.is_complete());
        Some(Made::Held(
            number,
            self.row(&seen.standing(), thread, Some(time), &of),
        ))
    }

    /// The row of a descriptor that a snapshot told, where it is one of the table's.
    pub(super) fn known(
        &self,
        standing: &Standing<'_>,
        thread: &Thread,
        (number, file): (i32, &Fd),
        of_listeners: bool,
    ) -> Option<Row> {
        let ip = file.ip?;
        let waits = ip.remote.is_none() && ip.local.is_some_and(|end| end.port > 0);
        let is_one = if of_listeners {
            waits
        } else {
            ip.remote.is_some()
        };
        let of = Of {
            number,
            file: Some(file),
            asked: None,
            own: None,
            began: "before",
            result: 0,
        };
        is_one.then(|| self.row(standing, thread, None, &of))
    }

    fn row(
        &self,
        standing: &Standing<'_>,
        thread: &Thread,
        seen: Option<(u64, bool)>,
        of: &Of<'_>,
    ) -> Row {
        let process = who::leader(standing.state(), thread);
        let ip = of.file.and_then(|file| file.ip).unwrap_or_default();
        let remote = ip.remote.or(of.asked).filter(|end| !end.is_unset());
        let local = of
            .own
            .or(ip.local)
            .filter(|end| !end.is_unset() || remote.is_none());
        let address = |end: Option<Endpoint>| {
            end.map_or(Cell::Null, |end| Cell::Text(end.address.to_string().into()))
        };
        let port = |end: Option<Endpoint>| Cell::uint(end.map(|end| end.port));
        let name = of
            .file
            .map(|file| &file.name[..])
            .filter(|name| !name.is_empty());
        let cell = |column: &Column| match *column {
            Column::Who(fact) => who::cell(fact, standing, process),
            Column::Own(fact) => match fact {
                SocketFact::StartTime => {
                    seen.map_or(Cell::Null, |(time, _)| Cell::time(standing.realtime(time)))
                }
                SocketFact::Began => Cell::word(Some(of.began)),
                SocketFact::Direction => Cell::word(direction(&ip, of.began)),
                SocketFact::Type => Cell::word(kind(of, remote)),
                SocketFact::Protocol => Cell::word(ip.protocol.map(Layer4::name)),
                SocketFact::LocalIp => address(local),
                SocketFact::LocalPort => port(local),
                SocketFact::RemoteIp => address(remote),
                SocketFact::RemotePort => port(remote),
                SocketFact::Name => name.map_or(Cell::Null, Cell::text),
                SocketFact::Outcome => Cell::Text(result(of.result)),
                SocketFact::Number => Cell::int(Some(of.number)),
                SocketFact::Complete => Cell::Bool(
                    seen.map_or_else(|| standing.is_complete(process), |(_, complete)| complete),
                ),
                SocketFact::Capture => Cell::Text(self.capture.clone()),
                // What comes later, whoever holds the row knows.
                SocketFact::EndTime
                | SocketFact::Duration
                | SocketFact::BytesIn
                | SocketFact::BytesOut => Cell::Null,
            },
        };
        self.columns.iter().map(cell).collect()
    }
}

/// How the begin of a connection under way ended, where `SO_ERROR` tells.
fn outcome(state: &State, thread: &Thread, seen: &Seen<'_>) -> Option<Made> {
    use events::getsockopt as p;
    const SOL_SOCKET: i64 = 1;
    const SO_ERROR: i64 = 4;
    let row = state.row(seen.view);
    let asks_error = row.int(p::level) == Some(SOL_SOCKET) && row.int(p::optname) == Some(SO_ERROR);
    let number = row.fd(p::fd).filter(|_| asks_error)?;
    let connection = state.fd(thread, number)?.file.ip?.connection;
    let text = match connection {
        Connection::Connected => SUCCESS.into(),
        Connection::Failed => {
            let value: [u8; 4] = row.bytes(p::val)?.try_into().ok()?;
            result(-i64::from(i32::from_le_bytes(value)))
        }
        Connection::None | Connection::Pending => return None,
    };
    Some(Made::Outcome(number, text))
}

fn is_datagram(ip: &IpSocket) -> bool {
    matches!(ip.protocol, Some(Layer4::Udp))
}

fn direction(ip: &IpSocket, began: &str) -> Option<&'static str> {
    match (began, ip.side) {
        ("connect", _) | (_, Side::Client) => Some("out"),
        ("accept", _) => Some("in"),
        (_, Side::Server) if ip.remote.is_some() => Some("in"),
        _ => None,
    }
}

fn kind(of: &Of<'_>, remote: Option<Endpoint>) -> Option<&'static str> {
    let known = of
        .file
        .map(|file| file.kind)
        .filter(|kind| kind.is_socket());
    let asked = || {
        remote.map(|end| {
            if end.address.is_ipv4() {
                FdKind::Ipv4
            } else {
                FdKind::Ipv6
            }
        })
    };
    known.or_else(asked).and_then(FdKind::name)
}

/// A result as Falco shows it.
fn result(result: i64) -> Box<str> {
    if result >= 0 {
        return SUCCESS.into();
    }
    let errno = result.unsigned_abs();
    errno_name(errno).map_or_else(|| errno.to_string().into(), Into::into)
}

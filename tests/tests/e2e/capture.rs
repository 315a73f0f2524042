//! What a capture holds, read with the format's own reader and nothing of the analyzer.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use falco_abi::events::{connect, execve, openat};
use falco_format::{Capture, EventView, Item, Projection};

use crate::ledger::{Act, What};

/// The parts of a capture that the tests ask for.
#[derive(Default)]
pub(crate) struct Recorded {
    /// Opened files, executed programs and connected sockets, in stream order.
    pub(crate) acts: Vec<Act>,
    /// The names of all events, in stream order, with the ABI and process they came from.
    pub(crate) calls: Vec<Call>,
    /// Losses and damage, in words; empty for a whole capture.
    pub(crate) missing: Vec<String>,
    /// How many states of the machine it holds.
    pub(crate) states: usize,
}

/// One event.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Its name.
    pub(crate) name: String,
    /// The table that its number was read with.
    pub(crate) abi: u8,
    /// The process.
    pub(crate) pid: u32,
    /// Its first parameter, where that is a number: the result of most events.
    pub(crate) result: Option<i64>,
}

impl Recorded {
    /// Reads a whole capture.
    pub(crate) fn read(path: &Path) -> Self {
        let capture = Capture::open(path).expect("the capture opens");
        let mut recorded = Self::default();
        for item in capture.items() {
            match item {
                Item::Events(block) => {
                    let rows = block.decode(&Projection::all()).expect("the block decodes");
                    for view in rows.iter() {
                        recorded.add(&view);
                    }
                }
                Item::State(_) => recorded.states += 1,
                Item::Lost(intervals) => {
                    let words = intervals.iter().map(|interval| format!("{interval:?}"));
                    recorded.missing.extend(words);
                }
                Item::Damage(damage) => recorded.missing.push(format!("{damage:?}")),
                _ => {}
            }
        }
        recorded
    }

    fn add(&mut self, view: &EventView<'_>) {
        let meta = view.meta();
        let pid = meta.pid.0;
        self.calls.push(Call {
            name: view.name().to_owned(),
            abi: meta.abi,
            pid,
            result: view.int(0),
        });
        if let Some(what) = act(view) {
            self.acts.push(Act { what, pid });
        }
    }
}

/// The act that an event is, if it is one that succeeded.
fn act(view: &EventView<'_>) -> Option<What> {
    let event = view.event();
    if event == execve::EVENT {
        let argv = view.bytes(execve::argv)?;
        (view.int(execve::res) == Some(0)).then(|| What::Exec(strings(argv)))
    } else if event == connect::EVENT {
        let address = address(view.bytes(connect::addr)?)?;
        (view.int(connect::res) == Some(0)).then(|| What::Connect(address.to_string()))
    } else if ["open", "openat", "openat2", "creat"].contains(&view.name()) {
        // All of them have the name beside the descriptor, under the same parameter names.
        let name = falco_abi::event(event)?.param("name")?;
        let opened = view.int(openat::fd).is_some_and(|fd| fd >= 0);
        opened.then(|| What::Open(text(view.bytes(name).unwrap_or_default())))
    } else {
        None
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Strings with a NUL after each.
fn strings(bytes: &[u8]) -> Vec<String> {
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    bytes.split(|&byte| byte == 0).map(text).collect()
}

/// An IP address and port from the bytes of a socket address.
fn address(bytes: &[u8]) -> Option<SocketAddr> {
    let family = u16::from_ne_bytes(bytes.get(..2)?.try_into().ok()?);
    let port = u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?);
    match family {
        2 => {
            let octets: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
            Some((Ipv4Addr::from(octets), port).into())
        }
        10 => {
            let octets: [u8; 16] = bytes.get(8..24)?.try_into().ok()?;
            Some((Ipv6Addr::from(octets), port).into())
        }
        _ => None,
    }
}

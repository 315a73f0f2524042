//! What the rule engine and a source of events say to each other: field declarations, values, events.
//!
//! Owns the types at the boundary and nothing else.
//! The engine compiles against a [`Schema`] that a source declares and evaluates against an [`Event`] that a source presents; it knows nothing of syscalls.
//! Extraction of a value is the source's, comparison is the engine's.

mod json;
mod literal;
mod text;

use std::net::IpAddr;

pub use json::value_to_json;
pub(crate) use literal::{Literal, Network, parse_literal};
pub(crate) use text::ABSENT_TEXT;
pub use text::{push_printable, value_to_text};

/// A field of a [`Schema`], by its place in [`Schema::fields`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldId(pub u16);

/// An event type of a [`Schema`], by its place in [`Schema::event_types`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventTypeId(pub u16);

/// The type of a field's values, as Falco names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// `CHARBUF`: a string.
    Charbuf,
    /// `FSPATH`: an absolute path.
    Fspath,
    /// `FSRELPATH`: a path relative to a directory descriptor.
    Fsrelpath,
    /// `BYTEBUF`: raw bytes.
    Bytebuf,
    /// `BOOL`.
    Bool,
    /// `INT8`.
    Int8,
    /// `INT16`.
    Int16,
    /// `INT32`.
    Int32,
    /// `INT64`.
    Int64,
    /// `UINT8`.
    Uint8,
    /// `UINT16`.
    Uint16,
    /// `UINT32`.
    Uint32,
    /// `UINT64`.
    Uint64,
    /// `DOUBLE`.
    Double,
    /// `ERRNO`: a signed return value.
    Errno,
    /// `FD`: a signed descriptor number.
    Fd,
    /// `PID`: a signed process id.
    Pid,
    /// `UID`.
    Uid,
    /// `GID`.
    Gid,
    /// `PORT`: a number in conditions, or a service's name.
    Port,
    /// `SIGTYPE`.
    Sigtype,
    /// `FLAGS8`, `FLAGS16`, `FLAGS32`: a set of bits.
    Flags,
    /// `ENUMFLAGS*`: one of several values.
    Enumflags,
    /// `MODE`: file permission bits.
    Mode,
    /// `RELTIME`: nanoseconds.
    Reltime,
    /// `ABSTIME`: nanoseconds since the epoch.
    Abstime,
    /// `IPADDR`: an IPv4 or IPv6 address.
    Ipaddr,
    /// `IPNET`: an address, compared with networks.
    Ipnet,
    /// `SOCKADDR`, raw bytes.
    Sockaddr,
    /// `SOCKTUPLE`, raw bytes.
    Socktuple,
}

/// What may stand in a field's brackets, or after its dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArgumentKind {
    /// No argument allowed.
    None,
    /// An index must be given.
    IndexRequired,
    /// An index may be given.
    IndexOptional,
    /// A key (any string) must be given.
    KeyRequired,
    /// A key may be given.
    KeyOptional,
    /// `evt.arg`: an index in brackets, or an event parameter's name after a dot.
    EventParameter,
    /// `evt.rawarg`: an event parameter's name after a dot.
    RawEventParameter,
}

/// Fields whose key stands behind a dot in Falco's own writing, and may stand in brackets too.
const DOTTED_KEYS: &[&str] = &["evt.abspath", "evt.type.is", "thread.cgroup"];

/// Whether the field's key may be written behind a dot.
pub(crate) fn takes_dotted_key(def: &FieldDef) -> bool {
    DOTTED_KEYS.contains(&def.name)
}

/// How a field with several values compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Multiplicity {
    /// One value.
    One,
    /// A list: `in` wants every value in the set, `intersects` one. Printed `(a,b)`; an array in JSON.
    List,
    /// Any value may satisfy the operator (`proc.aname` without index). Printed joined by blanks.
    Any,
    /// Any value may satisfy the operator, and `!=` holds if none equals (`fd.ip`, `fd.port`, `fd.net`).
    EitherEnd,
}

/// One field, declared once by its source.
#[derive(Clone, Copy, Debug)]
pub struct FieldDef {
    /// Falco's name, such as `proc.name`.
    pub name: &'static str,
    /// The type of its values.
    pub ty: FieldType,
    /// Which argument it takes.
    pub argument: ArgumentKind,
    /// One value or several. For fields of optional index: what holds without index; with an index there is one value.
    pub multiplicity: Multiplicity,
    /// One sentence for the reference, in our own words.
    pub doc: &'static str,
}

/// A field's argument as resolved at load time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FieldArgument {
    /// None given.
    None,
    /// A number in brackets.
    Index(u32),
    /// A key in brackets, or a parameter's name after the dot.
    Key(Box<str>),
}

/// A field together with its argument: what a source extracts.
///
/// Two uses of the same field and argument in one rule set share one `slot`, so that a source may cache per slot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BoundField {
    /// Which field.
    pub field: FieldId,
    /// Its argument.
    pub argument: FieldArgument,
    /// Its number in the rule set (or template) that was compiled: dense from 0.
    pub slot: u32,
}

/// A value as a source hands it over; valid as long as the event is borrowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// The field has no value for this event: every comparison and `exists` is false; text `<NA>`, JSON `null`.
    Absent,
    /// A boolean.
    Bool(bool),
    /// Every signed type.
    Int(i64),
    /// Every unsigned type, flags, modes, ports, times.
    Uint(u64),
    /// A floating point number (no stock field has one).
    Double(f64),
    /// A string; any bytes, without the terminating NUL.
    Str(&'a [u8]),
    /// A byte buffer.
    Bytes(&'a [u8]),
    /// An address, also for `IPNET` fields.
    Ip(IpAddr),
    /// The values of a field whose [`Multiplicity`] is not `One`. Never nested.
    List(&'a [Value<'a>]),
}

/// One event type as rules name it (`evt.type = NAME`).
#[derive(Clone, Copy, Debug)]
pub struct EventTypeDef {
    /// Falco's name: `openat`.
    pub name: &'static str,
    /// How many numeric event codes Falco counts under the name (enter, exit and old versions apart); for `LOAD_NO_EVTTYPE`.
    pub codes: u16,
    /// False where the name is valid in a condition, but the event carries no parameters of its own (Falco's generic syscalls).
    pub has_params: bool,
}

/// What a source declares: its fields, its event types, and the parameters of its events.
pub trait Schema: Send + Sync {
    /// The source's name in rules: `syscall`.
    fn source(&self) -> &'static str;
    /// Every field, in the order of the reference.
    fn fields(&self) -> &'static [FieldDef];
    /// Every event type that a rule can name.
    fn event_types(&self) -> &[EventTypeDef];
    /// The type of the event parameter `name` where some event has it (`evt.arg.NAME`, `evt.rawarg.NAME`).
    fn parameter_type(&self, name: &str) -> Option<FieldType>;
    /// The port number of a service's name. From a table of our own, never from the machine.
    fn service_port(&self, name: &str) -> Option<u16>;
    /// Whether events of the type never have a value of the field with this argument; false where that cannot be known.
    /// Outputs that use such fields get a lint.
    fn never_has(
        &self,
        _event_type: EventTypeId,
        _field: FieldId,
        _argument: &FieldArgument,
    ) -> bool {
        false
    }
    /// Whether the string `<NA>` is a value of the field, and not only how its absent values print.
    /// Comparisons of other fields with it get a lint.
    fn has_na_value(&self, _field: FieldId) -> bool {
        false
    }
    /// Why no value of the field ever holds this text, and what to write instead; nothing where it may.
    /// Comparisons with such constants get a lint.
    fn never_holds(&self, _field: FieldId, _text: &[u8]) -> Option<ImpossibleText> {
        None
    }
    /// Why hardly any value of the field holds this text, and what was probably meant; nothing where that cannot be said.
    /// Comparisons with such constants get a lint.
    fn seldom_holds(&self, _field: FieldId, _text: &[u8]) -> Option<ImpossibleText> {
        None
    }
    /// Whether the field is taken for the sake of old rules and never has a value. Its uses get a lint.
    fn is_always_absent(&self, _field: FieldId) -> bool {
        false
    }
}

/// Why a text is in no value of a field, or hardly in any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImpossibleText {
    /// The reason, as the end of a sentence.
    pub reason: &'static str,
    /// What to write instead.
    pub help: String,
}

/// An event as the engine sees it.
pub trait Event {
    /// Its type.
    fn event_type(&self) -> EventTypeId;
    /// The value of a field. Never fails: what cannot be known is [`Value::Absent`].
    fn extract<'e>(&'e self, field: &BoundField) -> Value<'e>;
    /// The value as outputs print it, where that is not what conditions compare: a number in another base, a word for nothing.
    fn printed<'e>(&'e self, field: &BoundField) -> Value<'e> {
        self.extract(field)
    }
}

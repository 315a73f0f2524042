//! The event table that a segment was written with, as its SCHEMA item holds it.
//!
//! A reader lays out blocks by this table and not by its own, so that captures of other versions decode: events and parameters that this build does not know have their names and wire types here.

use std::fmt;
use std::sync::{Arc, OnceLock};

use falco_abi::{Category, EventId, Lane, Role, Wire};

use crate::bytes::{Cursor, Malformed, put_length, put_name, put_varint};
use crate::checksum::crc;
use crate::compress;
use crate::limits::{NAME_MAX, PARAMS_MAX, SCHEMA_BYTES_MAX, SCHEMA_EVENTS_MAX};

/// Which table of a schema a block was encoded with, so that a block whose SCHEMA item is damaged is still decoded by an equal one and never by another.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SchemaFingerprint(pub u32);

impl fmt::Debug for SchemaFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SchemaFingerprint({:08x})", self.0)
    }
}

/// Why a table cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// Two events have this id.
    #[error("two events have the id {}", .0.0)]
    IdTwice(EventId),
    /// More events than [`SCHEMA_EVENTS_MAX`].
    #[error("{0} events are more than a table holds ({SCHEMA_EVENTS_MAX})")]
    TooManyEvents(usize),
    /// An event has more parameters than [`PARAMS_MAX`].
    #[error("event {} has more than {PARAMS_MAX} parameters", .0.0)]
    TooManyParams(EventId),
    /// A name is longer than [`NAME_MAX`] bytes.
    #[error("a name of event {} is longer than {NAME_MAX} bytes", .0.0)]
    NameTooLong(EventId),
}

/// A parameter as the writer's table had it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaParam {
    /// Its name.
    pub name: String,
    /// Its wire type.
    pub wire: Wire,
    /// Its role; `None` where this build does not know it.
    pub role: Option<Role>,
    role_byte: u8,
}

/// An event as the writer's table had it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaEvent {
    /// Its id.
    pub id: EventId,
    /// Its name.
    pub name: String,
    /// Its category; `None` where this build does not know it.
    pub category: Option<Category>,
    /// Its lane; `None` where this build does not know it.
    pub lane: Option<Lane>,
    /// The bits of `falco_abi::EventDef::flags`.
    pub flags: u8,
    /// Its parameters, in order.
    pub params: Vec<SchemaParam>,
    category_byte: u8,
    lane_byte: u8,
}

impl SchemaParam {
    /// A parameter of a table that is not this build's.
    #[must_use]
    pub fn new(name: &str, wire: Wire, role: Role) -> SchemaParam {
        SchemaParam {
            name: name.to_owned(),
            wire,
            role: Some(role),
            role_byte: role as u8,
        }
    }
}

impl SchemaEvent {
    /// An event of a table that is not this build's.
    #[must_use]
    pub fn new(
        id: EventId,
        name: &str,
        category: Category,
        lane: Lane,
        flags: u8,
        params: Vec<SchemaParam>,
    ) -> SchemaEvent {
        SchemaEvent {
            id,
            name: name.to_owned(),
            category: Some(category),
            lane: Some(lane),
            flags,
            params,
            category_byte: category as u8,
            lane_byte: lane as u8,
        }
    }

    /// The index of a parameter by its name.
    pub fn param(&self, name: &str) -> Option<usize> {
        self.params.iter().position(|param| param.name == name)
    }
}

/// The event table of a writer.
#[derive(Clone, PartialEq, Eq)]
pub struct Schema {
    events: Vec<SchemaEvent>,
    /// By id, the place among the events and one; 0 where there is none. Ids are small, and this is asked for every row.
    places: Vec<u16>,
    fingerprint: SchemaFingerprint,
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Schema({} events, {:?})",
            self.events.len(),
            self.fingerprint
        )
    }
}

impl Schema {
    /// The table of this build.
    pub fn native() -> Arc<Schema> {
        static NATIVE: OnceLock<Arc<Schema>> = OnceLock::new();
        Arc::clone(NATIVE.get_or_init(|| {
            let mut events: Vec<_> = falco_abi::events().map(from_table).collect();
            events.sort_by_key(|event| event.id);
            Arc::new(Schema::from_events(events))
        }))
    }

    /// A table that is not this build's: of an import, whose events and parameters are another program's.
    ///
    /// # Errors
    /// When no reader would take it: an id stands twice, there are too many events or parameters, or a name is too long.
    pub fn foreign(mut events: Vec<SchemaEvent>) -> Result<Schema, SchemaError> {
        events.sort_by_key(|event| event.id);
        if events.len() > SCHEMA_EVENTS_MAX {
            return Err(SchemaError::TooManyEvents(events.len()));
        }
        let mut last = None;
        for event in &events {
            if last.replace(event.id) == Some(event.id) {
                return Err(SchemaError::IdTwice(event.id));
            }
            if event.params.len() > PARAMS_MAX {
                return Err(SchemaError::TooManyParams(event.id));
            }
            let mut names = event.params.iter().map(|param| &param.name);
            if event.name.len() > NAME_MAX || names.any(|name| name.len() > NAME_MAX) {
                return Err(SchemaError::NameTooLong(event.id));
            }
        }
        Ok(Schema::from_events(events))
    }

    fn from_events(events: Vec<SchemaEvent>) -> Self {
        let fingerprint = SchemaFingerprint(crc(&[&plain(&events)]));
        let last = events.iter().map(|event| usize::from(event.id.0)).max();
        let mut places = vec![0; last.map_or(0, |last| last + 1)];
        for (number, event) in (1u16..).zip(&events) {
            if let Some(place) = places.get_mut(usize::from(event.id.0)) {
                *place = number;
            }
        }
        Schema {
            places,
            fingerprint,
            events,
        }
    }

    /// The same table with only the events that are wanted: for captures that need no others.
    pub fn subset(&self, wanted: impl Fn(EventId) -> bool) -> Schema {
        let events = self.events.iter().filter(|event| wanted(event.id));
        Schema::from_events(events.cloned().collect())
    }

    /// Its fingerprint.
    pub fn fingerprint(&self) -> SchemaFingerprint {
        self.fingerprint
    }

    /// The event with this id.
    pub fn event(&self, id: EventId) -> Option<&SchemaEvent> {
        let number = usize::from(*self.places.get(usize::from(id.0))?);
        self.events.get(number.checked_sub(1)?)
    }

    /// The event with this name.
    pub fn event_by_name(&self, name: &str) -> Option<&SchemaEvent> {
        self.events.iter().find(|event| event.name == name)
    }

    /// Every event, by ascending id.
    pub fn events(&self) -> impl Iterator<Item = &SchemaEvent> {
        self.events.iter()
    }

    /// The payload of a SCHEMA item: the length of the table's bytes, then the bytes, compressed.
    pub(crate) fn encode(&self) -> Vec<u8> {
        compress::put_whole(&plain(&self.events))
    }

    /// Decodes the payload of a SCHEMA item.
    pub(crate) fn decode(payload: &[u8]) -> Result<Schema, Malformed> {
        let raw = compress::whole(payload, SCHEMA_BYTES_MAX)?;
        let mut cursor = Cursor::new(&raw);
        let count = cursor.length(SCHEMA_EVENTS_MAX)?;
        let mut events: Vec<SchemaEvent> = Vec::new();
        for _ in 0..count {
            let event = decode_event(&mut cursor)?;
            if events.last().is_some_and(|last| last.id >= event.id) {
                return Err(cursor.malformed());
            }
            events.push(event);
        }
        cursor.finish()?;
        Ok(Schema::from_events(events))
    }
}

fn from_table(event: &falco_abi::EventDef) -> SchemaEvent {
    SchemaEvent {
        id: event.id,
        name: event.name.to_owned(),
        category: Some(event.category),
        lane: Some(event.lane),
        flags: event.flags,
        params: event
            .params
            .iter()
            .map(|param| SchemaParam {
                name: param.name.to_owned(),
                wire: param.wire,
                role: Some(param.role),
                role_byte: param.role as u8,
            })
            .collect(),
        category_byte: event.category as u8,
        lane_byte: event.lane as u8,
    }
}

/// The table's bytes before compression. They are what the fingerprint is of.
fn plain(events: &[SchemaEvent]) -> Vec<u8> {
    let mut out = Vec::new();
    put_length(&mut out, events.len());
    for event in events {
        put_varint(&mut out, u64::from(event.id.0));
        put_name(&mut out, &event.name, NAME_MAX);
        out.extend_from_slice(&[event.category_byte, event.lane_byte, event.flags]);
        put_length(&mut out, event.params.len());
        for param in &event.params {
            put_name(&mut out, &param.name, NAME_MAX);
            out.extend_from_slice(&[param.wire as u8, param.role_byte]);
        }
    }
    out
}

fn decode_event(cursor: &mut Cursor<'_>) -> Result<SchemaEvent, Malformed> {
    let id = EventId(cursor.varint_u16()?);
    let name = cursor.name(NAME_MAX)?;
    let [category_byte, lane_byte, flags] = cursor.array()?;
    let count = cursor.length(PARAMS_MAX)?;
    let params = (0..count)
        .map(|_| decode_param(cursor))
        .collect::<Result<_, _>>()?;
    Ok(SchemaEvent {
        id,
        name,
        category: Category::from_u8(category_byte),
        lane: Lane::from_u8(lane_byte),
        flags,
        params,
        category_byte,
        lane_byte,
    })
}

/// A wire type that this build does not know makes the whole table unreadable: how long its values are cannot be guessed. A new wire type is a new major version.
fn decode_param(cursor: &mut Cursor<'_>) -> Result<SchemaParam, Malformed> {
    let name = cursor.name(NAME_MAX)?;
    let at = cursor.malformed();
    let [wire, role_byte] = cursor.array()?;
    Ok(SchemaParam {
        name,
        wire: Wire::from_u8(wire).ok_or(at)?,
        role: Role::from_u8(role_byte),
        role_byte,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_comes_back_whole() {
        let schema = Schema::native();
        let decoded = Schema::decode(&schema.encode()).expect("decodes");
        assert_eq!(decoded, *schema);
        for event in falco_abi::events() {
            let found = decoded.event(event.id).expect("every event is there");
            assert_eq!(found.name, event.name);
            assert_eq!(found.params.len(), event.params.len());
        }
    }

    #[test]
    fn a_foreign_table_comes_back_or_is_refused() {
        let event = |id, params: usize| {
            let param = SchemaParam::new("fd", Wire::I64, Role::Fd);
            let params = vec![param; params];
            SchemaEvent::new(EventId(id), "futex", Category::Ipc, Lane::Bulk, 0, params)
        };
        let schema = Schema::foreign(vec![event(5000, 3), event(7, 0)]).expect("is fine");
        assert_eq!(Schema::decode(&schema.encode()), Ok(schema));
        let refused = |events| Schema::foreign(events).expect_err("is refused");
        assert_eq!(
            refused(vec![event(7, 0), event(7, 1)]),
            SchemaError::IdTwice(EventId(7))
        );
        assert_eq!(
            refused(vec![event(7, PARAMS_MAX + 1)]),
            SchemaError::TooManyParams(EventId(7))
        );
    }

    #[test]
    fn every_flipped_bit_is_an_error_or_another_table() {
        let payload = Schema::native().encode();
        for bit in 0..payload.len().saturating_mul(8).min(4_000) {
            let mut damaged = payload.clone();
            if let Some(byte) = damaged.get_mut(bit / 8) {
                *byte ^= 1 << (bit % 8);
            }
            if let Ok(schema) = Schema::decode(&damaged) {
                assert_eq!(
                    schema.fingerprint() == Schema::native().fingerprint(),
                    schema == *Schema::native()
                );
            }
        }
    }
}

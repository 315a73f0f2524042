//! One pass over a capture: events and what rules say of them, as records.
//!
//! In: a capture, what is asked of it. Out: batches of records, handed to a sink for each shape in the order of the stream.

use std::collections::BTreeSet;
use std::io;
use std::num::NonZeroUsize;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};
use falco_abi::{EventId, events};
use falco_format::{Block, UnixNanos};
use falco_rules::{BoundField, EventTypeSet, Filter, RuleMatching, RuleSet, Schema as _};

use super::attributes::{Attribute, all};
use super::event::{Beside, Event, Told, columns};
use super::finding;
use super::meaning::{condition, event_of};
use super::nested::Records;
use super::value::Value;
use crate::alert::{Alert, evidence};
use crate::columns::{BatchBuilder, BatchSink, TableLayout};
use crate::export::class::Class;
use crate::fields::{SCHEMA, event_ids_of};
use crate::outputs::alert_to_json;
use crate::past::Process;
use crate::pipeline::{
    Child, Collector, Demand, Flow, Input, Interest, Judge, Part, PassOptions, Seen, Shown, Sink,
    Tally, collect,
};
use crate::state::Row;
use crate::time::Zone;

/// The classes of a stream of records, and so their attributes.
#[derive(Clone, Debug)]
pub struct Shape {
    classes: Vec<Class>,
}

impl Shape {
    /// Records of all these classes in one stream.
    #[must_use]
    pub fn of(classes: &[Class]) -> Self {
        Self {
            classes: classes.to_vec(),
        }
    }

    fn attributes(&self) -> impl Iterator<Item = &'static Attribute> {
        let is_of = |attribute: &&Attribute| {
            let mut classes = self.classes.iter();
            classes.any(|class| attribute.of.contains(class))
        };
        all().filter(is_of)
    }

    fn records(&self) -> Records {
        Records::new(
            self.attributes()
                .map(|attribute| (attribute.path, attribute.ty)),
        )
    }

    /// The Arrow schema of its batches.
    ///
    /// # Errors
    /// When attributes do not fit together, which would be a defect of the mapping.
    pub fn schema(&self) -> Result<SchemaRef, ArrowError> {
        Records::schema(
            self.attributes()
                .map(|attribute| (attribute.path, attribute.ty)),
        )
    }
}

/// What is asked of captures.
pub struct Ocsf<'r> {
    shapes: Vec<Shape>,
    /// Which events are looked at; all unless given.
    filter: Option<&'r Filter>,
    /// Which of them are told; none where no class of events is asked for.
    told: Option<Filter>,
    rules: Option<&'r RuleSet>,
    layout: TableLayout,
}

impl<'r> Ocsf<'r> {
    /// Records of each shape, of events that a filter matches; findings are of these rules.
    ///
    /// # Errors
    /// When the mapping names what is not there, which would be a defect of it.
    pub fn new(
        shapes: Vec<Shape>,
        filter: Option<&'r Filter>,
        rules: Option<&'r RuleSet>,
    ) -> io::Result<Self> {
        let mut classes: Vec<Class> = Vec::new();
        for shape in &shapes {
            classes.extend(&shape.classes);
        }
        let told = condition(&classes)
            .map(|text| Filter::compile(&SCHEMA, &text))
            .transpose();
        let told = told.map_err(|said| io::Error::other(falco_rules::render(&said, false)))?;
        let rules = rules.filter(|_| classes.contains(&Class::Finding));
        Ok(Self {
            shapes,
            filter,
            told,
            rules,
            layout: columns().map_err(io::Error::other)?,
        })
    }

    /// What must be read, and decoded of it.
    fn demand(&self) -> Demand {
        let mut types: BTreeSet<EventId> = BTreeSet::new();
        let mut fields: Vec<BoundField> = self.layout.fields().cloned().collect();
        let mut ask = |shown: &EventTypeSet, slots: &[BoundField]| {
            types.extend(shown.iter().flat_map(event_ids_of));
            fields.extend_from_slice(slots);
        };
        if let Some(told) = &self.told {
            ask(told.event_types(), told.slots());
        }
        if let Some(rules) = self
            .rules
            .and_then(|rules| rules.of_source(SCHEMA.source()))
        {
            ask(rules.event_types(), rules.slots());
        }
        if let Some(filter) = self.filter {
            fields.extend_from_slice(filter.slots());
            let matched: BTreeSet<EventId> =
                filter.event_types().iter().flat_map(event_ids_of).collect();
            types.retain(|event| matched.contains(event));
        }
        Demand::new(Shown::Only(types), &fields)
    }

    /// Reads a part of a capture. Each shape has a sink.
    ///
    /// # Errors
    /// When a sink fails; captures cannot make it fail.
    pub fn read(
        &self,
        (input, part): (&Input, &Part),
        threads: NonZeroUsize,
        sinks: &mut [&mut dyn BatchSink],
    ) -> io::Result<Tally> {
        let options = PassOptions {
            threads,
            part: part.clone(),
            ..PassOptions::default()
        };
        let asked = Asked {
            ocsf: self,
            capture: input.path.display().to_string(),
        };
        collect(input, &self.demand(), options, &asked, &mut Sinks(sinks))
    }
}

/// What is asked of one capture.
struct Asked<'o, 'r> {
    ocsf: &'o Ocsf<'r>,
    capture: String,
}

/// The batches of a portion, for each shape that has records of it.
type Portion = Result<Vec<(usize, RecordBatch)>, ArrowError>;

impl<'o, 'r> Collector for Asked<'o, 'r> {
    type Harvest = Portion;
    type Child<'c>
        = Telling<'o, 'r>
    where
        Self: 'c;

    fn child(&self) -> Telling<'o, 'r> {
        let ocsf = self.ocsf;
        let judge = |rules| Judge::new(rules, &SCHEMA, RuleMatching::First);
        Telling {
            ocsf,
            builder: BatchBuilder::new(ocsf.layout.clone(), &self.capture),
            beside: Vec::new(),
            judge: ocsf.rules.map(judge),
            records: ocsf.shapes.iter().map(Shape::records).collect(),
        }
    }
}

/// One worker's records.
struct Telling<'o, 'r> {
    ocsf: &'o Ocsf<'r>,
    /// The events.
    builder: BatchBuilder,
    /// What is known of each beside its columns.
    beside: Vec<Beside>,
    judge: Option<Judge<'r>>,
    records: Vec<Records>,
}

impl Telling<'_, '_> {
    fn record(&mut self, batch: &RecordBatch) -> Portion {
        for (row, beside) in std::mem::take(&mut self.beside).iter().enumerate() {
            let Some(event) = event_of(batch, row, beside) else {
                continue;
            };
            for (shape, records) in self.ocsf.shapes.iter().zip(&mut self.records) {
                if shape.classes.contains(&event.class) {
                    push(shape, records, &event);
                }
            }
        }
        let mut batches = Vec::new();
        for (place, records) in self.records.iter_mut().enumerate() {
            if records.rows() > 0 {
                batches.push((place, records.finish()?));
            }
        }
        Ok(batches)
    }
}

fn push(shape: &Shape, records: &mut Records, event: &Event<'_>) {
    let attributes: Vec<&Attribute> = shape.attributes().collect();
    records.push(
        |list| finding::length(event, list),
        |place, object| match attributes.get(place) {
            Some(attribute) if attribute.of.contains(&event.class) => {
                (attribute.value)(event, object)
            }
            _ => Value::Null,
        },
    );
}

impl Child for Telling<'_, '_> {
    type Harvest = Portion;

    fn event(&mut self, seen: &Seen<'_>) {
        let matches = |filter: &Filter| filter.matches(seen.context);
        if !self.ocsf.filter.is_none_or(matches) {
            return;
        }
        let is_told = self.ocsf.told.as_ref().is_some_and(matches);
        if is_told {
            self.builder.push(seen);
            self.beside.push(beside(seen, None));
        }
        let Self {
            judge,
            builder,
            beside: known,
            ..
        } = self;
        if let Some(judge) = judge {
            judge.each(seen, |alert| {
                builder.push(seen);
                known.push(beside(seen, Some(said(&alert))));
            });
        }
    }

    fn is_full(&mut self) -> bool {
        self.builder.is_full()
    }

    /// Batches go over the borders of blocks.
    fn is_ready(&mut self) -> bool {
        false
    }

    fn harvest(&mut self) -> Option<Portion> {
        if self.beside.is_empty() {
            return None;
        }
        let batch = self.builder.finish();
        Some(batch.and_then(|batch| self.record(&batch)))
    }
}

/// What the columns do not tell of an event.
fn beside(seen: &Seen<'_>, told: Option<Told>) -> Beside {
    let (state, standing) = (seen.state(), seen.standing());
    let process = state.thread_of(state.row(seen.view)).map(|thread| {
        let leader = state.main_thread(thread).unwrap_or(thread);
        Process::of(state, standing.clock(), leader, standing.is_damaged())
    });
    let nanos = |time: UnixNanos| i64::try_from(time.0).ok();
    Beside {
        told,
        start: process.as_ref().and_then(Process::start).and_then(nanos),
        parent_start: process
            .and_then(|process| process.parent()?.start())
            .and_then(nanos),
        new_user: new_user(&state.row(seen.view)),
    }
}

/// The user that a call asks for; none where it leaves the effective one.
fn new_user(row: &Row<'_>) -> Option<u32> {
    let uid = match row.event() {
        events::setuid::EVENT => row.uint(events::setuid::uid),
        events::setreuid::EVENT => row.uint(events::setreuid::euid),
        events::setresuid::EVENT => row.uint(events::setresuid::euid),
        _ => None,
    };
    // Calls take -1 for what is to stay.
    u32::try_from(uid?).ok().filter(|uid| *uid != u32::MAX)
}

fn said(alert: &Alert<'_>) -> Told {
    let mut fields = alert.fields.iter();
    let id = fields.find(|(name, _)| name == evidence::ID);
    let id = id.and_then(|(_, id)| id.as_str()).unwrap_or_default();
    Told {
        rule: alert.rule.name.clone(),
        desc: alert.rule.description.clone(),
        priority: alert.rule.priority,
        tags: alert.rule.tags.clone(),
        message: alert.message.clone(),
        id: id.to_owned(),
        json: alert_to_json(alert, &Zone::utc()).to_string(),
    }
}

/// Where the batches of each shape go.
struct Sinks<'s, 'b>(&'s mut [&'b mut dyn BatchSink]);

impl Sink<Portion> for Sinks<'_, '_> {
    fn block(&mut self, _block: &Block) -> Interest {
        let is_done = !self.0.is_empty() && self.0.iter().all(|sink| sink.is_done());
        if is_done {
            Interest::Nothing
        } else {
            Interest::Rows
        }
    }

    fn harvest(&mut self, portion: Portion) -> io::Result<Flow> {
        for (place, batch) in portion.map_err(io::Error::other)? {
            if let Some(sink) = self.0.get_mut(place)
                && sink.batch(batch)? == Flow::Stop
            {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }

    fn progress(&mut self, encoded_bytes: u64) {
        // One bar is enough.
        if let Some(sink) = self.0.first_mut() {
            sink.progress(encoded_bytes);
        }
    }
}

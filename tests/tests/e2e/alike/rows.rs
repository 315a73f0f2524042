//! Events of a replay as rows of text, read side by side: a capture of any length takes no more memory than a few events.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use falco_abi::EventId;
use falco_analyze::export::scap::{ScapSchema, export_scap};
use falco_analyze::fields::SCHEMA;
use falco_analyze::pipeline::{
    Demand, Flow, Input, Observer, Opened, Part, PassOptions, Seen, run_pass,
};
use falco_analyze::scap::ScapFile;
use falco_rules::{Event as _, Schema as _, Value, value_to_text};

use super::questions::Questions;

/// Rows that one side may be ahead.
const AHEAD: usize = 256;

/// An event and what it answered.
pub(super) struct Row {
    pub(super) time_ns: u64,
    pub(super) tid: u32,
    pub(super) event: EventId,
    /// Its type's name.
    pub(super) ty: &'static str,
    /// The places of the questions, and for each the answer; none where there is no value.
    pub(super) asked: Arc<[usize]>,
    pub(super) answers: Vec<Option<Box<str>>>,
}

/// The export of a capture, in memory.
pub(crate) fn export(capture: &Path) -> Vec<u8> {
    export_as(capture, ScapSchema::Today)
}

/// The export of a capture with the types of a schema.
pub(super) fn export_as(capture: &Path, schema: ScapSchema) -> Vec<u8> {
    let input = Input::open(capture).expect("the capture opens");
    let mut bytes = Vec::new();
    let mut goes_on = |_| Flow::Continue;
    export_scap(
        (&input, &Part::whole()),
        None,
        schema,
        &mut bytes,
        &mut goes_on,
    )
    .expect("memory takes it");
    bytes
}

/// The bytes of a `.scap` file as an input.
pub(crate) fn input_of(bytes: Vec<u8>) -> Input {
    Input {
        path: "memory.scap".into(),
        opened: Opened::Scap(ScapFile::from_bytes(bytes).expect("a section header")),
    }
}

/// Replays an input on a thread of its own.
pub(super) fn read(input: Input) -> Receiver<Row> {
    let (sender, receiver) = sync_channel(AHEAD);
    std::thread::spawn(move || {
        let mut reader = Reader {
            sender,
            questions: Questions::new(),
        };
        let demand = Demand::everything();
        run_pass(&input, &demand, PassOptions::default(), &mut reader).expect("nothing fails");
    });
    receiver
}

impl Row {
    /// The answer to the question at a place.
    pub(super) fn answer(&self, place: usize) -> Option<&str> {
        let index = self.asked.binary_search(&place).ok()?;
        self.answers.get(index)?.as_deref()
    }
}

struct Reader {
    sender: SyncSender<Row>,
    questions: Questions,
}

impl Observer for Reader {
    fn event(&mut self, seen: &Seen<'_>) -> std::io::Result<Flow> {
        let ty = seen.context.event_type();
        let name = SCHEMA.event_types().get(usize::from(ty.0));
        let asked = self.questions.of(ty);
        let answer = |place: &usize| {
            let question = self.questions.at(*place);
            let compared = seen.context.extract(&question.field);
            let printed = seen.context.printed(&question.field);
            let text = |value| {
                let mut text = String::new();
                value_to_text(value, question.def, &mut text);
                text
            };
            let answer = match (compared, printed) {
                (Value::Absent, Value::Absent) => return None,
                (compared, printed) if compared == printed => text(compared),
                (compared, printed) => format!("{} printed {}", text(compared), text(printed)),
            };
            Some(answer.into_boxed_str())
        };
        let row = Row {
            time_ns: seen.time.0,
            tid: seen.view.meta().tid.0,
            event: seen.view.event(),
            ty: name.map_or("?", |ty| ty.name),
            answers: asked.iter().map(answer).collect(),
            asked: Arc::clone(&asked),
        };
        // Who compares may have gone with a failure of its own.
        Ok(match self.sender.send(row) {
            Ok(()) => Flow::Continue,
            Err(_) => Flow::Stop,
        })
    }
}

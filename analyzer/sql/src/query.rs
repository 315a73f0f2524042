//! One statement: asked, and its rows written.
//!
//! In: a statement. Out: its rows where results go, or why there are none.
//! The query runs on the runtime's threads and hands its batches to this one; so an end is taken at once, whatever the query is in the middle of.

use std::io::{self, Write as _};
use std::sync::Arc;

use anyhow::{Result, anyhow};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use falco_format::text::count;
use falco_sql::{Excerpt, Format, OutputError, Results, SqlError, SqlSession};
use futures::StreamExt as _;
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::notice;
use crate::out::{Failure, Out, Paged, window};
use crate::progress::QueryBar;
use crate::runner::{Failed, Runner};

/// Batches that wait between a query and its output.
const WAITING_BATCHES_MAX: usize = 2;

/// What a query hands over.
enum Answer {
    Schema(SchemaRef),
    Batch(RecordBatch),
}

type Answers = Receiver<Result<Answer, SqlError>>;

impl Runner {
    /// Runs a statement and writes its rows.
    pub(crate) fn statement(&mut self, excerpt: &Excerpt) -> Result<(), Failed> {
        self.interrupts.clear();
        let (sender, answers) = mpsc::channel(WAITING_BATCHES_MAX);
        let session = Arc::clone(&self.session);
        session.reading().begin();
        let text = excerpt.text().to_owned();
        let task = self
            .runtime
            .spawn(async move { ask(&session, &text, &sender).await });
        let written = self.written(answers, excerpt);
        task.abort();
        written
    }

    fn written(&mut self, mut answers: Answers, excerpt: &Excerpt) -> Result<(), Failed> {
        let mut bar = QueryBar::new(Arc::clone(self.session.reading()));
        let mut writer: Option<Writer> = None;
        let mut rows = 0;
        loop {
            match self.next(&mut answers)? {
                Some(Ok(Answer::Schema(schema))) => writer = Some(self.begin(schema)?),
                Some(Ok(Answer::Batch(batch))) => {
                    rows += batch.num_rows() as u64;
                    bar.rows(batch.num_rows());
                    let Some(writer) = &mut writer else {
                        continue;
                    };
                    if writer.is_shown {
                        bar.clear();
                    }
                    let done = writer.results.batch(batch);
                    self.done(done, &writer.failure, excerpt)?;
                }
                Some(Err(error)) => {
                    bar.clear();
                    notice::refuse(&error, excerpt);
                    return Err(Failed::Told);
                }
                None => break,
            }
        }
        bar.clear();
        let Some(writer) = writer else {
            // The task ended without a word: a fault of the program, whose own words are on stderr already.
            return Err(anyhow!("the query ended by a fault of the program").into());
        };
        let Writer {
            results,
            failure,
            paged,
            ..
        } = writer;
        let done = results.finish();
        self.done(done, &failure, excerpt)?;
        self.finish(paged, rows)
    }

    /// The next that a query hands over, unless somebody wants an end.
    fn next(&self, answers: &mut Answers) -> Result<Option<Result<Answer, SqlError>>, Failed> {
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.interrupts.wanted() => Err(Failed::Stopped),
                answer = answers.recv() => Ok(answer),
            }
        })
    }

    fn begin(&mut self, schema: SchemaRef) -> Result<Writer, Failed> {
        let is_shown = self.out.is_shown();
        let mut form = self.form.clone();
        form.is_shown = is_shown;
        let (columns, lines) = window();
        form.width = is_shown.then_some(columns);
        let paged = (is_shown && self.settings.has_pager && form.format.is_text())
            .then(|| Paged::new(lines));
        let (to, failure) = match &paged {
            Some(paged) => Out::watched(paged.clone()),
            None => self.out.result(form.format)?,
        };
        if !form.format.is_text() && self.results > 0 {
            let name = form.format.name();
            return Err(anyhow!("{name} holds one result, and there are several").into());
        }
        self.results += 1;
        let results = Results::new(schema, &form, to);
        let results =
            results.map_err(|error| Self::explained(error, &failure, &self.out.name()))?;
        Ok(Writer {
            results,
            failure,
            paged,
            // A table is drawn when all of it is there; until then the bar may move.
            is_shown: is_shown && form.format != Format::Table,
        })
    }

    fn done(
        &self,
        done: Result<(), OutputError>,
        failure: &Failure,
        excerpt: &Excerpt,
    ) -> Result<(), Failed> {
        match done {
            Ok(()) => Ok(()),
            Err(OutputError::Query(error)) => {
                notice::refuse(&error, excerpt);
                Err(Failed::Told)
            }
            Err(error) => Err(Self::explained(error, failure, &self.out.name())),
        }
    }

    /// What could not be written, in the words of the system, with the output's name.
    pub(crate) fn explained(error: OutputError, failure: &Failure, name: &str) -> Failed {
        let Some(cause) = failure.take() else {
            return Failed::Error(error.into());
        };
        if cause.kind() == io::ErrorKind::BrokenPipe {
            return Failed::Unread;
        }
        Failed::Error(anyhow::Error::from(cause).context(format!("cannot write {name}")))
    }

    /// Ends a result at a terminal: how many rows it had, and the pager.
    fn finish(&self, paged: Option<Paged>, rows: u64) -> Result<(), Failed> {
        let Some(mut paged) = paged else {
            return Ok(());
        };
        if self.form.format == Format::Table {
            // Whoever has left the pager wants no more of it.
            let _ = writeln!(paged, "({})", count(rows, "row"));
        }
        match paged.finish() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            done => Ok(done?),
        }
    }
}

/// A result that is being written.
struct Writer {
    results: Results<'static>,
    failure: Failure,
    paged: Option<Paged>,
    is_shown: bool,
}

/// Asks the session, and hands over what it answers until nobody takes it any more.
async fn ask(session: &SqlSession, text: &str, to: &Sender<Result<Answer, SqlError>>) {
    if let Err(error) = hand_over(session, text, to).await {
        // Whoever does not listen any more has what they wanted.
        let _ = to.send(Err(error)).await;
    }
}

async fn hand_over(
    session: &SqlSession,
    text: &str,
    to: &Sender<Result<Answer, SqlError>>,
) -> Result<(), SqlError> {
    for statement in session.statements(text)? {
        let mut batches = session.run(statement).await?;
        if to.send(Ok(Answer::Schema(batches.schema()))).await.is_err() {
            return Ok(());
        }
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(SqlError::from)?;
            if to.send(Ok(Answer::Batch(batch))).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

//! A read-only DataFusion session over sources or exports.
//!
//! In: sources and limits. Out: result streams, and afterwards what was missing from the evidence.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::UInt64Type;
use datafusion::catalog::{MemTable, TableProvider};
use datafusion::common::DataFusionError;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::{DFParser, Statement};
use falco_analyze::columns::{BATCH_ROWS_MAX, Table, TableSource};

use crate::events::EventsTable;
use crate::evidence::{Evidence, SharedEvidence};
use crate::functions;
use crate::lazy::LazyTable;
use crate::sources::{ExportFiles, Sources};
use crate::trouble::{SqlError, explain, explain_syntax};
use crate::views;

/// How many gaps of an export are losses, and how many are pauses.
const MISSING_ENDS: &str =
    "SELECT arrow_cast(count(*), 'UInt64') FROM gaps WHERE kind IN ('unsealed', 'missing')";
const PAUSES: &str = "SELECT arrow_cast(count(*), 'UInt64') FROM gaps WHERE kind = 'pause'";

/// Limits of a session.
#[derive(Clone, Copy, Debug)]
pub struct SessionOptions {
    /// Bytes that sorts, joins and aggregations may hold; beyond them they spill to temporary files or fail.
    pub memory_bytes: usize,
    /// How many partitions are worked on at a time.
    pub threads: usize,
}

/// A session.
pub struct SqlSession {
    pub(crate) context: SessionContext,
    evidence: SharedEvidence,
    is_export: bool,
}

impl SqlSession {
    /// Opens a session with the tables `events`, `losses`, `segments` and `gaps`.
    ///
    /// # Errors
    /// When a file of an export cannot be read.
    pub async fn open(sources: Sources, options: SessionOptions) -> Result<Self, SqlError> {
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_limit(options.memory_bytes, 1.0)
            .build_arc()?;
        let mut config = SessionConfig::new()
            .with_information_schema(true)
            .with_target_partitions(options.threads)
            .with_batch_size(BATCH_ROWS_MAX)
            // Rows of one source stay in stream order; the pass that makes them is the slower side anyway.
            .with_round_robin_repartition(false);
        // Errors point at their place.
        config.options_mut().sql_parser.collect_spans = true;
        config.options_mut().execution.time_zone = Some("UTC".to_owned());
        let session = Self {
            context: SessionContext::new_with_config_rt(config, runtime),
            evidence: SharedEvidence::default(),
            is_export: matches!(sources, Sources::Exports(_)),
        };
        match sources {
            Sources::Captures { sources, .. } => session.register_sources(sources)?,
            Sources::Exports(files) => session.register_exports(&files).await?,
        }
        views::register(&session.context, session.is_export).await?;
        Ok(session)
    }

    fn register_sources(&self, sources: Vec<Arc<dyn TableSource>>) -> Result<(), SqlError> {
        let evidence = || self.evidence.clone();
        functions::register(&self.context, &sources, &self.evidence);
        for source in &sources {
            // What is missing between segments touches every answer, whatever a query reads.
            self.evidence
                .add(&source.name(), Evidence::of_gaps(&source.gaps()));
        }
        for table in Table::ALL {
            let provider: Arc<dyn TableProvider> = match table {
                Table::Events => Arc::new(EventsTable::new(
                    sources.clone(),
                    table.layout(),
                    evidence(),
                )),
                other => Arc::new(LazyTable::new(sources.clone(), other.layout(), evidence())),
            };
            self.context.register_table(table.name(), provider)?;
        }
        Ok(())
    }

    async fn register_exports(&self, files: &ExportFiles) -> Result<(), SqlError> {
        functions::register(&self.context, &[], &self.evidence);
        for table in Table::ALL {
            let files = files.of(table);
            if files.is_empty() {
                let empty = MemTable::try_new(table.layout().schema(), vec![Vec::new()])?;
                self.context.register_table(table.name(), Arc::new(empty))?;
            } else {
                self.register_files(table.name(), files).await?;
            }
        }
        Ok(())
    }

    async fn register_files<P: AsRef<Path>>(
        &self,
        table: &str,
        files: &[P],
    ) -> Result<(), SqlError> {
        let urls = files
            .iter()
            .map(|file| file_url(file.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        let options = ListingOptions::new(Arc::new(ParquetFormat::default()));
        let config = ListingTableConfig::new_with_multi_paths(urls)
            .with_listing_options(options)
            .infer_schema(&self.context.state())
            .await?;
        self.context
            .register_table(table, Arc::new(ListingTable::try_new(config)?))?;
        Ok(())
    }

    /// Splits a text into its statements.
    ///
    /// # Errors
    /// When it is not SQL, or holds no statement.
    pub fn statements(&self, sql: &str) -> Result<Vec<Statement>, SqlError> {
        let statements = DFParser::parse_sql(sql).map_err(|error| match error.find_root() {
            DataFusionError::SQL(parser, _) => explain_syntax(parser, sql),
            _ => explain(&error, self),
        })?;
        if statements.is_empty() {
            return Err(SqlError::Empty);
        }
        Ok(statements.into())
    }

    /// Runs one statement. Those that change anything are refused.
    ///
    /// # Errors
    /// When the query is not valid or cannot be planned.
    pub async fn run(&self, statement: Statement) -> Result<SendableRecordBatchStream, SqlError> {
        let read_only = SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(false);
        let run = async {
            let plan = self.context.state().statement_to_plan(statement).await?;
            read_only.verify_plan(&plan)?;
            let frame = self.context.execute_logical_plan(plan).await?;
            frame.execute_stream().await
        };
        run.await.map_err(|error| explain(&error, self))
    }

    /// What was missing: found while answering, or told by the export.
    ///
    /// # Errors
    /// When the tables of an export cannot be read.
    pub async fn evidence(&self) -> Result<Evidence, SqlError> {
        if !self.is_export {
            return Ok(self.evidence.total());
        }
        Ok(Evidence {
            lost_events: self.number("SELECT sum(events) FROM losses").await?,
            damaged_places: self
                .number("SELECT sum(damaged_places) FROM segments")
                .await?,
            missing_ends: self.number(MISSING_ENDS).await?,
            pauses: self.number(PAUSES).await?,
            ..Evidence::default()
        })
    }

    async fn number(&self, sql: &str) -> Result<u64, SqlError> {
        let batches = self.context.sql(sql).await?.collect().await?;
        let column = batches
            .first()
            .map(RecordBatch::columns)
            .and_then(|columns| columns.first());
        let values = column.and_then(|column| column.as_primitive_opt::<UInt64Type>());
        Ok(values
            .and_then(|values| values.iter().next().flatten())
            .unwrap_or(0))
    }
}

/// A file's URL. Its name is taken as it is: a URL that is parsed from text would take `*` and `[` for a pattern.
fn file_url(path: &Path) -> Result<ListingTableUrl, DataFusionError> {
    let absolute = std::path::absolute(path)?;
    let mut url = "file://".to_owned();
    for byte in absolute.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte) {
            url.push(char::from(*byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    ListingTableUrl::parse(url)
}

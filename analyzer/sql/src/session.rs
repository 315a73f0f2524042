//! A read-only DataFusion session over everything that was given.
//!
//! In: sources and limits. Out: result streams, and afterwards what was missing from the evidence.

use std::path::PathBuf;
use std::sync::Arc;

use datafusion::common::DataFusionError;
use datafusion::common::config::ConfigExtension as _;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::{LogicalPlan, Statement as PlannedStatement};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::{DFParser, Statement};
use falco_analyze::columns::BATCH_ROWS_MAX;

use crate::evidence::{Evidence, SharedEvidence};
use crate::functions;
use crate::offered::Offered;
use crate::options::ScanOptions;
use crate::reading::Reading;
use crate::soon::RowsSoon;
use crate::sources::Sources;
use crate::trouble::{Kind, SqlError, explain, explain_syntax};
use crate::views;

/// What a session may take of memory where nobody says.
const MEMORY_BYTES: usize = 512 << 20;

/// What sorts keep free to join again what they spilled, where there is so much; of little it is a part.
const MERGE_BYTES_MAX: usize = 10 << 20;
const MERGE_PART: usize = 4;

fn merge_bytes(memory: usize) -> usize {
    (memory / MERGE_PART).min(MERGE_BYTES_MAX)
}

/// Limits of a session, and how it reads.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// Bytes that sorts, joins and aggregations may hold; beyond them they spill to temporary files or fail.
    pub memory_bytes: usize,
    /// How many partitions are worked on at a time.
    pub threads: usize,
    /// Where temporary files are made; where the system makes them if nobody says.
    pub temp_directory: Option<PathBuf>,
    /// How captures are read, until a `SET` says otherwise.
    pub scan: ScanOptions,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            memory_bytes: MEMORY_BYTES,
            threads: 1,
            temp_directory: None,
            scan: ScanOptions::default(),
        }
    }
}

/// A session.
pub struct SqlSession {
    pub(crate) context: SessionContext,
    pub(crate) offered: Offered,
    evidence: SharedEvidence,
}

impl SqlSession {
    /// Opens a session with the tables of everything that was given.
    ///
    /// # Errors
    /// When the directory for temporary files cannot be used.
    pub async fn open(sources: Sources, options: SessionOptions) -> Result<Self, SqlError> {
        let mode = match options.temp_directory {
            Some(directory) => DiskManagerMode::Directories(vec![directory]),
            None => DiskManagerMode::OsTmpDirectory,
        };
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_limit(options.memory_bytes, 1.0)
            .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(mode))
            .build_arc()?;
        let mut config = SessionConfig::new()
            .with_option_extension(options.scan)
            .with_information_schema(true)
            .with_target_partitions(options.threads)
            .with_batch_size(BATCH_ROWS_MAX)
            .with_sort_spill_reservation_bytes(merge_bytes(options.memory_bytes))
            // Rows of one source stay in stream order; the pass that makes them is the slower side anyway.
            .with_round_robin_repartition(false);
        // Errors point at their place.
        config.options_mut().sql_parser.collect_spans = true;
        config.options_mut().execution.time_zone = Some("UTC".to_owned());
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime)
            .with_default_features()
            .with_physical_optimizer_rule(Arc::new(RowsSoon))
            .build();
        let context = SessionContext::new_with_state(state);
        let evidence = SharedEvidence::default();
        for source in &sources.captures {
            // What is missing between segments touches every answer, whatever a query reads.
            evidence.add(&source.name(), Evidence::of_gaps(&source.gaps()));
        }
        functions::register(&context, &sources.captures, &evidence)?;
        let has_exports = !sources.exports.is_empty();
        let offered = Offered::new(sources, &evidence);
        offered.register(&context)?;
        views::register(&context, &offered, has_exports).await?;
        Ok(Self {
            context,
            offered,
            evidence,
        })
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

    /// Plans one statement; hidden columns that it names are there for it.
    ///
    /// # Errors
    /// When it is not valid, or names what an export lacks.
    pub async fn plan(&self, statement: Statement) -> Result<LogicalPlan, SqlError> {
        let planned = self.offered.plan(&self.context, statement).await;
        planned.map_err(|error| self.refused(&error))
    }

    /// Runs one statement. Those that change anything but how captures are read are refused.
    ///
    /// # Errors
    /// When the query is not valid or cannot be planned.
    pub async fn run(&self, statement: Statement) -> Result<SendableRecordBatchStream, SqlError> {
        let plan = self.plan(statement).await?;
        let read_only = SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(is_ours(&plan));
        let run = async {
            read_only.verify_plan(&plan)?;
            let frame = self.context.execute_logical_plan(plan).await?;
            frame.execute_stream().await
        };
        run.await.map_err(|error| explain(&error, self))
    }

    /// How far the passes of the query are that runs.
    #[must_use]
    pub fn reading(&self) -> &Arc<Reading> {
        self.evidence.reading()
    }

    /// Why a statement cannot be planned.
    fn refused(&self, error: &DataFusionError) -> SqlError {
        let explained = explain(error, self);
        let SqlError::Unknown {
            kind: Kind::Column,
            name,
            place,
            ..
        } = &explained
        else {
            return explained;
        };
        let Some(path) = self.offered.lacks(name) else {
            return explained;
        };
        SqlError::Query {
            message: format!("{} has no column '{name}'", path.display()),
            help: Some("export it with --columns, or ask the capture".to_owned()),
            place: *place,
        }
    }

    /// What was missing: found while answering, or told by exports.
    ///
    /// # Errors
    /// When the tables of an export cannot be read.
    pub async fn evidence(&self) -> Result<Evidence, SqlError> {
        let told = self.offered.evidence_of_exports(&self.context).await?;
        Ok(self.evidence.total().and(told))
    }
}

/// Whether a statement sets an option of ours.
fn is_ours(plan: &LogicalPlan) -> bool {
    let LogicalPlan::Statement(PlannedStatement::SetVariable(set)) = plan else {
        return false;
    };
    let option = set.variable.split_once('.');
    option.is_some_and(|(prefix, _)| prefix == ScanOptions::PREFIX)
}

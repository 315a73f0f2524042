//! A table whose rows are made when a query asks for them, and never before: a plan costs nothing.
//!
//! In: columns, and what makes the rows. Out: a table that streams batches and stops where nobody takes them.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::streaming::PartitionStream;
use falco_analyze::columns::BATCH_ROWS_MAX;
use tokio::sync::mpsc::Sender;

use super::rows::{Cell, Column, Rows, schema};
use arrow::array::RecordBatch;

/// How many batches wait for the query at most.
const WAITING_BATCHES_MAX: usize = 4;

/// Who makes rows.
pub(super) trait Make: Send + Sync + 'static {
    /// Makes all rows, with so many threads, for as long as they are taken.
    ///
    /// # Errors
    /// When what they are made of cannot be read.
    fn make(&self, threads: usize, out: &mut Out) -> Result<()>;
}

/// Where the rows go.
pub(super) struct Out {
    rows: Rows,
    to: Sender<Result<RecordBatch>>,
    is_wanted: bool,
}

impl Out {
    /// Hands over a row. False where nobody takes any more.
    pub(super) fn row(&mut self, cells: Vec<Cell>) -> Result<bool> {
        self.rows.push(cells)?;
        if self.rows.len() >= BATCH_ROWS_MAX {
            self.flush()?;
        }
        Ok(self.is_wanted && !self.to.is_closed())
    }

    fn flush(&mut self) -> Result<()> {
        if self.rows.len() > 0 && self.is_wanted {
            let batch = self.rows.take()?;
            self.is_wanted = self.to.blocking_send(Ok(batch)).is_ok();
        }
        Ok(())
    }
}

struct Made {
    name: &'static str,
    columns: &'static [Column],
    schema: SchemaRef,
    maker: Arc<dyn Make>,
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Made").field(&self.name).finish()
    }
}

impl PartitionStream for Made {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let threads = context.session_config().target_partitions();
        let schema = Arc::clone(&self.schema);
        let mut builder = RecordBatchReceiverStream::builder(schema, WAITING_BATCHES_MAX);
        let mut out = Out {
            rows: Rows::new(self.columns),
            to: builder.tx(),
            is_wanted: true,
        };
        let maker = Arc::clone(&self.maker);
        builder.spawn_blocking(move || {
            maker.make(threads, &mut out)?;
            out.flush()
        });
        builder.build()
    }
}

/// The table.
pub(super) fn table(
    name: &'static str,
    columns: &'static [Column],
    maker: impl Make,
) -> Result<Arc<dyn TableProvider>, DataFusionError> {
    let schema = schema(columns);
    let made = Made {
        name,
        columns,
        schema: Arc::clone(&schema),
        maker: Arc::new(maker),
    };
    Ok(Arc::new(StreamingTable::try_new(
        schema,
        vec![Arc::new(made)],
    )?))
}

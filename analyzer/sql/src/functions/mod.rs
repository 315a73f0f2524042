//! The functions that SQL has beyond DataFusion's own: the past, alerts, networks.
//!
//! ```text
//! time      an argument → a moment of the captures
//! made      a table whose rows are made when a query asks for them
//! rows      cells → batches
//! process   the facts of a process as columns
//! past      `ps_at`, `fds_at`, `lineage`, `descendants`
//! touched   `touched_by`
//! alerts    `alerts`
//! networks  `cidr_match`
//! falco     `falco`
//! ```
//!
//! In: opened captures and arguments. Out: tables and scalar functions that a session knows by name.
//! What is wrong with an argument is told where the query is planned, before anything is read of the captures.

mod alerts;
mod arguments;
mod falco;
mod made;
mod networks;
mod past;
mod process;
mod rows;
mod time;
mod touched;

pub(crate) use falco::asked_by;

use std::sync::Arc;

use datafusion::catalog::TableFunctionImpl;
use datafusion::common::Result;
use datafusion::execution::FunctionRegistry as _;
use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::SessionContext;
use falco_analyze::columns::TableSource;

use crate::evidence::SharedEvidence;

/// A function, as a list of them tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnFunction {
    /// Its name.
    pub name: &'static str,
    /// How it is called.
    pub call: &'static str,
    /// What it gives.
    pub doc: &'static str,
    /// Whether it stands behind `FROM`.
    pub is_table: bool,
}

/// The functions of this package, in the order in which they are listed.
pub const FUNCTIONS: &[OwnFunction] = &[
    OwnFunction {
        name: "ps_at",
        call: "ps_at([time])",
        doc: "The processes that lived at a moment; without one, at the end of the captures.",
        is_table: true,
    },
    OwnFunction {
        name: "fds_at",
        call: "fds_at([time])",
        doc: "What every process held at a moment: files, sockets, pipes.",
        is_table: true,
    },
    OwnFunction {
        name: "lineage",
        call: "lineage(tid [, time])",
        doc: "The process of a thread at a moment and its ancestors; the process itself at level 0.",
        is_table: true,
    },
    OwnFunction {
        name: "descendants",
        call: "descendants(tid [, time])",
        doc: "The processes that descended from that of a thread at a moment; children at level 1.",
        is_table: true,
    },
    OwnFunction {
        name: "touched_by",
        call: "touched_by(pid)",
        doc: "What a process and whoever descends from it did, and to what, over the whole of the captures.",
        is_table: true,
    },
    OwnFunction {
        name: "alerts",
        call: "alerts('rules.yaml' [, …] [, 'first' | 'all'])",
        doc: "The alerts of a replay of rule files: of the first rule that matches an event, or of all.",
        is_table: true,
    },
    OwnFunction {
        name: "alerts_per_minute",
        call: "alerts_per_minute('rules.yaml' [, …] [, 'first' | 'all'])",
        doc: "The same alerts counted by minute and rule.",
        is_table: true,
    },
    OwnFunction {
        name: "cidr_match",
        call: "cidr_match(address, network)",
        doc: "Whether an IPv4 or IPv6 address lies in a network such as '10.0.0.0/8'; NULL where one of them is.",
        is_table: false,
    },
    OwnFunction {
        name: "falco",
        call: "falco('condition' [, 'rules.yaml' …])",
        doc: "Whether a condition of Falco's language holds for an event of `events`, with macros and lists of rule files; never NULL.",
        is_table: false,
    },
];

/// What functions ask.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) captures: Arc<[Arc<dyn TableSource>]>,
    pub(crate) evidence: SharedEvidence,
}

/// Makes the functions known to a session over some captures.
pub(crate) fn register(
    context: &SessionContext,
    captures: &[Arc<dyn TableSource>],
    evidence: &SharedEvidence,
) -> Result<()> {
    let asked = Asked {
        captures: captures.into(),
        evidence: evidence.clone(),
    };
    let mut tables: Vec<(&str, Arc<dyn TableFunctionImpl>)> =
        vec![("touched_by", Arc::new(touched::TouchedBy(asked.clone())))];
    for (name, by_minute) in [("alerts", false), ("alerts_per_minute", true)] {
        let asked = asked.clone();
        tables.push((name, Arc::new(alerts::Alerts { asked, by_minute })));
    }
    for (name, kind) in past::KINDS {
        tables.push((name, Arc::new(past::PastTable::new(kind, asked.clone()))));
    }
    for (name, function) in tables {
        context.register_udtf(name, function);
    }
    context.register_udf(ScalarUDF::from(networks::CidrMatch::new()));
    let rewrite = falco::OfEvents {
        has_captures: !asked.captures.is_empty(),
    };
    context.register_udf(ScalarUDF::from(falco::Falco::new(asked)));
    let state = context.state_ref();
    state.write().register_function_rewrite(Arc::new(rewrite))?;
    Ok(())
}

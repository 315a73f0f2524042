//! Who answers queries: `falco-analyze-sql` over the capture and over Parquet, and DuckDB over the same Parquet.
//!
//! In: a capture, its export, a query. Out: what it printed and what that took; nothing where an engine is not there, which is said once.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use falco_benches::programs::run;

use crate::Subject;
use crate::measured::Cost;

/// Runs a query with DuckDB on one thread, and prints its rows as CSV; on stderr the CPU time without what Python takes to start.
const DUCKDB: &str = "
import csv, resource, sys, duckdb
query, views = sys.argv[1], sys.argv[2:]
def user():
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime
before = user()
database = duckdb.connect(config={'threads': 1})
database.execute(\"SET TimeZone = 'UTC'\")
for view in views:
    name, file = view.split('=', 1)
    database.execute(f\"CREATE VIEW {name} AS SELECT * FROM '{file}'\")
result = database.execute(query)
out = csv.writer(sys.stdout, lineterminator='\\n')
out.writerow([column[0] for column in result.description])
while rows := result.fetchmany(1024):
    out.writerows(rows)
print('user seconds:', user() - before, file=sys.stderr)
";

/// Which engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Capture,
    Parquet,
    DuckDb,
}

impl Engine {
    pub(crate) const EACH: [Engine; 3] = [Engine::Capture, Engine::Parquet, Engine::DuckDb];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Engine::Capture => "capture",
            Engine::Parquet => "Parquet, DataFusion",
            Engine::DuckDb => "Parquet, DuckDB",
        }
    }
}

/// The engines that are there.
pub(crate) struct Engines<'s> {
    subject: &'s Subject,
    /// None where there is no DuckDB.
    python: Option<OsString>,
}

impl<'s> Engines<'s> {
    pub(crate) fn find(subject: &'s Subject) -> Self {
        let python = std::env::var_os("FALCO_PYTHON");
        let is_there = |python: &OsString| {
            let found = Command::new(python).args(["-c", "import duckdb"]).output();
            found.is_ok_and(|output| output.status.success())
        };
        let duckdb = python.clone().filter(is_there);
        match (&python, &duckdb) {
            (None, _) => println!("\nDuckDB is left out: FALCO_PYTHON names no Python that has it"),
            (Some(python), None) => println!(
                "\nDuckDB is left out: {} has no package duckdb",
                python.to_string_lossy()
            ),
            _ => {}
        }
        Self {
            subject,
            python: duckdb,
        }
    }

    /// The engine's command for a query; none where it is not there.
    fn command(&self, engine: Engine, query: &str) -> Option<Vec<OsString>> {
        let Subject {
            sql,
            capture,
            tables,
            others,
            ..
        } = self.subject;
        let mut words: Vec<OsString> = Vec::new();
        match engine {
            Engine::DuckDb => {
                words.extend([
                    self.python.clone()?,
                    "-c".into(),
                    DUCKDB.into(),
                    query.into(),
                ]);
                for (name, directory) in [
                    ("events", tables),
                    ("processes", others),
                    ("connections", others),
                ] {
                    let file = directory.join(name).with_extension("parquet");
                    words.push(format!("{name}={}", file.display()).into());
                }
            }
            Engine::Capture => words.extend([sql.into(), capture.into()]),
            Engine::Parquet => words.extend([sql.into(), tables.into(), others.into()]),
        }
        if engine != Engine::DuckDb {
            words.extend(["--jobs", "1", "--format", "csv", "-c", query].map(Into::into));
        }
        Some(words)
    }

    /// What a query prints, and what it takes.
    pub(crate) fn ask(&self, engine: Engine, query: &str) -> Result<Option<(String, Cost)>> {
        let Some(command) = self.command(engine, query) else {
            return Ok(None);
        };
        let said = self.subject.directory.join("said");
        let mut words: Vec<OsString> = vec!["program".into(), (&said).into()];
        words.extend(command);
        let cost = Cost::of(&words)?;
        Ok(Some((std::fs::read_to_string(said)?, cost)))
    }

    /// What a query takes to its first row.
    pub(crate) fn first(&self, engine: Engine, query: &str) -> Result<Option<Cost>> {
        let Some(command) = self.command(engine, query) else {
            return Ok(None);
        };
        let mut words: Vec<OsString> = vec!["first".into()];
        words.extend(command);
        Cost::of(&words).map(Some)
    }

    /// How an engine goes about a query, in its own words.
    pub(crate) fn plan(&self, engine: Engine, query: &str) -> Result<Option<String>> {
        let explained = format!("EXPLAIN {query}");
        let Some(mut words) = self.command(engine, &explained) else {
            return Ok(None);
        };
        let program = PathBuf::from(words.remove(0));
        run(Command::new(program).args(words)).map(Some)
    }
}

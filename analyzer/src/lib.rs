//! The analyzer: captures in, alerts, tables and answers out.
//!
//! ```text
//! pipeline/    items → a cursor over the stream → events → collectors: rules, filters, columns
//! scap/        files of Falco's own format → the same items
//! dialect/     Falco's event types, and the table of captures imported from `.scap`
//! state/       threads, descriptors, users, containers: the only ordered part
//! fields/      Falco's fields of an event, each declared once with its extractor
//! alert        what a rule says of an event, and which event that was
//! export/      captures → files of Falco's own format
//! outputs/     alerts → text, JSON
//! past/        what lived and what was held at a moment of a capture
//! chosen       which events of a capture a condition holds for
//! columns/     events → Arrow batches, Parquet
//! derive/      captures → captures with rows left out or changed, which say so
//! coverage/    what scenarios prove of rules, and which changes of them they notice
//! tables/      tables of what lives and what is held: facts, folded in the order of the stream
//! diff/        two rule sets over the same captures: alerts gained, lost and changed
//! regress/     scenarios: captures with the alerts they must give
//! inputs       what was given on a command line → captures
//! source       what a source of events must say, so that its events meet rules
//! sources/     every source there is: how its inputs are known, its schema, its reader and its state
//! survey       what a capture holds, told from its items alone
//! completeness/ what is missing from the evidence, judged and told for every command
//! continuity   whether what the recorder says it lost is what is missing
//! repository   where the files of a repository begin, for those that show them beside their lines
//! rule_files   rule files from disk → one rule set
//! redact       names, texts and addresses replaced, so that a capture can be shared
//! reference    rules, fields and event types as tables
//! why          why a rule alerted on an event or did not, and which events came nearest
//! unfinished   files and directories that have their names only when they are whole
//! tops/        what there was most of: processes, files, connections and others by rank
//! time         points in time as people and machines read them
//! ```
//!
//! Nothing here reads the machine it runs on: an answer depends on the captures, the rules and the options alone.
//! The command line stands in the binary, not here; so do exit codes.

pub mod alert;
pub mod chosen;
pub mod columns;
pub mod completeness;
pub mod continuity;
pub mod coverage;
pub mod derive;
pub mod dialect;
pub mod diff;
pub mod export;
pub mod fields;
pub mod inputs;
pub mod outputs;
pub mod past;
pub mod pipeline;
pub mod redact;
pub mod reference;
pub mod regress;
pub mod report;
pub mod repository;
pub mod rule_files;
pub mod scap;
pub mod source;
pub mod sources;
pub mod state;
pub mod summary;
pub mod survey;
mod tables;
mod text_file;
pub mod time;
pub mod tops;
pub mod unfinished;
pub mod why;

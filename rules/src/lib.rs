//! Falco's rule language, complete and on its own: load rule files, judge events.
//!
//! A source of events declares its fields and event types as a [`Schema`] and presents its events as [`Event`]s; this
//! crate knows nothing of system calls. A [`Loader`] reads rule files and reports every error of all of them; the
//! [`RuleSet`] it gives is immutable and shared by all threads, each with a [`Scanner`] of its own. A [`Filter`] is one
//! condition alone, a [`Template`] one output.
//!
//! ```
//! use falco_rules::{Loader, RuleMatching};
//! # use falco_rules::{ArgumentKind, BoundField, Event, EventTypeDef, EventTypeId, FieldDef, FieldType, Multiplicity};
//! # use falco_rules::{Schema, Value};
//! # struct Source;
//! # impl Schema for Source {
//! #     fn source(&self) -> &'static str { "syscall" }
//! #     fn fields(&self) -> &'static [FieldDef] {
//! #         const FIELD: FieldDef = FieldDef { name: "evt.type", ty: FieldType::Charbuf, argument: ArgumentKind::None,
//! #             multiplicity: Multiplicity::One, doc: "" };
//! #         const { &[FIELD, FieldDef { name: "proc.name", ..FIELD }] }
//! #     }
//! #     fn event_types(&self) -> &[EventTypeDef] { &[EventTypeDef { name: "execve", codes: 2, has_params: true }] }
//! #     fn parameter_type(&self, _: &str) -> Option<FieldType> { None }
//! #     fn service_port(&self, _: &str) -> Option<u16> { None }
//! # }
//! # struct Exec;
//! # impl Event for Exec {
//! #     fn event_type(&self) -> EventTypeId { EventTypeId(0) }
//! #     fn extract<'e>(&'e self, _: &BoundField) -> Value<'e> { Value::Str(b"xmrig") }
//! # }
//! let source = Source;
//! let mut loader = Loader::new(&source);
//! let report = loader.load("rules.yaml", "
//! - rule: Miner
//!   desc: A known miner starts
//!   condition: evt.type = execve and proc.name in (xmrig, minerd)
//!   output: miner %proc.name
//!   priority: CRITICAL
//! ");
//! assert!(report.errors.is_empty());
//! let rules = loader.finish().expect("the file has no errors");
//! let syscalls = rules.of_source("syscall").expect("its schema was given");
//! let mut scanner = syscalls.scanner(RuleMatching::First);
//! let mut matches = Vec::new();
//! scanner.scan(&Exec, &mut matches);
//! let rule = rules.rule(matches[0]).expect("a match names a rule");
//! let mut line = String::new();
//! rule.output.render(&Exec, &mut line);
//! assert_eq!(line, "miner xmrig");
//! ```

#[cfg(test)]
mod agreement;
mod block;
mod check;
mod compile;
#[cfg(test)]
mod conformance;
#[cfg(test)]
#[path = "../tests/counting/mod.rs"]
mod counting;
mod coverage;
mod diagnostic;
mod event_types;
mod explain;
mod fields;
mod filter;
mod format;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod hostile;
mod ir;
#[cfg(test)]
mod limits;
mod lint;
mod literals;
mod load;
mod mutate;
mod optimize;
mod pair;
mod priority;
mod profile;
mod program;
mod regex;
mod resolve;
mod rule_set;
#[cfg(test)]
mod several_sources;
mod shipped;
mod source;
mod syntax;
mod template;
#[cfg(test)]
mod testing;
mod transform;
#[cfg(test)]
mod traps;
mod work;
mod yaml;

pub use coverage::{
    CoverItem, CoverKind, CoverPart, Coverage, Coverer, Covering, ItemKind, MAX_PATTERNS, Observed,
    PartTally, RuleTally,
};
pub use diagnostic::{
    Annotation, Code, Diagnostic, FalcoCode, Location, Mark, Severity, path_to_uri, render,
    similar, to_github_annotation, to_github_annotations, to_sarif,
};
pub use event_types::EventTypeSet;
pub use explain::{Explanation, FoundValue, Gauge, Item, Lack, Part, PartKind, PartOrigin};
pub use fields::{
    ArgumentKind, BoundField, Event, EventTypeDef, EventTypeId, FieldArgument, FieldDef, FieldId,
    FieldType, ImpossibleText, Multiplicity, Schema, Value, push_printable, value_to_json,
    value_to_text,
};
pub use filter::Filter;
pub use format::format_rules;
pub use lint::{LINTS, LINTS_ON_REQUEST};
pub use literals::{Compared, Comparing};
pub use load::{
    FileReport, LoadFailed, Loader, MAX_RULE_FILE_BYTES, Selection, Selector, load_results_to_json,
    pass_over_libraries,
};
pub use mutate::{Differences, Differing, Edit, Mutant, MutantKind, Mutating};
pub use pair::{PairScanner, RulePair};
pub use priority::{Priority, UnknownPriority};
pub use profile::{
    MacroProfile, PartProfile, Profile, ProfileCounts, Profiler, Profiling, RuleProfile,
};
pub use resolve::{ENGINE_VERSION, Version};
pub use rule_set::{Rule, RuleIndex, RuleMatching, RuleSet, Scanner, SourceRules};
pub use shipped::SHIPPED;
pub use source::{Position, SourceFile, Span};
pub use template::{Template, field_key};

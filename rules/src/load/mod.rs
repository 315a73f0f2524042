//! Loading rule files, one after the other, as Falco does: after each, everything read so far is compiled, as far as
//! the file can have changed it.
//!
//! In: names and texts of files, in order. Out: a [`FileReport`] for each, and at the end a [`RuleSet`].
//! A rule of one file cannot use a macro of a later one; a later file may replace what an earlier one defined.

mod build;
mod compiled;
mod libraries;
mod macros;
mod mentions;
mod parsed;
mod results;
mod selection;
mod uses;

use std::collections::HashSet;

use crate::check::Sources;
use crate::diagnostic::Identity;
use crate::resolve::{Collector, Reader, Version, read_file};
use crate::source::SourceFile;
use crate::{Code, Diagnostic, RuleSet, Schema, Severity};
pub(crate) use compiled::Compiled;

pub use libraries::pass_over_libraries;
pub use results::load_results_to_json;
pub use selection::{Selection, Selector};

/// Largest rule file, in bytes; the stock files have 0.2 MB together.
pub const MAX_RULE_FILE_BYTES: usize = 64 << 20;

/// The plugin that the stock rules require, whose fields every source of ours offers itself.
const OFFERED_PLUGINS: &[(&str, Version)] = &[(
    "container",
    Version {
        major: 0,
        minor: 7,
        patch: 1,
    },
)];

/// What the loading of one file gave.
#[derive(Clone, Debug)]
pub struct FileReport {
    /// The file's name as the user gave it.
    pub name: String,
    /// What keeps the rules from loading.
    pub errors: Vec<Diagnostic>,
    /// What does not.
    pub warnings: Vec<Diagnostic>,
    /// Whether it defines or changes a rule.
    pub(crate) has_rules: bool,
}

impl FileReport {
    /// Whether the file has only items and keys that the rule schema knows.
    #[must_use]
    pub fn is_schema_valid(&self) -> bool {
        self.schema_breaks().next().is_none()
    }

    /// What the rule schema does not know.
    pub(crate) fn schema_breaks(&self) -> impl Iterator<Item = &Diagnostic> {
        let breaks_schema = |diagnostic: &&Diagnostic| {
            matches!(diagnostic.code, Code::UnknownKey | Code::UnknownItem)
                || diagnostic.falco_code == Some(crate::FalcoCode::ErrYamlValidate)
                || diagnostic.falco_code == Some(crate::FalcoCode::ErrYamlParse)
        };
        self.errors
            .iter()
            .chain(&self.warnings)
            .filter(breaks_schema)
    }
}

/// Rules that did not load: some file has errors, which its report names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{errors} errors in {files} rule files")]
pub struct LoadFailed {
    /// How many errors.
    pub errors: usize,
    /// In how many files.
    pub files: usize,
}

/// Loads rule files against the schemas of the sources that are offered. Rules of other sources are skipped, each with a
/// warning, as Falco does.
pub struct Loader<'s> {
    collector: Collector,
    sources: Sources<'s>,
    plugins: Vec<(String, Version)>,
    /// Diagnostics of earlier files, which later compilations of the same rules would repeat.
    reported: HashSet<Identity>,
    compiled: Compiled,
    failed: LoadFailed,
    selection: Selection,
}

impl<'s> Loader<'s> {
    /// A loader without rules, for one source.
    #[must_use]
    pub fn new(schema: &'s dyn Schema) -> Self {
        Self::with_sources(&[schema])
    }

    /// A loader without rules. A schema says the name of its source; of two for one source the first counts.
    #[must_use]
    pub fn with_sources(schemas: &[&'s dyn Schema]) -> Self {
        Self {
            collector: Collector::default(),
            sources: Sources::new(schemas),
            plugins: OFFERED_PLUGINS
                .iter()
                .map(|(name, version)| ((*name).to_owned(), *version))
                .collect(),
            reported: HashSet::new(),
            compiled: Compiled::default(),
            failed: LoadFailed {
                errors: 0,
                files: 0,
            },
            selection: Selection::default(),
        }
    }

    /// A loader without rules for the same sources that numbers fields as this one does so far: what both give can be
    /// judged together, see [`RulePair`](crate::RulePair).
    #[must_use]
    pub fn beside(&self) -> Self {
        Self {
            collector: Collector::default(),
            sources: self.sources.clone(),
            plugins: self.plugins.clone(),
            reported: HashSet::new(),
            compiled: Compiled::default(),
            failed: LoadFailed {
                errors: 0,
                files: 0,
            },
            selection: self.selection.clone(),
        }
    }

    /// Offers exactly these plugins to `required_plugin_versions`.
    #[must_use]
    pub fn with_plugins(mut self, plugins: Vec<(String, Version)>) -> Self {
        self.plugins = plugins;
        self
    }

    /// Says which of the loaded rules are enabled, over what the files say.
    #[must_use]
    pub fn with_selection(mut self, selection: Selection) -> Self {
        self.selection = selection;
        self
    }

    /// Reads a file and compiles everything read so far. `name` is the path as the user gave it.
    pub fn load(&mut self, name: &str, text: &str) -> FileReport {
        let mut diagnostics = Vec::new();
        if text.len() > MAX_RULE_FILE_BYTES {
            let message = format!("the file has more than {MAX_RULE_FILE_BYTES} bytes");
            diagnostics.push(Diagnostic::new(Code::UnreadableFile, message));
            self.collector.mark_lost_file();
            return self.report(name, true, diagnostics);
        }
        let file = SourceFile::new(name, text.strip_prefix('\u{feff}').unwrap_or(text));
        let mut reader = Reader {
            file: &file,
            collector: &mut self.collector,
            sources: &mut self.sources,
            diagnostics: &mut diagnostics,
            plugins: &self.plugins,
        };
        read_file(&mut reader);
        let has_rules = self.collector.rules.has_touched();
        self.compiled.update(
            &mut self.collector,
            &mut self.sources,
            &mut diagnostics,
            self.failed.errors == 0,
        );
        self.report(name, has_rules, diagnostics)
    }

    /// Reports a file that could not be read.
    pub fn unreadable(&mut self, name: &str, reason: &str) -> FileReport {
        self.collector.mark_lost_file();
        self.report(
            name,
            true,
            vec![Diagnostic::new(
                Code::UnreadableFile,
                format!("cannot read '{name}': {reason}"),
            )],
        )
    }

    fn report(&mut self, name: &str, has_rules: bool, diagnostics: Vec<Diagnostic>) -> FileReport {
        let mut report = FileReport {
            name: name.to_owned(),
            errors: Vec::new(),
            warnings: Vec::new(),
            has_rules,
        };
        for diagnostic in diagnostics {
            if !self.reported.insert(diagnostic.identity()) {
                continue;
            }
            match diagnostic.severity() {
                Severity::Error => report.errors.push(diagnostic),
                Severity::Warning => report.warnings.push(diagnostic),
            }
        }
        if !report.errors.is_empty() {
            self.failed.files += 1;
            self.failed.errors += report.errors.len();
        }
        report
    }

    /// Advice about what was loaded so far, the lints of the given codes left out.
    #[must_use]
    pub fn lint(&self, disabled: &[Code]) -> Vec<Diagnostic> {
        let rules = self.compiled.rules();
        let schemas: Vec<_> = self.sources.schemas().collect();
        crate::lint::lint(&self.collector, &rules, &schemas, disabled)
    }

    /// The rule set of all files.
    ///
    /// # Errors
    ///
    /// If any file had an error; the reports say which.
    pub fn finish(self) -> Result<RuleSet, LoadFailed> {
        if self.failed.errors > 0 {
            return Err(self.failed);
        }
        Ok(RuleSet::build(
            self.compiled.into_rules(),
            self.sources.into_slots(),
            |rule| self.selection.enables(rule),
        ))
    }
}

//! Rule files from disk into one rule set.
//!
//! In: files and directories in the order the user gave them, and which rules to run. Out: the rule set, or every diagnostic of every file.
//! A directory stands for its `*.yaml` and `*.yml` files in the order of their names, as Falco reads `rules.d`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use falco_rules::{
    Diagnostic, FileReport, Filter, Loader, MAX_RULE_FILE_BYTES, RuleSet, SHIPPED, Schema,
    Selection, pass_over_libraries,
};

use crate::fields::SCHEMA;
use crate::text_file;

/// A rule file that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RuleFileError {
    /// The file or directory cannot be read.
    #[error("cannot read the rules {}", path.display())]
    Read {
        /// As the user typed it.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no text.
    #[error("cannot read the rules {}: not UTF-8 text (first bad byte at offset {offset})", path.display())]
    NotText {
        /// As the user typed it.
        path: PathBuf,
        /// Where the first bad byte is.
        offset: usize,
    },
    /// The directory has no rule files.
    #[error("the directory {} holds no rule files (*.yaml, *.yml)", path.display())]
    EmptyDirectory {
        /// As the user typed it.
        path: PathBuf,
    },
}

impl RuleFileError {
    /// The file or directory, as the user typed it.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Read { path, .. }
            | Self::NotText { path, .. }
            | Self::EmptyDirectory { path } => path,
        }
    }

    /// Why it cannot be read.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Read { source, .. } => source.to_string(),
            Self::NotText { offset, .. } => {
                format!("not UTF-8 text (first bad byte at offset {offset})")
            }
            Self::EmptyDirectory { .. } => {
                "the directory holds no rule files (*.yaml, *.yml)".to_owned()
            }
        }
    }
}

/// A rule file as text.
#[derive(Clone, Debug)]
pub struct RuleText {
    /// The path as the user typed it, or below the directory they named.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// What loading gave.
pub struct Loaded {
    /// One report per file, in order.
    pub reports: Vec<FileReport>,
    /// The rule set; `None` when any file has an error.
    pub rules: Option<RuleSet>,
}

impl Loaded {
    /// Every error of every file, then the warnings of that file.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let all = self
            .reports
            .iter()
            .flat_map(|report| report.errors.iter().chain(&report.warnings));
        all.cloned().collect()
    }

    /// How many errors all files have.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.reports.iter().map(|report| report.errors.len()).sum()
    }
}

/// Reads the files, directories expanded.
///
/// # Errors
/// The first file that cannot be read.
pub fn read_rule_files<P: AsRef<Path>>(paths: &[P]) -> Result<Vec<RuleText>, RuleFileError> {
    read_each_rule_file(paths).into_iter().collect()
}

/// Reads the files, directories expanded; one that cannot be read does not keep the others from being read.
pub fn read_each_rule_file<P: AsRef<Path>>(paths: &[P]) -> Vec<Result<RuleText, RuleFileError>> {
    let files = each_rule_file(paths).into_iter();
    files
        .map(|file| file.and_then(|file| read_text(&file)))
        .collect()
}

/// The files of rules, directories expanded.
pub fn each_rule_file<P: AsRef<Path>>(paths: &[P]) -> Vec<Result<PathBuf, RuleFileError>> {
    let mut all = Vec::new();
    for path in paths {
        let path = path.as_ref();
        if !path.is_dir() {
            all.push(Ok(path.to_owned()));
            continue;
        }
        match directory_files(path) {
            Ok(files) => all.extend(files.into_iter().map(Ok)),
            Err(error) => all.push(Err(error)),
        }
    }
    all
}

/// Reads and compiles rules for system calls, for who has nowhere to show diagnostics but in an error.
///
/// # Errors
/// What is wrong with the files, as text: every error and warning in the form in which commands print them.
pub fn rules_of_syscalls<P: AsRef<Path>>(paths: &[P]) -> Result<RuleSet, String> {
    let texts = read_rule_files(paths);
    let texts = texts.map_err(|error| format!("{error}: {}", error.reason()))?;
    let loaded = load_rules(&SCHEMA, &texts, &Selection::default());
    let diagnostics = loaded.diagnostics();
    loaded.rules.ok_or_else(|| said(&diagnostics))
}

/// The name of the rule that a condition is compiled in, for its macros and lists.
const ASKED: &str = "the condition that is asked";

/// A condition for events of system calls with the macros and lists of rule files in it, so that it stands for itself.
///
/// # Errors
/// What is wrong with the condition or with the files, as text.
pub fn whole_condition<P: AsRef<Path>>(text: &str, files: &[P]) -> Result<String, String> {
    let whole = if files.is_empty() {
        text.to_owned()
    } else {
        with_macros(text, files)?
    };
    let compiled = Filter::compile(&SCHEMA, &whole);
    compiled.map_err(|errors| said_of(&errors, &whole))?;
    Ok(whole)
}

/// What is wrong with a condition first, and where: `… (characters 3 to 5 of 'TEXT')`, by which whoever knows where the condition stands finds the place there.
fn said_of(diagnostics: &[Diagnostic], text: &str) -> String {
    let Some(first) = diagnostics.first() else {
        return said(diagnostics);
    };
    let help = first.help.as_ref().map(|help| format!("; {help}"));
    let mut told = format!("{}{}", first.message, help.unwrap_or_default());
    let characters = |end: u32| {
        let before = usize::try_from(end).ok().and_then(|end| text.get(..end));
        before.map(|before| before.chars().count())
    };
    if let Some(span) = &first.span
        && let (Some(start), Some(end)) = (characters(span.start), characters(span.end))
    {
        let (from, to) = (start.saturating_add(1), end.max(start.saturating_add(1)));
        told = format!("{told} (characters {from} to {to} of '{text}')");
    }
    told
}

fn with_macros<P: AsRef<Path>>(text: &str, files: &[P]) -> Result<String, String> {
    let texts = read_rule_files(files);
    let mut texts = texts.map_err(|error| format!("{error}: {}", error.reason()))?;
    // JSON's strings are YAML's too, whatever stands in them.
    let text = serde_json::Value::from(text);
    texts.push(RuleText {
        name: "condition".to_owned(),
        text: format!(
            "- rule: {ASKED}\n  desc: x\n  output: x\n  priority: debug\n  condition: {text}\n"
        ),
    });
    let loaded = load_rules(&SCHEMA, &texts, &Selection::default());
    let errors = loaded.diagnostics();
    let Some(rules) = loaded.rules else {
        return Err(said(&errors));
    };
    let asked = rules.rules().iter().find(|rule| rule.name == ASKED);
    let asked = asked.ok_or("no condition came of it")?;
    Ok(asked.condition_compiled.clone())
}

fn said(diagnostics: &[Diagnostic]) -> String {
    let text = falco_rules::render(diagnostics, false);
    format!("it has errors\n{text}")
}

/// Compiles the texts for one source, one after the other, as Falco does.
#[must_use]
pub fn load_rules(schema: &dyn Schema, texts: &[RuleText], selection: &Selection) -> Loaded {
    load_rules_of(&[schema], texts, selection)
}

/// Compiles the texts for all sources that are offered; rules of others are skipped, each with a warning.
#[must_use]
pub fn load_rules_of(schemas: &[&dyn Schema], texts: &[RuleText], selection: &Selection) -> Loaded {
    let mut loader = Loader::with_sources(schemas).with_selection(selection.clone());
    let mut reports: Vec<_> = texts
        .iter()
        .map(|file| loader.load(&file.name, &file.text))
        .collect();
    pass_over_libraries(&mut reports);
    Loaded {
        reports,
        rules: loader.finish().ok(),
    }
}

/// Reads and compiles files for all sources that are offered, directories expanded: every problem of every file is reported, that one cannot be read among them.
#[must_use]
pub fn load_rule_files<P: AsRef<Path>>(
    schemas: &[&dyn Schema],
    paths: &[P],
    selection: &Selection,
) -> Loaded {
    let mut loader = Loader::with_sources(schemas).with_selection(selection.clone());
    let reports = load_each(&mut loader, &read_each_rule_file(paths));
    Loaded {
        reports,
        rules: loader.finish().ok(),
    }
}

/// Gives a loader every file, or the reason why it cannot be read, and returns a report for each.
pub fn load_each(
    loader: &mut Loader<'_>,
    files: &[Result<RuleText, RuleFileError>],
) -> Vec<FileReport> {
    let reports = files.iter().map(|file| match file {
        Ok(file) => loader.load(&file.name, &file.text),
        Err(error) => loader.unreadable(&error.path().display().to_string(), &error.reason()),
    });
    let mut reports: Vec<_> = reports.collect();
    pass_over_libraries(&mut reports);
    reports
}

/// The rules that come with the program.
#[must_use]
pub fn shipped_rules() -> Vec<RuleText> {
    let file = |(name, text): &(&str, &str)| RuleText {
        name: format!("rules/default/{name}"),
        text: (*text).to_owned(),
    };
    SHIPPED.iter().map(file).collect()
}

fn directory_files(path: &Path) -> Result<Vec<PathBuf>, RuleFileError> {
    let failed = |source| RuleFileError::Read {
        path: path.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        // What has such a name and is no file is found out when it is read: rules that are missing are nothing to be silent about.
        if has_rule_extension(&file) {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(RuleFileError::EmptyDirectory {
            path: path.to_owned(),
        });
    }
    files.sort();
    Ok(files)
}

/// Whether a directory's file of this name is one of rules.
pub(crate) fn has_rule_extension(file: &Path) -> bool {
    let extension = file.extension();
    extension.is_some_and(|extension| extension == "yaml" || extension == "yml")
}

fn read_text(path: &Path) -> Result<RuleText, RuleFileError> {
    let bytes =
        text_file::read(path, MAX_RULE_FILE_BYTES).map_err(|source| RuleFileError::Read {
            path: path.to_owned(),
            source,
        })?;
    let text = String::from_utf8(bytes).map_err(|error| RuleFileError::NotText {
        path: path.to_owned(),
        offset: error.utf8_error().valid_up_to(),
    })?;
    Ok(RuleText {
        name: path.display().to_string(),
        text,
    })
}

//! The two sides of a comparison: what was given for each, and the rules that come of it.
//!
//! In: files, directories and `REV:PATH` for either side, in the order in which they are loaded. Out: two rule sets whose fields are numbered alike, or every problem of every file, each with its side.
//! A path that is there is that path, whatever its name; only what is not there is looked for in git.

use std::path::{Path, PathBuf};

use falco_rules::{
    Diagnostic, FileReport, Loader, RuleSet, Schema, Selection, pass_over_libraries,
};

use super::git::{self, RevPath};
use crate::rule_files::{RuleText, read_each_rule_file};

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// What was.
    Old,
    /// What is to be.
    New,
}

impl Side {
    /// As options and reports name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Side::Old => "old",
            Side::New => "new",
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Side {
        match self {
            Side::Old => Side::New,
            Side::New => Side::Old,
        }
    }
}

/// Something of both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Both<T> {
    /// What was.
    pub old: T,
    /// What is to be.
    pub new: T,
}

impl<T> Both<T> {
    /// That of one side.
    pub fn of(&self, side: Side) -> &T {
        match side {
            Side::Old => &self.old,
            Side::New => &self.new,
        }
    }

    /// That of one side, to change it.
    pub fn of_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Old => &mut self.old,
            Side::New => &mut self.new,
        }
    }
}

/// A rule file, or why it cannot be read.
#[derive(Debug)]
pub struct SideFile {
    /// As messages name it.
    pub name: String,
    /// Its text, or the reason.
    pub text: Result<String, String>,
    /// How it is given to a command of the shell behind `-r`: a quoted path, or a revision's text.
    pub argument: String,
}

/// Reads what was given for a side.
#[must_use]
pub fn read_side(given: &[PathBuf]) -> Vec<SideFile> {
    given.iter().flat_map(|given| read_one(given)).collect()
}

fn read_one(given: &Path) -> Vec<SideFile> {
    let place = given.to_str().and_then(RevPath::parse);
    let Some(place) = place.filter(|_| given.symlink_metadata().is_err()) else {
        return read_paths(given);
    };
    match place.and_then(|place| git::read(&place)) {
        Ok(texts) => texts.into_iter().map(of_revision).collect(),
        Err(error) => {
            let name = given.display().to_string();
            vec![SideFile {
                argument: quoted(&name),
                text: Err(error.to_string()),
                name,
            }]
        }
    }
}

fn of_revision(text: RuleText) -> SideFile {
    SideFile {
        argument: format!("<(git show {})", quoted(&text.name)),
        name: text.name,
        text: Ok(text.text),
    }
}

fn read_paths(path: &Path) -> Vec<SideFile> {
    let files = read_each_rule_file(&[path]);
    let file = |file| match file {
        Ok(RuleText { name, text }) => SideFile {
            argument: quoted(&name),
            name,
            text: Ok(text),
        },
        Err(error) => {
            let error: crate::rule_files::RuleFileError = error;
            let name = error.path().display().to_string();
            SideFile {
                argument: quoted(&name),
                name,
                text: Err(error.reason()),
            }
        }
    };
    files.into_iter().map(file).collect()
}

/// Text as one word of a shell.
#[must_use]
pub fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,=".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// What the files of a side gave.
pub struct LoadedSide {
    /// One report per file, in order.
    pub reports: Vec<FileReport>,
    /// The rule set; none when any file has an error.
    pub rules: Option<RuleSet>,
}

impl LoadedSide {
    /// Every error of every file.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.reports.iter().flat_map(|report| &report.errors)
    }

    /// Every warning of every file.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.reports.iter().flat_map(|report| &report.warnings)
    }
}

/// Loads both sides, the new one beside the old one.
#[must_use]
pub fn load_sides(
    schemas: &[&dyn Schema],
    files: Both<&[SideFile]>,
    selection: &Selection,
) -> Both<LoadedSide> {
    let mut old = Loader::with_sources(schemas).with_selection(selection.clone());
    let old_reports = load(&mut old, files.old);
    let mut new = old.beside();
    let new_reports = load(&mut new, files.new);
    let side = |reports, loader: Loader<'_>| LoadedSide {
        reports,
        rules: loader.finish().ok(),
    };
    Both {
        old: side(old_reports, old),
        new: side(new_reports, new),
    }
}

fn load(loader: &mut Loader<'_>, files: &[SideFile]) -> Vec<FileReport> {
    let reports = files.iter().map(|file| match &file.text {
        Ok(text) => loader.load(&file.name, text),
        Err(reason) => loader.unreadable(&file.name, reason),
    });
    let mut reports: Vec<_> = reports.collect();
    pass_over_libraries(&mut reports);
    reports
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_of_a_shell() {
        let check = |text, expected| assert_eq!(quoted(text), expected);
        check("rules.d/a.yaml", "rules.d/a.yaml");
        check("main:rules.yaml", "main:rules.yaml");
        check("", "''");
        check("a b", "'a b'");
        check("it's", r"'it'\''s'");
        check("$(reboot)", "'$(reboot)'");
        check("a\nb", "'a\nb'");
        check("~/x", "'~/x'");
    }
}

//! A report on scenarios is written over nothing that they are made of.
//!
//! In: what `-o` names, and the scenarios that are read. Out: a refusal where it is a file of theirs, whatever its name.
//! Captures are opened for that only where the file is there already, so that a new report costs nothing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use falco_analyze::inputs::open_inputs_of;
use falco_analyze::regress::FoundScenario;
use falco_analyze::rule_files::each_rule_file;
use falco_analyze::sources::SOURCES;
use falco_format::text::plain;

use crate::cli::output::{admit_beside, admit_no_capture, admit_other_than, file_of};

/// Refuses to write the report over what the scenarios are made of.
pub(in crate::cli) fn admit_report(
    output: Option<&PathBuf>,
    chosen: &[FoundScenario],
) -> Result<()> {
    let Some(path) = file_of(output).filter(|path| path.is_file()) else {
        return Ok(());
    };
    let mut files = Vec::new();
    for one in chosen {
        files.push(one.file.clone());
        if let Ok(scenario) = &one.scenario {
            files.extend(scenario.golden.iter().map(|golden| golden.path.clone()));
            files.extend(scenario.captures.iter().cloned());
            files.extend(each_rule_file(&scenario.rules).into_iter().flatten());
        }
    }
    admit_other_than(output, &files, "scenarios' files")?;
    let scenarios = chosen.iter().filter_map(|one| one.scenario.as_ref().ok());
    let mut captures: Vec<_> = scenarios.flat_map(|one| &one.captures).collect();
    captures.sort();
    captures.dedup();
    captures
        .into_iter()
        .try_for_each(|capture| admit_beside_capture(output, path, capture))
}

/// Refuses a file of a capture. Of one that cannot be opened nobody knows its files, so all below it count as such.
fn admit_beside_capture(output: Option<&PathBuf>, path: &Path, capture: &Path) -> Result<()> {
    match open_inputs_of(SOURCES, &[capture]) {
        Ok(inputs) => {
            admit_beside(output, inputs.logs(), &[])?;
            admit_no_capture(path, &inputs)
        }
        Err(_) if is_below(path, capture) => bail!(
            "{} lies in the capture {}; give another name",
            plain(path),
            plain(capture)
        ),
        Err(_) => Ok(()),
    }
}

fn is_below(path: &Path, directory: &Path) -> bool {
    let (path, directory) = (fs::canonicalize(path), fs::canonicalize(directory));
    matches!((path, directory), (Ok(path), Ok(directory)) if path.starts_with(&directory))
}

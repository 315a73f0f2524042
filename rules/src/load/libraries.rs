//! Files that are there for others: macros and lists without a rule.
//!
//! In: the reports of all files of a load. Out: the same without the warnings that a library cannot help.
//! What one file leaves unused is for [`Loader::load`](super::Loader::load) to say, which does not know what comes later.

use std::collections::HashSet;

use super::FileReport;
use crate::{Code, Diagnostic};

/// Takes back that macros and lists of a library are unused.
///
/// A file without rules is one where another file of the load has some. It is written for rules that it does not know,
/// those of others among them, so what nobody uses of it is no slip: of standard macros most are unused in most loads.
/// A file that stands alone, and one that has rules as well, is told what it leaves unused, as Falco does.
pub fn pass_over_libraries(reports: &mut [FileReport]) {
    if !reports.iter().any(|report| report.has_rules) {
        return;
    }
    let libraries: HashSet<String> = reports
        .iter()
        .filter(|report| !report.has_rules)
        .map(|report| report.name.clone())
        .collect();
    let is_of_a_library = |warning: &Diagnostic| {
        let file = warning.span.as_ref().map(|span| span.file.name());
        file.is_some_and(|file| libraries.contains(file))
    };
    for report in reports {
        report.warnings.retain(|warning| {
            !(matches!(warning.code, Code::UnusedMacro | Code::UnusedList)
                && is_of_a_library(warning))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::pass_over_libraries;
    use crate::testing::TestSchema;
    use crate::{Code, Loader};

    const MACROS: &str =
        "- macro: used\n  condition: proc.name = a\n- macro: other\n  condition: proc.name = b\n";
    const RULE: &str = "- rule: r\n  desc: d\n  condition: evt.type = open and used\n  output: o\n  priority: INFO\n";
    const UNUSED: &str = "- macro: slip\n  condition: proc.name = c\n";

    fn check(files: &[&str], expected: &[&[Code]]) {
        let mut loader = Loader::new(&TestSchema);
        let mut reports: Vec<_> = files
            .iter()
            .enumerate()
            .map(|(number, text)| loader.load(&format!("{number}.yaml"), text))
            .collect();
        pass_over_libraries(&mut reports);
        let found: Vec<Vec<Code>> = reports
            .iter()
            .map(|report| report.warnings.iter().map(|warning| warning.code).collect())
            .collect();
        assert_eq!(found, expected, "{files:?}");
    }

    #[test]
    fn what_is_unused_is_said_of_files_with_rules() {
        let both = [UNUSED, MACROS, RULE].concat();
        let macros = [Code::UnusedMacro; 2];
        check(&[MACROS], &[&macros]);
        check(&[MACROS, UNUSED], &[&macros, &macros[..1]]);
        check(&[MACROS, RULE], &[&[], &[]]);
        check(&[&both], &[&macros]);
        check(&[&both, UNUSED], &[&macros, &[]]);
        check(&[MACROS, &[UNUSED, RULE].concat()], &[&[], &macros[..1]]);
        // A later file that takes a library's macro out of use is not told either: it may be back tomorrow.
        let other = RULE.replace("used", "proc.name = z");
        check(&[MACROS, RULE, &other], &[&[], &[], &[]]);
    }
}

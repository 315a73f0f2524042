//! The report for people.

use falco_format::text::Lines;

use super::{Ended, Summary, amounts, wrong};
use crate::regress::suite::Tested;

pub(super) fn report(tested: &[Tested]) -> String {
    let mut out = Lines::new();
    for one in tested {
        let name = &one.name;
        match (&one.result, Ended::of(one)) {
            (Err(error), _) => out.line(format_args!("ERROR  {name}: {}", error.message)),
            (Ok(report), Ended::Passed) => {
                out.line(format_args!("ok     {name} ({})", amounts(report)));
            }
            (Ok(report), Ended::Inconclusive) => {
                out.line(format_args!("INCONCLUSIVE {name} ({})", amounts(report)));
            }
            (Ok(report), _) => out.line(format_args!("FAILED {name} ({})", amounts(report))),
        }
        out.append(&wrong(one));
    }
    out.line(Summary::of(tested).spelled());
    out.to_string()
}

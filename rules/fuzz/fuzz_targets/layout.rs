//! Laying a rule file out may refuse, never panic, and doing it twice changes nothing more.

#![no_main]

use falco_rules::format_rules;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(once) = format_rules("fuzz.yaml", text) {
        assert_eq!(
            format_rules("fuzz.yaml", &once).as_deref(),
            Ok(once.as_str())
        );
    }
});

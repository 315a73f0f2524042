//! Where this crate differs from Falco on purpose, each with its reason.

/// One deviation: the set of cases, the case (or its beginning, before a `*`), the reason.
pub(super) const DEVIATIONS: &[(&str, &str, &str)] = &[(
    "semantic (compilation)",
    "evt.count.*",
    "The field stands in none of Falco's lists of fields, which the schema of these tests is made from.",
)];

/// The reason for which a case may differ.
pub(super) fn reason(set: &str, case: &str) -> Option<&'static str> {
    DEVIATIONS
        .iter()
        .find(|(known_set, pattern, _)| {
            let matches = match pattern.strip_suffix('*') {
                Some(prefix) => case.starts_with(prefix),
                None => case == *pattern,
            };
            *known_set == set && matches
        })
        .map(|(_, _, reason)| *reason)
}

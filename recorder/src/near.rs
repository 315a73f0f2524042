//! What a misspelt name may have meant.

use strsim::osa_distance;

/// The known name that takes the fewest edits, if they are few.
pub(crate) fn nearest(name: &str, known: impl IntoIterator<Item = String>) -> Option<String> {
    let most = (name.len() / 3).max(1);
    let measured = known
        .into_iter()
        .map(|known| (osa_distance(name, &known), known));
    let near = measured.filter(|(edits, _)| *edits <= most).min();
    near.map(|(_, known)| known)
}

//! What a mistyped name may have meant.

use std::cell::Cell;

use strsim::osa_distance;

use crate::work::steps;

/// Names longer than this are not compared: no real name is, and hostile ones must not cost time.
const MAX_NAME_BYTES: usize = 80;

/// The known name nearest to `name`, if it is near enough to be a typing mistake: at most a third of it differs.
pub fn similar<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if name.len() > MAX_NAME_BYTES {
        return None;
    }
    let limit = (name.len() / 3).max(1);
    known
        .into_iter()
        .inspect(|_| steps(1))
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= limit)
        .map(|candidate| (osa_distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Suggestions for the mistakes of one load.
#[derive(Clone, Debug)]
pub(crate) struct Suggestions {
    left: Cell<u32>,
}

/// Most mistakes of one kind for which names are compared: each is held against every known one, and nobody reads on so
/// far.
const MAX_SUGGESTIONS: u32 = 200;

impl Default for Suggestions {
    fn default() -> Self {
        Self {
            left: Cell::new(MAX_SUGGESTIONS),
        }
    }
}

impl Suggestions {
    /// As [`similar`]; nothing for the many mistakes of a file that has nothing else.
    pub(crate) fn similar<'n>(
        &self,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Option<&'n str> {
        self.left.set(self.left.get().checked_sub(1)?);
        similar(name, known)
    }
}

#[cfg(test)]
mod tests {
    use super::similar;

    fn check(name: &str, expected: Option<&str>) {
        assert_eq!(
            similar(
                name,
                ["proc.name", "proc.pname", "fd.name", "spawned_process"]
            ),
            expected
        );
    }

    #[test]
    fn typing_mistakes_find_their_name() {
        check("proc.nmae", Some("proc.name"));
        check("spawned_proces", Some("spawned_process"));
        check("fd.nam", Some("fd.name"));
        check("container.id", None);
    }
}

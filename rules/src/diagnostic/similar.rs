//! What a mistyped name may have meant.

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
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= limit)
        .map(|candidate| (distance(name.as_bytes(), candidate.as_bytes()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many bytes must be inserted, removed, replaced or swapped with their neighbour.
fn distance(left: &[u8], right: &[u8]) -> usize {
    let mut before = vec![0; right.len() + 1];
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    for (row, byte) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let at =
                |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX - 1);
            let replaced = at(&previous, column) + usize::from(byte != other);
            let shifted = at(&previous, column + 1).min(at(&current, column)) + 1;
            let is_swap = row > 0
                && column > 0
                && left.get(row - 1) == Some(other)
                && right.get(column - 1) == Some(byte);
            let swapped = if is_swap {
                at(&before, column - 1) + 1
            } else {
                usize::MAX
            };
            current.push(replaced.min(shifted).min(swapped));
        }
        before = std::mem::replace(&mut previous, current);
    }
    previous.last().copied().unwrap_or(0)
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

//! Two texts, and how they differ, in the form that `diff -u` gives.
//!
//! In: the old text and the new one. Out: hunks with three lines around each change; nothing where they are the same.

use super::compare::{Difference, compare};

/// How many lines around a change are shown, as `diff -u` does.
const CONTEXT: usize = 3;

/// The difference, under the name of the file. Line ends are part of no line.
pub(super) fn unified(name: &str, old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let changes = compare(&old, &new);
    if changes.is_empty() {
        return String::new();
    }
    let lines = merged(&old, &changes);
    let mut out = format!("--- {name}\n+++ {name}\n");
    let mut at = 0;
    while let Some(first) = next_change(&lines, at) {
        let mut last = first;
        while let Some(next) = next_change(&lines, last + 1) {
            if next - last > 2 * CONTEXT + 1 {
                break;
            }
            last = next;
        }
        let from = first.saturating_sub(CONTEXT).max(at);
        let to = (last + CONTEXT + 1).min(lines.len());
        push_hunk(&lines, from, to, &mut out);
        at = to;
    }
    out
}

/// A line, with what became of it.
type Line<'t> = (char, &'t str);

/// Both texts as one list of lines.
fn merged<'t>(old: &[&'t str], changes: &[Difference<&'t str>]) -> Vec<Line<'t>> {
    let mut lines = Vec::new();
    let (mut old_at, mut new_at) = (0, 0);
    let keep_up = |lines: &mut Vec<Line<'t>>, old_at: &mut usize, new_at: &mut usize, upto| {
        while *old_at < upto {
            let line = old.get(*old_at).copied().unwrap_or_default();
            lines.push((' ', line));
            (*old_at, *new_at) = (*old_at + 1, *new_at + 1);
        }
    };
    for change in changes {
        match change {
            Difference::Missing(number, line) => {
                keep_up(&mut lines, &mut old_at, &mut new_at, number - 1);
                lines.push(('-', line));
                old_at += 1;
            }
            Difference::Unexpected(number, line) => {
                let kept = (number - 1).saturating_sub(new_at);
                let upto = old_at + kept;
                keep_up(&mut lines, &mut old_at, &mut new_at, upto);
                lines.push(('+', line));
                new_at += 1;
            }
        }
    }
    keep_up(&mut lines, &mut old_at, &mut new_at, old.len());
    lines
}

fn next_change(lines: &[Line<'_>], from: usize) -> Option<usize> {
    let rest = lines.iter().enumerate().skip(from);
    let mut changed = rest.filter(|(_, (sign, _))| *sign != ' ');
    changed.next().map(|(place, _)| place)
}

fn push_hunk(lines: &[Line<'_>], from: usize, to: usize, out: &mut String) {
    let count = |lines: &[Line<'_>], other: char| {
        let of_side = lines.iter().filter(|(sign, _)| *sign != other);
        of_side.count()
    };
    let before = lines.get(..from).unwrap_or_default();
    let hunk = lines.get(from..to).unwrap_or_default();
    let side = |other| {
        let lines = count(hunk, other);
        // A side without lines is named by the line in front of it.
        let first = count(before, other) + usize::from(lines > 0);
        match lines {
            1 => first.to_string(),
            lines => format!("{first},{lines}"),
        }
    };
    out.push_str(&format!("@@ -{} +{} @@\n", side('+'), side('-')));
    for (sign, line) in hunk {
        out.push(*sign);
        out.push_str(line);
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts are letters, each a line.
    fn check(old: &str, new: &str, expected: &str) {
        let text = |letters: &str| {
            letters
                .chars()
                .map(|c| format!("{c}\n"))
                .collect::<String>()
        };
        let found = unified("f", &text(old), &text(new));
        let found: Vec<&str> = found.lines().skip(2).collect();
        assert_eq!(found.join(" "), expected, "{old} and {new}");
    }

    /// The expectations are what GNU diff 3.10 gives.
    #[test]
    fn changes_stand_among_three_lines() {
        check("abc", "abc", "");
        check("", "ab", "@@ -0,0 +1,2 @@ +a +b");
        check("ab", "", "@@ -1,2 +0,0 @@ -a -b");
        check("a", "b", "@@ -1 +1 @@ -a +b");
        check(
            "abcdefgh",
            "abcdxfgh",
            "@@ -2,7 +2,7 @@  b  c  d -e +x  f  g  h",
        );
        check("abcdefgh", "abcdefghi", "@@ -6,3 +6,4 @@  f  g  h +i");
        check(
            "abcdefghijklmnop",
            "xbcdefghijklmnoy",
            "@@ -1,4 +1,4 @@ -a +x  b  c  d @@ -13,4 +13,4 @@  m  n  o -p +y",
        );
        check(
            "abcdefgh",
            "xbcdefgy",
            "@@ -1,8 +1,8 @@ -a +x  b  c  d  e  f  g -h +y",
        );
    }
}

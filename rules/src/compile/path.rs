//! Sets of path prefixes that match by whole components: the right-hand side of `pmatch`.
//!
//! Empty components are skipped, so `etc`, `/etc` and `//etc/` are one path and `/` is the prefix of every path.
//! A component with `?`, `*` or `[` is a shell pattern of one component.

use hashbrown::HashMap;

use super::Glob;

/// A tree of components.
#[derive(Debug, Default)]
pub(crate) struct PathSet {
    children: HashMap<Box<[u8]>, PathSet>,
    patterns: Vec<(Glob, PathSet)>,
    /// Where each pattern stands among them.
    places: HashMap<Box<[u8]>, usize>,
    /// Whether one of the paths ends here.
    ends: bool,
}

/// Most components of one path in a rule: Linux's longest path has no more, and it bounds the recursion.
const MAX_COMPONENTS: usize = 2_048;

impl PathSet {
    pub(crate) fn new<'p>(paths: impl IntoIterator<Item = &'p [u8]>) -> Self {
        let mut root = Self::default();
        for path in paths {
            let mut node = &mut root;
            for component in components(path).take(MAX_COMPONENTS) {
                node = node.child(component);
            }
            node.ends = true;
        }
        root
    }

    fn child(&mut self, component: &[u8]) -> &mut Self {
        if !component
            .iter()
            .any(|byte| matches!(byte, b'?' | b'*' | b'['))
        {
            return self.children.entry(component.into()).or_default();
        }
        let place = match self.places.get(component) {
            Some(place) => *place,
            None => {
                let pattern = Glob::new(component, false);
                self.places.insert(component.into(), self.patterns.len());
                self.patterns.push((pattern, Self::default()));
                self.patterns.len() - 1
            }
        };
        let known = self.patterns.get_mut(place);
        &mut known.expect("a known place is that of a pattern").1
    }

    /// Whether one of the paths is a prefix of `path`, by whole components.
    pub(crate) fn matches(&self, path: &[u8]) -> bool {
        if self.ends {
            return true;
        }
        let start = path.iter().position(|byte| *byte != b'/');
        let Some(rest) = start.and_then(|start| path.get(start..)) else {
            return false;
        };
        let end = memchr::memchr(b'/', rest).unwrap_or(rest.len());
        let (component, rest) = rest.split_at(end);
        if self
            .children
            .get(component)
            .is_some_and(|child| child.matches(rest))
        {
            return true;
        }
        self.patterns
            .iter()
            .any(|(pattern, child)| pattern.matches(component) && child.matches(rest))
    }
}

fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/')
        .filter(|component| !component.is_empty())
}

#[cfg(test)]
mod tests {
    use super::PathSet;

    fn check(paths: &[&str], path: &str, expected: bool) {
        let set = PathSet::new(paths.iter().map(|path| path.as_bytes()));
        assert_eq!(set.matches(path.as_bytes()), expected, "{paths:?} {path}");
    }

    #[test]
    fn prefixes_match_by_whole_components() {
        check(&["/opt/dir"], "/opt/dir/file", true);
        check(&["/opt/dir2"], "/opt/dir/file", false);
        check(&["/opt/*/subdir"], "/opt/dir/subdir/x", true);
        check(&["/opt/di[!r]/subdir"], "/opt/dir/subdir", false);
        check(&["/opt/dii?/subdir"], "/opt/dir/subdir", false);
        check(&["/"], "/etc/passwd", true);
        check(&[""], "<NA>", true);
        check(&[], "/etc", false);
        check(&["etc"], "//etc//passwd", true);
        check(&["/etc/x", "/*/passwd"], "/etc/passwd", true);
    }
}

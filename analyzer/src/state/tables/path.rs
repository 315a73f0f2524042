//! Paths as Falco resolves them: by text, against a working directory, without asking any file system.

use std::io::Write as _;

use super::text::Text;

/// The working directory of a thread of which none is known, as Falco prints it.
pub(crate) const UNKNOWN_CWD: &[u8] = b"./";

/// The prefix of a path whose directory descriptor is not known.
pub(crate) const UNKNOWN_DIRECTORY: &[u8] = b"<UNKNOWN>";

/// Joins `path` to `base` unless it is absolute, and removes `.`, `..`, doubled and trailing slashes.
///
/// A base that is not absolute (`<UNKNOWN>`, `./`) is kept as its text stands, and so is a `..` that leads out of it: nothing is known that could be resolved.
pub(crate) fn resolve(base: &[u8], path: &[u8]) -> Vec<u8> {
    if is_clean(path) {
        return path.to_vec();
    }
    let directory = base.strip_suffix(b"/").unwrap_or(base);
    let is_clean_base =
        base.first() == Some(&b'/') && (directory.is_empty() || is_clean(directory));
    if is_clean_base && is_names(path) {
        return [directory, path].join(&b'/');
    }
    by_components(base, path)
}

fn by_components(base: &[u8], path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(base.len() + path.len());
    if path.first() == Some(&b'/') {
        push_clean(&mut out, path, 0);
    } else if base.first() == Some(&b'/') {
        push_clean(&mut out, base, 0);
        if out.last() != Some(&b'/') {
            out.push(b'/');
        }
        push_clean(&mut out, path, 0);
    } else {
        out.extend_from_slice(base);
        push_clean(&mut out, path, unresolved(base));
    }
    while out.len() > 1 && out.last() == Some(&b'/') {
        out.pop();
    }
    out
}

/// Whether a path is absolute, and all that it says is names: [`resolve`] gives it as it is. Most are.
pub(crate) fn is_clean(path: &[u8]) -> bool {
    path.strip_prefix(b"/").is_some_and(is_names)
}

/// Whether a path is names alone with one slash between two.
fn is_names(path: &[u8]) -> bool {
    let is_name = |rest: &[u8]| {
        !matches!(
            rest,
            [] | [b'/', ..] | [b'.'] | [b'.', b'/', ..] | [b'.', b'.'] | [b'.', b'.', b'/', ..]
        )
    };
    let behind = |slash: usize| path.get(slash + 1..).unwrap_or_default();
    is_name(path) && memchr::memchr_iter(b'/', path).all(|slash| is_name(behind(slash)))
}

/// Whether a slash stands behind a slash. Eight bytes at a time: paths are short, and making a searcher would take longer than the search.
pub(crate) fn has_doubled_slash(path: &[u8]) -> bool {
    const SLASHES: u64 = u64::from_ne_bytes([b'/'; 8]);
    const ONES: u64 = u64::MAX / 255;
    // Bytes that are slashes in both become zero: some byte is exactly if subtracting one from each borrows where the top bit was clear.
    let are_slashes = |one: &[u8; 8], next: &[u8; 8]| {
        let differ = |bytes: &[u8; 8]| u64::from_ne_bytes(*bytes) ^ SLASHES;
        let either = differ(one) | differ(next);
        either.wrapping_sub(ONES) & !either & (ONES << 7) != 0
    };
    let Some((_, next)) = path.split_first() else {
        return false;
    };
    let path = path.get(..next.len()).unwrap_or_default();
    let ((words, rest), (next_words, _)) = (path.as_chunks::<8>(), next.as_chunks::<8>());
    let mut pairs = words.iter().zip(next_words);
    pairs.any(|(one, next)| are_slashes(one, next))
        || match (path.last_chunk(), next.last_chunk()) {
            (Some(one), Some(next)) => are_slashes(one, next),
            _ => rest.iter().zip(next).any(|pair| pair == (&b'/', &b'/')),
        }
}

/// How much of a base that is not absolute no `..` takes away: all that is not known, with every `..` that leads out of it.
fn unresolved(base: &[u8]) -> usize {
    let is_up = |rest: &[u8]| rest.starts_with(b"../") || rest == b"..";
    let mut kept = match base {
        [b'.', b'/', ..] => 2,
        _ if base.starts_with(UNKNOWN_DIRECTORY) => UNKNOWN_DIRECTORY.len(),
        _ => return base.len(),
    };
    while base.get(kept..).is_some_and(is_up) {
        kept = base.len().min(kept.saturating_add(3));
    }
    kept
}

/// Appends the components of `path`, each `..` taking one away, but none of the first `kept` bytes: what leads out of those stays.
fn push_clean(out: &mut Vec<u8>, path: &[u8], mut kept: usize) {
    if path.first() == Some(&b'/') && out.is_empty() {
        out.push(b'/');
    }
    for component in path.split(|&byte| byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." if kept == 0 || out.len() > kept => pop_component(out, kept),
            name => {
                // Falco puts nothing between `<UNKNOWN>` and the path.
                if !out.is_empty() && out.last() != Some(&b'/') && *out != UNKNOWN_DIRECTORY {
                    out.push(b'/');
                }
                out.extend_from_slice(name);
                if name == b".." {
                    out.push(b'/');
                    kept = out.len();
                }
            }
        }
    }
}

/// The longest path that Falco puts together, bytes with a NUL.
const FALCO_PATH_MAX: usize = 1024;

/// Joins `path` to `base` as Falco does on its own captures: the base stays as it is, whatever it is, and must end with a slash.
pub(crate) fn join_as_falco(base: &[u8], path: &[u8]) -> Vec<u8> {
    if base.len() + path.len() + 1 > FALCO_PATH_MAX {
        return b"/DIR_TOO_LONG/FILENAME_TOO_LONG".to_vec();
    }
    if is_plain(path) {
        return [base, path].concat();
    }
    let is_relative = path.first().is_some_and(|&byte| byte != b'/');
    let mut out = if is_relative {
        base.to_vec()
    } else {
        Vec::new()
    };
    let has_base = !out.is_empty();
    let mut rest = path;
    while let Some((&byte, tail)) = rest.split_first() {
        let begins = out.last().is_none_or(|&last| last == b'/');
        rest = match (byte, begins) {
            (b'.', true) => dots(&mut out, rest),
            (b'/', _) if out.last() == Some(&b'/') || (out.is_empty() && has_base) => tail,
            _ => {
                out.push(byte);
                tail
            }
        };
    }
    if out.len() > 1 && out.last() == Some(&b'/') {
        out.pop();
    }
    out
}

/// Whether [`join_as_falco`] surely gives the path as it is: it is absolute, and plain.
pub(crate) fn is_joined_as_falco(base: [&[u8]; 2], path: &[u8]) -> bool {
    let fits = length(base) + path.len() < FALCO_PATH_MAX;
    fits && path.strip_prefix(b"/").is_some_and(is_names)
}

/// What [`join_as_falco`] makes of a path and a base of two parts, most often in a single piece of memory.
pub(crate) fn text_joined_as_falco(base: [&[u8]; 2], path: &[u8]) -> Text {
    let length = length(base) + path.len();
    if length < FALCO_PATH_MAX && is_plain(path) {
        let mut whole = [0; FALCO_PATH_MAX];
        let mut room = &mut whole[..];
        for part in base.into_iter().chain([path]) {
            // There is room for all of them.
            let _ = room.write_all(part);
        }
        return whole.get(..length).unwrap_or_default().into();
    }
    join_as_falco(&base.concat(), path).into()
}

fn length([base, rest]: [&[u8]; 2]) -> usize {
    base.len() + rest.len()
}

/// Whether a path that begins without a slash is one that nothing is taken from: no part of it is empty or begins with a dot.
fn is_plain(path: &[u8]) -> bool {
    let begins_plain = |rest: Option<&[u8]>| {
        let first = rest.and_then(<[u8]>::first);
        first.is_some_and(|first| !matches!(first, b'/' | b'.'))
    };
    let mut slashes = memchr::memchr_iter(b'/', path);
    begins_plain(Some(path)) && slashes.all(|slash| begins_plain(path.get(slash + 1..)))
}

/// Takes a component that begins with a dot; hands back what is left.
fn dots<'a>(out: &mut Vec<u8>, rest: &'a [u8]) -> &'a [u8] {
    let after = |prefix: &[u8]| rest.strip_prefix(prefix);
    if let Some(tail) = after(b"../").or(after(b"..").filter(|tail| tail.is_empty())) {
        if out.len() > 1 {
            out.pop();
            while out.last().is_some_and(|&byte| byte != b'/') {
                out.pop();
            }
        }
        return tail;
    }
    if let Some(tail) = after(b"./").or(after(b".").filter(|tail| tail.is_empty())) {
        return tail;
    }
    out.push(b'.');
    rest.get(1..).unwrap_or_default()
}

fn pop_component(out: &mut Vec<u8>, kept: usize) {
    let least = kept.max(1);
    while out.len() > least && out.last() == Some(&b'/') {
        out.pop();
    }
    while out.len() > least && out.last() != Some(&b'/') {
        out.pop();
    }
    if kept == 0 && out.last() != Some(&b'/') {
        out.clear();
    }
}

/// The directory of a file's path: everything before the last slash, `/` at the top.
pub(crate) fn directory(path: &[u8]) -> &[u8] {
    match memchr::memrchr(b'/', path) {
        None | Some(0) => b"/",
        Some(place) => path.get(..place).unwrap_or(path),
    }
}

/// What stands behind the last slash.
pub(crate) fn file_name(path: &[u8]) -> &[u8] {
    match memchr::memrchr(b'/', path) {
        None => path,
        Some(place) => path.get(place + 1..).unwrap_or(b""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(base: &str, path: &str, expected: &str) {
        let resolved = resolve(base.as_bytes(), path.as_bytes());
        assert_eq!(String::from_utf8_lossy(&resolved), expected);
    }

    #[test]
    fn absolute_paths_ignore_the_base() {
        check("/root/", "/etc/passwd", "/etc/passwd");
        check("/root/", "/tmp/random/dir...///../../name/", "/tmp/name");
        check("/root/", "/", "/");
        check("/root/", "/..", "/");
        check("/root/", "//etc//./shadow", "/etc/shadow");
    }

    /// Every path of these words, against every base: what is taken for clean is what the components give, and no search misses a doubled slash.
    #[test]
    fn short_cuts_give_what_the_components_give() {
        let words = ["/", ".", "..", "a", ".b", "<UNKNOWN>", "long-name"];
        let one = |count: usize| (0..7_usize.pow(count as u32)).map(move |number| (count, number));
        for (count, number) in (0..=5).flat_map(one) {
            let word = |place: usize| words[number / 7_usize.pow(place as u32) % 7];
            let path: String = (0..count).map(word).collect();
            let path = path.as_bytes();
            let doubled = path.windows(2).any(|pair| pair == b"//");
            assert_eq!(has_doubled_slash(path), doubled, "{path:?}");
            for base in ["/", "/x", "/x/", "/x//", "/x/../", "./", "<UNKNOWN>"] {
                let plainly = by_components(base.as_bytes(), path);
                assert_eq!(resolve(base.as_bytes(), path), plainly, "{base} {path:?}");
            }
        }
    }

    #[test]
    fn relative_paths_join_it() {
        check("/root/", "x", "/root/x");
        check("/root", "x/", "/root/x");
        check("/root/", "../etc/shadow", "/etc/shadow");
        check("/", "../../x", "/x");
        check("/root/", ".", "/root");
        check("/root/a/b/", "../../c/./d", "/root/c/d");
    }

    #[test]
    fn falco_leaves_the_base_alone() {
        let check = |base: &str, path: &str, expected: &str| {
            let joined = join_as_falco(base.as_bytes(), path.as_bytes());
            assert_eq!(String::from_utf8_lossy(&joined), expected);
            let is_joined = is_joined_as_falco([base.as_bytes(), b""], path.as_bytes());
            assert!(!is_joined || path == expected, "{path}");
            let (base, end) = base.as_bytes().split_at(base.len() / 2);
            let text = text_joined_as_falco([base, end], path.as_bytes());
            assert_eq!(String::from_utf8_lossy(&text), expected);
        };
        check("/root/", "../etc/./shadow/", "/etc/shadow");
        check("/root/", "/tmp//random/../name/", "/tmp/name");
        check("/root/", "../../..", "/");
        check("/root/", ".hidden/...", "/root/.hidden/...");
        check("<UNKNOWN>", "tmp/x", "<UNKNOWN>tmp/x");
        for path in ["/", "/.", "/..", "/a.b/c", "/a/.b", "//a", "/a//b", "/a/"] {
            let joined = join_as_falco(b".", path.as_bytes());
            let is_same = joined == path.as_bytes();
            assert!(
                is_same || !is_joined_as_falco([b".", b""], path.as_bytes()),
                "{path}"
            );
        }
        assert!(is_joined_as_falco([b".", b""], b"/a.b/c"));
        check("", "tmp/../x", "x");
        check("", "x/y", "x/y");
        check("/root", "x/y.z", "/rootx/y.z");
        for path in ["x/", "x//y", "x/.y", "x/..", "./x", ".x"] {
            assert!(!is_plain(path.as_bytes()), "{path}");
        }
        check("./", "x", "./x");
        check("/root/", "", "");
        check(
            "/root/",
            &"x".repeat(1024),
            "/DIR_TOO_LONG/FILENAME_TOO_LONG",
        );
    }

    #[test]
    fn what_is_not_known_stays_visible() {
        check("<UNKNOWN>", "tmp/x", "<UNKNOWN>tmp/x");
        check("./", "x", "./x");
        // Nobody knows what is above: surely not the root.
        check("./", "..", "./..");
        check("./", "../x/../../y", "./../../y");
        check("./../", "..", "./../..");
        check("./sub/", "../x", "./x");
        check("./sub/", "../../x", "./../x");
        check(".", "../x", "./../x");
        check("<UNKNOWN>", "../x/../y", "<UNKNOWN>../y");
        check("<UNKNOWN>tmp", "../x", "<UNKNOWN>x");
    }

    #[test]
    fn names_split_at_the_last_slash() {
        assert_eq!(directory(b"/etc/passwd"), b"/etc");
        assert_eq!(directory(b"/x"), b"/");
        assert_eq!(directory(b""), b"/");
        assert_eq!(file_name(b"/etc/passwd"), b"passwd");
        assert_eq!(file_name(b"plain"), b"plain");
    }
}

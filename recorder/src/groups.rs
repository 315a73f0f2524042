//! The group that may read along, by its name or number.
//!
//! Names are looked up in `/etc/group`; directory services are not asked, and their groups are given by number.

use std::fs;

use thiserror::Error;

use crate::near::nearest;

/// Why no group is meant.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no group `{name}` in /etc/group{}", hint(.near.as_deref()))]
pub(crate) struct NoGroup {
    name: String,
    near: Option<String>,
}

fn hint(near: Option<&str>) -> String {
    match near {
        Some(name) => format!("; did you mean `{name}`?"),
        None => "; one of a directory service is given by its number".to_owned(),
    }
}

/// The number of a group.
pub(crate) fn parse_group(name: &str) -> Result<u32, NoGroup> {
    // Without that file there are no names.
    find(name, &fs::read_to_string("/etc/group").unwrap_or_default())
}

fn find(name: &str, groups: &str) -> Result<u32, NoGroup> {
    let named = groups.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        Some((name, fields.nth(1)?.parse::<u32>().ok()?))
    });
    let named: Vec<(&str, u32)> = named.collect();
    let by_name = named.iter().find(|(known, _)| *known == name);
    let found = by_name
        .map(|(_, group)| *group)
        .or_else(|| name.parse().ok());
    found.ok_or_else(|| NoGroup {
        name: name.to_owned(),
        near: nearest(name, named.iter().map(|(known, _)| (*known).to_owned())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_name_by_number_and_what_was_meant() {
        let groups = "root:x:0:\nforensics:x:1007:alice\nbroken\n42:x:7:\n";
        let check = |name, expected: Result<u32, &str>| {
            let found = find(name, groups).map_err(|error| error.to_string());
            match (&found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(*found, expected),
                (Err(error), Err(words)) => assert!(error.contains(words), "{error}"),
                _ => panic!("{name}: {found:?}"),
            }
        };
        check("forensics", Ok(1007));
        check("1234", Ok(1234));
        check("42", Ok(7));
        check("forensic", Err("`forensics`"));
        check("nobody-of-here", Err("by its number"));
        check("", Err("no group"));
    }
}

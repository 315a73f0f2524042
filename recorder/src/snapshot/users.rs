//! Users and groups of the host, from `/etc/passwd` and `/etc/group`.
//!
//! A line in, a row out; directory services are not asked.

use falco_abi::events::{state_group, state_user};

use super::row::{Row, Subject};

/// The row of a line of `passwd`.
pub(super) fn user(line: &str, time: u64) -> Option<Row> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, uid, gid, _, home, shell] = fields.as_slice() else {
        return None;
    };
    let (uid, gid) = (uid.parse::<u64>().ok()?, gid.parse::<u64>().ok()?);
    let mut row = Row::new(state_user::EVENT, Subject::default(), time);
    row.uint(state_user::uid, uid)
        .uint(state_user::gid, gid)
        .text(state_user::name, name)
        .text(state_user::home, home)
        .text(state_user::shell, shell)
        .text(state_user::container_id, "");
    Some(row)
}

/// The row of a line of `group`.
pub(super) fn group(line: &str, time: u64) -> Option<Row> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, gid, _] = fields.as_slice() else {
        return None;
    };
    let gid = gid.parse::<u64>().ok()?;
    let mut row = Row::new(state_group::EVENT, Subject::default(), time);
    row.uint(state_group::gid, gid)
        .text(state_group::name, name)
        .text(state_group::container_id, "");
    Some(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_rows_and_odd_ones_do_not() {
        let row = user("games:x:5:60:games:/usr/games:/usr/sbin/nologin", 3).expect("a user");
        assert_eq!(row.values[state_user::uid].bytes, [5, 0, 0, 0]);
        assert_eq!(row.values[state_user::home].bytes, b"/usr/games");
        let row = group("adm:x:4:syslog,me", 3).expect("a group");
        assert_eq!(row.values[state_group::name].bytes, b"adm");
        for line in ["", "+::::::", "a:x:b:1:::", "a:x:1"] {
            assert_eq!(user(line, 0), None);
        }
        assert_eq!(group("+", 0), None);
    }
}

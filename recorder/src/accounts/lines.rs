//! Users and groups, from the lines of `/etc/passwd` and `/etc/group`.
//!
//! A line in, a row out; directory services are not asked.

use falco_abi::EventId;
use falco_abi::events::{state_group, state_user};

use crate::row::{Row, Subject};

/// The row of a line of the host's `passwd`.
pub(crate) fn user(line: &str, time: u64) -> Option<Row> {
    user_row(state_user::EVENT, line, time, "")
}

/// The row of a line of the host's `group`.
pub(crate) fn group(line: &str, time: u64) -> Option<Row> {
    group_row(state_group::EVENT, line, time, "")
}

/// The row of a line of a container's `passwd`; those of events and of STATE have the same parameters.
pub(crate) fn user_row(event: EventId, line: &str, time: u64, container: &str) -> Option<Row> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, uid, gid, _, home, shell] = fields.as_slice() else {
        return None;
    };
    let (uid, gid) = (uid.parse::<u64>().ok()?, gid.parse::<u64>().ok()?);
    let mut row = Row::new(event, Subject::default(), time);
    row.uint(state_user::uid, uid)
        .uint(state_user::gid, gid)
        .text(state_user::name, name)
        .text(state_user::home, home)
        .text(state_user::shell, shell)
        .text(state_user::container_id, container);
    Some(row)
}

/// The row of a line of a container's `group`.
pub(crate) fn group_row(event: EventId, line: &str, time: u64, container: &str) -> Option<Row> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, gid, _] = fields.as_slice() else {
        return None;
    };
    let gid = gid.parse::<u64>().ok()?;
    let mut row = Row::new(event, Subject::default(), time);
    row.uint(state_group::gid, gid)
        .text(state_group::name, name)
        .text(state_group::container_id, container);
    Some(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_and_rows_of_state_have_the_same_parameters() {
        let names = |event| -> Vec<&str> {
            let params = falco_abi::event(event).expect("in the table").params;
            params.iter().map(|param| param.name).collect()
        };
        use falco_abi::events::{groupadded, useradded};
        assert_eq!(names(state_user::EVENT), names(useradded::EVENT));
        assert_eq!(names(state_group::EVENT), names(groupadded::EVENT));
    }

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

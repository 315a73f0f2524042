//! Users and groups, of the host and of containers.

use std::collections::HashMap;

use super::row::Text;

/// A user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// Name.
    pub name: Text,
    /// Home directory.
    pub home: Text,
    /// Shell.
    pub shell: Text,
}

/// Accounts by container (empty for the host) and id.
#[derive(Clone, Debug, Default)]
pub(super) struct Accounts {
    users: HashMap<(Text, u32), User>,
    groups: HashMap<(Text, u32), Text>,
}

/// The container's key: the host has several spellings.
fn key(container: Option<&[u8]>, id: u32) -> (Text, u32) {
    let container = container.unwrap_or(b"");
    let container = if container == b"host" { b"" } else { container };
    (container.into(), id)
}

impl Accounts {
    pub(super) fn user(&self, container: Option<&[u8]>, uid: u32) -> Option<&User> {
        self.users.get(&key(container, uid))
    }

    pub(super) fn group(&self, container: Option<&[u8]>, gid: u32) -> Option<&Text> {
        self.groups.get(&key(container, gid))
    }

    /// Adds or replaces a user. False if there is no room.
    pub(super) fn set_user(
        &mut self,
        container: Option<&[u8]>,
        uid: u32,
        user: User,
        limit: usize,
    ) -> bool {
        set(&mut self.users, key(container, uid), user, limit)
    }

    /// Adds or replaces a group. False if there is no room.
    pub(super) fn set_group(
        &mut self,
        container: Option<&[u8]>,
        gid: u32,
        name: Text,
        limit: usize,
    ) -> bool {
        set(&mut self.groups, key(container, gid), name, limit)
    }
}

fn set<V>(map: &mut HashMap<(Text, u32), V>, key: (Text, u32), value: V, limit: usize) -> bool {
    let has_room = map.len() < limit || map.contains_key(&key);
    if has_room {
        map.insert(key, value);
    }
    has_room
}

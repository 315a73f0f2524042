//! Users and groups, of the host and of containers.

use hashbrown::HashMap;

use super::text::Text;

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

/// Accounts by id and container (empty for the host).
#[derive(Clone, Debug, Default)]
pub(in crate::state) struct Accounts {
    users: ById<User>,
    groups: ById<Text>,
    /// How often one was added, replaced or removed.
    changes: u64,
}

/// Values by id; few containers share one.
#[derive(Clone, Debug)]
struct ById<V> {
    values: HashMap<u32, Vec<(Text, V)>>,
    count: usize,
}

impl<V> Default for ById<V> {
    fn default() -> Self {
        ById {
            values: HashMap::new(),
            count: 0,
        }
    }
}

/// The container's key: the host has several spellings.
fn key(container: Option<&[u8]>) -> &[u8] {
    match container {
        None | Some(b"host") => b"",
        Some(container) => container,
    }
}

impl<V> ById<V> {
    fn get(&self, container: Option<&[u8]>, id: u32) -> Option<&V> {
        let container = key(container);
        let of_id = self.values.get(&id)?.iter();
        let mut found = of_id.filter(|(owner, _)| **owner == *container);
        found.next().map(|(_, value)| value)
    }

    /// Adds or replaces a value. False if there is no room.
    fn set(&mut self, container: Option<&[u8]>, id: u32, value: V, limit: usize) -> bool {
        let container = key(container);
        let has_room = self.count < limit;
        let of_id = self.values.get_mut(&id);
        let known = of_id.and_then(|values| {
            let mut values = values.iter_mut();
            values.find(|(owner, _)| **owner == *container)
        });
        match known {
            Some((_, known)) => *known = value,
            None if !has_room => return false,
            None => {
                let of_id = self.values.entry(id).or_default();
                of_id.push((container.into(), value));
                self.count += 1;
            }
        }
        true
    }

    /// Every value with its container and id, in their order.
    fn all(&self) -> Vec<(&[u8], u32, &V)> {
        let of_id = self.values.iter();
        let mut all: Vec<(&[u8], u32, &V)> = of_id
            .flat_map(|(id, values)| values.iter().map(|(owner, value)| (&owner[..], *id, value)))
            .collect();
        all.sort_unstable_by_key(|(owner, id, _)| (*owner, *id));
        all
    }

    fn remove(&mut self, container: Option<&[u8]>, id: u32) {
        let container = key(container);
        let Some(of_id) = self.values.get_mut(&id) else {
            return;
        };
        let before = of_id.len();
        of_id.retain(|(owner, _)| **owner != *container);
        self.count -= before - of_id.len();
        if of_id.is_empty() {
            self.values.remove(&id);
        }
    }
}

impl Accounts {
    /// Another number whenever a user or group may be another.
    pub(in crate::state) fn changes(&self) -> u64 {
        self.changes
    }

    pub(in crate::state) fn user(&self, container: Option<&[u8]>, uid: u32) -> Option<&User> {
        self.users.get(container, uid)
    }

    pub(in crate::state) fn users(&self) -> Vec<(&[u8], u32, &User)> {
        self.users.all()
    }

    pub(in crate::state) fn group(&self, container: Option<&[u8]>, gid: u32) -> Option<&Text> {
        self.groups.get(container, gid)
    }

    pub(in crate::state) fn remove_user(&mut self, container: Option<&[u8]>, uid: u32) {
        self.changes += 1;
        self.users.remove(container, uid);
    }

    pub(in crate::state) fn remove_group(&mut self, container: Option<&[u8]>, gid: u32) {
        self.changes += 1;
        self.groups.remove(container, gid);
    }

    /// Adds or replaces a user. False if there is no room.
    pub(in crate::state) fn set_user(
        &mut self,
        container: Option<&[u8]>,
        uid: u32,
        user: User,
        limit: usize,
    ) -> bool {
        self.changes += 1;
        self.users.set(container, uid, user, limit)
    }

    /// Adds or replaces a group. False if there is no room.
    pub(in crate::state) fn set_group(
        &mut self,
        container: Option<&[u8]>,
        gid: u32,
        name: Text,
        limit: usize,
    ) -> bool {
        self.changes += 1;
        self.groups.set(container, gid, name, limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_an_owner_in_each_container() {
        const LIMIT: usize = 2;
        let mut accounts = Accounts::default();
        let name = |name: &str| Text::from(name.as_bytes());
        assert!(accounts.set_group(None, 5, name("of the host"), LIMIT));
        assert!(accounts.set_group(Some(b"c1"), 5, name("of the container"), LIMIT));
        assert!(!accounts.set_group(Some(b"c2"), 5, name("too many"), LIMIT));
        assert!(accounts.set_group(Some(b"host"), 5, name("renamed"), LIMIT));
        assert_eq!(accounts.group(None, 5), Some(&name("renamed")));
        assert_eq!(
            accounts.group(Some(b"c1"), 5),
            Some(&name("of the container"))
        );
        accounts.remove_group(Some(b"c1"), 5);
        accounts.remove_group(Some(b"c1"), 6);
        assert_eq!(accounts.group(Some(b"c1"), 5), None);
        assert!(accounts.set_group(Some(b"c2"), 5, name("fits now"), LIMIT));
    }
}

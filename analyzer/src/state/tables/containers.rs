//! Containers: what runtimes said of each, in the healing mode with what they will say.
//!
//! In: rows with what a runtime said. Out: what is known of a container at a position of the stream.

use std::collections::HashMap;
use std::sync::Arc;

use super::container::{Container, parse};
use super::healing::{Healing, LaterContainers};
use super::text::Text;

/// Containers by the id that `container.id` shows.
#[derive(Clone, Debug, Default)]
pub(in crate::state) struct Containers {
    by_id: HashMap<Text, Arc<Container>>,
    /// Whom the last row told of.
    last: Option<Text>,
    /// What is to come, in the healing mode.
    healing: Option<Healing>,
    /// How often something was said.
    changes: u64,
}

impl Containers {
    /// What is known of a container; in the healing mode with what will be.
    pub(in crate::state) fn get(&self, id: &[u8]) -> Option<&Container> {
        let healed = self.healing.as_ref().and_then(|healing| healing.get(id));
        healed.or_else(|| self.as_recorded(id))
    }

    /// Every container of which something was said, in the order of ids; in the healing mode with what will be.
    pub(in crate::state) fn all(&self) -> Vec<&Container> {
        let mut ids: Vec<&Text> = self.by_id.keys().collect();
        ids.sort_unstable();
        ids.into_iter().filter_map(|id| self.get(id)).collect()
    }

    /// What was known of a container at this position of the stream.
    pub(in crate::state) fn as_recorded(&self, id: &[u8]) -> Option<&Container> {
        self.by_id.get(id).map(Arc::as_ref)
    }

    /// Another number whenever something else may be known of a container.
    pub(in crate::state) fn changes(&self) -> u64 {
        self.changes
    }

    /// Heals from now on.
    pub(in crate::state) fn heal(&mut self, later: Arc<LaterContainers>) {
        self.changes += 1;
        self.healing = Some(Healing::new(later));
    }

    /// Whether this is the healing mode.
    pub(in crate::state) fn heals(&self) -> bool {
        self.healing.is_some()
    }

    /// The container that the last row told of.
    pub(in crate::state) fn last(&self) -> Option<&Container> {
        self.get(self.last.as_ref()?)
    }

    /// Takes what a runtime said. False if it cannot be kept.
    pub(in crate::state) fn observe(&mut self, json: &[u8], limit: usize) -> bool {
        self.last = None;
        self.changes += 1;
        let Some((id, container)) = parse(json) else {
            return false;
        };
        let has_room = self.by_id.len() < limit || self.by_id.contains_key(&id);
        if has_room {
            self.last = Some(id.clone());
            let container = Arc::new(container);
            if let Some(healing) = &mut self.healing {
                healing.observe(&id, &container);
            }
            self.by_id.insert(id, container);
        }
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plugins_object_is_read() {
        let json = br#"{"container":{"id":"9dbcbd0c435f","type":7,"name":"web","image":"nginx:latest",
            "imagerepo":"nginx","imagetag":"latest","privileged":true,
            "Mounts":[{"Source":"/etc","Destination":"/host/etc","Mode":"ro","RW":false,"Propagation":"rprivate"}],
            "labels":{"b":"2","a":"1","n":3}}}"#;
        let mut containers = Containers::default();
        assert!(containers.observe(json, 1));
        let web = containers.get(b"9dbcbd0c435f").expect("known");
        assert_eq!(containers.last(), Some(web));
        assert_eq!(web.reference.runtime, "containerd");
        assert_eq!(web.said.image_repository.as_deref(), Some("nginx"));
        assert_eq!(web.said.privileged, Some(true));
        let mounts = web.said.mounts.as_ref().expect("mounts");
        assert_eq!(mounts[0].destination, "/host/etc");
        assert_eq!(
            (web.said.label("b"), web.said.label("n")),
            (Some("2"), None)
        );
    }

    #[test]
    fn what_is_no_container_is_refused() {
        let mut containers = Containers::default();
        for json in [
            &b"not json"[..],
            b"{}",
            b"[1]",
            b"\0",
            b"{\"container\":{\"id\":4}}",
        ] {
            assert!(!containers.observe(json, 8));
            assert_eq!(containers.last(), None);
        }
        assert!(containers.observe(b"{\"id\":\"a\"}", 1));
        assert!(!containers.observe(b"{\"id\":\"b\"}", 1), "no room");
        assert!(containers.observe(b"{\"id\":\"c\"}\0", 2), "with its NUL");
    }
}

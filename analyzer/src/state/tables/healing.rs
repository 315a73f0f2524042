//! Healing: what a runtime says of a container later completes what was known of it earlier.
//!
//! An explicit mode: a first reading collects what runtimes will say, in the order in which they say it; the second asks for it where nothing was said yet.
//! What a capture knew at the time stays apart from what it only knew later, so that each can be asked for.
//! It owns what is still to come and what was completed with it; what is known lies with the containers.

use std::collections::HashMap;
use std::sync::Arc;

use falco_abi::events;
use falco_format::{Dialect, EventView};

use super::container::{self, Container};
use super::text::Text;
use crate::state::row::Row;

/// What runtimes say of containers in one capture of one boot, by id, in the order of the stream.
#[derive(Clone, Debug, Default)]
pub struct LaterContainers {
    by_id: HashMap<Text, Vec<Arc<Container>>>,
    count: usize,
}

impl LaterContainers {
    /// Adds what is said next, unless it only repeats what was said before. `limit` bounds how much is kept.
    pub fn add(&mut self, id: Text, container: Container, limit: usize) {
        let said = self.by_id.entry(id).or_default();
        let repeats = said.last().is_some_and(|last| **last == container);
        if !repeats && self.count < limit {
            said.push(Arc::new(container));
            self.count += 1;
        }
    }
}

/// What a row says of a container, if it is about one. Nothing is applied.
pub fn container_in(view: &EventView<'_>, dialect: Dialect) -> Option<(Text, Container)> {
    let row = Row::new(*view, dialect);
    let json = match row.event() {
        events::container::EVENT => row.bytes(events::container::json),
        events::state_container::EVENT => row.bytes(events::state_container::json),
        _ => None,
    };
    container::parse(json?)
}

/// What is still to come, and what it completes. What is said in all is shared by all copies of a state.
#[derive(Clone, Debug, Default)]
pub(in crate::state) struct Healing {
    later: Arc<LaterContainers>,
    completed: HashMap<Text, Completed>,
}

/// A container of which something was said.
#[derive(Clone, Debug)]
struct Completed {
    /// How much of what is said of it is not to come any more.
    said: usize,
    whole: Arc<Container>,
}

impl Healing {
    pub(in crate::state) fn new(later: Arc<LaterContainers>) -> Healing {
        Healing {
            later,
            completed: HashMap::new(),
        }
    }

    /// What is known of a container with what will be.
    pub(in crate::state) fn get(&self, id: &[u8]) -> Option<&Container> {
        let completed = self.completed.get(id).map(|completed| &completed.whole);
        let first = || self.later.by_id.get(id)?.first();
        completed.or_else(first).map(Arc::as_ref)
    }

    /// Something was said: it is not to come any more, and what comes next completes it.
    pub(in crate::state) fn observe(&mut self, id: &Text, container: &Arc<Container>) {
        let Some(in_all) = self.later.by_id.get(id) else {
            return;
        };
        let before = self.completed.get(id).map_or(0, |completed| completed.said);
        let to_come = in_all.iter().skip(before);
        let said = before + to_come.take_while(|next| *next == container).count();
        let next = in_all.get(said);
        let whole = next.map_or_else(
            || Arc::clone(container),
            |next| Arc::new(complete(container, next)),
        );
        self.completed.insert(id.clone(), Completed { said, whole });
    }
}

/// What was said, with what is missing taken from what is said next. Another container that took the same short id completes nothing.
fn complete(said: &Container, next: &Container) -> Container {
    let (known, next) = (&said.said, &next.said);
    let is_other =
        known.full_id.is_some() && next.full_id.is_some() && known.full_id != next.full_id;
    let mut whole = said.clone();
    if is_other {
        return whole;
    }
    macro_rules! take {
        ($($field:ident),*) => {
            $(whole.said.$field = whole.said.$field.take().or_else(|| next.$field.clone());)*
        };
    }
    take!(
        full_id,
        name,
        image,
        image_id,
        image_repository,
        image_tag,
        image_digest,
        privileged,
        host_pid,
        host_network,
        host_ipc,
        ip,
        cni_json,
        pod_sandbox_id,
        mounts,
        labels,
        pod_sandbox_labels
    );
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use falco_format::container::Metadata;

    fn named(name: &str, image: Option<&str>) -> Container {
        let said = Metadata {
            name: Some(name.to_owned()),
            image: image.map(str::to_owned),
            ..Metadata::default()
        };
        Container {
            said,
            ..Container::default()
        }
    }

    fn name_and_image(healing: &Healing) -> (Option<&str>, Option<&str>) {
        let container = healing.get(b"web").expect("known");
        let said = &container.said;
        (said.name.as_deref(), said.image.as_deref())
    }

    #[test]
    fn what_comes_completes_and_what_came_stays() {
        let id: Text = b"web"[..].into();
        let mut later = LaterContainers::default();
        for (name, image) in [("a", None), ("a", None), ("a", Some("x")), ("b", None)] {
            later.add(id.clone(), named(name, image), 8);
        }
        assert_eq!(later.count, 3, "what repeats is kept once");
        let mut healing = Healing::new(Arc::new(later));
        assert_eq!(name_and_image(&healing), (Some("a"), None));
        healing.observe(&id, &named("a", None).into());
        assert_eq!(name_and_image(&healing), (Some("a"), Some("x")));
        healing.observe(&id, &named("a", Some("x")).into());
        assert_eq!(name_and_image(&healing), (Some("a"), Some("x")));
        healing.observe(&id, &named("b", None).into());
        assert_eq!(name_and_image(&healing), (Some("b"), None));
        assert_eq!(healing.get(b"other"), None);
    }

    #[test]
    fn another_container_of_the_same_name_completes_nothing() {
        let of = |full: &str, image: Option<&str>| {
            let mut container = named("web", image);
            container.said.full_id = Some(full.to_owned());
            container
        };
        let other = complete(&of("1", None), &of("2", Some("x")));
        assert_eq!(other.said.image, None);
        let same = complete(&of("1", None), &of("1", Some("x")));
        assert_eq!(same.said.image.as_deref(), Some("x"));
    }

    #[test]
    fn no_more_is_kept_than_the_limit() {
        let mut later = LaterContainers::default();
        for number in 0..9 {
            later.add(b"web"[..].into(), named(&number.to_string(), None), 4);
        }
        assert_eq!(later.count, 4);
    }
}

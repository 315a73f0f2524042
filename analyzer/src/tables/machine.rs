//! The tables `containers` and `users`: what is known of them where a boot ends.
//!
//! In: the state at the end of a boot, and the moments at which something of a container was seen. Out: rows.

use falco_abi::{EventId, events};
use falco_format::UnixNanos;
use falco_format::container::Metadata;

use super::cells::{Cell, Row};
use super::declare::columns;
use crate::pipeline::{Seen, Standing};
use crate::state::facets::Facets;
use crate::state::{ContainerRef, Text, User};

columns! {
    /// A fact of a container.
    ContainerFact {
        Id: "container_id", Text, "Id of the container, cut to 12 digits.";
        FullId: "container_full_id", Text, "Id of the container in full.";
        Name: "container_name", Text, "Name of the container.";
        Image: "container_image", Text, "Image as it was asked for.";
        ImageId: "container_image_id", Text, "Id of the image.";
        Repository: "container_image_repository", Text, "Repository of the image.";
        Tag: "container_image_tag", Text, "Tag of the image.";
        Digest: "container_image_digest", Text, "Digest of the image in its registry.";
        Runtime: "container_type", Text, "Runtime, by the shape of the cgroup.";
        Privileged: "container_privileged", Bool, "Whether the container is privileged.";
        Ip: "container_ip", Text, "Primary IPv4 address.";
        PodName: "k8s_pod_name", Text, "Name of the pod.";
        NamespaceName: "k8s_ns_name", Text, "Namespace of the pod.";
        FirstSeen: "first_seen", Time, "When something of it was seen first: a process in it, or what its runtime said.";
        LastSeen: "last_seen", Time, "When something of it was seen last.";
        Node: "node", Text, "The node's name.";
        BootId: "boot_id", Text, "The boot that it belongs to; empty for imports that do not tell.";
        Capture: "capture", Text, "The capture, as it was named by who opened it.";
    }
}

columns! {
    /// A fact of a user.
    UserFact {
        Uid: "user_uid", Uint, "User id.";
        Name: "user_name", Text, "Name.";
        Home: "user_homedir", Text, "Home directory.";
        Shell: "user_shell", Text, "Login shell.";
        ContainerId: "container_id", Text, "The container whose user it is, by its id; `host` outside containers.";
        Node: "node", Text, "The node's name.";
        BootId: "boot_id", Text, "The boot that it belongs to; empty for imports that do not tell.";
        Capture: "capture", Text, "The capture, as it was named by who opened it.";
    }
}

/// The columns of `containers`.
pub(super) const CONTAINERS: &[ContainerFact] = &[
    ContainerFact::Id,
    ContainerFact::FullId,
    ContainerFact::Name,
    ContainerFact::Image,
    ContainerFact::ImageId,
    ContainerFact::Repository,
    ContainerFact::Tag,
    ContainerFact::Digest,
    ContainerFact::Runtime,
    ContainerFact::Privileged,
    ContainerFact::Ip,
    ContainerFact::PodName,
    ContainerFact::NamespaceName,
    ContainerFact::FirstSeen,
    ContainerFact::LastSeen,
    ContainerFact::Node,
    ContainerFact::BootId,
    ContainerFact::Capture,
];

/// The columns of `users`.
pub(super) const USERS: &[UserFact] = &[
    UserFact::Uid,
    UserFact::Name,
    UserFact::Home,
    UserFact::Shell,
    UserFact::ContainerId,
    UserFact::Node,
    UserFact::BootId,
    UserFact::Capture,
];

/// What the rows are made of.
pub(super) const FACETS: Facets = Facets::ANCESTRY
    .and(Facets::ACCOUNTS)
    .and(Facets::CGROUPS)
    .and(Facets::CONTAINERS);

/// The events at which something of a container is seen.
pub(super) const EVENTS: [EventId; 10] = [
    events::container::EVENT,
    events::procfork::EVENT,
    events::execve::EVENT,
    events::execveat::EVENT,
    events::procexit::EVENT,
    events::clone::EVENT,
    events::clone3::EVENT,
    events::fork::EVENT,
    events::vfork::EVENT,
    events::cgroup_attach_task::EVENT,
];

/// Something of a container was seen, or is known at the end.
pub(super) struct Sighting {
    /// The id as `container.id` shows it.
    pub(super) id: Text,
    /// When.
    pub(super) time: UnixNanos,
    /// The row without times, where the end is reached.
    pub(super) row: Option<Row>,
}

/// Makes rows of containers.
pub(super) struct Containers {
    pub(super) columns: Vec<ContainerFact>,
    pub(super) capture: Box<str>,
}

impl Containers {
    /// Whose event it is, or of whom it tells.
    pub(super) fn seen(&self, seen: &Seen<'_>) -> Option<Sighting> {
        let state = seen.state();
        let row = state.row(seen.view);
        let id = if row.event() == events::container::EVENT {
            &state.last_container()?.reference.id
        } else {
            &state.thread_of(row)?.cgroups.container()?.id
        };
        Some(Sighting {
            id: Text::clone(id),
            time: seen.time,
            row: None,
        })
    }

    /// All that are known at the end of a boot: those that a runtime told of, and those of processes that live; in the order of ids.
    pub(super) fn known(&self, standing: &Standing<'_>) -> Vec<Sighting> {
        let state = standing.state();
        let last = standing.last_time();
        let mut known: Vec<Sighting> = state
            .containers()
            .into_iter()
            .map(|container| Sighting {
                id: Text::clone(&container.reference.id),
                time: UnixNanos::default(),
                row: Some(self.row(standing, &container.reference, Some(&container.said))),
            })
            .collect();
        let living = super::lives::processes(state).into_iter();
        let mut alive: Vec<&ContainerRef> = living
            .filter_map(|thread| thread.cgroups.container())
            .collect();
        alive.sort_by(|one, other| one.id.cmp(&other.id));
        alive.dedup_by(|one, other| one.id == other.id);
        known.extend(alive.into_iter().map(|reference| {
            Sighting {
                id: Text::clone(&reference.id),
                time: last,
                row: state
                    .container(&reference.id)
                    .is_none()
                    .then(|| self.row(standing, reference, None)),
            }
        }));
        known
    }

    /// A row of which only the id is known.
    pub(super) fn bare(&self, standing: &Origin, id: &Text) -> Row {
        let cell = |fact: &ContainerFact| match fact {
            ContainerFact::Id => Cell::text(id),
            ContainerFact::Node => Cell::Text(standing.node.clone()),
            ContainerFact::BootId => Cell::Text(standing.boot_id.clone()),
            ContainerFact::Capture => Cell::Text(self.capture.clone()),
            _ => Cell::Null,
        };
        self.columns.iter().map(cell).collect()
    }

    /// Sets the times of a row.
    pub(super) fn set_times(&self, row: &mut Row, (first, last): (UnixNanos, UnixNanos)) {
        for (cell, fact) in row.iter_mut().zip(&self.columns) {
            match fact {
                ContainerFact::FirstSeen => *cell = Cell::time(first),
                ContainerFact::LastSeen => *cell = Cell::time(last),
                _ => {}
            }
        }
    }

    fn row(&self, standing: &Standing<'_>, of: &ContainerRef, said: Option<&Metadata>) -> Row {
        let origin = Origin::of(standing);
        let said = |fact: fn(&Metadata) -> Option<&str>| Cell::word(said.and_then(fact));
        let privileged = || {
            let container = standing.state().container(&of.id);
            container.and_then(|container| container.said.privileged)
        };
        let cell = |fact: &ContainerFact| match fact {
            ContainerFact::Id => Cell::text(&of.id),
            ContainerFact::FullId => Cell::text(&of.full_id),
            ContainerFact::Name => said(|said| said.name.as_deref()),
            ContainerFact::Image => said(|said| said.image.as_deref()),
            ContainerFact::ImageId => said(|said| said.image_id.as_deref()),
            ContainerFact::Repository => said(|said| said.image_repository.as_deref()),
            ContainerFact::Tag => said(|said| said.image_tag.as_deref()),
            ContainerFact::Digest => said(|said| said.image_digest.as_deref()),
            ContainerFact::Runtime => Cell::word(Some(of.runtime)),
            ContainerFact::Privileged => privileged().map_or(Cell::Null, Cell::Bool),
            ContainerFact::Ip => said(|said| said.ip.as_deref()),
            ContainerFact::PodName => said(Metadata::pod_name),
            ContainerFact::NamespaceName => said(Metadata::pod_namespace),
            ContainerFact::FirstSeen | ContainerFact::LastSeen => Cell::Null,
            ContainerFact::Node => Cell::Text(origin.node.clone()),
            ContainerFact::BootId => Cell::Text(origin.boot_id.clone()),
            ContainerFact::Capture => Cell::Text(self.capture.clone()),
        };
        self.columns.iter().map(cell).collect()
    }
}

/// The node and boot, as cells have them.
#[derive(Clone, Default)]
pub(super) struct Origin {
    pub(super) node: Box<str>,
    pub(super) boot_id: Box<str>,
}

impl Origin {
    /// Where the stream stands.
    pub(super) fn of(standing: &Standing<'_>) -> Origin {
        let boot_id = standing.origin.boot_id;
        Origin {
            node: standing.origin.node.as_str().into(),
            boot_id: boot_id.map_or_else(String::new, |id| id.to_string()).into(),
        }
    }
}

/// Makes rows of users.
pub(super) struct Users {
    pub(super) columns: Vec<UserFact>,
    pub(super) capture: Box<str>,
}

impl Users {
    /// All that are known at the end of a boot, those of the host first, in the order of containers and ids.
    pub(super) fn known(&self, standing: &Standing<'_>) -> Vec<Row> {
        let origin = Origin::of(standing);
        let users = standing.state().users().into_iter();
        users
            .map(|(container, uid, user)| self.row(&origin, (container, uid), user))
            .collect()
    }

    fn row(&self, origin: &Origin, (container, uid): (&[u8], u32), user: &User) -> Row {
        let cell = |fact: &UserFact| match fact {
            UserFact::Uid => Cell::uint(Some(uid)),
            UserFact::Name => Cell::text(&user.name),
            UserFact::Home => Cell::text(&user.home),
            UserFact::Shell => Cell::text(&user.shell),
            UserFact::ContainerId => match container {
                b"" => Cell::word(Some("host")),
                id => Cell::text(id),
            },
            UserFact::Node => Cell::Text(origin.node.clone()),
            UserFact::BootId => Cell::Text(origin.boot_id.clone()),
            UserFact::Capture => Cell::Text(self.capture.clone()),
        };
        self.columns.iter().map(cell).collect()
    }
}

//! The machine at a moment: its containers, mounts and users.
//!
//! In: a past. Out: what is known of each, and how many processes were of it. Which of them lived is told by processes; what they are called, by runtimes and account files.

use std::collections::BTreeMap;

use falco_format::UnixNanos;
use falco_format::container::Metadata;

use super::{Past, Process};
use crate::state::{ContainerRef, Mount, User};

/// A container.
#[derive(Clone)]
pub struct ContainerThen<'s> {
    /// Its ids, and its runtime by the shape of its cgroup.
    pub reference: &'s ContainerRef,
    /// What its runtime said of it; none where nobody asked or answered.
    pub said: Option<&'s Metadata>,
    /// How many of its processes lived.
    pub processes: u64,
    /// When the first of those began.
    pub since: Option<UnixNanos>,
}

/// The mounts of a mount namespace.
#[derive(Clone)]
pub struct MountsThen<'s> {
    /// The namespace's inode.
    pub namespace: u64,
    /// Its mounts, in the order in which they were mounted; none where the namespace is not known.
    pub mounts: Option<&'s [Mount]>,
    /// Who is in it, in the order of numbers.
    pub processes: Vec<Process<'s>>,
}

/// A user.
#[derive(Clone)]
pub struct UserThen<'s> {
    /// The container whose user it is; empty on the host.
    pub container: &'s [u8],
    /// Its number.
    pub uid: u32,
    /// What is known of it; nothing where only its processes tell of it.
    pub user: Option<&'s User>,
    /// How many processes acted for it.
    pub processes: u64,
}

impl Past {
    /// The containers: those that processes were in, and those of which a runtime told; in the order of ids.
    #[must_use]
    pub fn containers(&self) -> Vec<ContainerThen<'_>> {
        let mut all: BTreeMap<&[u8], ContainerThen<'_>> = BTreeMap::new();
        for container in self.state().containers() {
            let told = ContainerThen {
                reference: &container.reference,
                said: Some(&container.said),
                processes: 0,
                since: None,
            };
            all.insert(&container.reference.id, told);
        }
        for process in self.processes() {
            let Some(reference) = process.container_ref() else {
                continue;
            };
            let entry = all.entry(&reference.id).or_insert(ContainerThen {
                reference,
                said: process.said(),
                processes: 0,
                since: None,
            });
            entry.processes = entry.processes.saturating_add(1);
            let start = process.start();
            entry.since = [entry.since, start].into_iter().flatten().min();
        }
        all.into_values().collect()
    }

    /// The mounts of every namespace that a process was in, the one with most of them first.
    #[must_use]
    pub fn mounts(&self) -> Vec<MountsThen<'_>> {
        let mut all: BTreeMap<u64, MountsThen<'_>> = BTreeMap::new();
        for process in self.processes() {
            let Some(namespace) = process.mount_namespace() else {
                continue;
            };
            let entry = all.entry(namespace).or_insert_with(|| MountsThen {
                namespace,
                mounts: self.state().mounts_of(namespace),
                processes: Vec::new(),
            });
            entry.processes.push(process);
        }
        let mut all: Vec<_> = all.into_values().collect();
        all.sort_by_key(|mounts| std::cmp::Reverse(mounts.processes.len()));
        all
    }

    /// The users that account files tell of, and those for whom processes acted; those of the host first.
    #[must_use]
    pub fn users(&self) -> Vec<UserThen<'_>> {
        let mut all: BTreeMap<(&[u8], u32), UserThen<'_>> = BTreeMap::new();
        for (container, uid, user) in self.state().users() {
            let told = UserThen {
                container,
                uid,
                user: Some(user),
                processes: 0,
            };
            all.insert((container, uid), told);
        }
        for process in self.processes() {
            let Some(uid) = process.uid() else {
                continue;
            };
            let container = process.container_ref();
            let container = container.map_or(&b""[..], |container| &container.id[..]);
            let entry = all.entry((container, uid)).or_insert(UserThen {
                container,
                uid,
                user: None,
                processes: 0,
            });
            entry.processes = entry.processes.saturating_add(1);
        }
        all.into_values().collect()
    }
}

//! Containers: where they are, and what their runtime says.

use super::random::Random;

/// A container, or the host.
#[derive(Debug)]
pub(super) struct Container {
    pub(super) cgroup: String,
    /// What its runtime says; empty for the host.
    pub(super) json: String,
    pub(super) address: [u8; 4],
    /// Its mount, pid and network namespaces.
    pub(super) namespaces: [u64; 3],
    pub(super) init_start: u64,
}

impl Container {
    pub(super) fn host() -> Self {
        Container {
            cgroup: "/system.slice".to_owned(),
            json: String::new(),
            address: [10, 0, 0, 17],
            namespaces: [4_026_531_841, 4_026_531_836, 4_026_531_840],
            init_start: 0,
        }
    }

    pub(super) fn new(image: &str, number: u64, random: &mut Random, start: u64) -> Self {
        let id: String = (0..4).map(|_| format!("{:016x}", random.next())).collect();
        let short = &id[..12];
        let (repository, tag) = image.split_once(':').unwrap_or((image, "latest"));
        let name = repository.rsplit('/').next().unwrap_or(repository);
        let address = [10, 88, (number >> 8) as u8, number as u8];
        let [a, b, c, d] = address;
        Container {
            cgroup: format!("/system.slice/docker-{id}.scope"),
            json: format!(
                r#"{{"container":{{"type":0,"id":"{short}","full_id":"{id}","said_by":"docker","name":"{name}-{number}","image":"{image}","imagerepo":"{repository}","imagetag":"{tag}","privileged":false,"host_pid":false,"host_network":false,"host_ipc":false,"ip":"{a}.{b}.{c}.{d}","is_pod_sandbox":false,"labels":{{"app":"{name}"}}}}}}"#
            ),
            address,
            namespaces: [
                4_026_600_000 + number * 4,
                4_026_600_001 + number * 4,
                4_026_600_002 + number * 4,
            ],
            init_start: start,
        }
    }

    pub(super) fn is_host(&self) -> bool {
        self.json.is_empty()
    }
}

//! How much is kept of what is known of a container.
//!
//! In: the facts that a runtime or the disk told. Out: their JSON, of a limited size.
//! Owns the limits, so that a runtime, or whoever names things in it, cannot make an event of any size.
//! The shape of the JSON is `falco_format::container`'s. Environments and commands are not taken.

use falco_format::container::{Labels, Metadata, Mount};

/// The longest JSON of a container, in bytes. Events that the probe makes are a quarter of it.
pub const JSON_MAX: usize = 64 << 10;
/// The longest name, path or image, in bytes of JSON: the kernel's longest path. Fourteen such texts, which are never left out, are shorter than [`JSON_MAX`].
const TEXT_MAX: usize = 4096;
/// The longest value of a label, in bytes: Falco's default. A longer label is left out, as Falco does.
const LABEL_VALUE_MAX: usize = 100;
/// The longest name of a label, in bytes: Kubernetes allows a prefix of 253 and a name of 63.
const LABEL_NAME_MAX: usize = 317;
/// How many labels are kept, beside those of [`POD_LABELS`].
const LABELS_MAX: usize = 256;
/// The labels that say which pod a container belongs to.
/// They stay whatever else is left out: else whoever may label a pod could hide its namespace behind other labels. A pod's name may be longer than a label's value.
const POD_LABELS: [&str; 4] = [
    "io.kubernetes.pod.name",
    "io.kubernetes.pod.namespace",
    "io.kubernetes.pod.uid",
    "io.kubernetes.sandbox.id",
];
/// How many mounts are kept.
const MOUNTS_MAX: usize = 256;
/// The longest result of a network plugin, in bytes: Falco's limit.
pub(super) const CNI_MAX: usize = 4096;

/// The mounts that are kept of a list, and one more where there were more, so that it is seen.
/// Limited while they are made: a list of a megabyte whose every entry takes over a long text would be made into gigabytes.
pub(super) fn mounts<T>(
    list: impl IntoIterator<Item = T>,
    mount: impl Fn(T) -> Mount,
) -> Vec<Mount> {
    let list = list.into_iter().take(MOUNTS_MAX + 1);
    list.map(mount).collect()
}

/// The JSON, never longer than [`JSON_MAX`]: what does not fit is left out, the largest parts first.
pub(super) fn to_json(metadata: &Metadata) -> String {
    let mut kept = metadata.clone();
    limit(&mut kept);
    let leave_out: [fn(&mut Metadata); 4] = [
        |kept| kept.cni_json = None,
        |kept| kept.pod_sandbox_labels = None,
        |kept| leave_pod_labels(&mut kept.labels),
        |kept| kept.mounts = None,
    ];
    for step in leave_out {
        let json = kept.to_json();
        if json.len() <= JSON_MAX {
            return json;
        }
        kept.is_truncated = true;
        step(&mut kept);
    }
    kept.to_json()
}

fn limit(kept: &mut Metadata) {
    let mut is_cut = false;
    for text in [
        &mut kept.full_id,
        &mut kept.name,
        &mut kept.image,
        &mut kept.image_id,
        &mut kept.image_repository,
        &mut kept.image_tag,
        &mut kept.image_digest,
        &mut kept.ip,
        &mut kept.pod_sandbox_id,
    ] {
        is_cut |= text.as_mut().is_some_and(cut);
    }
    is_cut |= cut(&mut kept.id);
    for labels in [&mut kept.labels, &mut kept.pod_sandbox_labels] {
        is_cut |= labels.as_mut().is_some_and(limit_labels);
    }
    if let Some(mounts) = &mut kept.mounts {
        is_cut |= mounts.len() > MOUNTS_MAX;
        mounts.truncate(MOUNTS_MAX);
        for mount in mounts {
            is_cut |= cut(&mut mount.source) | cut(&mut mount.destination);
            is_cut |= cut(&mut mount.mode) | cut(&mut mount.propagation);
        }
    }
    kept.is_truncated |= is_cut;
}

/// Cuts a text where its JSON would be longer than the limit, between characters. Returns whether it did.
pub(super) fn cut(text: &mut String) -> bool {
    let mut length = 0;
    let beyond = text.char_indices().find(|(_, character)| {
        length += json_length(*character);
        length > TEXT_MAX
    });
    let Some((at, _)) = beyond else {
        return false;
    };
    text.truncate(at);
    true
}

/// How many bytes of JSON a character takes, at most: six where it is a control character.
fn json_length(character: char) -> usize {
    match character {
        '"' | '\\' => 2,
        '\0'..='\u{1f}' => 6,
        _ => character.len_utf8(),
    }
}

fn is_of_pod(label: &str) -> bool {
    POD_LABELS.contains(&label)
}

/// Leaves nothing of labels but those that say which pod it is.
fn leave_pod_labels(labels: &mut Option<Labels>) {
    if let Some(labels) = labels {
        labels.retain(|name, _| is_of_pod(name));
    }
}

/// Leaves out labels that are too long or too many. Only too many count as a loss: too long ones Falco has not either.
fn limit_labels(labels: &mut Labels) -> bool {
    let mut others = 0;
    let mut is_cut = false;
    labels.retain(|name, value| {
        if is_of_pod(name) {
            is_cut |= cut(value);
            return true;
        }
        if name.len() > LABEL_NAME_MAX || value.len() > LABEL_VALUE_MAX {
            return false;
        }
        others += 1;
        is_cut |= others > LABELS_MAX;
        others <= LABELS_MAX
    });
    is_cut
}

/// Repository and tag of an image's name. A colon before the last slash belongs to a port; a name by digest has no tag.
pub(super) fn repository_and_tag(image: &str) -> (String, String) {
    let (name, has_digest) = match image.split_once('@') {
        Some((name, _)) => (name, true),
        None => (image, false),
    };
    let last = name.rfind('/').map_or(0, |at| at + 1);
    let colon = name
        .get(last..)
        .and_then(|last_part| last_part.rfind(':'))
        .map(|at| at + last);
    let (repository, tag) = match colon.and_then(|at| name.split_at_checked(at)) {
        Some((repository, tag)) => (repository, tag.trim_start_matches(':')),
        None => (name, ""),
    };
    let tag = if has_digest { "" } else { tag };
    (repository.to_owned(), tag.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn images() {
        let check = |image, repository: &str, tag: &str| {
            assert_eq!(
                repository_and_tag(image),
                (repository.to_owned(), tag.to_owned()),
                "{image}"
            );
        };
        check("nginx", "nginx", "");
        check("nginx:1.25", "nginx", "1.25");
        check(
            "docker.io/library/nginx:latest",
            "docker.io/library/nginx",
            "latest",
        );
        check("example.org:5000/a/b", "example.org:5000/a/b", "");
        check("example.org:5000/a/b:v1", "example.org:5000/a/b", "v1");
        check("a/b:v1@sha256:00", "a/b", "");
        check("", "", "");
    }

    #[test]
    fn nothing_makes_it_larger_than_its_limit() {
        let long = "x".repeat(TEXT_MAX * 2);
        let labels = |count: usize| {
            (0..count)
                .map(|number| (format!("{number:0>300}"), "\u{1}".repeat(LABEL_VALUE_MAX)))
                .collect::<Labels>()
        };
        let mount = Mount {
            source: long.clone(),
            destination: long.clone(),
            ..Mount::default()
        };
        let metadata = Metadata {
            id: long.clone(),
            name: Some(long.clone()),
            labels: Some(labels(5000)),
            pod_sandbox_labels: Some(labels(100)),
            mounts: Some(vec![mount; 1000]),
            cni_json: Some(long),
            ..Metadata::default()
        };
        let json = to_json(&metadata);
        assert!(json.len() <= JSON_MAX, "{}", json.len());
        let json: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["container"]["truncated"], true);
        assert_eq!(
            json["container"]["name"].as_str().map(str::len),
            Some(TEXT_MAX)
        );
    }

    #[test]
    fn texts_that_grow_in_json_keep_its_limit() {
        for text in ["\u{1}", "\"", "\\", "\n", "ä"] {
            let long = || text.repeat(TEXT_MAX);
            let some = || Some(long());
            let metadata = Metadata {
                id: long(),
                full_id: some(),
                name: some(),
                image: some(),
                image_id: some(),
                image_repository: some(),
                image_tag: some(),
                image_digest: some(),
                ip: some(),
                pod_sandbox_id: some(),
                labels: Some(POD_LABELS.map(|name| (name.to_owned(), long())).into()),
                ..Metadata::default()
            };
            let json = to_json(&metadata);
            assert!(json.len() <= JSON_MAX, "{} of {text:?}", json.len());
            let json: Value = serde_json::from_str(&json).expect("JSON");
            let name = json["container"]["name"].as_str().expect("a name");
            assert!(name.starts_with(text) && json["container"]["truncated"] == true);
        }
    }

    #[test]
    fn no_labels_hide_which_pod_it_is() {
        let check = |others: usize, value: &str| {
            // They stand before the pod's in any order by name.
            let others = (0..others).map(|number| (format!("a{number:0>300}"), value.to_owned()));
            let mut labels: Labels = others.collect();
            labels.extend(POD_LABELS.map(|name| (name.to_owned(), "x".repeat(253))));
            let metadata = Metadata {
                labels: Some(labels),
                ..Metadata::default()
            };
            let json = to_json(&metadata);
            assert!(json.len() <= JSON_MAX);
            let json: Value = serde_json::from_str(&json).expect("JSON");
            for name in POD_LABELS {
                assert_eq!(json["container"]["labels"][name], "x".repeat(253), "{name}");
            }
        };
        check(0, "");
        check(3 * LABELS_MAX, "");
        check(3 * LABELS_MAX, &"y".repeat(LABEL_VALUE_MAX));
    }

    #[test]
    fn mounts_are_limited_while_they_are_made() {
        let made = std::cell::Cell::new(0);
        let kept = mounts(0..1_000_000, |_| {
            made.set(made.get() + 1);
            Mount::default()
        });
        assert_eq!((kept.len(), made.get()), (MOUNTS_MAX + 1, MOUNTS_MAX + 1));
        let metadata = Metadata {
            mounts: Some(kept),
            ..Metadata::default()
        };
        let json: Value = serde_json::from_str(&to_json(&metadata)).expect("JSON");
        let kept = json["container"]["Mounts"].as_array().expect("mounts");
        assert_eq!(kept.len(), MOUNTS_MAX);
        assert_eq!(json["container"]["truncated"], true);
    }

    #[test]
    fn long_labels_are_left_out_as_falco_does() {
        let labels = Labels::from([
            ("short".into(), "x".repeat(LABEL_VALUE_MAX)),
            ("long".into(), "x".repeat(LABEL_VALUE_MAX + 1)),
        ]);
        let metadata = Metadata {
            labels: Some(labels),
            ..Metadata::default()
        };
        let json: Value = serde_json::from_str(&to_json(&metadata)).expect("JSON");
        let kept = json["container"]["labels"].as_object().expect("labels");
        assert_eq!(kept.keys().collect::<Vec<_>>(), ["short"]);
        assert_eq!(json["container"]["truncated"], Value::Null);
    }
}

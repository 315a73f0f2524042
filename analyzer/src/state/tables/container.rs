//! One container: what a runtime said of it, and its ids as bytes, as the cgroups of threads have them.
//!
//! In: the JSON of a row. Out: the container. The shape of the JSON is `falco_format::container`'s.

use falco_format::container::{Labels, Metadata};

use super::cgroup::ContainerRef;
use super::text::Text;

/// A container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// Its ids, and the runtime that it was said to be of.
    pub reference: ContainerRef,
    /// What was said of it, of what anybody asks.
    pub said: Metadata,
}

/// Reads what a runtime said: the id that `container.id` shows, and the rest.
pub(in crate::state) fn parse(json: &[u8]) -> Option<(Text, Container)> {
    let said = asked_for(Metadata::from_json(json)?);
    let id: Text = said.id.as_bytes().into();
    let full_id = said.full_id.as_ref();
    let reference = ContainerRef {
        full_id: full_id.map_or_else(|| id.clone(), |full_id| full_id.as_bytes().into()),
        id: id.clone(),
        runtime: said.runtime.name(),
    };
    Some((id, Container { reference, said }))
}

/// The same without what no field asks for, so that what only differs in it counts as said again; no labels are as good as none said.
fn asked_for(said: Metadata) -> Metadata {
    let some = |labels: Option<Labels>| labels.filter(|labels| !labels.is_empty());
    Metadata {
        labels: some(said.labels),
        pod_sandbox_labels: some(said.pod_sandbox_labels),
        said_by: None,
        created_time: None,
        is_pod_sandbox: false,
        is_truncated: false,
        ..said
    }
}

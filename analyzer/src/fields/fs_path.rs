//! `fs.path.*`: the files that calls name, whether or not they open them.

use falco_abi::{EventId, events};
use falco_rules::{FieldArgument, FieldType, Value};

use super::EventContext;
use super::declare::{self, Extract, Field, string};
use crate::state::facets::Facets;
use crate::state::{Found, Row, path};

use FieldType::Fspath;

/// A field of this file: a path, and where it begins.
const fn field(name: &'static str, ty: FieldType, extract: Extract, doc: &'static str) -> Field {
    declare::field(name, ty, extract, doc).reads(
        Facets::ANCESTRY
            .and(Facets::DIRECTORIES)
            .and(Facets::DESCRIPTORS),
    )
}

pub(super) const FIELDS: &[Field] = &[
    field(
        "fs.path.name",
        Fspath,
        name,
        "Absolute path of the file that the call is about.",
    ),
    field(
        "fs.path.nameraw",
        Fspath,
        name_raw,
        "That path as the program gave it.",
    ),
    field(
        "fs.path.source",
        Fspath,
        source,
        "Absolute path of the first of a call's two files: what is moved, or the new link.",
    ),
    field(
        "fs.path.sourceraw",
        Fspath,
        source_raw,
        "That path as the program gave it.",
    ),
    field(
        "fs.path.target",
        Fspath,
        target,
        "Absolute path of the second: where it is moved to, or what a link refers to.",
    ),
    field(
        "fs.path.targetraw",
        Fspath,
        target_raw,
        "That path as the program gave it.",
    ),
];

/// Where a relative path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// At the working directory.
    Cwd,
    /// At the root, or nowhere that is known, as the kernel's own path says.
    Kernel,
    /// At the descriptor in this parameter.
    Descriptor(usize),
    /// At the folder of the link that this parameter names from its own start.
    Link {
        directory: Option<usize>,
        link: usize,
    },
}

/// A path among the parameters of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathParam {
    /// A path in a parameter, and where it starts.
    Named { param: usize, start: Start },
    /// The file behind a descriptor.
    Descriptor(usize),
    /// A path at a place of Falco's own list, starting at the working directory.
    Written(usize),
}

/// The paths of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Paths {
    pub(super) name: Option<PathParam>,
    source: Option<PathParam>,
    target: Option<PathParam>,
    /// Whether the target comes before the source among the parameters, as links have it.
    is_link: bool,
}

impl Paths {
    /// The link that a call makes.
    pub(super) fn link_path(&self) -> Option<PathParam> {
        self.source.filter(|_| self.is_link)
    }

    /// The two paths in the order of the parameters.
    pub(super) fn call_order(&self) -> (Option<PathParam>, Option<PathParam>) {
        if self.is_link {
            (self.target, self.source)
        } else {
            (self.source, self.target)
        }
    }
}

const fn at_cwd(param: usize) -> PathParam {
    PathParam::Named {
        param,
        start: Start::Cwd,
    }
}

const fn at(directory: usize, param: usize) -> PathParam {
    PathParam::Named {
        param,
        start: Start::Descriptor(directory),
    }
}

/// What a link refers to, which is relative to the folder that the link lies in.
const fn beside(directory: Option<usize>, link: usize, param: usize) -> PathParam {
    PathParam::Named {
        param,
        start: Start::Link { directory, link },
    }
}

const fn one(path: PathParam) -> Paths {
    Paths {
        name: Some(path),
        source: None,
        target: None,
        is_link: false,
    }
}

const fn two(source: PathParam, target: PathParam) -> Paths {
    Paths {
        name: None,
        source: Some(source),
        target: Some(target),
        is_link: false,
    }
}

const fn link(source: PathParam, target: PathParam) -> Paths {
    Paths {
        is_link: true,
        ..two(source, target)
    }
}

/// The paths of an event, if it has any.
fn paths_of_event(event: EventId) -> Option<Paths> {
    Some(match event {
        events::open::EVENT => one(at_cwd(events::open::name)),
        events::openat::EVENT => one(at(events::openat::dirfd, events::openat::name)),
        events::openat2::EVENT => one(at(events::openat2::dirfd, events::openat2::name)),
        events::creat::EVENT => one(at_cwd(events::creat::name)),
        events::open_by_handle_at::EVENT => one(PathParam::Named {
            param: events::open_by_handle_at::path,
            start: Start::Kernel,
        }),
        events::mkdir::EVENT => one(at_cwd(events::mkdir::path)),
        events::mkdirat::EVENT => one(at(events::mkdirat::dirfd, events::mkdirat::path)),
        events::rmdir::EVENT => one(at_cwd(events::rmdir::path)),
        events::unlink::EVENT => one(at_cwd(events::unlink::path)),
        events::unlinkat::EVENT => one(at(events::unlinkat::dirfd, events::unlinkat::name)),
        events::chmod::EVENT => one(at_cwd(events::chmod::filename)),
        events::fchmodat::EVENT => one(at(events::fchmodat::dirfd, events::fchmodat::filename)),
        events::fchmod::EVENT => one(PathParam::Descriptor(events::fchmod::fd)),
        events::chown::EVENT => one(at_cwd(events::chown::path)),
        events::lchown::EVENT => one(at_cwd(events::lchown::path)),
        events::fchown::EVENT => one(PathParam::Descriptor(events::fchown::fd)),
        events::fchownat::EVENT => one(at(events::fchownat::dirfd, events::fchownat::pathname)),
        events::umount::EVENT => one(at_cwd(events::umount::name)),
        events::umount2::EVENT => one(at_cwd(events::umount2::name)),
        events::rename::EVENT => two(
            at_cwd(events::rename::oldpath),
            at_cwd(events::rename::newpath),
        ),
        events::renameat::EVENT => two(
            at(events::renameat::olddirfd, events::renameat::oldpath),
            at(events::renameat::newdirfd, events::renameat::newpath),
        ),
        events::renameat2::EVENT => two(
            at(events::renameat2::olddirfd, events::renameat2::oldpath),
            at(events::renameat2::newdirfd, events::renameat2::newpath),
        ),
        events::mount::EVENT => two(at_cwd(events::mount::dev), at_cwd(events::mount::dir)),
        events::link::EVENT => link(at_cwd(events::link::newpath), at_cwd(events::link::oldpath)),
        events::linkat::EVENT => link(
            at(events::linkat::newdir, events::linkat::newpath),
            at(events::linkat::olddir, events::linkat::oldpath),
        ),
        events::symlink::EVENT => link(
            at_cwd(events::symlink::linkpath),
            at_cwd(events::symlink::target),
        ),
        events::symlinkat::EVENT => link(
            at(events::symlinkat::linkdirfd, events::symlinkat::linkpath),
            beside(
                Some(events::symlinkat::linkdirfd),
                events::symlinkat::linkpath,
                events::symlinkat::target,
            ),
        ),
        _ => return None,
    })
}

/// The paths of a row: those of its event, but for what Falco does with its own rows.
pub(super) fn paths_of(row: Row<'_>) -> Option<Paths> {
    let Some(ty) = row.falco_event() else {
        return paths_of_event(row.event());
    };
    match ty.name {
        "quotactl" => Some(one(PathParam::Written(ty.param("special")?))),
        // Falco starts at the working directory here, whatever the call started at.
        "linkat" => Some(link(
            at_cwd(events::linkat::newpath),
            at_cwd(events::linkat::oldpath),
        )),
        _ => paths_of_event(row.event()),
    }
}

/// The absolute path of a parameter.
pub(super) fn resolved<'e>(event: &'e EventContext<'_>, path: PathParam) -> Value<'e> {
    if let PathParam::Descriptor(param) = path {
        return by_descriptor(event, param);
    }
    resolve(event, path).map_or(Value::Absent, |path| event.composed(&path))
}

/// The absolute path of one that was given by its text.
pub(super) fn resolve(event: &EventContext<'_>, path: PathParam) -> Option<Vec<u8>> {
    let (row, state, thread) = (event.row, event.state, event.thread);
    match path {
        PathParam::Descriptor(_) => None,
        PathParam::Written(place) => Some(state.resolve(thread, None, row.falco_bytes(place)?)),
        PathParam::Named { param, start } => {
            let given = row.bytes(param)?;
            Some(match start {
                Start::Link { .. } if !row.manner().resolves_targets_of_links() => {
                    path::join_as_falco(path::UNKNOWN_DIRECTORY, given)
                }
                Start::Link { directory, link } => {
                    let directory = directory.and_then(|param| row.fd(param));
                    let link = state.resolve(thread, directory, row.bytes(link)?);
                    path::resolve(path::directory(&link), given)
                }
                // No file has an empty name: an open of one is refused, whatever the directory.
                _ if given.is_empty() && opens_by_name(row.event()) => Vec::new(),
                Start::Cwd => state.resolve(thread, None, given),
                Start::Kernel if row.manner().resolves_paths_of_handles() => {
                    state.resolve(thread, None, given)
                }
                Start::Kernel => {
                    let flags = row.u32(events::open_by_handle_at::path_flags);
                    Found::shown(given, flags.unwrap_or(0)).to_vec()
                }
                Start::Descriptor(param) => state.resolve(thread, row.fd(param), given),
            })
        }
    }
}

fn by_descriptor<'e>(event: &'e EventContext<'_>, param: usize) -> Value<'e> {
    let number = event.row.fd(param);
    let slot = number.and_then(|number| event.state.fd(event.thread?, number));
    string(slot.map(|slot| &slot.file.name))
}

/// The path as it was given.
pub(super) fn given<'e>(event: &'e EventContext<'_>, path: PathParam) -> Value<'e> {
    match path {
        PathParam::Descriptor(param) => by_descriptor(event, param),
        PathParam::Written(place) => string(event.row.falco_bytes(place)),
        PathParam::Named { param, .. } => string(event.row.bytes(param)),
    }
}

/// Whether an event opens what a path names.
fn opens_by_name(event: EventId) -> bool {
    matches!(
        event,
        events::open::EVENT | events::openat::EVENT | events::openat2::EVENT | events::creat::EVENT
    )
}

/// Whether Falco says the paths of an event. An open that failed asked for a file all the same, and rules on refused access rest on that;
/// of the other calls Falco says them only where they succeeded.
fn are_said(event: &EventContext<'_>) -> bool {
    let opens = opens_by_name(event.row.event());
    const EPERM: i64 = -1;
    let manner = event.row.manner();
    let is_refused = |result| opens && (result != EPERM || manner.shows_paths_of_forbidden_opens());
    event
        .result()
        .is_some_and(|result| result >= 0 || is_refused(result))
}

/// One of an event's paths.
fn extract<'e>(
    event: &'e EventContext<'_>,
    which: fn(&Paths) -> Option<PathParam>,
    form: for<'f> fn(&'f EventContext<'_>, PathParam) -> Value<'f>,
) -> Value<'e> {
    if !are_said(event) {
        return Value::Absent;
    }
    let path = paths_of(event.row).and_then(|paths| which(&paths));
    path.map_or(Value::Absent, |path| form(event, path))
}

fn name<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    extract(event, |paths| paths.name, resolved)
}

fn name_raw<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    extract(event, |paths| paths.name, given)
}

fn source<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    extract(event, |paths| paths.source, resolved)
}

fn source_raw<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    extract(event, |paths| paths.source, given)
}

fn target<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    extract(event, |paths| paths.target, resolved)
}

fn target_raw<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    extract(event, |paths| paths.target, given)
}

//! The modules of a package, and the file in which a path ends.
//!
//! In: the texts of a package's files. Out: which file names which.
//! A name that a module took from elsewhere leads on to where it was made: who asks a folder's face for a name depends on the file that defines it.
//! What a path of another package, of the standard library, or of a generic parameter leads to is nothing here.

use std::collections::{BTreeMap, BTreeSet};

use super::tokens::{self, Text};

/// How often a name may be handed on before it is taken for a riddle.
const HANDED_ON_MAX: u32 = 16;

/// A module.
struct Module {
    file: String,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    text: Text,
}

/// What a path leads to.
#[derive(Clone, Copy)]
enum Target {
    Module(usize),
    /// Something that this module defines.
    Item(usize),
}

/// The modules below one root file.
pub(super) struct Modules {
    all: Vec<Module>,
}

impl Modules {
    /// Reads a root file and every file of its modules.
    pub(super) fn read(root: &str, texts: &BTreeMap<&str, &str>) -> Result<Modules, String> {
        let mut modules = Modules { all: Vec::new() };
        let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
        modules.add_file(root, folder, None, texts)?;
        Ok(modules)
    }

    fn add_file(
        &mut self,
        file: &str,
        folder: &str,
        parent: Option<usize>,
        texts: &BTreeMap<&str, &str>,
    ) -> Result<usize, String> {
        let text = texts
            .get(file)
            .ok_or_else(|| format!("{file}: is not there"))?;
        let text = tokens::read(text).map_err(|error| format!("{file}: {error}"))?;
        self.add(file, folder, parent, text, texts)
    }

    fn add(
        &mut self,
        file: &str,
        folder: &str,
        parent: Option<usize>,
        mut text: Text,
        texts: &BTreeMap<&str, &str>,
    ) -> Result<usize, String> {
        let inline = std::mem::take(&mut text.inline);
        let files = std::mem::take(&mut text.files);
        let place = self.all.len();
        self.all.push(Module {
            file: file.to_owned(),
            parent,
            children: BTreeMap::new(),
            text,
        });
        for (name, inner) in inline {
            let child = self.add(file, &format!("{folder}/{name}"), Some(place), inner, texts)?;
            self.all[place].children.insert(name, child);
        }
        for name in files {
            let below = format!("{folder}/{name}");
            let candidates = [format!("{below}.rs"), format!("{below}/mod.rs")];
            // One that a build makes, or that is another's, is no file of ours.
            if let Some(file) = candidates
                .iter()
                .find(|file| texts.contains_key(file.as_str()))
            {
                let child = self.add_file(file, &below, Some(place), texts)?;
                self.all[place].children.insert(name, child);
            }
        }
        Ok(place)
    }

    /// The arrows between files. A module's own file and those around it are no arrow's end: a file is the frame of the modules in it.
    pub(super) fn arrows(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut arrows: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (place, module) in self.all.iter().enumerate() {
            let from = arrows.entry(&module.file).or_default();
            for path in &module.text.paths {
                let Some(target) = self.resolve(place, path, 0) else {
                    continue;
                };
                let (Target::Module(end) | Target::Item(end)) = target;
                let file = self.all[end].file.as_str();
                if !self.is_frame(place, file) {
                    from.insert(file);
                }
            }
        }
        arrows
    }

    fn is_frame(&self, place: usize, file: &str) -> bool {
        let mut around = Some(place);
        while let Some(module) = around.map(|place| &self.all[place]) {
            if module.file == file {
                return true;
            }
            around = module.parent;
        }
        false
    }

    fn resolve(&self, place: usize, path: &[String], depth: u32) -> Option<Target> {
        if depth > HANDED_ON_MAX {
            return None;
        }
        let (first, mut rest) = path.split_first()?;
        let mut target = match first.as_str() {
            "crate" => Target::Module(0),
            "self" => Target::Module(place),
            "super" => Target::Module(self.all[place].parent?),
            name => self.named(place, name, path, depth)?,
        };
        while let Some((next, behind)) = rest.split_first() {
            let Target::Module(at) = target else {
                break;
            };
            target = match next.as_str() {
                "super" => Target::Module(self.all[at].parent?),
                "self" => target,
                name => self
                    .named(at, name, path, depth)
                    .unwrap_or(Target::Item(at)),
            };
            rest = behind;
        }
        Some(target)
    }

    /// What a name stands for in a module; nothing where it is not known there.
    fn named(&self, place: usize, name: &str, whole: &[String], depth: u32) -> Option<Target> {
        let module = &self.all[place];
        if let Some(child) = module.children.get(name) {
            return Some(Target::Module(*child));
        }
        if module.text.defines.contains(name) {
            return Some(Target::Item(place));
        }
        let bound = |star: bool| {
            let bindings = module.text.bindings.iter();
            bindings.filter(move |(bound, path)| {
                // A path does not explain itself.
                path != whole && if star { bound == "*" } else { bound == name }
            })
        };
        for (_, path) in bound(false) {
            if let Some(target) = self.resolve(place, path, depth + 1) {
                return Some(target);
            }
        }
        bound(true).find_map(|(_, path)| match self.resolve(place, path, depth + 1)? {
            Target::Module(at) if at != place => self.named(at, name, whole, depth + 1),
            _ => None,
        })
    }
}

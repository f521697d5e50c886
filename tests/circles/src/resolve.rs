//! From names to the files that define them.

use std::collections::{BTreeMap, BTreeSet};

use crate::module::{FileId, ModuleId, Named, Tree};

/// The arrows, who takes which names from whom: file, file, and `name (line)` each.
pub(crate) type Arrows = BTreeMap<(FileId, FileId), BTreeSet<String>>;

/// How many re-exports one name is followed through; more would be a loop of them.
const DEEPEST: usize = 24;

/// What a path leads to.
#[derive(Clone, Copy)]
enum Target {
    /// A module by itself; to name it takes nothing from it.
    Module(ModuleId),
    /// Something defined in this module.
    Item(ModuleId),
}

/// The arrows between the files of a crate.
pub(crate) fn arrows(tree: &Tree) -> Arrows {
    let mut arrows = Arrows::new();
    for (id, module) in tree.modules.iter().enumerate() {
        let imports = module.imports.iter().map(|(_, path)| path);
        for path in imports.chain(&module.globs).chain(&module.paths) {
            for found in resolve(tree, id, &path.segments, DEEPEST) {
                let Target::Item(definer) = found else { continue };
                let Some(definer) = tree.modules.get(definer) else { continue };
                if definer.file != module.file {
                    let names = arrows.entry((module.file, definer.file)).or_default();
                    names.insert(label(path));
                }
            }
        }
    }
    arrows
}

fn label(path: &Named) -> String {
    format!("{} (line {})", path.segments.join("::"), path.line)
}

/// What `segments` leads to from within `from`; nothing for what other crates define. Several, where each
/// platform has its own.
fn resolve(tree: &Tree, from: ModuleId, segments: &[String], depth: usize) -> Vec<Target> {
    let (Some((first, rest)), Some(depth)) = (segments.split_first(), depth.checked_sub(1)) else {
        return Vec::new();
    };
    let Some(module) = tree.modules.get(from) else { return Vec::new() };
    match first.as_str() {
        "crate" => below(tree, 0, rest, depth),
        "self" => below(tree, from, rest, depth),
        "super" => module.parent.map_or_else(Vec::new, |parent| below(tree, parent, rest, depth)),
        _ => below(tree, from, segments, depth),
    }
}

/// What `segments` leads to, looked up in the module `within`.
fn below(tree: &Tree, within: ModuleId, segments: &[String], depth: usize) -> Vec<Target> {
    let Some((first, rest)) = segments.split_first() else { return vec![Target::Module(within)] };
    let (Some(module), Some(depth)) = (tree.modules.get(within), depth.checked_sub(1)) else {
        return Vec::new();
    };
    if first == "super" {
        return module.parent.map_or_else(Vec::new, |parent| below(tree, parent, rest, depth));
    }
    // A name may be that of a module and of a function at once: before `::` it is the module.
    if let Some(children) = module.children.get(first).filter(|_| !rest.is_empty()) {
        return children.iter().flat_map(|child| below(tree, *child, rest, depth)).collect();
    }
    if module.items.contains(first) {
        return vec![Target::Item(within)];
    }
    let imports =
        module.imports.iter().filter(|(name, path)| name == first && !is_itself(first, path));
    let mut found = Vec::new();
    for (_, path) in imports {
        for target in resolve(tree, within, &path.segments, depth) {
            match target {
                Target::Module(module) => found.extend(below(tree, module, rest, depth)),
                Target::Item(_) => found.push(target),
            }
        }
    }
    if !found.is_empty() {
        return found;
    }
    if let Some(children) = module.children.get(first) {
        return children.iter().map(|child| Target::Module(*child)).collect();
    }
    for path in module.globs.iter().filter(|path| path.segments.first() != segments.first()) {
        for target in resolve(tree, within, &path.segments, depth) {
            if let Target::Module(module) = target {
                found.extend(below(tree, module, segments, depth));
            }
        }
    }
    found
}

/// `use name;`, which names another crate.
fn is_itself(name: &str, path: &Named) -> bool {
    path.segments.len() == 1 && path.segments.first().is_some_and(|only| only == name)
}

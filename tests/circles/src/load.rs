//! Sources into modules: follows `mod` from the crate's root through its files.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use syn::{Attribute, Expr, ExprLit, Item, ItemMod, Lit, Meta};

use crate::{
    module::{FileId, Module, ModuleId, Tree},
    names,
};

/// Reads the crate that begins with `root`, without its tests.
///
/// # Errors
/// When a file cannot be read or is not Rust, or a module has no file.
pub(crate) fn load(root: &Path) -> Result<Tree> {
    let mut tree = Tree::default();
    let folder = root.parent().unwrap_or_else(|| Path::new(".")).to_owned();
    file(&mut tree, root, None, &folder)?;
    Ok(tree)
}

/// Reads one file as a module; `below` is the folder in which its own modules are looked for.
fn file(tree: &mut Tree, path: &Path, parent: Option<ModuleId>, below: &Path) -> Result<ModuleId> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let parsed =
        syn::parse_file(&text).with_context(|| format!("{} is not Rust", path.display()))?;
    tree.files.push(path.to_owned());
    let file = tree.files.len() - 1;
    module(tree, file, parent, &parsed.items, below)
}

fn module(
    tree: &mut Tree,
    of: FileId,
    parent: Option<ModuleId>,
    items: &[Item],
    below: &Path,
) -> Result<ModuleId> {
    let id = tree.modules.len();
    tree.modules.push(Module { file: of, parent, ..Module::default() });
    let mut read = names::Names::default();
    for item in items.iter().filter(|item| !is_test(names::attributes(item))) {
        read.item(item);
    }
    let modules = std::mem::take(&mut read.modules);
    if let Some(module) = tree.modules.get_mut(id) {
        (module.items, module.imports) = (read.items, read.imports);
        (module.globs, module.paths) = (read.globs, read.paths);
    }
    for declared in modules {
        let name = declared.ident.to_string();
        let child =
            child(tree, of, id, &declared, below).with_context(|| format!("module {name}"))?;
        if let Some(module) = tree.modules.get_mut(id) {
            module.children.entry(name).or_default().push(child);
        }
    }
    Ok(id)
}

fn child(
    tree: &mut Tree,
    of: FileId,
    parent: ModuleId,
    declared: &ItemMod,
    below: &Path,
) -> Result<ModuleId> {
    let name = declared.ident.to_string();
    if let Some((_, items)) = &declared.content {
        return module(tree, of, Some(parent), items, &below.join(&name));
    }
    if let Some(told) = told_path(&declared.attrs) {
        // The path is told from the folder of the file in which it stands.
        let beside = tree.files.get(of).and_then(|file| file.parent()).unwrap_or(below);
        let path = beside.join(told);
        let folder = path.parent().unwrap_or(below).to_owned();
        return file(tree, &path, Some(parent), &folder);
    }
    let candidates = [below.join(format!("{name}.rs")), below.join(&name).join("mod.rs")];
    let Some(path) = candidates.iter().find(|path| path.exists()) else {
        bail!("neither {} nor {} is there", candidates[0].display(), candidates[1].display());
    };
    file(tree, path, Some(parent), &below.join(&name))
}

/// The file that `#[path = "…"]` tells.
fn told_path(attributes: &[Attribute]) -> Option<PathBuf> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(PathBuf::from(text.value())),
            _ => None,
        },
        _ => None,
    })
}

/// Whether an item is compiled for tests alone: `#[cfg(test)]`, `#[cfg(all(test, …))]`, `#[test]`.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("cfg") => {
            let words = list.tokens.to_string();
            words == "test"
                || words.starts_with("all") && words.contains("test") && !words.contains("not")
        }
        _ => false,
    })
}

//! The modules of one crate, with the names that each defines and imports.

use std::{collections::BTreeMap, path::PathBuf};

/// A module's place in [`Tree::modules`].
pub(crate) type ModuleId = usize;
/// A file's place in [`Tree::files`].
pub(crate) type FileId = usize;

/// A crate: its files and the modules in them. The first module is the crate's root.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) modules: Vec<Module>,
}

/// A module, of a file of its own or inline.
#[derive(Default)]
pub(crate) struct Module {
    pub(crate) file: FileId,
    pub(crate) parent: Option<ModuleId>,
    /// Modules by name; more than one where each platform has its own.
    pub(crate) children: BTreeMap<String, Vec<ModuleId>>,
    /// The names that the module defines itself.
    pub(crate) items: Vec<String>,
    /// The names that `use` brings in, each with the path that it stands for.
    pub(crate) imports: Vec<(String, Named)>,
    /// The paths of `use path::*`.
    pub(crate) globs: Vec<Named>,
    /// The paths of more than one segment that its code names.
    pub(crate) paths: Vec<Named>,
}

/// A path in the source, and the line on which it stands.
#[derive(Clone)]
pub(crate) struct Named {
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
}

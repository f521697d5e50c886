//! Circles among arrows.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use crate::{module::Tree, resolve::Arrows};

/// How many names of one arrow are printed.
const NAMES: usize = 3;

/// The number of arrows.
pub(crate) fn count(arrows: &Arrows) -> usize {
    arrows.len()
}

/// The circles among the files, each in words.
pub(crate) fn circles_of_files(arrows: &Arrows, tree: &Tree, folder: &Path) -> Vec<String> {
    let named = labelled(arrows, tree, folder);
    circles(&named).iter().map(|circle| in_words("files", circle, &named)).collect()
}

/// The circles among what lies in one folder. Arrows of a circle among files are left out: that circle is
/// told already.
pub(crate) fn circles_of_folders(arrows: &Arrows, tree: &Tree, folder: &Path) -> Vec<String> {
    let mut files = labelled(arrows, tree, folder);
    let told = circles(&files);
    files.retain(|(from, to), _| {
        !told.iter().any(|circle| circle.contains(from) && circle.contains(to))
    });
    let mut found = Vec::new();
    let mut folders: BTreeSet<String> = BTreeSet::from([String::new()]);
    for file in tree.files.iter().map(|file| label(file, folder)) {
        folders.extend(file.match_indices('/').map(|(at, _)| file[..=at].to_owned()));
    }
    for parent in folders {
        let mut within = Labelled::new();
        for ((from, to), names) in &files {
            let (Some(one), Some(other)) = (part(&parent, from), part(&parent, to)) else {
                continue;
            };
            if one != other {
                let because = names.iter().map(|name| format!("{from}: {name}"));
                within.entry((one, other)).or_default().extend(because);
            }
        }
        for circle in circles(&within) {
            found.push(in_words(&format!("folders of /{parent}"), &circle, &within));
        }
    }
    found
}

type Labelled = BTreeMap<(String, String), BTreeSet<String>>;

fn labelled(arrows: &Arrows, tree: &Tree, folder: &Path) -> Labelled {
    let name =
        |file: &usize| tree.files.get(*file).map(|file| label(file, folder)).unwrap_or_default();
    arrows.iter().map(|((from, to), names)| ((name(from), name(to)), names.clone())).collect()
}

fn label(file: &Path, folder: &Path) -> String {
    file.strip_prefix(folder).unwrap_or(file).display().to_string()
}

/// What lies directly in `parent` and holds `file`: a folder, or a file with the folder of its modules.
fn part(parent: &str, file: &str) -> Option<String> {
    let rest = file.strip_prefix(parent)?;
    let first = rest.split('/').next()?;
    Some(format!("{parent}{}", first.strip_suffix(".rs").unwrap_or(first)))
}

/// The groups of nodes that reach each other (Tarjan's algorithm), of two and more.
fn circles(arrows: &Labelled) -> Vec<BTreeSet<String>> {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in arrows.keys() {
        next.entry(from).or_default().push(to);
        next.entry(to).or_default();
    }
    let mut search =
        Search { next: &next, seen: BTreeMap::new(), stack: Vec::new(), found: Vec::new() };
    for node in next.keys() {
        if !search.seen.contains_key(node) {
            search.visit(node);
        }
    }
    search.found
}

struct Search<'a> {
    next: &'a BTreeMap<&'a str, Vec<&'a str>>,
    /// The number at which a node was met, and the lowest that it reaches.
    seen: BTreeMap<&'a str, (usize, usize)>,
    stack: Vec<&'a str>,
    found: Vec<BTreeSet<String>>,
}

impl<'a> Search<'a> {
    fn visit(&mut self, node: &'a str) -> usize {
        let number = self.seen.len();
        self.seen.insert(node, (number, number));
        self.stack.push(node);
        let mut lowest = number;
        for to in self.next.get(node).into_iter().flatten() {
            let reached = match self.seen.get(to) {
                None => self.visit(to),
                Some((met, _)) if self.stack.contains(to) => *met,
                Some(_) => continue,
            };
            lowest = lowest.min(reached);
        }
        self.seen.insert(node, (number, lowest));
        if lowest == number {
            let begin = self.stack.iter().position(|other| *other == node).unwrap_or_default();
            let group = self.stack.split_off(begin);
            if group.len() > 1 {
                self.found.push(group.into_iter().map(str::to_owned).collect());
            }
        }
        lowest
    }
}

fn in_words(what: &str, circle: &BTreeSet<String>, arrows: &Labelled) -> String {
    let members: Vec<&str> = circle.iter().map(String::as_str).collect();
    let mut words = format!("  circle of {} {what}: {}", circle.len(), members.join(", "));
    for ((from, to), names) in arrows {
        if circle.contains(from) && circle.contains(to) {
            let shown: Vec<&str> = names.iter().take(NAMES).map(String::as_str).collect();
            let more = names.len().saturating_sub(NAMES);
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            words.push_str(&format!("\n    {from} -> {to}: {}{more}", shown.join(", ")));
        }
    }
    words
}

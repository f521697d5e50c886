//! The map of the house names what is there: paths, and names in the code.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use super::page::{self, Page};

/// The documents that describe the code, each with the folders that its paths may begin in.
const MAPS: [(&str, &[&str]); 4] = [
    ("ARCHITECTURE.md", &[""]),
    ("agent/DECISIONS.md", &["", "agent", "agent/src", "agent/host/src"]),
    ("common/DECISIONS.md", &["", "common", "common/src"]),
    ("coordinator/DECISIONS.md", &["", "coordinator", "coordinator/src"]),
];

#[test]
fn every_path_in_the_map_exists() {
    let mut wrong = Vec::new();
    for (name, bases) in MAPS {
        let mut line = 0;
        let mut nearby: Vec<String> = Vec::new();
        for (number, code) in Page::read(name).inline_code() {
            if number != line {
                (line, nearby) = (number, bases.iter().map(|base| (*base).to_owned()).collect());
            }
            if is_path(&code) && !expand(&code).iter().all(|path| exists(&nearby, path)) {
                wrong.push(format!("{name}:{number}: {code}"));
            }
            // What stands behind a folder in the same line may be named within it.
            if page::repository().join(&code).is_dir() {
                nearby.push(code);
            }
        }
    }
    assert!(wrong.is_empty(), "no such path:\n{}", wrong.join("\n"));
}

/// Every `Type::member` that the map names is still called so in the code.
#[test]
fn every_name_in_the_map_is_in_the_code() {
    let words = words_of_the_code();
    let mut wrong = Vec::new();
    for (name, _) in MAPS {
        for (number, code) in Page::read(name).inline_code() {
            let parts: Vec<&str> = code.trim_end_matches("()").split("::").collect();
            let is_name = |part: &&str| part.chars().all(|c| c.is_alphanumeric() || c == '_');
            if parts.len() > 1 && parts.iter().all(is_name) {
                let missing = parts.iter().filter(|part| !words.contains(**part));
                wrong.extend(missing.map(|part| format!("{name}:{number}: {code}: {part}")));
            }
        }
    }
    assert!(wrong.is_empty(), "not in the code:\n{}", wrong.join("\n"));
}

/// What is written like a path of the repository: it has a slash or the ending of a file, and nothing that
/// no path of ours has.
fn is_path(code: &str) -> bool {
    let named = code.contains('/')
        || [".rs", ".proto", ".toml", ".md"].iter().any(|end| code.ends_with(end));
    let ours = |c: char| c.is_ascii_alphanumeric() || "/._-*{},".contains(c);
    named && !code.starts_with('/') && code.chars().all(ours)
}

/// `a/{b,c}` is `a/b` and `a/c`.
fn expand(code: &str) -> Vec<String> {
    let Some((head, rest)) = code.split_once('{') else { return vec![code.to_owned()] };
    let (names, tail) = rest.split_once('}').unwrap_or((rest, ""));
    names.split(',').flat_map(|name| expand(&format!("{head}{name}{tail}"))).collect()
}

fn exists(bases: &[String], path: &str) -> bool {
    bases.iter().any(|base| {
        let whole = page::repository().join(base).join(path);
        match whole.file_name().and_then(|name| name.to_str()).and_then(|name| name.split_once('*'))
        {
            None => whole.exists(),
            Some((head, tail)) => entries(whole.parent().expect("a name has a folder"))
                .iter()
                .filter_map(|entry| entry.file_name()?.to_str())
                .any(|name| name.starts_with(head) && name.ends_with(tail)),
        }
    })
}

/// Every identifier in the Rust sources.
fn words_of_the_code() -> HashSet<String> {
    let mut words = HashSet::new();
    let mut folders: Vec<PathBuf> = ["agent", "common", "coordinator", "proto", "tests"]
        .iter()
        .map(|name| page::repository().join(name))
        .collect();
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            if path.is_dir() && !path.ends_with("target") {
                words.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs" || end == "proto") {
                words.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
                let text = fs::read_to_string(&path).expect("it can be read");
                let all = text.split(|c: char| !c.is_alphanumeric() && c != '_');
                words.extend(all.filter(|word| !word.is_empty()).map(str::to_owned));
            }
        }
    }
    words
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(listed) = fs::read_dir(folder) else { return Vec::new() };
    listed.map(|entry| entry.expect("it can be listed").path()).collect()
}

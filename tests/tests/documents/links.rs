//! Links and anchors resolve.

use super::{page, page::Page, pages};

#[test]
fn links_and_anchors_resolve() {
    let mut wrong = Vec::new();
    for page in pages() {
        for (number, target) in targets(&page) {
            if let Err(why) = resolves(&page, &target) {
                wrong.push(format!("{}:{number}: {target}: {why}", page.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What `[text](target)` points to.
fn targets(page: &Page) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in page.prose() {
        for rest in line.split("](").skip(1) {
            if let Some((target, _)) = rest.split_once(')') {
                found.push((number, target.to_owned()));
            }
        }
    }
    found
}

fn resolves(page: &Page, target: &str) -> Result<(), String> {
    if target.starts_with("https://") {
        return Ok(());
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let folder = page::repository().join(&page.name);
    let folder = folder.parent().expect("a document is in a folder");
    let file =
        if path.is_empty() { page::repository().join(&page.name) } else { folder.join(path) };
    if !file.exists() {
        return Err("no such file".to_owned());
    }
    if anchor.is_empty() {
        return Ok(());
    }
    let file = file.canonicalize().map_err(|error| error.to_string())?;
    let root = page::repository().canonicalize().map_err(|error| error.to_string())?;
    let name = file.strip_prefix(root).map_err(|error| error.to_string())?;
    let anchors = Page::read(&name.to_string_lossy()).anchors();
    if anchors.iter().any(|known| known == anchor) {
        Ok(())
    } else {
        Err("no such heading".to_owned())
    }
}

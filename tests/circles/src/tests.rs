//! The check against small crates made for it.

use std::fs;

use super::{check, packages::Root};

/// The circles in a crate of these files.
fn circles(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let root = Root { name: "made".to_owned(), file: folder.path().join("lib.rs") };
    check(&root).unwrap().circles
}

#[test]
fn two_files_that_import_each_other_are_a_circle() {
    let found = circles(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::Two; pub struct One(Two);"),
        ("b.rs", "pub struct Two; fn f(_: &super::a::One) {}"),
    ]);
    assert!(found[0].contains("2 files: a.rs, b.rs"), "{found:?}");
    assert!(found[0].contains("b.rs -> a.rs: super::a::One (line 1)"), "{found:?}");
}

#[test]
fn a_circle_over_three_files_and_a_macro_call_is_found() {
    let found = circles(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "pub fn one() { crate::b::two() }"),
        ("b.rs", "use super::c; pub fn two() { c::three() }"),
        ("c.rs", "pub fn three() { println!(\"{:?}\", super::a::one()) }"),
    ]);
    assert!(found[0].contains("3 files"), "{found:?}");
}

#[test]
fn a_child_that_takes_a_name_its_parent_defines_and_is_used_by_it_is_a_circle() {
    let found = circles(&[
        ("lib.rs", "mod part;"),
        ("part/mod.rs", "mod child; pub struct Whole; pub fn f() { child::g() }"),
        ("part/child.rs", "use super::Whole; pub fn g() { let _ = Whole; }"),
    ]);
    assert!(found[0].contains("part/child.rs, part/mod.rs"), "{found:?}");
}

#[test]
fn a_name_that_the_parent_only_passes_on_ties_the_siblings() {
    let files = [
        ("lib.rs", "mod part;"),
        ("part/mod.rs", "mod one; mod two; pub use self::{one::One, two::two};"),
        ("part/one.rs", "pub struct One;"),
        ("part/two.rs", "use super::One; pub fn two() -> One { One }"),
    ];
    assert_eq!(circles(&files), Vec::<String>::new());
}

#[test]
fn tests_may_look_back() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "pub fn one() { crate::b::two() }"),
        (
            "b.rs",
            "pub fn two() {} #[cfg(test)] mod tests { use crate::a::one; } #[cfg(test)] mod more;",
        ),
        ("b/more.rs", "use crate::a::one;"),
    ];
    assert_eq!(circles(&files), Vec::<String>::new());
}

#[test]
fn folders_that_take_from_each_other_are_a_circle_without_one_of_files() {
    let found = circles(&[
        ("lib.rs", "mod up; mod down;"),
        ("up/mod.rs", "pub mod a; pub mod b;"),
        ("up/a.rs", "use crate::down::c::c; pub fn a() { c() }"),
        ("up/b.rs", "pub fn b() {}"),
        ("down/mod.rs", "pub mod c; pub mod d;"),
        ("down/c.rs", "pub fn c() {}"),
        ("down/d.rs", "use crate::up::b::b; pub fn d() { b() }"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("folders of /: down, up"), "{found:?}");
}

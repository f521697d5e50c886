//! The verdict in README is the one that the demo prints.

use std::process::Command;

use super::{compare, page::Page};

#[test]
fn readme_shows_what_the_demo_prints() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_epmesh-demo")).output().expect("the demo can be run");
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).expect("text");
    let blocks = Page::read("README.md").blocks();
    let shown = blocks.iter().find(|block| block.directive.as_deref() == Some("demo"));
    let shown = shown.expect("README shows the demo").lines.iter();
    // An excerpt: the story around it, and most of the proof, are left out.
    let mut lines = vec!["…".to_owned()];
    lines.extend(shown.flat_map(|line| [line.clone(), "…".to_owned()]));
    if let Err(why) = compare::matches(&lines, &printed) {
        panic!("{why}");
    }
}

//! A campaign in small: the program that measures runs to its end, so that its figures are there when somebody
//! wants them.

#![allow(clippy::expect_used, reason = "a test that cannot run a program is a failed test")]

use std::{env, path::Path, process::Command};

/// The output of an example that ends well; none where it was not compiled, as with `--test campaigns` alone.
fn output(example: &str, arguments: &[&str]) -> Option<String> {
    // The test stands in target/PROFILE/deps, the examples in a folder beside that.
    let own = env::current_exe().expect("this program has a path");
    let profile = own.parent().and_then(Path::parent).expect("target/PROFILE/deps");
    let program = profile.join("examples").join(example);
    if !program.exists() {
        println!("skipped: {example}: it is not compiled (cargo build --examples)");
        return None;
    }
    let output = Command::new(program).args(arguments).output().expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(output.stdout).expect("text"))
}

/// `tests/campaign sweep` has a thousand peers.
#[test]
#[cfg(target_os = "linux")]
fn a_sweep_sees_every_peer_whole() {
    let Some(printed) = output("epmesh-sweep", &["sweep", "3"]) else { return };
    assert!(printed.contains("3, 3 of them seen whole"), "{printed}");
}

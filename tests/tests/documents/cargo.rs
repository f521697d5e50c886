//! Cargo's command lines name packages and targets that are there.

use std::{fs, path::Path};

use super::{page, parse};

/// The members of the workspace, by the folders of their manifests.
fn manifests() -> Vec<(String, String)> {
    let root = fs::read_to_string(page::repository().join("Cargo.toml")).expect("Cargo.toml");
    let members = root.split("members = [").nth(1).and_then(|rest| rest.split(']').next());
    let members = members.expect("the workspace has members").split('"').skip(1).step_by(2);
    members
        .map(|folder| {
            let path = page::repository().join(folder).join("Cargo.toml");
            (folder.to_owned(), fs::read_to_string(path).expect(folder))
        })
        .collect()
}

/// Whether `cargo` knows what the words name: `-p`, `--bin`, `--test`, `--profile`.
pub(crate) fn check(words: &[String]) -> Result<(), String> {
    let manifests = manifests();
    let anywhere = |text: &str| manifests.iter().any(|(_, manifest)| manifest.contains(text));
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let mut name = || rest.next().cloned().unwrap_or_default();
        let (name, is_there) = match word.as_str() {
            "-p" => {
                let name = name();
                let there = name.chars().all(char::is_uppercase)
                    || anywhere(&format!("\nname = \"{name}\"\n"));
                (name, there)
            }
            "--bin" => {
                let name = name();
                let there = anywhere(&format!("name = \"{name}\""));
                (name, there)
            }
            "--test" => {
                let name = name();
                let there =
                    manifests.iter().any(|(folder, manifest)| has_test(folder, manifest, &name));
                (name, there)
            }
            "--profile" => {
                let root =
                    fs::read_to_string(page::repository().join("Cargo.toml")).expect("Cargo.toml");
                let name = name();
                let there = root.contains(&format!("[profile.{name}]"));
                (name, there)
            }
            "--" => {
                let behind: Vec<String> = rest.cloned().collect();
                let demo = words.iter().any(|word| word == "epmesh-demo");
                return if demo { parse::demo_options(&behind) } else { Ok(()) };
            }
            _ => continue,
        };
        if !is_there {
            return Err(format!("no {word} {name}"));
        }
    }
    Ok(())
}

fn has_test(folder: &str, manifest: &str, name: &str) -> bool {
    let tests = Path::new(folder).join("tests");
    let file = page::repository().join(tests.join(format!("{name}.rs")));
    let module = page::repository().join(tests.join(name).join("main.rs"));
    file.exists() || module.exists() || manifest.contains(&format!("[[test]]\nname = \"{name}\""))
}

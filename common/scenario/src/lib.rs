//! Scenarios as data: a small Active Directory forest in which something is wrong, and the verdict
//! that must come of it.
//!
//! A file starts from a healthy forest and states only what differs, as it truly is: a service that
//! does not run, a record on a DNS server, a filter between two hosts. Out of that world both sides'
//! facts follow, so that a scenario cannot contradict itself by accident; what a witness saw can
//! also be stated directly. The form is described in `tests/scenarios/README.md`.
//!
//! ```
//! let text = r#"
//! title = "NTDS does not run"
//! why = "nobody has started it since the restart"
//! [dc2.services]
//! NTDS = "stopped"
//! [expect]
//! state = "failing"
//! cause = "service-not-started"
//! "#;
//! let scenario = epmesh_scenario::Scenario::parse("example.toml", text)?;
//! let verdict = epmesh_common::diagnosis::diagnose(&scenario.evidence(), scenario.at());
//! assert_eq!(scenario.differences(&verdict), [""; 0]);
//! # Ok::<(), epmesh_config::Problems>(())
//! ```

mod age;
mod base;
mod base_services;
mod consequences;
mod evidence;
mod expect;
mod look;
mod read;
mod read_machine;
mod read_names;
mod read_network;
mod read_services;
mod read_settings;
mod read_zones;
mod resolve;
#[cfg(test)]
mod tests;
mod words;
mod world;

use epmesh_common::diagnosis::{Evidence, Link, Verdict};
use epmesh_config::Problems;
use epmesh_facts::Timestamp;

pub use self::expect::Expect;
use self::world::{NOW, World};

/// A scenario: a world and what is to be said of one link in it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is about, in a line.
    pub title: String,
    /// Why the verdict is the right one, for people.
    pub why: String,
    /// What the verdict must be.
    pub expect: Expect,
    world: World,
}

impl Scenario {
    /// Reads the text of `file`; the name is used in problems only.
    ///
    /// # Errors
    /// Everything that is wrong with the file, each with its line.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problems> {
        let read::Parts { title, why, world, expect } = read::scenario(file, text)?;
        Ok(Self { title, why, expect, world })
    }

    /// Whether a file holds a scenario, by its beginning: anything but the JSON of a bundle.
    #[must_use]
    pub fn is_one(text: &[u8]) -> bool {
        text.trim_ascii_start().first().is_some_and(|first| *first != b'{')
    }

    /// The link that it asks about.
    #[must_use]
    pub const fn link(&self) -> &Link {
        &self.world.link
    }

    /// The moment of which it speaks; every scenario has the same.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        NOW
    }

    /// Every difference between what is said and what is expected, one line each.
    #[must_use]
    pub fn differences(&self, verdict: &Verdict) -> Vec<String> {
        let mut found = self.expect.differences(verdict);
        found.extend(self.expect.unnoted(&self.evidence().source));
        found
    }

    /// The evidence that a coordinator would have on the link at that moment.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        evidence::evidence(&self.world, &self.world.link)
    }
}

//! The engine of a coordinator's store, and opening it with the one that is configured.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use super::contract::Store;
use super::error::StoreError;
use super::redb::{self, RedbOptions, RedbStore};
use super::report::OpenReport;
use super::sled::{self, SledOptions, SledStore};

/// An engine for one coordinator on its own disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EmbeddedEngine {
    /// sled behind a journal.
    #[default]
    Sled,
    /// redb, one file.
    Redb,
}

impl EmbeddedEngine {
    /// Every engine.
    pub const ALL: [Self; 2] = [Self::Sled, Self::Redb];

    /// The name in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sled => "sled",
            Self::Redb => "redb",
        }
    }

    /// The files and folders that are there once the engine has been used; any of them tells.
    const fn traces(self) -> &'static [&'static str] {
        match self {
            Self::Sled => sled::TRACES,
            Self::Redb => &[redb::FILE],
        }
    }

    fn has_been_in(self, directory: &Path) -> Result<bool, StoreError> {
        for name in self.traces() {
            let path = directory.join(name);
            if path.try_exists().map_err(|error| StoreError::io("looking for", &path, error))? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl fmt::Display for EmbeddedEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for EmbeddedEngine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|engine| engine.as_str() == text);
        found.ok_or_else(|| format!("{text:?} is no store engine: \"sled\" or \"redb\""))
    }
}

/// Opens the store in `directory`, or makes one there. `now`, in milliseconds since the Unix epoch,
/// names what has to be set aside. Blocks.
///
/// # Errors
///
/// [`StoreError::OtherEngine`] when another engine has been used there: an empty store beside it
/// would lock out every agent that is enrolled. Otherwise as [`SledStore::open`] and
/// [`RedbStore::open`].
pub fn open(
    directory: &Path,
    engine: EmbeddedEngine,
    now: u64,
) -> Result<(Arc<dyn Store>, OpenReport), StoreError> {
    for other in EmbeddedEngine::ALL.into_iter().filter(|other| *other != engine) {
        if other.has_been_in(directory)? {
            return Err(StoreError::OtherEngine {
                path: directory.to_path_buf(),
                found: other.as_str(),
                configured: engine.as_str(),
            });
        }
    }
    Ok(match engine {
        EmbeddedEngine::Sled => {
            let (store, report) = SledStore::open(SledOptions::new(directory), now)?;
            (Arc::new(store), report)
        }
        EmbeddedEngine::Redb => {
            let (store, report) = RedbStore::open(RedbOptions::new(directory))?;
            (Arc::new(store), report)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Key, Space, Transaction};

    const NOW: u64 = 1_763_685_712_000;

    #[tokio::test]
    async fn a_store_of_another_engine_is_refused_and_left_alone() {
        for (first, second) in [
            (EmbeddedEngine::Sled, EmbeddedEngine::Redb),
            (EmbeddedEngine::Redb, EmbeddedEngine::Sled),
        ] {
            let directory = tempfile::tempdir().unwrap();
            let key = Key::new(Space::Enrolments, ["dc1.lab.test"]).unwrap();
            let (store, _) = open(directory.path(), first, NOW).unwrap();
            store.commit(Transaction::new().put(key.clone(), "enrolled")).await.unwrap();
            store.close().await;
            let refused = open(directory.path(), second, NOW).unwrap_err();
            assert!(matches!(refused, StoreError::OtherEngine { .. }), "{refused:?}");
            let text = refused.to_string();
            assert!(text.contains(&format!("store = \"{first}\"")), "{text}");
            assert!(text.contains(&directory.path().display().to_string()), "{text}");
            let (store, _) = open(directory.path(), first, NOW).unwrap();
            assert_eq!(store.get(&key).await.unwrap().unwrap().value, b"enrolled");
            store.close().await;
        }
    }

    #[test]
    fn an_engine_has_a_name() {
        for engine in EmbeddedEngine::ALL {
            assert_eq!(engine.to_string().parse(), Ok(engine));
        }
        assert!("etcd".parse::<EmbeddedEngine>().is_err());
    }
}

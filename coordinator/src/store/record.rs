//! Records: JSON with a version.
//!
//! A record is stored as `{"version": N, "record": {…}}`. A later version of the coordinator
//! reads what an earlier one wrote through [`Record::upgrade`]; an earlier one refuses what it
//! cannot know, instead of writing it back with parts missing.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::StoreError;
use super::key::Key;

/// A type that is stored.
pub trait Record: Serialize + DeserializeOwned {
    /// The version that is written. Raised when an older reader would misunderstand.
    const VERSION: u32;

    /// The JSON of an older `version` in the form of [`Record::VERSION`]; `None` when that
    /// version was never written.
    #[must_use]
    fn upgrade(version: u32, record: Value) -> Option<Value> {
        let _ = (version, record);
        None
    }
}

#[derive(Serialize)]
struct Writing<'a, T> {
    version: u32,
    record: &'a T,
}

#[derive(Deserialize)]
struct Reading {
    version: u32,
    record: Value,
}

/// The bytes to store for `record`; `key` is only for the error.
///
/// # Errors
///
/// [`StoreError::Record`] when the type has a form that JSON has not (a map with keys that are no
/// strings, say).
pub fn encode<T: Record>(key: &Key, record: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(&Writing { version: T::VERSION, record })
        .map_err(|error| StoreError::Record { key: key.clone(), what: error.to_string() })
}

/// The record that was stored at `key` as `bytes`.
///
/// # Errors
///
/// [`StoreError::Record`] when the bytes are not such a record, or of a version that is not known.
pub fn decode<T: Record>(key: &Key, bytes: &[u8]) -> Result<T, StoreError> {
    let refuse = |what| StoreError::Record { key: key.clone(), what };
    let Reading { version, record } =
        serde_json::from_slice(bytes).map_err(|error| refuse(error.to_string()))?;
    let record = if version == T::VERSION {
        Some(record)
    } else if version < T::VERSION {
        T::upgrade(version, record)
    } else {
        None
    };
    let record = record.ok_or_else(|| {
        refuse(format!("version {version} is not known, this coordinator writes {}", T::VERSION))
    })?;
    serde_json::from_value(record).map_err(|error| refuse(error.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::Space;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Sample {
        names: Vec<String>,
    }

    impl Record for Sample {
        const VERSION: u32 = 2;

        fn upgrade(version: u32, record: Value) -> Option<Value> {
            (version == 1).then(|| json!({ "names": [record.get("name")] }))
        }
    }

    fn key() -> Key {
        Key::new(Space::Alerts, ["a"]).unwrap()
    }

    fn read(value: &Value) -> Result<Sample, StoreError> {
        decode(&key(), value.to_string().as_bytes())
    }

    #[test]
    fn a_record_reads_back_and_an_older_one_is_upgraded() {
        let sample = Sample { names: vec!["dc1".to_owned()] };
        assert_eq!(decode::<Sample>(&key(), &encode(&key(), &sample).unwrap()).unwrap(), sample);
        assert_eq!(read(&json!({"version": 1, "record": {"name": "dc1"}})).unwrap(), sample);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for value in [
            json!({"version": 0, "record": {"names": []}}),
            json!({"version": 3, "record": {"names": []}}),
            json!({"version": 2, "record": {}}),
            json!({"record": {"names": []}}),
            json!([]),
        ] {
            let text = read(&value).unwrap_err().to_string();
            assert!(text.starts_with("record alerts/a: "), "{text}");
        }
    }
}

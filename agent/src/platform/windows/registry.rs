//! The registry of a Windows host, as far as facts are read from it: everything lies under
//! `HKEY_LOCAL_MACHINE`. What is made of the values is tested on any system, over a registry that
//! was exported to text.

use std::io;

use thiserror::Error;

/// The data of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// `REG_SZ`, or `REG_EXPAND_SZ` as it stands there.
    Text(String),
    /// `REG_MULTI_SZ`.
    Lines(Vec<String>),
    /// `REG_DWORD`.
    Number(u32),
    /// `REG_QWORD`.
    Large(u64),
    /// `REG_BINARY`, or any other type with its number.
    Other {
        /// The number of the type (`REG_BINARY` is 3).
        kind: u32,
        /// The bytes.
        bytes: Vec<u8>,
    },
}

/// A value with its name; the default value's name is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Its name, as it is written there.
    pub name: String,
    /// What it holds.
    pub data: Data,
}

/// A key could not be read. That it is not there is no error.
#[derive(Debug, Error)]
#[error("could not read the registry key HKLM\\{key}")]
pub struct RegistryError {
    /// The key, below `HKEY_LOCAL_MACHINE`.
    pub key: String,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// A registry. Keys are below `HKEY_LOCAL_MACHINE`, without a leading backslash; names of keys and
/// values have no case. The 64-bit view is read.
pub trait Registry {
    /// All values of a key, in the order of the registry; `None` when there is no such key. At
    /// most 4096 are read, and at most 1 MiB of each.
    ///
    /// # Errors
    /// When the key is there and cannot be read.
    fn values(&self, key: &str) -> Result<Option<Vec<Value>>, RegistryError>;

    /// The names of the keys directly below one; `None` when there is no such key.
    ///
    /// # Errors
    /// When the key is there and cannot be read.
    fn subkeys(&self, key: &str) -> Result<Option<Vec<String>>, RegistryError>;

    /// One value; `None` when the key or the value is not there.
    ///
    /// # Errors
    /// When the key is there and cannot be read.
    fn value(&self, key: &str, name: &str) -> Result<Option<Data>, RegistryError> {
        let values = self.values(key)?.unwrap_or_default();
        Ok(values.into_iter().find(|v| v.name.eq_ignore_ascii_case(name)).map(|v| v.data))
    }
}

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

impl Data {
    /// The data of a value from the number of its type and its bytes, as `RegEnumValueW` gives
    /// them. Text ends at its first zero, a list at its first empty line, whatever follows; bytes
    /// that do not fit their type are [`Data::Other`].
    #[must_use]
    pub fn from_raw(kind: u32, bytes: Vec<u8>) -> Self {
        match (kind, bytes.as_slice()) {
            (1 | 2, _) => {
                Self::Text(utf16(&bytes).split('\0').next().unwrap_or_default().to_owned())
            }
            (4, &[a, b, c, d]) => Self::Number(u32::from_le_bytes([a, b, c, d])),
            (7, _) => {
                let text = utf16(&bytes);
                let lines = text.split('\0').take_while(|line| !line.is_empty());
                Self::Lines(lines.map(str::to_owned).collect())
            }
            (11, &[a, b, c, d, e, f, g, h]) => {
                Self::Large(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
            }
            _ => Self::Other { kind, bytes },
        }
    }
}

fn utf16(bytes: &[u8]) -> String {
    let pairs = bytes.as_chunks().0.iter();
    let units: Vec<u16> = pairs.map(|pair| u16::from_le_bytes(*pair)).collect();
    String::from_utf16_lossy(&units)
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

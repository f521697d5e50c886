//! The registry of this host.

use std::{io, ptr};

use windows_sys::Win32::{
    Foundation::{
        ERROR_FILE_NOT_FOUND, ERROR_MORE_DATA, ERROR_NO_MORE_ITEMS, ERROR_PATH_NOT_FOUND,
        ERROR_SUCCESS,
    },
    System::Registry::{
        HKEY, HKEY_LOCAL_MACHINE, KEY_READ, KEY_WOW64_64KEY, RegCloseKey, RegEnumKeyExW,
        RegEnumValueW, RegOpenKeyExW, RegQueryInfoKeyW,
    },
};

use super::{
    error::os_error,
    text::{from_wide, units, wide},
};
use crate::platform::windows::registry::{Data, Registry, RegistryError, Value};

/// The most values, and the most subkeys, that are read of one key.
const MAX_ENTRIES: u32 = 4096;
/// The most bytes that are read of one value.
const MAX_DATA: u32 = 1 << 20;
/// The longest name of a value in UTF-16 units, its zero included (Microsoft: "Registry Element
/// Size Limits"); that of a key is 255.
const MAX_NAME: u32 = 16_384;

/// The registry of this host, in its 64-bit view.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct LocalMachine;

/// An open key.
struct Key(HKEY);

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: the handle came from RegOpenKeyExW and is closed once, here.
        unsafe { RegCloseKey(self.0) };
    }
}

impl Key {
    /// Opens a key for reading; `None` when there is no such key.
    fn open(path: &str) -> io::Result<Option<Self>> {
        let path = wide(path)?;
        let mut key: HKEY = ptr::null_mut();
        // SAFETY: `path` ends with a zero and `key` is valid for a write.
        let code = unsafe {
            RegOpenKeyExW(
                HKEY_LOCAL_MACHINE,
                path.as_ptr(),
                0,
                KEY_READ | KEY_WOW64_64KEY,
                &raw mut key,
            )
        };
        match code {
            ERROR_SUCCESS => Ok(Some(Self(key))),
            ERROR_FILE_NOT_FOUND | ERROR_PATH_NOT_FOUND => Ok(None),
            code => Err(os_error(code)),
        }
    }

    /// The bytes of its largest value, as of now.
    fn largest(&self) -> io::Result<u32> {
        let mut largest = 0;
        // SAFETY: every pointer is null, which leaves that answer out, or valid for a write.
        let code = unsafe {
            RegQueryInfoKeyW(
                self.0,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                &raw mut largest,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        if code == ERROR_SUCCESS { Ok(largest) } else { Err(os_error(code)) }
    }

    fn values(&self) -> io::Result<Vec<Value>> {
        let mut room = self.largest()?.clamp(1024, MAX_DATA);
        let mut values = Vec::new();
        let mut index = 0;
        while index < MAX_ENTRIES {
            match self.value(index, room)? {
                Entry::Value(value) => {
                    values.push(value);
                    index += 1;
                }
                // The value has grown since its key was asked, or has always been too large.
                Entry::TooLarge if room < MAX_DATA => room = room.saturating_mul(2).min(MAX_DATA),
                Entry::TooLarge => return Err(os_error(ERROR_MORE_DATA)),
                Entry::End => break,
            }
        }
        Ok(values)
    }

    fn value(&self, index: u32, room: u32) -> io::Result<Entry> {
        let mut name = vec![0_u16; usize::try_from(MAX_NAME).unwrap_or(0)];
        let mut name_length = MAX_NAME;
        let mut data = vec![0_u8; usize::try_from(room).unwrap_or(0)];
        let (mut kind, mut length) = (0, room);
        // SAFETY: `name` and `data` hold as many units and bytes as `name_length` and `length` say,
        // and all pointers are valid for writes for the whole call.
        let code = unsafe {
            RegEnumValueW(
                self.0,
                index,
                name.as_mut_ptr(),
                &raw mut name_length,
                ptr::null(),
                &raw mut kind,
                data.as_mut_ptr(),
                &raw mut length,
            )
        };
        match code {
            ERROR_SUCCESS => {
                let data = usize::try_from(length).ok().and_then(|length| data.get(..length));
                Ok(Entry::Value(Value {
                    name: from_wide(&name),
                    data: decoded(kind, data.unwrap_or_default()),
                }))
            }
            ERROR_NO_MORE_ITEMS => Ok(Entry::End),
            ERROR_MORE_DATA => Ok(Entry::TooLarge),
            code => Err(os_error(code)),
        }
    }

    fn subkeys(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for index in 0..MAX_ENTRIES {
            let mut name = [0_u16; 256];
            let mut length: u32 = 256;
            // SAFETY: `name` holds as many units as `length` says, both are valid for writes, and
            // every other pointer is null, which leaves that answer out.
            let code = unsafe {
                RegEnumKeyExW(
                    self.0,
                    index,
                    name.as_mut_ptr(),
                    &raw mut length,
                    ptr::null(),
                    ptr::null_mut(),
                    ptr::null_mut(),
                    ptr::null_mut(),
                )
            };
            match code {
                ERROR_SUCCESS => names.push(from_wide(&name)),
                ERROR_NO_MORE_ITEMS => break,
                code => return Err(os_error(code)),
            }
        }
        Ok(names)
    }
}

/// What stands at one index of a key.
enum Entry {
    Value(Value),
    TooLarge,
    End,
}

/// The data of a value of type `kind` (winnt.h: `REG_SZ` …).
fn decoded(kind: u32, bytes: &[u8]) -> Data {
    match (kind, bytes) {
        (1 | 2, _) => Data::Text(from_wide(&units(bytes))),
        (7, _) => Data::Lines(lines(&units(bytes))),
        (4, &[a, b, c, d]) => Data::Number(u32::from_le_bytes([a, b, c, d])),
        (11, &[a, b, c, d, e, f, g, h]) => {
            Data::Large(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
        }
        _ => Data::Other { kind, bytes: bytes.to_vec() },
    }
}

/// The texts of a `REG_MULTI_SZ`. The closing zeros may be missing; an empty text within ends the
/// list for everyone who reads it with the system's own functions, and so it does here.
fn lines(units: &[u16]) -> Vec<String> {
    units
        .split(|unit| *unit == 0)
        .take_while(|line| !line.is_empty())
        .map(String::from_utf16_lossy)
        .collect()
}

impl Registry for LocalMachine {
    fn values(&self, key: &str) -> Result<Option<Vec<Value>>, RegistryError> {
        let read = || Key::open(key)?.map(|open| open.values()).transpose();
        read().map_err(|source| RegistryError { key: key.to_owned(), source })
    }

    fn subkeys(&self, key: &str) -> Result<Option<Vec<String>>, RegistryError> {
        let read = || Key::open(key)?.map(|open| open.subkeys()).transpose();
        read().map_err(|source| RegistryError { key: key.to_owned(), source })
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// `reg.exe`: another program than the one under test seeds what it reads.
    fn reg(arguments: &[&str]) {
        let root = std::env::var_os("SystemRoot").expect("a Windows folder");
        let program = std::path::PathBuf::from(root).join(r"System32\reg.exe");
        let done = Command::new(program).args(arguments).output().expect("reg.exe");
        assert!(done.status.success(), "{arguments:?}: {done:?}");
    }

    #[test]
    fn what_was_written_is_read_back() {
        let below = format!(r"SOFTWARE\epmesh-test-{}", std::process::id());
        let key = format!(r"HKLM\{below}");
        let write = |name: &str, kind: &str, data: &str| {
            reg(&["add", &key, "/v", name, "/t", kind, "/d", data, "/f"]);
        };
        write("ncacn_ip_tcp", "REG_SZ", "rpcrt4.dll");
        write("Ports", "REG_MULTI_SZ", r"5000-5100\06000");
        write("TCP/IP Port", "REG_DWORD", "50000");
        write("Raw", "REG_BINARY", "00ff10");
        write("Long", "REG_SZ", &"x".repeat(3000));
        reg(&["add", &format!(r"{key}\Below"), "/f"]);

        let values = LocalMachine.values(&below).expect("it can be read").expect("it is there");
        let find = |name: &str| values.iter().find(|v| v.name == name).map(|v| v.data.clone());
        assert_eq!(find("ncacn_ip_tcp"), Some(Data::Text("rpcrt4.dll".into())));
        assert_eq!(find("TCP/IP Port"), Some(Data::Number(50_000)));
        assert_eq!(find("Ports"), Some(Data::Lines(vec!["5000-5100".into(), "6000".into()])));
        assert_eq!(find("Raw"), Some(Data::Other { kind: 3, bytes: vec![0, 0xff, 0x10] }));
        assert_eq!(find("Long"), Some(Data::Text("x".repeat(3000))));
        assert_eq!(LocalMachine.value(&below, "tcp/ip port").ok().flatten(), find("TCP/IP Port"));
        let subkeys = LocalMachine.subkeys(&below).expect("it can be read");
        assert_eq!(subkeys, Some(vec!["Below".to_owned()]));

        reg(&["delete", &key, "/f"]);
        assert_eq!(LocalMachine.values(&below).expect("that is an answer"), None);
        assert_eq!(LocalMachine.subkeys(&below).expect("that is an answer"), None);
    }

    #[test]
    fn data_of_a_wrong_length_stays_bytes() {
        assert_eq!(decoded(4, &[1, 2]), Data::Other { kind: 4, bytes: vec![1, 2] });
        assert_eq!(decoded(1, b"a\0b\0\0\0c\0"), Data::Text("ab".into()));
        assert_eq!(decoded(7, b"a\0\0\0b\0"), Data::Lines(vec!["a".into(), "b".into()]));
        assert_eq!(decoded(7, b"\0\0"), Data::Lines(Vec::new()));
    }
}

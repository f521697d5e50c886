//! The names of this computer.

use std::io;

use windows_sys::Win32::System::SystemInformation::{
    ComputerNameDnsDomain, ComputerNameDnsFullyQualified, ComputerNameNetBIOS, GetComputerNameExW,
    GetSystemWindowsDirectoryW,
};

use super::text::from_wide;

/// A kind of name of the computer.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum NameKind {
    NetBios,
    DnsDomain,
    DnsFullyQualified,
}

/// A name of this computer (`GetComputerNameExW`); empty when it has none of that kind.
pub(in super::super) fn computer_name(kind: NameKind) -> io::Result<String> {
    let kind = match kind {
        NameKind::NetBios => ComputerNameNetBIOS,
        NameKind::DnsDomain => ComputerNameDnsDomain,
        NameKind::DnsFullyQualified => ComputerNameDnsFullyQualified,
    };
    // A DNS name has at most 255 characters, and the call counts the closing zero.
    let mut buffer = [0_u16; 512];
    let mut size: u32 = 512;
    // SAFETY: `buffer` and `size` are valid for writes for the whole call, and `size` is the
    // number of UTF-16 units that `buffer` holds; the call writes no more than that.
    let done = unsafe { GetComputerNameExW(kind, buffer.as_mut_ptr(), &raw mut size) };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(from_wide(&buffer))
}

/// The folder of Windows, `C:\Windows`, whatever the environment says (`GetSystemWindowsDirectoryW`).
pub(in super::super) fn windows_folder() -> io::Result<String> {
    let mut buffer = [0_u16; 512];
    // SAFETY: `buffer` has 512 units and is valid for writes.
    let length = unsafe { GetSystemWindowsDirectoryW(buffer.as_mut_ptr(), 512) };
    match length {
        0 => Err(io::Error::last_os_error()),
        1..512 => Ok(from_wide(&buffer)),
        _ => Err(io::Error::other("the path of the Windows folder is too long")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_host_has_a_name_and_a_folder() {
        assert!(!computer_name(NameKind::NetBios).expect("a name").is_empty());
        let folder = windows_folder().expect("a folder");
        assert!(std::path::Path::new(&folder).join("System32").is_dir(), "{folder}");
    }
}

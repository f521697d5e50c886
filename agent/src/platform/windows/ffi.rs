//! The calls into Windows.

use std::io;

use windows_sys::Win32::System::SystemInformation::{
    ComputerNameDnsDomain, ComputerNameDnsFullyQualified, ComputerNameNetBIOS, GetComputerNameExW,
};

/// Which name of the computer.
#[derive(Clone, Copy, Debug)]
pub(super) enum NameKind {
    NetBios,
    DnsDomain,
    DnsFullyQualified,
}

/// A name of this computer (`GetComputerNameExW`); empty when it has none of that kind.
#[expect(unsafe_code, reason = "GetComputerNameExW has no safe wrapper in windows-sys")]
pub(super) fn computer_name(kind: NameKind) -> io::Result<String> {
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
    let length = usize::try_from(size).unwrap_or(0);
    Ok(String::from_utf16_lossy(buffer.get(..length).unwrap_or_default()))
}

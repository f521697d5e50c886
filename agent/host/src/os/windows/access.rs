//! Access rights of the agent's own files on Windows: a protected access control list, and the
//! owner.

use std::{io, path::Path, ptr};

use windows_sys::Win32::{
    Foundation::{CloseHandle, ERROR_ALREADY_EXISTS, ERROR_SUCCESS, LocalFree},
    Security::{
        Authorization::{
            ConvertSecurityDescriptorToStringSecurityDescriptorW,
            ConvertStringSecurityDescriptorToSecurityDescriptorW, GetNamedSecurityInfoW,
            SDDL_REVISION_1, SE_FILE_OBJECT, SetNamedSecurityInfoW,
        },
        DACL_SECURITY_INFORMATION, EqualSid, GetSecurityDescriptorDacl, GetSecurityDescriptorOwner,
        GetTokenInformation, IsWellKnownSid, OBJECT_SECURITY_INFORMATION,
        OWNER_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR,
        PSID, SECURITY_ATTRIBUTES, TOKEN_QUERY, TOKEN_USER, TokenUser, WinLocalSystemSid,
    },
    Storage::FileSystem::CreateDirectoryW,
    System::Threading::{GetCurrentProcess, OpenProcessToken},
};

use super::text::{os_error, wide};

/// The SID of `NT SERVICE\epmesh-agent`: made by Windows from the SHA-1 of the service's name (a
/// test does the same), and in the token of that service's process alone.
pub const SERVICE_SID: &str = "S-1-5-80-106248145-3838398339-717341488-1627342315-2306337135";

/// SYSTEM, the administrators, the service and the owner (`S-1-3-4`): everything. Nobody else:
/// nothing, whatever the folder above allows (`P`). In a folder it holds for what is in it (`OICI`).
/// The owner could change the list anyway; it is named so that a user who tries the agent out without
/// an administrator's rights, in a folder of his own, is not locked out of that folder.
fn descriptor(inherit: &str) -> String {
    let entries: String = ["SY", "BA", SERVICE_SID, "S-1-3-4"]
        .iter()
        .map(|who| format!("(A;{inherit};FA;;;{who})"))
        .collect();
    format!("D:P{entries}")
}

/// A security descriptor that Windows allocated.
struct Descriptor(PSECURITY_DESCRIPTOR);

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: it was allocated by a function that says to free it so, and is freed only here.
        unsafe { LocalFree(self.0) };
    }
}

impl Descriptor {
    fn parse(text: &str) -> io::Result<Self> {
        let text = wide(text);
        let mut descriptor = ptr::null_mut();
        // SAFETY: the text ends with a zero; `descriptor` is valid for writes; no size is wanted.
        let done = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &raw mut descriptor,
                ptr::null_mut(),
            )
        };
        if done == 0 { Err(io::Error::last_os_error()) } else { Ok(Self(descriptor)) }
    }

    fn of(path: &Path, what: OBJECT_SECURITY_INFORMATION) -> io::Result<Self> {
        let path = wide(path);
        let mut descriptor = ptr::null_mut();
        // SAFETY: the path ends with a zero; the parts that are not wanted are null; `descriptor`
        // is valid for writes.
        let status = unsafe {
            GetNamedSecurityInfoW(
                path.as_ptr(),
                SE_FILE_OBJECT,
                what,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                &raw mut descriptor,
            )
        };
        if status == ERROR_SUCCESS { Ok(Self(descriptor)) } else { Err(os_error(status)) }
    }

    fn text(&self, what: OBJECT_SECURITY_INFORMATION) -> io::Result<String> {
        let (mut text, mut length) = (ptr::null_mut(), 0_u32);
        // SAFETY: the descriptor is valid as long as `self`; both results are valid for writes.
        let done = unsafe {
            ConvertSecurityDescriptorToStringSecurityDescriptorW(
                self.0,
                SDDL_REVISION_1,
                what,
                &raw mut text,
                &raw mut length,
            )
        };
        if done == 0 {
            return Err(io::Error::last_os_error());
        }
        let length = usize::try_from(length).unwrap_or(0);
        // SAFETY: the call succeeded: `text` points to `length` units, its closing zero included.
        let units = unsafe { std::slice::from_raw_parts(text, length) };
        let words = String::from_utf16_lossy(units).trim_end_matches('\0').to_owned();
        // SAFETY: allocated by the call above, which says to free it so; `units` is not used again.
        unsafe { LocalFree(text.cast()) };
        Ok(words)
    }
}

/// Makes the folder, private from its first moment. It is no error when it is there.
///
/// # Errors
/// What the system says.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    let descriptor = Descriptor::parse(&descriptor("OICI"))?;
    let attributes = SECURITY_ATTRIBUTES {
        nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).map_err(io::Error::other)?,
        lpSecurityDescriptor: descriptor.0,
        bInheritHandle: 0,
    };
    let path = wide(path);
    // SAFETY: the path ends with a zero; the attributes and the descriptor they point to outlive
    // the call.
    let done = unsafe { CreateDirectoryW(path.as_ptr(), &raw const attributes) };
    if done != 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    if error.raw_os_error() == Some(ERROR_ALREADY_EXISTS.cast_signed()) {
        Ok(())
    } else {
        Err(error)
    }
}

/// Makes what is at `path`, a file or a folder, private.
///
/// # Errors
/// What the system says.
pub fn make_private(path: &Path, is_dir: bool) -> io::Result<()> {
    let descriptor = Descriptor::parse(&descriptor(if is_dir { "OICI" } else { "" }))?;
    let (mut present, mut list, mut defaulted) = (0, ptr::null_mut(), 0);
    // SAFETY: the descriptor is valid; the three results are valid for writes.
    let done = unsafe {
        GetSecurityDescriptorDacl(descriptor.0, &raw mut present, &raw mut list, &raw mut defaulted)
    };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    if present == 0 || list.is_null() {
        // A null list would let everybody in.
        return Err(io::Error::other("the access control list came out empty"));
    }
    let path = wide(path);
    // SAFETY: the path ends with a zero; `list` points into `descriptor`, which outlives the
    // call; what is not set is null.
    let status = unsafe {
        SetNamedSecurityInfoW(
            path.as_ptr(),
            SE_FILE_OBJECT,
            DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
            ptr::null_mut(),
            ptr::null_mut(),
            list,
            ptr::null(),
        )
    };
    if status == ERROR_SUCCESS { Ok(()) } else { Err(os_error(status)) }
}

/// The access control list at `path`, in SDDL.
///
/// # Errors
/// What the system says.
#[cfg(test)]
pub fn list_of(path: &Path) -> io::Result<String> {
    Descriptor::of(path, DACL_SECURITY_INFORMATION)?.text(DACL_SECURITY_INFORMATION)
}

/// The owner of what is at `path`: a SID, or the two letters that SDDL has for it.
///
/// # Errors
/// What the system says.
pub fn owner_of(path: &Path) -> io::Result<String> {
    let text =
        Descriptor::of(path, OWNER_SECURITY_INFORMATION)?.text(OWNER_SECURITY_INFORMATION)?;
    Ok(text.trim_start_matches("O:").to_owned())
}

/// Whether what is at `path` belongs to the user that runs this program.
///
/// # Errors
/// What the system says.
pub fn is_ours(path: &Path) -> io::Result<bool> {
    let descriptor = Descriptor::of(path, OWNER_SECURITY_INFORMATION)?;
    let (mut owner, mut defaulted) = (ptr::null_mut(), 0);
    // SAFETY: the descriptor is valid; both results are valid for writes.
    let found =
        unsafe { GetSecurityDescriptorOwner(descriptor.0, &raw mut owner, &raw mut defaulted) };
    if found == 0 {
        return Err(io::Error::last_os_error());
    }
    let user = User::current()?;
    // SAFETY: both SIDs are valid: `owner` is not null here and points into `descriptor`, the
    // other into `user`; both outlive the call.
    Ok(!owner.is_null() && unsafe { EqualSid(owner, user.sid()) } != 0)
}

/// Whether this process runs as LocalSystem.
///
/// # Errors
/// What the system says.
pub fn is_local_system() -> io::Result<bool> {
    let user = User::current()?;
    // SAFETY: the SID is valid, in a buffer that outlives the call.
    Ok(unsafe { IsWellKnownSid(user.sid(), WinLocalSystemSid) } != 0)
}

/// The user of this process: a `TOKEN_USER` and the SID it points to, in one buffer.
struct User(Box<[u64; 32]>);

impl User {
    fn current() -> io::Result<Self> {
        let mut token = ptr::null_mut();
        // SAFETY: the handle of the current process is always valid; `token` is valid for writes.
        if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) } == 0 {
            return Err(io::Error::last_os_error());
        }
        // Aligned as the structure asks for. A SID has at most 68 bytes, the structure 16.
        let mut buffer = Box::new([0_u64; 32]);
        let (size, mut needed) = (256, 0_u32);
        // SAFETY: the token was opened just now; `buffer` has `size` bytes and is valid for writes.
        let done = unsafe {
            GetTokenInformation(token, TokenUser, buffer.as_mut_ptr().cast(), size, &raw mut needed)
        };
        let outcome = if done == 0 { Err(io::Error::last_os_error()) } else { Ok(Self(buffer)) };
        // SAFETY: the token is open and is not used after this.
        unsafe { CloseHandle(token) };
        outcome
    }

    fn sid(&self) -> PSID {
        // SAFETY: the buffer is aligned and large enough for a TOKEN_USER, and the call that
        // filled it succeeded; the SID that it points to is in the same, boxed, buffer.
        unsafe { (*self.0.as_ptr().cast::<TOKEN_USER>()).User.Sid }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wine translates a list into the mode of a Unix file and back, so the words differ there;
    /// what is checked is what must hold on both.
    #[test]
    fn a_private_folder_is_for_nobody_else() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("private");
        create_private_dir(&path).expect("it can be made");
        create_private_dir(&path).expect("it may be there");
        let file = path.join("file");
        std::fs::write(&file, "x").expect("it can be written");
        make_private(&file, false).expect("it can be made private");
        for path in [&path, &file] {
            let list = list_of(path).expect("it has a list");
            for everybody in [";;;WD)", ";;;BU)", ";;;AU)"] {
                assert!(!list.contains(everybody), "{list}");
            }
        }
        assert!(is_ours(&file).expect("it has an owner"));
        assert!(!owner_of(&file).expect("it has an owner").is_empty());
        assert_eq!(std::fs::read(&file).expect("its owner reads it"), b"x");
    }
}

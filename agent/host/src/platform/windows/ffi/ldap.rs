//! The directory of this host over the system's own LDAP library, as the account this process runs
//! under: as `LocalSystem` that is the domain controller itself, and no password is stored.

use std::{ffi::c_void, ptr};

use thiserror::Error;
use tonic::async_trait;
use windows_sys::{
    Win32::Networking::Ldap::{
        LDAP, LDAP_BERVAL, LDAP_NO_RESULTS_RETURNED, LDAP_OPT_AREC_EXCLUSIVE, LDAP_OPT_ENCRYPT,
        LDAP_OPT_PROTOCOL_VERSION, LDAP_OPT_REFERRALS, LDAP_OPT_SEND_TIMEOUT, LDAP_OPT_SIGN,
        LDAP_OPT_TIMELIMIT, LDAP_PORT, LDAP_SCOPE_BASE, LDAP_SCOPE_SUBTREE, LDAP_SUCCESS,
        LDAP_TIMEOUT, LDAP_TIMEVAL, LDAP_VERSION3, LDAPMessage, LdapGetLastError, ldap_bind_sW,
        ldap_connect, ldap_count_values_len, ldap_err2stringW, ldap_first_entry, ldap_get_dnW,
        ldap_get_next_page_s, ldap_get_values_lenW, ldap_initW, ldap_memfreeW, ldap_msgfree,
        ldap_next_entry, ldap_search_abandon_page, ldap_search_ext_sW, ldap_search_init_pageW,
        ldap_set_optionW, ldap_unbind, ldap_value_free_len,
    },
    core::PCWSTR,
};

use super::text::{self, wide};
use crate::platform::directory::{
    Ask, DirectoryError, Entry,
    ask::{ANSWER, MAX_ENTRIES},
};

/// `LDAP_AUTH_NEGOTIATE` of winldap.h, which windows-sys has not: Kerberos, else NTLM.
const NEGOTIATE: u32 = 0x86 | 0x0400;
/// Entries asked for at once.
const PAGE: u32 = 500;
/// The longest distinguished name that is taken, in UTF-16 units.
const MAX_DN: usize = 2048;
/// The most values of one attribute; a domain controller has some tens of neighbours a naming
/// context.
const MAX_VALUES: u32 = 4096;
/// The longest value that is taken.
const MAX_VALUE: u32 = 64 * 1024;

/// An error of the LDAP library.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{call} failed: LDAP error {code} ({text})")]
pub(in super::super) struct LdapError {
    call: &'static str,
    code: u32,
    text: String,
}

fn check(call: &'static str, code: u32) -> Result<(), LdapError> {
    if code == LDAP_SUCCESS.cast_unsigned() { Ok(()) } else { Err(error(call, code)) }
}

fn error(call: &'static str, code: u32) -> LdapError {
    // SAFETY: the text belongs to the library, ends with a zero, and is not to be freed.
    let text = unsafe { text::at(ldap_err2stringW(code), 128) }.unwrap_or_default();
    LdapError { call, code, text }
}

/// An open connection to the directory.
#[derive(Debug)]
pub(in super::super) struct Connection(*mut LDAP);

// SAFETY: the library lets a connection be used by any thread, one at a time, and `&mut self` is
// needed for everything but the calls that only look at an answer.
unsafe impl Send for Connection {}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: the connection came from ldap_initW and is ended once, here.
        unsafe { ldap_unbind(self.0) };
    }
}

impl Connection {
    /// Connects to `host` and logs on as this process, signed and encrypted.
    ///
    /// # Errors
    /// When one of the steps fails.
    pub(in super::super) fn open(host: &str) -> Result<Self, LdapError> {
        // LDAP_PARAM_ERROR
        let name = wide(host).map_err(|_| error("ldap_init", 89))?;
        // SAFETY: the name ends with a zero.
        let raw = unsafe { ldap_initW(name.as_ptr(), LDAP_PORT) };
        if raw.is_null() {
            // SAFETY: the call takes nothing.
            return Err(error("ldap_init", unsafe { LdapGetLastError() }));
        }
        let mut connection = Self(raw);
        connection.set("LDAP_OPT_PROTOCOL_VERSION", LDAP_OPT_PROTOCOL_VERSION, LDAP_VERSION3)?;
        let seconds = u32::try_from(ANSWER.as_secs()).unwrap_or(5);
        connection.set("LDAP_OPT_TIMELIMIT", LDAP_OPT_TIMELIMIT, seconds)?;
        connection.set("LDAP_OPT_SEND_TIMEOUT", LDAP_OPT_SEND_TIMEOUT, seconds)?;
        connection.switch("LDAP_OPT_REFERRALS", LDAP_OPT_REFERRALS, false)?;
        connection.switch("LDAP_OPT_SIGN", LDAP_OPT_SIGN, true)?;
        connection.switch("LDAP_OPT_ENCRYPT", LDAP_OPT_ENCRYPT, true)?;
        // It is a host's name: without this the library also looks for domain controllers of a domain of that name.
        // Where the library does not know the option, it looks.
        let _ = connection.switch("LDAP_OPT_AREC_EXCLUSIVE", LDAP_OPT_AREC_EXCLUSIVE, true);
        let mut most = limit();
        // SAFETY: the connection is live, and the limit valid for the whole call.
        check("ldap_connect", unsafe { ldap_connect(connection.0, &raw mut most) })?;
        // SAFETY: the connection is live; no name and no secret stand for this process's own.
        let code = unsafe { ldap_bind_sW(connection.0, ptr::null(), ptr::null(), NEGOTIATE) };
        check("ldap_bind_s", code)?;
        Ok(connection)
    }

    /// Sets an option that is a number.
    fn set(&mut self, call: &'static str, option: u32, value: u32) -> Result<(), LdapError> {
        // SAFETY: the connection is live, and these options are read from a ULONG.
        let code =
            unsafe { ldap_set_optionW(self.0, option.cast_signed(), (&raw const value).cast()) };
        check(call, code)
    }

    /// Sets an option that is on or off: `LDAP_OPT_ON` and `LDAP_OPT_OFF` are the pointer itself.
    fn switch(&mut self, call: &'static str, option: u32, on: bool) -> Result<(), LdapError> {
        let value: *const c_void = ptr::without_provenance(usize::from(on));
        // SAFETY: the connection is live, and for these options the pointer is not followed.
        check(call, unsafe { ldap_set_optionW(self.0, option.cast_signed(), value) })
    }

    fn one(&mut self, dn: &str, attributes: &Attributes) -> Result<Vec<Entry>, LdapError> {
        let base = wide(dn).map_err(|_| error("ldap_search", 34))?;
        let filter: PCWSTR = windows_sys::w!("(objectClass=*)");
        let mut most = limit();
        let mut answer = Answer(ptr::null_mut());
        // SAFETY: all texts end with a zero, the list of attributes with a null, the controls may
        // be null, and the answer is valid for a write and ours afterwards.
        let code = unsafe {
            ldap_search_ext_sW(
                self.0,
                base.as_ptr(),
                LDAP_SCOPE_BASE,
                filter,
                attributes.pointers.as_ptr(),
                0,
                ptr::null(),
                ptr::null(),
                &raw mut most,
                1,
                &raw mut answer.0,
            )
        };
        check("ldap_search", code)?;
        Ok(self.entries(&answer, attributes))
    }

    fn all(
        &mut self,
        base: &str,
        filter: &str,
        attributes: &Attributes,
    ) -> Result<Option<Vec<Entry>>, LdapError> {
        let invalid = |_| error("ldap_search", 34);
        let (base, filter) = (wide(base).map_err(invalid)?, wide(filter).map_err(invalid)?);
        let seconds = u32::try_from(ANSWER.as_secs()).unwrap_or(5);
        // SAFETY: as in `one`.
        let raw = unsafe {
            ldap_search_init_pageW(
                self.0,
                base.as_ptr(),
                LDAP_SCOPE_SUBTREE,
                filter.as_ptr(),
                attributes.pointers.as_ptr(),
                0,
                ptr::null_mut(),
                ptr::null_mut(),
                seconds,
                0,
                ptr::null_mut(),
            )
        };
        if raw == 0 {
            // SAFETY: the call takes nothing.
            return Err(error("ldap_search_init_page", unsafe { LdapGetLastError() }));
        }
        let search = Search { connection: self.0, raw };
        let mut found = Vec::new();
        // Every page but the last has entries, so that there are no more pages than entries.
        for _ in 0..=MAX_ENTRIES {
            let mut most = limit();
            let mut total = 0;
            let mut answer = Answer(ptr::null_mut());
            // SAFETY: the search belongs to this live connection, and every pointer is valid for a
            // write; the answer is ours afterwards.
            let code = unsafe {
                ldap_get_next_page_s(
                    self.0,
                    search.raw,
                    &raw mut most,
                    PAGE,
                    &raw mut total,
                    &raw mut answer.0,
                )
            };
            if code == LDAP_NO_RESULTS_RETURNED.cast_unsigned() {
                return Ok(Some(found));
            }
            check("ldap_get_next_page", code)?;
            found.extend(self.entries(&answer, attributes));
            if found.len() > MAX_ENTRIES {
                break;
            }
        }
        Ok(None)
    }

    /// The entries of an answer, with these attributes.
    fn entries(&self, answer: &Answer, attributes: &Attributes) -> Vec<Entry> {
        let mut entries = Vec::new();
        if answer.0.is_null() {
            return entries;
        }
        // SAFETY: the answer came over this connection and has not been freed.
        let mut next = unsafe { ldap_first_entry(self.0, answer.0) };
        while !next.is_null() && entries.len() <= MAX_ENTRIES {
            // SAFETY: `next` is an entry of the answer; the name ends with a zero and is freed once.
            let dn = unsafe {
                let raw = ldap_get_dnW(self.0, next);
                let dn = text::at(raw, MAX_DN);
                if !raw.is_null() {
                    ldap_memfreeW(raw);
                }
                dn
            };
            let mut entry = Entry::new(dn.unwrap_or_default());
            for (name, wide) in attributes.names.iter().zip(&attributes.texts) {
                // SAFETY: the entry is live and the name ends with a zero.
                let raw = unsafe { ldap_get_values_lenW(self.0, next, wide.as_ptr()) };
                entry.add(name, Values(raw).copied());
            }
            entries.push(entry);
            // SAFETY: as above.
            next = unsafe { ldap_next_entry(self.0, next) };
        }
        entries
    }
}

/// How long one answer may take.
fn limit() -> LDAP_TIMEVAL {
    LDAP_TIMEVAL { tv_sec: i32::try_from(ANSWER.as_secs()).unwrap_or(5), tv_usec: 0 }
}

/// A list of attributes as the library takes it.
struct Attributes {
    names: Vec<String>,
    texts: Vec<Vec<u16>>,
    pointers: Vec<*const u16>,
}

impl Attributes {
    fn new(names: &[&str]) -> Self {
        let texts: Vec<Vec<u16>> = names.iter().filter_map(|name| wide(name).ok()).collect();
        let mut pointers: Vec<*const u16> = texts.iter().map(Vec::as_ptr).collect();
        pointers.push(ptr::null());
        Self { names: names.iter().map(|&name| name.to_owned()).collect(), texts, pointers }
    }
}

/// An answer of the library; null while there is none.
struct Answer(*mut LDAPMessage);

impl Drop for Answer {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the answer came from the library and is freed once, here.
            unsafe { ldap_msgfree(self.0) };
        }
    }
}

/// A search in pages.
struct Search {
    connection: *mut LDAP,
    raw: isize,
}

impl Drop for Search {
    fn drop(&mut self) {
        // SAFETY: the search belongs to the connection, which outlives it, and is ended once, here.
        unsafe { ldap_search_abandon_page(self.connection, self.raw) };
    }
}

/// The values of an attribute; null when it has none.
struct Values(*mut *mut LDAP_BERVAL);

impl Drop for Values {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the values came from the library and are freed once, here.
            unsafe { ldap_value_free_len(self.0) };
        }
    }
}

impl Values {
    fn copied(&self) -> Vec<Vec<u8>> {
        if self.0.is_null() {
            return Vec::new();
        }
        // SAFETY: the values have not been freed.
        let count = unsafe { ldap_count_values_len(self.0) }.min(MAX_VALUES);
        let mut copied = Vec::new();
        for index in 0..usize::try_from(count).unwrap_or(0) {
            // SAFETY: the list has `count` values, each with as many bytes as it says.
            unsafe {
                let value = *self.0.add(index);
                if value.is_null() || (*value).bv_val.is_null() || (*value).bv_len > MAX_VALUE {
                    // Kept as one that cannot be read: a list must not look shorter than it is.
                    copied.push(Vec::new());
                    continue;
                }
                let length = usize::try_from((*value).bv_len).unwrap_or(0);
                copied.push(std::slice::from_raw_parts((*value).bv_val, length).to_vec());
            }
        }
        copied
    }
}

fn failed(what: &str, error: LdapError) -> DirectoryError {
    let what = what.to_owned();
    if error.code == LDAP_TIMEOUT.cast_unsigned() {
        DirectoryError::Silent { what }
    } else {
        DirectoryError::Refused { what, source: Box::new(error) }
    }
}

/// The calls block: this is for a thread that may.
#[async_trait]
impl Ask for Connection {
    async fn object(&mut self, dn: &str, attributes: &[&str]) -> Result<Entry, DirectoryError> {
        let what = if dn.is_empty() { "the rootDSE" } else { dn };
        let found = self.one(dn, &Attributes::new(attributes));
        let entry = found.map_err(|error| failed(what, error))?.pop();
        entry.ok_or_else(|| DirectoryError::Missing { what: what.to_owned() })
    }

    async fn below(
        &mut self,
        base: &str,
        filter: &str,
        attributes: &[&str],
    ) -> Result<Vec<Entry>, DirectoryError> {
        let found = self.all(base, filter, &Attributes::new(attributes));
        found
            .map_err(|error| failed(filter, error))?
            .ok_or_else(|| DirectoryError::TooMany { what: filter.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where no directory listens, there is no connection; a reader of it never gets an empty one.
    #[test]
    fn nobody_there_is_an_error() {
        if std::net::TcpStream::connect(("127.0.0.1", 389)).is_ok() {
            return;
        }
        let error = Connection::open("127.0.0.1").expect_err("nobody listens");
        assert_ne!(error.code, 0, "{error}");
    }
}

//! Entries of the DNS client's cache for a name. No question goes out.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    ptr,
};

use epmesh_facts::{DnsName, Record, RecordData, RecordType};
use windows_sys::Win32::{
    Foundation::{
        DNS_ERROR_RCODE_NAME_ERROR, DNS_ERROR_RECORD_DOES_NOT_EXIST, DNS_INFO_NO_RECORDS,
        ERROR_INVALID_NAME, ERROR_SUCCESS,
    },
    NetworkManagement::Dns::{
        DNS_QUERY_NO_HOSTS_FILE, DNS_QUERY_NO_MULTICAST, DNS_QUERY_NO_NETBT,
        DNS_QUERY_NO_WIRE_QUERY, DNS_QUERY_TREAT_AS_FQDN, DNS_RECORDA, DNS_RECORDW, DNS_TYPE_A,
        DNS_TYPE_AAAA, DNS_TYPE_CNAME, DnsFree, DnsFreeRecordList, DnsQuery_W,
    },
};

use super::{
    error::CallError,
    text::{self, wide},
};
use crate::platform::windows::cached::Cached;

/// The most records that are taken of one answer: one more than a report holds, so that what is too
/// long is not taken for whole.
const MAX_RECORDS: usize = epmesh_wire::limits::RECORDS + 1;
/// The longest name in UTF-16 units, its zero included.
const MAX_NAME: usize = 256;

/// Reads the entries of the DNS client's cache for `name` (`DnsQuery` with `DNS_QUERY_NO_WIRE_QUERY`).
///
/// # Errors
/// When the cache cannot be asked.
pub(in super::super) fn look(name: &DnsName, kind: RecordType) -> Result<Cached, CallError> {
    let fail = |code| CallError { call: "DnsQuery", code };
    let name = wide(name.as_str()).map_err(|_| fail(ERROR_INVALID_NAME))?;
    let kind = match kind {
        RecordType::Cname => DNS_TYPE_CNAME,
        RecordType::A => DNS_TYPE_A,
        RecordType::Aaaa => DNS_TYPE_AAAA,
        // Names of NetBIOS have a cache of their own.
        RecordType::Nb => return Ok(Cached::Nothing),
    };
    let options = DNS_QUERY_NO_WIRE_QUERY
        | DNS_QUERY_NO_HOSTS_FILE
        | DNS_QUERY_NO_NETBT
        | DNS_QUERY_NO_MULTICAST
        | DNS_QUERY_TREAT_AS_FQDN;
    let mut list = List(ptr::null_mut());
    // SAFETY: the name ends with a zero, the list is valid for a write and is ours afterwards, and
    // the other two pointers may be null.
    let code = unsafe {
        DnsQuery_W(name.as_ptr(), kind, options, ptr::null_mut(), &raw mut list.0, ptr::null_mut())
    };
    match code {
        ERROR_SUCCESS => match list.records() {
            records if records.is_empty() => Ok(Cached::Nothing),
            records => Ok(Cached::Records(records)),
        },
        DNS_ERROR_RCODE_NAME_ERROR => Ok(Cached::NoSuchName),
        DNS_ERROR_RECORD_DOES_NOT_EXIST => Ok(Cached::Nothing),
        code if code == DNS_INFO_NO_RECORDS.cast_unsigned() => Ok(Cached::Nothing),
        code => Err(fail(code)),
    }
}

/// A list of records that `DnsQuery` made; null while there is none.
struct List(*mut DNS_RECORDA);

impl Drop for List {
    fn drop(&mut self) {
        // SAFETY: null, or a list from DnsQuery that is freed once, here.
        unsafe { DnsFree(self.0.cast(), DnsFreeRecordList) };
    }
}

impl List {
    fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        let mut next: *const DNS_RECORDW = self.0.cast();
        for _ in 0..MAX_RECORDS {
            if next.is_null() {
                break;
            }
            // SAFETY: `next` is a record of the list, which lives as long as `self`. DnsQuery_W
            // makes records in UTF-16; windows-sys declares them as the structure of the ANSI call,
            // which has the same layout.
            records.extend(unsafe { record(next) });
            // SAFETY: as above.
            next = unsafe { (*next).pNext };
        }
        records
    }
}

/// The record at `raw`; `None` for other types and for names that are none.
///
/// # Safety
/// `raw` is a record that `DnsQuery_W` made, and its list has not been freed.
unsafe fn record(raw: *const DNS_RECORDW) -> Option<Record> {
    // SAFETY: the caller's promise.
    let raw = unsafe { &*raw };
    // SAFETY: the name is null or ends with a zero.
    let name = unsafe { text::at(raw.pName, MAX_NAME) }?.parse().ok()?;
    let data = match raw.wType {
        DNS_TYPE_A => {
            // SAFETY: the type says which member of the union there is.
            let bytes = unsafe { raw.Data.A.IpAddress }.to_ne_bytes();
            RecordData::Address(IpAddr::V4(Ipv4Addr::from(bytes)))
        }
        DNS_TYPE_AAAA => {
            // SAFETY: as above; every member of IP6_ADDRESS has the same sixteen bytes.
            let bytes = unsafe { raw.Data.AAAA.Ip6Address.IP6Byte };
            RecordData::Address(IpAddr::V6(Ipv6Addr::from(bytes)))
        }
        DNS_TYPE_CNAME => {
            // SAFETY: as above; the name is null or ends with a zero.
            let target = unsafe { text::at(raw.Data.CNAME.pNameHost, MAX_NAME) }?;
            RecordData::Alias(target.parse().ok()?)
        }
        _ => return None,
    };
    Some(Record { name, data, ttl: Some(raw.dwTtl), line: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the cache of this host holds, it is not this name, and asking sends nothing.
    #[test]
    fn a_name_that_nobody_asked_for_is_not_in_the_cache() {
        let name: DnsName = "never-asked.epmesh.invalid".parse().expect("a name");
        for kind in [RecordType::A, RecordType::Aaaa, RecordType::Cname] {
            let found = look(&name, kind);
            assert!(!matches!(found, Ok(Cached::Records(_))), "{found:?}");
        }
    }
}

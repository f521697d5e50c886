//! The RPC filters of the Windows Filtering Platform.

use std::ptr;

use epmesh_facts::{FilterField, RpcFilter, RpcFilterAction, RpcFilterLayer};
use uuid::Uuid;
use windows_sys::{
    Win32::{
        Foundation::{ERROR_MORE_DATA, ERROR_SUCCESS, HANDLE},
        NetworkManagement::WindowsFilteringPlatform::{
            FWP_ACTION_BLOCK, FWP_ACTION_PERMIT, FWP_BYTE_ARRAY16_TYPE,
            FWP_FILTER_ENUM_OVERLAPPING, FWP_MATCH_EQUAL, FWP_UINT8, FWP_UINT64,
            FWPM_CONDITION_IP_LOCAL_ADDRESS, FWPM_CONDITION_IP_LOCAL_ADDRESS_V4,
            FWPM_CONDITION_IP_LOCAL_ADDRESS_V6, FWPM_CONDITION_IP_REMOTE_ADDRESS,
            FWPM_CONDITION_IP_REMOTE_ADDRESS_V4, FWPM_CONDITION_IP_REMOTE_ADDRESS_V6,
            FWPM_CONDITION_PROCESS_WITH_RPC_IF_UUID, FWPM_CONDITION_REMOTE_USER_TOKEN,
            FWPM_CONDITION_RPC_AUTH_LEVEL, FWPM_CONDITION_RPC_AUTH_TYPE,
            FWPM_CONDITION_RPC_IF_FLAG, FWPM_CONDITION_RPC_IF_UUID, FWPM_CONDITION_RPC_IF_VERSION,
            FWPM_CONDITION_RPC_PROTOCOL, FWPM_CONDITION_RPC_PROXY_AUTH_TYPE,
            FWPM_FILTER_CONDITION0, FWPM_FILTER_ENUM_TEMPLATE0, FWPM_FILTER0,
            FWPM_LAYER_RPC_EP_ADD, FWPM_LAYER_RPC_EPMAP, FWPM_LAYER_RPC_UM, FwpmEngineClose0,
            FwpmEngineOpen0, FwpmFilterCreateEnumHandle0, FwpmFilterDestroyEnumHandle0,
            FwpmFilterEnum0, FwpmFreeMemory0,
        },
        System::Rpc::RPC_C_AUTHN_WINNT,
    },
    core::GUID,
};

use super::{error::CallError, text};
use crate::platform::windows::filters::{self, Condition, RpcFilters};

/// Filters asked for at once.
const PAGE: u32 = 64;
/// The most filters that are counted; a host with more is not read.
const MAX_COUNTED: usize = 65_536;
/// The most conditions of one filter that are looked at.
const MAX_CONDITIONS: u32 = 256;
/// The longest name, in UTF-16 units.
const MAX_NAME: usize = 256;

/// The filters at the three layers at which RPC is filtered; most hosts have none.
///
/// # Errors
/// When the filtering engine does not tell; it runs in the service BFE.
pub(in super::super) fn rpc() -> Result<RpcFilters, CallError> {
    let engine = Engine::open()?;
    let mut filters = RpcFilters::default();
    for (layer, key) in [
        (RpcFilterLayer::Calls, FWPM_LAYER_RPC_UM),
        (RpcFilterLayer::Resolution, FWPM_LAYER_RPC_EPMAP),
        (RpcFilterLayer::Registration, FWPM_LAYER_RPC_EP_ADD),
    ] {
        engine.layer(layer, key, &mut filters)?;
    }
    Ok(filters)
}

fn check(call: &'static str, code: u32) -> Result<(), CallError> {
    if code == ERROR_SUCCESS { Ok(()) } else { Err(CallError { call, code }) }
}

/// A session with the filtering engine.
struct Engine(HANDLE);

impl Drop for Engine {
    fn drop(&mut self) {
        // SAFETY: the session came from FwpmEngineOpen0 and is closed once, here.
        unsafe { FwpmEngineClose0(self.0) };
    }
}

impl Engine {
    fn open() -> Result<Self, CallError> {
        let mut raw = ptr::null_mut();
        // SAFETY: null stands for this host, this process's own account and a session of the usual
        // kind; `raw` is valid for a write.
        let code = unsafe {
            FwpmEngineOpen0(ptr::null(), RPC_C_AUTHN_WINNT, ptr::null(), ptr::null(), &raw mut raw)
        };
        check("FwpmEngineOpen", code)?;
        Ok(Self(raw))
    }

    fn layer(
        &self,
        layer: RpcFilterLayer,
        key: GUID,
        filters: &mut RpcFilters,
    ) -> Result<(), CallError> {
        let template = FWPM_FILTER_ENUM_TEMPLATE0 {
            providerKey: ptr::null_mut(),
            layerKey: key,
            enumType: FWP_FILTER_ENUM_OVERLAPPING,
            flags: 0,
            providerContextTemplate: ptr::null_mut(),
            numFilterConditions: 0,
            filterCondition: ptr::null_mut(),
            actionMask: u32::MAX,
            calloutKey: ptr::null_mut(),
        };
        let mut raw = ptr::null_mut();
        // SAFETY: the session is open, the template valid for the whole call, `raw` for a write.
        let code =
            unsafe { FwpmFilterCreateEnumHandle0(self.0, &raw const template, &raw mut raw) };
        check("FwpmFilterCreateEnumHandle", code)?;
        let listing = Listing { engine: self, raw };
        loop {
            let mut page = Page { entries: ptr::null_mut(), count: 0 };
            // SAFETY: the session is open and the listing its own; both results are valid for
            // writes, and what they hold afterwards is freed by `Page`.
            let code = unsafe {
                FwpmFilterEnum0(
                    self.0,
                    listing.raw,
                    PAGE,
                    &raw mut page.entries,
                    &raw mut page.count,
                )
            };
            check("FwpmFilterEnum", code)?;
            filters.extend(page.filters(layer));
            if page.count < PAGE {
                return Ok(());
            }
            if filters.seen() >= MAX_COUNTED {
                return Err(CallError { call: "FwpmFilterEnum", code: ERROR_MORE_DATA });
            }
        }
    }
}

/// A listing of filters under way.
struct Listing<'e> {
    engine: &'e Engine,
    raw: HANDLE,
}

impl Drop for Listing<'_> {
    fn drop(&mut self) {
        // SAFETY: the listing belongs to the session, which is still open, and is ended once, here.
        unsafe { FwpmFilterDestroyEnumHandle0(self.engine.0, self.raw) };
    }
}

/// Filters that the engine handed out; null while there are none.
struct Page {
    entries: *mut *mut FWPM_FILTER0,
    count: u32,
}

impl Drop for Page {
    fn drop(&mut self) {
        if !self.entries.is_null() {
            // SAFETY: the memory came from FwpmFilterEnum0 and is freed once, here.
            unsafe { FwpmFreeMemory0((&raw mut self.entries).cast()) };
        }
    }
}

impl Page {
    fn filters(&self, layer: RpcFilterLayer) -> Vec<RpcFilter> {
        if self.entries.is_null() {
            return Vec::new();
        }
        (0..usize::try_from(self.count.min(PAGE)).unwrap_or(0))
            // SAFETY: the engine handed out `count` pointers to filters, which live as long as self.
            .map(|index| unsafe { filter(layer, &**self.entries.add(index)) })
            .collect()
    }
}

/// # Safety
/// `raw` was handed out by the engine and has not been freed.
unsafe fn filter(layer: RpcFilterLayer, raw: &FWPM_FILTER0) -> RpcFilter {
    // SAFETY: the name is null or ends with a zero.
    let name = unsafe { text::at(raw.displayData.name, MAX_NAME) }.unwrap_or_default();
    let mut conditions = Vec::new();
    for index in 0..raw.numFilterConditions.min(MAX_CONDITIONS) {
        if raw.filterCondition.is_null() {
            break;
        }
        // SAFETY: the filter has `numFilterConditions` conditions, handed out by the engine.
        conditions.push(unsafe {
            condition(layer, &*raw.filterCondition.add(usize::try_from(index).unwrap_or(0)))
        });
    }
    let missing = raw.numFilterConditions > 0 && raw.filterCondition.is_null();
    if missing || raw.numFilterConditions > MAX_CONDITIONS {
        conditions.push(Condition::Other(FilterField::Other));
    }
    let weight = &raw.effectiveWeight;
    // SAFETY: for this type of value the member of the union is a pointer to a number, or null.
    let weight = unsafe {
        if weight.r#type == FWP_UINT64 && !weight.Anonymous.uint64.is_null() {
            *weight.Anonymous.uint64
        } else {
            0
        }
    };
    let (interface, terms) = filters::terms(&conditions, weight, uuid(&raw.subLayerKey));
    RpcFilter {
        layer,
        key: uuid(&raw.filterKey),
        name,
        action: match raw.action.r#type {
            FWP_ACTION_PERMIT => RpcFilterAction::Permit,
            FWP_ACTION_BLOCK => RpcFilterAction::Block,
            _ => RpcFilterAction::Other,
        },
        interface,
        conditions: raw.numFilterConditions,
        terms: Some(terms),
    }
}

/// # Safety
/// `raw` was handed out by the engine and has not been freed.
unsafe fn condition(layer: RpcFilterLayer, raw: &FWPM_FILTER_CONDITION0) -> Condition {
    let value = &raw.conditionValue;
    let is = |field: &GUID| same(&raw.fieldKey, field);
    let is_interface = is(&FWPM_CONDITION_RPC_IF_UUID)
        || (layer == RpcFilterLayer::Registration && is(&FWPM_CONDITION_PROCESS_WITH_RPC_IF_UUID));
    if raw.matchType == FWP_MATCH_EQUAL {
        // SAFETY: for each type of value the member of the union is the one that is read here: a pointer to sixteen
        // bytes, or null, and a number.
        unsafe {
            if is_interface
                && value.r#type == FWP_BYTE_ARRAY16_TYPE
                && !value.Anonymous.byteArray16.is_null()
            {
                // A UUID in memory, with its first three fields in the machine's order.
                let bytes = (*value.Anonymous.byteArray16).byteArray16;
                return Condition::Interface(Uuid::from_bytes_le(bytes));
            }
            if is(&FWPM_CONDITION_RPC_PROTOCOL) && value.r#type == FWP_UINT8 {
                return Condition::Protocol(value.Anonymous.uint8);
            }
        }
    }
    if is_interface {
        return Condition::Other(FilterField::Interface);
    }
    let field = FIELDS.iter().find(|(key, _)| is(key));
    Condition::Other(field.map_or(FilterField::Other, |(_, field)| *field))
}

/// `FWPM_CONDITION_RPC_OPNUM` ("Filtering condition identifiers"), which windows-sys lacks.
const OPNUM: GUID = GUID::from_u128(0xd58e_fb76_aab7_4148_a87e_9581_1341_29b9);

/// The groups in which other fields are told.
const FIELDS: [(GUID, FilterField); 15] = [
    (FWPM_CONDITION_RPC_IF_VERSION, FilterField::InterfaceVersion),
    (FWPM_CONDITION_RPC_IF_FLAG, FilterField::InterfaceVersion),
    (FWPM_CONDITION_RPC_PROTOCOL, FilterField::Protocol),
    (FWPM_CONDITION_RPC_AUTH_TYPE, FilterField::Authentication),
    (FWPM_CONDITION_RPC_AUTH_LEVEL, FilterField::Authentication),
    (FWPM_CONDITION_RPC_PROXY_AUTH_TYPE, FilterField::Authentication),
    (FWPM_CONDITION_REMOTE_USER_TOKEN, FilterField::Caller),
    (FWPM_CONDITION_IP_REMOTE_ADDRESS, FilterField::Address),
    (FWPM_CONDITION_IP_REMOTE_ADDRESS_V4, FilterField::Address),
    (FWPM_CONDITION_IP_REMOTE_ADDRESS_V6, FilterField::Address),
    (FWPM_CONDITION_IP_LOCAL_ADDRESS, FilterField::Address),
    (FWPM_CONDITION_IP_LOCAL_ADDRESS_V4, FilterField::Address),
    (FWPM_CONDITION_IP_LOCAL_ADDRESS_V6, FilterField::Address),
    (FWPM_CONDITION_RPC_IF_UUID, FilterField::Interface),
    (OPNUM, FilterField::Opnum),
];

fn uuid(guid: &GUID) -> Uuid {
    Uuid::from_fields(guid.data1, guid.data2, guid.data3, &guid.data4)
}

fn same(a: &GUID, b: &GUID) -> bool {
    uuid(a) == uuid(b)
}

//! The values that Active Directory stores for its DNS zones: the records of a name ([`Record`]) and the settings of
//! a zone ([`Property`]). Everything is decoded as it is stored; nothing here asks a DNS server.
//!
//! Specification: [MS-DNSP] 2.3.2.
//!
//! [MS-DNSP]: https://learn.microsoft.com/openspecs/windows_protocols/ms-dnsp/f97756c9-3783-428b-9451-b376f877319a

mod addresses;
mod limits;
mod name;
mod property;
mod record;

pub use self::{
    property::{Property, Updates},
    record::{Data, Record, Soa, Wins},
};

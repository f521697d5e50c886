//! Events of the logs of a domain controller: as XML, and as the text of `wevtutil`, the event viewer,
//! PowerShell and dcdiag.

mod catalogue;
mod plain;
mod printed;
mod row;
mod xml;

pub(super) use self::{
    plain::read as read_text, printed::read as read_printed, xml::read as read_xml,
};

//! Events of the logs of a domain controller: as XML, and as the text of `wevtutil`, the event viewer and
//! PowerShell.

mod catalogue;
mod plain;
mod row;
mod xml;

pub(super) use self::{plain::read as read_text, xml::read as read_xml};

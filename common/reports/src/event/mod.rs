//! Events of the "Directory Service" log: as XML, and as the text of `wevtutil` and the event viewer.

mod plain;
mod row;
mod xml;

pub(super) use self::{plain::read as read_text, xml::read as read_xml};

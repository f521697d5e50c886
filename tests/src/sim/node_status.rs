//! NetBIOS node status: the names that a Samba domain controller registers.

use epmesh_common::identity::nbstat::{Name, NameFlags, Reply, Request};

use super::names::{NETBIOS_DOMAIN, Who};

/// The answer to one datagram; `None` for what is no node status request.
pub(super) fn answer(who: &Who, asked: &[u8]) -> Option<Vec<u8>> {
    let Request { transaction } = Request::decode(asked).ok()?;
    let active = NameFlags::ACTIVE | NameFlags::M_NODE;
    let group = NameFlags::GROUP | active;
    let names = [
        (who.netbios.as_str(), 0x00, active),
        (&who.netbios, 0x03, active),
        (&who.netbios, 0x20, active),
        (NETBIOS_DOMAIN, 0x1c, group),
        (NETBIOS_DOMAIN, 0x00, group),
        ("__SAMBA__", 0x00, group | NameFlags::PERMANENT),
        ("__SAMBA__", 0x20, group | NameFlags::PERMANENT),
    ];
    let names = names.map(|(name, suffix, flags)| Name { name: name.to_owned(), suffix, flags });
    Reply { transaction, names: names.to_vec(), mac: Some([0; 6]) }.encode().ok()
}

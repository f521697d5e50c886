//! Decoders of what the agent reads on its host.

use std::{convert::Infallible, net::IpAddr};

use epmesh::pki::JoinToken as Offered;
use epmesh_agent::{app::Config, session::JoinToken};
use epmesh_agent_host::{
    name_files::{hosts::parse as parse_hosts, lmhosts::parse as parse_lmhosts},
    platform::{
        directory::{Own, dn, repsfrom},
        samba::{net, package, proc, registered, resolv, smb_conf::SmbConf},
        windows::{event_xml, netlogon_dns, netsh},
    },
};
use epmesh_common::{
    facts::{AddressFamily, FunctionalLevels, Neighbour, RegisteredName, Timestamp, Transport},
    wire::limits::REGISTERED_NAMES,
};
use uuid::Uuid;

use super::property::{comes_back, keeps_form, text};

pub(super) fn config(bytes: &[u8]) {
    let read = Config::parse("any", &text(bytes));
    assert_eq!(format!("{:?}", Config::parse("any", &text(bytes))), format!("{read:?}"));
}

pub(super) fn hosts(bytes: &[u8]) {
    let text = text(bytes);
    let lines = parse_hosts("/etc/hosts", &text).lines;
    assert!(lines.len() <= text.lines().count(), "{} lines", lines.len());
    assert!(lines.is_sorted_by_key(|line| line.line), "out of order");
}

pub(super) fn lmhosts(bytes: &[u8]) {
    let text = text(bytes);
    let lines = parse_lmhosts("lmhosts", &text).lines;
    assert!(lines.len() <= text.lines().count(), "{} lines", lines.len());
}

/// The text is an included file as well, so that a file may include itself.
pub(super) fn smb_conf(bytes: &[u8]) {
    let text = text(bytes);
    for conf in [SmbConf::parse(&text), SmbConf::with_includes(&text, &|_| Ok(Some(text.clone())))]
    {
        let _ = (conf.wins(), conf.interfaces(), conf.private_dir(), conf.is_domain_controller());
        let _ = (conf.realm(), conf.rpc_range(), conf.static_ports());
    }
}

pub(super) fn resolv_conf(bytes: &[u8]) {
    let text = text(bytes);
    let _ = (resolv::parse(&text).servers(), resolv::parse(&text).search());
}

pub(super) fn proc_net(bytes: &[u8]) {
    let text = text(bytes);
    let _ = (net::ipv6(&text), net::has_ipv6_loopback(&text), net::dynamic(&text));
    assert!(text.lines().filter_map(net::socket).count() <= text.lines().count());
}

pub(super) fn proc_process(bytes: &[u8]) {
    let text = text(bytes);
    let _ = (proc::parse_stat(&text), proc::parse_cmdline(&text), proc::parse_boot(&text));
    let _ = (proc::parse_effective_uid(&text), proc::user_name(&text, 0));
}

pub(super) fn event_xml(bytes: &[u8]) {
    let text = text(bytes);
    if let Ok(event) = event_xml::parse(&text) {
        assert!(
            format!("{event:?}").len() <= 1000 + 10 * text.len(),
            "larger than what it is made of"
        );
    }
}

pub(super) fn netsh(bytes: &[u8]) {
    for family in [AddressFamily::V4, AddressFamily::V6] {
        for transport in [Transport::Tcp, Transport::Udp] {
            let _ = netsh::dynamic_port(family, transport, bytes);
        }
    }
}

pub(super) fn netlogon_dns(bytes: &[u8]) {
    let text = text(bytes);
    let records = netlogon_dns::parse(&text);
    assert!(records.len() <= text.lines().count(), "{} records", records.len());
    let _ = (netlogon_dns::own_guid(&records), netlogon_dns::forest(&records));
    let _ = netlogon_dns::listed(records);
}

/// A value as MS-DRSR 5.170 has it, of what is read off one.
fn reps_from_value(neighbour: &Neighbour) -> Vec<u8> {
    /// Seconds from 1601 to 1970.
    const EPOCH: u64 = 11_644_473_600;
    let seconds = |at: Option<Timestamp>| at.map_or(0, |at| at.as_millis() / 1000 + EPOCH);
    let mut value = vec![0; 208];
    let mut put = |at: usize, bytes: &[u8]| {
        let place = value.get_mut(at..at + bytes.len());
        place.into_iter().for_each(|place| place.copy_from_slice(bytes));
    };
    put(0, &1_u32.to_le_bytes());
    put(8, &208_u32.to_le_bytes());
    put(12, &neighbour.failures.to_le_bytes());
    put(16, &seconds(neighbour.last_success).to_le_bytes());
    put(24, &seconds(neighbour.last_attempt).to_le_bytes());
    put(32, &neighbour.last_result.to_le_bytes());
    put(160, &neighbour.source.to_bytes_le());
    value
}

pub(super) fn reps_from(bytes: &[u8]) {
    let decode = |bytes: &[u8]| repsfrom::decode("DC=contoso,DC=com", bytes);
    keeps_form(bytes, decode, |neighbour| Ok::<_, Infallible>(reps_from_value(neighbour)));
}

/// The name of an object, taken apart and put together with everything escaped, is the same name.
pub(super) fn object_name(bytes: &[u8]) {
    let read = |bytes: &[u8]| dn::rdns(&text(bytes)).ok_or(());
    comes_back(bytes, read, |parts| {
        let escaped =
            |value: &str| -> String { value.bytes().map(|byte| format!("\\{byte:02x}")).collect() };
        let parts = parts.iter().map(|(kind, value)| format!("{kind}={}", escaped(value)));
        Ok::<_, Infallible>(parts.collect::<Vec<_>>().join(",").into_bytes())
    });
    let text = text(bytes);
    let _ = (dn::folded(&text), dn::dns_name(&text), dn::server_and_site(&text));
    assert!(dn::parent(&text).is_none_or(|above| above.len() < text.len()));
}

/// The version of an installed package is that of a block of its own.
pub(super) fn dpkg_status(bytes: &[u8]) {
    let read = |bytes: &[u8]| package::version_in(text(bytes).lines(), "samba").ok_or(());
    comes_back(bytes, read, |version| {
        let block = format!("Package: samba\nStatus: install ok installed\nVersion: {version}");
        Ok::<_, Infallible>(block.into_bytes())
    });
}

/// The records of Samba's list, written as a list without variables, are the same records.
pub(super) fn dns_update_list(bytes: &[u8]) {
    let Some(own) = own() else { return };
    let addresses: [IpAddr; 2] = [[10, 0, 0, 1].into(), [0xfd00, 0, 0, 0, 0, 0, 0, 1].into()];
    let read = |bytes: &[u8]| registered::expand(&text(bytes), &own, &addresses);
    let records = comes_back(bytes, read, |records| {
        // A condition that holds keeps a line from being a comment.
        let line =
            |one: &RegisteredName| format!("${{IF_DC}}{} {} {}\n", one.kind, one.name, one.data);
        Ok::<_, Infallible>(records.iter().map(line).collect::<String>().into_bytes())
    });
    records.iter().for_each(|records| {
        assert!(records.len() <= REGISTERED_NAMES, "{} records", records.len());
    });
}

/// A domain controller.
fn own() -> Option<Own> {
    Some(Own {
        host: "dc1.lab.test".parse().ok()?,
        domain: "lab.test".parse().ok()?,
        forest: "lab.test".parse().ok()?,
        site: "Main".to_owned(),
        dsa_guid: Uuid::from_u128(1),
        domain_guid: Uuid::from_u128(2),
        invocation_id: Uuid::from_u128(3),
        levels: FunctionalLevels { forest: 7, domain: 7, controller: 7 },
        global_catalog: true,
        read_only: false,
        pdc: true,
        dns_domain: true,
        dns_forest: true,
    })
}

/// What the agent takes, it takes again as it hands it over; what the coordinator takes, the agent takes too, for the
/// same authority.
pub(super) fn join_token(bytes: &[u8]) {
    let text = text(bytes);
    if let Ok(token) = text.parse::<JoinToken>() {
        assert_eq!(token.secret_text().parse().as_ref(), Ok(&token));
    }
    if let Ok(token) = text.parse::<Offered>() {
        let form = token.to_string();
        assert_eq!(form.parse().as_ref(), Ok(&token));
        let taken = form.parse::<JoinToken>().map(|taken| taken.authority().to_string());
        assert_eq!(taken.ok().as_deref(), form.rsplit('.').next());
    }
}

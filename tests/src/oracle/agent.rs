//! Decoders of what the agent reads on its host.

use epmesh_agent::{app::Config, session::JoinToken};
use epmesh_agent_host::{
    name_files::{hosts::parse as parse_hosts, lmhosts::parse as parse_lmhosts},
    platform::{
        directory::repsfrom,
        samba::{net, proc, resolv, smb_conf::SmbConf},
        windows::{event_xml, netlogon_dns, netsh},
    },
};
use epmesh_common::facts::{AddressFamily, Transport};

use super::property::text;

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

pub(super) fn reps_from(bytes: &[u8]) {
    let _ = repsfrom::decode("DC=contoso,DC=com", bytes);
}

pub(super) fn join_token(bytes: &[u8]) {
    let _ = text(bytes).parse::<JoinToken>();
}

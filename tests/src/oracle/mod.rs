//! Oracles of the decoders: what holds whatever bytes come in. Each takes bytes and panics where it does not.
//!
//! The targets of `tests/fuzz` call them, and so does `tests/tests/saved_inputs.rs` with what is saved in
//! `tests/fuzz/corpus`.

mod agent;
mod common;
mod coordinator;
mod dns;
mod identity;
mod kept;
mod property;
mod rpc;
mod stored;

/// A decoder under test.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: that of the fuzz target and of its folder of saved inputs.
    pub name: &'static str,
    /// What holds for any bytes.
    pub holds: fn(&[u8]),
    /// A folder or file of ordinary test data whose files are inputs as well, from the root of the repository.
    pub also: Option<&'static str>,
    /// How many damaged inputs an ordinary test run tries.
    pub damaged: u32,
}

const fn target(name: &'static str, holds: fn(&[u8])) -> Target {
    Target { name, holds, also: None, damaged: 2000 }
}

const fn with(name: &'static str, holds: fn(&[u8]), also: &'static str) -> Target {
    Target { also: Some(also), damaged: 300, ..target(name, holds) }
}

/// A decoder that takes its time.
const fn slow(target: Target) -> Target {
    Target { damaged: 30, ..target }
}

/// Every decoder of bytes that come from outside.
pub const TARGETS: &[Target] = &[
    target("rpc_pdu", rpc::pdu),
    target("rpc_fragments", rpc::fragments),
    target("rpc_client", rpc::client),
    target("epm_lookup", rpc::lookup),
    target("epm_map", rpc::map),
    target("epm_tower", rpc::tower),
    target("ntlm_negotiate", identity::negotiate),
    target("ntlm_challenge", identity::challenge),
    target("ldap_message", identity::ldap),
    target("ldap_ping", identity::ping),
    target("netlogon_response", identity::netlogon),
    target("root_dse", identity::root_dse),
    target("ber", identity::ber),
    target("nbns", identity::nbns),
    target("nbstat", identity::nbstat),
    target("distinguished_name", identity::distinguished_name),
    target("wire_report", common::report_on_the_wire),
    target("wire_plan", common::plan_on_the_wire),
    target("wire_look", common::look_on_the_wire),
    with("report", common::report, "common/reports/tests/data/reports"),
    with("scenario", common::scenario, "tests/scenarios/dns-a-stale"),
    with("agent_config", agent::config, "deploy/agent.example.toml"),
    with("coordinator_config", coordinator::config, "deploy/epmesh.example.toml"),
    target("hosts", agent::hosts),
    target("lmhosts", agent::lmhosts),
    target("smb_conf", agent::smb_conf),
    target("resolv_conf", agent::resolv_conf),
    target("proc_net", agent::proc_net),
    target("proc_process", agent::proc_process),
    with("event_xml", agent::event_xml, "agent/host/tests/data/windows/events"),
    with("netsh", agent::netsh, "agent/host/tests/data/windows/netsh"),
    with("netlogon_dns", agent::netlogon_dns, "agent/host/tests/data/windows/netlogon.dns"),
    target("reps_from", agent::reps_from),
    target("join_token", agent::join_token),
    target("spool_record", kept::spooled_report),
    target("kept_plan", kept::plan),
    target("pending_enrolment", kept::pending_enrolment),
    target("dns_answer", dns::answer),
    target("srv_answer", dns::srv),
    target("dns_record", identity::dns_record),
    target("dns_property", identity::dns_property),
    target("object_name", agent::object_name),
    target("dns_update_list", agent::dns_update_list),
    target("dpkg_status", agent::dpkg_status),
    slow(target("bundle", coordinator::bundle)),
    slow(target("journal", coordinator::journal)),
    target("stored_key", coordinator::key),
    target("token_record", stored::token),
    target("incident_record", stored::incident),
    target("token_use_record", stored::token_use),
    target("enrolment_record", stored::enrolment),
    target("incident_links", stored::incident_links),
    target("state_record", stored::state),
    target("registrations_record", stored::registrations),
    target("body_record", stored::body),
    target("outbox_record", stored::outbox),
    target("value_in_pieces", stored::in_pieces),
    target("signing_request", coordinator::signing_request),
    target("certificate", coordinator::certificate),
];

/// Whether the target of this name holds for these bytes; a panic where it does not.
///
/// # Panics
/// When there is no such target, and when the bytes break it.
pub fn holds(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    assert!(target.is_some(), "no target named {name}");
    target.iter().for_each(|target| (target.holds)(bytes));
}

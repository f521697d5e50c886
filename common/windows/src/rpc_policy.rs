//! `HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Rpc`: group policy that refuses callers. What it
//! refuses is told "access denied", never 1753.

use epmesh_facts::{Reading, RpcSettings};

use super::{About, Note, Severity, note::unread};

const KEY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Rpc";

pub(super) fn notes(rpc: &RpcSettings) -> Vec<Note> {
    let note = |severity, name: &str, text: String, advice: &str| Note {
        severity,
        about: About::RpcPolicy,
        subject: format!("{KEY}, {name}"),
        text,
        advice: advice.to_owned(),
        source: "Policy CSP - RemoteProcedureCall".to_owned(),
    };
    let restrict = "RestrictRemoteClients";
    let restricted = match &rpc.restrict_remote_clients {
        Reading::Value(0) | Reading::Absent | Reading::NotApplicable => None,
        Reading::Value(1) => Some(note(
            Severity::Note,
            restrict,
            "it is 1: unauthenticated callers are refused, but for servers that ask for an \
             exception"
                .to_owned(),
            "where clients then report access denied, see EnableAuthEpResolution on them",
        )),
        Reading::Value(2) => Some(note(
            Severity::Fault,
            restrict,
            "it is 2: every unauthenticated caller is refused without exception, and a domain \
             controller must have some"
                .to_owned(),
            "take domain controllers out of this policy, then restart the host",
        )),
        Reading::Value(other) => Some(note(
            Severity::Warning,
            restrict,
            format!("it is {other}; the policy knows 0, 1 and 2"),
            "find out what wrote it",
        )),
        other => unread(About::RpcPolicy, &format!("{KEY}, {restrict}"), other),
    };
    let auth = "EnableAuthEpResolution";
    let authenticated = match &rpc.enable_auth_ep_resolution {
        Reading::Value(0) | Reading::Absent | Reading::NotApplicable => None,
        Reading::Value(1) => Some(note(
            Severity::Note,
            auth,
            "it is 1: clients on this host authenticate to the endpoint mapper, which those of \
             Windows NT 4.0 do not understand"
                .to_owned(),
            "nothing, where all partners are newer",
        )),
        Reading::Value(other) => Some(note(
            Severity::Warning,
            auth,
            format!("it is {other}; the policy knows 0 and 1"),
            "find out what wrote it",
        )),
        other => unread(About::RpcPolicy, &format!("{KEY}, {auth}"), other),
    };
    restricted.into_iter().chain(authenticated).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{said, with_rpc};

    #[test]
    fn two_must_not_be_on_a_domain_controller() {
        for (value, expected) in [(0, ""), (1, "note"), (2, "fault"), (7, "warning")] {
            let facts = with_rpc(|rpc| rpc.restrict_remote_clients = Reading::Value(value));
            let said = said(&facts, About::RpcPolicy);
            match expected {
                "" => assert_eq!(said, [""; 0]),
                _ => assert!(said.len() == 1 && said[0].starts_with(expected), "{said:?}"),
            }
        }
        let facts = with_rpc(|rpc| rpc.enable_auth_ep_resolution = Reading::Value(1));
        assert!(said(&facts, About::RpcPolicy)[0].starts_with("note"));
    }
}

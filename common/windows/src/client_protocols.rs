//! `HKLM\SOFTWARE\Microsoft\Rpc\ClientProtocols`: the protocol sequences that the RPC runtime
//! loads. Where one is missing, no server of the host can register an endpoint of it.

use epmesh_facts::{Reading, RegistryText, RpcSettings};
use serde::{Deserialize, Serialize};

use super::{
    About, Note, ProtocolMajority, Release, Severity,
    note::unread,
    runtime::{RUNTIME, is_runtime},
};

const KEY: &str = r"HKLM\SOFTWARE\Microsoft\Rpc\ClientProtocols";

/// The weight of each protocol sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ClientProtocolRule {
    /// The expected sequences.
    pub expected: Vec<Expected>,
    /// What a value is that is none of them; `None` for nothing to say.
    pub other: Option<Severity>,
}

/// An expected protocol sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Expected {
    /// Its names, one of which has to be there.
    pub names: Vec<String>,
    /// What it is when none is, or is another library's.
    pub severity: Severity,
}

impl Default for ClientProtocolRule {
    /// KB 2089874 lists five and an older article four of them, without `ncacn_nb_tcp`, which is
    /// documented up to Windows Server 2003 only. Both write `ncacn_ip_udp`; the sequence is called
    /// `ncadg_ip_udp`, and either counts.
    fn default() -> Self {
        let expected = |names: &[&str], severity| Expected {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            severity,
        };
        Self {
            expected: vec![
                expected(&["ncacn_ip_tcp"], Severity::Fault),
                expected(&["ncacn_np"], Severity::Fault),
                expected(&["ncacn_http"], Severity::Warning),
                expected(&["ncadg_ip_udp", "ncacn_ip_udp"], Severity::Warning),
                expected(&["ncacn_nb_tcp"], Severity::Note),
            ],
            other: Some(Severity::Note),
        }
    }
}

pub(super) fn notes(
    rule: &ClientProtocolRule,
    rpc: &RpcSettings,
    release: Option<Release>,
    majority: Option<&ProtocolMajority>,
) -> Vec<Note> {
    let values = match &rpc.client_protocols {
        Reading::Value(values) if !values.is_empty() => values,
        Reading::Value(_) => return vec![whole("the key has no values")],
        Reading::Absent => return vec![whole("the key is missing")],
        other => return unread(About::ClientProtocols, KEY, other).into_iter().collect(),
    };
    let mut notes: Vec<Note> = rule
        .expected
        .iter()
        .filter_map(|expected| {
            let mut note = check(expected, values, release)?;
            if let Some(majority) = majority {
                let too =
                    if majority.has(&expected.names) { "have it" } else { "do not have it either" };
                note.text = format!("{}; {} {too}", note.text, majority.who());
            }
            Some(note)
        })
        .collect();
    notes.extend(majority.and_then(|majority| {
        let difference = majority.difference(values)?;
        Some(Note {
            severity: Severity::Note,
            about: About::ClientProtocols,
            subject: KEY.to_owned(),
            text: format!("it differs from {}: {difference}", majority.who()),
            advice: "find out what made it differ".to_owned(),
            source: "epmesh".to_owned(),
        })
    }));
    let expected = |value: &&RegistryText| {
        rule.expected.iter().flat_map(|known| &known.names).any(|name| is(name, value))
    };
    if let Some(severity) = rule.other {
        notes.extend(values.iter().filter(|value| !expected(value)).map(|value| Note {
            severity,
            about: About::ClientProtocols,
            subject: format!("{KEY}, {}", value.name),
            text: format!("not one of the default protocol sequences; it is {:?}", value.data),
            advice: "find out which product put it there".to_owned(),
            source: "KB 2089874".to_owned(),
        }));
    }
    notes
}

fn check(expected: &Expected, values: &[RegistryText], release: Option<Release>) -> Option<Note> {
    let found: Vec<&RegistryText> =
        values.iter().filter(|value| expected.names.iter().any(|name| is(name, value))).collect();
    if found.iter().any(|value| is_runtime(&value.data)) {
        return None;
    }
    let first = expected.names.first()?;
    let late = release.is_none_or(|release| release >= Release::Windows2008);
    let text = match found.first() {
        // The article lists it for all releases. Whether the later ones ship it is not known.
        None if first == "ncacn_nb_tcp" && late => {
            "ncacn_nb_tcp is missing; it is documented up to Windows Server 2003 only, and later \
             releases may well not have it"
                .to_owned()
        }
        None => format!(
            "{} is missing: no RPC server of this host can use it",
            expected.names.join(" or ")
        ),
        Some(value) => format!("{} is {:?}, not {RUNTIME}", value.name, value.data),
    };
    Some(Note {
        severity: expected.severity,
        about: About::ClientProtocols,
        subject: format!("{KEY}, {first}"),
        text,
        advice: match expected.severity {
            Severity::Note => "nothing, unless something misses it".to_owned(),
            _ => format!("set it to {RUNTIME} (REG_SZ) and restart the host"),
        },
        source: "KB 2089874".to_owned(),
    })
}

fn whole(what: &str) -> Note {
    Note {
        severity: Severity::Fault,
        about: About::ClientProtocols,
        subject: KEY.to_owned(),
        text: format!(
            "{what}: the RPC runtime knows no protocol sequence, and no server of this host can \
             register an endpoint"
        ),
        advice: "restore the key with its default values, then restart the host; find the script \
                 or policy that deleted it"
            .to_owned(),
        source: "KB 2089874".to_owned(),
    }
}

fn is(name: &str, value: &RegistryText) -> bool {
    value.name.eq_ignore_ascii_case(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{said, with_rpc};

    const FOUR: [&str; 4] = ["ncacn_http", "ncacn_ip_tcp", "ncacn_ip_udp", "ncacn_np"];

    fn protocols(values: &[(&str, &str)]) -> Vec<String> {
        let values = values.iter().map(|(name, data)| RegistryText {
            name: (*name).to_owned(),
            data: (*data).to_owned(),
        });
        let values = values.collect();
        said(&with_rpc(|rpc| rpc.client_protocols = Reading::Value(values)), About::ClientProtocols)
    }

    #[test]
    fn the_default_is_in_order() {
        let four = FOUR.map(|name| (name, "rpcrt4.dll"));
        // The fifth of the article is only ever a note.
        let said = protocols(&four);
        assert!(said.len() == 1 && said[0].starts_with("note"), "{said:?}");
        let spelt = four.map(|(name, _)| match name {
            "ncacn_ip_udp" => ("ncadg_ip_udp", "RPCRT4.DLL"),
            other => (other, r"C:\Windows\System32\rpcrt4.dll"),
        });
        let all: Vec<_> = spelt.into_iter().chain([("ncacn_nb_tcp", "rpcrt4.dll")]).collect();
        assert_eq!(protocols(&all), [""; 0]);
    }

    #[test]
    fn each_counts_for_what_it_is() {
        let said = protocols(&[
            ("ncacn_ip_tcp", "other.dll"),
            ("ncacn_np", "rpcrt4.dll"),
            ("ncacn_x", "x.dll"),
        ]);
        assert_eq!(said.len(), 5, "{said:?}");
        assert!(said[0].starts_with("fault") && said[0].contains("\"other.dll\", not rpcrt4.dll"));
        assert!(said[1].starts_with("warning") && said[1].contains("ncacn_http is missing"));
        assert!(said[2].contains("ncadg_ip_udp or ncacn_ip_udp is missing"), "{said:?}");
        assert!(said[3].starts_with("note") && said[3].contains("ncacn_nb_tcp"), "{said:?}");
        assert!(said[4].starts_with("note") && said[4].contains("ncacn_x"), "{said:?}");
    }

    #[test]
    fn the_whole_key_missing_is_a_fault() {
        for reading in [Reading::Absent, Reading::Value(Vec::new())] {
            let said =
                said(&with_rpc(|rpc| rpc.client_protocols = reading), About::ClientProtocols);
            assert!(said.len() == 1 && said[0].starts_with("fault"), "{said:?}");
        }
        let unread = Reading::unseen("access denied");
        let said = said(&with_rpc(|rpc| rpc.client_protocols = unread), About::ClientProtocols);
        assert!(said.len() == 1 && said[0].starts_with("note"), "{said:?}");
    }

    #[test]
    fn severities_are_configured() {
        let rule: ClientProtocolRule = serde_json::from_str(
            r#"{"expected": [{"names": ["ncacn_ip_tcp"], "severity": "warning"}], "other": null}"#,
        )
        .expect("a rule");
        let facts = with_rpc(|rpc| {
            rpc.client_protocols = Reading::Value(vec![RegistryText {
                name: "ncacn_np".to_owned(),
                data: "rpcrt4.dll".to_owned(),
            }]);
        });
        let notes = crate::notes(&facts, &rule);
        assert_eq!(notes.len(), 1);
        assert_eq!(notes[0].severity, Severity::Warning);
    }
}

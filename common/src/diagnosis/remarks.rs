//! Remarks on one domain controller, from its own facts alone and before any link is looked at.

use std::fmt;

use epmesh_facts::{DcFacts, Failure, MapDifferences, Through, ViewDifference, plain_text};
use epmesh_rpc::epm::TCP_PORT;
use epmesh_windows::{ClientProtocolRule, Note, ProtocolMajority, notes_beside};
use serde::{Deserialize, Serialize};

/// Findings about the setup of one domain controller. They are no verdicts: nothing need fail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Remarks {
    /// About its settings, the worst first.
    pub notes: Vec<Note>,
    /// How the views of its endpoint map differ.
    pub map_differences: MapDifferences,
}

impl Remarks {
    /// The remarks on these facts, however old the facts are.
    #[must_use]
    pub fn of(facts: &DcFacts) -> Self {
        Self::beside(facts, &ClientProtocolRule::default(), None)
    }

    /// As [`Remarks::of`], with the operator's rule for protocols and with what most of the fleet have.
    #[must_use]
    pub fn beside(
        facts: &DcFacts,
        protocols: &ClientProtocolRule,
        majority: Option<&ProtocolMajority>,
    ) -> Self {
        let map = facts.endpoint_map.as_ref();
        let mut map_differences = map.map(|held| held.fact.differences()).unwrap_or_default();
        map_differences.views.retain(|view| !is_closed_by_choice(view, facts));
        Self { notes: notes_beside(facts, protocols, majority), map_differences }
    }

    /// Whether there is no remark.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.notes.is_empty() && self.map_differences.is_empty()
    }
}

/// Whether the view is of a loopback address on which the host chose not to listen: its endpoint mapper has
/// sockets of its own addresses alone, as Samba has with `bind interfaces only`. No client comes in there.
fn is_closed_by_choice(view: &ViewDifference, facts: &DcFacts) -> bool {
    let Through::Address(through) = view.through else { return false };
    if !through.is_loopback() || view.failed != Some(Failure::Refused) {
        return false;
    }
    let listeners = facts.ports.as_ref().and_then(|held| held.fact.listeners.value());
    let mut mapper = listeners.into_iter().flatten().filter(|one| one.port == TCP_PORT).peekable();
    mapper.peek().is_some()
        && mapper.all(|one| !one.address.is_unspecified() && one.address != through)
}

/// For people: a heading and some lines for each of the two that has something to say. Control
/// characters, which registry values may well have, are replaced.
impl fmt::Display for Remarks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.notes.is_empty() {
            writeln!(f, "notes")?;
        }
        for note in &self.notes {
            let Note { severity, subject, text, advice, source, .. } = note;
            writeln!(f, "  {severity:<7}  {}: {}", plain_text(subject), plain_text(text))?;
            writeln!(f, "           to do: {} ({source})", plain_text(advice))?;
        }
        if self.map_differences.is_empty() {
            return Ok(());
        }
        writeln!(
            f,
            "{}views of the endpoint map that differ",
            if self.notes.is_empty() { "" } else { "\n" }
        )?;
        for line in self.map_differences.to_string().lines() {
            writeln!(f, "  {}", plain_text(line))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use epmesh_facts::{
        Blank, EndpointMap, Host, Listener, MapView, NearMiss, Platform, Ports, Reading,
        RpcSettings, Section, Timestamp,
    };

    fn facts(platform: Platform) -> DcFacts {
        let at = Timestamp::default();
        let name = "dc1.lab.test".parse().expect("a name");
        let mut rpc = RpcSettings::blank(&Blank::NotApplicable);
        rpc.client_protocols = Reading::Absent;
        rpc.near_misses = Reading::Value(vec![NearMiss {
            key: "HKLM\\A".to_owned(),
            name: "x\u{1b}[2J".to_owned(),
            meant: "y".to_owned(),
            data: "1".to_owned(),
        }]);
        let views = vec![MapView {
            through: Through::Address([127, 0, 0, 1].into()),
            endpoints: Err(Failure::local("no\nway")),
        }];
        let mut facts = DcFacts::default();
        facts.put(at, Section::Host(Host::blank(name, platform, "0.0.0", &Blank::Absent)));
        facts.put(at, Section::RpcSettings(rpc));
        facts.put(at, Section::EndpointMap(EndpointMap { views }));
        facts
    }

    #[test]
    fn fit_for_a_screen() {
        let text = Remarks::of(&facts(Platform::Windows)).to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.first(), Some(&"notes"));
        assert!(lines[1].starts_with(r"  fault    HKLM\SOFTWARE\Microsoft\Rpc\ClientProtocols: "));
        assert!(lines[2].starts_with("           to do: restore the key"));
        assert!(lines[3].starts_with("  warning  HKLM\\A, "), "{text}");
        assert!(!text.contains('\u{1b}'));
        assert_eq!(lines[6], "views of the endpoint map that differ");
        assert!(lines[7].starts_with("  through 127.0.0.1 port 135: "), "{text}");
        let json = serde_json::to_string(&Remarks::of(&facts(Platform::Windows))).expect("JSON");
        assert_eq!(
            serde_json::from_str::<Remarks>(&json).expect("its own"),
            Remarks::of(&facts(Platform::Windows))
        );
    }

    /// A host that is told to listen on some addresses only is no news; one that listens on all, and refuses
    /// there, is, and so is an own address that refuses.
    #[test]
    fn a_loopback_address_that_nobody_listens_on_by_choice_is_no_remark() {
        let shown = |through: &str, listening: &[&str], failure: Failure| {
            let mut facts = facts(Platform::Samba);
            let views = vec![
                MapView { through: Through::Local, endpoints: Ok(Vec::new()) },
                MapView {
                    through: Through::Address(through.parse().expect("an address")),
                    endpoints: Err(failure),
                },
            ];
            let listener = |address: &&str| Listener {
                port: 135,
                address: address.parse().expect("an address"),
                pid: None,
            };
            let mut ports = Ports::blank(&Blank::Absent);
            ports.listeners = Reading::Value(listening.iter().map(listener).collect());
            facts.put(Timestamp::default(), Section::EndpointMap(EndpointMap { views }));
            facts.put(Timestamp::default(), Section::Ports(ports));
            !Remarks::of(&facts).map_differences.is_empty()
        };
        let refused = || Failure::Refused;
        assert!(!shown("::1", &["127.0.0.1", "10.0.0.1"], refused()));
        assert!(!shown("127.0.0.1", &["10.0.0.1"], refused()));
        // The host listens there, or on all addresses.
        assert!(shown("::1", &["::1", "10.0.0.1"], refused()));
        assert!(shown("::1", &["0.0.0.0", "::"], refused()));
        // Nobody listens anywhere, and nothing was chosen.
        assert!(shown("::1", &[], refused()));
        assert!(shown("10.0.0.2", &["10.0.0.1"], refused()), "clients come in there");
        assert!(shown("::1", &["10.0.0.1"], Failure::TimedOut), "silence is no refusal");
    }

    #[test]
    fn samba_has_no_windows_settings() {
        let remarks = Remarks::of(&facts(Platform::Samba));
        assert_eq!(remarks.notes, []);
        assert!(!remarks.is_empty());
        assert!(Remarks::of(&DcFacts::default()).is_empty());
        assert_eq!(Remarks::default().to_string(), "");
    }
}

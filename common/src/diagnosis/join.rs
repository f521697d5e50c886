//! Whether a computer can join a domain at one domain controller, out of the verdicts on the links
//! that a join needs, the well-known ports, and the step at which NETSETUP.LOG says that it stopped.

use std::net::IpAddr;

use epmesh_reports::netsetup::Stage;
use serde::{Deserialize, Serialize};

use super::{
    cause::{Side, State},
    closed_port::ClosedPort,
    explain::join::{denied, port as port_steps},
    verdict::Verdict,
};

/// The interfaces that a join calls, in its order: the policy of the domain, the computer's account,
/// the secure channel, and the account's object in the directory, where 0x6d9 shows.
pub const JOIN_INTERFACES: [&str; 4] = ["lsarpc", "samr", "netlogon", "drsuapi"];

/// The one answer on a join: what stops it, or that nothing does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct JoinVerdict {
    /// Failing where something that a join needs does not work; unknown where that was not seen.
    pub state: State,
    /// The verdict that decides, of those given; none where a port or a DNS server does, or nothing is
    /// wrong.
    pub link: Option<Verdict>,
    /// The port that decides.
    pub port: Option<ClosedPort>,
    /// What stops the join, in words, and how that fits the log.
    pub words: String,
    /// What to do, in order, where a port or a DNS server decides; where a link does, its verdict says it.
    #[serde(default)]
    pub remedy: Vec<String>,
}

/// Names what stops a join. `links` are the verdicts on [`JOIN_INTERFACES`], `ports` is `None` where
/// they were not tried, `stopped` is the step at which the log says that it stopped: what that step
/// needs is looked at first. `denying` are the client's DNS servers that know no domain controller of the
/// domain, and that it asks before one that knows any: before it has found one, nothing else of a join
/// begins. A log that got further shows that it had found one.
#[must_use]
pub fn judge_join(
    links: &[Verdict],
    ports: Option<&[ClosedPort]>,
    stopped: Option<Stage>,
    denying: &[IpAddr],
) -> JoinVerdict {
    let (wanted, needs) = match stopped {
        Some(Stage::Directory) => (Some("drsuapi"), None),
        Some(Stage::Account) => (Some("samr"), Some(445)),
        Some(Stage::Policy) => (Some("lsarpc"), Some(445)),
        Some(Stage::Connect) => (None, Some(445)),
        Some(Stage::FindController | Stage::Names) => (None, Some(389)),
        Some(Stage::Rollback | Stage::Other) | None => (None, None),
    };
    let failing = |link: &&Verdict| link.state == State::Failing;
    let of_step = || links.iter().find(|l| Some(&*l.interface) == wanted && failing(l));
    let closed = || ports.into_iter().flatten();
    let port_of_step = || closed().find(|closed| Some(closed.port) == needs);
    let found = |link: Option<&Verdict>, port: Option<&ClosedPort>, words: String| JoinVerdict {
        state: State::Failing,
        link: link.cloned(),
        port: port.cloned(),
        words,
        remedy: port.zip(links.first()).map(|(port, of)| port_steps(of, port)).unwrap_or_default(),
    };
    let step = stopped.map_or("", Stage::words);
    let port_words = |closed: &ClosedPort| {
        format!("TCP {} ({}): {}", closed.port, closed.purpose, closed.failure)
    };
    let link_words =
        |link: &Verdict| format!("{}: {} ({})", link.interface, link.cause, link.error.code);
    let before = if step.is_empty() {
        String::new()
    } else {
        format!("by the log, the join could not {step}; ")
    };
    let has_found =
        matches!(stopped, Some(Stage::Connect | Stage::Policy | Stage::Account | Stage::Directory));
    if let Some((first, rest)) = denying.split_first().filter(|_| !has_found) {
        let servers = rest.iter().fold(first.to_string(), |all, server| format!("{all}, {server}"));
        let words = format!(
            "{before}DNS server {servers}, which the client asks, knows no domain controller of the \
             domain: a computer that asks it cannot join (Windows error 1355)"
        );
        let remedy = links.first().map(|of| denied(of, denying)).unwrap_or_default();
        return JoinVerdict { remedy, ..found(None, None, words) };
    }
    // At a wrong address every port and every interface is another host's.
    let is_led_astray = |link: &&Verdict| {
        failing(link) && matches!(link.side, Side::NameResolution | Side::Directory)
    };
    if let Some(link) = links.iter().find(is_led_astray) {
        return found(Some(link), None, format!("{before}{}", link_words(link)));
    }
    // The pipes of samr and lsarpc come before their interfaces.
    if let Some(closed) = port_of_step() {
        let words = format!("by the log, the join could not {step}; {}", port_words(closed));
        return found(None, Some(closed), words);
    }
    if let Some(link) = of_step() {
        return found(
            Some(link),
            None,
            format!(
                "by the log, the join could not {step}; \
                                                {}",
                link_words(link)
            ),
        );
    }
    if let Some(closed) = closed().next() {
        return found(None, Some(closed), port_words(closed));
    }
    if let Some(link) = links.iter().find(failing) {
        return found(Some(link), None, link_words(link));
    }
    let missing = JOIN_INTERFACES
        .iter()
        .find(|name| !links.iter().any(|l| l.interface == **name && l.state != State::Unknown));
    let (state, words) = match (missing, ports) {
        (Some(name), _) => (State::Unknown, format!("needed to decide: a look at {name}")),
        (None, None) => {
            (State::Unknown, "needed to decide: a look at the well-known ports".to_owned())
        }
        (None, Some(_)) if stopped.is_some() => (
            State::Healthy,
            format!(
                "by the log, the join could not {step}; now all that it needs is \
                                      reached"
            ),
        ),
        (None, Some(_)) => (State::Healthy, "all that a join needs is reached".to_owned()),
    };
    JoinVerdict { state, link: None, port: None, words, remedy: Vec::new() }
}

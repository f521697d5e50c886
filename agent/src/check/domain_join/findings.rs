//! The findings of a look at a domain, and the exit status that follows from them.

use std::net::IpAddr;

use epmesh_common::facts::DnsName;
use serde::Serialize;

use super::{log::Log, ports::Port, srv::SrvLookup};
use crate::check::report::{Exit, Report};

/// The findings of a look at a domain.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Findings {
    pub(super) domain: DnsName,
    /// What the log says, where one was given.
    pub(super) log: Option<Log>,
    /// Each DNS server's answer.
    pub(super) lookups: Vec<SrvLookup>,
    pub(super) controllers: Vec<Controller>,
    pub(super) notes: Vec<String>,
}

/// A domain controller.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Controller {
    pub(super) name: DnsName,
    /// The DNS servers that name it; none where only the log does.
    pub(super) named_by: Vec<IpAddr>,
    /// What was seen of it, and the verdict on each interface.
    pub(super) report: Report,
    /// Its well-known ports.
    pub(super) ports: Vec<Port>,
}

impl Controller {
    pub(super) fn exit(&self) -> Exit {
        if self.ports.iter().any(Port::is_missed) {
            return Exit::Failing;
        }
        self.report.exit()
    }
}

impl Findings {
    pub(super) fn exit(&self) -> Exit {
        let exits: Vec<Exit> = self.controllers.iter().map(Controller::exit).collect();
        let named = self.lookups.iter().any(SrvLookup::is_naming);
        // A computer that asks the server that knows of none cannot join, whatever others say.
        if exits.contains(&Exit::Failing) || self.lookups.iter().any(SrvLookup::denies) {
            Exit::Failing
        } else if !named || exits.contains(&Exit::Unknown) {
            // Where no server answered, whether there are domain controllers is not known.
            Exit::Unknown
        } else {
            Exit::Healthy
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::domain_join::srv;

    fn found(answers: Vec<srv::SrvAnswer>) -> Findings {
        let lookup = |answer| SrvLookup {
            server: [10, 0, 0, 1].into(),
            name: "_ldap._tcp.dc._msdcs.lab.test".to_owned(),
            answer,
        };
        Findings {
            domain: "lab.test".parse().expect("a name"),
            log: None,
            lookups: answers.into_iter().map(lookup).collect(),
            controllers: Vec::new(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn no_answer_is_not_no_domain_controller() {
        use srv::SrvAnswer::{Failed, NoData, NoSuchName};
        let silent = || Failed("no answer in time".to_owned());
        assert_eq!(found(vec![silent(), silent()]).exit(), Exit::Unknown);
        assert_eq!(found(vec![]).exit(), Exit::Unknown);
        assert_eq!(found(vec![silent(), NoSuchName]).exit(), Exit::Failing);
        assert_eq!(found(vec![NoData]).exit(), Exit::Failing);
    }
}

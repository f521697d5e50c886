//! An object of PowerShell, by the names of its properties.

use epmesh_rpc::names;

use super::super::{
    outcome::Outcome,
    scan,
    told::{Party, Told, Tool},
};

/// The row of an object; `None` where it is none that is known.
pub(super) fn told(properties: &[(String, String)], lines: &[u32]) -> Option<Told> {
    let object = Object(properties);
    object
        .of_showrepl(lines)
        .or_else(|| object.of_metadata(lines))
        .or_else(|| object.of_failure(lines))
        .or_else(|| object.of_port(lines))
}

struct Object<'a>(&'a [(String, String)]);

impl Object<'_> {
    /// The value of a property, where it has one.
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(held, _)| held.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim_matches('"')).filter(|value| !value.is_empty())
    }

    fn number(&self, name: &str) -> Option<i64> {
        let value = self.get(name)?;
        let number = value.parse().ok().map(scan::signed);
        number.or_else(|| scan::paired_code(value)).or_else(|| scan::hexadecimal(value))
    }

    fn moment(&self, name: &str) -> Option<String> {
        let value = self.get(name)?;
        (value != "0" && !value.starts_with('(')).then(|| value.to_owned())
    }

    /// A row of `repadmin /showrepl * /csv`, filtered or not.
    fn of_showrepl(&self, lines: &[u32]) -> Option<Told> {
        let end = |name: &str, site: &str| {
            let party = Party::named(self.get(name)?)?;
            Some(Party { site: self.get(site).map(str::to_owned), ..party })
        };
        let source =
            end("Source DSA", "Source DSA Site").or_else(|| end("Source DC", "Source DC Site"));
        let destination = end("Destination DSA", "Destination DSA Site")
            .or_else(|| end("Destination DC", "Destination DC Site"));
        let failures = self.number("Number of Failures");
        let code = self.number("Last Failure Status");
        if (source.is_none() && destination.is_none()) || (failures.is_none() && code.is_none()) {
            return None;
        }
        let mut told = Told::new(Tool::ShowreplCsv, lines.to_vec());
        (told.source, told.destination) = (source, destination);
        told.naming_context =
            self.get("Naming Context").filter(|dn| scan::is_dn(dn)).map(str::to_owned);
        told.when = self.moment("Last Failure Time");
        told.last_success = self.moment("Last Success Time");
        drsuapi(told, code, failures)
    }

    /// `Get-ADReplicationPartnerMetadata`.
    fn of_metadata(&self, lines: &[u32]) -> Option<Told> {
        let code = self.number("LastReplicationResult")?;
        let mut told = self.of_directory(lines)?;
        told.naming_context = self.get("Partition").filter(|dn| scan::is_dn(dn)).map(str::to_owned);
        told.when = self.moment("LastReplicationAttempt");
        told.last_success = self.moment("LastReplicationSuccess");
        let outbound =
            self.get("PartnerType").is_some_and(|kind| kind.eq_ignore_ascii_case("outbound"));
        if outbound {
            std::mem::swap(&mut told.source, &mut told.destination);
        }
        drsuapi(told, Some(code), self.number("ConsecutiveReplicationFailures"))
    }

    /// `Get-ADReplicationFailure`.
    fn of_failure(&self, lines: &[u32]) -> Option<Told> {
        let code = self.number("LastError")?;
        let told = self.of_directory(lines)?;
        let mut told = drsuapi(told, Some(code), self.number("FailureCount"))?;
        if let Some(first) =
            self.moment("FirstFailureTime").filter(|_| told.outcome == Outcome::Failed)
        {
            told.words = format!("{}; it fails since {first}", told.words);
        }
        Some(told)
    }

    /// The two ends of an object of the directory's module.
    fn of_directory(&self, lines: &[u32]) -> Option<Told> {
        let mut told = Told::new(Tool::PowerShell, lines.to_vec());
        told.destination = self.get("Server").and_then(Party::named);
        let named = self.get("Partner").and_then(scan::ntds_settings);
        let mut source = Party::default();
        if let Some((site, server)) = named {
            (source.site, source.name) = (Some(site), Some(server));
        }
        source.dsa_guid = self.get("PartnerAddress").and_then(scan::alias);
        told.source = (source != Party::default()).then_some(source);
        (told.destination.is_some() || told.source.is_some()).then_some(told)
    }

    /// `Test-NetConnection`.
    fn of_port(&self, lines: &[u32]) -> Option<Told> {
        let reached = self.get("TcpTestSucceeded")?;
        let port = self.get("RemotePort").filter(|port| port.parse::<u16>().is_ok())?;
        let mut told = Told::new(Tool::PowerShell, lines.to_vec());
        told.source = self.get("ComputerName").or(self.get("RemoteAddress")).and_then(Party::named);
        (told.outcome, told.words) = match reached.to_ascii_lowercase().as_str() {
            "true" => (
                Outcome::Succeeded,
                format!(
                    "TCP port {port} is reached, which says nothing of what is registered behind it"
                ),
            ),
            "false" => (
                Outcome::Failed,
                format!("TCP port {port} is not reached: a client sees 1722, not 1753"),
            ),
            _ => return None,
        };
        Some(told)
    }
}

/// The end of a row on replication, by its error and its count.
fn drsuapi(mut told: Told, code: Option<i64>, failures: Option<i64>) -> Option<Told> {
    told.failures = failures.and_then(|count| u64::try_from(count).ok());
    told.outcome = match (code, told.failures) {
        (Some(0) | None, Some(0)) | (Some(0), None) => Outcome::Succeeded,
        (Some(0), Some(_)) | (None, None) => Outcome::Unclear,
        // An error is remembered, and no attempt failed since.
        (Some(_), Some(0)) => Outcome::Unclear,
        (Some(code), _) => Outcome::of_status(code),
        (None, Some(_)) => Outcome::Failed,
    };
    let count = told.failures.map_or("no count".to_owned(), |count| format!("{count} failures"));
    told.words = match (code, told.outcome) {
        (Some(code), Outcome::Unclear) => format!("{count}, and its last status is {code}"),
        (Some(code), _) => format!("status {code}"),
        (None, _) => format!("it counts {count}, and its status is not shown"),
    };
    told.code = code.filter(|code| *code != 0);
    told.interface = names::find("drsuapi");
    Some(told)
}

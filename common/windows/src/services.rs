//! The services against the table of defaults.

use epmesh_facts::{BootMode, Reading, Service, ServiceState, StartType};

use super::{
    About, Note, Release, Severity,
    known::Known,
    service_defaults::{ServiceDefault, Weight, defaults_of},
};

/// Where the list of services that must run comes from.
const LIST: &str = "KB 2512643";

pub(super) fn notes(known: &Known<'_>) -> Vec<Note> {
    let (Some(release), Some(list)) = (known.release, known.list()) else { return Vec::new() };
    if list.is_empty() {
        return Vec::new();
    }
    let safe = known
        .host
        .and_then(|host| host.boot_mode.value())
        .is_some_and(|mode| *mode != BootMode::Normal);
    let mut notes = Vec::new();
    for row in defaults_of(release) {
        match list.iter().find(|service| service.name.eq_ignore_ascii_case(row.service)) {
            None if row.always => notes.push(missing(row, release)),
            None => {}
            Some(service) => {
                notes.extend(start(row, release, service));
                notes.extend(delay(row, release, service));
                // What does not run after a start into a safe mode is not news: see `boot`.
                notes.extend(state(row, service).filter(|_| !safe));
                notes.extend(pause(row, service));
                notes.extend(account(row, release, service));
            }
        }
    }
    notes
}

fn missing(row: &ServiceDefault, release: Release) -> Note {
    note(
        row,
        severity(row),
        format!("there is no such service, and every domain controller with {release} has it"),
        "find out who removed it; reinstall the role where it cannot be put back".to_owned(),
    )
}

fn start(row: &ServiceDefault, release: Release, service: &Service) -> Option<Note> {
    let (wanted, is) = (row.start?, *service.start.value()?);
    if wanted == is {
        return None;
    }
    // Starting more than the default is nobody's fault.
    let severity = match (wanted, is) {
        (StartType::Automatic, StartType::Disabled) => severity(row),
        (StartType::Automatic, _) => severity(row).max(Severity::Warning),
        _ => Severity::Note,
    };
    let sure = if row.confirmed { "" } else { " (not confirmed)" };
    Some(note(
        row,
        severity,
        format!(
            "its start type is {}; the default of {release} is {}{sure}",
            named(is),
            named(wanted)
        ),
        format!("set it back ({}), then restart the host", command(row.service, wanted)),
    ))
}

/// No service of the table is started with a delay by default.
fn delay(row: &ServiceDefault, release: Release, service: &Service) -> Option<Note> {
    let automatic = Some(StartType::Automatic);
    let late = row.start == automatic
        && service.start.value() == automatic.as_ref()
        && service.delayed.value() == Some(&true);
    if !late {
        return None;
    }
    let sure = if row.confirmed { "" } else { " (not confirmed)" };
    Some(note(
        row,
        severity(row).max(Severity::Warning),
        format!(
            "its automatic start is delayed, by two minutes as a rule; the default of {release} is \
             automatic without a delay{sure}: after each start of the host it is missing that long"
        ),
        format!("set it back ({})", command(row.service, StartType::Automatic)),
    ))
}

fn state(row: &ServiceDefault, service: &Service) -> Option<Note> {
    let meant = row.start == Some(StartType::Automatic) && row.always;
    if !meant || service.state != ServiceState::Stopped {
        return None;
    }
    let code = match service.exit_code {
        Reading::Value(0) | Reading::Absent | Reading::NotApplicable => String::new(),
        Reading::Value(code) => format!(", exit code {code}"),
        Reading::Unreadable(_) => ", exit code unknown".to_owned(),
    };
    // With these stopped the local firewall API answers 0x6D9, which is taken for Active
    // Directory's and has nothing to do with it.
    let firewall = matches!(row.service, "BFE" | "MpsSvc");
    let (text, source) = if firewall {
        (
            format!(
                "it does not run{code}: tools on this host may then report 0x6d9 (1753) of the firewall, not of the directory"
            ),
            "KB 2123653",
        )
    } else {
        (format!("it does not run{code}"), LIST)
    };
    let severity = match row.weight {
        Weight::Vital => Severity::Fault,
        Weight::Needed => Severity::Warning,
        Weight::Optional => Severity::Note,
    };
    // A default that nobody confirmed is only ever a note; of the firewall's services it is not the
    // default that counts.
    let open = !row.confirmed && !firewall;
    let severity = if open { Severity::Note } else { severity };
    let text =
        if open { format!("{text} (that it does by default is not confirmed)") } else { text };
    let advice = format!("start it (net start {}) and read why it stopped", row.service);
    Some(Note { source: source.to_owned(), ..note(row, severity, text, advice) })
}

/// A pause, which nothing does by itself but the directory, to Netlogon (KB 875495).
fn pause(row: &ServiceDefault, service: &Service) -> Option<Note> {
    if service.state != ServiceState::Paused {
        return None;
    }
    let is_netlogon = row.service.eq_ignore_ascii_case("Netlogon");
    let text = "it is paused: its process runs, and it does not do its work".to_owned();
    let (advice, source) = if is_netlogon {
        (
            "see first whether event 2095 stands in the Directory Service log: after a USN rollback the \
             directory pauses Netlogon itself, and it is not to be resumed; else net continue Netlogon"
                .to_owned(),
            "KB 875495",
        )
    } else {
        (format!("find out who paused it, then net continue {}", row.service), LIST)
    };
    let severity = if is_netlogon { Severity::Fault } else { Severity::Warning };
    Some(Note { source: source.to_owned(), ..note(row, severity, text, advice) })
}

fn account(row: &ServiceDefault, release: Release, service: &Service) -> Option<Note> {
    let (wanted, is) = (row.account?, service.account.value()?);
    if normal(wanted) == normal(is) {
        return None;
    }
    // A name that is none of the three may be one of them in another language.
    let severity =
        if is_built_in(is) { severity(row).max(Severity::Warning) } else { Severity::Note };
    let sure = if row.confirmed { "" } else { " (not confirmed)" };
    Some(note(
        row,
        severity,
        format!("it runs as {is}; the default of {release} is {wanted}{sure}"),
        "set the default account again, unless somebody can say why it was changed".to_owned(),
    ))
}

/// The account that `service` runs as and the one that is its default with `release`, where the two
/// are known to differ: a name that is none of the built-in accounts may be one of them in another
/// language.
#[must_use]
pub fn other_account(release: Release, service: &Service) -> Option<(&str, &'static str)> {
    let is = service.account.value()?;
    let row = defaults_of(release)
        .find(|row| row.confirmed && row.service.eq_ignore_ascii_case(&service.name))?;
    let wanted = row.account?;
    (is_built_in(is) && normal(wanted) != normal(is)).then_some((is.as_str(), wanted))
}

fn is_built_in(account: &str) -> bool {
    ["localsystem", "localservice", "networkservice"].contains(&normal(account).as_str())
}

/// How bad it is when the service is not there or may not start.
fn severity(row: &ServiceDefault) -> Severity {
    match (row.confirmed, row.weight) {
        (true, Weight::Vital) => Severity::Fault,
        (true, Weight::Needed) => Severity::Warning,
        _ => Severity::Note,
    }
}

fn note(row: &ServiceDefault, severity: Severity, text: String, advice: String) -> Note {
    let source = match row.service {
        "RpcSs" | "RpcLocator" | "RpcEptMapper" => "KB 2089874",
        _ => LIST,
    };
    Note {
        severity,
        about: About::Service,
        subject: row.service.to_owned(),
        text,
        advice,
        source: source.to_owned(),
    }
}

/// An account without its authority, blanks and case: `NT AUTHORITY\NETWORK SERVICE` and
/// `NT AUTHORITY\NetworkService` are one.
fn normal(account: &str) -> String {
    let name = account.rsplit('\\').next().unwrap_or(account);
    let name: String = name.chars().filter(|c| !c.is_whitespace()).collect();
    match name.to_lowercase().as_str() {
        "system" => "localsystem".to_owned(),
        other => other.to_owned(),
    }
}

const fn named(start: StartType) -> &'static str {
    match start {
        StartType::Automatic => "automatic",
        StartType::Manual => "manual",
        StartType::Disabled => "disabled",
    }
}

fn command(service: &str, start: StartType) -> String {
    let start = match start {
        StartType::Automatic => "auto",
        StartType::Manual => "demand",
        StartType::Disabled => "disabled",
    };
    // In PowerShell, sc alone is Set-Content.
    format!("sc.exe config {service} start= {start}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{facts, said};
    use epmesh_facts::{Blank, OsVersion, Services};

    fn service(name: &str, state: ServiceState, start: StartType, account: &str) -> Service {
        Service {
            start: Reading::Value(start),
            account: Reading::Value(account.to_owned()),
            exit_code: Reading::Value(1067),
            ..Service::blank(name, state, &Blank::Absent)
        }
    }

    fn all(release: Release) -> Vec<Service> {
        defaults_of(release)
            .map(|row| {
                let state = match row.start {
                    Some(StartType::Automatic) => ServiceState::Running,
                    _ => ServiceState::Stopped,
                };
                let start = row.start.unwrap_or(StartType::Manual);
                service(row.service, state, start, row.account.unwrap_or("LocalSystem"))
            })
            .collect()
    }

    const V2022: OsVersion = OsVersion { major: 10, minor: 0, build: 20_348 };
    const V2008: OsVersion = OsVersion { major: 6, minor: 0, build: 6003 };

    fn said_of(version: OsVersion, list: Vec<Service>) -> Vec<String> {
        let mut facts = facts(version);
        facts.put(
            epmesh_facts::Timestamp::default(),
            epmesh_facts::Section::Services(Services { list: Reading::Value(list) }),
        );
        said(&facts, About::Service)
    }

    #[test]
    fn defaults_are_nothing_to_say() {
        assert_eq!(said_of(V2022, all(Release::Windows2022)), [""; 0]);
        assert_eq!(said_of(V2008, all(Release::Windows2008)), [""; 0]);
    }

    #[test]
    fn a_disabled_endpoint_mapper_is_a_fault() {
        let mut list = all(Release::Windows2022);
        for service in &mut list {
            if service.name == "RpcEptMapper" {
                service.start = Reading::Value(StartType::Disabled);
                service.state = ServiceState::Stopped;
            }
        }
        assert_eq!(
            said_of(V2022, list),
            [
                "fault RpcEptMapper: its start type is disabled; the default of Windows Server 2022 is automatic",
                "fault RpcEptMapper: it does not run, exit code 1067",
            ]
        );
    }

    #[test]
    fn a_delay_is_no_default() {
        let with = |name: &str, start, delayed: Reading<bool>| {
            let mut list = all(Release::Windows2022);
            for service in list.iter_mut().filter(|service| service.name == name) {
                service.start = Reading::Value(start);
                service.delayed = delayed.clone();
            }
            said_of(V2022, list)
        };
        let said = with("Netlogon", StartType::Automatic, Reading::Value(true));
        assert_eq!(said.len(), 1, "{said:?}");
        let begins = "warning Netlogon: its automatic start is delayed";
        assert!(said[0].starts_with(begins) && !said[0].contains("not confirmed"), "{said:?}");
        let said = with("IsmServ", StartType::Automatic, Reading::Value(true));
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("note IsmServ") && said[0].contains("(not confirmed)"));
        assert_eq!(with("Netlogon", StartType::Automatic, Reading::Value(false)), [""; 0]);
        let unknown = Reading::unseen("error 124");
        assert_eq!(with("Netlogon", StartType::Automatic, unknown), [""; 0]);
        // Where it is not started at all, the delay means nothing.
        let said = with("Netlogon", StartType::Disabled, Reading::Value(true));
        assert!(said.len() == 1 && said[0].contains("its start type is disabled"), "{said:?}");
    }

    #[test]
    fn what_a_release_does_not_have_is_not_missed() {
        let mut list = all(Release::Windows2022);
        list.retain(|service| {
            !["RpcLocator", "NtFrs", "RpcEptMapper"].contains(&service.name.as_str())
        });
        let said = said_of(V2022, list.clone());
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("fault RpcEptMapper: there is no such service"), "{said:?}");
        let mut list = all(Release::Windows2008);
        list.retain(|service| service.name != "RpcLocator");
        assert_eq!(said_of(V2008, list), [""; 0]);
    }

    #[test]
    fn an_unconfirmed_default_is_only_a_note() {
        let mut list = all(Release::Windows2022);
        for service in &mut list {
            if service.name == "IsmServ" {
                service.start = Reading::Value(StartType::Disabled);
            }
        }
        let said = said_of(V2022, list);
        assert_eq!(
            said,
            [
                "note IsmServ: its start type is disabled; the default of Windows Server 2022 is automatic (not confirmed)"
            ]
        );
        for row in super::super::DEFAULTS.iter().filter(|row| !row.confirmed) {
            assert_eq!(severity(row), Severity::Note, "{}", row.service);
            let stopped = Service::blank(row.service, ServiceState::Stopped, &Blank::Absent);
            let said = state(row, &stopped).filter(|_| !matches!(row.service, "BFE" | "MpsSvc"));
            assert!(said.is_none_or(|note| note.severity == Severity::Note), "{}", row.service);
        }
    }

    #[test]
    fn accounts_have_several_spellings() {
        let with = |account: &str| {
            let mut list = all(Release::Windows2022);
            for service in &mut list {
                if service.name == "RpcSs" {
                    service.account = Reading::Value(account.to_owned());
                }
            }
            said_of(V2022, list)
        };
        assert_eq!(with(r"NT AUTHORITY\NETWORK SERVICE"), [""; 0]);
        assert!(with("LocalSystem")[0].starts_with("warning RpcSs: it runs as LocalSystem"));
        assert!(with(r"NT-AUTORITÄT\Netzwerkdienst")[0].starts_with("note RpcSs"));
    }

    #[test]
    fn a_list_that_could_not_be_read_says_nothing() {
        let mut facts = facts(V2022);
        facts.put(
            epmesh_facts::Timestamp::default(),
            epmesh_facts::Section::Services(Services { list: Reading::unseen("access denied") }),
        );
        assert_eq!(said(&facts, About::Service), [""; 0]);
    }
}

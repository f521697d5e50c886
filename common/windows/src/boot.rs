//! The mode in which the host was started, against whether the directory runs.

use epmesh_facts::{BootMode, Reading, ServiceState};

use super::{About, Note, Release, Severity, known::Known, note::unread};

const OPTION: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\SafeBoot\Option";

pub(super) fn notes(known: &Known<'_>) -> Vec<Note> {
    let Some(host) = known.host else { return Vec::new() };
    let mode = match &host.boot_mode {
        Reading::Value(BootMode::Normal) => return Vec::new(),
        Reading::Value(mode) => *mode,
        other => return unread(About::Boot, OPTION, other).into_iter().collect(),
    };
    let name = match mode {
        BootMode::Normal => "normal",
        BootMode::Safe => "safe mode",
        BootMode::SafeWithNetwork => "safe mode with networking",
        BootMode::DirectoryRepair => "Directory Services Repair Mode",
    };
    let directory = known.service("NTDS").map(|service| service.state);
    let (severity, text, advice) = match directory {
        Some(ServiceState::Running) => (
            Severity::Warning,
            format!("it says {name}, and the directory service runs: scripts leave it behind"),
            "delete the key, or the next look at it will mislead",
        ),
        Some(_) => (
            Severity::Fault,
            format!("the host is started in {name}, and the directory service does not run"),
            "restart it in normal mode (bcdedit /deletevalue safeboot where it comes back)",
        ),
        // Before 2008 there is no such service; later its state could not be seen.
        None if known.release.is_some_and(|release| release < Release::Windows2008) => (
            Severity::Fault,
            format!("the host is started in {name}"),
            "restart it in normal mode (boot.ini without /safeboot where it comes back)",
        ),
        None => (
            Severity::Warning,
            format!("it says {name}; whether the directory service runs is not known"),
            "see whether the service NTDS runs",
        ),
    };
    vec![Note {
        severity,
        about: About::Boot,
        subject: OPTION.to_owned(),
        text,
        advice: advice.to_owned(),
        source: "KB 2089874".to_owned(),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{facts, said};
    use epmesh_facts::{Blank, OsVersion, Section, Service, Services, Timestamp};

    fn of(major: u32, mode: BootMode, ntds: Option<ServiceState>) -> Vec<String> {
        let mut facts = facts(OsVersion { major, minor: 2, build: 9200 });
        if let Some(host) = facts.host.as_mut() {
            host.fact.boot_mode = Reading::Value(mode);
        }
        if let Some(state) = ntds {
            let list = Reading::Value(vec![Service::blank("NTDS", state, &Blank::Absent)]);
            facts.put(Timestamp::default(), Section::Services(Services { list }));
        }
        said(&facts, About::Boot)
    }

    #[test]
    fn the_key_and_the_service_are_held_together() {
        let repair = BootMode::DirectoryRepair;
        assert_eq!(of(6, BootMode::Normal, Some(ServiceState::Stopped)), [""; 0]);
        assert!(of(6, repair, Some(ServiceState::Stopped))[0].starts_with("fault"));
        assert!(of(6, repair, Some(ServiceState::Running))[0].starts_with("warning"));
        assert!(of(6, repair, None)[0].contains("not known"));
        assert!(of(5, repair, None)[0].starts_with("fault"));
    }
}

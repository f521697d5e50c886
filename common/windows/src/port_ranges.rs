//! The dynamic port ranges of the operating system (KB 929851).

use epmesh_facts::{AddressFamily, PortRange, Transport};

use super::{About, Note, Severity, known::Known, note::unread};

/// The fewest ports of a range that netsh takes.
const MINIMUM: u32 = 255;

/// The first port that a range may begin with.
const FIRST: u16 = 1025;

pub(super) fn notes(known: &Known<'_>) -> Vec<Note> {
    let Some(ports) = known.ports else { return Vec::new() };
    let Some(ranges) = ports.dynamic.value() else {
        return unread(About::PortRange, "dynamic port ranges", &ports.dynamic)
            .into_iter()
            .collect();
    };
    let mut notes: Vec<Note> = ranges.iter().filter_map(bounds).collect();
    let of = |family, transport| {
        ranges.iter().find(|range| range.family == family && range.transport == transport)
    };
    for transport in [Transport::Tcp, Transport::Udp] {
        let (Some(v4), Some(v6)) =
            (of(AddressFamily::V4, transport), of(AddressFamily::V6, transport))
        else {
            continue;
        };
        if (v4.first, v4.last) != (v6.first, v6.last) {
            notes.push(note(
                Severity::Note,
                format!("{} dynamic ports", name(transport)),
                format!("{}-{} for IPv4 and {}-{} for IPv6", v4.first, v4.last, v6.first, v6.last),
                "make them equal, unless firewalls are to treat the two apart",
            ));
        }
    }
    notes
}

fn bounds(range: &PortRange) -> Option<Note> {
    let count = u32::from(range.last).saturating_sub(u32::from(range.first)) + 1;
    let text = if range.last < range.first {
        "it ends before it begins".to_owned()
    } else if count < MINIMUM {
        format!("it has {count} ports; the least is {MINIMUM}")
    } else if range.first < FIRST {
        format!("it begins below {FIRST}, among the well-known ports")
    } else {
        return None;
    };
    let family = match range.family {
        AddressFamily::V4 => "IPv4",
        AddressFamily::V6 => "IPv6",
    };
    let subject =
        format!("{family} {} dynamic ports {}-{}", name(range.transport), range.first, range.last);
    let advice = "set it with netsh int ipv4|ipv6 set dynamicport; 49152 and 16384 are the default";
    Some(note(Severity::Warning, subject, text, advice))
}

const fn name(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "TCP",
        Transport::Udp => "UDP",
    }
}

fn note(severity: Severity, subject: String, text: String, advice: &str) -> Note {
    Note {
        severity,
        about: About::PortRange,
        subject,
        text,
        advice: advice.to_owned(),
        source: "KB 929851".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{facts, said};
    use epmesh_facts::{Blank, OsVersion, Ports, Reading, Section, Timestamp};

    fn of(ranges: &[(AddressFamily, u16, u16)]) -> Vec<String> {
        let ranges = ranges.iter().map(|&(family, first, last)| PortRange {
            family,
            transport: Transport::Tcp,
            first,
            last,
        });
        let dynamic = Reading::Value(ranges.collect());
        let mut facts = facts(OsVersion { major: 6, minor: 3, build: 9600 });
        let ports = Ports { dynamic, ..Ports::blank(&Blank::Absent) };
        facts.put(Timestamp::default(), Section::Ports(ports));
        said(&facts, About::PortRange)
    }

    #[test]
    fn bounds_are_netsh_s() {
        assert_eq!(of(&[(AddressFamily::V4, 49_152, 65_535)]), [""; 0]);
        assert_eq!(of(&[(AddressFamily::V4, 1025, 1279)]), [""; 0]);
        assert!(of(&[(AddressFamily::V4, 50_000, 50_253)])[0].contains("254 ports"));
        assert!(of(&[(AddressFamily::V4, 1024, 5000)])[0].starts_with("warning"));
        assert!(of(&[(AddressFamily::V6, 2000, 1000)])[0].contains("ends before it begins"));
    }

    #[test]
    fn versions_of_ip_may_differ() {
        let said = of(&[(AddressFamily::V4, 5000, 65_535), (AddressFamily::V6, 49_152, 65_535)]);
        assert_eq!(said, ["note TCP dynamic ports: 5000-65535 for IPv4 and 49152-65535 for IPv6"]);
    }
}

//! `HKLM\SOFTWARE\Microsoft\Rpc\Internet`: the ports that RPC servers take theirs from, by
//! Microsoft's table (KB 154596).
//!
//! | PortsInternetAvailable | UseInternetPorts | servers take a port that is |
//! |---|---|---|
//! | Y | Y | listed |
//! | Y | N | not listed |
//! | N | Y | not listed |
//! | N | N | listed |
//!
//! One entry that cannot be understood makes the whole configuration invalid, and no server gets a
//! port. There are no blanks around the dash (KB 201911).

use epmesh_facts::{AddressFamily, PortRange, Reading, RpcSettings, Transport};

use super::{About, Note, Severity, note::unread};

const KEY: &str = r"HKLM\SOFTWARE\Microsoft\Rpc\Internet";

/// Fewer ports than these are risky (KB 154596).
const ENOUGH: u32 = 100;

/// The ports that RPC servers may take, by `Rpc\Internet`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RpcPorts {
    /// Nothing is configured: servers take their ports from the dynamic range.
    Dynamic,
    /// Only these, sorted, first and last included.
    Listed(Vec<(u16, u16)>),
    /// The ports of the dynamic range without these.
    NotListed(Vec<(u16, u16)>),
    /// Invalid: no server gets a port.
    Invalid {
        /// The entry, cut to 80 characters.
        entry: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Not what the article describes: what the runtime makes of it is not documented.
    Undocumented(String),
    /// The list could not be read.
    Unknown(String),
}

/// The ports that RPC servers of a host may take, by its settings.
#[must_use]
pub fn rpc_ports(rpc: &RpcSettings) -> RpcPorts {
    let lines = match &rpc.internet_ports {
        Reading::Value(lines) => lines,
        Reading::Absent | Reading::NotApplicable => return without_ports(rpc),
        Reading::Unreadable(why) => return RpcPorts::Unknown(why.to_string()),
    };
    let mut ranges = Vec::new();
    for line in lines {
        match entry(line) {
            Ok(range) => ranges.push(range),
            Err(why) => {
                return RpcPorts::Invalid { entry: line.chars().take(80).collect(), why };
            }
        }
    }
    ranges.sort_unstable();
    if let Some((first, last)) = ranges.iter().find(|(first, last)| first > last) {
        return RpcPorts::Undocumented(format!("the range {first}-{last} ends before it begins"));
    }
    if ranges.is_empty() {
        return RpcPorts::Undocumented("Ports has no entries".to_owned());
    }
    let available = match flag("PortsInternetAvailable", &rpc.internet_ports_available) {
        Ok(flag) => flag,
        Err(other) => return other,
    };
    let used = match flag("UseInternetPorts", &rpc.use_internet_ports) {
        Ok(flag) => flag,
        Err(other) => return other,
    };
    if available == used { RpcPorts::Listed(ranges) } else { RpcPorts::NotListed(ranges) }
}

/// The ranges that RPC servers take their TCP ports from, where these are others than the dynamic
/// one: sorted, and joined where they touch. Absent where they are not. Where all but some ports are
/// taken, they are what is left of the `dynamic` TCP range over IPv4.
#[must_use]
pub fn rpc_ranges(rpc: &RpcSettings, dynamic: &Reading<Vec<PortRange>>) -> Reading<Vec<PortRange>> {
    let range = |(first, last)| PortRange {
        family: AddressFamily::V4,
        transport: Transport::Tcp,
        first,
        last,
    };
    let all = |ranges: Vec<(u16, u16)>| Reading::Value(ranges.into_iter().map(range).collect());
    match rpc_ports(rpc) {
        RpcPorts::Dynamic => Reading::Absent,
        RpcPorts::Listed(ranges) => all(joined(&ranges)),
        RpcPorts::NotListed(without) => {
            let Reading::Value(dynamic) = dynamic else {
                let shown = shown(&without);
                let why = match dynamic {
                    Reading::Unreadable(why) => why,
                    _ => "it is not there",
                };
                return Reading::unseen(format!(
                    "{KEY} takes {shown} out of the dynamic range: {why}"
                ));
            };
            let tcp = dynamic.iter().filter(|range| {
                (range.family, range.transport) == (AddressFamily::V4, Transport::Tcp)
            });
            let mut whole: Vec<_> = tcp.map(|range| (range.first, range.last)).collect();
            whole.sort_unstable();
            match left(&joined(&whole), &joined(&without)) {
                // None at all is no list of ranges.
                ranges if ranges.is_empty() => Reading::unseen(format!(
                    "{KEY} takes {} out of the dynamic range, and leaves no port of it",
                    shown(&without)
                )),
                ranges => all(ranges),
            }
        }
        RpcPorts::Invalid { entry, why } => {
            Reading::unseen(format!("{KEY} is invalid: {entry:?} {why}"))
        }
        RpcPorts::Undocumented(why) | RpcPorts::Unknown(why) => Reading::unseen(why),
    }
}

/// The rest of a range of ports without those that `Rpc\Internet` takes out of it.
#[must_use]
pub fn ports_left(whole: (u16, u16), without: &[(u16, u16)]) -> Vec<(u16, u16)> {
    left(&[whole], &joined(without))
}

/// Without `Ports` the other two alone say nothing.
fn without_ports(rpc: &RpcSettings) -> RpcPorts {
    let set = |reading: &Reading<String>| reading.value().is_some();
    if set(&rpc.internet_ports_available) || set(&rpc.use_internet_ports) {
        return RpcPorts::Undocumented(
            "PortsInternetAvailable or UseInternetPorts is set, and Ports is not".to_owned(),
        );
    }
    RpcPorts::Dynamic
}

/// A port, or two with a dash between them.
fn entry(line: &str) -> Result<(u16, u16), &'static str> {
    let port = |text: &str| -> Result<u16, &'static str> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("is neither a port nor two with a dash between them");
        }
        text.parse().map_err(|_| "has a port beyond 65535")
    };
    if line.contains(char::is_whitespace) {
        return Err("has blanks");
    }
    match line.split_once('-') {
        Some((first, last)) => Ok((port(first)?, port(last)?)),
        None => port(line).map(|port| (port, port)),
    }
}

fn flag(name: &str, reading: &Reading<String>) -> Result<bool, RpcPorts> {
    match reading {
        Reading::Value(text) if text.eq_ignore_ascii_case("Y") => Ok(true),
        Reading::Value(text) if text.eq_ignore_ascii_case("N") => Ok(false),
        Reading::Value(text) => Err(RpcPorts::Undocumented(format!(
            "{name} is {:?}, neither Y nor N",
            text.chars().take(80).collect::<String>()
        ))),
        Reading::Absent | Reading::NotApplicable => {
            Err(RpcPorts::Undocumented(format!("Ports is set, and {name} is not")))
        }
        Reading::Unreadable(why) => Err(RpcPorts::Unknown(why.to_string())),
    }
}

/// Sorted ranges with those that touch or overlap made one.
#[must_use]
pub fn joined(ranges: &[(u16, u16)]) -> Vec<(u16, u16)> {
    let mut joined: Vec<(u16, u16)> = Vec::new();
    for &(first, last) in ranges {
        match joined.last_mut() {
            Some(before) if u32::from(first) <= u32::from(before.1) + 1 => {
                before.1 = before.1.max(last);
            }
            _ => joined.push((first, last)),
        }
    }
    joined
}

/// What is left of `whole` without `taken`; both are as [`joined`] makes them.
fn left(whole: &[(u16, u16)], taken: &[(u16, u16)]) -> Vec<(u16, u16)> {
    let mut left = Vec::new();
    for &(first, last) in whole {
        // The first port that is not settled; beyond 16 bits where all are.
        let mut next = u32::from(first);
        for &(from, to) in taken.iter().filter(|(from, to)| *from <= last && *to >= first) {
            if let Ok(begin) = u16::try_from(next)
                && begin < from
            {
                left.push((begin, from - 1));
            }
            next = next.max(u32::from(to) + 1);
        }
        if let Ok(begin) = u16::try_from(next)
            && begin <= last
        {
            left.push((begin, last));
        }
    }
    left
}

fn shown(ranges: &[(u16, u16)]) -> String {
    let texts = ranges.iter().take(8).map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    });
    texts.collect::<Vec<_>>().join(", ")
}

pub(super) fn notes(rpc: &RpcSettings, dynamic: Option<(u16, u16)>) -> Vec<Note> {
    let (severity, text, advice) = match rpc_ports(rpc) {
        RpcPorts::Dynamic => return Vec::new(),
        RpcPorts::NotListed(without) => {
            let Some(whole) = dynamic else { return Vec::new() };
            let ranges = ports_left(whole, &without);
            let sizes = ranges.iter().map(|(first, last)| u32::from(last - first) + 1);
            let count: u32 = sizes.sum();
            if count >= ENOUGH {
                return Vec::new();
            }
            let severity = if count == 0 { Severity::Fault } else { Severity::Warning };
            let (first, last) = whole;
            (
                severity,
                format!(
                    "Ports takes {} away from RPC servers (PortsInternetAvailable and UseInternetPorts \
                     differ), and leaves {count} of the dynamic ports {first}-{last}",
                    shown(&without)
                ),
                "set both values to Y, or delete the three values; then restart the host"
                    .to_owned(),
            )
        }
        RpcPorts::Listed(ranges) => {
            let ranges = joined(&ranges);
            let sizes = ranges.iter().map(|(first, last)| u32::from(last - first) + 1);
            let count: u32 = sizes.sum();
            if count >= ENOUGH {
                return Vec::new();
            }
            (
                Severity::Warning,
                format!(
                    "RPC servers have {count} ports ({}); fewer than {ENOUGH} are risky",
                    shown(&ranges)
                ),
                format!("give them at least {ENOUGH}"),
            )
        }
        RpcPorts::Invalid { entry, why } => (
            Severity::Fault,
            format!(
                "the entry {entry:?} of Ports {why}; one such entry makes all of it invalid, and \
                 no RPC server of this host gets a TCP or UDP port"
            ),
            "correct it: one port or FIRST-LAST an entry, without blanks; then restart the host"
                .to_owned(),
        ),
        RpcPorts::Undocumented(why) => (
            Severity::Warning,
            format!("{why}: what the RPC runtime makes of that is not documented"),
            "set all three values, or none of them; then restart the host".to_owned(),
        ),
        RpcPorts::Unknown(why) => {
            let reading: Reading<()> = Reading::unseen(why);
            return unread(About::RpcPorts, KEY, &reading).into_iter().collect();
        }
    };
    vec![Note {
        severity,
        about: About::RpcPorts,
        subject: KEY.to_owned(),
        text,
        advice,
        source: "KB 154596".to_owned(),
    }]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{said, with_rpc};

    fn settings(ports: &[&str], available: &str, used: &str) -> RpcSettings {
        let ports = ports.iter().map(|port| (*port).to_owned()).collect();
        let text = |text: &str| match text {
            "" => Reading::Absent,
            text => Reading::Value(text.to_owned()),
        };
        RpcSettings {
            internet_ports: Reading::Value(ports),
            internet_ports_available: text(available),
            use_internet_ports: text(used),
            ..RpcSettings::blank(&epmesh_facts::Blank::Absent)
        }
    }

    fn severity_of(rpc: &RpcSettings) -> Vec<String> {
        let facts = with_rpc(|settings| settings.clone_from(rpc));
        said(&facts, About::RpcPorts)
    }

    #[test]
    fn microsofts_table() {
        let of = |available, used| rpc_ports(&settings(&["5000-6000", "7000"], available, used));
        let listed = RpcPorts::Listed(vec![(5000, 6000), (7000, 7000)]);
        let others = RpcPorts::NotListed(vec![(5000, 6000), (7000, 7000)]);
        assert_eq!(of("Y", "Y"), listed);
        assert_eq!(of("Y", "N"), others);
        assert_eq!(of("n", "y"), others);
        assert_eq!(of("N", "N"), listed);
        assert!(matches!(of("Y", ""), RpcPorts::Undocumented(_)));
        assert!(matches!(of("yes", "Y"), RpcPorts::Undocumented(_)));
    }

    #[test]
    fn nothing_is_configured_by_default() {
        let blank = RpcSettings::blank(&epmesh_facts::Blank::Absent);
        assert_eq!(rpc_ports(&blank), RpcPorts::Dynamic);
        assert_eq!(rpc_ranges(&blank, &Reading::Absent), Reading::Absent);
        assert_eq!(severity_of(&blank), [""; 0]);
    }

    #[test]
    fn one_bad_entry_invalidates_all() {
        for bad in ["5000 - 5100", "5000-65536", "5000-", "-5", "", "http", "5000-5100-5200", "+5"]
        {
            let rpc = settings(&["6000-7000", bad], "Y", "Y");
            assert!(matches!(rpc_ports(&rpc), RpcPorts::Invalid { .. }), "{bad:?}");
            let said = severity_of(&rpc);
            assert!(said[0].starts_with("fault") && said[0].contains(bad), "{said:?}");
            assert!(matches!(rpc_ranges(&rpc, &dynamic(&[])), Reading::Unreadable(_)));
        }
    }

    #[test]
    fn a_small_range_is_risky() {
        let said = severity_of(&settings(&["5000-5098"], "Y", "Y"));
        assert!(said[0].starts_with("warning") && said[0].contains("99 ports"), "{said:?}");
        assert_eq!(severity_of(&settings(&["5000-5098", "5099"], "Y", "Y")), [""; 0]);
        // Ports that are listed twice are there once.
        let said = severity_of(&settings(&["5000-5050", "5000-5098"], "Y", "Y"));
        assert!(said[0].contains("99 ports (5000-5098)"), "{said:?}");
    }

    #[test]
    fn ranges_that_touch_are_told_as_one_and_others_each() {
        let told = |ports: &[&str], flag| {
            let ranges = rpc_ranges(&settings(ports, flag, flag), &Reading::Absent);
            let ranges = ranges.value().expect("ranges").iter();
            ranges.map(|range| (range.first, range.last)).collect::<Vec<_>>()
        };
        assert_eq!(told(&["5100-5200", "5000-5099"], "N"), [(5000, 5200)]);
        let several = ["6000-6100", "5000-5100", "7000"];
        assert_eq!(told(&several, "Y"), [(5000, 5100), (6000, 6100), (7000, 7000)]);
    }

    fn dynamic(tcp: &[(u16, u16)]) -> Reading<Vec<PortRange>> {
        let range = |family, transport, (first, last)| PortRange { family, transport, first, last };
        let tcp = tcp.iter().map(|&ports| range(AddressFamily::V4, Transport::Tcp, ports));
        // Neither of these is what RPC servers take their TCP ports from.
        let others = [
            range(AddressFamily::V6, Transport::Tcp, (1, 4000)),
            range(AddressFamily::V4, Transport::Udp, (1, 4000)),
        ];
        Reading::Value(tcp.chain(others).collect())
    }

    #[test]
    fn all_ports_but_some_are_what_is_left_of_the_dynamic_range() {
        let whole = [(49_152, 65_535)];
        type Ports<'a> = &'a [(u16, u16)];
        let rows: &[(Ports<'_>, &[&str], Ports<'_>)] = &[
            (&whole, &["50000-50099"], &[(49_152, 49_999), (50_100, 65_535)]),
            (&whole, &["49152-50000"], &[(50_001, 65_535)]),
            (&whole, &["60000-65535"], &[(49_152, 59_999)]),
            (&whole, &["1-49200", "49190-49300", "49301"], &[(49_302, 65_535)]),
            (&whole, &["49153", "65534"], &[(49_152, 49_152), (49_154, 65_533), (65_535, 65_535)]),
            (&whole, &["5000-6000"], &[(49_152, 65_535)]),
            (&[(1_025, 1_030)], &["1025", "1027-1028", "1030"], &[(1_026, 1_026), (1_029, 1_029)]),
        ];
        for (whole, ports, expected) in rows {
            for (available, used) in [("Y", "N"), ("N", "Y")] {
                let ranges = rpc_ranges(&settings(ports, available, used), &dynamic(whole));
                let ranges = ranges.value().expect("ranges").iter();
                let ranges: Vec<_> = ranges.map(|range| (range.first, range.last)).collect();
                assert_eq!(ranges, *expected, "{whole:?} without {ports:?}");
            }
        }
    }

    #[test]
    fn nothing_left_and_nothing_known_are_no_ranges() {
        let why = |ports: &[&str], dynamic| match rpc_ranges(&settings(ports, "Y", "N"), &dynamic) {
            Reading::Unreadable(why) => why,
            other => panic!("{other:?}"),
        };
        assert!(why(&["1-65535"], dynamic(&[(49_152, 65_535)])).contains("leaves no port"));
        let unread = Reading::unseen("netsh printed nothing");
        let why = why(&["5000-5100"], unread);
        assert!(why.contains("takes 5000-5100 out") && why.contains("netsh printed"), "{why}");
    }

    proptest! {
        #[test]
        fn takes_any_entries(ports in prop::collection::vec("[0-9 -]{0,12}", 0..6)) {
            let ports: Vec<&str> = ports.iter().map(String::as_str).collect();
            let rpc = settings(&ports, "Y", "Y");
            if let RpcPorts::Listed(ranges) = rpc_ports(&rpc) {
                prop_assert!(ranges.iter().all(|(first, last)| first <= last));
                prop_assert!(joined(&ranges).is_sorted());
            }
            let rpc = settings(&ports, "Y", "N");
            if let Reading::Value(ranges) = rpc_ranges(&rpc, &dynamic(&[(1000, 2000)])) {
                let ports = ranges.iter().flat_map(|range| range.first..=range.last);
                let RpcPorts::NotListed(taken) = rpc_ports(&rpc) else { panic!("{rpc:?}") };
                let expected = (1000..=2000)
                    .filter(|port| !taken.iter().any(|(first, last)| (first..=last).contains(&port)));
                prop_assert!(ports.eq(expected));
            }
        }
    }
}

//! The dynamic port ranges as WMI tells them: `MSFT_NetTCPSetting` and `MSFT_NetUDPSetting` of
//! `root\StandardCimv2`, from Windows Server 2012 on.
//!
//! WMI is asked first because it answers with numbers, where netsh prints a page in the language of the
//! host. It does not replace netsh, for three reasons:
//!
//! - The classes name no version of IP, and their documentation does not say that one row stands for both,
//!   while netsh sets a range for each. What they tell counts for IPv4; IPv6 is read with netsh. To take it
//!   for both would turn a range that was narrowed for IPv6 alone into one that is in order.
//! - TCP has a row for each template (`Internet`, `Datacenter`, `Automatic` ...), of which some have nulls.
//!   There is one range for all of them. Rows that disagree do not tell which it is, so that WMI has not
//!   told it.
//! - Rows may all have nulls, and Windows Server 2008 R2 has no such classes.

use epmesh_facts::{AddressFamily, PortRange, Transport};
use serde::Deserialize;

use super::netsh;

/// The most rows of one class that are looked at; Windows has some six.
pub const MAX_ROWS: usize = 64;

/// A row on the range. Either may be null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Row {
    /// The first port.
    pub dynamic_port_range_start_port: Option<i64>,
    /// How many ports there are.
    pub dynamic_port_range_number_of_ports: Option<i64>,
}

/// The rows of both classes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// The rows of `MSFT_NetTCPSetting`.
    pub tcp: Vec<Row>,
    /// The rows of `MSFT_NetUDPSetting`.
    pub udp: Vec<Row>,
}

impl Rows {
    /// The rows on `transport`.
    #[must_use]
    pub fn of(&self, transport: Transport) -> &[Row] {
        match transport {
            Transport::Tcp => &self.tcp,
            Transport::Udp => &self.udp,
        }
    }
}

/// The IPv4 range that the rows on `transport` tell.
///
/// # Errors
/// Why they do not tell one: there are none, or more than [`MAX_ROWS`], all have nulls, they disagree, or what they say is no range
/// of ports.
pub fn range(transport: Transport, rows: &[Row]) -> Result<PortRange, String> {
    if rows.len() > MAX_ROWS {
        return Err(format!("WMI has more than {MAX_ROWS} settings of it"));
    }
    let mut told: Vec<(Option<i64>, Option<i64>)> = rows
        .iter()
        .map(|row| (row.dynamic_port_range_start_port, row.dynamic_port_range_number_of_ports))
        .filter(|told| *told != (None, None))
        .collect();
    told.sort_unstable();
    told.dedup();
    let told = match (rows.len(), told.as_slice()) {
        (0, _) => return Err("WMI has no settings of it".to_owned()),
        (count, []) => return Err(format!("WMI has {count} settings of it, all without a range")),
        (_, [one]) => *one,
        (_, several) => {
            return Err(format!("the settings in WMI tell {} ranges", several.len()));
        }
    };
    let number = |told: Option<i64>| told.and_then(|number| u64::try_from(number).ok());
    let (first, count) = (number(told.0), number(told.1));
    first
        .zip(count)
        .and_then(|(first, count)| netsh::range(AddressFamily::V4, transport, first, count))
        .ok_or_else(|| {
            let shown = |told: Option<i64>| told.map_or("null".to_owned(), |n| n.to_string());
            format!(
                "WMI tells the first port {} and {} ports, which is no range of ports",
                shown(told.0),
                shown(told.1)
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_or_the_reason_why_not() {
        const NULL: (Option<i64>, Option<i64>) = (None, None);
        let some = |first, count| (Some(first), Some(count));
        let usual = some(49_152, 16_384);
        for (rows, expected) in [
            (vec![usual], Ok((49_152, 65_535))),
            (vec![usual; MAX_ROWS], Ok((49_152, 65_535))),
            (vec![usual; MAX_ROWS + 1], Err("more than 64 settings")),
            (vec![usual, usual, NULL, usual], Ok((49_152, 65_535))),
            (vec![some(49_178, 16_358)], Ok((49_178, 65_535))),
            (vec![some(1_025, 1)], Ok((1_025, 1_025))),
            (vec![], Err("no settings")),
            (vec![NULL, NULL], Err("2 settings of it, all without a range")),
            (vec![usual, some(10_000, 255)], Err("tell 2 ranges")),
            (vec![(Some(49_152), None)], Err("49152 and null ports")),
            (vec![(None, Some(16_384))], Err("null and 16384 ports")),
            (vec![some(0, 16_384)], Err("no range of ports")),
            (vec![some(49_152, 0)], Err("no range of ports")),
            (vec![some(49_152, 16_385)], Err("no range of ports")),
            (vec![some(-1, 16_384)], Err("-1 and 16384 ports")),
            (vec![some(i64::MAX, i64::MAX)], Err("no range of ports")),
        ] {
            let rows: Vec<Row> = rows
                .iter()
                .map(|&(start, count)| Row {
                    dynamic_port_range_start_port: start,
                    dynamic_port_range_number_of_ports: count,
                })
                .collect();
            match (range(Transport::Tcp, &rows), expected) {
                (Ok(found), Ok((first, last))) => {
                    assert_eq!((found.first, found.last), (first, last));
                    assert_eq!(found.family, AddressFamily::V4);
                }
                (Err(why), Err(words)) => assert!(why.contains(words), "{why}"),
                (found, expected) => panic!("{found:?}, not {expected:?}: {rows:?}"),
            }
        }
    }

    #[test]
    fn rows_are_read_by_the_names_of_their_properties() {
        let row = |text: &str| serde_json::from_str::<Row>(text).expect("a row");
        let one = row(r#"{"SettingName":"Internet","DynamicPortRangeStartPort":49152,
            "DynamicPortRangeNumberOfPorts":16384}"#);
        assert_eq!(one.dynamic_port_range_start_port, Some(49_152));
        assert_eq!(one.dynamic_port_range_number_of_ports, Some(16_384));
        let null =
            row(r#"{"DynamicPortRangeStartPort":null,"DynamicPortRangeNumberOfPorts":null}"#);
        assert_eq!(null.dynamic_port_range_start_port, None);
        let rows = Rows { tcp: vec![one], udp: vec![null] };
        assert_eq!((rows.of(Transport::Tcp), rows.of(Transport::Udp)), (&[one][..], &[null][..]));
    }
}

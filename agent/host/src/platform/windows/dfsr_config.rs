//! DFS Replication's own configuration as WMI tells it: `DfsrMachineConfig` of `root\MicrosoftDFS`, which
//! is what `dfsrdiag StaticRPC` sets.

use epmesh_facts::{Reading, Reason, ReasonKind};
use serde::Deserialize;

/// The place where DFS Replication keeps the port that `dfsrdiag StaticRPC` sets, in words.
pub const DFSR_ELSEWHERE: &str = "DFS Replication keeps its port in its own configuration, not in the \
     registry; `Get-DfsrServiceConfiguration` shows it as RPCPort (before Windows Server 2012 R2: \
     `dfsrdiag DumpMachineCfg`), and `dfsrdiag StaticRPC /Port:NUMBER` sets it";

/// `WBEM_E_ACCESS_DENIED`, as WMI refuses.
pub const DENIED: u32 = 0x8004_1003;
/// `E_ACCESSDENIED`, as COM refuses.
pub const COM_DENIED: u32 = 0x8007_0005;

/// The most characters of the reason why WMI does not tell it.
const MAX_WHY: usize = 60;

/// A row of the answer. It may be null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Row {
    /// The static port; 0 for one of the dynamic range.
    pub rpc_port_assignment: Option<i64>,
}

/// The static port that the rows tell; absent where there is none. Where WMI does not tell it, for the
/// reason that is given in place of the rows, who does is said too.
#[must_use]
pub fn port(rows: Result<Vec<Row>, Reason>) -> Reading<u32> {
    let unread = |why: &Reason| {
        // A right that can be given is missing; else nothing that could be given would help.
        let kind = match why.kind {
            denied @ ReasonKind::Com(DENIED | COM_DENIED) => denied,
            _ => ReasonKind::NeverReadHere,
        };
        let why: String = why.chars().take(MAX_WHY).collect();
        Reading::Unreadable(Reason::of_kind(kind, format!("{DFSR_ELSEWHERE}; {why}")))
    };
    let rows = match rows {
        Ok(rows) => rows,
        Err(why) => return unread(&why),
    };
    // The host has one configuration.
    let &[Row { rpc_port_assignment: Some(port) }] = rows.as_slice() else {
        return unread(&format!("WMI has {} rows of it, or no number", rows.len()).into());
    };
    match u32::try_from(port) {
        Ok(0) => Reading::Absent,
        Ok(port) => Reading::Value(port),
        Err(_) => unread(&format!("WMI tells {port}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_none_or_the_reason_why_not() {
        let row = |port| Row { rpc_port_assignment: port };
        assert_eq!(port(Ok(vec![row(Some(5722))])), Reading::Value(5722));
        // What is no port is a setting all the same, and a rule says that it is wrong.
        assert_eq!(port(Ok(vec![row(Some(70_000))])), Reading::Value(70_000));
        assert_eq!(port(Ok(vec![row(Some(0))])), Reading::Absent);
        for (rows, words) in [
            (Ok(vec![]), "0 rows"),
            (Ok(vec![row(None)]), "no number"),
            (Ok(vec![row(Some(1)), row(Some(1))]), "2 rows"),
            (Ok(vec![row(Some(-1))]), "WMI tells -1"),
            (Err(Reason::of_kind(ReasonKind::Com(0x8004_100E), "WMI: no such name")), "; WMI: no"),
            (Err("x".repeat(1000).into()), "xxx"),
        ] {
            let Reading::Unreadable(why) = port(rows) else { panic!("{words}") };
            assert!(why.contains(words) && why.chars().count() <= 300, "{why}");
            assert_eq!(why.kind, ReasonKind::NeverReadHere, "{why}");
        }
        let refused = Reason::of_kind(ReasonKind::Com(DENIED), "WMI refused");
        let Reading::Unreadable(denied) = port(Err(refused.clone())) else { panic!() };
        assert_eq!(denied.kind, refused.kind, "a right that can be given");
    }

    #[test]
    fn rows_are_read_by_the_names_of_their_properties() {
        let row: Row = serde_json::from_str(r#"{"RpcPortAssignment":5722}"#).expect("a row");
        assert_eq!(row.rpc_port_assignment, Some(5722));
    }
}

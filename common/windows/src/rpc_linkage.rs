//! `HKLM\SYSTEM\CurrentControlSet\Services\Rpc\Linkage`, Bind: the network interfaces that RPC
//! servers bind to. Absent means all; present and empty is invalid (Win32 documents, "Configuring
//! the Windows Registry for Port Allocations and Selective Binding").

use epmesh_facts::{Reading, RpcSettings};

use super::{About, Note, Severity, note::unread};

const VALUE: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\Rpc\Linkage, Bind";

pub(super) fn notes(rpc: &RpcSettings) -> Vec<Note> {
    let lines = match &rpc.bind {
        Reading::Value(lines) => lines,
        other => return unread(About::RpcBinding, VALUE, other).into_iter().collect(),
    };
    let names: Vec<&str> = lines.iter().map(|line| line.trim()).filter(|l| !l.is_empty()).collect();
    let (severity, text, advice) = if names.is_empty() {
        (
            Severity::Fault,
            "it is there and empty, which is invalid: no RPC server of this host can register an \
             endpoint"
                .to_owned(),
            "delete the value to bind to all interfaces, then restart the host",
        )
    } else {
        let shown: Vec<&str> = names.iter().take(8).copied().collect();
        (
            Severity::Note,
            format!("RPC servers bind to these interfaces only: {}", shown.join(", ")),
            "see that each of them is still there, and that clients come in through them",
        )
    };
    vec![Note {
        severity,
        about: About::RpcBinding,
        subject: VALUE.to_owned(),
        text,
        advice: advice.to_owned(),
        source:
            "Win32: Configuring the Windows Registry for Port Allocations and Selective Binding"
                .to_owned(),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{said, with_rpc};

    #[test]
    fn absent_is_all_and_empty_is_none() {
        let of = |bind| said(&with_rpc(|rpc| rpc.bind = bind), About::RpcBinding);
        assert_eq!(of(Reading::Absent), [""; 0]);
        assert!(of(Reading::Value(Vec::new()))[0].starts_with("fault"));
        assert!(of(Reading::Value(vec![" ".to_owned()]))[0].starts_with("fault"));
        let one = of(Reading::Value(vec![r"\Device\{0}".to_owned()]));
        assert!(one[0].starts_with("note") && one[0].contains(r"\Device\{0}"));
        assert!(of(Reading::unseen("it is REG_SZ"))[0].starts_with("note"));
    }
}

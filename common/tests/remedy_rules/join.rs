//! The steps of a join that a closed port or a DNS server stops keep to the same rules.

use std::collections::BTreeSet;

use epmesh_common::{
    diagnosis::{closed_ports, judge_join},
    facts::{AddressProbe, Failure, Stage, Transport, WellKnownPort},
};

use crate::{copies::unkept, judged::JUDGED};

#[test]
fn the_steps_of_a_join_can_be_pasted() {
    let mut programs = BTreeSet::new();
    let link = &JUDGED[0].verdict;
    let address = "10.0.1.12".parse().unwrap();
    for failure in [Failure::Refused, Failure::TimedOut] {
        for port in [88, 389, 445, 464] {
            let closed = Stage::failed(failure.clone(), 1);
            let well_known = vec![WellKnownPort { port, transport: Transport::Tcp, stage: closed }];
            let probe =
                AddressProbe { well_known, ..AddressProbe::connected(address, Stage::ok(1)) };
            let denying = ["10.0.1.11".parse().unwrap()];
            for denying in [&denying[..], &[]] {
                let links = std::slice::from_ref(link);
                let said = judge_join(links, Some(&closed_ports(&probe)), None, denying);
                let text = said.remedy.join("\n");
                assert!(text.contains("epmesh-agent check --join"), "{text}");
                let words: Vec<&str> = text.split([' ', '(', '\n']).collect();
                assert!(!words.contains(&"sc"), "Set-Content in PowerShell: {text}");
                assert_eq!(unkept(&text, &mut programs).1, Vec::<String>::new());
            }
        }
    }
    assert!(programs.contains("Set-DnsClientServerAddress"), "{programs:?}");
}

//! Many peers at once that send without end.

use std::{sync::Arc, time::Duration};

use epmesh_agent::probe::{Config, Peers as _, Prober, WirePorts};
use epmesh_common::facts::{
    Blank, DnsName, HostsFile, HostsLine, PeerObservation, Reading, Resolver, Target,
};
use tokio::task::JoinSet;

use crate::{
    fixture::{LOCALHOST, closed_ports, config, drsuapi, target},
    hostile::{ENDLESS, asked},
    server::{Behaviour, start},
};

/// A DNS server that lies can lead every look to a host that floods. What all of them take in stays
/// within what the agent holds, and each says what it met: its own bound, or that of all together.
#[tokio::test]
async fn sixty_four_floods_at_once() {
    const FLOODS: usize = 64;
    const TOGETHER: usize = 32 << 20;
    // What may have been read, eight kilobytes a socket, before the bound is seen to be met.
    const SLACK: usize = FLOODS * 10 * 8192;
    let server = start(Behaviour::Twisted { port: 0, twist: ENDLESS }).await;
    let ports = WirePorts { endpoint_mapper: server.port, ..closed_ports() };
    let minute = Duration::from_secs(60);
    let prober = Arc::new(Prober::new(Config {
        rpc: minute,
        look: 2 * minute,
        concurrency: FLOODS,
        // The budget of a minute is another bound, with a test of its own.
        connections_per_minute: u32::MAX,
        bytes_per_minute: u32::MAX,
        ..config(ports)
    }));
    let name = |number: usize| format!("dc{number}.lab.test").parse::<DnsName>().unwrap();
    let line = HostsLine { line: 1, address: LOCALHOST, names: (0..FLOODS).map(name).collect() };
    let hosts = HostsFile { path: "/etc/hosts".to_owned(), lines: vec![line] };
    let sources = Resolver { hosts: Reading::Value(hosts), ..Resolver::blank(&Blank::Absent) };
    let looks: JoinSet<PeerObservation> = (0..FLOODS)
        .map(|number| {
            let (prober, sources) = (Arc::clone(&prober), sources.clone());
            let target = Target { name: name(number), ..target() };
            async move { prober.look(&target, &[drsuapi()], &sources).await }
        })
        .collect();
    let mut most = 0;
    let watch = async {
        loop {
            most = most.max(prober.taken_in());
            tokio::task::yield_now().await;
        }
    };
    let seen = tokio::select! {
        seen = looks.join_all() => seen,
        () = watch => panic!("it only watches"),
    };
    assert!(most <= TOGETHER + SLACK, "{most} bytes were taken in at one time");
    let mut together = 0;
    for look in &seen {
        let said = asked(&look.addresses[0]);
        let by_all = said.contains("33554432 bytes together");
        together += usize::from(by_all);
        assert!(by_all || said.contains("4194304"), "{}: {said}", look.peer);
    }
    assert!(together > 0, "they did not flood at once: {most} bytes at most");
    assert_eq!(prober.taken_in(), 0, "what is over is given back");
}

//! One sweep, and what it took.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, ExitCode, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use epmesh_agent::probe::{Config, Peers as _, Prober, WirePorts};
use epmesh_common::{
    facts::{Blank, PeerObservation, Reading, Resolver, Target},
    rpc::names,
};
use tokio::task::JoinSet;

use crate::peers::Fleet;

/// Looks at `count` simulated peers and prints what it took. Fails when a look did not see all.
pub(crate) async fn run(count: u16, concurrency: usize) -> Result<ExitCode> {
    let program = std::env::current_exe().context("find this program")?;
    let mut child = Command::new(program)
        .args(["peers", &count.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("start the simulated peers")?;
    let output = child.stdout.take().context("the peers' output")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).context("read where the peers are")?;
    let fleet: Fleet = serde_json::from_str(&line).context("understand where the peers are")?;
    let told = sweep(fleet, concurrency).await;
    // The end of its input is the end of it.
    drop(child.stdin.take());
    child.wait().context("wait for the simulated peers")?;
    told
}

async fn sweep(fleet: Fleet, concurrency: usize) -> Result<ExitCode> {
    let drsuapi = names::find("drsuapi").context("drsuapi is a known interface")?;
    let ports = fleet.ports;
    let prober = Arc::new(Prober::new(Config {
        concurrency,
        // The budget is there to spread a sweep over a minute; here it is to be had at once.
        connections_per_minute: u32::MAX,
        bytes_per_minute: u32::MAX,
        pace: Duration::ZERO,
        // The names are none that this machine's DNS servers should hear of.
        system_resolver: false,
        ports: WirePorts {
            dns: ports.dns,
            endpoint_mapper: ports.endpoint_mapper,
            ldap: ports.ldap,
            cldap: ports.ldap,
            netbios: ports.netbios,
        },
        ..Config::default()
    }));
    let resolver = Arc::new(Resolver {
        servers: Reading::Value(vec![fleet.dns]),
        ..Resolver::blank(&Blank::Absent)
    });
    let before = memory("VmHWM")?;
    let start = Instant::now();
    let mut looks = JoinSet::new();
    for (name, guid) in fleet.peers {
        let (prober, resolver) = (Arc::clone(&prober), Arc::clone(&resolver));
        let target = Target {
            name,
            dsa_guid: Some(guid),
            forest: Some(fleet.forest.clone()),
            whole_map: false,
            well_known: false,
        };
        looks.spawn(async move { prober.look(&target, &[drsuapi], &resolver).await });
    }
    let (mut all, mut whole) = (0_u32, 0_u32);
    let mut odd = None;
    while let Some(seen) = looks.join_next().await {
        let seen = seen.context("a look ended early")?;
        all += 1;
        if is_whole(&seen) {
            whole += 1;
        } else {
            odd.get_or_insert(seen);
        }
    }
    let took = start.elapsed();
    let mut out = std::io::stdout();
    writeln!(
        out,
        "peers:          {all}, {whole} of them seen whole (resolve, map, connect, bind, identify)"
    )?;
    writeln!(out, "at a time:      {concurrency}")?;
    writeln!(
        out,
        "time:           {:.2} s, {:.0} peers a second",
        took.as_secs_f64(),
        f64::from(all) / took.as_secs_f64()
    )?;
    writeln!(
        out,
        "peak memory:    {:.1} MB (VmHWM; {:.1} MB before the sweep)",
        memory("VmHWM")?,
        before
    )?;
    writeln!(out, "processor time: {:.2} s", processor_time()?)?;
    if let Some(odd) = odd {
        writeln!(out, "not whole: {}", serde_json::to_string(&odd)?)?;
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether every step of a look at a healthy peer went through, and all four ways name it.
fn is_whole(seen: &PeerObservation) -> bool {
    let [probe] = seen.addresses.as_slice() else { return false };
    let bound = probe
        .interfaces
        .iter()
        .flat_map(|asked| &asked.ports)
        .any(|port| port.bind.as_ref().is_some_and(|bind| bind.outcome.is_ok()));
    bound && probe.identity.len() == 4 && probe.identity.iter().all(|who| who.outcome.is_ok())
}

/// A figure of `/proc/self/status`, in MB of 10^6 bytes.
fn memory(figure: &str) -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status").context("read /proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'));
    let kib: f64 = line
        .and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok())
        .with_context(|| format!("find {figure} in /proc/self/status"))?;
    Ok(kib * 1024.0 / 1e6)
}

/// User and system time of this process in seconds: fields 14 and 15 of `/proc/self/stat`, in
/// hundredths (`USER_HZ`).
fn processor_time() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("read /proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').context("find the name in /proc/self/stat")?;
    let ticks = fields.split_ascii_whitespace().skip(11).take(2);
    let ticks = ticks.map(|field| field.parse::<f64>().context("read a time"));
    Ok(ticks.sum::<Result<f64>>()? / 100.0)
}

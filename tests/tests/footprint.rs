//! The cost of the agent for the host that it runs on, beside agents that are let in everywhere.
//! Printed, and nothing asserted: `tests/campaign footprint` runs it with the program as it is shipped.
//!
//! The agent is a process of its own, on the platform `samba`, in a mount namespace where resolv.conf names
//! the simulated DNS servers. Its 50 peers and the coordinator are in this process; the bytes to the
//! coordinator are counted by a relay between the two, as TCP payload (TLS, HTTP/2 and all).
#![cfg(all(test, target_os = "linux"))]

use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use epmesh::{
    config::ServeOptions,
    fleet::BundleLine,
    query::NewToken,
    serve::{Bound, serve},
};
use epmesh_agent::{
    app::config::{Config, Ports},
    app::run::{self, Parts},
    enrolment::enroll,
    session::Identity,
};
use epmesh_agent_host::os::clock::{Clock as _, SystemClock};
use epmesh_common::facts::NtdsSettings;
use epmesh_proto::v1::{
    CreateTokenRequest, ExportBundleRequest, create_token_request::Scope,
    operate_client::OperateClient, query_client::QueryClient,
};
use epmesh_tests::sim::{Network, SimDc, SimPorts, Who, Zone};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity as TlsIdentity};

/// The agent that is measured, and the peers it has.
const PEERS: u8 = 50;
const MEASURED: &str = "dc51.lab.test";

/// What is left out before the steady time: the first round and the one after it.
const SETTLE: Duration = Duration::from_secs(75);

/// The steady time; twenty scrapes are spread over it.
const STEADY: Duration = Duration::from_secs(120);
const SCRAPES: u32 = 20;

/// Far longer than it takes.
const PATIENCE: Duration = Duration::from_secs(90);

/// A process, ended with this.
struct Running {
    name: &'static str,
    child: Child,
    binary: PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process has used.
#[derive(Clone, Copy, Default)]
struct Usage {
    rss_kib: u64,
    most_kib: u64,
    pss_kib: u64,
    anonymous_kib: u64,
    threads: u64,
    ticks: u64,
}

impl Running {
    fn start(name: &'static str, binary: &Path, command: &mut Command) -> Result<Self> {
        let child = command.stdout(Stdio::null()).spawn().context(name)?;
        Ok(Self { name, child, binary: binary.to_owned() })
    }

    /// Reads /proc, proc_pid_stat(5): utime and stime are the 14th and 15th field.
    fn usage(&self) -> Result<Usage> {
        let read = |file: &str| {
            fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))
                .with_context(|| format!("{}: has it ended?", self.name))
        };
        let (status, rollup, stat) = (read("status")?, read("smaps_rollup")?, read("stat")?);
        let field = |text: &str, key: &str| -> Result<u64> {
            let line = text.lines().find_map(|line| line.strip_prefix(key)).context("a field")?;
            Ok(line.split_whitespace().next().context("a number")?.parse()?)
        };
        let after = stat.rsplit_once(')').context("a name")?.1;
        let times = after.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
        let ticks = times.sum::<Result<u64, _>>()?;
        Ok(Usage {
            rss_kib: field(&status, "VmRSS:")?,
            most_kib: field(&status, "VmHWM:")?,
            pss_kib: field(&rollup, "Pss:")?,
            anonymous_kib: field(&rollup, "Anonymous:")?,
            threads: field(&status, "Threads:")?,
            ticks,
        })
    }
}

/// A relay that counts.
#[derive(Clone, Default)]
struct Counted {
    up: Arc<AtomicU64>,
    down: Arc<AtomicU64>,
}

impl Counted {
    async fn relay(&self, listener: TcpListener, to: SocketAddr) {
        while let Ok((from, _)) = listener.accept().await {
            let Ok(to) = TcpStream::connect(to).await else { continue };
            let _ = (from.set_nodelay(true), to.set_nodelay(true));
            let ((mut a, mut b), (mut c, mut d)) = (from.into_split(), to.into_split());
            let (up, down) = (Arc::clone(&self.up), Arc::clone(&self.down));
            tokio::spawn(async move { copy(&mut a, &mut d, &up).await });
            tokio::spawn(async move { copy(&mut c, &mut b, &down).await });
        }
    }

    fn now(&self) -> (u64, u64) {
        (self.up.load(Ordering::Relaxed), self.down.load(Ordering::Relaxed))
    }
}

async fn copy(
    from: &mut (impl tokio::io::AsyncRead + Unpin),
    to: &mut (impl tokio::io::AsyncWrite + Unpin),
    count: &AtomicU64,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        count.fetch_add(read as u64, Ordering::Relaxed);
        let Some(part) = buffer.get(..read) else { return };
        if to.write_all(part).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

/// Segments that the agent has sent to `port`, by the kernel's count (`ss -ti`): what IP and TCP headers
/// come to is said from it.
fn segments(port: u16) -> Option<u64> {
    let filter = format!("dport = :{port}");
    let output = Command::new("ss").args(["-tinH", &filter]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let one = text.split_whitespace().find_map(|word| word.strip_prefix("segs_out:"))?;
    one.parse().ok()
}

async fn scrape(address: &str, path: &str) -> Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    ensure!(answer.starts_with(b"HTTP/1.1 200"), "{address}{path} did not answer with 200");
    Ok(())
}

struct Forest {
    _dcs: Vec<SimDc>,
    first: SimDc,
    ports: SimPorts,
    servers: Vec<std::net::IpAddr>,
    whos: Vec<Who>,
}

async fn forest() -> Result<Forest> {
    let network = Network::pick();
    let whos: Result<Vec<Who>> =
        (1..=PEERS + 1).map(|n| Who::new(&format!("dc{n}"), network.dc(n))).collect();
    let whos = whos?;
    let addresses: Vec<_> = whos.iter().map(|who| who.address).collect();
    // The system's own resolver knows no other port; in a network of its own it is free.
    let ports = SimPorts { dns: 53, ..SimPorts::pick(&addresses)? };
    let mut zone = Zone::default();
    for who in &whos {
        zone.set_address(&who.name, who.address);
        zone.set_alias(&who.alias()?, &who.name);
    }
    let created = SystemClock.now();
    let settings: Vec<NtdsSettings> = whos
        .iter()
        .map(|who| NtdsSettings {
            server: who.netbios.clone(),
            host: Some(who.name.clone()),
            dsa_guid: who.dsa_guid,
            site: None,
            created: Some(created),
        })
        .collect();
    let servers: Vec<_> = whos.iter().take(2).map(Who::ip).collect();
    let mut dcs = Vec::new();
    for who in whos.iter().take(PEERS.into()) {
        let dc = SimDc::start(who.clone(), ports, zone.clone()).await?;
        dc.use_dns(servers.clone());
        let settings = settings.clone();
        dc.change(|state| state.settings = settings).await?;
        dcs.push(dc);
    }
    let first = dcs.remove(0);
    Ok(Forest { _dcs: dcs, first, ports, servers, whos })
}

fn channel(pki: &Path, url: &str) -> Result<Channel> {
    let read = |file: &str| fs::read(pki.join(file));
    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(read("ca.pem")?))
        .identity(TlsIdentity::from_pem(read("operator.pem")?, read("operator.key")?));
    Ok(Endpoint::from_shared(url.to_owned())?.tls_config(tls)?.connect_lazy())
}

/// How many peers the measured agent has told of.
async fn seen(operator: &Channel) -> Result<usize> {
    let client = QueryClient::new(operator.clone());
    let mut client = client.max_decoding_message_size(64 << 20);
    let mut lines = client.export_bundle(ExportBundleRequest {}).await?.into_inner();
    let mut seen = 0;
    while let Some(line) = lines.message().await? {
        if let BundleLine::Dc(dc) = serde_json::from_slice(&line.json)?
            && dc.name.as_str() == MEASURED
        {
            seen = dc.observations.len();
        }
    }
    Ok(seen)
}

/// The agent's files: configuration, and what its namespace shows in the place of the host's own.
fn agent(dir: &Path, binary: &Path, port: u16, forest: &Forest) -> Result<Running> {
    let dns: String = forest.servers.iter().map(|ip| format!("nameserver {ip}\n")).collect();
    fs::write(dir.join("resolv.conf"), dns)?;
    fs::write(dir.join("hosts"), "127.0.0.1 localhost\n")?;
    fs::write(dir.join("smb.conf"), "[global]\n  realm = LAB.TEST\n")?;
    let SimPorts { endpoint_mapper, dns, ldap, node_status, .. } = forest.ports;
    let state = dir.join("agent");
    let text = format!(
        "coordinators = [\"https://127.0.0.1:{port}\"]\nname = \"{MEASURED}\"\nstate-dir = {state:?}\n\
         [ports]\nendpoint-mapper = {endpoint_mapper}\ndns = {dns}\nldap = {ldap}\nnetbios = {node_status}\n\
         [samba]\nsmb-conf = {:?}\n",
        dir.join("smb.conf")
    );
    fs::write(dir.join("agent.toml"), text)?;
    let script = "mount --bind \"$1/resolv.conf\" /etc/resolv.conf && mount --bind \"$1/hosts\" /etc/hosts \
                  && exec \"$2\" --log warn --config \"$1/agent.toml\" run";
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script, "sh"]).arg(dir).arg(binary);
    // As its unit sets it.
    command.env("MALLOC_ARENA_MAX", "1");
    Running::start("epmesh-agent", binary, &mut command)
}

fn others(dir: &Path) -> Result<Vec<Running>> {
    let mut running = Vec::new();
    let node = Path::new("/usr/bin/prometheus-node-exporter");
    if node.exists() {
        let mut command = Command::new(node);
        command.args(["--web.listen-address=127.0.0.1:19100", "--log.level=error"]);
        running.push(Running::start("node_exporter", node, &mut command)?);
    }
    let blackbox = Path::new("/usr/bin/prometheus-blackbox-exporter");
    if blackbox.exists() {
        let mut command = Command::new(blackbox);
        command.args(["--web.listen-address=127.0.0.1:19115", "--log.level=error"]);
        command.arg("--config.file=/etc/prometheus/blackbox.yml");
        running.push(Running::start("blackbox_exporter", blackbox, &mut command)?);
    }
    let zabbix = Path::new("/usr/sbin/zabbix_agent2");
    if zabbix.exists() {
        let conf = dir.join("zabbix.conf");
        let text = format!(
            "LogType=console\nDebugLevel=1\nServer=127.0.0.1\nListenIP=127.0.0.1\nListenPort=19050\n\
             ControlSocket={}\nPluginSocket={}\n",
            dir.join("zabbix.sock").display(),
            dir.join("zabbix-plugin.sock").display()
        );
        fs::write(&conf, text)?;
        let mut command = Command::new(zabbix);
        command.arg("-f").arg("-c").arg(&conf);
        running.push(Running::start("zabbix_agent2", zabbix, &mut command)?);
    }
    Ok(running)
}

async fn enrolled(
    operate: &mut OperateClient<Channel>,
    url: &str,
    config: &Config,
    who: &Who,
) -> Result<Identity> {
    let scope = Some(Scope::Dc(who.name.to_string()));
    let made = operate.create_token(CreateTokenRequest { ttl_seconds: 600, scope }).await?;
    let made: NewToken = serde_json::from_slice(&made.into_inner().json)?;
    enroll(&config.into(), url.to_owned(), made.token.parse()?, who.name.clone()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn footprint() -> Result<()> {
    let binary = PathBuf::from(
        env::var_os("EPMESH_FOOTPRINT_AGENT").context("EPMESH_FOOTPRINT_AGENT names no program")?,
    );
    let temporary = tempfile::tempdir()?;
    let dir = temporary.path();
    let forest = forest().await?;
    let stop = CancellationToken::new();
    let data = dir.join("coordinator");
    let (ready, bound) = oneshot::channel::<Bound>();
    let options = ServeOptions::new(data.clone(), SocketAddr::from(([127, 0, 0, 1], 0)));
    let serving = tokio::spawn(serve(options, stop.clone(), ready));
    let bound = bound.await.context("the coordinator")?.listen;
    let url = format!("https://{bound}");
    let operator = channel(&data.join("pki"), &url)?;
    let mut operate = OperateClient::new(operator.clone());
    // Every domain controller has an agent, so that each map is read by two of them and not all by one.
    for who in &forest.whos {
        let kept = if who.name.as_str() == MEASURED { "agent" } else { who.name.host() };
        let config = Config { state_dir: dir.join(kept), ..Config::default() };
        let identity = enrolled(&mut operate, &url, &config, who).await?;
        if who.name == forest.first.who().name {
            // It alone runs, and tells the coordinator who there is.
            let ports = Ports {
                endpoint_mapper: forest.ports.endpoint_mapper,
                dns: forest.ports.dns,
                ldap: forest.ports.ldap,
                netbios: forest.ports.node_status,
            };
            let (platform, clock) = (Arc::new(forest.first.platform()), Arc::new(SystemClock));
            let config = Config { ports, ..config };
            let parts = Parts { config, identity, platform, peers: None, clock };
            tokio::spawn(run::run(parts, stop.clone()));
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let relay = listener.local_addr()?.port();
    let counted = Counted::default();
    tokio::spawn({
        let counted = counted.clone();
        async move { counted.relay(listener, bound).await }
    });

    let mut all = vec![agent(dir, &binary, relay, &forest)?];
    all.extend(others(dir)?);
    let end = Instant::now() + PATIENCE;
    while seen(&operator).await? < PEERS.into() {
        ensure!(Instant::now() < end, "it has not looked at all peers");
        sleep(Duration::from_millis(500)).await;
    }
    sleep(SETTLE).await;

    let before: Vec<Usage> = all.iter().map(Running::usage).collect::<Result<_>>()?;
    let (bytes, segs, begun) = (counted.now(), segments(relay), Instant::now());
    for number in 1..=SCRAPES {
        for one in &all {
            match one.name {
                "node_exporter" => scrape("127.0.0.1:19100", "/metrics").await?,
                "blackbox_exporter" => {
                    let path = format!("/probe?module=tcp_connect&target={bound}");
                    scrape("127.0.0.1:19115", &path).await?;
                }
                _ => {}
            }
        }
        sleep_until(begun + STEADY * number / SCRAPES).await;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let (up, down) = counted.now();
    println!(
        "program            resident  peak      Pss       anonymous threads  CPU of a core  program file"
    );
    for (one, before) in all.iter().zip(before) {
        let now = one.usage()?;
        let mb = |kib: u64| format!("{:.1} MB", kib as f64 * 1024.0 / 1e6);
        // Ticks are hundredths of a second (USER_HZ).
        let cpu = (now.ticks - before.ticks) as f64 / seconds;
        println!(
            "{:<18} {:<9} {:<9} {:<9} {:<9} {:<8} {cpu:<13.2}% {:.1} MB",
            one.name,
            mb(now.rss_kib),
            mb(now.most_kib),
            mb(now.pss_kib),
            mb(now.anonymous_kib),
            now.threads,
            fs::metadata(&one.binary)?.len() as f64 / 1e6,
        );
    }
    println!(
        "CPU: user and system time over {seconds:.0} s, two whole intervals, from {} s after the first look at \
         the last peer on; the machine's load at the end: {}",
        SETTLE.as_secs(),
        fs::read_to_string("/proc/loadavg")?.trim()
    );
    let a_minute = |count: u64| count as f64 * 60.0 / seconds;
    println!(
        "to the coordinator, {PEERS} peers, 60 s interval, nothing changes: {:.0} bytes a minute of TCP payload (back: {:.0})",
        a_minute(up - bytes.0),
        a_minute(down - bytes.1)
    );
    if let (Some(before), Some(after)) = (segs, segments(relay)) {
        // IPv4 with 20 bytes, TCP with timestamps 32.
        let headers = (after - before) * 52;
        println!(
            "with IP and TCP headers: {:.0} bytes a minute in {:.0} packets",
            a_minute(up - bytes.0 + headers),
            a_minute(after - before)
        );
    }
    drop(all);
    stop.cancel();
    serving.await??;
    Ok(())
}

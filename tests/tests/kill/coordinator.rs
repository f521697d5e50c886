//! `epmesh serve` as a process of its own.

use std::{
    collections::VecDeque,
    fs,
    io::{BufRead, BufReader, Read},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use epmesh::store::EmbeddedEngine;
use rand::{Rng, rngs::StdRng};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
};

/// Lines of the log that are kept for a failure's report.
const KEPT_LINES: usize = 40;

/// How often a condition is looked at that nobody announces.
const POLL: Duration = Duration::from_millis(5);

/// The setting in which a coordinator is run: the same in every life.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    binary: PathBuf,
    config: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) listen: SocketAddr,
    web: SocketAddr,
}

/// The log of a coordinator.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) lines: usize,
    ended: bool,
    last: VecDeque<String>,
    /// Lines that must not be there.
    bad: Vec<String>,
}

/// A running coordinator; dropped, it is killed.
#[derive(Debug)]
pub(crate) struct Coordinator {
    child: Child,
    log: Arc<watch::Sender<Log>>,
    web: SocketAddr,
}

impl Setting {
    /// On two free ports, below those that the system gives to outgoing connections: it must find
    /// them free again in every life.
    pub(crate) fn new(
        binary: PathBuf,
        data: PathBuf,
        store: EmbeddedEngine,
        random: &mut StdRng,
    ) -> Result<Self> {
        let mut free = || {
            let ports = (0..200).map(|_| random.random_range(20_000..30_000));
            let mut addresses = ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
            addresses.find(|address| TcpListener::bind(address).is_ok()).context("no free port")
        };
        let (listen, web) = (free()?, free()?);
        let config = data.with_extension("toml");
        // An incident is there at once: a life may be shorter than the usual time.
        let text =
            format!("data-dir = {data:?}\nstore = \"{store}\"\n[incidents]\nopen-after = \"0s\"\n");
        fs::write(&config, text).with_context(|| config.display().to_string())?;
        Ok(Self { binary, config, data, listen, web })
    }

    pub(crate) fn start(&self) -> Result<Coordinator> {
        let mut child = self.command(self.listen, Some(self.web)).spawn().context("starting")?;
        let stderr = child.stderr.take().context("its log")?;
        let log = Arc::new(watch::Sender::new(Log::default()));
        let sink = Arc::clone(&log);
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                sink.send_modify(|log| log.take(line));
            }
            sink.send_modify(|log| log.ended = true);
        });
        Ok(Coordinator { child, log, web: self.web })
    }

    /// Starts a second coordinator on the same data and gives what it says when it ends.
    pub(crate) async fn start_second(&self) -> Result<String> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut child = Guard(self.command(any, None).spawn().context("starting a second")?);
        let status = loop {
            match child.0.try_wait()? {
                Some(status) => break status,
                None => tokio::time::sleep(POLL).await,
            }
        };
        let mut said = String::new();
        child.0.stderr.take().context("its log")?.read_to_string(&mut said)?;
        ensure!(!status.success(), "a second coordinator ended as if all were well: {said}");
        Ok(said)
    }

    fn command(&self, listen: SocketAddr, web: Option<SocketAddr>) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("serve").arg("--config").arg(&self.config);
        command.arg("--data-dir").arg(&self.data).args(["--interval", "1s"]);
        command.args(["--listen", &listen.to_string()]);
        command.args(web.map(|web| format!("--web={web}")));
        command.env("EPMESH_LOG", "info").env("NO_COLOR", "1");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Whether anything was set aside as corrupt or damaged.
    pub(crate) fn set_aside(&self) -> Result<Vec<String>> {
        let mut aside = Vec::new();
        for entry in fs::read_dir(self.data.join("store"))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.contains("corrupt") || name.contains("damaged") {
                aside.push(name);
            }
        }
        Ok(aside)
    }

    /// Bytes of all files of the data directory.
    pub(crate) fn size(&self) -> Result<u64> {
        size(&self.data)
    }
}

fn size(directory: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let file = entry.metadata()?;
        bytes += if file.is_dir() { size(&entry.path())? } else { file.len() };
    }
    Ok(bytes)
}

/// A process that does not outlive the test.
#[derive(Debug)]
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        // An error means that it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Coordinator {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `/readyz` says that it is ready.
    pub(crate) async fn ready(&mut self) -> Result<()> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("the coordinator did not open: {status}\n{}", self.said());
            }
            if is_ready(self.web).await {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until it has logged `count` lines, or nothing more comes.
    pub(crate) async fn logged(&self, count: usize) -> Result<()> {
        let mut log = self.log.subscribe();
        log.wait_for(|log| log.lines >= count || log.ended).await?;
        Ok(())
    }

    /// Waits until `path` is there, or the coordinator has ended.
    pub(crate) async fn made(&mut self, path: &Path) -> Result<()> {
        while !path.exists() && self.child.try_wait()?.is_none() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    /// Kills it as `kill -9` does; it must have been alive and have said nothing it must not.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the coordinator ended by itself: {status}\n{}", self.said());
        }
        self.child.kill().context("killing")?;
        self.child.wait().context("waiting for its end")?;
        self.log.subscribe().wait_for(|log| log.ended).await?;
        self.check()
    }

    /// Checks that the coordinator has said nothing it must not.
    pub(crate) fn check(&self) -> Result<()> {
        let bad = self.log.borrow().bad.join("\n");
        ensure!(bad.is_empty(), "the coordinator said:\n{bad}\nand last:\n{}", self.said());
        Ok(())
    }

    /// The end of its log.
    pub(crate) fn said(&self) -> String {
        Vec::from(self.log.borrow().last.clone()).join("\n")
    }
}

impl Drop for Coordinator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Log {
    fn take(&mut self, line: String) {
        self.lines += 1;
        // What is refused on purpose is warned of; nothing else may be.
        let expected = line.contains("enrolment refused")
            || line.contains("agent refused") && line.contains("was revoked");
        let lower = line.to_lowercase();
        let words = ["corrupt", "damaged", "panicked", "left out"];
        let level = line.contains(" ERROR ") || line.contains(" WARN ");
        if words.iter().any(|word| lower.contains(word)) || level && !expected {
            self.bad.push(line.clone());
        }
        if self.last.len() == KEPT_LINES {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }
}

async fn is_ready(web: SocketAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(web).await?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    ask.await.is_ok_and(|answer| answer.starts_with(b"HTTP/1.1 200"))
}

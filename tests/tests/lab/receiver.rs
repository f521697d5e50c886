//! A webhook receiver on the operator's host: this very test binary, run there.

use std::{
    fs::OpenOptions,
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Stdio},
};

use axum::{Router, body::Bytes, http::HeaderMap, http::StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::lab::Lab;

const ADDRESS: &str = "127.0.0.1:7390";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const FILE: &str = "EPMESH_TEST_RECEIVER";

/// Writes the coordinator's configuration that names the receiver into a folder.
pub(crate) fn configuration(folder: &Path) -> PathBuf {
    let file = folder.join("epmesh.toml");
    let text = format!(
        "data-dir = \"/var/lib/epmesh\"\n\n[[webhook]]\nname = \"lab\"\n\
         url = \"http://{ADDRESS}/\"\nsecret = \"{SECRET}\"\n"
    );
    std::fs::write(&file, text).unwrap();
    file
}

/// A receiver that runs; it ends when this is dropped.
pub(crate) struct Receiver {
    child: Child,
    /// What it prints, which nobody reads: a test that runs for a minute says so, and ends where nobody can hear it.
    _out: ChildStdout,
    file: PathBuf,
}

impl Receiver {
    pub(crate) fn start(lab: &Lab, file: &Path) -> Self {
        let own = std::env::current_exe().unwrap().display().to_string();
        let set = format!("{FILE}={}", file.display());
        let test = "webhook_receiver";
        let run = ["exec", "ops", "env", &set, &own, "--ignored", "--exact", test, "--nocapture"];
        let mut child =
            lab.command(&run).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        let mut lines = BufReader::new(&mut out).lines();
        let ready = lines.any(|line| line.unwrap().contains("receiver is ready"));
        assert!(ready, "the receiver did not start");
        Self { child, _out: out, file: file.to_owned() }
    }

    /// What has come so far.
    pub(crate) fn events(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // It reads its standard input to the end, and this is the end.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Runs the receiver until standard input ends, when the environment says where to write.
pub(crate) fn run_if_asked() {
    let Ok(file) = std::env::var(FILE) else { return };
    let address: SocketAddr = ADDRESS.parse().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        let listener = TcpListener::bind(address).await.unwrap();
        let app = Router::new().fallback(move |headers: HeaderMap, body: Bytes| {
            let file = file.clone();
            async move { take(&file, &headers, &body) }
        });
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        println!("receiver is ready");
        tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()))
            .await
            .unwrap()
            .unwrap();
        std::process::exit(0);
    });
}

/// Takes an event whose signature holds, and writes it down as a line.
fn take(file: &str, headers: &HeaderMap, body: &Bytes) -> StatusCode {
    let webhook = standardwebhooks::Webhook::new(SECRET).unwrap();
    if let Err(error) = webhook.verify(body, headers) {
        eprintln!("signature refused: {error}");
        return StatusCode::UNAUTHORIZED;
    }
    let event: Value = serde_json::from_slice(body).unwrap();
    let line = json!({ "id": headers["webhook-id"].to_str().unwrap(), "event": event });
    let mut file = OpenOptions::new().create(true).append(true).open(file).unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
    StatusCode::NO_CONTENT
}

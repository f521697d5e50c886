//! Questions to Windows Management Instrumentation on this host.

use std::{
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use epmesh_facts::{Reason, ReasonKind, error::chain};
use serde::de::DeserializeOwned;
use wmi::{WMIConnection, WMIError};

use crate::platform::windows::{
    dfsr_config,
    net_setting::{MAX_ROWS, Rows},
};

/// How long WMI may take; its service may have to start the provider first.
const PATIENCE: Duration = Duration::from_secs(8);

/// Whether the question about the port ranges is open. One that WMI never answers keeps its thread, and
/// there is no more than one of those.
static PORTS: AtomicBool = AtomicBool::new(false);

/// Whether the question about DFS Replication is open.
static DFSR: AtomicBool = AtomicBool::new(false);

/// The dynamic port ranges, from WMI.
///
/// # Errors
/// Why it tells nothing.
pub(super) fn port_settings() -> Result<Rows, Reason> {
    ask(&PORTS, || {
        let properties = "DynamicPortRangeStartPort, DynamicPortRangeNumberOfPorts";
        let wmi = WMIConnection::with_namespace_path(r"ROOT\StandardCimv2")?;
        let of = |class: &str| rows(&wmi, &format!("SELECT {properties} FROM {class}"));
        Ok(Rows { tcp: of("MSFT_NetTCPSetting")?, udp: of("MSFT_NetUDPSetting")? })
    })
}

/// The configuration of DFS Replication, from WMI.
///
/// # Errors
/// Why it tells nothing.
pub(super) fn dfsr_config() -> Result<Vec<dfsr_config::Row>, Reason> {
    ask(&DFSR, || {
        let wmi = WMIConnection::with_namespace_path(r"ROOT\MicrosoftDFS")?;
        rows(&wmi, "SELECT RpcPortAssignment FROM DfsrMachineConfig")
    })
}

/// The rows that answer `query`, of which one beyond [`MAX_ROWS`] is enough to be too many.
fn rows<T: DeserializeOwned>(wmi: &WMIConnection, query: &str) -> Result<Vec<T>, WMIError> {
    wmi.exec_query(query)?.take(MAX_ROWS + 1).map(|row| row?.into_desr()).collect()
}

/// Does `question` on a thread of its own: COM belongs to the thread that began it, and its calls know no
/// end to waiting. `open` is whether this was asked before and is still not answered.
fn ask<T: Send + 'static>(
    open: &'static AtomicBool,
    question: impl FnOnce() -> Result<T, WMIError> + Send + 'static,
) -> Result<T, Reason> {
    if open.swap(true, Ordering::AcqRel) {
        return Err(Reason::of_kind(
            ReasonKind::NoAnswer,
            "WMI has not answered the question before",
        ));
    }
    let (answer, answered) = mpsc::channel();
    let asked = thread::Builder::new().name("wmi".to_owned()).spawn(move || {
        let asking = Open(open);
        let found = question();
        drop(asking);
        // Nobody waits for an answer that is late.
        let _ = answer.send(found);
    });
    if let Err(error) = asked {
        open.store(false, Ordering::Release);
        let words = format!("WMI cannot be asked: {error}");
        return Err(Reason { words, ..Reason::of(&error) });
    }
    match answered.recv_timeout(PATIENCE) {
        Ok(found) => found.map_err(|error| {
            let kind = match &error {
                WMIError::HResultError { hres } => ReasonKind::Com(hres.cast_unsigned()),
                _ => ReasonKind::Other,
            };
            Reason::of_kind(kind, format!("WMI: {}", chain(&error)))
        }),
        Err(_) => Err(Reason::of_kind(
            ReasonKind::NoAnswer,
            format!("WMI did not answer within {} s", PATIENCE.as_secs()),
        )),
    }
}

/// A question that is open, until it is dropped.
struct Open(&'static AtomicBool);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct System {
        version: String,
        #[serde(rename = "OSLanguage")]
        language: Option<i64>,
    }

    /// The class is there on Windows and on Wine; of the port ranges, Wine knows not even the namespace. One
    /// test, because no more than one question is open at a time.
    #[test]
    fn wmi_is_asked() {
        static OPEN: AtomicBool = AtomicBool::new(false);
        let systems: Vec<System> = ask(&OPEN, || {
            let wmi = WMIConnection::new()?;
            rows(&wmi, "SELECT Version, OSLanguage FROM Win32_OperatingSystem")
        })
        .expect("this class is everywhere");
        let [system] = systems.as_slice() else { panic!("{systems:?}") };
        assert!(system.version.split('.').count() >= 3, "{system:?}");
        assert!(system.language.is_some_and(|language| language > 0), "{system:?}");
        let unknown = ask(&OPEN, || WMIConnection::with_namespace_path(r"ROOT\Nothing").map(drop));
        assert!(unknown.is_err_and(|why| why.contains("0x8004100E")));
        // While one is open, no second thread is begun for WMI to keep.
        let (go, wait) = mpsc::channel::<()>();
        let (begun, begins) = mpsc::channel();
        let open = thread::spawn(move || {
            ask(&OPEN, move || {
                let _ = begun.send(());
                let _ = wait.recv();
                Ok(())
            })
        });
        begins.recv().expect("it has begun");
        assert!(ask(&OPEN, || Ok(())).is_err_and(|why| why.contains("the question before")));
        go.send(()).expect("it waits");
        assert_eq!(open.join().expect("no panic"), Ok(()));
        assert_eq!(ask(&OPEN, || Ok(())), Ok(()));
    }
}

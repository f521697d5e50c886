//! The agent itself: whether it could run here.

use std::{path::Path, time::Duration};

use epmesh_agent_host::os::private_files;
use epmesh_common::{
    error::chain,
    facts::{Reason, Timestamp},
};
use tokio::{task::JoinSet, time::timeout};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity as TlsIdentity};
use x509_parser::pem::parse_x509_pem;

use super::{
    report::{Outcome, Row},
    right,
    settings::Settings,
};
use crate::session::{Identity, IdentityError};

/// How long one coordinator has.
const PATIENCE: Duration = Duration::from_secs(5);
/// A certificate that ends sooner is told.
const SOON: Duration = Duration::from_secs(7 * 24 * 3600);
/// 2026-01-01, before any version of this program: a clock that shows less was never set.
const PROGRAM: Timestamp = Timestamp::from_millis(1_767_225_600_000);

pub(super) async fn rows(settings: &Settings, now: Timestamp) -> Vec<Row> {
    let mut rows = vec![
        // A configuration with problems ends the program before it comes here.
        row("configuration", Ok("it can be used".to_owned())),
        state_dir(&settings.state_dir),
    ];
    let identity = Identity::load(&settings.state_dir);
    let span = identity.as_ref().ok().map(|identity| span(&identity.certificate));
    rows.push(match (&identity, &span) {
        (Ok(identity), Some(Ok(span))) => certificate(identity, *span, now),
        (Ok(_), Some(Err(why))) => row("identity", Err(why.as_str().into())),
        (Ok(_), None) => row("identity", Err("its certificate was not looked at".into())),
        (Err(error), _) => not_enrolled(error),
    });
    rows.extend(sockets_of_others());
    rows.push(clock(now, span.and_then(Result::ok)));
    rows.extend(coordinators(settings, identity.as_ref().ok()).await);
    rows
}

fn row(what: &str, outcome: Result<String, Reason>) -> Row {
    let (outcome, said, advice) = match outcome {
        Ok(said) => (Outcome::Read, said, None),
        Err(why) => (Outcome::Failed, why.to_string(), right::advice(why.kind, None)),
    };
    Row { what: what.to_owned(), outcome, said: Some(said), advice: advice.map(str::to_owned) }
}

/// The reason of an error, after `words` of our own.
fn because(words: impl std::fmt::Display, error: &std::io::Error) -> Reason {
    Reason { words: format!("{words}: {error}"), ..Reason::of(error) }
}

fn advised(what: &str, why: impl Into<Reason>, advice: &str) -> Row {
    Row { advice: Some(advice.to_owned()), ..row(what, Err(why.into())) }
}

/// Whether the state folder can be written, and is nobody else's.
fn state_dir(directory: &Path) -> Row {
    let (what, name) = ("state folder", directory.display());
    if !directory.is_dir() {
        return advised(
            what,
            format!("{name} is not there, or no folder"),
            "enrolling makes it (epmesh-agent enroll)",
        );
    }
    let probe = directory.join(format!("self-test-{}", std::process::id()));
    let written = private_files::write_private(&probe, b"a trial");
    let removed = std::fs::remove_file(&probe);
    if let Err(error) = written.and(removed) {
        return row(what, Err(because(format!("{name} cannot be written"), &error)));
    }
    match open_to_others(directory) {
        Ok(false) => row(what, Ok(format!("{name} can be written, and is private"))),
        // On Windows that is in the access control list, which the service's set-up writes.
        Err(None) => row(what, Ok(format!("{name} can be written"))),
        Ok(true) => advised(
            what,
            format!("{name} can be read by others, and is the place of the private key"),
            "chmod 700",
        ),
        Err(Some(error)) => row(what, Err(because(name, &error))),
    }
}

/// Whether others than the owner may enter; `Err(None)` where that is not told by a mode.
#[cfg(unix)]
fn open_to_others(directory: &Path) -> Result<bool, Option<std::io::Error>> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(directory).map_err(Some)?.permissions().mode();
    Ok(mode & 0o077 != 0)
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) -> Result<bool, Option<std::io::Error>> {
    Err(None)
}

/// Whether it can see whose a socket is; without, listeners have no process and large users of ports
/// no name.
#[cfg(target_os = "linux")]
fn sockets_of_others() -> Option<Row> {
    let listed = std::fs::read_dir("/proc/1/fd").map(drop);
    use epmesh_common::facts::{MissingRight, ReasonKind};
    let why = |error: std::io::Error| {
        Reason::of_kind(
            ReasonKind::MissingRight(MissingRight::Ptrace),
            format!(
                "who owns a socket cannot be seen, which takes CAP_SYS_PTRACE: /proc/1/fd: {error}"
            ),
        )
    };
    let said = listed.map(|()| "who owns a socket can be seen".to_owned());
    Some(row("owners of sockets", said.map_err(why)))
}

#[cfg(not(target_os = "linux"))]
const fn sockets_of_others() -> Option<Row> {
    None
}

fn not_enrolled(error: &IdentityError) -> Row {
    let why = chain(error);
    match error {
        IdentityError::NotEnrolled { .. } => advised(
            "identity",
            why,
            "enrol it: epmesh-agent enroll --coordinator URL --token-file FILE",
        ),
        IdentityError::Damaged { .. } => advised("identity", why, "enrol it again"),
        IdentityError::File { .. } => row("identity", Err(Reason::of(error))),
    }
}

/// From when to when a certificate is valid.
type Span = (Timestamp, Timestamp);

fn span(pem: &str) -> Result<Span, String> {
    let bad = |why: String| format!("its certificate cannot be read: {why}");
    let (_, pem) = parse_x509_pem(pem.as_bytes()).map_err(|error| bad(error.to_string()))?;
    let parsed = pem.parse_x509().map_err(|error| bad(error.to_string()))?;
    let at = |seconds: i64| {
        Timestamp::from_millis(u64::try_from(seconds).unwrap_or_default().saturating_mul(1000))
    };
    let validity = parsed.validity();
    Ok((at(validity.not_before.timestamp()), at(validity.not_after.timestamp())))
}

fn certificate(identity: &Identity, (_, until): Span, now: Timestamp) -> Row {
    let name = &identity.name;
    if until <= now {
        return advised(
            "identity",
            format!("the certificate of {name} ended at {until}"),
            "enrol it again with a new token",
        );
    }
    let said = format!("{name}, until {until}");
    let soon = now.until(until) < SOON;
    row("identity", Ok(if soon { format!("{said}, which is soon") } else { said }))
}

/// Whether the clock can be right. How far it is off only a coordinator can tell.
fn clock(now: Timestamp, span: Option<Span>) -> Row {
    let advice = "set the clock: a domain controller needs it right for Kerberos too";
    match span {
        _ if now < PROGRAM => {
            advised("clock", format!("it shows {now}, and this program is younger"), advice)
        }
        Some((from, _)) if now < from => advised(
            "clock",
            format!("it shows {now}, and the agent's certificate begins at {from}"),
            advice,
        ),
        _ => row("clock", Ok(format!("{now} can be right"))),
    }
}

/// A connection and a TLS handshake with every coordinator, with this agent's certificate.
async fn coordinators(settings: &Settings, identity: Option<&Identity>) -> Vec<Row> {
    let addresses = match identity {
        Some(identity) if settings.coordinators.is_empty() => identity.coordinators.clone(),
        _ => settings.coordinators.clone(),
    };
    if addresses.is_empty() {
        let advice = "enrol it, or set coordinators in the configuration";
        return vec![advised("coordinators", "none is configured".to_owned(), advice)];
    }
    let Some(identity) = identity else {
        let why = "not tried: without an identity there is no authority to check them by";
        return vec![row("coordinators", Err(why.into()))];
    };
    let mut trying = JoinSet::new();
    for (place, address) in addresses.into_iter().enumerate() {
        let (identity, server_name) = (identity.clone(), settings.server_name.clone());
        trying.spawn(async move {
            let reached = reach(&address, &identity, server_name.as_deref()).await;
            let outcome = reached.map(|()| "reached, and its certificate is good".to_owned());
            let mut row = row(&format!("coordinator {address}"), outcome.map_err(Reason::from));
            if row.outcome == Outcome::Failed && row.advice.is_none() {
                let advice = "check name, port and firewall, and that epmesh serve runs there";
                row.advice = Some(advice.to_owned());
            }
            (place, row)
        });
    }
    let mut rows = trying.join_all().await;
    rows.sort_by_key(|(place, _)| *place);
    rows.into_iter().map(|(_, row)| row).collect()
}

async fn reach(
    address: &str,
    identity: &Identity,
    server_name: Option<&str>,
) -> Result<(), String> {
    let mut tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(&identity.authority))
        .identity(TlsIdentity::from_pem(&identity.certificate, &identity.key));
    if let Some(name) = server_name {
        tls = tls.domain_name(name);
    }
    let endpoint = Endpoint::from_shared(address.to_owned())
        .and_then(|endpoint| endpoint.tls_config(tls))
        .map_err(|error| chain(&error))?;
    match timeout(PATIENCE, endpoint.connect()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(chain(&error)),
        Err(_) => Err(format!("no connection within {} s", PATIENCE.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(days: i64) -> Identity {
        let mut parameters = rcgen::CertificateParams::new(vec![]).expect("parameters");
        let start = rcgen::date_time_ymd(2026, 11, 1);
        parameters.not_before = start;
        parameters.not_after = start
            .checked_add(
                Duration::from_secs(u64::try_from(days).expect("days") * 86_400)
                    .try_into()
                    .expect("a span"),
            )
            .expect("a date");
        let key = rcgen::KeyPair::generate().expect("a key");
        Identity {
            name: "dc1.lab.test".parse().expect("a name"),
            coordinators: Vec::new(),
            key: key.serialize_pem(),
            certificate: parameters.self_signed(&key).expect("a certificate").pem(),
            authority: String::new(),
        }
    }

    /// 2026-11-21.
    const NOW: Timestamp = Timestamp::from_millis(1_795_219_200_000);

    #[test]
    fn the_certificate_tells_its_end() {
        let outcome = |days| {
            let identity = made(days);
            let span = span(&identity.certificate).expect("it can be read");
            certificate(&identity, span, NOW)
        };
        let good = outcome(90);
        assert_eq!(good.outcome, Outcome::Read);
        assert!(good.said.is_some_and(|said| said.contains("2027-01-30")));
        assert!(outcome(22).said.is_some_and(|said| said.contains("soon")));
        assert_eq!(outcome(10).outcome, Outcome::Failed);
        assert!(span("no certificate").is_err());
    }

    #[test]
    fn a_clock_that_was_never_set_is_told() {
        let span = Some((NOW, NOW.plus(SOON)));
        assert_eq!(clock(Timestamp::from_millis(0), None).outcome, Outcome::Failed);
        assert_eq!(clock(NOW.minus(SOON), span).outcome, Outcome::Failed);
        assert_eq!(clock(NOW, span).outcome, Outcome::Read);
    }

    #[test]
    #[cfg(unix)]
    fn the_state_folder_must_be_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("a directory");
        let mode = |mode| {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(dir.path(), permissions).expect("its owner may");
        };
        mode(0o700);
        assert_eq!(state_dir(&dir.path().join("gone")).outcome, Outcome::Failed);
        assert_eq!(state_dir(dir.path()).outcome, Outcome::Read);
        mode(0o755);
        assert_eq!(state_dir(dir.path()).outcome, Outcome::Failed);
        assert_eq!(std::fs::read_dir(dir.path()).expect("a folder").count(), 0);
    }

    #[tokio::test]
    async fn nobody_there_is_told() {
        let settings = Settings {
            coordinators: vec!["https://127.0.0.1:1".to_owned()],
            server_name: None,
            state_dir: Default::default(),
        };
        let identity = Identity { authority: made(90).certificate, ..made(90) };
        let rows = coordinators(&settings, Some(&identity)).await;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].outcome, Outcome::Failed);
        assert!(rows[0].advice.is_some(), "{rows:?}");
    }
}

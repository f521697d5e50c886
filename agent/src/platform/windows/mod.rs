//! A Windows domain controller: in this version its names and its hosts file; everything else is
//! stated as not read.

mod ffi;

use std::path::PathBuf;

use epmesh_common::facts::{self, DnsName, Host, Reading, Resolver, Section, SectionKind};
use tonic::async_trait;

use super::{Platform, file::read_text, hosts, unreadable};

/// The platform.
#[derive(Debug)]
pub struct Windows {
    name: Option<DnsName>,
}

impl Windows {
    /// This host; `name` is the one it was enrolled under, for when it does not tell its own.
    #[must_use]
    pub const fn new(name: Option<DnsName>) -> Self {
        Self { name }
    }

    fn own_name(&self) -> DnsName {
        ffi::computer_name(ffi::NameKind::DnsFullyQualified)
            .ok()
            .and_then(|name| name.parse().ok())
            .or_else(|| self.name.clone())
            .unwrap_or_else(super::unnamed)
    }
}

fn not_yet<T>(what: &str) -> Reading<T> {
    Reading::Unreadable(format!("this version does not read {what} on Windows yet"))
}

fn reading(result: Result<String, std::io::Error>) -> Reading<String> {
    match result {
        Ok(text) if text.is_empty() => Reading::Absent,
        Ok(text) => Reading::Value(text),
        Err(error) => Reading::unreadable(&error),
    }
}

#[async_trait]
impl Platform for Windows {
    fn kind(&self) -> facts::Platform {
        facts::Platform::Windows
    }

    async fn collect(&self, kind: SectionKind) -> Section {
        let name = self.own_name();
        let reason = format!("this version does not read the section {kind} on Windows yet");
        let read = {
            let name = name.clone();
            tokio::task::spawn_blocking(move || match kind {
                SectionKind::Host => Some(Section::Host(host(name))),
                SectionKind::Resolver => Some(Section::Resolver(resolver())),
                _ => None,
            })
        };
        match read.await {
            Ok(Some(section)) => section,
            Ok(None) => unreadable(kind, facts::Platform::Windows, &name, &reason),
            Err(_) => unreadable(kind, facts::Platform::Windows, &name, "reading it was cut short"),
        }
    }
}

fn host(name: DnsName) -> Host {
    let domain = reading(ffi::computer_name(ffi::NameKind::DnsDomain));
    Host {
        name,
        netbios_name: reading(ffi::computer_name(ffi::NameKind::NetBios)),
        domain: match domain {
            Reading::Value(text) => match text.parse() {
                Ok(domain) => Reading::Value(domain),
                Err(error) => Reading::unreadable(&error),
            },
            Reading::Absent => Reading::Absent,
            Reading::NotApplicable => Reading::NotApplicable,
            Reading::Unreadable(why) => Reading::Unreadable(why),
        },
        forest: not_yet("the forest"),
        site: not_yet("the site"),
        dsa_guid: not_yet("the DSA GUID"),
        addresses: not_yet("addresses"),
        platform: facts::Platform::Windows,
        os: not_yet("the operating system's version"),
        boot: not_yet("the boot time"),
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn resolver() -> Resolver {
    let hosts = match std::env::var_os("SystemRoot") {
        Some(root) => {
            let path: PathBuf =
                [PathBuf::from(root), r"System32\drivers\etc\hosts".into()].iter().collect();
            match read_text(&path) {
                Ok(text) => Reading::Value(hosts::parse(&path.display().to_string(), &text)),
                Err(error) if error.is_absent() => Reading::Absent,
                Err(error) => Reading::unreadable(&error),
            }
        }
        None => Reading::Unreadable("SystemRoot is not set".to_owned()),
    };
    Resolver { hosts, servers: not_yet("the DNS servers"), search: not_yet("the DNS suffixes") }
}

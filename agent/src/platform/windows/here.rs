//! What each section of a Windows domain controller is read from.

use std::path::PathBuf;

use epmesh_common::facts::{self, Blank, DnsName, Host, Reading, Resolver, Section, SectionKind};
use tonic::async_trait;

use super::{
    super::{AGENT_VERSION, Platform, file::read_text, hosts, unnamed, unreadable},
    ffi,
};

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
            .unwrap_or_else(unnamed)
    }
}

/// Why a fact is not there that this version cannot read.
const NOT_YET: &str = "this version does not read it on Windows yet";

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
        ..Host::blank(name, facts::Platform::Windows, AGENT_VERSION, &Blank::unreadable(NOT_YET))
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
    Resolver { hosts, ..Resolver::blank(&Blank::unreadable(NOT_YET)) }
}

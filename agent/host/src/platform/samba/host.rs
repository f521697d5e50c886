//! The host's own names, addresses and boot, from the directory, smb.conf and the kernel.

use std::path::Path;

use epmesh_facts::{Blank, Boot, DnsName, Host, OsVersion, Platform, Reading};

use super::{live::Live, package::STATUS, proc, resolv, smb_conf::SmbConf};
use crate::{
    os::read::FileError,
    platform::{
        contract::{AGENT_VERSION, unnamed},
        directory::Whoami,
    },
};

/// The longest NetBIOS computer name.
const NETBIOS_NAME: usize = 15;

impl Live {
    /// Puts the host's section together.
    pub(super) fn host(&self, whoami: &Reading<Whoami>) -> Host {
        let conf = self.conf();
        let parameters = conf.as_ref().ok();
        let kernel_name = self.read("/proc/sys/kernel/hostname").map(|name| name.trim().to_owned());
        let netbios_name =
            match (parameters.and_then(|conf| conf.get("netbios name")), &kernel_name) {
                (Some(name), _) => Reading::Value(name.to_ascii_uppercase()),
                (None, Ok(name)) => Reading::Value(netbios(name)),
                (None, Err(error)) => Reading::unreadable(error),
            };
        let domain = match domain_of(whoami, parameters) {
            Some(domain) => Reading::Value(domain),
            None => match &conf {
                Ok(_) => Reading::Absent,
                Err(error) => Reading::unreadable(error),
            },
        };
        Host {
            name: self.name(whoami, parameters, kernel_name.as_deref().unwrap_or_default()),
            netbios_name,
            domain,
            forest: part(whoami, |who| who.forest.clone()),
            site: part(whoami, |who| who.site.clone()),
            dsa_guid: part(whoami, |who| who.dsa_guid),
            addresses: self.addresses(),
            platform: Platform::Samba,
            os: self.os(),
            boot: self.life(),
            version: self.version(),
            boot_mode: Reading::NotApplicable,
            agent_version: AGENT_VERSION.to_owned(),
        }
    }

    /// The fully qualified name: as the directory has it; as a domain controller makes it from
    /// smb.conf; as this agent was enrolled; as the kernel's name and the resolver suggest.
    fn name(&self, whoami: &Reading<Whoami>, conf: Option<&SmbConf>, kernel_name: &str) -> DnsName {
        if let Some(name) = whoami.value().and_then(|who| who.name.clone()) {
            return name;
        }
        let configured = || {
            let conf = conf.filter(|conf| conf.is_domain_controller() == Some(true))?;
            let realm = conf.realm()?;
            let name = conf.get("netbios name").map_or_else(|| netbios(kernel_name), str::to_owned);
            format!("{name}.{realm}").parse().ok()
        };
        let kernel = || kernel_name.parse::<DnsName>().ok();
        let full = || kernel().filter(|name| name.parent().is_some());
        let suffixed = || {
            let text = self.read("/etc/resolv.conf").ok()?;
            let suffix = resolv::parse(&text).search.into_iter().next()?;
            format!("{kernel_name}.{suffix}").parse().ok()
        };
        configured()
            .or_else(|| self.settings.name.clone())
            .or_else(full)
            .or_else(suffixed)
            .or_else(kernel)
            .unwrap_or_else(unnamed)
    }

    fn os_release(&self) -> Result<String, FileError> {
        self.read("/etc/os-release").or_else(|_| self.read("/usr/lib/os-release"))
    }

    /// `VERSION_ID` of os-release(5) in numbers, 12.0.0 for Debian 12: the version of the
    /// distribution, as that decides which Samba and which defaults there are. Rolling ones have
    /// none.
    fn version(&self) -> Reading<OsVersion> {
        match self.os_release() {
            Ok(text) => match value_of(&text, "VERSION_ID") {
                None => Reading::Absent,
                Some(text) => version(&text).map_or_else(
                    || Reading::unseen(format!("VERSION_ID is no version: {text:?}")),
                    Reading::Value,
                ),
            },
            Err(error) => Reading::unreadable(&error),
        }
    }

    /// The operating system, and the Samba that is installed.
    fn os(&self) -> Reading<String> {
        let os = match self.os_release() {
            Ok(text) => match value_of(&text, "PRETTY_NAME") {
                Some(name) => name,
                None => return Reading::unseen("os-release has no PRETTY_NAME"),
            },
            Err(error) => return Reading::unreadable(&error),
        };
        let samba = self.package.installed(&self.at(Path::new(STATUS)));
        Reading::Value(samba.map_or_else(|| os.clone(), |version| format!("{os}, Samba {version}")))
    }

    /// The current life of the host, or of the container: the kernel's boot id and the start of
    /// the first process, so that hosts on one kernel each have their own.
    fn life(&self) -> Reading<Boot> {
        let parts = || {
            let id = self.read("/proc/sys/kernel/random/boot_id")?;
            Ok::<_, FileError>((id.trim().to_owned(), self.read("/proc/1/stat")?))
        };
        let (id, stat) = match parts() {
            Ok(parts) => parts,
            Err(error) => return Reading::unreadable(&error),
        };
        let start = proc::parse_stat(&stat).map(|(_, _, ticks)| ticks);
        match (start, self.boot()) {
            (Some(ticks), Some(boot)) => {
                Reading::Value(Boot { id: format!("{id}-{ticks}"), at: proc::moment(boot, ticks) })
            }
            _ => Reading::unseen("the start of the first process could not be told"),
        }
    }
}

/// The section when not even the files could be read.
pub(super) fn unreadable(whoami: &Reading<Whoami>, why: &str) -> Host {
    let name = whoami.value().and_then(|who| who.name.clone()).unwrap_or_else(unnamed);
    Host {
        forest: part(whoami, |who| who.forest.clone()),
        site: part(whoami, |who| who.site.clone()),
        dsa_guid: part(whoami, |who| who.dsa_guid),
        ..Host::blank(name, Platform::Samba, AGENT_VERSION, &Blank::unreadable(why))
    }
}

fn part<T>(whoami: &Reading<Whoami>, take: impl FnOnce(&Whoami) -> Option<T>) -> Reading<T> {
    match whoami {
        Reading::Value(who) => take(who).into(),
        Reading::Absent => Reading::Absent,
        Reading::NotApplicable => Reading::NotApplicable,
        Reading::Unreadable(why) => Reading::Unreadable(why.clone()),
    }
}

fn domain_of(whoami: &Reading<Whoami>, conf: Option<&SmbConf>) -> Option<DnsName> {
    whoami.value().and_then(|who| who.domain.clone()).or_else(|| conf.and_then(SmbConf::realm))
}

/// The NetBIOS name that a host has by default: the first label, cut, in capitals.
fn netbios(name: &str) -> String {
    let label = name.split('.').next().unwrap_or(name);
    label.chars().take(NETBIOS_NAME).flat_map(char::to_uppercase).collect()
}

/// A value of os-release(5).
fn value_of(text: &str, name: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='))?;
    let plain = value.trim().trim_matches(['"', '\'']);
    (!plain.is_empty()).then(|| plain.chars().take(120).collect())
}

/// `22.04` as numbers; those that are not there are 0.
fn version(text: &str) -> Option<OsVersion> {
    let mut numbers = text.split('.').map(str::parse::<u32>);
    let mut next = || numbers.next().unwrap_or(Ok(0)).ok();
    Some(OsVersion { major: next()?, minor: next()?, build: next()? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_the_system_calls_itself() {
        let text = "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n";
        let value = |text| value_of(text, "PRETTY_NAME");
        assert_eq!(value(text).as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
        assert_eq!(value("PRETTY_NAME=\"\"\n"), None);
        assert_eq!(value("PRETTY_NAMES=x\n"), None);
        let numbers = |text| version(text).map(|v| (v.major, v.minor, v.build));
        assert_eq!(numbers("12"), Some((12, 0, 0)));
        assert_eq!(numbers("22.04"), Some((22, 4, 0)));
        assert_eq!(numbers("rolling"), None);
    }

    #[test]
    fn the_netbios_name_is_cut() {
        assert_eq!(netbios("a-very-long-host-name.lab.test"), "A-VERY-LONG-HOS");
    }

    proptest! {
        #[test]
        fn takes_any_text(text in any::<String>()) {
            let _ = (value_of(&text, "NAME"), version(&text));
            let _ = netbios(&text);
        }
    }
}

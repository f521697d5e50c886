//! As much of `smb.conf` (smb.conf(5)) as the agent needs: the parameters of `[global]`.

use std::collections::BTreeMap;

use epmesh_common::facts::{DnsName, Reading};

/// The parameters of the `[global]` section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SmbConf {
    parameters: BTreeMap<String, String>,
    /// The file includes others, which the agent does not read: a parameter that is not here may
    /// stand there.
    pub includes: bool,
}

/// The RPC port range that Samba uses when nothing is configured.
pub const DEFAULT_RPC_RANGE: (u16, u16) = (49152, 65535);

/// The services that the `samba` binary starts when nothing is configured.
const DEFAULT_SERVICES: &str =
    "s3fs, rpc, nbt, wrepl, ldap, cldap, kdc, drepl, winbindd, ntp_signd, kcc, dnsupdate, dns";

impl SmbConf {
    /// Reads the text of an smb.conf. Names are compared as Samba does, without regard to case and
    /// blanks; the last of several lines counts; a line that ends in `\` goes on in the next.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut conf = Self::default();
        let mut in_global = true;
        for line in joined(text) {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(section) = line.strip_prefix('[') {
                let name = section.split(']').next().unwrap_or(section);
                in_global = normal(name) == "global";
                continue;
            }
            let Some((name, value)) = line.split_once('=') else { continue };
            let name = normal(name);
            if name == "include" || (name == "configbackend" && normal(value) != "file") {
                conf.includes = true;
            } else if in_global {
                conf.parameters.insert(name, unquoted(value.trim()).to_owned());
            }
        }
        conf
    }

    /// The value of the parameter `name`, where it stands in the file.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(&normal(name)).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of `name`, or `default` where the file does not set it; when it includes others,
    /// the default cannot be relied upon.
    fn or_default<'a>(&'a self, name: &str, default: &'a str) -> Reading<&'a str> {
        match self.get(name) {
            Some(value) => Reading::Value(value),
            None if self.includes => Reading::Unreadable(format!(
                "smb.conf does not set {name:?} itself and includes other configuration, which \
                 is not read"
            )),
            None => Reading::Value(default),
        }
    }

    /// Whether this host is configured as an AD domain controller; `None` when that cannot be told.
    #[must_use]
    pub fn is_domain_controller(&self) -> Option<bool> {
        let role = self.or_default("server role", "auto");
        role.value().map(|role| {
            matches!(
                normal(role).as_str(),
                "activedirectorydomaincontroller" | "domaincontroller" | "dc"
            )
        })
    }

    /// The realm, which for a domain controller is the DNS name of its domain.
    #[must_use]
    pub fn realm(&self) -> Option<DnsName> {
        self.get("realm").and_then(|realm| realm.parse().ok())
    }

    /// The range that RPC servers take their ports from (`rpc server dynamic port range`).
    #[must_use]
    pub fn rpc_range(&self) -> Reading<(u16, u16)> {
        let name = "rpc server dynamic port range";
        let (first, last) = DEFAULT_RPC_RANGE;
        let text = match self.or_default(name, "") {
            Reading::Value("") => return Reading::Value((first, last)),
            Reading::Value(text) => text,
            Reading::Absent => return Reading::Absent,
            Reading::NotApplicable => return Reading::NotApplicable,
            Reading::Unreadable(why) => return Reading::Unreadable(why),
        };
        let range = text.split_once('-').and_then(|(first, last)| {
            Some((first.trim().parse::<u16>().ok()?, last.trim().parse::<u16>().ok()?))
        });
        match range {
            Some((first, last)) if first <= last && first >= 1024 => Reading::Value((first, last)),
            _ => Reading::Unreadable(format!("smb.conf: {name:?} is no range of ports: {text:?}")),
        }
    }

    /// Whether the `samba` binary is told to start the service `name` (`server services`); `None`
    /// when that cannot be told.
    #[must_use]
    pub fn starts(&self, name: &str) -> Option<bool> {
        let reading = self.or_default("server services", DEFAULT_SERVICES);
        let listed = *reading.value()?;
        let words = || listed.split([',', ' ', '\t']).map(str::trim).filter(|w| !w.is_empty());
        // A list of `+x` and `-x` alone changes the default; anything else replaces it.
        let relative = words().all(|word| word.starts_with(['+', '-']));
        let mut starts = relative && DEFAULT_SERVICES.split(", ").any(|default| default == name);
        for word in words() {
            if word.strip_prefix('-') == Some(name) {
                starts = false;
            } else if word.strip_prefix('+').unwrap_or(word) == name {
                starts = true;
            }
        }
        Some(starts)
    }
}

fn normal(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(value)
}

fn joined(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut open = String::new();
    for line in text.lines() {
        if let Some(head) = line.trim_end().strip_suffix('\\') {
            open.push_str(head);
        } else {
            open.push_str(line);
            lines.push(std::mem::take(&mut open));
        }
    }
    if !open.is_empty() {
        lines.push(open);
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DC: &str = "# Global parameters\n[global]\n\tnetbios name = DC1\n\trealm = LAB.TEST\n\
        \tserver role = active directory domain controller\n\tworkgroup = LAB\n\
        \tprefork  Children = \\\n 1\n; dns forwarder = 1.1.1.1\n[sysvol]\n\tpath = /x\n\
        \trealm = OTHER.TEST\n";

    #[test]
    fn reads_the_global_section() {
        let conf = SmbConf::parse(DC);
        assert_eq!(conf.get("NetBIOS name"), Some("DC1"));
        assert_eq!(conf.get("prefork children").map(str::trim), Some("1"));
        assert_eq!(conf.get("dns forwarder"), None);
        assert_eq!(conf.get("path"), None);
        assert_eq!(conf.realm().as_ref().map(DnsName::as_str), Some("lab.test"));
        assert_eq!(conf.is_domain_controller(), Some(true));
        assert_eq!(conf.rpc_range(), Reading::Value(DEFAULT_RPC_RANGE));
        assert!(!conf.includes);
    }

    #[test]
    fn an_include_makes_a_default_unknown_but_not_a_value() {
        let conf = SmbConf::parse("[global]\ninclude = /etc/samba/more.conf\nrealm = a.test\n");
        assert!(conf.realm().is_some());
        assert_eq!(conf.is_domain_controller(), None);
        assert!(matches!(conf.rpc_range(), Reading::Unreadable(_)));
        assert_eq!(conf.starts("rpc"), None);
    }

    #[test]
    fn reads_the_port_range() {
        let range = |text: &str| {
            SmbConf::parse(&format!("[global]\nrpc server dynamic port range = {text}")).rpc_range()
        };
        assert_eq!(range("50000-50100"), Reading::Value((50000, 50100)));
        assert_eq!(range("50000 - 50000"), Reading::Value((50000, 50000)));
        for bad in ["50100-50000", "1-2", "50000", "50000-70000", "x-y"] {
            assert!(matches!(range(bad), Reading::Unreadable(_)), "{bad}");
        }
    }

    #[test]
    fn reads_the_list_of_services() {
        let starts = |text: &str, name: &str| {
            SmbConf::parse(&format!("[global]\nserver services = {text}")).starts(name)
        };
        assert_eq!(SmbConf::default().starts("rpc"), Some(true));
        assert_eq!(starts("-rpc", "rpc"), Some(false));
        assert_eq!(starts("-dns", "rpc"), Some(true));
        assert_eq!(starts("-dns, +smb", "smb"), Some(true));
        assert_eq!(starts("ldap, kdc", "rpc"), Some(false));
        assert_eq!(starts("ldap rpc", "rpc"), Some(true));
    }

    proptest! {
        #[test]
        fn takes_any_text(text in "(?s).{0,400}") {
            let conf = SmbConf::parse(&text);
            let _ = (conf.rpc_range(), conf.starts("rpc"), conf.is_domain_controller());
        }
    }
}

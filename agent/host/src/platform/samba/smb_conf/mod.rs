//! As much of `smb.conf` (smb.conf(5)) as the agent needs: the parameters of `[global]`.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
};

use epmesh_facts::{DnsName, Reading, Reason, RegistryText};
use epmesh_wire::limits::DNS_SERVERS;

/// The parameters of the `[global]` section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SmbConf {
    parameters: BTreeMap<String, String>,
    /// Why a part of the configuration could not be read, where that is so: a parameter that is not
    /// here may stand there.
    pub unread: Option<Reason>,
}

/// The RPC port range that Samba uses when nothing is configured.
pub const DEFAULT_RPC_RANGE: (u16, u16) = (49152, 65535);

/// The services that the `samba` binary starts when nothing is configured.
const DEFAULT_SERVICES: &str =
    "s3fs, rpc, nbt, wrepl, ldap, cldap, kdc, drepl, winbindd, ntp_signd, kcc, dnsupdate, dns";

/// Where Samba of Debian, and most others, have their databases.
const DEFAULT_PRIVATE_DIR: &str = "/var/lib/samba/private";

/// The most characters that are kept of a value which is reported as it stands.
const MAX_VALUE: usize = 200;

/// How deep files may include each other.
const MAX_DEPTH: usize = 8;
/// How many files may be included in all.
const MAX_FILES: usize = 64;
/// How many bytes they may have together.
const MAX_BYTES: usize = 4 << 20;

/// A configuration while it is read: the place in the one that an included file stands in.
struct Reader<'f> {
    conf: SmbConf,
    in_global: bool,
    files: usize,
    bytes: usize,
    /// Gives the text of an included file; `None` where there is none, which Samba passes over.
    open: &'f dyn Fn(&Path) -> Result<Option<String>, Reason>,
}

impl Reader<'_> {
    fn read(&mut self, text: &str, depth: usize) {
        for line in joined(text) {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(section) = line.strip_prefix('[') {
                let name = section.split(']').next().unwrap_or(section);
                self.in_global = normal(name) == "global";
                continue;
            }
            let Some((name, value)) = line.split_once('=') else { continue };
            let (name, value) = (normal(name), unquoted(value.trim()));
            match name.as_str() {
                "include" => self.include(value, depth),
                "configfile" => self.missed(format!("it is replaced by {value:?} (config file)")),
                "configbackend" if normal(value) != "file" => {
                    self.missed(format!("its config backend is {value:?}"));
                }
                _ if self.in_global => {
                    self.conf.parameters.insert(name, value.to_owned());
                }
                _ => {}
            }
        }
    }

    fn include(&mut self, path: &str, depth: usize) {
        if path.is_empty() {
            return;
        }
        if path.contains('%') {
            return self.missed(format!("it includes {path:?}, which differs by client or user"));
        }
        let file = Path::new(path);
        if !file.is_absolute() {
            // `registry` among them.
            return self.missed(format!("it includes {path:?}, which is no absolute path"));
        }
        if depth >= MAX_DEPTH || self.files >= MAX_FILES {
            return self.missed(format!(
                "it includes more than {MAX_FILES} files, or deeper than {MAX_DEPTH}: {path:?}"
            ));
        }
        self.files += 1;
        match (self.open)(file) {
            Ok(Some(text)) if self.bytes.saturating_add(text.len()) > MAX_BYTES => {
                self.missed(format!("what it includes is longer than {MAX_BYTES} bytes"));
            }
            Ok(Some(text)) => {
                self.bytes += text.len();
                self.read(&text, depth + 1);
            }
            Ok(None) => {}
            Err(why) => self.missed(why.about(format_args!("it includes {path:?}"))),
        }
    }

    fn missed(&mut self, why: impl Into<Reason>) {
        self.conf.unread.get_or_insert_with(|| why.into());
    }
}

impl SmbConf {
    /// Reads the text of an smb.conf that includes no other file: every include is one that could
    /// not be read.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::with_includes(text, &|_| Err("it is not read".into()))
    }

    /// Reads the text of an smb.conf, and the files that it includes through `open`, each as if its
    /// lines stood in the place of the `include`. Names are compared as Samba does, without regard
    /// to case and blanks; the last of several lines counts; a line that ends in `\` goes on in the
    /// next.
    #[must_use]
    pub fn with_includes(
        text: &str,
        open: &dyn Fn(&Path) -> Result<Option<String>, Reason>,
    ) -> Self {
        let conf = Self::default();
        let mut reader = Reader { conf, in_global: true, files: 0, bytes: 0, open };
        reader.read(text, 0);
        reader.conf
    }

    /// The value of the parameter `name`, where it stands in the file.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(&normal(name)).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of `name`, or `default` where no file sets it; where a part of the configuration
    /// could not be read, the default cannot be relied upon.
    fn or_default<'a>(&'a self, name: &str, default: &'a str) -> Reading<&'a str> {
        match (self.get(name), &self.unread) {
            (Some(value), _) => Reading::Value(value),
            (None, Some(why)) => Reading::unseen(why.clone().about(format_args!(
                "smb.conf does not set {name:?} itself, and not all of it could be read"
            ))),
            (None, None) => Reading::Value(default),
        }
    }

    /// The WINS servers that this host asks (`wins server`), in order, without the tags that divide
    /// them into groups.
    #[must_use]
    pub fn wins(&self) -> Reading<Vec<IpAddr>> {
        let text = match self.or_default("wins server", "") {
            Reading::Value("") | Reading::Absent => return Reading::Absent,
            Reading::Value(text) => text,
            Reading::NotApplicable => return Reading::NotApplicable,
            Reading::Unreadable(why) => return Reading::Unreadable(why),
        };
        let mut servers = Vec::new();
        for word in words(text) {
            // WINS has IPv4 only, so a colon ends a tag.
            let server = word.split_once(':').map_or(word, |(_, server)| server);
            match server.parse::<Ipv4Addr>() {
                Ok(address) => servers.push(IpAddr::V4(address)),
                Err(_) => {
                    return Reading::unseen(format!(
                        "smb.conf: a `wins server` is no address but a name: {server:?}"
                    ));
                }
            }
        }
        Reading::whole(servers, DNS_SERVERS, "WINS servers in smb.conf")
    }

    /// The networks, addresses and interfaces that Samba is limited to (`interfaces`); absent where
    /// it uses all.
    #[must_use]
    pub fn interfaces(&self) -> Reading<Vec<String>> {
        match self.or_default("interfaces", "") {
            Reading::Value("") | Reading::Absent => Reading::Absent,
            Reading::Value(text) => Reading::Value(words(text).map(str::to_owned).collect()),
            Reading::NotApplicable => Reading::NotApplicable,
            Reading::Unreadable(why) => Reading::Unreadable(why),
        }
    }

    /// The folder of Samba's own databases (`private dir`).
    #[must_use]
    pub fn private_dir(&self) -> Reading<PathBuf> {
        self.or_default("private dir", DEFAULT_PRIVATE_DIR).map(PathBuf::from)
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
            _ => Reading::unseen(format!("smb.conf: {name:?} is no range of ports: {text:?}")),
        }
    }

    /// The parameters that give RPC servers ports of their own, as they stand there: `rpc server port`
    /// and `rpc server port:NAME`. Absent where there is none; where a part of the configuration could
    /// not be read, the list may have holes, and is none.
    #[must_use]
    pub fn static_ports(&self) -> Reading<Vec<RegistryText>> {
        const NAME: &str = "rpc server port";
        let key = normal(NAME);
        let found = self.parameters.iter().filter_map(|(name, value)| {
            let rest = name.strip_prefix(&key)?;
            let name = format!("{NAME}{rest}");
            let data = value.chars().take(MAX_VALUE).collect();
            (rest.is_empty() || rest.starts_with(':')).then_some(RegistryText { name, data })
        });
        let found: Vec<RegistryText> = found.collect();
        match &self.unread {
            Some(why) => Reading::unseen(why.clone().about(format_args!(
                "not all of smb.conf could be read, and {NAME:?} may stand there"
            ))),
            None if found.is_empty() => Reading::Absent,
            None => Reading::Value(found),
        }
    }

    /// Whether the `samba` binary is told to start the service `name` (`server services`); `None`
    /// when that cannot be told.
    #[must_use]
    pub fn starts(&self, name: &str) -> Option<bool> {
        let reading = self.or_default("server services", DEFAULT_SERVICES);
        let listed = *reading.value()?;
        // A list of `+x` and `-x` alone changes the default; anything else replaces it.
        let relative = words(listed).all(|word| word.starts_with(['+', '-']));
        let mut starts = relative && DEFAULT_SERVICES.split(", ").any(|default| default == name);
        for word in words(listed) {
            if word.strip_prefix('-') == Some(name) {
                starts = false;
            } else if word.strip_prefix('+').unwrap_or(word) == name {
                starts = true;
            }
        }
        Some(starts)
    }
}

/// The words of a list: divided by commas or blanks.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ', '\t', ';']).filter(|word| !word.is_empty())
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
mod tests;

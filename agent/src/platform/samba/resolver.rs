//! The sources of names of this host.

use std::path::Path;

use epmesh_common::{
    error::chain,
    facts::{InterfaceDns, LmhostsFile, Reading, RegisteredName, Resolver},
};

use super::{
    super::{directory::Own, file::FileError, hosts, lmhosts},
    Here, registered, resolv,
};

/// Where Samba looks for LMHOSTS unless it is built otherwise.
const LMHOSTS: &str = "/etc/samba/lmhosts";

impl Here {
    /// Puts the section together; `own` is what the directory says of this host.
    pub(super) fn resolver(&self, own: &Reading<Own>) -> Resolver {
        let conf = file(self.read("/etc/resolv.conf"), |text| resolv::parse(&text));
        let smb_conf = self.conf();
        Resolver {
            hosts: file(self.read("/etc/hosts"), |text| hosts::parse("/etc/hosts", &text)),
            servers: conf.clone().map(|conf| conf.servers),
            interfaces: self.interfaces(conf.value()),
            search: conf.map(|conf| conf.search),
            lmhosts: self.lmhosts(),
            wins: match &smb_conf {
                Ok(conf) => conf.wins(),
                Err(error) => Reading::unreadable(error),
            },
            registered: self.registered(own),
        }
    }

    fn lmhosts(&self) -> Reading<LmhostsFile> {
        file(self.read(LMHOSTS), |text| lmhosts::parse(LMHOSTS, &text))
    }

    /// resolv.conf knows no interfaces. Where systemd-resolved stands behind it there are some, and
    /// only that service tells them.
    fn interfaces(&self, conf: Option<&resolv::ResolvConf>) -> Reading<Vec<InterfaceDns>> {
        let target = std::fs::read_link(self.at(Path::new("/etc/resolv.conf")));
        let linked =
            target.is_ok_and(|target| target.to_string_lossy().contains("systemd/resolve"));
        let stub = conf.is_some_and(|conf| conf.servers == [STUB]);
        if linked || stub {
            return Reading::Unreadable(
                "systemd-resolved has DNS servers for each interface (resolvectl status), and the \
                 agent does not ask it"
                    .to_owned(),
            );
        }
        Reading::NotApplicable
    }

    fn registered(&self, own: &Reading<Own>) -> Reading<Vec<RegisteredName>> {
        let own = match own {
            Reading::Value(own) => own,
            Reading::Absent => return Reading::Absent,
            Reading::NotApplicable => return Reading::NotApplicable,
            Reading::Unreadable(why) => return Reading::Unreadable(why.clone()),
        };
        let records = || {
            let conf = self.conf().map_err(|error| chain(&error))?;
            let folder = needed(conf.private_dir())?;
            let path = folder.join("dns_update_list");
            let text = self.read(&path.to_string_lossy()).map_err(|error| chain(&error))?;
            let all = needed(self.addresses())?;
            let addresses = match conf.interfaces() {
                Reading::Value(words) => registered::selected(&all, &words)?,
                Reading::Unreadable(why) => return Err(why),
                Reading::Absent | Reading::NotApplicable => {
                    all.iter().map(|one| one.address).collect()
                }
            };
            registered::expand(&text, own, &addresses)
                .map_err(|why| format!("{}: {why}", path.display()))
        };
        // A domain controller without this list cannot keep its records: that it is not there is no
        // answer to which records it wants.
        records().map_or_else(Reading::Unreadable, Reading::Value)
    }
}

/// The address at which systemd-resolved answers.
const STUB: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 53));

/// What is in a file that need not be there.
fn file<T>(read: Result<String, FileError>, parse: impl FnOnce(String) -> T) -> Reading<T> {
    match read {
        Ok(text) => Reading::Value(parse(text)),
        Err(error) if error.is_absent() => Reading::Absent,
        Err(error) => Reading::unreadable(&error),
    }
}

/// The value of something that must be there.
fn needed<T>(reading: Reading<T>) -> Result<T, String> {
    match reading {
        Reading::Value(value) => Ok(value),
        Reading::Unreadable(why) => Err(why),
        Reading::Absent | Reading::NotApplicable => Err("it is not there".to_owned()),
    }
}

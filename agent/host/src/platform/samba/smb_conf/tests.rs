//! smb.conf in every shape that Samba takes.

use proptest::prelude::*;

use super::*;

const DC: &str = "# Global parameters\n[global]\n\tnetbios name = DC1\n\trealm = LAB.TEST\n\
    \tserver role = active directory domain controller\n\tworkgroup = LAB\n\
    \tprefork  Children = \\\n 1\n; dns forwarder = 1.1.1.1\n[sysvol]\n\tpath = /x\n\
    \trealm = OTHER.TEST\n";

#[test]
fn ports_of_rpc_servers_are_read_as_they_stand() {
    let of = |text: &str| SmbConf::parse(text).static_ports();
    let text = "[global]\nRPC Server Port = 5000\nrpc server port : netlogon = 4000\n\
        rpc server port:drsuapi = many\nrpc server ports = 7\n\
        rpc server dynamic port range = 50000-50100\n[sysvol]\nrpc server port:samr = 9\n";
    let found = of(text);
    let pairs: Vec<(&str, &str)> = found
        .value()
        .expect("three")
        .iter()
        .map(|one| (one.name.as_str(), one.data.as_str()))
        .collect();
    let port = "rpc server port";
    assert_eq!(
        pairs,
        [
            (port, "5000"),
            (&*format!("{port}:drsuapi"), "many"),
            (&*format!("{port}:netlogon"), "4000"),
        ]
    );
    assert_eq!(of("[global]\nrealm = LAB.TEST\n"), Reading::Absent);
    let unread = of("[global]\ninclude = registry\nrpc server port = 5000\n");
    assert!(matches!(unread, Reading::Unreadable(why) if why.contains("registry")));
}

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
    assert_eq!(conf.unread, None);
}

#[test]
fn an_include_makes_a_default_unknown_but_not_a_value() {
    let conf = SmbConf::parse("[global]\ninclude = /etc/samba/more.conf\nrealm = a.test\n");
    assert!(conf.realm().is_some());
    assert_eq!(conf.is_domain_controller(), None);
    assert!(matches!(conf.rpc_range(), Reading::Unreadable(_)));
    assert_eq!(conf.starts("rpc"), None);
}

/// A configuration with the files that it may include.
fn with(text: &str, files: &[(&str, &str)]) -> SmbConf {
    SmbConf::with_includes(text, &|path| {
        let found = files.iter().find(|(name, _)| Path::new(name) == path);
        Ok(found.map(|(_, text)| (*text).to_owned()))
    })
}

#[test]
fn what_is_included_stands_where_the_include_stood() {
    let files = [
        ("/a.conf", "realm = a.test\ninclude = /b.conf\n"),
        ("/b.conf", "server role = active directory domain controller\n[share]\n"),
    ];
    let text = "[global]\nrealm = x.test\ninclude = /a.conf\nrealm = not.global\n\
        include = /gone.conf\n";
    let conf = with(text, &files);
    assert_eq!(conf.realm().as_ref().map(DnsName::as_str), Some("a.test"));
    assert_eq!(conf.is_domain_controller(), Some(true));
    assert_eq!(conf.unread, None);
}

#[test]
fn includes_are_bounded() {
    let circle = with("[global]\ninclude = /a.conf\n", &[("/a.conf", "include = /a.conf")]);
    assert!(circle.unread.is_some_and(|why| why.contains("deeper than 8")));
    let many = "include = /a.conf\n".repeat(MAX_FILES + 1);
    assert!(with(&many, &[("/a.conf", "")]).unread.is_some());
    let long = " ".repeat(MAX_BYTES + 1);
    assert!(with("include = /a.conf", &[("/a.conf", &long)]).unread.is_some());
}

#[test]
fn what_is_not_followed_is_said() {
    for (text, part) in [
        ("include = /etc/samba/%m.conf", "differs by client"),
        ("include = registry", "no absolute path"),
        ("config backend = registry", "backend"),
        ("config file = /other.conf", "replaced"),
    ] {
        let conf = with(&format!("[global]\n{text}\n"), &[]);
        assert_eq!(conf.is_domain_controller(), None, "{text}");
        assert!(conf.unread.is_some_and(|why| why.contains(part)), "{text}");
    }
}

#[test]
fn reads_the_wins_servers() {
    let wins = |text: &str| SmbConf::parse(&format!("[global]\nwins server = {text}")).wins();
    let both = Reading::Value(vec!["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()]);
    assert_eq!(wins("10.0.0.1 10.0.0.2"), both);
    assert_eq!(wins("mary:10.0.0.1, fred:10.0.0.2"), both);
    assert_eq!(wins(""), Reading::Absent);
    assert!(matches!(wins("wins.lab.test"), Reading::Unreadable(_)));
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
        let _ = (conf.wins(), conf.interfaces(), conf.private_dir());
    }
}

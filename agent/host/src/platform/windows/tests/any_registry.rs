//! Registries that hold anything.

use epmesh_facts::{Blank, Body, DcFacts, Filters, Host, Platform, Resolver, Section, Timestamp};
use epmesh_windows::{ClientProtocolRule, notes};
use epmesh_wire::fit;
use proptest::prelude::*;

use super::{
    super::{
        filters, host, names,
        registry::{Data, Registry, RegistryError, Value},
    },
    rpc_settings_of,
};

/// A registry in which every key has the same arbitrary values.
#[derive(Debug)]
struct Arbitrary {
    values: Vec<Value>,
    keys: Vec<String>,
}

impl Registry for Arbitrary {
    fn values(&self, _: &str) -> Result<Option<Vec<Value>>, RegistryError> {
        Ok(Some(self.values.clone()))
    }

    fn subkeys(&self, _: &str) -> Result<Option<Vec<String>>, RegistryError> {
        Ok(Some(self.keys.clone()))
    }
}

fn arbitrary() -> impl Strategy<Value = Arbitrary> {
    let names = [
        "CurrentVersion",
        "CurrentBuildNumber",
        "CurrentMajorVersionNumber",
        "ProductName",
        "UBR",
        "OptionValue",
        "Machine DN Name",
        "SiteName",
        "Ports",
        "PortsInternetAvailable",
        "Bind",
        "UseInternetPorts",
        "TCP/IP Port",
        "DCTcpipPort",
        "NameServer",
        "NameServerList",
        "Domain",
        "SearchList",
        "DataBasePath",
        "EnableLMHOSTS",
        "EnableFirewall",
        "RestrictRemoteClients",
        "ncacn_ip_tcp",
        "ncacn_np",
        "Name",
    ];
    let name = prop_oneof![prop::sample::select(names.to_vec()).prop_map(str::to_owned), ".{0,20}"];
    let text = prop_oneof![
        ".{0,60}",
        "[0-9., %\\\\-]{0,20}",
        "CN=NTDS Settings(,(CN|DC)=[a-z\\\\,]{0,8}){0,9}",
    ];
    let data = (any::<u32>(), prop::collection::vec(any::<u8>(), 0..40), text).prop_flat_map(
        |(kind, bytes, text)| {
            let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            prop_oneof![
                Just(Data::from_raw(kind % 12, bytes)),
                Just(Data::from_raw(1, wide.clone())),
                Just(Data::from_raw(7, wide)),
                Just(Data::Number(kind % 5)),
            ]
        },
    );
    let value = (name, data).prop_map(|(name, data)| Value { name, data });
    (prop::collection::vec(value, 0..30), prop::collection::vec(".{0,20}", 0..4))
        .prop_map(|(values, keys)| Arbitrary { values, keys })
}

proptest! {
    // Each case reads some forty keys.
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever a registry holds, reading ends in facts that fit into a report, and rules over them
    /// end too.
    #[test]
    fn any_registry_can_be_read(registry in arbitrary()) {
        let at = Timestamp::default();
        let name = "dc1.contoso.com".parse().expect("a name");
        let own = Host {
            version: host::version(&registry),
            os: host::product(&registry),
            site: host::site(&registry),
            forest: host::forest(&registry),
            boot_mode: host::boot_mode(&registry, Some(0)),
            ..Host::blank(name, Platform::Windows, "0.0.0", &Blank::Absent)
        };
        let resolver = Resolver {
            interfaces: names::interfaces(&registry),
            search: names::search(&registry),
            wins: names::wins(&registry),
            ..Resolver::blank(&Blank::Absent)
        };
        let _ = (names::domain(&registry), names::database_path(&registry, "C:\\Windows"));
        let firewall = filters::profiles(&registry);
        let filters = Filters { profiles: firewall, ..Filters::blank(&Blank::Absent) };
        let mut facts = DcFacts::default();
        for section in [
            Section::Host(own),
            Section::Resolver(resolver),
            Section::Filters(filters),
            Section::RpcSettings(rpc_settings_of(&registry)),
        ] {
            let fitted = fit(&Body::Own(Box::new(section))).expect("cutting cures it");
            if let Body::Own(section) = fitted.body {
                facts.put(at, *section);
            }
        }
        for note in notes(&facts, &ClientProtocolRule::default()) {
            prop_assert!(note.to_string().len() < 16_384, "{note}");
        }
    }
}

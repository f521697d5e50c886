//! Arbitrary values of a host's own facts.

use std::net::IpAddr;

use epmesh_facts::{
    AddressFamily, Boot, BootMode, Directory, DirectoryObjects, DnsZone, DynamicUpdates,
    EndpointMap, Events, FilterField, FilterTerms, Filters, FirewallProfile, FunctionalLevels,
    Host, HostsFile, HostsLine, InterfaceAddress, InterfaceDns, Listener, LmhostsFile, LmhostsLine,
    LoggedEvent, MachineAccount, NearMiss, Neighbour, NtdsSettings, OsVersion, Platform, PortRange,
    PortUse, Ports, Process, ProcessUse, ProfileKind, RangeUse, RecordData, RegisteredName,
    RegistryText, Replication, Resolver, RpcFilter, RpcFilterAction, RpcFilterLayer, RpcSettings,
    Section, Service, ServiceRole, ServiceState, Services, StartType, StaticPort, StaticPortOwner,
    StoredName, StoredRecord, Transport, Trend, WatchedLog, sections,
};
use proptest::{collection::vec, option, prelude::*, sample::select, strategy::Union};

use super::{guid, map_view, moment, name, reading, text};

macro_rules! any_section {
    ($($(#[$_doc:meta])+ $name:ident, $field:ident, $_text:literal;)+) => {
        /// Any section.
        pub fn section() -> impl Strategy<Value = Section> {
            Union::new([$($field().prop_map(Section::$name).boxed()),+])
        }
    };
}

sections!(any_section);

fn endpoint_map() -> impl Strategy<Value = EndpointMap> {
    vec(map_view(), 0..3).prop_map(|views| EndpointMap { views })
}

fn services() -> impl Strategy<Value = Services> {
    reading(vec(service(), 0..4)).prop_map(|list| Services { list })
}

fn replication() -> impl Strategy<Value = Replication> {
    reading(vec(neighbour(), 0..4)).prop_map(|neighbours| Replication { neighbours })
}

fn host() -> impl Strategy<Value = Host> {
    let address = (text(), any::<IpAddr>())
        .prop_map(|(interface, address)| InterfaceAddress { interface, address });
    let boot = (text(), moment()).prop_map(|(id, at)| Boot { id, at });
    let platform = select(&[Platform::Samba, Platform::Windows, Platform::Simulated][..]);
    let who = (name(), reading(text()), reading(name()), reading(name()), reading(text()));
    let what = (reading(guid()), reading(vec(address, 0..4)), platform, reading(text()));
    let version = any::<(u32, u32, u32)>().prop_map(|(major, minor, build)| OsVersion {
        major,
        minor,
        build,
    });
    let modes =
        [BootMode::Normal, BootMode::Safe, BootMode::SafeWithNetwork, BootMode::DirectoryRepair];
    let start = (reading(boot), reading(version), reading(select(modes.to_vec())));
    (who, what, start, text()).prop_map(
        |(
            (name, netbios_name, domain, forest, site),
            (dsa_guid, addresses, platform, os),
            (boot, version, boot_mode),
            agent_version,
        )| Host {
            name,
            netbios_name,
            domain,
            forest,
            site,
            dsa_guid,
            addresses,
            platform,
            os,
            boot,
            version,
            boot_mode,
            agent_version,
        },
    )
}

fn service() -> impl Strategy<Value = Service> {
    let roles = [
        ServiceRole::Directory,
        ServiceRole::EndpointMapper,
        ServiceRole::DirectoryRpc,
        ServiceRole::Netlogon,
        ServiceRole::Dns,
        ServiceRole::Replication,
        ServiceRole::Ldap,
        ServiceRole::Kdc,
    ];
    let states = [
        ServiceState::Running,
        ServiceState::Starting,
        ServiceState::Stopping,
        ServiceState::Stopped,
        ServiceState::Pausing,
        ServiceState::Paused,
        ServiceState::Resuming,
    ];
    let starts = [StartType::Automatic, StartType::Manual, StartType::Disabled];
    let process = (any::<u32>(), moment()).prop_map(|(pid, started)| Process { pid, started });
    let roles = vec(select(roles.to_vec()), 0..4);
    let start = (reading(select(starts.to_vec())), reading(any::<bool>()));
    let how = (reading(text()), reading(any::<u32>()), reading(vec(text(), 0..3)));
    (text(), roles, select(states.to_vec()), start, reading(process), how).prop_map(
        |(name, roles, state, (start, delayed), process, (account, exit_code, dependencies))| {
            Service {
                name,
                roles,
                state,
                start,
                delayed,
                process,
                account,
                exit_code,
                dependencies,
            }
        },
    )
}

fn ports() -> impl Strategy<Value = Ports> {
    let listener = (any::<u16>(), any::<IpAddr>(), any::<Option<u32>>())
        .prop_map(|(port, address, pid)| Listener { port, address, pid });
    let ranges = || reading(vec(range(), 0..4));
    (ranges(), ranges(), reading(vec(listener, 0..4))).prop_map(|(dynamic, rpc, listeners)| Ports {
        dynamic,
        rpc,
        listeners,
    })
}

fn range() -> impl Strategy<Value = PortRange> {
    let family = select(&[AddressFamily::V4, AddressFamily::V6][..]);
    let transport = select(&[Transport::Tcp, Transport::Udp][..]);
    (family, transport, any::<u16>(), any::<u16>())
        .prop_map(|(family, transport, first, last)| PortRange { family, transport, first, last })
}

fn resolver() -> impl Strategy<Value = Resolver> {
    let line = (any::<u32>(), any::<IpAddr>(), vec(name(), 0..3))
        .prop_map(|(line, address, names)| HostsLine { line, address, names });
    let hosts = (text(), vec(line, 0..4)).prop_map(|(path, lines)| HostsFile { path, lines });
    let addresses = || vec(any::<IpAddr>(), 0..3);
    let lmhosts = (text(), vec(lmhosts_line(), 0..3), vec(text(), 0..2))
        .prop_map(|(path, lines, includes)| LmhostsFile { path, lines, includes });
    let interface = (text(), addresses(), option::of(name()), reading(any::<bool>())).prop_map(
        |(interface, servers, suffix, registers)| InterfaceDns {
            interface,
            servers,
            suffix,
            registers,
        },
    );
    let registered =
        (name(), text(), text()).prop_map(|(name, kind, data)| RegisteredName { name, kind, data });
    let dns = (reading(hosts), reading(addresses()), reading(vec(name(), 0..3)));
    let rest = (reading(vec(interface, 0..3)), reading(vec(registered, 0..3)), reading(text()));
    (dns, reading(lmhosts), reading(addresses()), rest).prop_map(
        |((hosts, servers, search), lmhosts, wins, (interfaces, registered, cache))| Resolver {
            hosts,
            servers,
            search,
            lmhosts,
            wins,
            interfaces,
            registered,
            cache,
        },
    )
}

fn lmhosts_line() -> impl Strategy<Value = LmhostsLine> {
    let flags = (option::of(any::<u8>()), any::<bool>(), option::of(text()));
    (any::<u32>(), any::<IpAddr>(), text(), flags).prop_map(
        |(line, address, name, (suffix, preload, domain))| LmhostsLine {
            line,
            address,
            name,
            suffix,
            preload,
            domain,
        },
    )
}

fn directory() -> impl Strategy<Value = Directory> {
    let levels = any::<(u32, u32, u32)>()
        .prop_map(|(forest, domain, controller)| FunctionalLevels { forest, domain, controller });
    let flags = (reading(any::<bool>()), reading(any::<bool>()));
    let settings = (reading(vec(settings(), 0..4)), reading(vec(text(), 0..3)));
    (settings, reading(guid()), reading(levels), flags).prop_map(
        |((settings, settings_unread), invocation_id, levels, (global_catalog, read_only))| {
            Directory {
                settings,
                settings_unread,
                invocation_id,
                levels,
                global_catalog,
                read_only,
            }
        },
    )
}

fn rpc_settings() -> impl Strategy<Value = RpcSettings> {
    let value = (text(), text()).prop_map(|(name, data)| RegistryText { name, data });
    let port = (select(StaticPortOwner::ALL.to_vec()), reading(any::<u32>()))
        .prop_map(|(owner, port)| StaticPort { owner, port });
    let miss = (text(), text(), text(), text()).prop_map(|(key, name, meant, data)| NearMiss {
        key,
        name,
        meant,
        data,
    });
    let lines = || reading(vec(text(), 0..3));
    let internet = (lines(), reading(text()), reading(text()));
    let misses = (reading(vec(miss, 0..2)), reading(any::<u32>()));
    let ports = (vec(port, 0..4), misses);
    let policy = (reading(any::<u32>()), reading(any::<u32>()));
    let samba = reading(vec(value.clone(), 0..3));
    (reading(vec(value, 0..4)), internet, lines(), ports, (policy, samba)).prop_map(
        |(client_protocols, internet, bind, (static_ports, misses), (policy, samba_ports))| {
            RpcSettings {
                client_protocols,
                internet_ports: internet.0,
                internet_ports_available: internet.1,
                use_internet_ports: internet.2,
                bind,
                static_ports,
                near_misses: misses.0,
                near_misses_left_out: misses.1,
                samba_ports,
                restrict_remote_clients: policy.0,
                enable_auth_ep_resolution: policy.1,
            }
        },
    )
}

fn port_use() -> impl Strategy<Value = PortUse> {
    let percent = || 0_u8..=100;
    let trend = select(vec![Trend::Unknown, Trend::Steady, Trend::Rising, Trend::Falling]);
    let row = || {
        (range(), percent(), percent(), trend.clone()).prop_map(
            |(range, used_percent, time_wait_percent, trend)| RangeUse {
                range,
                used_percent,
                time_wait_percent,
                trend,
            },
        )
    };
    let process = (any::<u32>(), text(), percent())
        .prop_map(|(pid, name, used_percent)| ProcessUse { pid, name, used_percent });
    (reading(vec(row(), 0..4)), reading(vec(process, 0..3)), reading(vec(row(), 0..3)))
        .prop_map(|(ranges, top, rpc)| PortUse { ranges, top, rpc })
}

fn filters() -> impl Strategy<Value = Filters> {
    let kinds = vec![ProfileKind::Domain, ProfileKind::Private, ProfileKind::Public];
    let profile = (select(kinds), any::<bool>())
        .prop_map(|(kind, enabled)| FirewallProfile { kind, enabled });
    let layers =
        vec![RpcFilterLayer::Calls, RpcFilterLayer::Resolution, RpcFilterLayer::Registration];
    let actions = vec![RpcFilterAction::Permit, RpcFilterAction::Block, RpcFilterAction::Other];
    let fields = vec![FilterField::Caller, FilterField::Opnum, FilterField::Other];
    let terms = (option::of(any::<u8>()), vec(select(fields), 0..3), any::<u64>(), guid());
    let terms = terms.prop_map(|(protocol, others, weight, sublayer)| FilterTerms {
        protocol,
        others,
        weight,
        sublayer,
    });
    let what = (select(actions), option::of(guid()), any::<u32>(), option::of(terms));
    let filter = (select(layers), guid(), text(), what).prop_map(
        |(layer, key, name, (action, interface, conditions, terms))| RpcFilter {
            layer,
            key,
            name,
            action,
            interface,
            conditions,
            terms,
        },
    );
    (reading(vec(profile, 0..3)), reading(vec(filter, 0..3)), reading(any::<u32>()))
        .prop_map(|(profiles, rpc, rpc_left_out)| Filters { profiles, rpc, rpc_left_out })
}

fn events() -> impl Strategy<Value = Events> {
    let event = (text(), text(), any::<u32>(), any::<u64>(), moment(), vec(text(), 0..3)).prop_map(
        |(log, provider, id, record, at, parameters)| LoggedEvent {
            log,
            provider,
            id,
            record,
            at,
            parameters,
        },
    );
    let log = (text(), reading(moment())).prop_map(|(log, since)| WatchedLog { log, since });
    let left_out = reading(any::<u32>());
    (reading(moment()), reading(vec(event, 0..4)), reading(vec(log, 0..4)), left_out)
        .prop_map(|(since, list, logs, left_out)| Events { since, list, logs, left_out })
}

fn directory_objects() -> impl Strategy<Value = DirectoryObjects> {
    let account = (name(), reading(moment()))
        .prop_map(|(host, password_set)| MachineAccount { host, password_set });
    let lists = (reading(vec(zone(), 0..3)), reading(vec(stored_name(), 0..3)));
    (lists, reading(vec(account, 0..3))).prop_map(|((zones, names), accounts)| DirectoryObjects {
        zones,
        names,
        accounts,
    })
}

fn zone() -> impl Strategy<Value = DnsZone> {
    let updates = [DynamicUpdates::Off, DynamicUpdates::Unsecure, DynamicUpdates::Secure];
    let hours = || reading(any::<u32>());
    let servers = || reading(vec(any::<IpAddr>(), 0..3));
    let aging = (reading(any::<bool>()), hours(), hours(), servers());
    (name(), text(), reading(select(updates.to_vec())), aging, servers(), hours()).prop_map(
        |(name, partition, updates, aging, wins, negative_ttl_s)| {
            let (aging, no_refresh_hours, refresh_hours, scavenging_servers) = aging;
            DnsZone {
                name,
                partition,
                updates,
                aging,
                no_refresh_hours,
                refresh_hours,
                scavenging_servers,
                wins,
                negative_ttl_s,
            }
        },
    )
}

fn stored_name() -> impl Strategy<Value = StoredName> {
    let data = prop_oneof![
        any::<IpAddr>().prop_map(RecordData::Address),
        name().prop_map(RecordData::Alias)
    ];
    let record =
        (data, option::of(moment())).prop_map(|(data, refreshed)| StoredRecord { data, refreshed });
    (name(), name(), text(), reading(vec(record, 0..3)), reading(moment())).prop_map(
        |(name, zone, partition, records, deleted)| StoredName {
            name,
            zone,
            partition,
            records,
            deleted,
        },
    )
}

fn settings() -> impl Strategy<Value = NtdsSettings> {
    (text(), option::of(name()), guid(), option::of(text()), option::of(moment())).prop_map(
        |(server, host, dsa_guid, site, created)| NtdsSettings {
            server,
            host,
            dsa_guid,
            site,
            created,
        },
    )
}

fn neighbour() -> impl Strategy<Value = Neighbour> {
    let times = (option::of(moment()), option::of(moment()));
    (text(), guid(), any::<u32>(), times, any::<u32>()).prop_map(
        |(naming_context, source, last_result, (last_attempt, last_success), failures)| Neighbour {
            naming_context,
            source,
            last_result,
            last_attempt,
            last_success,
            failures,
        },
    )
}

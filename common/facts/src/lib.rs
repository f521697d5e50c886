//! The domain model: what an agent states about its domain controller, and what it observed of a
//! peer. One vocabulary from the agent's probe to the verdict.
//!
//! Three answers run through all of it: a value, *absent*, and *could not be seen*. A timeout, an
//! empty output and a refused read are never the same as "not there".

pub mod error;
pub mod shared;

mod dc_facts;
mod directory;
mod directory_objects;
mod events;
mod failure;
mod filters;
mod host;
mod lasting;
mod listing;
mod map;
mod map_differences;
mod name;
mod observation;
mod plan;
mod port_use;
mod reading;
mod reason;
mod resolver;
mod rpc_settings;
mod section;
mod service;
mod statement;
mod time;

pub use self::{
    dc_facts::{DcFacts, Stamped},
    directory::{Directory, FunctionalLevels, Neighbour, NtdsSettings, Replication},
    directory_objects::{
        DirectoryObjects, DnsZone, DynamicUpdates, MachineAccount, StoredName, StoredRecord,
    },
    events::{Events, LoggedEvent, WatchedLog},
    failure::Failure,
    filters::{
        FilterField, FilterTerms, Filters, FirewallProfile, ProfileKind, RpcFilter,
        RpcFilterAction, RpcFilterLayer,
    },
    host::{Boot, BootMode, Host, InterfaceAddress, OsVersion, Platform},
    lasting::LastingState,
    listing::{Row, listing, plain_text},
    map::{EndpointMap, MapView, Through, holds_over_tcp},
    map_differences::{MapDifferences, ViewDifference},
    name::{DnsName, NameError},
    observation::{
        AddressProbe, Answer, IdentityMethod, IdentityProbe, InterfaceProbe, Lookup, MapAnswer,
        PeerObservation, PortProbe, Question, Record, RecordData, RecordType, Source, Stage,
        WellKnownPort,
    },
    plan::{LookRequest, Plan, Target, add_interfaces},
    port_use::{PortUse, ProcessUse, RangeUse, Trend},
    reading::{Blank, Reading},
    reason::{MissingRight, Reason, ReasonKind},
    resolver::{
        HostsFile, HostsLine, InterfaceDns, LmhostsFile, LmhostsLine, RegisteredName, Resolver,
    },
    rpc_settings::{NearMiss, RegistryText, RpcSettings, StaticPort, StaticPortOwner},
    section::{NoSuchSection, Section, SectionKind},
    service::{
        AddressFamily, Listener, PortRange, Ports, Process, Service, ServiceRole, ServiceState,
        Services, StartType, Transport,
    },
    statement::{Body, Digest, Report, Statement, StatementKey},
    time::Timestamp,
};

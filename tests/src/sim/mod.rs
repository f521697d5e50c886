//! Domain controllers that exist in this process only and speak the real protocols, each on a
//! loopback address of its own.
//!
//! | module | what |
//! |---|---|
//! | `ports` | the one set of unprivileged ports of a simulated forest |
//! | `names` | who a simulated host is |
//! | `state` | what is true on a domain controller: services, registrations, filters, directory |
//! | `table` | the endpoint map of a Samba domain controller, as recorded |
//! | `gate` | listeners that can be open, refused or silent |
//! | `association` | the server side of DCE/RPC: endpoint mapper and binds, without I/O |
//! | `zone`, `dns` | a DNS server and its records |
//! | `challenge`, `ldap`, `node_status` | the ways to say who one is |
//! | `dc`, `shared` | a domain controller, and what its parts share |
//! | `member` | a host that is none |
//! | `platform` | what an agent on a simulated domain controller reads there |
//! | `scenario`, `faults` | the ways to break a forest |
//! | `forest` | domain controllers with real agents and a real coordinator |
//!
//! Every statement a simulated host makes about itself is derived from the same [`State`] that its
//! network services obey, so the two views can only differ where a fault makes them differ.

mod association;
mod challenge;
mod dc;
mod dns;
mod faults;
mod forest;
mod gate;
mod ldap;
mod member;
mod names;
mod node_status;
mod platform;
mod ports;
mod scenario;
mod shared;
mod state;
mod table;
mod zone;

pub use self::{
    association::{Association, Reply, RpcHost},
    challenge::domain_challenge,
    dc::SimDc,
    faults::Hosts,
    forest::{FEWEST, Forest, MOST},
    gate::Way,
    member::SimHost,
    names::{Network, Who},
    platform::SimPlatform,
    ports::SimPorts,
    scenario::Scenario,
    state::{SimService, State},
    table::{member_endpoints, samba_endpoints},
    zone::{Behaviour, Zone},
};

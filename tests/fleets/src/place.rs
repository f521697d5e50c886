//! Whether a fleet has a place for a fault.

use epmesh_common::facts::{Platform, RpcFilter, RpcFilterLayer};

use super::{
    fault::Fault,
    kind::Kind,
    own::netbios,
    world::{Dc, World},
};

impl Fault {
    /// Whether the fleet has a place for it.
    pub(super) fn has_place(&self, world: &World) -> bool {
        let (source, client) = (&world.dcs[self.source], &world.dcs[self.destination]);
        let windows = source.platform == Platform::Windows;
        let uses_alone = |dc: &Dc| {
            let lives = dc.names.servers.iter().filter(|server| {
                !source.addresses.contains(server)
                    && (server.is_loopback() || world.owner(**server).is_some())
            });
            lives.count() == 0
        };
        // With a line that is right in the way, the wrong record does not show.
        let is_unmapped = client.names.hosts.iter().all(|line| !line.names.contains(&source.name));
        match self.kind {
            Kind::NeverStarted
            | Kind::Died
            | Kind::Hangs
            | Kind::RestoreMode
            | Kind::StartsForLong
            | Kind::NetlogonPaused => windows,
            // Which of two filters that fit decides, their weights say, and these nobody is told.
            Kind::HiddenByFilter | Kind::FilteredForOne => {
                let is_there = |filter: &RpcFilter| filter.layer == RpcFilterLayer::Resolution;
                windows && !source.filters.iter().any(is_there)
            }
            Kind::NoProtocols | Kind::EmptyLinkage | Kind::BadPorts | Kind::SamePortTwice => {
                windows
            }
            Kind::FewPorts => windows,
            // With a static port the directory's service is registered on that one too (KB 224196).
            Kind::DynamicPortsTaken | Kind::ListedPortsTaken => {
                windows && source.rpc.static_ports.iter().all(|held| held.port.value().is_none())
            }
            // On Windows the directory's process takes the host with it.
            Kind::ComesAndGoes => !windows && source.agent,
            Kind::RegistrationComesAndGoes => source.agent,
            Kind::WinsStale => {
                let named = netbios(source);
                let wins = client.names.wins.as_ref();
                let held =
                    wins.is_some_and(|wins| wins.holds.iter().any(|(name, _)| *name == named));
                client.platform == Platform::Windows && self.wrong.is_ipv4() && !held
            }
            Kind::MapperDisabled => windows,
            Kind::HostPortsUsedUp => source.agent,
            Kind::HostBlocksAddress => source.addresses.len() > 1,
            Kind::LmhostsLine => {
                let named = netbios(source);
                let held = client.names.lmhosts.iter().any(|line| line.name == named);
                client.platform == Platform::Windows && self.wrong.is_ipv4() && !held
            }
            Kind::HostDown | Kind::NeverAnswers => !world.dcs.iter().any(uses_alone),
            Kind::OutsideServer => {
                let known = world.dcs.iter().enumerate().filter(|(at, dc)| {
                    *at != self.destination && dc.forest == source.forest && !dc.read_only
                });
                known.count() > 0
            }
            Kind::PortBalanced => {
                let is_served = |at: usize| !self.is_sent_elsewhere(at) && world.dcs[at].agent;
                let mut all = (0..world.dcs.len()).filter(|at| *at != self.source);
                all.any(|at| is_served(at) && world.dcs[at].forest == source.forest)
            }
            // The only one of its site, and all who look at it stand in one other.
            Kind::LoneSiteBlocks => {
                let mut others = world.dcs.iter().enumerate().filter(|(at, _)| *at != self.source);
                source.site != client.site
                    && others.clone().all(|(_, dc)| dc.site != source.site)
                    && others.all(|(_, dc)| !dc.agent || dc.site == client.site)
            }
            kind if kind.is_of_replication() => world.replicates && !source.read_only,
            kind if kind.is_between_sites() => {
                let third = |dc: &Dc| dc.agent && dc.site != client.site;
                let dynamic = source.directory.port >= 49152 || kind != Kind::SitesBlockPorts;
                // Somebody else must reach them, or nobody can tell a path from a host.
                source.site != client.site
                    && dynamic
                    && world.dcs.iter().enumerate().any(|(at, dc)| at != self.source && third(dc))
            }
            Kind::HostBlocksPort => source.directory.port >= 49152,
            // The hosts file maps the name that a cached alias leads to.
            Kind::CacheStale => client.platform == Platform::Windows && is_unmapped,
            kind if kind.is_of_one_way() => {
                let third =
                    |at: usize| at != self.source && at != self.destination && world.dcs[at].agent;
                (0..world.dcs.len()).any(|at| third(at) && world.dcs[at].forest == source.forest)
            }
            Kind::HostsLine => is_unmapped,
            _ => true,
        }
    }
}

//! The way of a packet, and what becomes of it: the filters and the devices between two hosts.

use std::net::IpAddr;

use super::world::{BindCut, Device, Guise, Meddling, Refusal, Registered, Scope, Way, Who, World};

impl World {
    /// Whether what `from` sends to `address` and `port` arrives.
    #[must_use]
    pub fn way(&self, from: usize, address: IpAddr, port: u16) -> Way {
        let sender = &self.dcs[from];
        // Its own addresses it reaches without a network, behind address translation too.
        if sender.up && sender.own_addresses().contains(&address) {
            return Way::Through(Who::Dc(from));
        }
        if !sender.addresses.iter().any(|own| own.is_ipv4() == address.is_ipv4()) {
            return Way::NoWay;
        }
        let Some(who) = self.behind(from, address) else { return Way::Silent };
        let (site, dc) = match who {
            Who::Dc(dc) => (self.dcs[dc].site, Some(dc)),
            Who::Stranger(other) => (self.strangers[other].site, None),
        };
        if dc.is_some_and(|dc| !self.dcs[dc].up) {
            return Way::Silent;
        }
        let block = self.blocks.iter().find(|block| {
            block.from.holds(sender.site, Some(from))
                && block.to.holds(site, dc)
                && block.ports.holds(port)
                && (!block.v6_only || address.is_ipv6())
                && block.address.is_none_or(|only| only == address)
                && dc != Some(from)
        });
        match block {
            Some(block) => match block.refusal {
                Refusal::Silence => Way::Silent,
                Refusal::Reset => Way::Rejected,
                Refusal::Prohibited => Way::Prohibited,
            },
            None => Way::Through(who),
        }
    }

    /// Who takes what `from` sends to an address: its owner, or the machine to which a balancer sends `from`.
    #[must_use]
    pub fn behind(&self, from: usize, address: IpAddr) -> Option<Who> {
        let balancer = self.balancers.iter().find(|balancer| balancer.address == address);
        balancer.map_or_else(|| self.owner(address), |balancer| balancer.sends(from))
    }

    /// What becomes of the bind of `from` at the port of `to`, where a device on the way does not let it through.
    #[must_use]
    pub fn bind_cut(&self, from: usize, to: usize) -> Option<BindCut> {
        self.meddling(from, to).find_map(|does| match does {
            Meddling::CutsBind(cut) => Some(cut),
            _ => None,
        })
    }

    /// What the devices on the way from `from` to `to` do.
    pub fn meddling(&self, from: usize, to: usize) -> impl Iterator<Item = Meddling> {
        let (here, there) = (self.dcs[from].site, self.dcs[to].site);
        // What is sent to a host's own address does not leave it.
        let is_on_way = move |device: &&Device| {
            from != to && device.from.holds(here, Some(from)) && device.to.holds(there, Some(to))
        };
        self.devices.iter().filter(is_on_way).map(|device| device.does)
    }

    /// What answers port 135 of `to` in place of its endpoint mapper, for `from`.
    #[must_use]
    pub fn guise(&self, from: usize, to: usize) -> Option<Guise> {
        self.meddling(from, to).find_map(|does| match does {
            Meddling::Answers(guise) => Some(guise),
            _ => None,
        })
    }

    /// What takes port 135 on the host itself, at its addresses: a port proxy.
    #[must_use]
    pub fn guise_on_host(&self, dc: usize) -> Option<Guise> {
        let ends = (Scope::Any, Scope::Dc(dc));
        self.devices.iter().find_map(|device| match device.does {
            Meddling::Answers(guise) if (device.from, device.to) == ends => Some(guise),
            _ => None,
        })
    }

    /// The port that `from` is told for drsuapi of `to`, by an endpoint mapper that answers; `None` for "not
    /// registered".
    #[must_use]
    pub fn told_port(&self, from: usize, to: usize) -> Option<u16> {
        let server = &self.dcs[to];
        let is_denied = self.meddling(from, to).any(|does| does == Meddling::Denies);
        let hides = server.mapper.hides || server.mapper.hides_from.contains(&from);
        if server.directory.registered != Registered::All || hides || is_denied {
            return None;
        }
        let altered = self.meddling(from, to).find_map(|does| match does {
            Meddling::Alters(port) => Some(port),
            _ => None,
        });
        Some(altered.unwrap_or(server.directory.port))
    }

    /// Whether long packets from `to` to `from` are lost; whether those of LDAP are among them.
    #[must_use]
    pub fn loses_large(&self, from: usize, to: usize) -> Option<bool> {
        self.meddling(from, to).find_map(|does| match does {
            Meddling::LosesLarge { ldap } => Some(ldap),
            _ => None,
        })
    }
}

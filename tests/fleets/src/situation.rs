//! The situations in which a fault is decided: what stands between two hosts, who looks from where, what else is
//! stated. Each has to come up, or nothing is known of what is made of it.

use std::collections::BTreeSet;

use epmesh_common::facts::RpcFilterAction;

use super::{
    client::Stands,
    fault::Fault,
    kind::Kind,
    played::Played,
    world::{Guise, Lie, Refusal, Who},
};

/// A situation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Situation {
    /// The firewall of a host drops in silence.
    HostDrops,
    /// One between sites drops in silence.
    SiteDrops,
    /// One between sites resets.
    SiteResets,
    /// One between sites answers with ICMP.
    SiteProhibits,
    /// Inspection alters the answer of the endpoint mapper.
    AnswerAltered,
    /// The source is behind address translation.
    Translated,
    /// A balancer sends the destination to a machine without RPC.
    BalancerResets,
    /// A balancer sends it to a machine with another endpoint map.
    BalancerHasOtherMap,
    /// All who look at a source that is cut off stand in one site, and that is not the source's.
    WitnessesAtOneSite,
    /// Some are answered at the bind to the endpoint mapper, and others are not, or by something else.
    ContrastAtMapper,
    /// Some are told the port, and others that it is not registered.
    ContrastAtQuestion,
    /// Some get to the port that they are told, and others do not.
    ContrastAtPort,
    /// Some are accepted at the port, and others are not.
    ContrastAtBind,
    /// The destination has not tried to replicate since, and states a success.
    SuccessBefore,
    /// It has tried since, and states how that failed.
    FailureSince,
    /// A witness states that all is well.
    WitnessOfWell,
    /// A witness states that nothing is there.
    WitnessOfNothing,
    /// A service is paused.
    Paused,
    /// A service has been starting for long.
    Starting,
    /// A service is stopping.
    Stopping,
    /// A host takes connections and never answers.
    NeverAnswers,
    /// A filter has a condition on the caller.
    FilterWithCondition,
    /// A filter of the source permits what another one would block.
    FilterPermits,
    /// Long packets are lost.
    LargeLost,
    /// A DNS server does not know the forest.
    OutsideServer,
    /// The files of the destination could not be read.
    FilesUnread,
}

impl Situation {
    /// All of them, each with the kind of fault that brings it about, where one does.
    const BY: [(Self, Option<Kind>); 26] = [
        (Self::HostDrops, Some(Kind::HostBlocksMapper)),
        (Self::SiteDrops, Some(Kind::SitesBlockMapper)),
        (Self::SiteResets, Some(Kind::SitesBlockMapper)),
        (Self::SiteProhibits, Some(Kind::SitesBlockMapper)),
        (Self::AnswerAltered, Some(Kind::PathAlters)),
        (Self::Translated, None),
        (Self::BalancerResets, Some(Kind::PortBalanced)),
        (Self::BalancerHasOtherMap, Some(Kind::NameBalanced)),
        (Self::WitnessesAtOneSite, Some(Kind::LoneSiteBlocks)),
        (Self::ContrastAtMapper, Some(Kind::PathReplacesMapper)),
        (Self::ContrastAtQuestion, Some(Kind::PathInspected)),
        (Self::ContrastAtPort, Some(Kind::SitesBlockPorts)),
        (Self::ContrastAtBind, Some(Kind::PathCutsBind)),
        (Self::SuccessBefore, None),
        (Self::FailureSince, None),
        (Self::WitnessOfWell, None),
        (Self::WitnessOfNothing, None),
        (Self::Paused, Some(Kind::NetlogonPaused)),
        (Self::Starting, Some(Kind::StartsForLong)),
        (Self::Stopping, Some(Kind::Hangs)),
        (Self::NeverAnswers, Some(Kind::NeverAnswers)),
        (Self::FilterWithCondition, Some(Kind::FilteredForOne)),
        (Self::FilterPermits, None),
        (Self::LargeLost, Some(Kind::PathLosesLarge)),
        (Self::OutsideServer, Some(Kind::OutsideServer)),
        (Self::FilesUnread, None),
    ];

    /// All of them.
    pub const ALL: [Self; 26] = {
        let mut all = [Self::HostDrops; 26];
        let mut at = 0;
        while at < all.len() {
            all[at] = Self::BY[at].0;
            at += 1;
        }
        all
    };

    /// The kind of fault that brings it about, where one does.
    #[must_use]
    pub fn comes_of(self) -> Option<Kind> {
        Self::BY.into_iter().find(|(it, _)| *it == self)?.1
    }

    /// Whether a fault is in this situation on a link.
    #[must_use]
    pub fn holds(self, played: &Played, fault: &Fault, link: (usize, usize)) -> bool {
        let (world, kind, (to, from)) = (&played.world, fault.kind, link);
        let by_site = |refusal| {
            let is_site = kind == Kind::LoneSiteBlocks
                || matches!(kind, Kind::SitesBlockMapper | Kind::SitesBlockPorts);
            is_site && fault.refusal == refusal
        };
        let lies = |wanted| {
            let others = world.liar.filter(|(liar, lie)| *lie == wanted && *liar != to);
            others.is_some_and(|(liar, _)| played.looks.contains_key(&(liar, from)))
        };
        let is_member = matches!(fault.guise, Guise::Member(_));
        let sent = || fault.balancer().sends(to);
        let has_map = || match sent() {
            Some(Who::Dc(dc)) => dc != from,
            Some(Who::Stranger(other)) => other == 0,
            None => false,
        };
        let fails = || played.pulled.contains(&link) && played.stands(link) == Stands::Fails;
        let tried = || {
            let mut attempts = played.attempts.get(&link).into_iter().flatten();
            attempts.any(|(at, _)| *at > fault.at)
        };
        match self {
            Self::HostDrops => {
                let is_host = matches!(kind, Kind::HostBlocksMapper | Kind::HostBlocksPort);
                is_host && fault.refusal == Refusal::Silence
            }
            Self::SiteDrops => by_site(Refusal::Silence),
            Self::SiteResets => by_site(Refusal::Reset),
            Self::SiteProhibits => by_site(Refusal::Prohibited),
            Self::AnswerAltered => matches!(kind, Kind::PathAlters | Kind::SitesAlter),
            Self::Translated => world.dcs[from].inside.is_some(),
            Self::BalancerResets => match kind {
                Kind::PortBalanced => !is_member,
                Kind::NameBalanced => fault.is_reset_by_balancer(to),
                _ => false,
            },
            Self::BalancerHasOtherMap => match kind {
                Kind::PortBalanced => is_member,
                Kind::NameBalanced => has_map(),
                _ => false,
            },
            Self::WitnessesAtOneSite => {
                let witnesses = played.looks.keys().filter(|(_, source)| *source == from);
                let sites: BTreeSet<usize> = witnesses.map(|(dc, _)| world.dcs[*dc].site).collect();
                kind.is_cut() && sites.len() == 1 && !sites.contains(&world.dcs[from].site)
            }
            Self::ContrastAtMapper => kind == Kind::PathReplacesMapper,
            Self::ContrastAtQuestion => matches!(kind, Kind::PathInspected | Kind::FilteredForOne),
            Self::ContrastAtPort => kind == Kind::SitesBlockPorts,
            Self::ContrastAtBind => kind == Kind::PathCutsBind,
            Self::SuccessBefore => fails() && !tried(),
            Self::FailureSince => fails() && tried(),
            Self::WitnessOfWell => lies(Lie::AllWell),
            Self::WitnessOfNothing => lies(Lie::NothingThere),
            Self::Paused => matches!(kind, Kind::RolledBack | Kind::NetlogonPaused),
            Self::Starting => kind == Kind::StartsForLong,
            Self::Stopping => kind == Kind::Hangs,
            Self::NeverAnswers => kind == Kind::NeverAnswers,
            Self::FilterWithCondition => kind == Kind::FilteredForOne,
            Self::FilterPermits => {
                let mut filters = world.dcs[from].filters.iter();
                filters.any(|filter| filter.action == RpcFilterAction::Permit)
            }
            Self::LargeLost => matches!(kind, Kind::PathLosesLarge | Kind::SitesLoseLarge),
            Self::OutsideServer => kind == Kind::OutsideServer,
            Self::FilesUnread => world.dcs[to].names.unread,
        }
    }
}

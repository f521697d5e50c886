//! Putting back into the view what the store held.

use epmesh_common::facts::{Body, Section};

use super::{Restored, StagedBody, View};

impl View {
    /// Puts back all that the store held of one domain controller.
    pub fn restore(&mut self, restored: Restored) {
        let dc = restored.dc;
        let mut known = self.dcs.remove(&dc).unwrap_or_default();
        known.acknowledged = restored.acknowledged;
        known.last_seen = Some(restored.received);
        known.dropped = restored.dropped;
        known.notes = restored.notes;
        known.history = restored.history;
        known.facts.clock_ahead_ms = restored.clock_ahead_ms;
        for StagedBody { digest, at, body, .. } in restored.bodies {
            known.digests.insert(body.subject(), digest);
            match body {
                Body::Own(section) => {
                    if let Section::Host(host) = section.as_ref() {
                        known.agent_version = Some(host.agent_version.clone());
                        self.owners.change(&dc, known.own_host(), Some((host, at)));
                    }
                    known.put(at, *section, self.settings.fresh_for());
                }
                Body::Peer(mut observation) => {
                    self.names.share(&mut observation);
                    let peer = observation.peer.clone();
                    known.see(peer.clone(), at, self.settings.fresh_for(), observation.into());
                    if let (Some(seen), Some(first)) =
                        (known.observations.get_mut(&peer), restored.first.get(&peer))
                    {
                        seen.first = seen.first.min(*first);
                    }
                    self.seen(&dc, &known, &peer);
                }
            }
        }
        self.dcs.insert(dc, known);
        self.moved = true;
    }
}

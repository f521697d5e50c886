//! What stands in the way on purpose or by mistake, and what may be said of it.
//!
//! Written from what Windows does and what can be known from outside, never from what the engine says. Where
//! several words are right, all of them stand here.

use epmesh_common::diagnosis::{Cause, Confidence, Side, State};

/// Destination and source.
pub(super) type Link = (&'static str, &'static str);

/// One fault of the lab.
pub(super) struct Row {
    pub(super) fault: &'static str,
    pub(super) states: &'static [State],
    pub(super) causes: &'static [Cause],
    pub(super) sides: &'static [Side],
    /// More than this the evidence does not carry.
    pub(super) most: Confidence,
    /// Whether a Windows client would report 1753; none where both are right.
    pub(super) is_1753: Option<bool>,
    /// What the culprit's words hold.
    pub(super) holds: &'static [&'static str],
    /// The links of which this must be said.
    pub(super) broken: &'static [Link],
    /// The links that are healthy all the while.
    pub(super) well: &'static [Link],
}

const FAILING: &[State] = &[State::Failing];
const NETWORK: &[Side] = &[Side::Network];
const NETWORK_OR_SOURCE: &[Side] = &[Side::Network, Side::Source];
const SOURCE: &[Side] = &[Side::Source];
const ALL: &[Link] = &[("dc1", "dc2"), ("dc3", "dc2")];
const ONE: &[Link] = &[("dc1", "dc2")];
const OTHER: &[Link] = &[("dc3", "dc2")];
/// What is silent for everybody may be the host or whatever stands before it.
const SILENT: &[Cause] =
    &[Cause::EpmUnreachable, Cause::RpcFiltered, Cause::NotError1753, Cause::ServiceHangs];
/// What is silent for one, while another is served at the same address, is no service that hangs.
const SILENT_FOR_ONE: &[Cause] = &[Cause::EpmUnreachable, Cause::RpcFiltered, Cause::NotError1753];
const NO_RPC: &[Cause] = &[Cause::AnswerAltered, Cause::NotError1753, Cause::EpmUnreachable];

/// On all who call dc2, at most likely, no 1753.
const ROW: Row = Row {
    fault: "",
    states: FAILING,
    causes: &[],
    sides: NETWORK,
    most: Confidence::Likely,
    is_1753: Some(false),
    holds: &["10.99.0.12"],
    broken: ALL,
    well: &[],
};

pub(super) const ROWS: &[Row] = &[
    // While nothing changes, all that replication is told is small.
    Row {
        fault: "large-lost",
        states: &[State::Failing, State::Latent],
        causes: &[Cause::LargePacketsLost],
        most: Confidence::Proven,
        ..ROW
    },
    // A list of endpoints that is used up may be told as 1753 as well.
    Row {
        fault: "inspected",
        causes: &[Cause::AnswerAltered],
        holds: &["10.99.0.12", "50999"],
        is_1753: None,
        ..ROW
    },
    Row {
        fault: "inspected-one",
        causes: &[Cause::AnswerAltered],
        holds: &["10.99.0.12", "50999"],
        is_1753: None,
        broken: ONE,
        well: OTHER,
        ..ROW
    },
    Row {
        fault: "inspected-other",
        causes: &[Cause::AnswerAltered],
        holds: &["10.99.0.12", "49154"],
        ..ROW
    },
    Row { fault: "silent", causes: SILENT, sides: NETWORK_OR_SOURCE, ..ROW },
    Row { fault: "silent-one", causes: SILENT_FOR_ONE, broken: ONE, well: OTHER, ..ROW },
    Row { fault: "http", causes: NO_RPC, sides: NETWORK_OR_SOURCE, ..ROW },
    Row { fault: "http-one", causes: NO_RPC, broken: ONE, well: OTHER, ..ROW },
    // Once the queue of connections that nobody takes is full, the kernel is silent, too.
    Row {
        fault: "rpc-frozen",
        causes: &[Cause::ServiceHangs, Cause::EpmUnreachable],
        sides: SOURCE,
        holds: &["dc2.lab.test"],
        ..ROW
    },
    // The host's own word is that the right process listens there.
    Row {
        fault: "other-rpc",
        causes: &[Cause::StaleEndpoint, Cause::AnswerAltered, Cause::RpcFiltered],
        sides: NETWORK_OR_SOURCE,
        holds: &["10.99.0.12", "49153"],
        ..ROW
    },
    // Port 135 says by NTLM that it is member; the address is dc2's own, so no name is wrong.
    Row {
        fault: "forwarded",
        causes: &[Cause::AnswerAltered, Cause::WrongServerIdentity],
        sides: NETWORK_OR_SOURCE,
        is_1753: Some(true),
        holds: &["10.99.0.12", "member"],
        ..ROW
    },
    Row {
        fault: "duplicate-ip",
        causes: &[Cause::AnswerAltered, Cause::WrongServerIdentity],
        is_1753: Some(true),
        holds: &["10.99.0.12", "member"],
        ..ROW
    },
    Row {
        fault: "one-135-drop",
        causes: &[Cause::EpmUnreachable],
        sides: NETWORK_OR_SOURCE,
        most: Confidence::Proven,
        holds: &["10.99.0.12 port 135"],
        broken: ONE,
        well: OTHER,
        ..ROW
    },
    Row {
        fault: "one-dyn-drop",
        causes: &[Cause::DynamicPortBlocked],
        sides: NETWORK_OR_SOURCE,
        most: Confidence::Proven,
        holds: &["10.99.0.12 port 49153"],
        broken: ONE,
        well: OTHER,
        ..ROW
    },
    // 8524: no name of any source leads anywhere.
    Row {
        fault: "dns-dead",
        causes: &[Cause::NotError1753],
        sides: &[Side::NameResolution, Side::Network, Side::Destination],
        holds: &["10.99.0.11"],
        broken: &[("dc1", "dc2"), ("dc1", "dc3")],
        well: &[("dc3", "dc2"), ("dc2", "dc3")],
        ..ROW
    },
];

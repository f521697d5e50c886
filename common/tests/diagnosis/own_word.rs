//! Rows on the destination's own word: whether its directory runs, and what its replication came to.

use epmesh_common::{
    diagnosis::{Cause, Confidence, Side, State},
    facts::{Failure, ServiceState},
};

use crate::{
    healthy::MEMBER,
    row::{HEALTHY, Row},
};

#[rustfmt::skip]
pub(crate) fn rows() -> Vec<Row> {
    use Confidence::{Likely, Possible, Proven};
    use Side::{Destination as OnDestination, Source as OnSource};
    use State::Failing;
    vec![
        Row { name: "the destination's directory does not run",
            change: |s| s.directory_of_destination(ServiceState::Stopped),
            expect: (Failing, Cause::DestinationNotServing, OnDestination, Likely, 0) },
        Row { name: "the destination's directory does not run, and the service at the source died",
            change: |s| { s.directory_of_destination(ServiceState::Stopped); s.lose_registration(); s.stop_services(); },
            expect: (Failing, Cause::ServiceDied, OnSource, Proven, 1753) },
        Row { name: "the destination's directory does not run, and its names lead elsewhere",
            change: |s| { s.directory_of_destination(ServiceState::Stopped); s.hosts_line(4, MEMBER); s.lead_to_member(); },
            expect: (Failing, Cause::DestinationNotServing, OnDestination, Likely, 0) },
        Row { name: "the destination's directory runs",
            change: |s| s.directory_of_destination(ServiceState::Running),
            expect: HEALTHY },
        Row { name: "the way is open, and the source sends no changes",
            change: |s| s.replicated(&[("DC=lab,DC=test", 8456, 120, 4)]),
            expect: (Failing, Cause::ReplicationRefused, OnSource, Likely, 8456) },
        Row { name: "one naming context of two is refused",
            change: |s| s.replicated(&[("CN=Configuration,DC=lab,DC=test", 0, 60, 0), ("DC=lab,DC=test", 8453, 90, 4)]),
            expect: (Failing, Cause::ReplicationRefused, Side::None, Likely, 8453) },
        Row { name: "the way was open to another naming context since",
            change: |s| { s.looked_since(600);
                s.replicated(&[("CN=Configuration,DC=lab,DC=test", 0, 60, 0), ("DC=lab,DC=test", 1722, 90, 4)]); },
            expect: (State::Healthy, Cause::Healthy, Side::None, Likely, 0) },
        Row { name: "1256 repeats what the first naming context ended with",
            change: |s| { s.looked_since(600);
                s.replicated(&[("CN=Configuration,DC=lab,DC=test", 1722, 90, 4), ("DC=lab,DC=test", 1256, 89, 4)]); },
            expect: (Failing, Cause::ReplicationRefused, Side::None, Possible, 1722) },
        Row { name: "the last attempt was before the looks that get through",
            change: |s| { s.looked_since(60); s.replicated(&[("DC=lab,DC=test", 1753, 900, 4)]); },
            expect: (State::Healthy, Cause::Healthy, Side::None, Likely, 0) },
        Row { name: "the last attempts worked",
            change: |s| s.replicated(&[("DC=lab,DC=test", 0, 60, 0)]),
            expect: HEALTHY },
        Row { name: "nothing listens on the port of the map, and replication got through since the look saw that",
            change: |s| { s.block_port(Failure::Refused); s.close(49152); s.looked_since(600);
                s.replicated(&[("DC=lab,DC=test", 0, 60, 0)]); },
            expect: (Failing, Cause::StaleEndpoint, OnSource, Likely, 1722) },
        Row { name: "nothing listens on the port of the map, and replication got through before",
            change: |s| { s.block_port(Failure::Refused); s.close(49152); s.looked_since(600);
                s.replicated(&[("DC=lab,DC=test", 0, 900, 0)]); },
            expect: (Failing, Cause::StaleEndpoint, OnSource, Proven, 1722) },
        Row { name: "the same, and its other naming context failed later",
            change: |s| { s.block_port(Failure::Refused); s.close(49152); s.looked_since(600);
                s.replicated(&[("CN=Configuration,DC=lab,DC=test", 0, 60, 0), ("DC=lab,DC=test", 1722, 30, 1)]); },
            expect: (Failing, Cause::StaleEndpoint, OnSource, Proven, 1722) },
    ]
}

//! Interfaces, endpoints and endpoint maps on the wire.

use epmesh_facts::{EndpointMap, Failure, MapView, Through};
use epmesh_proto::v1 as proto;
use epmesh_rpc::{Binding, Endpoint, InterfaceId};

use super::{
    error::{Problem, WireError},
    limits,
    reader::{Reader, Wire, address_bytes, encode_all},
};

impl Wire for EndpointMap {
    type Message = proto::EndpointMap;

    fn encode(&self) -> proto::EndpointMap {
        proto::EndpointMap { views: encode_all(&self.views) }
    }

    fn decode(m: proto::EndpointMap, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self { views: r.cut_list("views", m.views, limits::VIEWS)? })
    }
}

impl Wire for MapView {
    type Message = proto::MapView;

    fn encode(&self) -> proto::MapView {
        use proto::map_view::{Endpoints, Through as Way};
        proto::MapView {
            through: Some(match self.through {
                Through::Local => Way::Local(proto::Nothing {}),
                Through::Address(address) => Way::Address(address_bytes(address)),
            }),
            endpoints: Some(match &self.endpoints {
                Ok(list) => Endpoints::Listed(proto::EndpointList { endpoints: encode_all(list) }),
                Err(failure) => Endpoints::Failure(failure.encode()),
            }),
        }
    }

    fn decode(m: proto::MapView, r: &mut Reader) -> Result<Self, WireError> {
        use proto::map_view::{Endpoints, Through as Way};
        let through = match m.through {
            Some(Way::Local(proto::Nothing {})) => Through::Local,
            Some(Way::Address(bytes)) => Through::Address(r.address("address", &bytes)?),
            None => return r.refuse_field("through", Problem::UnknownCase),
        };
        let endpoints = match m.endpoints {
            // Half a list would make what is missing from it look unregistered.
            Some(Endpoints::Listed(list)) => r.or_instead(Failure::local, |r| {
                let list = list.endpoints;
                r.list("listed.endpoints", list, limits::ENDPOINTS, |r, m| Wire::decode(m, r))
            })?,
            Some(Endpoints::Failure(failure)) => Err(r.message("failure", Some(failure))?),
            None => return r.refuse_field("endpoints", Problem::UnknownCase),
        };
        Ok(Self { through, endpoints })
    }
}

impl Wire for Endpoint {
    type Message = proto::Endpoint;

    fn encode(&self) -> proto::Endpoint {
        proto::Endpoint {
            interface: Some(self.interface.encode()),
            object: self.object.map(|object| object.as_bytes().to_vec()),
            binding: Some(self.binding.encode()),
            annotation: self.annotation.clone(),
        }
    }

    fn decode(m: proto::Endpoint, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            interface: r.message("interface", m.interface)?,
            object: r.optional_guid("object", m.object.as_deref())?,
            binding: r.message("binding", m.binding)?,
            annotation: r.text("annotation", m.annotation, limits::ANNOTATION_BYTES)?,
        })
    }
}

impl Wire for Binding {
    type Message = proto::Binding;

    fn encode(&self) -> proto::Binding {
        proto::Binding {
            sequence: self.sequence.to_string(),
            endpoint: self.endpoint.clone(),
            host: self.host.clone(),
        }
    }

    fn decode(m: proto::Binding, r: &mut Reader) -> Result<Self, WireError> {
        let sequence = match m.sequence.parse() {
            Ok(sequence) => sequence,
            Err(error) => return r.refuse_field("sequence", Problem::Sequence(error)),
        };
        Ok(Self {
            sequence,
            endpoint: r.text("endpoint", m.endpoint, limits::TEXT_BYTES)?,
            host: r.optional_text("host", m.host, limits::TEXT_BYTES)?,
        })
    }
}

impl Wire for InterfaceId {
    type Message = proto::Interface;

    fn encode(&self) -> proto::Interface {
        proto::Interface {
            uuid: self.uuid.as_bytes().to_vec(),
            major: self.major.into(),
            minor: self.minor.into(),
        }
    }

    fn decode(m: proto::Interface, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            uuid: r.guid("uuid", &m.uuid)?,
            major: r.short("major", m.major)?,
            minor: r.short("minor", m.minor)?,
        })
    }
}

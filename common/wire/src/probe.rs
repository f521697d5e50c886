//! The look at one address, on the wire.

use epmesh_facts::{
    AddressProbe, Failure, IdentityMethod, IdentityProbe, InterfaceProbe, MapAnswer, PortProbe,
    Stage, WellKnownPort,
};
use epmesh_identity::Identity;
use epmesh_proto::v1 as proto;

use super::{
    error::{Problem, WireError},
    limits,
    reader::{Reader, Wire, WireEnum as _, address_bytes, encode_all, wire_enum},
};

wire_enum!(IdentityMethod = proto::IdentityMethod { RootDse, NtlmChallenge, LdapPing, NodeStatus });

impl Wire for AddressProbe {
    type Message = proto::AddressProbe;

    fn encode(&self) -> proto::AddressProbe {
        proto::AddressProbe {
            address: address_bytes(self.address),
            connect: Some(self.connect.encode()),
            bind: self.bind.as_ref().map(Wire::encode),
            interfaces: encode_all(&self.interfaces),
            map: self.map.as_ref().map(Wire::encode),
            map_code: self.map_code,
            map_took_ms: self.map_took_ms,
            one_entry: self.one_entry.as_ref().map(Wire::encode),
            identity: encode_all(&self.identity),
            local: self.local.map(address_bytes),
            well_known: encode_all(&self.well_known),
        }
    }

    fn decode(m: proto::AddressProbe, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            address: r.address("address", &m.address)?,
            connect: r.message("connect", m.connect)?,
            bind: r.optional("bind", m.bind)?,
            interfaces: r.cut_list("interfaces", m.interfaces, limits::INTERFACES)?,
            map: r.optional("map", m.map)?,
            map_code: m.map_code,
            map_took_ms: m.map_took_ms,
            one_entry: r.optional("one_entry", m.one_entry)?,
            identity: r.cut_list("identity", m.identity, limits::IDENTITIES)?,
            local: m.local.map(|bytes| r.address("local", &bytes)).transpose()?,
            well_known: r.cut_list("well_known", m.well_known, limits::WELL_KNOWN)?,
        })
    }
}

impl Wire for WellKnownPort {
    type Message = proto::WellKnownPort;

    fn encode(&self) -> proto::WellKnownPort {
        proto::WellKnownPort {
            port: self.port.into(),
            transport: self.transport.number(),
            stage: Some(self.stage.encode()),
        }
    }

    fn decode(m: proto::WellKnownPort, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            port: r.short("port", m.port)?,
            transport: r.known("transport", m.transport)?,
            stage: r.message("stage", m.stage)?,
        })
    }
}

impl Wire for Stage {
    type Message = proto::Stage;

    fn encode(&self) -> proto::Stage {
        proto::Stage {
            failure: self.outcome.as_ref().err().map(Wire::encode),
            took_ms: self.took_ms,
            code: self.code,
            retried: self.retried,
        }
    }

    fn decode(m: proto::Stage, r: &mut Reader) -> Result<Self, WireError> {
        let outcome = r.optional("failure", m.failure)?.map_or(Ok(()), Err);
        Ok(Self { outcome, code: m.code, took_ms: m.took_ms, retried: m.retried })
    }
}

impl Wire for InterfaceProbe {
    type Message = proto::InterfaceProbe;

    fn encode(&self) -> proto::InterfaceProbe {
        use proto::interface_probe::Answer;
        proto::InterfaceProbe {
            interface: Some(self.interface.encode()),
            answer: Some(match &self.answer {
                MapAnswer::Endpoints(list) => {
                    Answer::Endpoints(proto::BindingList { bindings: encode_all(list) })
                }
                MapAnswer::NotRegistered(status) => Answer::NotRegistered(*status),
                MapAnswer::Failed(failure) => Answer::Failure(failure.encode()),
            }),
            took_ms: self.took_ms,
            ports: encode_all(&self.ports),
            retried: self.retried,
            code: self.code,
        }
    }

    fn decode(m: proto::InterfaceProbe, r: &mut Reader) -> Result<Self, WireError> {
        use proto::interface_probe::Answer;
        Ok(Self {
            interface: r.message("interface", m.interface)?,
            answer: match m.answer {
                Some(Answer::Endpoints(list)) => decode_bindings(list, r)?,
                Some(Answer::NotRegistered(status)) => MapAnswer::NotRegistered(status),
                Some(Answer::Failure(failure)) => {
                    MapAnswer::Failed(r.message("failure", Some(failure))?)
                }
                None => return r.refuse_field("answer", Problem::UnknownCase),
            },
            took_ms: m.took_ms,
            ports: r.cut_list("ports", m.ports, limits::PORTS)?,
            retried: m.retried,
            code: m.code,
        })
    }
}

fn decode_bindings(list: proto::BindingList, r: &mut Reader) -> Result<MapAnswer, WireError> {
    let bindings = r.or_instead(Failure::local, |r| {
        r.filled_list("endpoints.bindings", list.bindings, limits::BINDINGS)
    })?;
    Ok(bindings.map_or_else(MapAnswer::Failed, MapAnswer::Endpoints))
}

impl Wire for PortProbe {
    type Message = proto::PortProbe;

    fn encode(&self) -> proto::PortProbe {
        proto::PortProbe {
            port: self.port.into(),
            connect: Some(self.connect.encode()),
            bind: self.bind.as_ref().map(Wire::encode),
            altered: self.altered,
        }
    }

    fn decode(m: proto::PortProbe, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            port: r.short("port", m.port)?,
            connect: r.message("connect", m.connect)?,
            bind: r.optional("bind", m.bind)?,
            altered: m.altered,
        })
    }
}

impl Wire for IdentityProbe {
    type Message = proto::IdentityProbe;

    fn encode(&self) -> proto::IdentityProbe {
        use proto::identity_probe::Outcome;
        proto::IdentityProbe {
            method: self.method.number(),
            outcome: Some(match &self.outcome {
                Ok(identity) => Outcome::Identity(identity.encode()),
                Err(failure) => Outcome::Failure(failure.encode()),
            }),
            took_ms: self.took_ms,
            retried: self.retried,
            code: self.code,
        }
    }

    fn decode(m: proto::IdentityProbe, r: &mut Reader) -> Result<Self, WireError> {
        use proto::identity_probe::Outcome;
        Ok(Self {
            method: r.known("method", m.method)?,
            outcome: match m.outcome {
                Some(Outcome::Identity(identity)) => Ok(r.message("identity", Some(identity))?),
                Some(Outcome::Failure(failure)) => Err(r.message("failure", Some(failure))?),
                None => return r.refuse_field("outcome", Problem::UnknownCase),
            },
            took_ms: m.took_ms,
            retried: m.retried,
            code: m.code,
        })
    }
}

impl Wire for Identity {
    type Message = proto::Identity;

    fn encode(&self) -> proto::Identity {
        proto::Identity {
            dns_name: self.dns_name.clone(),
            netbios_name: self.netbios_name.clone(),
            domain: self.domain.clone(),
            forest: self.forest.clone(),
            site: self.site.clone(),
            dsa_guid: self.dsa_guid.map(|guid| guid.as_bytes().to_vec()),
            is_domain_controller: self.is_domain_controller,
        }
    }

    fn decode(m: proto::Identity, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            dns_name: r.optional_text("dns_name", m.dns_name, limits::IDENTITY_BYTES)?,
            netbios_name: r.optional_text(
                "netbios_name",
                m.netbios_name,
                limits::IDENTITY_BYTES,
            )?,
            domain: r.optional_text("domain", m.domain, limits::IDENTITY_BYTES)?,
            forest: r.optional_text("forest", m.forest, limits::IDENTITY_BYTES)?,
            site: r.optional_text("site", m.site, limits::IDENTITY_BYTES)?,
            dsa_guid: r.optional_guid("dsa_guid", m.dsa_guid.as_deref())?,
            is_domain_controller: m.is_domain_controller,
        })
    }
}

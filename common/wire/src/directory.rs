//! A domain controller's copy of the directory on the wire.

use epmesh_facts::{Directory, FunctionalLevels, Neighbour, NtdsSettings, Replication, Timestamp};
use epmesh_proto::v1 as proto;

use super::{
    error::WireError,
    limits,
    reader::{Reader, Wire, encode_all},
    reading::reading,
};

impl Wire for Directory {
    type Message = proto::Directory;

    fn encode(&self) -> proto::Directory {
        proto::Directory {
            settings: reading(&self.settings, |list| encode_all(list)),
            settings_unread: reading(&self.settings_unread, Clone::clone),
            invocation_id: reading(&self.invocation_id, |guid| guid.as_bytes().to_vec()),
            levels: reading(&self.levels, |levels| Some(levels.encode())),
            global_catalog: reading(&self.global_catalog, |flag| *flag),
            read_only: reading(&self.read_only, |flag| *flag),
        }
    }

    fn decode(m: proto::Directory, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            settings: r.reading("settings", m.settings, |r, list| {
                r.list("value", list, limits::NTDS_SETTINGS, |r, m| Wire::decode(m, r))
            })?,
            settings_unread: r.later_reading("settings_unread", m.settings_unread, |r, list| {
                r.texts("value", list, limits::NTDS_SETTINGS)
            })?,
            invocation_id: r
                .later_reading("invocation_id", m.invocation_id, |r, m| r.guid("value", &m))?,
            levels: r.later_reading("levels", m.levels, |r, m| r.message("value", m))?,
            global_catalog: r
                .later_reading("global_catalog", m.global_catalog, |_, flag| Ok(flag))?,
            read_only: r.later_reading("read_only", m.read_only, |_, flag| Ok(flag))?,
        })
    }
}

impl Wire for FunctionalLevels {
    type Message = proto::FunctionalLevels;

    fn encode(&self) -> proto::FunctionalLevels {
        let Self { forest, domain, controller } = *self;
        proto::FunctionalLevels { forest, domain, controller }
    }

    fn decode(m: proto::FunctionalLevels, _: &mut Reader) -> Result<Self, WireError> {
        Ok(Self { forest: m.forest, domain: m.domain, controller: m.controller })
    }
}

impl Wire for NtdsSettings {
    type Message = proto::NtdsSettings;

    fn encode(&self) -> proto::NtdsSettings {
        proto::NtdsSettings {
            server: self.server.clone(),
            host: self.host.as_ref().map(ToString::to_string),
            dsa_guid: self.dsa_guid.as_bytes().to_vec(),
            site: self.site.clone(),
            created_ms: self.created.map(Timestamp::as_millis),
        }
    }

    fn decode(m: proto::NtdsSettings, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            server: r.text("server", m.server, limits::TEXT_BYTES)?,
            host: m.host.map(|text| r.name("host", &text)).transpose()?,
            dsa_guid: r.guid("dsa_guid", &m.dsa_guid)?,
            site: r.optional_text("site", m.site, limits::TEXT_BYTES)?,
            created: r.optional_moment("created_ms", m.created_ms)?,
        })
    }
}

impl Wire for Replication {
    type Message = proto::Replication;

    fn encode(&self) -> proto::Replication {
        proto::Replication { neighbours: reading(&self.neighbours, |list| encode_all(list)) }
    }

    fn decode(m: proto::Replication, r: &mut Reader) -> Result<Self, WireError> {
        let neighbours = r.reading("neighbours", m.neighbours, |r, list| {
            r.list("value", list, limits::NEIGHBOURS, |r, m| Wire::decode(m, r))
        })?;
        Ok(Self { neighbours })
    }
}

impl Wire for Neighbour {
    type Message = proto::Neighbour;

    fn encode(&self) -> proto::Neighbour {
        proto::Neighbour {
            naming_context: self.naming_context.clone(),
            source: self.source.as_bytes().to_vec(),
            last_result: self.last_result,
            last_attempt_ms: self.last_attempt.map(Timestamp::as_millis),
            last_success_ms: self.last_success.map(Timestamp::as_millis),
            failures: self.failures,
        }
    }

    fn decode(m: proto::Neighbour, r: &mut Reader) -> Result<Self, WireError> {
        let limit = limits::DISTINGUISHED_NAME_BYTES;
        Ok(Self {
            naming_context: r.text("naming_context", m.naming_context, limit)?,
            source: r.guid("source", &m.source)?,
            last_result: m.last_result,
            last_attempt: r.optional_moment("last_attempt_ms", m.last_attempt_ms)?,
            last_success: r.optional_moment("last_success_ms", m.last_success_ms)?,
            failures: m.failures,
        })
    }
}

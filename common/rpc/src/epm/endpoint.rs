//! Entries of the endpoint map and what they mean.
//!
//! Specification: [C706].
//!
//! [C706]: https://pubs.opengroup.org/onlinepubs/9629399/toc.htm

use epmesh_codec::EncodeError;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    InterfaceId,
    binding::{Binding, ProtocolSequence},
    tower::{Tower, TowerBytes},
};

/// An entry as it stands in a reply: `ept_entry_t` (C706 appendix O).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The object; nil where the endpoint serves any.
    pub object: Uuid,
    /// The tower; a null pointer is legal.
    pub tower: Option<TowerBytes>,
    /// What the server says about itself; up to 63 bytes of free text.
    pub annotation: String,
}

impl Entry {
    /// The meaning; `None` when there is no tower or it names no interface or no way to it.
    #[must_use]
    pub fn endpoint(&self) -> Option<Endpoint> {
        let tower = self.tower.as_ref()?.parse().ok()?;
        Some(Endpoint {
            interface: tower.interface()?,
            object: Some(self.object).filter(|object| !object.is_nil()),
            binding: tower.binding()?,
            annotation: self.annotation.clone(),
        })
    }
}

/// Interface, object, protocol sequence and endpoint name.
pub(super) type EndpointKey = (InterfaceId, Option<Uuid>, ProtocolSequence, String);

/// A registered endpoint: who listens where.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Endpoint {
    /// The interface served.
    pub interface: InterfaceId,
    /// The object it is served for; `None` for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<Uuid>,
    /// Where.
    pub binding: Binding,
    /// Free text of the registration; no identifier.
    #[serde(default)]
    pub annotation: String,
}

impl Endpoint {
    /// The entry that announces this endpoint.
    ///
    /// # Errors
    ///
    /// As [`Tower::new`].
    pub fn entry(&self) -> Result<Entry, EncodeError> {
        Ok(Entry {
            object: self.object.unwrap_or_default(),
            tower: Some(Tower::new(self.interface, &self.binding)?.encode()?),
            annotation: self.annotation.clone(),
        })
    }

    /// The key by which two entries are the same endpoint; host and annotation are not part of it.
    pub(super) fn key(&self) -> EndpointKey {
        let Binding { sequence, endpoint, .. } = &self.binding;
        (self.interface, self.object, sequence.clone(), endpoint.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::epm::EPMAPPER;

    #[test]
    fn an_endpoint_has_one_form_in_files_and_survives_its_entry() {
        let endpoint = Endpoint {
            interface: EPMAPPER,
            object: None,
            binding: Binding::tcp(135),
            annotation: String::new(),
        };
        let text = serde_json::to_string(&endpoint).unwrap();
        let expected = concat!(
            r#"{"interface":"e1af8308-5d1f-11c9-91a4-08002b14a0fa v3.0","#,
            r#""binding":{"sequence":"ncacn_ip_tcp","endpoint":"135","host":null},"#,
            r#""annotation":""}"#
        );
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<Endpoint>(&text).unwrap(), endpoint);
        assert_eq!(endpoint.entry().unwrap().endpoint(), Some(endpoint));
    }
}

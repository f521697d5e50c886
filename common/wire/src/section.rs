//! Sections, and what a statement is about, on the wire.

use epmesh_facts::{Section, SectionKind, StatementKey, sections};
use epmesh_proto::v1 as proto;

use super::{
    error::{Problem, WireError},
    reader::{Reader, Wire, WireEnum as _, wire_enum},
};

macro_rules! wire_sections {
    ($($(#[$_doc:meta])+ $name:ident, $field:ident, $_text:literal;)+) => {
        wire_enum!(SectionKind = proto::SectionKind { $($name,)+ });

        impl Wire for Section {
            type Message = proto::Section;

            fn encode(&self) -> proto::Section {
                use proto::section::Facts;
                proto::Section {
                    facts: Some(match self {
                        $(Self::$name(facts) => Facts::$name(facts.encode()),)+
                    }),
                }
            }

            fn decode(m: proto::Section, r: &mut Reader) -> Result<Self, WireError> {
                use proto::section::Facts;
                Ok(match m.facts {
                    $(Some(Facts::$name(facts)) => {
                        Self::$name(r.message(stringify!($field), Some(facts))?)
                    })+
                    None => return r.refuse(Problem::UnknownCase),
                })
            }
        }
    };
}

sections!(wire_sections);

impl Wire for StatementKey {
    type Message = proto::Subject;

    fn encode(&self) -> proto::Subject {
        use proto::subject::Subject as Wired;
        proto::Subject {
            subject: Some(match self {
                Self::Own(kind) => Wired::Own(kind.number()),
                Self::Peer(name) => Wired::Peer(name.to_string()),
            }),
        }
    }

    fn decode(m: proto::Subject, r: &mut Reader) -> Result<Self, WireError> {
        use proto::subject::Subject as Wired;
        Ok(match m.subject {
            Some(Wired::Own(number)) => Self::Own(r.known("own", number)?),
            Some(Wired::Peer(text)) => Self::Peer(r.name("peer", &text)?),
            None => return r.refuse(Problem::UnknownCase),
        })
    }
}

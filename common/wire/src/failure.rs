//! Why a stage gave no result, on the wire.

use epmesh_facts::{Failure, Reason, ReasonKind};
use epmesh_proto::v1 as proto;
use proto::{Nothing, failure::Failure as Wired};

use super::{
    error::{Problem, WireError},
    limits,
    reader::{Reader, Wire},
};

impl Wire for Failure {
    type Message = proto::Failure;

    fn encode(&self) -> proto::Failure {
        let (local_kind, local_code) = match self {
            Self::Local(why) => why.kind.parts(),
            _ => ReasonKind::Other.parts(),
        };
        proto::Failure {
            local_kind: local_kind.to_owned(),
            local_code,
            failure: Some(match self {
                Self::Refused => Wired::Refused(Nothing {}),
                Self::TimedOut => Wired::TimedOut(Nothing {}),
                Self::Unfinished => Wired::Unfinished(Nothing {}),
                Self::Reset => Wired::Reset(Nothing {}),
                Self::Unreachable(code) => Wired::Unreachable(*code),
                Self::Protocol(what) => Wired::Protocol(what.clone()),
                Self::AccessDenied(code) => Wired::AccessDenied(*code),
                Self::Fault(code) => Wired::Fault(*code),
                Self::BindRejected { result, reason } => {
                    Wired::BindRejected(proto::BindRejection {
                        result: (*result).into(),
                        reason: (*reason).into(),
                    })
                }
                Self::BindNak(reason) => Wired::BindNak((*reason).into()),
                Self::Status(code) => Wired::Status(*code),
                Self::Local(why) => Wired::Local(why.words.clone()),
            }),
        }
    }

    fn decode(m: proto::Failure, r: &mut Reader) -> Result<Self, WireError> {
        Ok(match m.failure {
            Some(Wired::Refused(Nothing {})) => Self::Refused,
            Some(Wired::TimedOut(Nothing {})) => Self::TimedOut,
            Some(Wired::Unfinished(Nothing {})) => Self::Unfinished,
            Some(Wired::Reset(Nothing {})) => Self::Reset,
            Some(Wired::Unreachable(code)) => Self::Unreachable(code),
            Some(Wired::Protocol(what)) => {
                Self::Protocol(r.text("protocol", what, limits::REASON_BYTES)?)
            }
            Some(Wired::AccessDenied(code)) => Self::AccessDenied(code),
            Some(Wired::Fault(code)) => Self::Fault(code),
            Some(Wired::BindRejected(rejection)) => r.inside("bind_rejected", |r| {
                Ok(Self::BindRejected {
                    result: r.short("result", rejection.result)?,
                    reason: r.short("reason", rejection.reason)?,
                })
            })?,
            Some(Wired::BindNak(reason)) => Self::BindNak(r.short("bind_nak", reason)?),
            Some(Wired::Status(code)) => Self::Status(code),
            Some(Wired::Local(words)) => Self::Local(Reason::of_kind(
                ReasonKind::of_parts(&m.local_kind, m.local_code),
                r.text("local", words, limits::REASON_BYTES)?,
            )),
            None => return r.refuse(Problem::UnknownCase),
        })
    }
}

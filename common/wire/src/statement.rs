//! Statements and reports on the wire.

use epmesh_facts::{Body, Digest, Report, Section, Statement, StatementKey};
use epmesh_proto::v1 as proto;

use super::{
    convert::OnWire as _,
    error::{Problem, WireError},
    limits,
    reader::{Reader, Wire, encode_all},
};

/// A report as it came: what of it can be used, and what was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The report with the statements that hold.
    pub report: Report,
    /// The statements that were refused, in their order.
    pub refused: Vec<Refused>,
}

/// A statement that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What it was about, as far as that could be read.
    pub subject: Option<StatementKey>,
    /// What the sender calls its body; `None` where it came without one.
    pub stated: Option<Digest>,
    /// Why.
    pub error: WireError,
}

impl TryFrom<proto::Report> for Received {
    type Error = WireError;

    /// Notes are made plain and cut to their bounds; they are words and decide nothing.
    ///
    /// # Errors
    /// When the report itself is unusable: a time past the year 9999 or too many statements.
    fn try_from(m: proto::Report) -> Result<Self, WireError> {
        let mut r = Reader::strict();
        let at = r.moment("at_ms", m.at_ms)?;
        let mut refused = Vec::new();
        let statements =
            r.list("statements", m.statements, limits::STATEMENTS, |r, statement| {
                let subject = statement.subject.clone();
                let stated = <[u8; 16]>::try_from(statement.digest.as_slice()).map(Digest).ok();
                let stated = stated.filter(|_| statement.body.is_some());
                Ok(Statement::decode(statement, r).map_err(|error| {
                    let subject = subject.and_then(|subject| StatementKey::from_wire(subject).ok());
                    refused.push(Refused { subject, stated, error });
                }))
            })?;
        let notes = m.notes.into_iter().take(limits::NOTES);
        let notes = notes.map(|note| Reader::cutting().plain_text(note, limits::TEXT_BYTES));
        let report = Report {
            sequence: m.sequence,
            at,
            statements: statements.into_iter().flatten().collect(),
            dropped: m.dropped,
            notes: notes.collect::<Result<_, _>>()?,
        };
        Ok(Self { report, refused })
    }
}

/// A report, to the wire; [`Received`] is what a receiver makes of it.
#[must_use]
pub fn report(report: &Report) -> proto::Report {
    proto::Report { statements: encode_all(&report.statements), ..head(report) }
}

/// A report without its statements.
pub(super) fn head(report: &Report) -> proto::Report {
    proto::Report {
        sequence: report.sequence,
        at_ms: report.at.as_millis(),
        dropped: report.dropped,
        notes: report.notes.clone(),
        ..proto::Report::default()
    }
}

impl Wire for Statement {
    type Message = proto::Statement;

    fn encode(&self) -> proto::Statement {
        use proto::statement::Body as Wired;
        proto::Statement {
            subject: Some(self.subject.encode()),
            at_ms: self.at.as_millis(),
            digest: self.digest.0.to_vec(),
            body: self.body.as_ref().map(|body| match body {
                Body::Own(section) => Wired::Own(section.encode()),
                Body::Peer(observation) => Wired::Peer(observation.encode()),
            }),
            handle: 0,
        }
    }

    fn decode(m: proto::Statement, r: &mut Reader) -> Result<Self, WireError> {
        use proto::statement::Body as Wired;
        let subject: StatementKey = r.message("subject", m.subject)?;
        let at = r.moment("at_ms", m.at_ms)?;
        let stated = digest(&m.digest, r)?;
        let body = match m.body {
            Some(Wired::Own(section)) => {
                let section: Section = r.message("own", Some(section))?;
                Some(Body::Own(Box::new(section)))
            }
            Some(Wired::Peer(observation)) => {
                Some(Body::Peer(r.message("peer", Some(observation))?))
            }
            None => None,
        };
        if let Some(body) = &body {
            let found = body.subject();
            if found != subject {
                let (stated, found) = (Box::new(subject), Box::new(found));
                return r.refuse_field("subject", Problem::Subject { stated, found });
            }
        }
        // What is held is known by the digest of what was understood, so that a receiver of a later
        // version, which would understand more, asks for it. What the sender calls it is kept beside
        // it: one of another version goes on to say "still so" of that.
        let digest = body.as_ref().map_or(stated, Body::digest);
        let stated = (digest != stated).then_some(stated);
        Ok(Self { subject, at, digest, body, stated })
    }
}

/// A digest that a coordinator holds of an agent, to the wire.
#[must_use]
pub fn held(subject: &StatementKey, digest: Digest) -> proto::Held {
    proto::Held { subject: Some(subject.encode()), digest: digest.0.to_vec() }
}

/// A digest that a coordinator holds of an agent, from the wire.
///
/// # Errors
/// When it is not a subject that this version knows with a digest of 16 bytes.
pub fn held_from(m: proto::Held) -> Result<(StatementKey, Digest), WireError> {
    let mut r = Reader::strict();
    Ok((r.message("subject", m.subject)?, digest(&m.digest, &mut r)?))
}

fn digest(bytes: &[u8], r: &mut Reader) -> Result<Digest, WireError> {
    <[u8; 16]>::try_from(bytes).map(Digest).or_else(|_| {
        let problem = Problem::WrongLength { found: bytes.len(), expected: "16" };
        r.refuse_field("digest", problem)
    })
}

//! Identities: the certificate authority, join tokens, enrolment.
//!
//! An agent enrols once: it makes a key, sends a certificate signing request with a join token,
//! and gets a certificate that says which DC it speaks for. Everything in the request but the
//! public key is ignored. From then on the certificate is its name ([`PeerIdentity`]), and the
//! enrolment in the store says whether that is still so ([`Registry::admits`]).
//!
//! Time is always an argument, in milliseconds since the Unix epoch.

mod authority;
mod digest;
mod enrolment;
mod identity;
mod name;
mod registry;
mod request;
mod token;

pub use self::authority::{
    AGENT_VALIDITY, Authority, AuthorityError, Issued, KeyedCertificate, days,
};
pub use self::enrolment::{Enrolment, Refused, RegistryError};
pub use self::identity::{IdentityError, PeerCertificate, PeerIdentity};
pub use self::name::{InvalidName, check_name};
pub use self::registry::Registry;
pub use self::request::{RequestError, SigningRequest};
pub use self::token::{InvalidToken, JoinToken, Restriction, TokenRecord, TokenUse};

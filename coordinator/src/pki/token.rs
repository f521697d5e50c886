//! Join tokens.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::digest::sha256_hex;
use super::name::{InvalidName, check_name};
use crate::store::record::Record;

/// How a token begins: what it is, and its version.
const PREFIX: &str = "epm1";

/// Bytes of a secret.
const SECRET: usize = 16;

/// The token that an operator hands to an agent for its enrolment: a secret that the coordinator recognises,
/// and the fingerprint by which the agent recognises the coordinator.
///
/// Written as `epm1.SECRET.FINGERPRINT`, the secret in URL-safe base64 without padding, the
/// fingerprint (see [`super::Authority::fingerprint`]) in hex. The secret exists only here: the
/// store has its SHA-256. It does not appear in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinToken {
    secret: [u8; SECRET],
    fingerprint: String,
}

/// Why a text is no token. Does not repeat the text: it may be a token with a typing error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// The text does not have three parts of which the first is `epm1`.
    #[error("not a join token: it must read {PREFIX}.SECRET.FINGERPRINT")]
    Form,
    /// The secret is not 16 bytes in base64.
    #[error("not a join token: its second part is damaged")]
    Secret,
    /// The fingerprint is not 64 hex digits.
    #[error("not a join token: its third part is not a SHA-256 in hex")]
    Fingerprint,
}

impl JoinToken {
    /// A token with a new secret.
    #[must_use]
    pub fn generate(fingerprint: &str) -> Self {
        Self { secret: rand::random(), fingerprint: fingerprint.to_owned() }
    }

    /// The fingerprint of the authority whose coordinator takes the token.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The token's public name: the first 16 hex digits of the secret's SHA-256.
    #[must_use]
    pub fn id(&self) -> String {
        self.secret_sha256().chars().take(16).collect()
    }

    pub(super) fn secret_sha256(&self) -> String {
        sha256_hex(&self.secret)
    }
}

impl fmt::Display for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}.{}.{}", URL_SAFE_NO_PAD.encode(self.secret), self.fingerprint)
    }
}

impl fmt::Debug for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinToken({})", self.id())
    }
}

impl FromStr for JoinToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let mut parts = text.trim().split('.');
        let (Some(PREFIX), Some(secret), Some(fingerprint), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidToken::Form);
        };
        let secret = URL_SAFE_NO_PAD.decode(secret).map_err(|_| InvalidToken::Secret)?;
        let secret = secret.try_into().map_err(|_| InvalidToken::Secret)?;
        let is_hex = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if fingerprint.len() != 64 || !fingerprint.bytes().all(is_hex) {
            return Err(InvalidToken::Fingerprint);
        }
        Ok(Self { secret, fingerprint: fingerprint.to_owned() })
    }
}

/// The domain controllers that a token lets in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restriction {
    /// One DC, once.
    Dc {
        /// Its fully qualified name.
        name: String,
    },
    /// DCs of one DNS domain (not of its child domains), each counting as one.
    Domain {
        /// The domain.
        domain: String,
        /// How many it lets in.
        count: u32,
    },
}

impl Restriction {
    /// Checks the names in it.
    ///
    /// # Errors
    ///
    /// [`InvalidName`] when one is none.
    pub fn check(&self) -> Result<(), InvalidName> {
        match self {
            Self::Dc { name } => check_name(name),
            Self::Domain { domain, .. } => check_name(domain),
        }
    }

    /// The number of enrolments that a new token is good for.
    #[must_use]
    pub fn count(&self) -> u32 {
        match self {
            Self::Dc { .. } => 1,
            Self::Domain { count, .. } => *count,
        }
    }
}

/// A token as it is stored, under its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// See [`JoinToken::id`].
    pub id: String,
    /// SHA-256 of the secret, in hex.
    pub secret_sha256: String,
    /// The domain controllers that it lets in.
    pub restriction: Restriction,
    /// How many more times.
    pub remaining: u32,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at: u64,
    /// From when on it is refused, in milliseconds since the Unix epoch.
    pub expires_at: u64,
}

impl Record for TokenRecord {
    const VERSION: u32 = 1;
}

impl TokenRecord {
    /// Whether this is the record of `token`. Takes the same time wherever they differ.
    pub(super) fn is_of(&self, token: &JoinToken) -> bool {
        let presented = token.secret_sha256();
        let difference = presented
            .bytes()
            .zip(self.secret_sha256.bytes())
            .fold(0, |difference, (one, other)| difference | (one ^ other));
        presented.len() == self.secret_sha256.len() && difference == 0
    }
}

/// A use of a token: stored beneath the token, under the name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUse {
    /// The DC that was let in.
    pub name: String,
    /// When, in milliseconds since the Unix epoch.
    pub at: u64,
}

impl Record for TokenUse {
    const VERSION: u32 = 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_its_secret_is_not_shown() {
        let token = JoinToken::generate(&"0a".repeat(32));
        let text = token.to_string();
        assert_eq!(format!(" {text}\n").parse(), Ok(token.clone()));
        assert_eq!(format!("{token:?}"), format!("JoinToken({})", token.id()));
        assert_eq!(text.len(), "epm1..".len() + 22 + 64);
        assert_ne!(JoinToken::generate("").id(), JoinToken::generate("").id());
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let secret = URL_SAFE_NO_PAD.encode([7; SECRET]);
        let hex = "0a".repeat(32);
        for (text, expected) in [
            (String::new(), InvalidToken::Form),
            (format!("epm2.{secret}.{hex}"), InvalidToken::Form),
            (format!("epm1.{secret}"), InvalidToken::Form),
            (format!("epm1.{secret}.{hex}.x"), InvalidToken::Form),
            (format!("epm1.{secret}AA.{hex}"), InvalidToken::Secret),
            (format!("epm1..{hex}"), InvalidToken::Secret),
            (format!("epm1.{secret}.{hex}0"), InvalidToken::Fingerprint),
            (format!("epm1.{secret}.{}", hex.replace('a', "g")), InvalidToken::Fingerprint),
        ] {
            assert_eq!(text.parse::<JoinToken>(), Err(expected), "{text}");
        }
    }
}

//! Receivers of alerts and their secrets.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Url;
use thiserror::Error;

/// A receiver of alerts.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// Its name in the configuration, the log and `epmesh alerts list`.
    pub name: String,
    /// Where events are posted: `https`, or `http` on a network that the owner trusts.
    pub url: Url,
    /// What events to it are signed with.
    pub secret: Secret,
}

impl Receiver {
    /// A receiver out of its configuration.
    ///
    /// # Errors
    /// When the name, the URL or the secret is not usable; the secret is never part of the error.
    pub fn new(name: &str, url: &str, secret: &str) -> Result<Self, ReceiverError> {
        Ok(Self { name: Self::name(name)?, url: Self::url(url)?, secret: Secret::parse(secret)? })
    }

    /// A name that can stand in keys, logs and lists.
    ///
    /// # Errors
    /// When it is none.
    pub fn name(text: &str) -> Result<String, ReceiverError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if text.is_empty() || text.len() > 64 || !text.chars().all(plain) {
            return Err(ReceiverError::Name);
        }
        Ok(text.to_owned())
    }

    /// A URL that events can be posted to.
    ///
    /// # Errors
    /// When it is none.
    pub fn url(text: &str) -> Result<Url, ReceiverError> {
        let url = Url::parse(text).map_err(|error| ReceiverError::Url(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(ReceiverError::Url("it needs http:// or https:// and a host".to_owned()));
        }
        Ok(url)
    }
}

/// Why a receiver's configuration is not usable.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReceiverError {
    /// The name.
    #[error("a receiver's name is 1 to 64 letters, digits, dots, dashes and underscores")]
    Name,
    /// The URL.
    #[error("not a webhook URL: {0}")]
    Url(String),
    /// The secret.
    #[error("a secret is whsec_ and 24 to 64 bytes in base64 (Standard Webhooks)")]
    Secret,
}

/// A signing secret by the Standard Webhooks convention: `whsec_` and 24 to 64 bytes in base64.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The secret that `text` writes.
    ///
    /// # Errors
    /// When it writes none.
    pub fn parse(text: &str) -> Result<Self, ReceiverError> {
        let encoded = text.strip_prefix("whsec_").ok_or(ReceiverError::Secret)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| ReceiverError::Secret)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(ReceiverError::Secret) }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn takes_what_the_convention_says_and_nothing_else() {
        assert!(Receiver::new("ops", "https://alerts.example/hook", SECRET).is_ok());
        assert_eq!(
            Receiver::new("", "https://alerts.example/", SECRET).err(),
            Some(ReceiverError::Name)
        );
        for url in ["alerts.example", "ftp://alerts.example/", "https://"] {
            assert!(
                matches!(Receiver::new("ops", url, SECRET), Err(ReceiverError::Url(_))),
                "{url}"
            );
        }
        for secret in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            let error = Receiver::new("ops", "https://alerts.example/", secret).err();
            assert_eq!(error, Some(ReceiverError::Secret));
        }
    }

    #[test]
    fn a_secret_does_not_print() {
        let receiver = Receiver::new("ops", "https://alerts.example/", SECRET).expect("valid");
        assert!(!format!("{receiver:?}").contains("MfKQ"));
    }
}

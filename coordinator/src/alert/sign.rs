//! Signatures by the Standard Webhooks convention.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Secret;

/// The value of the `webhook-signature` header: `v1,` and the base64 of HMAC-SHA-256 over
/// `ID.TIMESTAMP.BODY`, the timestamp in seconds since the Unix epoch.
///
/// `None` never happens: HMAC takes a key of any length; the type does not say so.
pub(super) fn sign(secret: &Secret, id: &str, timestamp: u64, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.bytes()).ok()?;
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

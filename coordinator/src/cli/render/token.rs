//! `epmesh token create`.

use crate::query::NewToken;

/// A new token and what to do with it.
#[must_use]
pub(crate) fn token(token: &NewToken) -> String {
    format!(
        "{}\n\nfor          {}\nuntil        {}\nauthority    {}\n\nIt is shown this once. On the domain controller:\n  epmesh-agent enroll --coordinator https://THIS-HOST:7353 --token TOKEN\n",
        token.token, token.scope, token.expires_at, token.ca_fingerprint
    )
}

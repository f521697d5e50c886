//! Reads over Samba's privileged `ldapi` socket: Samba takes every process that may open it for the
//! system.

use std::path::Path;

use ldap3::{
    Ldap, LdapConnAsync, LdapError, Scope, SearchEntry,
    adapters::{Adapter, EntriesOnly, PagedResults},
};
use tokio::time::timeout;
use tonic::async_trait;

use crate::platform::directory::{
    Ask, DirectoryError, Entry,
    ask::{ANSWER, MAX_ENTRIES},
};

/// Entries asked for at once.
const PAGE: i32 = 500;

/// An open connection to the directory.
pub struct Connection {
    ldap: Ldap,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Connection {
    /// Opens the Unix socket `socket`.
    ///
    /// # Errors
    /// When it cannot be opened in time.
    pub async fn open(socket: &Path) -> Result<Self, DirectoryError> {
        let path = socket.display().to_string();
        let (driver, ldap) = timeout(ANSWER, LdapConnAsync::new(&url(&path)))
            .await
            .map_err(|_| DirectoryError::Silent { what: path.clone() })?
            .map_err(|source| DirectoryError::Open {
                at: format!("the directory's socket {path}"),
                // Why a socket did not open is for the system to say, without the library's words.
                source: match source {
                    LdapError::Io { source } => Box::new(source),
                    other => Box::new(other),
                },
            })?;
        // Ends by itself when the last handle is dropped.
        tokio::spawn(async move {
            if let Err(error) = driver.drive().await {
                tracing::debug!(%error, "connection to the directory ended");
            }
        });
        Ok(Self { ldap })
    }

    async fn search(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
        what: &str,
    ) -> Result<Vec<Entry>, DirectoryError> {
        let silent = |_| DirectoryError::Silent { what: what.to_owned() };
        let refused =
            |source| DirectoryError::Refused { what: what.to_owned(), source: Box::new(source) };
        let attributes: Vec<String> = attributes.iter().map(|&name| name.to_owned()).collect();
        let mut adapters: Vec<Box<dyn Adapter<'_, String, Vec<String>>>> =
            vec![Box::new(EntriesOnly::new())];
        if scope != Scope::Base {
            adapters.push(Box::new(PagedResults::new(PAGE)));
        }
        let start = self.ldap.streaming_search_with(adapters, base, scope, filter, attributes);
        let mut stream = timeout(ANSWER, start).await.map_err(silent)?.map_err(refused)?;
        let mut found = Vec::new();
        while let Some(raw) =
            timeout(ANSWER, stream.next()).await.map_err(silent)?.map_err(refused)?
        {
            if found.len() >= MAX_ENTRIES {
                return Err(DirectoryError::TooMany { what: what.to_owned() });
            }
            found.push(entry(SearchEntry::construct(raw)));
        }
        stream.finish().await.success().map_err(refused)?;
        Ok(found)
    }
}

#[async_trait]
impl Ask for Connection {
    async fn object(&mut self, dn: &str, attributes: &[&str]) -> Result<Entry, DirectoryError> {
        let what = if dn.is_empty() { "the rootDSE" } else { dn };
        let mut all = self.search(dn, Scope::Base, "(objectClass=*)", attributes, what).await?;
        all.pop().ok_or_else(|| DirectoryError::Missing { what: what.to_owned() })
    }

    async fn below(
        &mut self,
        base: &str,
        filter: &str,
        attributes: &[&str],
    ) -> Result<Vec<Entry>, DirectoryError> {
        self.search(base, Scope::Subtree, filter, attributes, filter).await
    }
}

/// What the library made of an object. It sorts values by whether they happen to be UTF-8, and that
/// can happen to a binary one: both places are looked at.
fn entry(from: SearchEntry) -> Entry {
    let mut entry = Entry::new(from.dn);
    for (attribute, values) in from.bin_attrs {
        entry.add(&attribute, values);
    }
    for (attribute, values) in from.attrs {
        entry.add(&attribute, values.into_iter().map(String::into_bytes));
    }
    entry
}

/// The URL of a Unix socket: its path, percent-encoded, in the place of the host.
fn url(path: &str) -> String {
    use std::fmt::Write as _;
    let mut url = String::from("ldapi://");
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            url.push(char::from(byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
    url
}

/// Runs `read` apart, so that an answer on which the LDAP library panics is one that could not be
/// read, and nothing worse.
///
/// # Errors
/// Those of `read`, and [`DirectoryError::Malformed`].
pub async fn apart<T: Send + 'static>(
    read: impl Future<Output = Result<T, DirectoryError>> + Send + 'static,
) -> Result<T, DirectoryError> {
    tokio_util::task::AbortOnDropHandle::new(tokio::spawn(read))
        .await
        .unwrap_or(Err(DirectoryError::Malformed))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use epmesh_facts::Reading;

    use super::{super::super::directory::ask::reading, *};

    #[test]
    fn finds_binary_values_wherever_the_library_puts_them() {
        let entry = entry(SearchEntry {
            dn: String::new(),
            attrs: HashMap::from([("objectGUID".to_owned(), vec!["abcdefghijklmnop".to_owned()])]),
            bin_attrs: HashMap::from([("repsfrom".to_owned(), vec![vec![0xff, 1]])]),
        });
        assert_eq!(entry.binary("objectguid").next(), Some(&b"abcdefghijklmnop"[..]));
        assert_eq!(entry.binary("repsFrom").next(), Some(&[0xff, 1][..]));
        assert_eq!(entry.text("repsFrom"), None);
    }

    #[test]
    fn a_path_becomes_a_url() {
        assert_eq!(url("/var/lib/x y/ldapi"), "ldapi://%2Fvar%2Flib%2Fx%20y%2Fldapi");
    }

    #[tokio::test]
    async fn no_socket_is_an_error_with_its_path() {
        let error = Connection::open(Path::new("/nonexistent/ldapi")).await.expect_err("no socket");
        let Reading::<()>::Unreadable(text) = reading(Err(error)) else { panic!("no reason") };
        assert!(text.contains("/nonexistent/ldapi"), "{text}");
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_that_could_not_be_read() {
        let outcome: Result<(), _> = apart(async { panic!("as the library does") }).await;
        assert!(matches!(outcome, Err(DirectoryError::Malformed)));
    }
}

//! Reads over Samba's privileged `ldapi` socket, which takes whoever may open it for the system.

use std::{path::Path, time::Duration};

use epmesh_common::facts::Reading;
use ldap3::{
    Ldap, LdapConnAsync, LdapError, Scope, SearchEntry,
    adapters::{Adapter, EntriesOnly, PagedResults},
};
use thiserror::Error;
use tokio::time::timeout;

/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(5);

/// Entries asked for at once.
const PAGE: i32 = 500;

/// The most entries that are taken of one search.
pub const MAX_ENTRIES: usize = 20_000;

/// A read of the directory failed.
#[derive(Debug, Error)]
pub enum DirectoryError {
    /// The socket could not be opened.
    #[error("could not open the directory's socket {socket}")]
    Open {
        /// The path of the socket.
        socket: String,
        /// Why.
        #[source]
        source: Box<LdapError>,
    },
    /// The same, where the operating system said why.
    #[error("could not open the directory's socket {socket}")]
    Socket {
        /// The path of the socket.
        socket: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It did not answer.
    #[error("the directory did not answer within {} s: {what}", ANSWER.as_secs())]
    Silent {
        /// What was asked.
        what: String,
    },
    /// It answered with an error.
    #[error("the directory refused {what}")]
    Refused {
        /// What was asked.
        what: String,
        /// The LDAP error.
        #[source]
        source: Box<LdapError>,
    },
    /// There are too many entries.
    #[error("the directory has more than {MAX_ENTRIES} entries for {what}")]
    TooMany {
        /// What was asked.
        what: String,
    },
    /// Something that every domain controller has is missing.
    #[error("the directory has no {what}")]
    Missing {
        /// What is missing.
        what: String,
    },
    /// A replication neighbour could not be decoded.
    #[error("a value of repsFrom of {context} could not be decoded")]
    RepsFrom {
        /// The naming context.
        context: String,
        /// What is wrong with it.
        #[source]
        source: super::repsfrom::RepsFromError,
    },
    /// The LDAP library gave up on an answer.
    #[error("an answer of the directory could not be read")]
    Malformed,
}

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
            .map_err(|source| match source {
                LdapError::Io { source } => DirectoryError::Socket { socket: path, source },
                other => DirectoryError::Open { socket: path, source: Box::new(other) },
            })?;
        // Ends by itself when the last handle is dropped.
        tokio::spawn(async move {
            if let Err(error) = driver.drive().await {
                tracing::debug!(%error, "connection to the directory ended");
            }
        });
        Ok(Self { ldap })
    }

    /// The attributes of one object; the rootDSE has an empty name.
    ///
    /// # Errors
    /// When it is not there or cannot be read.
    pub async fn object(&mut self, dn: &str, attributes: &[&str]) -> Result<Entry, DirectoryError> {
        let what = if dn.is_empty() { "the rootDSE" } else { dn };
        let mut all = self.search(dn, Scope::Base, "(objectClass=*)", attributes, what).await?;
        all.pop().ok_or_else(|| DirectoryError::Missing { what: what.to_owned() })
    }

    /// All objects below `base` that match `filter`, in pages.
    ///
    /// # Errors
    /// When they cannot be read or are more than [`MAX_ENTRIES`].
    pub async fn below(
        &mut self,
        base: &str,
        filter: &str,
        attributes: &[&str],
    ) -> Result<Vec<Entry>, DirectoryError> {
        self.search(base, Scope::Subtree, filter, attributes, filter).await
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
        while let Some(entry) =
            timeout(ANSWER, stream.next()).await.map_err(silent)?.map_err(refused)?
        {
            if found.len() >= MAX_ENTRIES {
                return Err(DirectoryError::TooMany { what: what.to_owned() });
            }
            found.push(Entry(SearchEntry::construct(entry)));
        }
        stream.finish().await.success().map_err(refused)?;
        Ok(found)
    }
}

/// One object of an answer.
#[derive(Debug)]
pub struct Entry(SearchEntry);

impl Entry {
    /// Its distinguished name.
    #[must_use]
    pub fn dn(&self) -> &str {
        &self.0.dn
    }

    /// The first value of an attribute, as text.
    #[must_use]
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.texts(attribute).next()
    }

    /// All values of an attribute that are text.
    pub fn texts(&self, attribute: &str) -> impl Iterator<Item = &str> {
        named(&self.0.attrs, attribute).into_iter().flatten().map(String::as_str)
    }

    /// All values of a binary attribute. The library sorts values by whether they happen to be
    /// UTF-8, and it can happen to a binary one: both places are looked at.
    pub fn binary(&self, attribute: &str) -> impl Iterator<Item = &[u8]> {
        let binary = named(&self.0.bin_attrs, attribute).into_iter().flatten().map(Vec::as_slice);
        binary.chain(self.texts(attribute).map(str::as_bytes))
    }
}

/// Attribute names are equal without regard to case.
fn named<'a, T>(map: &'a std::collections::HashMap<String, T>, name: &str) -> Option<&'a T> {
    map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, values)| values)
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

/// A failed read as an answer.
#[must_use]
pub fn reading<T>(result: Result<T, DirectoryError>) -> Reading<T> {
    match result {
        Ok(value) => Reading::Value(value),
        Err(error) => Reading::unreadable(&error),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn finds_binary_values_wherever_the_library_puts_them() {
        let entry = Entry(SearchEntry {
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

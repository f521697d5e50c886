//! The way to this host's own directory, and the connections to it that are kept.
//!
//! To log on at "localhost" costs a failing request for a Kerberos ticket, since no service principal name says so, and an
//! NTLM logon. So the host's own full name goes first, where it leads to this host; a connection is kept between reads.

use std::sync::{Mutex, PoisonError};

use crate::platform::directory::{Ask, DirectoryError};

/// The most connections that are kept: one for each section that is read from the directory.
const MAX: usize = 3;

/// How this host's directory is connected to.
pub trait Directories {
    /// A connection.
    type Connection: Ask;

    /// The full name of this host; empty where it has none.
    fn own_name(&self) -> String;

    /// Whether the name leads to an address of this host. A hosts file can send it elsewhere.
    fn leads_here(&self, name: &str) -> bool;

    /// Connects to a host and logs on as this process.
    ///
    /// # Errors
    /// When one of the two fails.
    fn connect(&self, host: &str) -> Result<Self::Connection, DirectoryError>;
}

/// The connections to this host's own directory that are not in use.
#[derive(Debug)]
pub struct Connections<C>(Mutex<Vec<C>>);

impl<C> Default for Connections<C> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<C: Ask> Connections<C> {
    /// Reads over a connection that was kept, where one still answers as this host, else over a new one. It is kept
    /// unless the read failed.
    ///
    /// # Errors
    /// When there is no connection, and what `read` says.
    pub async fn with<T>(
        &self,
        host: &impl Directories<Connection = C>,
        read: impl AsyncFnOnce(&mut C) -> Result<T, DirectoryError>,
    ) -> Result<T, DirectoryError> {
        let own = host.own_name();
        let mut connection = match self.kept(&own).await {
            Some(connection) => connection,
            None => open(host, &own).await?,
        };
        let told = read(&mut connection).await?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MAX {
            kept.push(connection);
        }
        Ok(told)
    }

    /// A kept connection that still answers: a domain controller ends those that are idle, or whose ticket has run
    /// out.
    async fn kept(&self, own: &str) -> Option<C> {
        loop {
            let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = taken?;
            if is_own(&mut connection, own).await.is_ok() {
                return Some(connection);
            }
        }
    }
}

/// A new connection: by the own name, which Kerberos needs, else over loopback, where no name has to be right.
async fn open<D: Directories>(host: &D, own: &str) -> Result<D::Connection, DirectoryError> {
    let by_name = (!own.is_empty() && host.leads_here(own)).then_some(own);
    let mut failed = None;
    for at in by_name.into_iter().chain(["localhost"]) {
        let opened = match host.connect(at) {
            Ok(mut connection) => is_own(&mut connection, own).await.map(|()| connection),
            Err(error) => Err(error),
        };
        match opened {
            Ok(connection) => return Ok(connection),
            // The first error is the one to tell: it is of the way that is meant to work.
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    Err(failed.unwrap_or_else(|| DirectoryError::Missing { what: "way to it".to_owned() }))
}

/// Whether the directory at the other end is that of this host.
async fn is_own(connection: &mut impl Ask, own: &str) -> Result<(), DirectoryError> {
    let root = connection.object("", &["dnsHostName"]).await?;
    match root.text("dnsHostName") {
        Some(name) if name.eq_ignore_ascii_case(own) => Ok(()),
        other => Err(DirectoryError::Missing {
            what: format!(
                "{own}: {} answered in its place",
                other.map_or_else(|| "a directory without a name".to_owned(), str::to_owned)
            ),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::RefCell,
        rc::Rc,
        sync::Arc,
        sync::atomic::{AtomicBool, Ordering},
    };

    use tonic::async_trait;

    use super::*;
    use crate::platform::directory::Entry;

    /// A connection to a directory of this name, until it is cut.
    struct Made {
        name: &'static str,
        cut: Arc<AtomicBool>,
    }

    #[async_trait]
    impl Ask for Made {
        async fn object(&mut self, what: &str, _: &[&str]) -> Result<Entry, DirectoryError> {
            if self.cut.load(Ordering::Relaxed) {
                return Err(DirectoryError::Silent { what: what.to_owned() });
            }
            let mut entry = Entry::new(String::new());
            entry.add("dnsHostName", [self.name.as_bytes().to_vec()]);
            Ok(entry)
        }

        async fn below(
            &mut self,
            _: &str,
            _: &str,
            _: &[&str],
        ) -> Result<Vec<Entry>, DirectoryError> {
            Ok(Vec::new())
        }
    }

    /// A host, and the connections that were made on it.
    struct Host {
        leads_here: bool,
        refuses: &'static str,
        answers: &'static str,
        cut: Arc<AtomicBool>,
        made: Rc<RefCell<Vec<String>>>,
    }

    fn host() -> Host {
        Host {
            leads_here: true,
            refuses: "",
            answers: "DC1.lab.test",
            cut: Arc::default(),
            made: Rc::default(),
        }
    }

    impl Directories for Host {
        type Connection = Made;

        fn own_name(&self) -> String {
            "dc1.lab.test".to_owned()
        }

        fn leads_here(&self, name: &str) -> bool {
            assert_eq!(name, "dc1.lab.test");
            self.leads_here
        }

        fn connect(&self, host: &str) -> Result<Made, DirectoryError> {
            self.made.borrow_mut().push(host.to_owned());
            if self.refuses == host {
                return Err(DirectoryError::Silent { what: host.to_owned() });
            }
            Ok(Made { name: self.answers, cut: Arc::clone(&self.cut) })
        }
    }

    async fn read(kept: &Connections<Made>, host: &Host) -> Result<(), DirectoryError> {
        kept.with(host, async |_| Ok(())).await
    }

    #[tokio::test]
    async fn its_own_name_goes_first_and_the_connection_is_kept() {
        let (kept, host) = (Connections::default(), host());
        for _ in 0..3 {
            assert!(read(&kept, &host).await.is_ok());
        }
        assert_eq!(*host.made.borrow(), ["dc1.lab.test"]);
        // The domain controller ended it.
        kept.0.lock().expect("nobody panicked").iter_mut().for_each(|one| one.name = "another");
        assert!(read(&kept, &host).await.is_ok());
        assert_eq!(*host.made.borrow(), ["dc1.lab.test", "dc1.lab.test"]);
        // A read that failed keeps nothing.
        let fails =
            async |_: &mut Made| Err::<(), _>(DirectoryError::Missing { what: "it".into() });
        assert!(kept.with(&host, fails).await.is_err());
        assert!(kept.0.lock().expect("nobody panicked").is_empty());
    }

    #[tokio::test]
    async fn loopback_is_left_where_the_name_leads_elsewhere_or_is_refused() {
        let elsewhere = Host { leads_here: false, ..host() };
        assert!(read(&Connections::default(), &elsewhere).await.is_ok());
        assert_eq!(*elsewhere.made.borrow(), ["localhost"]);
        let refused = Host { refuses: "dc1.lab.test", ..host() };
        assert!(read(&Connections::default(), &refused).await.is_ok());
        assert_eq!(*refused.made.borrow(), ["dc1.lab.test", "localhost"]);
    }

    #[tokio::test]
    async fn another_directory_is_never_taken_for_the_own_one() {
        let other = Host { answers: "dc9.lab.test", ..host() };
        let error = read(&Connections::default(), &other).await.expect_err("it is another");
        assert!(error.to_string().contains("dc9.lab.test answered in its place"), "{error}");
        let silent = host();
        silent.cut.store(true, Ordering::Relaxed);
        assert!(read(&Connections::default(), &silent).await.is_err());
    }
}

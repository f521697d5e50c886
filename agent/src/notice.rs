//! Notices for an administrator who does not read the log: the few turns in an agent's life.
//!
//! Everything here is logged as well. A Windows service writes it to the event log.

use std::{fmt, sync::Arc};

use epmesh_common::facts::DnsName;

/// A turn in the agent's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The agent runs, for this domain controller.
    Started(DnsName),
    /// The agent ended as it was told to.
    Stopped,
    /// The agent joined a mesh as this domain controller.
    Enrolled(DnsName),
    /// There is neither an identity nor a pending enrolment: it cannot run.
    NotEnrolled(String),
    /// The coordinator that it shall join cannot be reached; it is tried again.
    Unreachable(String),
    /// The coordinator that it shall join refused; it is tried again, slowly.
    Refused(String),
    /// The agent ended, or could not begin.
    Failed(String),
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started(name) => {
                write!(f, "epmesh-agent {} runs for {name}", env!("CARGO_PKG_VERSION"))
            }
            Self::Stopped => f.write_str("epmesh-agent stopped"),
            Self::Enrolled(name) => write!(f, "epmesh-agent enrolled as {name}"),
            Self::NotEnrolled(why)
            | Self::Unreachable(why)
            | Self::Refused(why)
            | Self::Failed(why) => f.write_str(why),
        }
    }
}

/// What is done with a notice.
type Told = dyn Fn(&Notice) + Send + Sync;

/// The place to which notices go, besides the log.
#[derive(Clone, Default)]
pub struct Notices(Option<Arc<Told>>);

impl fmt::Debug for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Notices").field(&self.0.is_some()).finish()
    }
}

impl Notices {
    /// To `told`, which must not block for long.
    pub fn to(told: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(told)))
    }

    /// Tells it, and logs it.
    pub fn tell(&self, notice: &Notice) {
        match notice {
            Notice::Started(_) | Notice::Stopped | Notice::Enrolled(_) => {
                tracing::info!("{notice}");
            }
            Notice::Unreachable(_) => tracing::warn!("{notice}"),
            Notice::NotEnrolled(_) | Notice::Refused(_) | Notice::Failed(_) => {
                tracing::error!("{notice}");
            }
        }
        if let Some(told) = &self.0 {
            told(notice);
        }
    }
}

//! Culprits among the source's services: a registration, a service, the endpoint mapper.

use std::{fmt, net::IpAddr};

use epmesh_facts::{DnsName, Process, ServiceState, Timestamp};
use epmesh_rpc::{InterfaceId, ProtocolSequence};

use super::{
    named::Named,
    network::{PortAt, WITHHELD},
};

/// The holder of a registration that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationHolder {
    /// A domain controller, by what answered at one address.
    At {
        /// The domain controller.
        dc: DnsName,
        /// The address.
        address: IpAddr,
    },
    /// A domain controller, by its own word.
    Dc(DnsName),
    /// A service of a domain controller.
    Service {
        /// The service, where its name is known.
        service: Option<String>,
        /// The domain controller.
        dc: DnsName,
    },
}

impl fmt::Display for RegistrationHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At { dc, address } => write!(f, "{dc} at {address}"),
            Self::Dc(dc) => dc.fmt(f),
            Self::Service { service, dc } => write!(f, "{} on {dc}", name_of(service.as_deref())),
        }
    }
}

/// A service by its name, where that is known.
pub(super) fn name_of(service: Option<&str>) -> &str {
    service.unwrap_or("the service")
}

/// The trouble with a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationTrouble {
    /// The endpoint mapper says "not registered", and the source has said nothing of itself.
    NotRegistered,
    /// The source's own endpoint map does not have it, and the service that should have made it is not known.
    NotInOwnMap,
    /// The service runs without it; its process is not known.
    ProcessNotKnown,
    /// The service runs, and the source's own endpoint map could not be read.
    MapNotSeen(Running),
    /// The source's own endpoint map has it on other protocol sequences than TCP only.
    OtherSequences {
        /// The protocol sequences on which it is registered.
        sequences: Vec<ProtocolSequence>,
        /// When it was last seen on TCP in this process, if it was.
        tcp_until: Option<Timestamp>,
    },
    /// The registration was there, and is gone while its process runs on.
    Lost {
        /// The process.
        running: Running,
        /// When it was last seen.
        until: Timestamp,
        /// How often it was lost before, where that is more often than restarts explain.
        flapping: Option<Losses>,
    },
    /// The registration was never there since the process started.
    Never {
        /// The process.
        running: Running,
        /// Another version of the interface that is registered instead, and the one that is wanted.
        other_version: Option<(InterfaceId, InterfaceId)>,
    },
    /// The source's own endpoint map has it, and its endpoint mapper tells the destination that it is not registered.
    Withheld,
    /// The endpoint mapper tells the destination that it is not registered, and names a port for it to others.
    WithheldFromOne(Named),
    /// The registration is there now, and was lost again and again.
    ComesAndGoes(Losses),
}

impl fmt::Display for RegistrationTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRegistered => f.write_str(
                "its endpoint mapper answers \"not registered\"; of itself the host says nothing",
            ),
            Self::NotInOwnMap => {
                f.write_str("its own endpoint map does not list the interface on ncacn_ip_tcp")
            }
            Self::ProcessNotKnown => f.write_str("the service runs, and is not registered"),
            Self::MapNotSeen(running) => {
                write!(f, "{running}; its own endpoint map could not be read")
            }
            Self::OtherSequences { sequences, tcp_until } => {
                let all: Vec<String> = sequences.iter().map(ToString::to_string).collect();
                write!(f, "registered on {} only, ", all.join(", "))?;
                match tcp_until {
                    Some(last) => write!(f, "on ncacn_ip_tcp until {last}"),
                    None => f.write_str("not on ncacn_ip_tcp"),
                }
            }
            Self::Lost { running, until, flapping } => {
                write!(f, "{running}; was registered until {until}{}", Again(*flapping))
            }
            Self::Never { running, other_version } => {
                write!(f, "{running}; never registered since")?;
                let Some((other, wanted)) = other_version else { return Ok(()) };
                write!(
                    f,
                    "; its endpoint map has version {}.{} of the interface, not {}.{}",
                    other.major, other.minor, wanted.major, wanted.minor
                )
            }
            Self::Withheld => f.write_str(WITHHELD),
            Self::WithheldFromOne(served) => {
                write!(f, "the destination is told \"not registered\"; {served} is told a port")
            }
            Self::ComesAndGoes(losses) => write!(f, "flapping: registered now, {losses}"),
        }
    }
}

/// A process that runs, with its start on the coordinator's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    /// Its id.
    pub pid: u32,
    /// When it started.
    pub since: Timestamp,
}

impl Running {
    /// The process, which started at `since` on the coordinator's clock.
    pub(in crate::diagnosis) const fn new(process: Process, since: Timestamp) -> Self {
        Self { pid: process.pid, since }
    }
}

impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} has been running since {}", self.pid, self.since)
    }
}

/// The losses of a registration that came back, within the last two hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Losses {
    /// How often in all.
    pub count: usize,
    /// How often together with its process.
    pub deaths: usize,
}

impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, deaths } = self;
        write!(f, "lost {count} times within two hours, {deaths} of them together with its process")
    }
}

/// What is added to a registration that was lost again and again.
struct Again(Option<Losses>);

impl fmt::Display for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |losses| write!(f, "; flapping: {losses}"))
    }
}

/// The trouble with a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceTrouble {
    /// The service was registered, and does not run any more.
    Died {
        /// Whether it is disabled.
        is_disabled: bool,
        /// When it was last seen to be registered.
        until: Timestamp,
        /// How it ended, where the service manager keeps that.
        end: Option<ServiceEnd>,
        /// How often it was lost before, where that is more often than restarts explain.
        flapping: Option<Losses>,
    },
    /// The service does not run, and what it did before was not seen.
    NotRunning {
        /// Whether it is disabled.
        is_disabled: bool,
        /// How it ended, where the service manager keeps that.
        end: Option<ServiceEnd>,
    },
    /// The service does not run, and was never registered since the host was started.
    NeverStarted {
        /// Whether it is disabled.
        is_disabled: bool,
        /// When the host was started.
        boot: Timestamp,
        /// The result of the attempt to start it, where there was one.
        end: Option<ServiceEnd>,
    },
    /// The service has not started yet, on a host that was started a short while ago.
    NotYetStarted {
        /// When the host was started.
        boot: Timestamp,
    },
    /// Its process has just started.
    JustStarted(Running),
    /// The service says that it is starting.
    Starting,
    /// The service is in a state in which it neither runs nor is stopped.
    Lasts {
        /// The state.
        state: ServiceState,
        /// Since when, as far as that is known: it may be longer.
        since: Option<Timestamp>,
    },
    /// The service takes connections, and no answer comes.
    NeverAnswers {
        /// Where.
        at: PortAt,
        /// Whether no question over LDAP is answered at that address either.
        ldap_is_silent: bool,
        /// The other witnesses that get no answer there either, where any looked.
        also: Option<Named>,
    },
    /// The service is registered now, and was lost again and again together with its process.
    ComesAndGoes(Losses),
    /// The service runs, and is disabled, so that it does not come back after a restart.
    WillNotStart,
}

/// The end of a service that does not run, as the service manager keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceEnd {
    /// The service could not be started; the code.
    NotStarted(u32),
    /// The service ran and ended with this exit code.
    Exit(u32),
}

impl fmt::Display for ServiceEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(code) => write!(f, "could not be started: code {code}"),
            Self::Exit(code) => write!(f, "ended with exit code {code}"),
        }
    }
}

impl ServiceTrouble {
    /// Whether the service comes and goes: to start it once more will not do.
    #[must_use]
    pub const fn is_flapping(&self) -> bool {
        matches!(self, Self::Died { flapping: Some(_), .. } | Self::ComesAndGoes(_))
    }
}

impl RegistrationTrouble {
    /// Whether the registration comes and goes: to restart its service once more will not do.
    #[must_use]
    pub const fn is_flapping(&self) -> bool {
        matches!(self, Self::Lost { flapping: Some(_), .. } | Self::ComesAndGoes(_))
    }
}

/// A state, with the word of the service manager of Windows where it has one.
const fn state_words(state: ServiceState) -> &'static str {
    match state {
        ServiceState::Running => "running",
        ServiceState::Stopped => "stopped",
        ServiceState::Starting => "starting (START_PENDING)",
        ServiceState::Stopping => "stopping (STOP_PENDING)",
        ServiceState::Pausing => "pausing (PAUSE_PENDING)",
        ServiceState::Paused => "paused (PAUSED)",
        ServiceState::Resuming => "resuming (CONTINUE_PENDING)",
    }
}

impl fmt::Display for ServiceTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stopped = |is_disabled: bool| {
            if is_disabled { "not running, disabled" } else { "not running" }
        };
        let ended = |end: &Option<ServiceEnd>| end.map_or(String::new(), |end| format!("; {end}"));
        match self {
            Self::Died { is_disabled, until, end, flapping } => write!(
                f,
                "{}; was registered until {until}{}{}",
                stopped(*is_disabled),
                ended(end),
                Again(*flapping)
            ),
            Self::NotRunning { is_disabled, end } => {
                write!(f, "{}{}", stopped(*is_disabled), ended(end))
            }
            Self::NeverStarted { is_disabled, boot, end } => write!(
                f,
                "{}; never registered since the host was started at {boot}{}",
                stopped(*is_disabled),
                ended(end)
            ),
            Self::NotYetStarted { boot } => {
                write!(f, "not running yet; the host was started at {boot}")
            }
            Self::JustStarted(running) => running.fmt(f),
            Self::Starting => f.write_str("starting"),
            Self::Lasts { state, since } => {
                f.write_str(state_words(*state))?;
                since.map_or(Ok(()), |since| write!(f, " since {since} or longer"))
            }
            Self::NeverAnswers { at, ldap_is_silent, also } => {
                let ldap =
                    if *ldap_is_silent { ", nor is a question over LDAP answered" } else { "" };
                write!(
                    f,
                    "the service takes connections on {} port {} and never answers{ldap}; ",
                    at.address, at.port
                )?;
                match also {
                    Some(also) => write!(f, "the same from {also}"),
                    None => f.write_str("no other domain controller has looked there"),
                }
            }
            Self::ComesAndGoes(losses) => write!(f, "flapping: registered now, {losses}"),
            Self::WillNotStart => f.write_str(
                "disabled; the default is automatic: it will not come back after a restart",
            ),
        }
    }
}

//! The command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use epmesh_common::facts::SectionKind;

use super::exit::Exit;

/// Finds out which side causes Windows error 1753 between domain controllers.
#[derive(Debug, Parser)]
#[command(name = "epmesh", version, about, after_help = Exit::help())]
pub struct Arguments {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
    /// How to print the answer.
    #[arg(long, global = true, value_enum, default_value_t = Output::Table)]
    pub output: Output,
    /// How to reach the coordinator.
    #[command(flatten)]
    pub client: ClientArguments,
}

const EXPLAIN_STATUS: &str = "Exit status:\n  \
    0  nothing fails by the report, or every link that it names is healthy now\n  \
    1  something that it names is failing or latent: by the verdicts where there are any, else by the report\n  \
    2  the file cannot be read\n  \
    3  the coordinator could not be asked (without --offline); what the report says is printed\n  \
    4  it names nothing that is known here, the evidence does not decide, or a line that could not be read holds an error";

/// The coordinator's address and the operator's identity.
#[derive(Clone, Debug, Args)]
pub struct ClientArguments {
    /// URL of the coordinator to ask.
    #[arg(long, global = true, value_name = "URL", default_value = "https://127.0.0.1:7353")]
    #[arg(env = "EPMESH_COORDINATOR")]
    pub coordinator: String,
    /// Folder with ca.pem, operator.pem and operator.key; by default that of a coordinator on this
    /// host.
    #[arg(long, global = true, value_name = "DIR", env = "EPMESH_IDENTITY")]
    #[arg(default_value = "/var/lib/epmesh/pki")]
    pub identity: PathBuf,
    /// How long to wait for an answer.
    #[arg(long, global = true, value_name = "TIME", default_value = "30s")]
    #[arg(value_parser = duration)]
    pub timeout: Duration,
}

/// How answers are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the coordinator
    Serve(ServeArguments),
    /// Join tokens for agents
    #[command(subcommand)]
    Token(TokenCommand),
    /// List the domain controllers: agent, version, last seen, address, site, registered interfaces, clock
    /// skew
    Dcs,
    /// List the links, destination <- source: state, cause, side, confidence
    Links {
        /// Only links that are failing or latent.
        #[arg(long)]
        failing: bool,
    },
    /// Diagnose one link: state, cause, side, culprit, confidence, proof, and what to do
    Diagnose(DiagnoseArguments),
    /// Explain another tool's report: repadmin, dcdiag, portqry, rpcdump, samba-tool, NETSETUP.LOG, events;
    /// with a coordinator, the verdict on each link that it names
    #[command(after_help = EXPLAIN_STATUS)]
    Explain {
        /// The file, or - for standard input.
        file: PathBuf,
        /// Do not ask a coordinator: explain only what the report says.
        #[arg(long)]
        offline: bool,
    },
    /// Show the endpoint map of a domain controller, as it sees the map itself and as its peers see it
    Endpoints {
        /// The domain controller; its host name is enough where that is no other's.
        dc: String,
    },
    /// Show what a domain controller states of itself: every section of facts, and what could not be read
    Facts {
        /// The domain controller; its host name is enough where that is no other's.
        dc: String,
        /// Show only this section (host, services, ports, resolver, directory …); may be repeated.
        #[arg(long, value_name = "SECTION", value_parser = str::parse::<SectionKind>)]
        section: Vec<SectionKind>,
    },
    /// Write evidence to a file
    #[command(subcommand)]
    Bundle(BundleCommand),
    /// List the open incidents, each with the links that it explains, and the links that none explains
    Incidents {
        /// Include incidents that are resolved.
        #[arg(long)]
        all: bool,
    },
    /// Show or change one incident: what is broken, which links it hits, other explanations, timeline
    Incident(IncidentArguments),
    /// List alerts and their delivery
    #[command(subcommand)]
    Alerts(AlertsCommand),
    /// Allow a new agent to enrol as a domain controller; its present certificate is refused from then on
    Release {
        /// The domain controller.
        dc: String,
    },
    /// Bar a domain controller's agent: its session ends, its certificate is refused, and nobody can
    /// enrol under the name until it is released
    Revoke {
        /// The domain controller.
        dc: String,
    },
    /// Check configuration files
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// `epmesh serve`.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Configuration file; flags below override it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder for the store and the certificate authority.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Address for agents and operators.
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Address for /healthz and /readyz; none by default.
    #[arg(long, value_name = "ADDR")]
    pub web: Option<SocketAddr>,
    /// The time between two looks at the same peer: 1s to 1h, 60s by default.
    #[arg(long, value_name = "TIME", value_parser = interval)]
    pub interval: Option<Duration>,
    /// What is logged, to standard error: error, warn, info, debug, or a filter by module.
    #[arg(long, value_name = "FILTER", env = "EPMESH_LOG", default_value = "info")]
    pub log: String,
}

/// `epmesh token …`.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Create a join token; it is printed once, with the fingerprint of the certificate authority
    Create {
        /// How long the token can be used.
        #[arg(long, value_parser = duration, default_value = "24h", value_name = "TIME")]
        ttl: Duration,
        /// Only for this domain controller.
        #[arg(long, value_name = "NAME", conflicts_with_all = ["domain", "count"])]
        dc: Option<String>,
        /// For domain controllers of this DNS domain.
        #[arg(long, value_name = "DNSDOMAIN", required_unless_present = "dc")]
        domain: Option<String>,
        /// How many domain controllers can enrol with it.
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        count: u32,
    },
}

/// `epmesh diagnose`.
#[derive(Debug, Args)]
pub struct DiagnoseArguments {
    /// The destination DC: the one that pulls and reports the error. With --join, the computer that is
    /// to join.
    #[arg(required_unless_present = "from", requires = "source")]
    pub destination: Option<String>,
    /// The source DC: the one it wants to pull from. With --join, the domain controller.
    #[arg(required_unless_present = "from")]
    pub source: Option<String>,
    /// Diagnose whether a computer can join the domain at the domain controller: every interface and port
    /// that a join needs.
    #[arg(long, conflicts_with_all = ["from", "interface"])]
    pub join: bool,
    /// The computer's NETSETUP.LOG: the step at which the join stopped is examined first.
    #[arg(long, value_name = "FILE", requires = "join")]
    pub netsetup_log: Option<PathBuf>,
    /// The output of `epmesh-agent check --join DOMAIN --output json` on the computer, not older than a
    /// quarter of an hour.
    #[arg(long, value_name = "FILE", requires = "join")]
    pub client_report: Option<PathBuf>,
    /// The interface: a name, a UUID, or `UUID vMAJOR.MINOR`.
    #[arg(long, default_value = "drsuapi")]
    pub interface: String,
    /// Have the agents at both ends look again first.
    #[arg(long, conflicts_with = "from")]
    pub now: bool,
    #[cfg_attr(
        not(feature = "scenarios"),
        doc = "Answer from a bundle (epmesh bundle export) instead of a coordinator."
    )]
    #[cfg_attr(
        feature = "scenarios",
        doc = "Answer from a bundle (epmesh bundle export) instead of a coordinator; or run a scenario file, \
               which names its link itself."
    )]
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
}

/// `epmesh incident …`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct IncidentArguments {
    /// The incident's id, or the beginning of it.
    #[arg(required = true)]
    pub id: Option<String>,
    /// The change to make; without one, the incident is shown.
    #[command(subcommand)]
    pub command: Option<IncidentCommand>,
}

/// `epmesh incident ack`, `epmesh incident silence`.
#[derive(Debug, Subcommand)]
pub enum IncidentCommand {
    /// Acknowledge an incident: no more alerts about its changes, only about its end
    Ack {
        /// The incident's id, or the beginning of it.
        id: String,
        /// A note for the timeline.
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
    },
    /// Send no alerts about an incident for a while; a later silence replaces an earlier one
    Silence {
        /// The incident's id, or the beginning of it.
        id: String,
        /// How long.
        #[arg(long = "for", value_name = "TIME", value_parser = duration)]
        time: Duration,
        /// The reason, for the timeline.
        #[arg(long, value_name = "TEXT")]
        why: String,
    },
}

/// `epmesh bundle …`.
#[derive(Debug, Subcommand)]
pub enum BundleCommand {
    /// Write all evidence to a file, for `epmesh diagnose --from FILE`
    Export {
        /// The file; it must not exist.
        file: PathBuf,
    },
}

/// `epmesh alerts …`.
#[derive(Debug, Subcommand)]
pub enum AlertsCommand {
    /// List the alerts and their delivery, newest first
    List,
}

/// `epmesh config …`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Report every problem in a coordinator's configuration file
    Check {
        /// The file.
        file: PathBuf,
    },
}

/// A time such as `90s`, `10m`, `24h` or `7d`.
fn duration(text: &str) -> Result<Duration, String> {
    let bad = || format!("not a time such as 90s, 10m, 24h or 7d: {text:?}");
    let unit = text.chars().next_back().ok_or_else(bad)?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(bad()),
    };
    let count: u64 = text.strip_suffix(unit).and_then(|n| n.parse().ok()).ok_or_else(bad)?;
    match count.checked_mul(seconds) {
        Some(total) if (1..=366 * 86_400).contains(&total) => Ok(Duration::from_secs(total)),
        _ => Err(format!("not between one second and 366 days: {text:?}")),
    }
}

/// An interval between looks.
fn interval(text: &str) -> Result<Duration, String> {
    duration(text).and_then(|time| {
        let fits = time <= Duration::from_secs(3_600);
        if fits { Ok(time) } else { Err(format!("longer than an hour: {text:?}")) }
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn durations() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("24h"), Ok(Duration::from_secs(86_400)));
        for text in ["", "h", "90", "-1s", "1.5h", "0s", "9999999d", "5é", "18446744073709551615d"]
        {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_token_is_for_somebody() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
        assert!(parse("epmesh token create").is_err());
        assert!(parse("epmesh token create --dc a --domain b").is_err());
        assert!(parse("epmesh token create --domain lab.test --count 3").is_ok());
        assert!(parse("epmesh token create --dc dc1.lab.test --ttl 1h").is_ok());
        assert!(parse("epmesh diagnose a b --from f --now").is_err());
        assert!(parse("epmesh diagnose a b --netsetup-log f").is_err());
        assert!(parse("epmesh diagnose --join a").is_err());
        assert!(parse("epmesh diagnose --join a b --interface samr").is_err());
        assert!(
            parse("epmesh diagnose --join a b --netsetup-log f --client-report g --now").is_ok()
        );
    }

    #[test]
    fn an_incident_is_shown_or_changed() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
        assert!(parse("epmesh incident").is_err());
        assert!(parse("epmesh incident 1a2b").is_ok());
        assert!(parse("epmesh incident ack 1a2b --note mine").is_ok());
        assert!(parse("epmesh incident silence 1a2b --for 2h").is_err(), "why?");
        assert!(parse("epmesh incident silence 1a2b --for 2h --why maintenance").is_ok());
    }
}

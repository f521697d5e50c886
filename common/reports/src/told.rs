//! The content of reports, in one form whatever the tool.

use epmesh_rpc::InterfaceId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    endpoint_list::EndpointList, error_record::ErrorRecord, outcome::Outcome, scan::alias,
};

/// The report: what was found in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// How many lines the file has.
    pub lines: u32,
    /// What it is made of, in order: stretches that one tool wrote.
    pub parts: Vec<Part>,
    /// The rows that it says, in order.
    pub told: Vec<Told>,
    /// What could not be read, word for word. Every line that is not blank stands here, in `frame`,
    /// or in the `lines` of something told.
    pub unread: Vec<Unread>,
    /// The lines that carry nothing of their own: headings, rules, what a tool says it is about to do.
    pub frame: Vec<Stretch>,
    /// Rows past the limit: they were read, and are not in `told`.
    pub rows_left_out: u32,
    /// How many of these failed.
    #[serde(default)]
    pub failed_left_out: u32,
    /// How many of these worked.
    #[serde(default)]
    pub worked_left_out: u32,
    /// Lines past the limit that could not be read and are not in `unread`.
    pub unread_left_out: u32,
}

/// A stretch of lines that one tool wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Part {
    /// The tool.
    pub tool: Tool,
    /// The lines.
    #[serde(flatten)]
    pub at: Stretch,
}

/// Lines, the first and the last included, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Stretch {
    /// The first.
    pub first_line: u32,
    /// The last.
    pub last_line: u32,
}

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Unread {
    /// Its number.
    pub line: u32,
    /// What it says, at most 400 characters of it.
    pub text: String,
    /// How many characters more it has.
    #[serde(default)]
    pub cut: u32,
    /// The error that stands in it, in the part that is not kept too: it may have failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<i64>,
}

/// The tool that wrote a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    /// `repadmin /showrepl`, `/showreps`, and `samba-tool drs showrepl`, which writes the same.
    Showrepl,
    /// `repadmin /showrepl * /csv`.
    ShowreplCsv,
    /// Another call of `repadmin`: `/syncall`, `/replicate`, `/bind`.
    Repadmin,
    /// `repadmin /replsum`.
    Replsum,
    /// `dcdiag`.
    Dcdiag,
    /// The event logs of a domain controller: XML, or the text of `wevtutil` and of the event viewer.
    Event,
    /// `NETSETUP.LOG`.
    Netsetup,
    /// `dcpromo.log`.
    Dcpromo,
    /// `portqry -e 135`.
    Portqry,
    /// `rpcdump`, of impacket or of the resource kit.
    Rpcdump,
    /// `samba-tool drs showrepl --json`.
    SambaJson,
    /// `log.samba`.
    SambaLog,
    /// `nltest`.
    Nltest,
    /// `netdom`.
    Netdom,
    /// `sc query`.
    Services,
    /// A list or table of PowerShell: `Get-ADReplicationFailure`, `Get-ADReplicationPartnerMetadata`,
    /// `Test-NetConnection`.
    PowerShell,
    /// None that is known: a line that names an error.
    Unknown,
}

impl Tool {
    /// Its name for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Showrepl => "repadmin /showrepl",
            Self::ShowreplCsv => "repadmin /showrepl /csv",
            Self::Repadmin => "repadmin",
            Self::Replsum => "repadmin /replsum",
            Self::Dcdiag => "dcdiag",
            Self::Event => "event",
            Self::Netsetup => "NETSETUP.LOG",
            Self::Dcpromo => "dcpromo.log",
            Self::Portqry => "portqry",
            Self::Rpcdump => "rpcdump",
            Self::SambaJson => "samba-tool drs showrepl --json",
            Self::SambaLog => "log.samba",
            Self::Nltest => "nltest",
            Self::Netdom => "netdom",
            Self::Services => "sc query",
            Self::PowerShell => "PowerShell",
            Self::Unknown => "an unknown tool",
        }
    }
}

/// A row: who said what of whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Told {
    /// Who wrote it.
    pub tool: Tool,
    /// How the attempt ended.
    pub outcome: Outcome,
    /// The machine that saw it, where that is not the destination.
    pub observer: Option<Party>,
    /// The client: the destination DC, or a computer that joins.
    pub destination: Option<Party>,
    /// The server: the source DC.
    pub source: Option<Party>,
    /// The naming context, as a distinguished name.
    pub naming_context: Option<String>,
    /// The interface that was wanted, where that is said or follows from the tool.
    pub interface: Option<InterfaceId>,
    /// The error. Security errors are negative, as tools print them.
    pub code: Option<i64>,
    /// When, as the tool writes it: mostly local time, with no zone.
    pub when: Option<String>,
    /// When it last worked, as the tool writes it.
    pub last_success: Option<String>,
    /// How often in a row it failed.
    pub failures: Option<u64>,
    /// RPC extended error information, first record first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extended: Vec<ErrorRecord>,
    /// A list of the endpoint map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<EndpointList>,
    /// Whether Samba's number of an error stands in it: its meaning is not always the one of Windows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_samba: bool,
    /// Every line that it was read from, in order.
    pub lines: Vec<u32>,
    /// What it is, in the tool's words or in ours.
    pub words: String,
}

impl Told {
    /// Something that `tool` said in these lines, of which nothing is known yet.
    #[must_use]
    pub fn new(tool: Tool, lines: Vec<u32>) -> Self {
        Self {
            tool,
            outcome: Outcome::Unclear,
            observer: None,
            destination: None,
            source: None,
            naming_context: None,
            interface: None,
            code: None,
            when: None,
            last_success: None,
            failures: None,
            extended: Vec::new(),
            endpoints: None,
            by_samba: false,
            lines,
            words: String::new(),
        }
    }
}

/// A machine as a report names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Party {
    /// Host, DNS, NetBIOS or server name, or an address, as written.
    pub name: Option<String>,
    /// The site.
    pub site: Option<String>,
    /// The objectGUID of its NTDS Settings object.
    pub dsa_guid: Option<Uuid>,
}

impl Party {
    /// A machine with this name, 256 characters of it; `None` where it is empty.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim().trim_start_matches('\\').trim_end_matches('.');
        let kept = || name.chars().take(256).collect();
        let whole = !name.is_empty() && !name.ends_with(super::cut::CUT);
        whole.then(|| Self { name: Some(kept()), ..Self::default() })
    }

    /// The machine that is asked under this name: by its GUID where that is the alias of its NTDS Settings object.
    #[must_use]
    pub fn asked_as(name: &str) -> Option<Self> {
        match alias(name) {
            Some(guid) => Some(Self { dsa_guid: Some(guid), ..Self::default() }),
            None => Self::named(name),
        }
    }

    /// The name of the tool for people.
    #[must_use]
    pub fn label(&self) -> String {
        match (&self.name, self.dsa_guid) {
            (Some(name), _) => name.clone(),
            (None, Some(guid)) => format!("the DC with DSA GUID {guid}"),
            (None, None) => "a DC that is not named".to_owned(),
        }
    }

    /// Whether both may be the same machine by what is said of them.
    #[must_use]
    pub fn may_be(&self, other: &Self) -> bool {
        let host = |party: &Self| {
            let name = party.name.as_deref()?;
            Some(name.split('.').next().unwrap_or(name).to_ascii_lowercase())
        };
        match (self.dsa_guid, other.dsa_guid, host(self), host(other)) {
            (Some(one), Some(two), ..) => one == two,
            (_, _, Some(one), Some(two)) => one == two,
            _ => false,
        }
    }
}

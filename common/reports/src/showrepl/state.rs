//! State that the readers of `repadmin /showrepl` share.

use super::super::{
    scan,
    told::{Party, Tool},
};

pub(super) const TOOL: Tool = Tool::Showrepl;

/// The most characters that are kept of a naming context.
pub(super) const MAX_DN: usize = 1_024;

/// The section of a report that a line stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Inbound,
    Outbound,
    Connections,
}

/// The state that holds for the lines to come.
#[derive(Debug)]
pub(super) struct State {
    /// The domain controller that reports.
    pub(super) own: Option<Party>,
    pub(super) context: Option<(String, Vec<usize>)>,
    pub(super) section: Section,
    /// The `====` headings since the domain controller was named.
    pub(super) headings: Vec<String>,
}

impl State {
    /// The state at the beginning of a domain controller's report.
    pub(super) fn of(own: Option<Party>) -> Self {
        Self { own, context: None, section: Section::Inbound, headings: Vec::new() }
    }
}

/// A site and a server that fill a line, with the backslash or, as it is lost in web pages, without.
pub(super) fn bare_name(line: &str) -> Option<(Option<String>, String)> {
    if let Some((site, server, "")) = scan::site_and_server(line) {
        return Some((Some(site.to_owned()), server.to_owned()));
    }
    let server = line.strip_prefix(DEFAULT_SITE)?;
    scan::is_host(server).then(|| (Some(DEFAULT_SITE.to_owned()), server.to_owned()))
}

/// The name that the first site of every forest has.
pub(super) const DEFAULT_SITE: &str = "Default-First-Site-Name";

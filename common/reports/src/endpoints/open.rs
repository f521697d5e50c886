//! A list of an endpoint map while it is read.

use uuid::Uuid;

use super::super::{
    endpoint_list::{EndpointList, ListedEndpoint},
    outcome::Outcome,
    page::Page,
    told::{Party, Told, Tool},
};

/// The most endpoints that are kept of one list; a domain controller has some hundred.
const MAX_ENDPOINTS: usize = 5_000;

/// A list under work.
#[derive(Debug, Default)]
pub(super) struct Open {
    pub(super) tool: Option<Tool>,
    pub(super) target: Option<Party>,
    pub(super) list: EndpointList,
    pub(super) lines: Vec<u32>,
    /// The tool was not given the list.
    pub(super) refused: bool,
    /// A binding whose interface comes behind it (the resource kit).
    pub(super) pending: Option<(u32, Binding)>,
    /// The heading under which the resource kit lists bindings.
    pub(super) sequence: Option<String>,
}

/// `SEQUENCE:HOST[ENDPOINT]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binding {
    pub(super) sequence: String,
    pub(super) host: String,
    pub(super) endpoint: String,
}

/// Adds an endpoint to the list.
pub(super) fn put(
    open: &mut Open,
    line: u32,
    interface: Uuid,
    annotation: String,
    binding: Binding,
) {
    if open.target.is_none() {
        open.target = Party::named(&binding.host);
    }
    if open.list.endpoints.len() >= MAX_ENDPOINTS {
        open.list.left_out = open.list.left_out.saturating_add(1);
        return;
    }
    let Binding { sequence, endpoint, .. } = binding;
    open.list.endpoints.push(ListedEndpoint { line, interface, annotation, sequence, endpoint });
}

/// Tells the list, where there is one.
pub(super) fn close(page: &mut Page<'_>, open: &mut Open) {
    let done = std::mem::take(open);
    if done.list.endpoints.is_empty() && done.list.total.is_none() {
        return;
    }
    let mut lines = done.lines;
    if lines.is_empty() {
        return;
    }
    lines.sort_unstable();
    lines.dedup();
    let mut told = Told::new(done.tool.unwrap_or(Tool::Rpcdump), lines);
    told.outcome = Outcome::Succeeded;
    told.source = done.target;
    told.words = match (done.list.endpoints.len(), done.list.total) {
        (listed, Some(total)) => format!("lists {listed} endpoints and counts {total}"),
        (listed, None) => format!("lists {listed} endpoints; its end is not there"),
    };
    told.endpoints = Some(done.list);
    page.tell(told);
}

//! `epmesh endpoints`.

use std::fmt::Write;

use epmesh_common::{
    facts::{Failure, Timestamp},
    rpc::{Binding, Endpoint, names},
};

use super::{
    table::{finish, table},
    time::ago,
};
use crate::query::{Asked, Endpoints};

/// The endpoint map: as its owner sees it, then as its peers do.
#[must_use]
pub(crate) fn endpoints(document: &Endpoints, now: Timestamp, width: Option<u16>) -> String {
    let mut text = String::new();
    for view in &document.own {
        let through = view.through;
        let _ =
            writeln!(text, "As {} sees its own map, {through}, {}", document.dc, ago(view.at, now));
        text.push_str(&listed(&view.endpoints, width));
        text.push('\n');
    }
    for view in &document.peers {
        let _ = writeln!(
            text,
            "As {} sees it at {}, {}",
            view.witness,
            view.address,
            ago(view.at, now)
        );
        match (&view.failure, &view.endpoints) {
            (Some(failure), _) => {
                let _ = writeln!(text, "{failure}");
            }
            (None, Some(endpoints)) => text.push_str(&listed(endpoints, width)),
            (None, None) => text.push_str(&asked(&view.interfaces, width)),
        }
        text.push('\n');
    }
    if text.is_empty() {
        let _ = writeln!(text, "nobody has seen the endpoint map of {}", document.dc);
    }
    text
}

fn listed(endpoints: &Result<Vec<Endpoint>, Failure>, width: Option<u16>) -> String {
    let endpoints = match endpoints {
        Ok(endpoints) if endpoints.is_empty() => return "no endpoint is registered\n".to_owned(),
        Ok(endpoints) => endpoints,
        Err(failure) => return format!("{failure}\n"),
    };
    let mut table = table(&["INTERFACE", "UUID", "BINDING", "ANNOTATION"], width);
    for endpoint in endpoints {
        let name = names::label(endpoint.interface);
        table.add_row([
            name.into_owned(),
            endpoint.interface.to_string(),
            binding(&endpoint.binding),
            endpoint.annotation.clone(),
        ]);
    }
    finish(&table)
}

/// A binding without the host: a tower's address is the server's idea of itself, often 0.0.0.0.
fn binding(binding: &Binding) -> String {
    format!("{}[{}]", binding.sequence, binding.endpoint)
}

fn asked(interfaces: &[Asked], width: Option<u16>) -> String {
    let mut table = table(&["INTERFACE", "EPT_MAP"], width);
    for asked in interfaces {
        let answer = match (&asked.failure, asked.not_registered) {
            (Some(failure), _) => failure.to_string(),
            (None, Some(status)) => format!("not registered ({status:#010x})"),
            (None, None) => {
                let list: Vec<String> = asked.bindings.iter().map(binding).collect();
                list.join(", ")
            }
        };
        table.add_row([names::label(asked.interface).into_owned(), answer]);
    }
    finish(&table)
}

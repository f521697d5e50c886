//! The values of a case's evidence, by where they stand in it: a word of a command is held against these, whole.

use std::{collections::BTreeSet, net::IpAddr};

use serde_json::Value;
use uuid::Uuid;

use crate::judged::Judged;

/// What commands may name.
pub(crate) struct Facts {
    /// Every text that is a value by itself.
    texts: BTreeSet<String>,
    /// Every name of a host or a zone, with its first label and the domains above it.
    names: BTreeSet<String>,
    addresses: BTreeSet<IpAddr>,
    guids: BTreeSet<Uuid>,
    /// Numbers that stand where ports do, the ends of ranges among them.
    ports: BTreeSet<u64>,
    /// Numbers that stand where processes do.
    pids: BTreeSet<u64>,
    /// Numbers that stand where a replication's result does.
    results: BTreeSet<i64>,
    /// Misspelt values of the registry: key, the name that was meant, data.
    pub(crate) misses: Vec<[String; 3]>,
}

impl Facts {
    pub(crate) fn of(case: &Judged) -> Self {
        let mut facts = Self {
            texts: BTreeSet::new(),
            names: BTreeSet::new(),
            addresses: BTreeSet::new(),
            guids: BTreeSet::new(),
            // The endpoint mapper's, of every host.
            ports: BTreeSet::from([135]),
            pids: BTreeSet::new(),
            results: BTreeSet::new(),
            misses: Vec::new(),
        };
        let evidence = serde_json::to_value(&case.evidence).expect("JSON");
        facts.take("", &evidence);
        facts.results.insert(case.verdict.error.code);
        facts
    }

    fn take(&mut self, key: &str, value: &Value) {
        match value {
            Value::Object(fields) if fields.contains_key("reading") => {
                // Why it could not be read is no value of it.
                if fields.get("reading").and_then(Value::as_str) == Some("value") {
                    fields.get("value").into_iter().for_each(|value| self.take(key, value));
                }
            }
            Value::Object(fields) => {
                let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
                if let (Some(at), Some(meant), Some(data)) =
                    (text("key"), text("meant"), text("data"))
                {
                    self.misses.push([at, meant, data]);
                }
                // A tower's port is text.
                let is_tcp = text("sequence").is_some_and(|sequence| sequence == "ncacn_ip_tcp");
                let endpoint = text("endpoint").filter(|_| is_tcp);
                let endpoint: Option<u64> = endpoint.and_then(|port| port.parse().ok());
                self.ports.extend(endpoint);
                for (name, value) in fields {
                    // Owners stand by their address.
                    self.text(name);
                    self.take(name, value);
                }
            }
            Value::Array(all) => all.iter().for_each(|value| self.take(key, value)),
            Value::String(text) => self.text(text),
            Value::Number(number) => self.number(key, number),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn number(&mut self, key: &str, number: &serde_json::Number) {
        let into = match key {
            "port" | "first" | "last" => &mut self.ports,
            "pid" => &mut self.pids,
            "last-result" => {
                // Windows writes an error that is a status of security as a negative number.
                let bits = number.as_u64().and_then(|code| u32::try_from(code).ok());
                self.results.extend(bits.map(i64::from));
                self.results.extend(bits.map(|bits| i64::from(bits.cast_signed())));
                return;
            }
            _ => return,
        };
        into.extend(number.as_u64());
    }

    fn text(&mut self, text: &str) {
        self.texts.insert(text.to_lowercase());
        if let Ok(address) = text.parse() {
            self.addresses.insert(address);
        } else if let Ok(guid) = text.parse() {
            self.guids.insert(guid);
        } else if text.contains('.') && !text.contains([' ', '\\', '/', '=']) {
            let mut rest = text.trim_end_matches('.').to_lowercase();
            self.names.extend(rest.split('.').next().map(str::to_owned));
            while rest.contains('.') {
                let above =
                    rest.split_once('.').map_or_else(String::new, |(_, above)| above.to_owned());
                self.names.insert(rest);
                rest = above;
            }
        }
    }

    pub(crate) fn has_address(&self, word: &str) -> Option<bool> {
        word.parse()
            .ok()
            .map(|address: IpAddr| address.is_loopback() || self.addresses.contains(&address))
    }

    pub(crate) fn has_guid(&self, word: &str) -> Option<bool> {
        word.parse().ok().map(|guid| self.guids.contains(&guid))
    }

    pub(crate) fn has_port(&self, word: &str) -> bool {
        word.parse().is_ok_and(|port| self.ports.contains(&port))
    }

    pub(crate) fn has_pid(&self, word: &str) -> bool {
        word.parse().is_ok_and(|pid| self.pids.contains(&pid))
    }

    pub(crate) fn has_result(&self, word: &str) -> bool {
        word.parse().is_ok_and(|code| self.results.contains(&code))
    }

    /// A name or another text that stands in the evidence as a whole.
    pub(crate) fn has_text(&self, word: &str) -> bool {
        let word = word.trim_end_matches('.').to_lowercase();
        self.texts.contains(&word) || self.names.contains(&word)
    }

    /// A distinguished name whose domain is one of the evidence and whose objects are, too. A part may be a name that
    /// stands for what the administrator puts there.
    pub(crate) fn has_dn(&self, word: &str, stands: impl Fn(&str) -> bool) -> bool {
        const FIXED: [&str; 6] =
            ["ntds settings", "servers", "sites", "configuration", "schema", "domain controllers"];
        let mut labels = Vec::new();
        let mut objects = true;
        let mut is_rooted = false;
        for part in word.split(',') {
            if stands(part) {
                is_rooted = true;
                continue;
            }
            match part.split_once('=') {
                Some(("DC", label)) => labels.push(label.to_lowercase()),
                Some(("CN" | "OU", object)) => {
                    let object = object.to_lowercase();
                    objects &= FIXED.contains(&object.as_str())
                        || self.has_text(&object)
                        || stands(&object.to_uppercase());
                }
                _ => return self.has_text(word),
            }
        }
        objects && (is_rooted && labels.is_empty() || self.names.contains(&labels.join(".")))
    }
}

//! `[client-protocols]`: what is expected in a registry key of Windows hosts.

use epmesh_common::{
    config::Section,
    windows::{ClientProtocolRule, Expected, Severity},
};

/// The protocol sequences that are expected at most.
const MOST_PROTOCOLS: usize = 32;

/// The rule in the configuration. A key that is left out has its default; a list replaces the whole default list.
pub(super) fn rule(table: &Section<'_>) -> ClientProtocolRule {
    let mut rule = ClientProtocolRule::default();
    if let Some(other) = table.parse("other", |text| match text {
        "nothing" => Ok(None),
        text => severity(text).map(Some),
    }) {
        rule.other = other;
    }
    let rows = table.array_of_tables("expected");
    if rows.len() > MOST_PROTOCOLS {
        let text = format!("`client-protocols.expected` has more than {MOST_PROTOCOLS} entries");
        table.problem("expected", &text);
    }
    let expected = rows.iter().filter_map(|row| {
        for key in ["names", "severity"] {
            row.require(key);
        }
        let names = row.list("names", protocol);
        let severity = row.parse("severity", severity);
        if names.as_ref().is_some_and(Vec::is_empty) {
            row.problem("names", "`names` needs at least one name");
        }
        Some(Expected { names: names?, severity: severity? })
    });
    let expected: Vec<Expected> = expected.collect();
    if !rows.is_empty() {
        rule.expected = expected;
    }
    rule
}

fn severity(text: &str) -> Result<Severity, String> {
    match text {
        "fault" => Ok(Severity::Fault),
        "warning" => Ok(Severity::Warning),
        "note" => Ok(Severity::Note),
        _ => Err(format!("{text:?} is none of fault, warning, note")),
    }
}

fn protocol(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.is_empty() || text.len() > 64 || !text.chars().all(good) {
        return Err(format!("{text:?} is no protocol sequence such as ncacn_ip_tcp"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ServeOptions;

    #[test]
    fn what_is_expected_is_configured() {
        let read = |text: &str| {
            let options = ServeOptions::parse("f", &format!("data-dir = \"/d\"\n{text}"));
            options.map(|options| options.settings().client_protocols)
        };
        assert_eq!(read("").expect("it is right"), ClientProtocolRule::default());
        let rule = read(
            "[client-protocols]\nother = \"nothing\"\n[[client-protocols.expected]]\n\
             names = [\"ncacn_ip_tcp\"]\nseverity = \"fault\"\n",
        )
        .expect("it is right");
        let names = vec!["ncacn_ip_tcp".to_owned()];
        let expected = vec![Expected { names, severity: Severity::Fault }];
        assert_eq!(rule, ClientProtocolRule { expected, other: None });
        // The rest is as by default.
        let rule = read("client-protocols = { other = \"warning\" }\n").expect("it is right");
        let usual = ClientProtocolRule::default();
        assert_eq!(rule, ClientProtocolRule { other: Some(Severity::Warning), ..usual });
        for wrong in [
            "[client-protocols]\nother = \"bad\"\n",
            "[client-protocols]\nothers = \"note\"\n",
            "[[client-protocols.expected]]\nnames = [\"ncacn_np\"]\n",
            "[[client-protocols.expected]]\nnames = []\nseverity = \"note\"\n",
            "[[client-protocols.expected]]\nnames = [\"a b\"]\nseverity = \"note\"\n",
        ] {
            let problems = read(wrong).expect_err(wrong);
            assert_eq!(problems.list().len(), 1, "{wrong}: {problems}");
        }
    }
}

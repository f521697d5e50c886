//! The report as text for people.

use comfy_table::{Table, presets::NOTHING};

use super::report::{Outcome, Report};

/// The report as text; with `problems` only what is not in order.
pub(super) fn table(report: &Report, problems: bool) -> String {
    let mut text = String::new();
    for (title, rows) in [("facts of this host", &report.facts), ("the agent", &report.agent)] {
        let mut table = Table::new();
        table.load_preset(NOTHING);
        let mut before: Option<&str> = None;
        for row in rows.iter().filter(|row| !problems || row.outcome == Outcome::Failed) {
            let said = row.said.as_deref();
            // One missing right keeps many facts away.
            let again = said.is_some() && said == before;
            before = said;
            let advice = row.advice.as_ref().map(|advice| format!("→ {advice}"));
            let parts = [said.map(str::to_owned), advice];
            let said = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
            let said = if again { "for the same reason" } else { &said };
            table.add_row([row.what.as_str(), row.outcome.words(), said]);
        }
        text.push_str(&format!("{title}\n{}\n\n", table.trim_fmt()));
    }
    let failed = report.facts.iter().chain(&report.agent);
    let failed = failed.filter(|row| row.outcome == Outcome::Failed).count();
    text.push_str(&match failed {
        0 => "all is in order\n".to_owned(),
        1 => "one thing is not in order\n".to_owned(),
        more => format!("{more} things are not in order\n"),
    });
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::self_test::report::Row;

    fn row(what: &str, outcome: Outcome, advice: Option<&str>) -> Row {
        let advice = advice.map(str::to_owned);
        Row { what: what.to_owned(), outcome, said: None, advice }
    }

    #[test]
    fn one_failure_is_told_with_what_to_do() {
        let good = row("host.os", Outcome::Read, None);
        let bad = row("services.list", Outcome::Failed, Some("run it as root"));
        let report = Report { facts: vec![good.clone(), bad], agent: vec![] };
        assert!(!report.passed());
        let text = table(&report, true);
        assert!(text.contains("services.list") && text.contains("→ run it as root"), "{text}");
        assert!(!text.contains("host.os") && text.contains("one thing is not in order"), "{text}");
        assert!(Report { facts: vec![good], agent: vec![] }.passed());
    }
}

//! Reports of other tools, explained with a coordinator that knows the forest they speak of.

use std::path::PathBuf;

use epmesh::cli::Exit;
use epmesh_tests::sim::Forest;
use tempfile::TempDir;

use super::Operator;

/// A file for an operator to name.
pub(super) struct Written {
    folder: TempDir,
}

impl Written {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub(super) fn file(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    }
}

/// `repadmin /showrepl` of dc1, which names dc2 and two that nobody knows.
const SHOWREPL: &str = r"Default-First-Site-Name\DC1
DSA Options: IS_GC
==== INBOUND NEIGHBORS ======================================
DC=lab,DC=test
    Default-First-Site-Name\DC2 via RPC
        Last attempt @ 2026-11-20 09:15:00 failed, result 1753 (0x6d9):
            There are no more endpoints available from the endpoint mapper.
        12 consecutive failure(s).
        Last success @ 2026-11-19 22:00:00.
CN=Configuration,DC=lab,DC=test
    Default-First-Site-Name\DC2 via RPC
        Last attempt @ 2026-11-20 09:15:01 failed, result 1722 (0x6ba):
            The RPC server is unavailable.
        12 consecutive failure(s).
        Last success @ 2026-11-19 22:00:00.
    Default-First-Site-Name\GHOST via RPC
        Last attempt @ 2026-11-20 09:15:01 failed, result 1753 (0x6d9):
            There are no more endpoints available from the endpoint mapper.
        3 consecutive failure(s).
        Last success @ 2026-11-19 22:00:00.
    Default-First-Site-Name\DC3 via RPC
        Last attempt @ 2026-11-20 09:15:02 failed, result 1753 (0x6d9):
            There are no more endpoints available from the endpoint mapper.
        1 consecutive failure(s).
        Last success @ 2026-11-19 22:00:00.
a line that no tool wrote
";

/// A report of an hour before: two naming contexts from dc2, and one whose end is missing.
const WORKED: &str = r"Default-First-Site-Name\DC1
DSA Options: IS_GC
==== INBOUND NEIGHBORS ======================================
DC=lab,DC=test
    Default-First-Site-Name\DC2 via RPC
        Last attempt @ 2026-11-20 08:15:00 was successful.
CN=Configuration,DC=lab,DC=test
    Default-First-Site-Name\DC2 via RPC
        Last attempt @ 2026-11-20 08:15:01 was successful.
    Default-First-Site-Name\DC3 via RPC
        Last attempt @ 2026-11-20 08:15:02
";

const REPLSUM: &str = "Source DSA          largest delta    fails/total %%   error\n \
    DC2                   09d.00h:16m:45s    3 /   5   60  (1753) There are no more endpoints.\n";

const DCDIAG: &str = "[DC2] DsBindWithSpnEx() failed with error 1753,\n\
    There are no more endpoints available from the endpoint mapper..\n";

const NETSETUP: &str = r"NetpJoinDomain: status of creating account: 0x0
NetpGetComputerObjectDn: Unable to bind to DS on '\\dc2.lab.test' for 'APP1$': 0x6d9
NetpDoDomainJoin: status: 0x6d9
";

/// dc2's address record leads to a member; the links to dc2 fail.
pub(super) async fn with_verdicts(operator: &Operator, forest: &Forest) {
    let written = Written::new();
    let file = written.file("showrepl.txt", SHOWREPL);
    let (exit, text) = operator.ask(&format!("explain {file}")).await;
    assert_eq!(exit, Exit::Failing, "{text}");
    for words in [
        "lines 1-25: repadmin /showrepl",
        "DC1 <- DC2 drsuapi",
        "error 1753 EPT_S_NOT_REGISTERED",
        "context DC=lab,DC=test",
        "verdict FAILING dns-a-stale, side: name-resolution",
        "culprit dns-record",
        "more epmesh diagnose dc1.lab.test dc2.lab.test",
        // The other naming context is of the same link.
        "as of this link above: failing dns-a-stale",
        "verdict none: the source: no domain controller \"GHOST\" is known; see epmesh dcs",
        "DC1 <- DC3 drsuapi",
        "HEALTHY now",
        "1 line could not be read",
        "26 a line that no tool wrote",
    ] {
        assert!(flat(&text).contains(words), "{words}\n{text}");
    }
    assert!(!text.contains("no coordinator"), "{text}");

    let (exit, json) = operator.json(&format!("explain {file}")).await;
    assert_eq!((exit, &json["with-coordinator"]), (Exit::Failing, &true.into()));
    let pairs = json["pairs"].as_array().unwrap();
    let causes: Vec<_> = pairs.iter().map(|pair| pair["verdict"]["cause"].as_str()).collect();
    assert_eq!(causes, [Some("dns-a-stale"), Some("dns-a-stale"), None, Some("healthy")], "{json}");
    assert!(pairs[2]["no-verdict"].as_str().unwrap().contains("GHOST"), "{json}");
    assert_eq!(json["report"]["unread"][0]["line"], 26);

    // By the GUID of the NTDS Settings object alone.
    let guid = |number| forest.hosts().dc(number).expect("a DC").who().dsa_guid;
    let samba = format!(
        "{{\"dsa\": {{\"objectGUID\": \"{}\"}},\n\"repsFrom\": [{{\n\"NC dn\": \"DC=lab,DC=test\",\n\
         \"DSA objectGUID\": \"{}\",\n\"last attempt message\": \"failed, result 1753 (WERR_X)\"}}]}}\n",
        guid(1),
        guid(2)
    );
    let file = written.file("samba.json", &samba);
    let (exit, json) = operator.json(&format!("explain {file}")).await;
    assert_eq!(exit, Exit::Failing);
    assert_eq!(json["pairs"][0]["verdict"]["source"], "dc2.lab.test", "{json}");

    one_end(operator, &written).await;
    what_worked(operator, &written).await;
}

/// Rows that are no failures name links, too: that to dc2 has failed since, that to dc3 works.
async fn what_worked(operator: &Operator, written: &Written) {
    let file = written.file("worked.txt", WORKED);
    let (exit, text) = operator.ask(&format!("explain {file}")).await;
    assert_eq!(exit, Exit::Failing, "{text}");
    let text = flat(&text);
    assert!(text.contains("links that the report names and does not call failing"), "{text}");
    assert!(text.contains("dc1.lab.test <- dc2.lab.test drsuapi failing dns-a-stale"), "{text}");
    assert!(text.contains("dc1.lab.test <- dc3.lab.test drsuapi healthy"), "{text}");
    let (_, json) = operator.json(&format!("explain {file}")).await;
    assert_eq!(json["pairs"].as_array().unwrap().len(), 0, "{json}");
    assert_eq!(json["others"].as_array().unwrap().len(), 2, "each link once: {json}");
}

/// Rows that name one end of a link only.
async fn one_end(operator: &Operator, written: &Written) {
    let file = written.file("replsum.txt", REPLSUM);
    let (exit, text) = operator.ask(&format!("explain {file}")).await;
    assert_eq!(exit, Exit::Failing);
    assert!(text.contains("(any) <- DC2"), "{text}");
    let words = "the report does not name the destination; links with the source dc2.lab.test";
    assert!(flat(&text).contains(words), "{text}");
    assert!(
        flat(&text).contains("dc1.lab.test <- dc2.lab.test drsuapi failing dns-a-stale"),
        "{text}"
    );

    let file = written.file("dcdiag.txt", DCDIAG);
    let (_, json) = operator.json(&format!("explain {file}")).await;
    let links = json["pairs"][0]["links"].as_array().unwrap();
    assert!(links.iter().all(|link| link["source"] == "dc2.lab.test"), "{json}");
    assert!(links.iter().any(|link| link["destination"] == "dc1.lab.test"), "{json}");

    let file = written.file("netsetup.log", NETSETUP);
    let (exit, text) = operator.ask(&format!("explain {file}")).await;
    assert_eq!(exit, Exit::Failing);
    let words = "a join is judged by: epmesh diagnose --join CLIENT dc2.lab.test";
    assert!(flat(&text).contains(words), "{text}");
}

/// What stands in a column of a table, as one line.
pub(super) fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The coordinator is gone.
pub(super) async fn without(operator: &Operator) {
    let written = Written::new();
    let file = written.file("showrepl.txt", SHOWREPL);
    let (exit, text) = operator.ask(&format!("explain {file}")).await;
    assert_eq!(exit, Exit::Unreachable);
    assert!(flat(&text).contains("error 1753 EPT_S_NOT_REGISTERED"), "{text}");
    assert!(flat(&text).contains("ask the source: does the service run"), "{text}");
    let words = format!("the coordinator at {} cannot be reached", operator.url);
    assert!(flat(&text).contains(&words), "{text}");
    assert!(flat(&text).contains("The verdict of each link above is missing"), "{text}");
    let (exit, json) = operator.json(&format!("explain {file}")).await;
    assert_eq!((exit, &json["with-coordinator"]), (Exit::Unreachable, &false.into()));
    assert!(json["no-coordinator"].as_str().unwrap().contains("cannot be reached"), "{json}");

    let (exit, text) = operator.ask(&format!("explain {file} --offline")).await;
    assert_eq!(exit, Exit::Failing, "by the report");
    assert!(flat(&text).contains("it was not asked (--offline)"), "{text}");
}

//! The article's own text, and logs written from the public facts.

use proptest::prelude::*;

use super::*;

const ARTICLE: &str = include_str!("../../tests/data/netsetup/article.log");
const TIMED: &str = include_str!("../../tests/data/netsetup/timed.log");

#[test]
fn the_article() {
    let attempt = last_join(ARTICLE).expect("it is a join");
    assert_eq!(attempt.began, None);
    assert_eq!(attempt.status, Some(Status { line: 20, code: 0x6d9 }));
    let decisive = attempt.decisive.expect("one step failed first");
    assert_eq!((decisive.line, decisive.stage, decisive.code), (9, Stage::Directory, 0x6d9));
    assert_eq!(decisive.controller.as_deref(), Some("<DC_name>.<domain>.<tld>"));
    let stages: Vec<_> = attempt.failures.iter().map(|s| (s.line, s.code, s.stage)).collect();
    assert_eq!(
        stages,
        [
            (3, 0xc000_0034, Stage::Policy),
            (5, 0xc000_0034, Stage::Policy),
            (6, 0x8b0, Stage::Account),
            (9, 0x6d9, Stage::Directory),
            (10, 0x6d9, Stage::Directory),
            (12, 0x6d9, Stage::Names),
        ]
    );
}

#[test]
fn the_articles_second_sample_has_its_names_in_quotes() {
    let text = r"NetpManageMachineAccountWithSid: NetUserAdd on '\\DC1.CONTOSO.COM' for 'APP_SRV$' failed: 0x8b0
NetpJoinDomain: status of creating account: 0x0
NetpGetComputerObjectDn: Unable to bind to DS on '\\DC1.CONTOSO.COM': 0x6d9";
    let attempt = last_join(text).expect("it is a join");
    let decisive = attempt.decisive.expect("it failed");
    assert_eq!((decisive.line, decisive.code), (3, 0x6d9));
    assert_eq!(decisive.controller.as_deref(), Some("DC1.CONTOSO.COM"));
    assert_eq!(attempt.status, None);
}

#[test]
fn the_last_attempt_of_several_counts() {
    let attempt = last_join(TIMED).expect("it has joins");
    assert_eq!(attempt.began.as_deref(), Some("11/20/2026 09:15:00:120"));
    assert_eq!(attempt.domain.as_ref().map(|d| d.value.as_str()), Some("lab.test"));
    assert_eq!(attempt.machine.as_ref().map(|m| m.value.as_str()), Some("APP1"));
    assert_eq!(attempt.controller.as_ref().map(|c| c.value.as_str()), Some("dc2.lab.test"));
    let decisive = attempt.decisive.expect("it failed");
    assert_eq!((decisive.stage, decisive.code), (Stage::Directory, 0x6ba));
    let line = TIMED.lines().nth(usize::try_from(decisive.line).expect("small") - 1);
    assert!(line.is_some_and(|line| line.contains("Unable to bind to DS")), "{line:?}");
}

#[test]
fn wrapped_lines_are_one_and_keep_their_first_number() {
    let text = "NetpJoinDomain: status of creating\n  account: 0x0\nNetpGetComputerObjectDn: \
        Unable to bind to\nDS on '\\\\DC1.CONTOSO.COM':\n0x6d9\nNetpDoDomainJoin: status: 0x6d9\n";
    let attempt = last_join(text).expect("it is a join");
    let decisive = attempt.decisive.expect("it failed");
    assert_eq!((decisive.line, decisive.code), (3, 0x6d9));
    assert_eq!(decisive.controller.as_deref(), Some("DC1.CONTOSO.COM"));
    assert_eq!(attempt.status.map(|status| status.line), Some(6));
}

#[test]
fn the_codes_of_a_join() {
    let of = |line: &str| last_join(line).and_then(|a| a.decisive).map(|s| (s.stage, s.code));
    let found = "NetpJoinDomainOnDs: NetpDsGetDcName returned: 0x54b";
    assert_eq!(of(found), None, "it says neither status nor failed");
    for (line, expected) in [
        (
            "NetpJoinDomain: NetpDsGetDcName: failed to find a DC in the specified domain: 0x54b, last error is 0x0",
            (Stage::FindController, 0x54b),
        ),
        ("NetpJoinDomain: status of connecting to dc '\\\\DC1': 0x40", (Stage::Connect, 0x40)),
        ("NetpJoinDomain: NetUseAdd to \\\\DC1\\IPC$ failed: 0x35", (Stage::Connect, 0x35)),
        (
            "NetpGetComputerObjectDn: Unable to bind to DS on '\\\\DC1': 0xc002001c",
            (Stage::Directory, 0xc002_001c),
        ),
        (
            "NetpGetComputerObjectDn: Unable to bind to DS on '\\\\DC1': 0x6bf",
            (Stage::Directory, 0x6bf),
        ),
    ] {
        assert_eq!(of(line), Some(expected), "{line}");
        assert!(meaning(expected.1).is_some(), "{line}");
    }
    assert_eq!(code_words(0x6d9), "0x6d9 (1753, EPT_S_NOT_REGISTERED)");
}

#[test]
fn a_join_that_succeeded_has_no_decisive_step() {
    let text = "NetpJoinDomain: NetUserAdd on '\\\\DC1' failed: 0x8b0\n\
        NetpDoDomainJoin: status: 0x0\n";
    let attempt = last_join(text).expect("it is a join");
    assert_eq!(attempt.status.map(|status| status.code), Some(0));
    assert_eq!((attempt.failures.len(), attempt.decisive), (1, None));
}

#[test]
fn flags_are_no_codes_and_other_work_is_no_join() {
    let text = "NetpValidateName: checking to see if 'APP1' is valid as type 1 name\n\
        NetpCheckNetBiosNameNotInUse for 'APP1' [MACHINE] returned 0x0\n";
    assert_eq!(last_join(text), None);
    assert_eq!(last_join(""), None);
    let text = "NetpJoinDomain\nNetpDsGetDcName: trying to find DC in domain 'lab.test', flags: \
        0x40001010, error unknown\n";
    assert_eq!(last_join(text).map(|attempt| attempt.failures.len()), Some(0));
}

proptest! {
    #[test]
    fn takes_any_text(
        text in "(NetpDoDomainJoin|NetpJoinDomain|: status: |0x|6d9|\n|-----------|1/2/3 |4:5:6 |\\\\|'|\\PC){0,60}",
    ) {
        if let Some(attempt) = last_join(&text) {
            prop_assert!(attempt.first_line >= 1 && attempt.first_line <= attempt.last_line);
        }
    }
}

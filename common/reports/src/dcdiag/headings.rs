//! The headings of the tests of `dcdiag`.

/// The tests of dcdiag that name themselves in a heading.
const TESTS: [&str; 29] = [
    "CheckSecurityError",
    "CutoffServers",
    "DNS",
    "FrsSysVol",
    "FsmoCheck",
    "OutboundSecureChannels",
    "Topology",
    "VerifyEnterpriseReferences",
    "VerifyReplicas",
    "Connectivity",
    "Advertising",
    "FrsEvent",
    "DFSREvent",
    "SysVolCheck",
    "KccEvent",
    "KnowsOfRoleHolders",
    "MachineAccount",
    "NCSecDesc",
    "NetLogons",
    "ObjectsReplicated",
    "Replications",
    "RidManager",
    "Services",
    "SystemLog",
    "VerifyReferences",
    "CheckSDRefDom",
    "CrossRefValidation",
    "LocatorCheck",
    "Intersite",
];

/// `Starting test: Connectivity`: a label in any language, and the name of a test.
pub(super) fn heading_of_a_test(line: &str) -> bool {
    let Some((label, test)) = line.split_once([':', '：']) else { return false };
    is_test(test.trim()) && !label.contains(|c: char| c.is_ascii_digit())
}

/// Whether a word is the name of a test; older versions write some in small letters.
pub(super) fn is_test(word: &str) -> bool {
    TESTS.iter().any(|test| test.eq_ignore_ascii_case(word))
}

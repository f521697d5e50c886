//! Tests of what is found in lines of every language.

use super::*;

const DRS: &str = "e3514235-4b06-11d1-ab04-00c04fc2dcd2";

#[test]
fn guids_in_any_company() {
    for text in [
        DRS.to_owned(),
        format!("DSA object GUID: {DRS}"),
        format!("a-b {{{}}}", DRS.to_uppercase()),
        format!("オブジェクト GUID: {DRS}。"),
        format!("----{DRS}"),
    ] {
        assert_eq!(guids(&text), [Uuid::try_parse(DRS).expect("a GUID")], "{text}");
    }
    assert!(guids("é-4b06-11d1-ab04-00c04fc2dcd2").is_empty());
    let alias_of = |text: &str| alias(text).map(|guid| guid.to_string());
    assert_eq!(alias_of(&format!("at {DRS}._MSDCS.contoso.com")).as_deref(), Some(DRS));
    assert_eq!(alias_of("x._msdcs.contoso.com"), None);
}

#[test]
fn numbers_stand_by_themselves() {
    let of = |text: &str| numbers(text).iter().map(|number| number.value).collect::<Vec<_>>();
    assert_eq!(of("result 1753 (0x6d9): 12 of 3"), [1753, 12, 3]);
    assert_eq!(of("結果1753 (0x6d9)"), [1753]);
    assert_eq!(of("-2146893022 (0x80090322)"), [-2_146_893_022]);
    assert_eq!(of("DC2 2026-11-20 09:15:00 10.0.0.1 a-1 3."), [3]);
    assert_eq!(of(&format!("{DRS} 5 / 8")), [5, 8]);
    assert!(of("99999999999999999999").is_empty());
}

#[test]
fn codes() {
    assert_eq!(paired_code("Ergebnis 1753 (0x6d9):"), Some(1753));
    assert_eq!(paired_code("result -2146893022 (0x80090322):"), Some(-2_146_893_022));
    assert_eq!(paired_code("port 135 (epmap)"), None);
    assert_eq!(paired_code("12 (0x6d9)"), None, "two different numbers");
    assert_eq!(paired_code("LDAP Error 81(0x51): Server Down"), None, "LDAP's own");
    assert_eq!(paired_code("LDAP-Fehler 81 (0x51), Win32 1753 (0x6d9)"), Some(1753));
    assert_eq!(named_code("LDAP error 81 (Server Down) Win32 Err 58."), Some(58));
    assert_eq!(named_code("[dc6] DsBindWithCred() failed with error 1753"), Some(1753));
    assert_eq!(named_code("LDAP error 81 (Server Down)"), None);
    assert_eq!(bracketed_code("100  (1722) The RPC server"), Some(1722));
    assert_eq!(bracketed_code("failure(s) 3"), None);
    assert_eq!(hexadecimal("status: 0x6d9"), Some(1753));
    assert_eq!(hexadecimal("0x80090322"), Some(-2_146_893_022));
}

#[test]
fn times_of_every_kind() {
    for (text, expected) in [
        ("Last attempt @ 2026-11-20 09:15:00 failed", vec!["2026-11-20 09:15:00"]),
        ("am 20.11.2026 um 9", vec![]),
        ("Letzter Versuch am 20.11.2026 09:15:00 war", vec!["20.11.2026 09:15:00"]),
        ("at 11/20/2026 9:15:00 AM.", vec!["11/20/2026 9:15:00 AM"]),
        ("2001-05-01 10:10.10 was", vec!["2001-05-01 10:10.10"]),
        ("@ Fri Nov 20 09:15:00 2026 UTC was", vec!["Fri Nov 20 09:15:00 2026 UTC"]),
        ("Date: 2026-11-21T09:15:00.000", vec!["2026-11-21T09:15:00.000"]),
        ("Last attempt @ <date> <time> failed", vec!["<date> <time>"]),
        ("4/29/2013 17:22:1:235", vec!["4/29/2013 17:22:1:235"]),
        (
            "2026/11/20 午前 9:15:00 と 2026-11-19 22:00:00.",
            vec!["2026/11/20 午前 9:15:00", "2026-11-19 22:00:00"],
        ),
    ] {
        assert_eq!(moments(text), expected, "{text}");
    }
}

#[test]
fn names() {
    assert_eq!(
        site_and_server(r"Default-First-Site-Name\DC2 via RPC"),
        Some(("Default-First-Site-Name", "DC2", " via RPC"))
    );
    assert_eq!(site_and_server(r"Köln Süd\DC-2"), Some(("Köln Süd", "DC-2", "")));
    assert_eq!(site_and_server(r"\\DC2"), None);
    assert_eq!(site_and_server("C:\\Users"), None);
    let dn = "CN=NTDS Settings,CN=DC2,CN=Servers,CN=Mitte,CN=Sites,CN=Configuration,DC=a";
    assert_eq!(ntds_settings(dn), Some(("Mitte".to_owned(), "DC2".to_owned())));
    assert!(is_dn("DC=contoso,DC=com") && !is_dn("a = b") && !is_dn("DC="));
    assert!(is_host("DC-2.contoso.com") && !is_host("10.0.0.1") && !is_host("a b"));
}

//! Remedies for wrong data in the directory.

use super::{
    super::super::culprit::{Culprit, Older, StaleSettings},
    commands::command,
    context::RemedyContext,
};

pub(super) fn steps(g: &RemedyContext<'_>) -> Vec<String> {
    let (dest, source) = (g.dest, g.source);
    let Some(Culprit::NtdsSettings(settings)) = g.culprit else { return Vec::new() };
    let site = g.case.known_settings().and_then(|known| known.site.as_deref());
    let (root, root_is) = root(g);
    let site_is = if site.is_some() {
        ""
    } else {
        ", SITE in this command (the site under which the object stands)"
    };
    let object = format!(
        "CN=NTDS Settings,CN={},CN=Servers,CN={},CN=Sites,CN=Configuration,{root}",
        settings.server,
        site.unwrap_or("SITE")
    );
    let age = match settings.older {
        Older::Destinations => format!("{dest} holds the older of the two objects"),
        Older::Sources => format!("{source} itself runs on the older of the two objects"),
        Older::NotKnown => "which of the two objects is the newer was not seen".to_owned(),
    };
    let compare = |host: &dyn std::fmt::Display| {
        format!(
            "ldbsearch -H ldap://{host} -U Administrator -b \"{object}\" -s base objectGUID whenCreated"
        )
    };
    let here = command(
        g.destination_platform(),
        &format!("repadmin /showattr {dest} \"{object}\" /atts:objectGUID,whenCreated"),
        &compare(dest),
    );
    let promoted = g.at_source(
        "its last promotion (%systemroot%\\debug\\dcpromo.log there)",
        "the day on which it joined",
    );
    let mut steps = vec![format!(
        "{age}; confirm that by the creation time, and by {promoted}: {here}, and the same on {source}{site_is}{root_is}"
    )];
    if settings.older == Older::Sources {
        steps.push(format!(
            "find out how {source} came to run on the older object: restored from an old backup or \
             snapshot, or a \
             second host of that name; do not force replication from it before that is clear"
        ));
        steps.push(anew(g));
        return steps;
    }
    let pull = command(
        g.destination_platform(),
        &format!("repadmin /replicate {dest} HUB \"CN=Configuration,{root}\""),
        &format!("samba-tool drs replicate {dest} HUB \"CN=Configuration,{root}\""),
    );
    steps.push(format!(
        "let {dest} pull the configuration from a domain controller that knows the newer object, HUB in \
         this command: {pull}{root_is}"
    ));
    steps.push(remove(g, settings));
    steps
}

/// The distinguished name of the forest's root, by the word of either end, since replication stays within a forest;
/// else a name for it, and what that stands for.
fn root(g: &RemedyContext<'_>) -> (String, &'static str) {
    let evidence = g.case.evidence;
    let hosts = [&evidence.source.host, &evidence.destination.host].into_iter().flatten();
    let forest = hosts.filter_map(|host| host.fact.forest.value()).next();
    let Some(forest) = forest else {
        return (
            "ROOT".to_owned(),
            ", ROOT in this command (the distinguished name of the forest's root domain)",
        );
    };
    let labels: Vec<String> =
        forest.as_str().split('.').map(|label| format!("DC={label}")).collect();
    (labels.join(","), "")
}

/// The step that builds the host anew that runs on the older object: the object alone cannot be taken from it.
fn anew(g: &RemedyContext<'_>) -> String {
    let source = g.source;
    let how = g.at_source(
        "in PowerShell Uninstall-ADDSDomainController -ForceRemoval, before Windows Server 2012 dcpromo \
         /forceremoval, then promote it again",
        "systemctl stop samba-ad-dc, move its private folder aside, then samba-tool domain join",
    );
    format!(
        "only then, and only if it is {source} that has to go, demote it by force and promote it again: \
         {how}; changes that only {source} has are lost, and this cannot be undone"
    )
}

/// The step that removes the older object. Both objects are of one host: deleting its server or its account
/// takes away what the newer one needs.
fn remove(g: &RemedyContext<'_>, settings: &StaleSettings) -> String {
    let dest = g.dest;
    let (guid, guid_is) = match settings.older {
        Older::Destinations => (settings.known.0.to_string(), ""),
        Older::Sources | Older::NotKnown => {
            ("GUID".to_owned(), ", GUID in this command (the one that was created first)")
        }
    };
    let tool = command(
        g.destination_platform(),
        "in ADSI Edit, the object NTDS Settings alone",
        &format!("ldbdel --recursive -H ldap://{dest} -U Administrator \"<GUID={guid}>\""),
    );
    format!(
        "only then, and only if it is still there, remove the older object, objectGUID {guid}: {tool}{guid_is}; \
         this cannot be undone, so identify the object by its objectGUID; do not clean up the metadata of \
         the server (ntdsutil, samba-tool domain demote --remove-other-dead-server): that deletes the \
         computer's account too, which the newer object needs"
    )
}

//! What to do about directory data.

use super::{
    super::super::culprit::{Culprit, Older, StaleSettings},
    commands::command,
    context::RemedyContext,
};

pub(super) fn steps(g: &RemedyContext<'_>) -> Vec<String> {
    let (dest, source) = (g.dest, g.source);
    let Some(Culprit::NtdsSettings(settings)) = g.culprit else { return Vec::new() };
    let site = g.case.known_settings().and_then(|known| known.site.as_deref());
    let forest = g.case.source_host.and_then(|host| host.fact.forest.value());
    let root = forest.map_or("DC=...".to_owned(), |forest| {
        let labels: Vec<String> =
            forest.as_str().split('.').map(|label| format!("DC={label}")).collect();
        labels.join(",")
    });
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
        g.case.destination_platform(),
        &format!("repadmin /showattr {dest} \"{object}\" /atts:objectGUID,whenCreated"),
        &compare(dest),
    );
    let promoted = g.at_source(
        " and the last promotion of it (%systemroot%\\debug\\dcpromo.log there)",
        " and the day on which it joined",
    );
    let mut steps = vec![format!(
        "{age}; make sure with the creation time{promoted}: {here}, and the same on {source}"
    )];
    if settings.older == Older::Sources {
        steps.push(format!(
            "find out how {source} came to run on it: restored from an old backup or snapshot, or a \
             second host of that name; do not force replication from it before that is clear"
        ));
        steps.push(anew(g));
        return steps;
    }
    let pull = command(
        g.case.destination_platform(),
        &format!("repadmin /replicate {dest} HUB \"CN=Configuration,{root}\""),
        &format!("samba-tool drs replicate {dest} HUB \"CN=Configuration,{root}\""),
    );
    steps.push(format!(
        "let {dest} pull the configuration from a domain controller that knows the newer object, \
         HUB in this: {pull}"
    ));
    steps.push(remove(g, settings));
    steps
}

/// The host that runs on the older object is built anew: the object alone cannot be taken from it.
fn anew(g: &RemedyContext<'_>) -> String {
    let source = g.source;
    let how = g.at_source(
        "in PowerShell Uninstall-ADDSDomainController -ForceRemoval, before Windows Server 2012 dcpromo \
         /forceremoval, then promote it again",
        "systemctl stop samba-ad-dc, move its private folder aside, then samba-tool domain join",
    );
    format!(
        "only then, and only if it is that one that has to go, demote {source} by force and promote it \
         anew: {how}; what only it has is lost, and that cannot be undone"
    )
}

/// Both objects are of one host: what takes its server or its account along takes the newer one's.
fn remove(g: &RemedyContext<'_>, settings: &StaleSettings) -> String {
    let dest = g.dest;
    let guid = match settings.older {
        Older::Destinations => settings.known.0.to_string(),
        Older::Sources | Older::NotKnown => "GUID".to_owned(),
    };
    let tool = command(
        g.case.destination_platform(),
        "in ADSI Edit, the object NTDS Settings alone",
        &format!("ldbdel --recursive -H ldap://{dest} -U Administrator \"<GUID={guid}>\""),
    );
    format!(
        "only then, and only if it is still there, remove the older object, objectGUID {guid}: {tool}; it \
         cannot be undone, so make sure by the objectGUID which one it is; no metadata cleanup of the \
         server (ntdsutil, samba-tool domain demote --remove-other-dead-server): that takes the \
         computer's account too, which belongs to the newer object as well"
    )
}

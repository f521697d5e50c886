//! What to do about directory data.

use super::{
    super::directory::{Older, older},
    remedy::{Ground, command},
};

pub(super) fn steps(g: &Ground<'_>) -> Vec<String> {
    let (dest, source) = (g.dest, g.source);
    let known = g.case.known_settings();
    let forest = g.case.source_host.and_then(|host| host.fact.forest.value());
    let root = forest.map_or("DC=...".to_owned(), |forest| {
        let labels: Vec<String> =
            forest.as_str().split('.').map(|label| format!("DC={label}")).collect();
        labels.join(",")
    });
    let object = match known {
        Some(known) => format!(
            "CN=NTDS Settings,CN={},CN=Servers,CN={},CN=Sites,CN=Configuration,{root}",
            known.server,
            known.site.as_deref().unwrap_or("SITE")
        ),
        None => format!("CN=NTDS Settings of {source}"),
    };
    let age = match known.map(|known| older(g.case, known)) {
        Some(Older::Destinations) => format!("{dest} holds the older of the two objects"),
        Some(Older::Sources) => format!("{source} itself runs on the older of the two objects"),
        _ => "which of the two objects is the newer was not seen".to_owned(),
    };
    let compare = |host: &dyn std::fmt::Display| {
        format!(
            "ldbsearch -H ldap://{host} -U Administrator -b \"{object}\" -s base objectGUID whenCreated"
        )
    };
    let here = command(
        g.case.destination_platform(),
        &format!("repadmin /showobjmeta {dest} \"{object}\""),
        &compare(dest),
    );
    let promoted = g.at_source(
        " and the last promotion of it (%systemroot%\\debug\\dcpromo.log there)",
        " and the day on which it joined",
    );
    let mut steps = vec![format!(
        "{age}; make sure with the creation time{promoted}: {here}, and the same on {source}"
    )];
    if known.is_some_and(|known| older(g.case, known) == Older::Sources) {
        steps.push(format!(
            "find out how {source} came to run on it: restored from an old backup or snapshot, or a \
             second host of that name; do not force replication from it before that is clear"
        ));
    } else {
        let pull = command(
            g.case.destination_platform(),
            &format!("repadmin /replicate {dest} HUB \"CN=Configuration,{root}\""),
            &format!("samba-tool drs replicate {dest} HUB \"CN=Configuration,{root}\""),
        );
        steps.push(format!(
            "let {dest} pull the configuration from a domain controller that knows the newer object, \
             HUB in this: {pull}"
        ));
    }
    let tool = command(
        g.case.destination_platform(),
        "in Active Directory Sites and Services",
        "with samba-tool domain demote --remove-other-dead-server, which takes all of a server's objects",
    );
    steps.push(format!(
        "only then, and only if it is still there, remove the older object {tool}: metadata cleanup \
         deletes a domain controller from the directory and cannot be undone, so make sure by its \
         objectGUID which one it is"
    ));
    steps
}

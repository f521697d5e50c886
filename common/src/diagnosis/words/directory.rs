//! What to do about directory data.

use super::{
    super::directory::{Older, older},
    remedy::Ground,
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
    let mut steps = vec![format!(
        "{age}; make sure with the creation time and the last promotion of {source} \
         (%systemroot%\\debug\\dcpromo.log there): repadmin /showobjmeta {dest} \"{object}\", and the \
         same on {source}"
    )];
    if known.is_some_and(|known| older(g.case, known) == Older::Sources) {
        steps.push(format!(
            "find out how {source} came to run on it: restored from an old backup or snapshot, or a \
             second host of that name; do not force replication from it before that is clear"
        ));
    } else {
        steps.push(format!(
            "let {dest} pull the configuration from a domain controller that knows the newer object, \
             HUB in this: repadmin /replicate {dest} HUB \"CN=Configuration,{root}\""
        ));
    }
    steps.push(
        "only then, and only if it is still there, remove the older object in Active Directory Sites \
         and Services: metadata cleanup deletes a domain controller from the directory and cannot be \
         undone, so make sure by its objectGUID which one it is"
            .to_owned(),
    );
    steps
}

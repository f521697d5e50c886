//! Remedies for a destination whose own directory does not run, or whose RPC runtime has no TCP.

use super::{
    super::super::culprit::{Culprit, ServiceTrouble},
    commands::command,
    context::RemedyContext,
    service::{enable, normal_mode},
};

pub(super) fn not_serving(g: &RemedyContext<'_>) -> Vec<String> {
    let (dest, name, value) = (g.dest, &g.name, &g.value);
    let platform = g.destination_platform();
    if let Some(Culprit::BootMode { .. }) = g.culprit {
        return vec![format!(
            "{}; until then nothing replicates to {dest} from any source",
            normal_mode(dest)
        )];
    }
    let (service, trouble) = match g.culprit {
        Some(Culprit::Service { service: Some(service), trouble, .. }) => {
            (service.as_str(), Some(trouble))
        }
        _ => ("NTDS", None),
    };
    let log = command(
        platform,
        &format!("sc.exe qc {service}, and the Directory Service log"),
        "systemctl status samba-ad-dc, journalctl -u samba-ad-dc, /var/log/samba",
    );
    let mut steps = vec![format!(
        "{name}: {value}: nothing replicates to {dest} from any source; on {dest}, see why: {log}"
    )];
    if matches!(trouble, Some(ServiceTrouble::Lasts { .. })) {
        steps.push(format!(
            "the log names what the service waits for (DNS that does not answer, a large database), and starting it \
             once more does not end that: only when that is clear restart {dest}, which interrupts its clients"
        ));
        return steps;
    }
    let disabled = matches!(trouble, Some(ServiceTrouble::NotRunning { is_disabled: true, .. }));
    let enable = if disabled { enable(service) } else { String::new() };
    let start = command(
        platform,
        &format!(
            "{enable}net start {service}; then the services that stopped with it: Kdc, IsmServ, DFSR, DNS"
        ),
        "see that its task is in `server services` of smb.conf, then systemctl restart samba-ad-dc, which \
         interrupts its clients",
    );
    steps.push(format!(
        "start it on {dest}, unless somebody stopped it for an offline repair of the database: {start}"
    ));
    steps
}

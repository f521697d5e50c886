//! The sites of the two ends of a link.

use epmesh_facts::DnsName;

use super::{super::evidence::Evidence, fresh_evidence::Case};

/// The destination's site by its own word, else by another domain controller's copy of the directory.
pub(in crate::diagnosis) fn destination_site(case: &Case<'_>) -> Option<String> {
    let Evidence { destination, destination_site, .. } = case.evidence;
    destination.site().or(destination_site.as_ref()).cloned()
}

/// The source's site by its own word, else by the destination's copy of the directory, else by another
/// domain controller's.
pub(in crate::diagnosis) fn source_site(case: &Case<'_>) -> Option<String> {
    let Evidence { source, source_site, .. } = case.evidence;
    let held = || case.known_settings()?.site.as_ref();
    source.site().or_else(held).or(source_site.as_ref()).cloned()
}

impl Case<'_> {
    /// Whether the two ends are in different sites, where both sites are known.
    pub(in crate::diagnosis) fn is_between_sites(&self) -> Option<bool> {
        Some(destination_site(self)? != source_site(self)?)
    }
}

/// The site of any domain controller by the destination's copy of the directory, else by the source's.
pub(in crate::diagnosis) fn site_of<'a>(case: &Case<'a>, dc: &DnsName) -> Option<&'a String> {
    let copies = [case.destination_directory(), case.source_directory()];
    let rows = copies.into_iter().flatten().filter_map(|copy| copy.settings.value()).flatten();
    let mut sites = rows.filter(|row| row.host.as_ref() == Some(dc));
    sites.find_map(|row| row.site.as_ref())
}

//! The evidence on a link.

use super::*;

#[test]
fn evidence_begins_with_the_destination_and_knows_the_owners() {
    let (mut view, mut agents) = fleet();
    agents[2].report(&mut view, 10, 10, vec![Body::Peer(seen(B, "10.0.0.2", true, 1))]);
    agents[0].report(&mut view, 11, 11, vec![Body::Peer(seen(B, "10.0.0.3", false, 1))]);
    let evidence = view.evidence(&link(A, B), at(12));
    let witnesses: Vec<_> = evidence.observations.iter().map(|seen| seen.witness.host()).collect();
    assert_eq!(witnesses, ["dc1", "dc3"]);
    let owner = |address: &str| evidence.owners.get(&address.parse().expect("an address"));
    assert_eq!(owner("10.0.0.3"), Some(&name(C)));
    assert_eq!(owner("10.0.0.2"), Some(&name(B)));
    assert_eq!(evidence.fresh_for_ms, 195_000);
    let later = view.evidence(&link(A, B), at(1000));
    assert!(later.owners.is_empty(), "who owned it a while ago is not known to own it");
}

#[test]
fn the_site_of_one_that_cannot_say_it_is_in_any_copy_of_the_directory() {
    let (mut view, mut agents) = fleet();
    let mut held = directory(&[A, B, C]);
    held.settings = held.settings.map(|all| {
        let in_branch = |one| NtdsSettings { site: Some("Branch".to_owned()), ..one };
        all.into_iter().map(in_branch).collect()
    });
    let mute = Host { site: Reading::unseen("no answer"), ..host(B, &["10.0.0.2"]) };
    agents[1].report(&mut view, 10, 10, vec![own(Section::Host(mute))]);
    agents[2].report(&mut view, 10, 10, vec![own(Section::Directory(held))]);
    view.rearrange(at(10));
    let sites = |to, from| {
        let evidence = view.evidence(&link(to, from), at(11));
        (evidence.destination_site, evidence.source_site)
    };
    assert_eq!(sites(B, A), (Some("Branch".to_owned()), None));
    assert_eq!(sites(A, B), (None, Some("Branch".to_owned())));
}

//! Tests of the domain controllers that are known, of their names, and of who looks at whom.

use super::*;

#[test]
fn the_directory_makes_known_and_enrolment_makes_a_destination() {
    let (mut view, mut agents) = fleet();
    agents[0].report(&mut view, 10, 10, vec![own(Section::Directory(directory(&[A, B, C, D])))]);
    assert!(view.has_moved());
    let rearranged = view.rearrange(at(10));
    assert_eq!(rearranged.replanned.len(), 3);
    assert_eq!(view.links().len(), 9);
    assert!(view.links().iter().all(|link| link.destination != name(D)));
    let status = view.statuses().pop().expect("four of them");
    assert_eq!((status.name, status.agent), (name(D), false));
    let plan = view.plan(&name(A)).expect("a plan");
    let target = plan.targets.iter().find(|target| target.name == name(D)).expect("a target");
    assert!(target.dsa_guid.is_some());
    assert_eq!(target.forest, Some(name("lab.test")));
    judge_all(&mut view, State::Healthy);
    // It leaves the directory: its links go, and are told.
    agents[0].report(&mut view, 20, 20, vec![own(Section::Directory(directory(&[A, B, C])))]);
    assert_eq!(view.rearrange(at(20)).gone.len(), 3);
}

#[test]
fn an_old_directory_names_nobody_beside_a_fresh_one() {
    let (mut view, mut agents) = fleet();
    agents[0].report(&mut view, 0, 0, vec![own(Section::Directory(directory(&[A, B, C, D])))]);
    view.rearrange(at(5000));
    assert_eq!(view.statuses().len(), 4, "the newest copy stands while there is no fresh one");
    agents[1].report(&mut view, 5000, 5000, vec![own(Section::Directory(directory(&[A, B, C])))]);
    view.rearrange(at(5000));
    assert_eq!(view.statuses().len(), 3);
}

/// D was promoted anew, and has no agent that says which GUID is its own.
#[test]
fn a_copy_that_lags_behind_sends_nobody_to_a_name_that_is_gone() {
    let (mut view, mut agents) = fleet();
    let copy = |guid, created| {
        let Directory { settings, .. } = directory(&[D]);
        let (dsa_guid, created) = (Uuid::from_u128(guid), Some(at(created)));
        let remade = |one| NtdsSettings { dsa_guid, created, ..one };
        let settings = settings.map(|all| all.into_iter().map(remade).collect());
        own(Section::Directory(Directory { settings, ..directory(&[]) }))
    };
    agents[0].report(&mut view, 10, 10, vec![copy(2, 900)]);
    agents[1].report(&mut view, 20, 20, vec![copy(1, 800)]);
    view.rearrange(at(20));
    for agent in [A, B, C] {
        let plan = view.plan(&name(agent)).expect("a plan");
        let target = plan.targets.iter().find(|target| target.name == name(D)).expect("a target");
        assert_eq!(target.dsa_guid, Some(Uuid::from_u128(2)), "{agent}");
    }
}

#[test]
fn plans_change_their_version_with_their_content_alone() {
    let (mut view, _) = fleet();
    let before = view.plan(&name(A)).expect("a plan");
    assert_eq!(view.rearrange(at(100)).replanned, Vec::<DnsName>::new());
    assert_eq!(view.plan(&name(A)), Some(before.clone()));
    view.enrolled(&name(D));
    assert_eq!(view.rearrange(at(0)).replanned.len(), 4);
    assert!(view.plan(&name(A)).expect("a plan").version > before.version);
}

#[test]
fn short_names_find_who_they_name() {
    let (mut view, _) = fleet();
    assert_eq!(view.find("DC1"), Ok(name(A)));
    assert_eq!(view.find(A), Ok(name(A)));
    assert!(view.find("dc9").is_err());
    view.enrolled(&name("dc1.other.test"));
    view.rearrange(at(0));
    let error = view.find("dc1").expect_err("two of them");
    assert_eq!(error.to_string(), "\"dc1\" may be dc1.lab.test or dc1.other.test");
    for forest in 0..300 {
        view.enrolled(&name(&format!("dc1.forest{forest}.test")));
    }
    let error = view.find("dc1").expect_err("one in every forest").to_string();
    assert!(error.ends_with(" or one of 294 more") && error.len() < 400, "{error}");
}

/// A service that stops, told by its agent every minute, with the words of the coordinator on since when.
#[test]
fn a_state_that_lasts_is_dated_from_the_first_word_of_it() {
    let (mut view, mut agents) = fleet();
    let told = |state| {
        let mut services = services(None);
        let Reading::Value(list) = &mut services.list else { panic!("a list") };
        list.iter_mut().for_each(|service| service.state = state);
        own(Section::Services(services))
    };
    let lasting = |view: &View| {
        let facts = view.facts(&name(B)).expect("it has spoken");
        facts.lasting.iter().map(|held| (held.since, held.came_then)).collect::<Vec<_>>()
    };
    agents[1].report(&mut view, 10, 10, vec![told(ServiceState::Running)]);
    assert_eq!(lasting(&view), []);
    agents[1].report(&mut view, 70, 70, vec![told(ServiceState::Stopping)]);
    agents[1].report(&mut view, 130, 130, vec![told(ServiceState::Stopping)]);
    assert_eq!(lasting(&view), [(at(70), true)]);
    // Nothing was heard for an hour: it may have run in between.
    agents[1].report(&mut view, 3700, 3700, vec![told(ServiceState::Stopping)]);
    assert_eq!(lasting(&view), [(at(3700), false)]);
    agents[1].report(&mut view, 3760, 3760, vec![told(ServiceState::Stopped)]);
    assert_eq!(lasting(&view), []);
}

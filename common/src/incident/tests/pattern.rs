//! Every shape of pattern out of the smallest set of links that has it, and one more where what it
//! rests on is not so.

use super::*;

/// The sites of the fleet: 1 and 2 stand in Branch, the others in Main.
fn site(number: usize) -> &'static str {
    if number <= 2 { "Branch" } else { "Main" }
}

/// The DNS server that each asks first.
fn asks(number: usize) -> &'static str {
    if number.is_multiple_of(2) { "10.0.0.53" } else { "10.0.0.54" }
}

/// One fault among five domain controllers, and who is hit by it.
struct Case {
    name: &'static str,
    /// The destination and the source of the links that it breaks.
    hits: fn(usize, usize) -> bool,
    state: State,
    /// Whether it is IPv6 alone that does not get through.
    only_v6: bool,
    /// What nobody has looked at yet.
    unseen: fn(usize, usize) -> bool,
    shape: Shape,
    /// How many are hit, and out of how many.
    counts: (usize, usize),
    words: &'static str,
}

const PLAIN: Case = Case {
    name: "",
    hits: |_, _| false,
    state: State::Failing,
    only_v6: false,
    unseen: |_, _| false,
    shape: Shape::Mixed,
    counts: (0, 0),
    words: "",
};

const CASES: &[Case] = &[
    Case {
        name: "all that look at one source",
        hits: |_, to| to == 5,
        shape: Shape::AllDestinations,
        counts: (4, 4),
        words: "4 of 4 destinations fail: all that look at dc5.lab.test",
        ..PLAIN
    },
    Case {
        name: "all of whom something is known",
        hits: |_, to| to == 5,
        unseen: |from, _| from > 2,
        shape: Shape::AllDestinations,
        counts: (2, 2),
        words: "2 of 2 destinations fail: all that look at dc5.lab.test",
        ..PLAIN
    },
    Case {
        name: "one of several",
        hits: |from, to| (from, to) == (1, 5),
        shape: Shape::OneDestination,
        counts: (1, 4),
        words: "1 of 4 destinations of dc5.lab.test fail",
        ..PLAIN
    },
    Case {
        name: "the only one that looks says nothing of the source",
        hits: |from, to| (from, to) == (1, 5),
        unseen: |from, _| from != 1,
        shape: Shape::OneDestination,
        counts: (1, 1),
        words: "1 of 1 destinations of dc5.lab.test fail",
        ..PLAIN
    },
    Case {
        name: "one, towards some of its sources",
        hits: |from, to| from == 1 && to >= 4,
        shape: Shape::OneDestination,
        counts: (2, 4),
        words: "2 of 4 sources fail for dc1.lab.test",
        ..PLAIN
    },
    Case {
        name: "one, towards all of its sources",
        hits: |from, _| from == 1,
        shape: Shape::AllSources,
        counts: (4, 4),
        words: "4 of 4 sources fail for dc1.lab.test",
        ..PLAIN
    },
    Case {
        name: "all to and from one",
        hits: |from, to| from == 1 || to == 1,
        shape: Shape::AllLinks,
        counts: (8, 8),
        words: "8 of 8 links fail: all to and from dc1.lab.test",
        ..PLAIN
    },
    Case {
        name: "all but one to and from one",
        hits: |from, to| (from == 1 || to == 1) && (from, to) != (2, 1),
        counts: (7, 7),
        words: "7 links between 4 destinations and 5 sources",
        ..PLAIN
    },
    Case {
        name: "one site",
        hits: |from, to| from <= 2 && to == 5,
        shape: Shape::OneSite,
        counts: (2, 4),
        words: "2 of 2 destinations in site Branch fail, none of the 2 elsewhere",
        ..PLAIN
    },
    Case {
        name: "all of a site but one are not the site",
        hits: |from, to| (from == 3 || from == 2) && to == 5,
        counts: (2, 4),
        words: "2 of 4 destinations of dc5.lab.test fail",
        ..PLAIN
    },
    Case {
        name: "those who use one DNS server",
        hits: |from, to| from % 2 == 0 && to == 5,
        shape: Shape::OneDnsServer,
        counts: (2, 4),
        words: "2 of 2 destinations that use DNS server 10.0.0.53 fail, none of the other 2",
        ..PLAIN
    },
    Case {
        name: "the same, before it does harm",
        hits: |from, to| from % 2 == 0 && to == 5,
        state: State::Latent,
        shape: Shape::OneDnsServer,
        counts: (2, 4),
        words: "2 of 2 destinations that use DNS server 10.0.0.53 will fail, none of the other 2",
        ..PLAIN
    },
    Case {
        name: "only IPv6",
        hits: |from, to| from <= 2 && to == 5,
        only_v6: true,
        shape: Shape::OnlyIpv6,
        counts: (2, 2),
        words: "only IPv6: 2 of 2 links that are hit get through over IPv4",
        ..PLAIN
    },
    Case {
        name: "two sources and one site",
        hits: |from, to| from <= 2 && to >= 4,
        shape: Shape::OneSite,
        counts: (4, 8),
        words: "4 of 4 links of destinations in site Branch fail, none of the other 4 to the same 2 sources",
        ..PLAIN
    },
    Case {
        name: "two sources and those who use one DNS server",
        hits: |from, to| from % 2 == 0 && to % 2 == 1 && to > 1,
        state: State::Latent,
        shape: Shape::OneDnsServer,
        counts: (4, 8),
        words: "4 of 4 links of destinations that use DNS server 10.0.0.53 will fail, none of the other 4 to the same 2 sources",
        ..PLAIN
    },
    Case {
        name: "two sources and two destinations that have nothing in common",
        hits: |from, to| (from == 2 || from == 3) && to >= 4,
        counts: (4, 4),
        words: "4 links between 2 destinations and 2 sources",
        ..PLAIN
    },
    Case {
        name: "two sources and some of a site",
        hits: |from, to| from <= 2 && to >= 4 && (from, to) != (2, 5),
        counts: (3, 3),
        words: "3 links between 2 destinations and 2 sources",
        ..PLAIN
    },
    Case {
        name: "two sources, and nobody else looks at them",
        hits: |from, to| from <= 2 && to >= 4,
        unseen: |from, _| from > 2,
        counts: (4, 4),
        words: "4 links between 2 destinations and 2 sources",
        ..PLAIN
    },
];

fn judged(case: &Case, from: usize, to: usize, link: &Link) -> Verdict {
    let mut verdict = if (case.unseen)(from, to) {
        unknown(link)
    } else if (case.hits)(from, to) {
        // One candidate for all: the question here is who is hit, not by which fault.
        let fault = Fault::DnsServer { server: server("10.0.0.99") };
        let candidates = vec![(Side::NameResolution, fault)];
        let mut verdict = failing(link, Cause::DnsAStale, Side::NameResolution, candidates);
        verdict.state = case.state;
        if case.only_v6 {
            verdict.works.reached = vec!["10.0.0.1".parse().expect("an address")];
            verdict.works.missed = vec!["fd00::1".parse().expect("an address")];
        }
        verdict
    } else {
        healthy(link, &[])
    };
    verdict.works.destination_site = Some(site(from).to_owned());
    verdict.works.source_site = Some(site(to).to_owned());
    verdict.works.decided_by = Some(server(asks(from)));
    verdict
}

#[test]
fn every_shape_is_told_from_who_is_hit() {
    for case in CASES {
        let mut grouper = grouped(&fleet(5, |from, to, link| judged(case, from, to, link)));
        let incidents = grouper.incidents();
        assert_eq!(incidents.len(), 1, "{}", case.name);
        let pattern = &incidents[0].pattern;
        let expected = Pattern {
            shape: case.shape,
            hit: case.counts.0,
            of: case.counts.1,
            words: case.words.to_owned(),
        };
        assert_eq!(*pattern, expected, "{}", case.name);
    }
}

#[test]
fn no_shape_is_left_out() {
    // A new one does not compile here until it has a row above.
    let row = |shape| match shape {
        Shape::AllDestinations
        | Shape::OneDestination
        | Shape::OneSite
        | Shape::OneDnsServer
        | Shape::OnlyIpv6
        | Shape::AllSources
        | Shape::AllLinks
        | Shape::Mixed => CASES.iter().any(|case| case.shape == shape),
    };
    for shape in [
        Shape::AllDestinations,
        Shape::OneDestination,
        Shape::OneSite,
        Shape::OneDnsServer,
        Shape::OnlyIpv6,
        Shape::AllSources,
        Shape::AllLinks,
        Shape::Mixed,
    ] {
        assert!(row(shape), "{shape:?} has no row");
    }
}

//! The hosts file, as the host's own facts have it.

use std::net::IpAddr;

use epmesh_agent_host::name_files::hosts::MAX_LINES;
use epmesh_common::facts::{
    Answer, DnsName, Lookup, Question, Reading, Record, RecordData, RecordType, Resolver, Source,
};

use super::server::answered;

/// Asks the hosts file for each of `names`, both kinds of address; nothing where the platform has no hosts
/// file.
pub(in crate::probe) fn ask(resolver: &Resolver, names: &[&DnsName]) -> Vec<Lookup> {
    let questions = names.iter().flat_map(|&name| {
        [RecordType::A, RecordType::Aaaa].map(|kind| Question { name: name.clone(), kind })
    });
    let answered = questions.filter_map(|question| {
        let answer = answer(resolver, &question)?;
        Some(Lookup {
            code: None,
            local: None,
            source: Source::Hosts,
            question,
            answer,
            took_ms: 0,
            retried: false,
        })
    });
    answered.collect()
}

fn answer(resolver: &Resolver, question: &Question) -> Option<Answer> {
    let file = match &resolver.hosts {
        Reading::Value(file) => file,
        // A file that is not there maps nothing.
        Reading::Absent => return Some(Answer::NoSuchName),
        Reading::NotApplicable => return None,
        Reading::Unreadable(why) => return Some(Answer::NotAsked(why.to_string())),
    };
    let is_kind = |address: IpAddr| address.is_ipv4() == (question.kind == RecordType::A);
    let mapped = file.lines.iter().filter(|line| line.names.contains(&question.name));
    let records: Vec<Record> = mapped
        .filter(|line| is_kind(line.address))
        .map(|line| Record {
            name: question.name.clone(),
            data: RecordData::Address(line.address),
            ttl: None,
            line: Some(line.line),
        })
        .collect();
    let none = match file.lines.len() >= MAX_LINES {
        true => unread(&file.path, MAX_LINES),
        false => Answer::NoSuchName,
    };
    Some(answered(records, none))
}

/// The answer of a file that is longer than what is read of it, in which the name was not found.
pub(in crate::probe) fn unread(path: &str, most: usize) -> Answer {
    Answer::NotAsked(format!("the first {most} lines of {path} do not map it; more are not read"))
}

#[cfg(test)]
mod tests {
    use epmesh_common::facts::{Blank, HostsFile, HostsLine};

    use super::*;

    fn resolver(hosts: Reading<HostsFile>) -> Resolver {
        Resolver { hosts, ..Resolver::blank(&Blank::Absent) }
    }

    #[test]
    fn a_line_answers_with_its_number_and_the_rest_is_no() {
        let name: DnsName = "dc2.lab.test".parse().unwrap();
        let line =
            HostsLine { line: 4, address: "10.0.0.9".parse().unwrap(), names: vec![name.clone()] };
        let file = HostsFile { path: "/etc/hosts".to_owned(), lines: vec![line] };
        let lookups = ask(&resolver(Reading::Value(file)), &[&name]);
        let [a, aaaa] = lookups.as_slice() else { panic!("two questions") };
        let Answer::Records(records) = &a.answer else { panic!("{a:?}") };
        assert_eq!(records[0].line, Some(4));
        assert_eq!(aaaa.answer, Answer::NoSuchName);
    }

    #[test]
    fn a_file_too_long_to_be_read_whole_does_not_say_no() {
        let name: DnsName = "dc2.lab.test".parse().unwrap();
        let told = |lines: usize, last: &str| {
            let text = format!("10.0.0.1 a\n{}10.0.0.9 {last}\n", "10.0.0.1 b\n".repeat(lines - 2));
            let file = epmesh_agent_host::name_files::hosts::parse("hosts", &text);
            ask(&resolver(Reading::Value(file)), &[&name]).remove(0).answer
        };
        assert_eq!(told(MAX_LINES - 1, "c"), Answer::NoSuchName);
        assert!(matches!(told(MAX_LINES, "dc2.lab.test"), Answer::Records(_)));
        for lines in [MAX_LINES, MAX_LINES + 1] {
            let said = told(lines, "c");
            assert!(matches!(&said, Answer::NotAsked(why) if why.contains("4096")), "{said:?}");
        }
        assert!(matches!(told(MAX_LINES + 1, "dc2.lab.test"), Answer::NotAsked(_)), "line 4097");
    }

    #[test]
    fn what_could_not_be_read_is_not_absent() {
        let name: DnsName = "dc2.lab.test".parse().unwrap();
        let lookups = ask(&resolver(Reading::unseen("denied")), &[&name]);
        assert_eq!(lookups[0].answer, Answer::NotAsked("denied".to_owned()));
        assert_eq!(ask(&resolver(Reading::Absent), &[&name])[0].answer, Answer::NoSuchName);
        assert_eq!(ask(&resolver(Reading::NotApplicable), &[&name]), []);
    }
}

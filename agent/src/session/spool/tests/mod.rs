//! The spool against a model, torn files and a disk that is gone.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

mod crash;

const AT: Timestamp = Timestamp::from_millis(1);

fn open(directory: &Path, limits: SpoolLimits) -> Spool {
    Spool::open(directory, limits).expect("it can be opened")
}

fn note(text: &str) -> Vec<String> {
    vec![text.to_owned()]
}

fn numbers(spool: &mut Spool) -> Vec<u64> {
    let mut found = Vec::new();
    let mut last = 0;
    while let Some(report) = spool.after(last) {
        last = report.sequence;
        found.push(last);
    }
    found
}

#[test]
fn numbers_go_on_after_a_restart_even_with_nothing_left() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut spool = open(dir.path(), SpoolLimits::default());
    assert_eq!(spool.push(AT, vec![], vec![]), 1);
    assert_eq!(spool.push(AT, vec![], vec![]), 2);
    let mut spool = open(dir.path(), SpoolLimits::default());
    assert_eq!(numbers(&mut spool), [1, 2]);
    spool.acknowledge(2);
    assert!(spool.is_empty());
    let mut spool = open(dir.path(), SpoolLimits::default());
    assert_eq!(spool.push(AT, vec![], vec![]), 3);
    spool.acknowledge(3);
    let files = fs::read_dir(dir.path()).expect("a folder").count();
    assert_eq!(files, 1, "one mark and nothing else");
}

/// The loss is told by the report that caused it and by every one after it, whatever happens between.
#[test]
fn the_oldest_go_and_the_loss_is_never_forgotten() {
    let dir = tempfile::tempdir().expect("a directory");
    let limits = SpoolLimits { reports: 3, ..SpoolLimits::default() };
    let mut spool = open(dir.path(), limits);
    for _ in 0..5 {
        spool.push(AT, vec![], vec![]);
    }
    assert_eq!(numbers(&mut spool), [3, 4, 5]);
    let told: Vec<u64> = (2..5).filter_map(|after| spool.after(after)).map(|r| r.dropped).collect();
    assert_eq!(told, [0, 1, 2]);
    let mut spool = open(dir.path(), limits);
    assert_eq!(spool.dropped(), 2, "after a restart");
    spool.acknowledge(5);
    let mut spool = open(dir.path(), limits);
    assert!(spool.is_empty());
    assert_eq!(spool.dropped(), 2, "after a restart with nothing left");
    spool.push(AT, vec![], vec![]);
    assert_eq!(spool.after(0).expect("the newest").dropped, 2);
}

/// A kill after a report was written, before what it drove out was gone: that is counted once.
#[test]
fn what_is_driven_out_is_counted_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let limits = SpoolLimits { reports: 3, ..SpoolLimits::default() };
    let mut spool = open(dir.path(), limits);
    for _ in 0..3 {
        spool.push(AT, vec![], vec![]);
    }
    let oldest = record::report(dir.path(), 1);
    let kept = fs::read(&oldest).expect("it waits");
    spool.push(AT, vec![], vec![]);
    fs::write(&oldest, kept).expect("as if it had not gone");
    let mut spool = open(dir.path(), limits);
    assert_eq!((numbers(&mut spool), spool.dropped()), (vec![2, 3, 4], 1));
    // What goes because the bounds are narrower now is counted.
    let mut spool = open(dir.path(), SpoolLimits { reports: 1, ..limits });
    assert_eq!((numbers(&mut spool), spool.dropped()), (vec![4], 2));
}

#[test]
fn a_torn_file_is_skipped_and_said() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut spool = open(dir.path(), SpoolLimits::default());
    for text in ["a", "b", "c"] {
        spool.push(AT, vec![], note(text));
    }
    let path = dir.path().join(format!("{:020}.report", 2));
    let whole = fs::read(&path).expect("it was written");
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).expect("it can be cut");
        let mut spool = open(dir.path(), SpoolLimits::default());
        fs::copy(&path, dir.path().join("kept")).expect("a copy");
        assert_eq!(numbers(&mut spool), [1, 3], "cut at {length}");
        spool.push(AT, vec![], vec![]);
        let said = spool.after(3).expect("the next report");
        assert!(said.notes.iter().any(|text| text.contains("report 2 was damaged")), "{said:?}");
        assert_eq!(said.dropped, 1, "it is counted too");
        fs::remove_file(dir.path().join(format!("{:020}.report", 4))).expect("it was written");
    }
}

/// Killed after the mark was made and before the reports in front of it were gone.
#[test]
fn what_was_acknowledged_does_not_come_back_after_a_crash() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut spool = open(dir.path(), SpoolLimits::default());
    spool.push(AT, vec![], note("first"));
    let first = record::report(dir.path(), 1);
    let kept = fs::read(&first).expect("it was written");
    spool.push(AT, vec![], note("last"));
    spool.acknowledge(2);
    fs::write(&first, kept).expect("as if it had not gone");
    let mut spool = open(dir.path(), SpoolLimits::default());
    assert_eq!((numbers(&mut spool), spool.dropped()), (vec![], 0));
    assert!(!first.exists());
    assert_eq!(spool.push(AT, vec![], vec![]), 3);
}

#[test]
fn what_a_crash_left_behind_is_cleared_away() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join(format!("{:020}.report.tmp", 5)), b"half").expect("a file");
    fs::write(dir.path().join("README"), b"not ours").expect("a file");
    let spool = open(dir.path(), SpoolLimits::default());
    assert!(spool.is_empty());
    assert!(dir.path().join("README").exists());
    assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 1);
}

#[test]
fn without_a_disk_reports_wait_in_memory_and_it_is_said() {
    let dir = tempfile::tempdir().expect("a directory");
    let folder = dir.path().join("spool");
    let limits = SpoolLimits { in_memory: 3, ..SpoolLimits::default() };
    let mut spool = open(&folder, limits);
    spool.push(AT, vec![], vec![]);
    spool.acknowledge(1);
    fs::remove_dir_all(&folder).expect("the disk goes");
    for _ in 0..5 {
        spool.push(AT, vec![], vec![]);
    }
    assert_eq!(numbers(&mut spool), [4, 5, 6]);
    assert_eq!(spool.dropped(), 2);
    let report = spool.after(5).expect("the newest");
    assert!(report.notes.iter().any(|text| text.contains("cannot be written")), "{report:?}");
    assert_eq!(report.dropped, 1);
    fs::create_dir(&folder).expect("the disk comes back");
    spool.push(AT, vec![], vec![]);
    drop(spool);
    assert_eq!(numbers(&mut open(&folder, limits)), [4, 5, 6, 7], "all of them are on disk now");
}

#[derive(Clone, Debug)]
enum Step {
    Push(usize),
    Acknowledge(u64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_usize..400).prop_map(Step::Push),
        2 => (0_u64..40).prop_map(Step::Acknowledge),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn does_what_a_queue_does(steps in proptest::collection::vec(step(), 1..40)) {
        let dir = tempfile::tempdir().expect("a directory");
        let limits = SpoolLimits { bytes: 3000, reports: 8, in_memory: 4 };
        let mut spool = open(dir.path(), limits);
        let mut model: VecDeque<u64> = VecDeque::new();
        let mut next = 1;
        let mut pushed = 0_u64;
        let mut acknowledged = 0_u64;
        for step in steps {
            match step {
                Step::Push(size) => {
                    prop_assert_eq!(spool.push(AT, vec![], note(&"x".repeat(size))), next);
                    model.push_back(next);
                    next += 1;
                    pushed += 1;
                    // The oldest go; how many depends on their sizes.
                    while model.len() > spool.len() {
                        model.pop_front();
                    }
                }
                Step::Acknowledge(back) => {
                    let upto = (next - 1).saturating_sub(back);
                    spool.acknowledge(upto);
                    let before = model.len();
                    model.retain(|number| *number > upto);
                    acknowledged += u64::try_from(before - model.len()).expect("small");
                }
                Step::Restart => spool = open(dir.path(), limits),
            }
            prop_assert!(spool.bytes() <= limits.bytes && spool.len() <= limits.reports);
            prop_assert_eq!(numbers(&mut spool), model.iter().copied().collect::<Vec<_>>());
            let files: Vec<_> = fs::read_dir(dir.path()).expect("a folder")
                .map(|entry| entry.expect("a file")).collect();
            let reports = files.iter()
                .filter(|file| file.path().extension().is_some_and(|kind| kind == "report"));
            let on_disk: u64 = reports.map(|file| file.metadata().expect("a file").len()).sum();
            prop_assert_eq!(on_disk, spool.bytes());
            let marks = files.len() - spool.len();
            prop_assert_eq!(marks, usize::from(spool.is_empty() && next > 1));
            let left = u64::try_from(model.len()).expect("small");
            prop_assert_eq!(pushed, acknowledged + left + spool.dropped());
        }
    }
}

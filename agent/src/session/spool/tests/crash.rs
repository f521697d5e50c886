//! The spool of a process that is killed, and the spool on a disk that is full. Each test runs itself
//! again as the process concerned.
#![cfg(unix)]

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::process::ExitStatusExt as _,
    process::{Command, Stdio},
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use super::*;

const FOLDER: &str = "EPMESH_SPOOL_FOLDER";
const ROUNDS: usize = 20;
/// The same number on Linux and the BSDs.
const SIGXFSZ: i32 = 25;

fn again(test: &str, folder: &Path) -> Vec<String> {
    let program = env::current_exe().expect("this program");
    let program = program.to_str().expect("a plain path").to_owned();
    let folder = folder.to_str().expect("a plain path");
    let name = format!("session::spool::tests::crash::{test}");
    ["env", &format!("{FOLDER}={folder}"), &program, "--exact", &name, "--nocapture"]
        .map(str::to_owned)
        .to_vec()
}

/// Small enough to be full most of the time, so that reports drive others out.
const LIMITS: SpoolLimits = SpoolLimits { bytes: 20_000, reports: 12, in_memory: 4 };

/// What a report says can be told from its number.
fn content(number: u64) -> Vec<String> {
    note(&number.to_string().repeat(usize::try_from(number % 97).expect("small") * 10))
}

/// Whatever was said to be kept is there after a kill at any moment, and nothing was lost unsaid.
#[test]
fn what_was_kept_survives_a_kill() {
    if let Some(folder) = env::var_os(FOLDER) {
        work_for_ever(Path::new(&folder));
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let mut random = StdRng::seed_from_u64(1753);
    let (mut kept, mut given_up) = (0, 0);
    for round in 0..ROUNDS {
        let command = again("what_was_kept_survives_a_kill", dir.path());
        let mut child = Command::new(&command[0])
            .args(&command[1..])
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut left = random.random_range(1..60);
        for line in lines.map_while(Result::ok) {
            // The words of the test harness stand on the first line too.
            let mut words = line.split("spool ").last().unwrap_or_default().split(' ');
            match (words.next(), words.next().and_then(|word| word.parse().ok())) {
                (Some("kept"), Some(number)) => kept = number,
                (Some("giving-up"), Some(number)) => given_up = number,
                _ => continue,
            }
            left -= 1;
            if left == 0 {
                // It goes on meanwhile; the lines that it still writes are read, and count.
                child.kill().expect("it can be killed");
            }
        }
        child.wait().expect("it has ended");
        let mut spool = open(dir.path(), LIMITS);
        let lost = spool.dropped();
        let there = numbers(&mut spool);
        assert_eq!(spool.dropped(), lost, "round {round}: none is torn");
        let newest = there.last().copied().unwrap_or(given_up);
        assert!(newest >= kept, "round {round}: {kept} was kept, {there:?} are there");
        let oldest = there.first().copied().unwrap_or(newest + 1);
        assert!(there.iter().copied().eq(oldest..=newest), "round {round}: {there:?}");
        // What is neither there nor given up is counted: given up is what was said, or one more.
        let gone = oldest - 1;
        assert!((lost..=lost + given_up).contains(&gone), "round {round}: {lost} of {gone} lost");
        for number in there {
            let report = spool.after(number - 1).expect("it is there");
            assert_eq!(report.notes, content(number), "round {round}");
        }
        let next = spool.push(AT, vec![], content(newest + 1));
        assert_eq!(next, newest + 1, "round {round}: a number is never given out again");
    }
    assert!(kept > 0, "no child kept anything");
}

/// The kernel ends the process in the middle of a report: half of it is in a file, and it is none.
#[test]
fn half_a_report_is_none() {
    if let Some(folder) = env::var_os(FOLDER) {
        let mut spool = open(Path::new(&folder), SpoolLimits::default());
        spool.push(AT, vec![], note("small"));
        spool.push(AT, vec![], note("small"));
        spool.push(AT, vec![], note(&"x".repeat(100_000)));
        println!("nothing ended it");
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    // A file that grows beyond this many blocks ends its writer (SIGXFSZ), after what still fits.
    let output = Command::new("sh")
        .args(["-c", "ulimit -c 0; ulimit -f 2 && exec \"$@\"", "sh"])
        .args(again("half_a_report_is_none", dir.path()))
        .output()
        .expect("it starts");
    assert_eq!(output.status.signal(), Some(SIGXFSZ), "{output:?}");
    let half = fs::read_dir(dir.path())
        .expect("a folder")
        .map(|entry| entry.and_then(|entry| entry.metadata()).expect("a file").len())
        .find(|length| *length >= 1024);
    assert!(half.is_some(), "some of it was written");
    let mut spool = open(dir.path(), SpoolLimits::default());
    assert_eq!((numbers(&mut spool), spool.dropped()), (vec![1, 2], 0));
    assert_eq!(spool.push(AT, vec![], vec![]), 3);
    assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 3, "the half is cleared away");
}

/// The process to be killed.
fn work_for_ever(folder: &Path) {
    let mut spool = open(folder, LIMITS);
    let mut said = io::stdout();
    loop {
        let next = spool.next;
        let number = spool.push(AT, vec![], content(next));
        writeln!(said, "spool kept {number}").expect("it is heard");
        if number.is_multiple_of(31) {
            let upto = number - number % 3;
            writeln!(said, "spool giving-up {upto}").expect("it is heard");
            spool.acknowledge(upto);
        }
    }
}

/// On a real file system without room, the newest are kept and the oldest make room for them.
#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_the_oldest_go() {
    if let Some(folder) = env::var_os(FOLDER) {
        fill(Path::new(&folder));
        println!("the disk was full");
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let script = "mount -t tmpfs -o size=256k none \"$0\" && echo mounted && exec \"$@\"";
    let output = Command::new("unshare")
        .args(["--mount", "--map-root-user", "sh", "-c", script])
        .arg(dir.path())
        .args(again("on_a_full_disk_the_oldest_go", dir.path()))
        .output();
    let output = match output {
        Ok(output) if String::from_utf8_lossy(&output.stdout).contains("mounted") => output,
        other => {
            println!("SKIPPED on_a_full_disk_the_oldest_go: no mount namespace here: {other:?}");
            return;
        }
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    assert!(text.contains("the disk was full"), "{text}\n{errors}");
}

#[cfg(target_os = "linux")]
fn fill(folder: &Path) {
    let limits = SpoolLimits { in_memory: 3, ..SpoolLimits::default() };
    let mut spool = open(folder, limits);
    let large = || note(&"x".repeat(10_000));
    for _ in 0..100 {
        spool.push(AT, vec![], large());
        let there = numbers(&mut spool);
        let newest = *there.last().expect("there is one");
        let oldest = there[0];
        assert!(there.iter().copied().eq(oldest..=newest), "the oldest went: {there:?}");
        assert_eq!(oldest - 1, spool.dropped(), "and are counted");
        assert!(spool.in_memory().len() <= 3, "{:?}", spool.in_memory());
    }
    assert!(spool.dropped() > 50, "the disk holds some twenty: {}", spool.dropped());
    let told = spool.after(99).expect("the newest");
    assert!(told.notes.iter().any(|text| text.contains("No space left")), "{told:?}");
    // Somebody else has the room that an acknowledged report gave back.
    let waiting = spool.len();
    assert!(waiting > 10, "what was on the disk is not thrown away: {waiting}");
    // With room again, all that waits is on the disk, and the count with it.
    spool.acknowledge(95);
    let number = spool.push(AT, vec![], large());
    assert_eq!(spool.in_memory(), [0; 0]);
    let lost = spool.dropped();
    drop(spool);
    let mut spool = open(folder, limits);
    assert_eq!(numbers(&mut spool), (96..=number).collect::<Vec<_>>());
    assert_eq!(spool.dropped(), lost);
    // Everything acknowledged while there is no room at all: the number lives on.
    fs::write(folder.join("ballast"), vec![0; 1 << 20]).expect_err("there is no room for it");
    spool.acknowledge(number);
    drop(spool);
    let mut spool = open(folder, limits);
    assert!(spool.is_empty());
    assert_eq!((spool.dropped(), spool.push(AT, vec![], vec![])), (lost, number + 1));
}

//! A disk without room under an agent.

use std::time::Duration;

use serde_json::Value;

use crate::lab::Lab;

const LIMIT: Duration = Duration::from_secs(60);
const FOLDER: &str = "/var/lib/epmesh-agent";

/// The agent's disk is full: it stays up, says so, goes on reporting, and forgets it when there is
/// room again.
pub(crate) fn a_full_disk_is_said_and_survived(lab: &Lab) {
    lab.run(&["agent-stop", "dc3"]);
    let small = format!(
        "cp -a {FOLDER} /run/saved && mount -t tmpfs -o size=256k tmpfs {FOLDER} && \
         cp -a /run/saved/. {FOLDER} && rm -rf /run/saved"
    );
    lab.run(&["exec", "dc3", "sh", "-c", &small]);
    lab.run(&["agent-start", "dc3"]);
    lab.until("the agent reports", LIMIT, || connected(lab));
    let fill = format!("cat /dev/zero >>{FOLDER}/ballast 2>/dev/null || true");
    lab.until("the agent says that its disk is full", LIMIT, || {
        // Again and again: an acknowledged report leaves room for the next one.
        lab.run(&["exec", "dc3", "sh", "-c", &fill]);
        connected(lab) && notes(lab).iter().any(|note| note.contains("spool"))
    });
    println!("full disk: {:?}", notes(lab));
    lab.run(&["exec", "dc3", "rm", &format!("{FOLDER}/ballast")]);
    lab.until("the note is gone", LIMIT, || connected(lab) && notes(lab).is_empty());
    lab.run(&["agent-stop", "dc3"]);
    lab.run(&["exec", "dc3", "umount", FOLDER]);
    lab.run(&["agent-start", "dc3"]);
    lab.until("the agent is back", LIMIT, || connected(lab));
}

fn dc3(lab: &Lab) -> Value {
    let dcs: Vec<Value> = lab.ask(&["dcs"]);
    dcs.into_iter().find(|dc| dc["name"] == "dc3.lab.test").expect("dc3 is known")
}

fn connected(lab: &Lab) -> bool {
    dc3(lab)["connected"] == true
}

fn notes(lab: &Lab) -> Vec<String> {
    let notes = dc3(lab)["notes"].as_array().cloned().unwrap_or_default();
    notes.iter().map(|note| note.as_str().unwrap_or_default().to_owned()).collect()
}

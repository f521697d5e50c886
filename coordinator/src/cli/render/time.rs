//! Times, as people say them.

use epmesh_common::facts::Timestamp;

/// A time of day for people: the date only where it is not today's.
pub(crate) fn moment(at: Timestamp, now: Timestamp) -> String {
    let text = at.to_string();
    let (date, time) = text.split_once('T').unwrap_or(("", &text));
    let time = time.split('.').next().unwrap_or(time).trim_end_matches('Z');
    let today = now.to_string();
    if today.starts_with(date) { time.to_owned() } else { format!("{date} {time}") }
}

/// The age of a moment, in the unit that fits.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = at.until(now).as_secs();
    match seconds {
        0..=119 => format!("{seconds} s ago"),
        120..=7_199 => format!("{} min ago", seconds / 60),
        7_200..=172_799 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

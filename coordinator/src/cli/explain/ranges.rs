//! Lines of a file by their numbers.

/// How many stretches of lines are named.
const MAX_STRETCHES: usize = 40;

/// `3-7, 12`.
pub(super) fn lines(all: &[u32]) -> String {
    let mut stretches: Vec<(u32, u32)> = Vec::new();
    for line in all {
        match stretches.last_mut() {
            Some((_, last)) if last.saturating_add(1) == *line => *last = *line,
            _ => stretches.push((*line, *line)),
        }
    }
    let written = stretches.iter().take(MAX_STRETCHES).map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    });
    let written = written.collect::<Vec<_>>().join(", ");
    match stretches.len().checked_sub(MAX_STRETCHES) {
        None | Some(0) => written,
        Some(more) => format!("{written} and {more} more ranges"),
    }
}

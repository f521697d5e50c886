//! JSON with its line numbers, and as much of it as is there: a file that is cut off gives every value
//! that it still has.

/// The most values of one document: those of some ten thousand partners.
const MAX_VALUES: usize = 200_000;
/// The deepest nesting.
const MAX_DEPTH: usize = 16;
/// How much of a path is kept, in names; no report needs more than three.
const MAX_PATH: usize = 4;
/// How much of a name is kept, in characters.
const MAX_KEY: usize = 64;

/// A value that is no object or array, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    /// Names and numbers of what it lies in, from the outermost: `repsFrom`, `0`, `NC dn`.
    pub(super) path: Vec<String>,
    pub(super) value: String,
    /// From 0.
    pub(super) line: usize,
}

/// A document and where it ends.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) leaves: Vec<Leaf>,
    /// The byte behind it.
    pub(super) end: usize,
    /// Whether everything that was opened was closed.
    pub(super) whole: bool,
    /// Values past the limit.
    pub(super) left_out: usize,
}

#[derive(Debug)]
struct Level {
    key: Option<String>,
    count: usize,
    array: bool,
}

/// Reads the object that begins at `text[start]`, in line `line`.
pub(super) fn read(text: &str, start: usize, line: usize) -> Document {
    let bytes = text.as_bytes();
    let mut document = Document { leaves: Vec::new(), end: text.len(), whole: false, left_out: 0 };
    let mut stack: Vec<Level> = Vec::new();
    let (mut at, mut line) = (start, line);
    while let Some(byte) = bytes.get(at).copied() {
        match byte {
            b'{' | b'[' if stack.len() < MAX_DEPTH => {
                stack.push(Level { key: None, count: 0, array: byte == b'[' });
                at += 1;
            }
            b'}' | b']' => {
                stack.pop();
                at += 1;
                if stack.is_empty() {
                    document.end = at;
                    document.whole = true;
                    return document;
                }
            }
            b',' => {
                if let Some(level) = stack.last_mut() {
                    level.key = None;
                    level.count += 1;
                }
                at += 1;
            }
            b'\n' => {
                line += 1;
                at += 1;
            }
            b' ' | b'\t' | b'\r' | b':' => at += 1,
            _ => {
                let Some((value, behind)) = scalar(text, at) else {
                    // Not JSON any more: it was cut off, and something else follows.
                    document.end = at;
                    return document;
                };
                let level = stack.last_mut();
                let is_key = byte == b'"'
                    && text.get(behind..).is_some_and(|t| t.trim_start().starts_with(':'));
                match level {
                    Some(level) if is_key && !level.array => {
                        level.key = Some(value.chars().take(MAX_KEY).collect());
                    }
                    _ if document.leaves.len() < MAX_VALUES => {
                        let path = stack.iter().take(MAX_PATH).map(|level| {
                            match (&level.key, level.array) {
                                (Some(key), false) => key.clone(),
                                _ => level.count.to_string(),
                            }
                        });
                        document.leaves.push(Leaf { path: path.collect(), value, line });
                    }
                    _ => document.left_out += 1,
                }
                line += text.get(at..behind).map_or(0, |t| t.matches('\n').count());
                at = behind;
            }
        }
    }
    document
}

/// How many lines a mail program may have broken a string into.
const MAX_BROKEN: usize = 4;

/// A string, number or word; the byte behind it.
fn scalar(text: &str, at: usize) -> Option<(String, usize)> {
    let rest = text.get(at..)?;
    if !rest.starts_with('"') {
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')))
            .unwrap_or(rest.len());
        let word = rest.get(..end)?;
        let fits = matches!(word, "true" | "false" | "null") || word.parse::<f64>().is_ok();
        return fits.then(|| (word.to_owned(), at + end));
    }
    let mut escaped = false;
    let mut broken = 0;
    for (offset, c) in rest.char_indices().skip(1) {
        match c {
            '\n' if broken == MAX_BROKEN => return None,
            '\n' => broken += 1,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let end = offset + 1;
                let written = rest.get(..end)?;
                let whole: Vec<&str> = written.lines().map(str::trim_start).collect();
                let value = match broken {
                    0 => serde_json::from_str(written).ok()?,
                    _ => serde_json::from_str(&whole.join(" ").replace("  ", " ")).ok()?,
                };
                return Some((value, at + end));
            }
            _ => {}
        }
    }
    None
}

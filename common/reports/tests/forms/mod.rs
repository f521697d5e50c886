//! The forms in which an error may stand in a text.

use epmesh_reports::message_code;
use epmesh_rpc::windows_error;

/// Whether an error stands in a text in a form that is known: its number, decimal or hexadecimal, by itself or
/// as COM passes it on, its symbol, its message, its bytes.
pub(crate) fn stands(code: i64, text: &str) -> bool {
    let lower = text.to_lowercase().replace('\u{2011}', "-").replace("\\n", "\n");
    let token = |wanted: &str| {
        lower.match_indices(wanted).any(|(at, _)| {
            let before = lower[..at].chars().next_back();
            let behind = lower[at + wanted.len()..].chars().next();
            let word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            (!word(before) || wanted.starts_with("0x") || before == Some('x')) && !word(behind)
        })
    };
    let unsigned = code as u32;
    let symbol = windows_error::symbol(code).unwrap_or("?").to_lowercase();
    let bytes = unsigned.to_le_bytes().map(|byte| format!("{byte:02x}"));
    let low = unsigned & 0xffff;
    token(&code.to_string())
        || token(&unsigned.to_string())
        || token(&format!("{unsigned:x}"))
        || token(&format!("{unsigned:08x}"))
        || token(&format!("8007{low:04x}"))
        || lower.contains(&(i64::from((0x8007_0000_u32 | low) as i32)).to_string())
        || lower.contains(&symbol)
        || lower.contains(&bytes.join(" "))
        || lower.contains(&bytes.concat())
        || (code == 1753 && lower.contains("0x16c9a0d6"))
        || (code == 5 && lower.contains("access_denied"))
        || message_code(text) == Some(code)
        || text.lines().any(|line| message_code(line) == Some(code))
}

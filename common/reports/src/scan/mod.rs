//! Things that can be found in a line in any language: GUIDs, numbers, error codes, times, names.

use uuid::Uuid;

/// Every GUID in `text`, in order. `{}` and what stands around one do not matter.
pub(super) fn guids(text: &str) -> Vec<Uuid> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(piece) = text.get(at..) {
        let Some(dash) = piece.find('-') else { break };
        let start = (at + dash).wrapping_sub(8);
        match text.get(start..start.wrapping_add(36)).and_then(|guid| Uuid::try_parse(guid).ok()) {
            Some(guid) => {
                found.push(guid);
                at = start + 36;
            }
            None => at += dash + 1,
        }
    }
    found
}

/// The first GUID in `text`.
pub(super) fn guid(text: &str) -> Option<Uuid> {
    guids(text).into_iter().next()
}

/// The GUID of a `GUID._msdcs.FOREST` name in `text`.
pub(super) fn alias(text: &str) -> Option<Uuid> {
    let lower = text.to_ascii_lowercase();
    let (before, _) = lower.split_once("._msdcs.")?;
    let start = before.len().checked_sub(36)?;
    before.get(start..)?.parse().ok()
}

/// A number in its text: where it begins and ends, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) value: i64,
}

/// Every whole decimal number in `text` that is not part of a word, a time, a GUID or a hexadecimal
/// number, with its sign. Letters that are not ASCII may stand beside it: some languages write so.
pub(super) fn numbers(text: &str) -> Vec<Number> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
            continue;
        }
        let end = at + bytes.iter().skip(at).take_while(|byte| byte.is_ascii_digit()).count();
        let before = at.checked_sub(1).and_then(|i| bytes.get(i)).copied();
        let further = at.checked_sub(2).and_then(|i| bytes.get(i)).copied();
        let behind = bytes.get(end).copied();
        let beyond = bytes.get(end + 1).copied();
        let in_word =
            |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
        let negative = before == Some(b'-') && !in_word(further);
        let joins = |byte: Option<u8>| matches!(byte, Some(b':' | b'.' | b'/' | b'-' | b','));
        let digit = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_digit());
        let attached = in_word(before)
            || in_word(behind)
            || (joins(before) && digit(further))
            || (before == Some(b'-') && in_word(further))
            || (joins(behind) && digit(beyond));
        let start = if negative { at - 1 } else { at };
        if !attached
            && end - at <= 12
            && let Some(value) = text.get(start..end).and_then(|digits| digits.parse().ok())
        {
            found.push(Number { start, end, value });
        }
        at = end;
    }
    found
}

/// The number that a line begins with.
pub(super) fn leading_number(line: &str) -> Option<i64> {
    let line = line.trim_start();
    numbers(line).first().filter(|number| number.start == 0).map(|number| number.value)
}

/// An error as `1753 (0x6d9)`, where both are the same number: nothing else looks like it.
pub(super) fn paired_code(text: &str) -> Option<i64> {
    // Every line of a file is asked several times.
    if !text.contains("0x") && !text.contains("0X") {
        return None;
    }
    numbers(text).into_iter().find_map(|number| {
        let rest = text.get(number.end..)?.trim_start();
        let digits = rest.strip_prefix('(')?.trim_start();
        let digits = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"))?;
        let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
        let value = u32::from_str_radix(digits.get(..end)?, 16).ok()?;
        let same =
            i64::from(value) == number.value || i64::from(value.cast_signed()) == number.value;
        (same && !is_of_ldap(text, number)).then_some(number.value)
    })
}

/// An error as `1753 0x6d9`, `0x6d9 (1753)` or `1753/0x6d9`: the same number twice, side by side.
pub(super) fn doubled_code(text: &str) -> Option<i64> {
    if !text.contains("0x") && !text.contains("0X") {
        return None;
    }
    let numbers = numbers(text);
    let joined = |from: usize, to: usize| {
        let gap = text.get(from..to).unwrap_or_default();
        (1..=3).contains(&gap.len()) && gap.chars().all(|c| matches!(c, ' ' | '/' | '=' | '('))
    };
    text.match_indices("0x").chain(text.match_indices("0X")).take(64).find_map(|(at, _)| {
        let digits = text.get(at + 2..)?;
        let length = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
        let code = hexadecimal(text.get(at..)?).filter(|code| *code != 0)?;
        let next = numbers.partition_point(|number| number.start < at);
        let before = next.checked_sub(1).and_then(|before| numbers.get(before));
        let before = before.filter(|number| joined(number.end, at));
        let behind = numbers.get(next).filter(|number| joined(at + 2 + length, number.start));
        let same = |number: &&Number| signed(number.value) == code && !is_of_ldap(text, **number);
        before.filter(same).or(behind.filter(same)).map(|_| code)
    })
}

/// Whether a number is LDAP's own: `LDAP Error 81(0x51)`, which no Windows error has to do with.
fn is_of_ldap(text: &str, number: Number) -> bool {
    let before = text.get(..number.start).unwrap_or_default();
    before
        .split_whitespace()
        .rev()
        .take(2)
        .map(|word| word.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()))
        .any(|word| word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("ldap")))
}

/// The last number that a word for an error stands in front of: `Win32 Err 58`, `failed with error 1753`.
pub(super) fn named_code(text: &str) -> Option<i64> {
    numbers(text).into_iter().rev().find_map(|number| {
        let before = text.get(..number.start)?;
        let word = before.split_whitespace().next_back()?.trim_end_matches([':', '.', '=']);
        let names = ["err", "error", "status", "result"];
        let named = names.iter().any(|name| word.eq_ignore_ascii_case(name));
        (named && number.value != 0 && !is_of_ldap(text, number)).then_some(number.value)
    })
}

/// An error in brackets, `(1753)` or `(-2146893022)`.
pub(super) fn bracketed_code(text: &str) -> Option<i64> {
    if !text.contains('(') {
        return None;
    }
    numbers(text).into_iter().find_map(|number| {
        let before = text.get(..number.start)?.trim_end();
        let behind = text.get(number.end..)?.trim_start();
        (before.ends_with('(') && behind.starts_with(')')).then_some(number.value)
    })
}

/// A hexadecimal number written `0x…`, as Windows counts its errors.
pub(super) fn hexadecimal(text: &str) -> Option<i64> {
    let at = text.find("0x").or_else(|| text.find("0X"))?;
    let digits = text.get(at + 2..)?;
    let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
    let value = u32::from_str_radix(digits.get(..end)?, 16).ok()?;
    Some(signed(i64::from(value)))
}

/// The first number in `text`, decimal or hexadecimal, as an error.
pub(super) fn first_code(text: &str) -> Option<i64> {
    let decimal = numbers(text).into_iter().next();
    let places = [text.find("0x"), text.find("0X")];
    let hexadecimal_at = places.into_iter().flatten().min().unwrap_or(usize::MAX);
    match decimal.filter(|one| one.start < hexadecimal_at) {
        Some(one) => Some(signed(one.value)),
        None => hexadecimal(text),
    }
}

/// Security and COM errors as tools print them: negative.
pub(super) fn signed(code: i64) -> i64 {
    match u32::try_from(code) {
        Ok(code) => i64::from(code.cast_signed()),
        Err(_) => code,
    }
}

/// A character of a code page that is not known.
const STRANGE: char = char::REPLACEMENT_CHARACTER;

/// A site and a server of it, `SITE\SERVER`, at the start of `text`; the third is what follows.
pub(super) fn site_and_server(text: &str) -> Option<(&str, &str, &str)> {
    let (site, rest) = split_site(text)?;
    let is_name =
        |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '<' | '>' | STRANGE);
    let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
    let (server, behind) = rest.split_at_checked(end)?;
    let mut before = ' ';
    // A site may have blanks in its name, and a character of two bytes anything for its second.
    let named = site.chars().all(|c| {
        let half = std::mem::replace(&mut before, c) == STRANGE && c.is_ascii_graphic();
        is_name(c) || matches!(c, ' ' | '&' | '\'' | '(' | ')' | '+') || half
    });
    let fits = named
        && !site.is_empty()
        && site.chars().count() <= 128
        && !server.is_empty()
        && !site.starts_with(' ')
        && !site.ends_with(' ');
    fits.then_some((site, server, behind))
}

/// At the backslash that ends the site. In the code pages of East Asia one may be half a character: it
/// is, behind an unknown byte, where the next backslash follows at once or behind more of such.
fn split_site(text: &str) -> Option<(&str, &str)> {
    let mut places = text.match_indices('\\').map(|(at, _)| at).take(16).peekable();
    while let Some(at) = places.next() {
        let (site, rest) = (text.get(..at)?, text.get(at + 1..)?);
        let between = places.peek().and_then(|next| text.get(at + 1..*next));
        let half = site.ends_with(STRANGE)
            && between.is_some_and(|between| between.is_empty() || between.contains(STRANGE));
        if !half {
            return Some((site, rest));
        }
    }
    None
}

/// `(never)` in any language, where a time would stand: a word in brackets at the end.
pub(super) fn says_never(line: &str) -> bool {
    let stops = ['.', '。', ' ', STRANGE];
    let inside =
        line.trim_end_matches(stops).strip_suffix(')').and_then(|line| line.rsplit_once('('));
    inside.is_some_and(|(before, word)| {
        let letters = |c: char| c.is_alphabetic() || c == STRANGE;
        !before.trim().is_empty()
            && (1..=20).contains(&word.chars().count())
            && word.chars().all(letters)
    })
}

/// Whether `text` is a distinguished name of a naming context, or the beginning of one.
pub(super) fn is_dn(text: &str) -> bool {
    let Some((kind, rest)) = text.split_once('=') else { return false };
    let kind = kind.trim();
    let kinds = ["DC", "CN", "OU", "O"];
    kinds.iter().any(|one| kind.eq_ignore_ascii_case(one)) && !rest.trim().is_empty()
}

/// Site and server of the distinguished name of an NTDS Settings object (MS-ADTS 6.1.1.2.2.1.2.1.1).
pub(super) fn ntds_settings(dn: &str) -> Option<(String, String)> {
    let at = dn.to_ascii_lowercase().find("cn=ntds settings")?;
    let mut parts = dn.get(at..)?.split(',').skip(1);
    let value = |part: Option<&str>| Some(part?.split_once('=')?.1.trim().to_owned());
    let server = value(parts.next())?;
    let servers = value(parts.next())?;
    let site = value(parts.next())?;
    (servers.eq_ignore_ascii_case("servers") && !server.is_empty()).then_some((site, server))
}

/// Whether `text` may be a host name: letters, digits, `-`, `_` and dots, and not only digits.
pub(super) fn is_host(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=253).contains(&text.len())
        && text.chars().all(fits)
        && !text.starts_with(['-', '.'])
        && text.contains(|c: char| c.is_ascii_alphabetic())
}

/// Whether a name has what a word of a sentence has not: a digit, a dot or a hyphen.
pub(super) fn is_no_word(name: &str) -> bool {
    name.contains(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'))
}

/// The command behind the prompt of a shell, which may be nothing: `C:\>repadmin /showrepl`, `PS C:\> …`,
/// `[root@dc1 ~]# …`.
pub(super) fn behind_prompt(line: &str) -> Option<&str> {
    let shell = line.strip_prefix("PS ").unwrap_or(line);
    if let [letter, b':', b'\\', ..] = shell.as_bytes()
        && letter.is_ascii_alphabetic()
    {
        let (folder, command) = shell.split_once('>')?;
        let named = folder.len() <= 200 && !folder.contains(['"', '<', '|']);
        return named.then(|| command.trim());
    }
    let rest = line.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (who, command) = rest.or_else(|| {
        let at = line.find(['$', '#'])?;
        let (who, command) = line.split_at_checked(at)?;
        Some((who, command))
    })?;
    let command = command.strip_prefix(['$', '#'])?.strip_prefix(' ')?;
    (who.contains('@') && who.len() <= 100).then(|| command.trim())
}

mod moment;
pub(super) use self::moment::moments;

#[cfg(test)]
mod tests;

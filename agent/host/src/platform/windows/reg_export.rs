//! A registry over the text of an export, `Windows Registry Editor Version 5.00`, as regedit and
//! `reg export` write it: what the tests read in the place of a Windows host's registry.

use std::{collections::BTreeMap, io};

use thiserror::Error;

use super::registry::{Data, Registry, RegistryError, Value};

/// The first line of every export.
const HEADER: &str = "Windows Registry Editor Version 5.00";

/// The hive that facts are read from; keys of others are passed over.
const HIVE: &str = "HKEY_LOCAL_MACHINE\\";

/// The most bytes of an export that are read.
const MAX_BYTES: usize = 64 << 20;

/// An export that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExportError {
    /// The export is longer than 64 MiB.
    #[error("the registry export is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// Another format.
    #[error("the registry export does not begin with {HEADER:?}")]
    Header,
    /// A line that is neither key nor value.
    #[error("line {line} of the registry export: {reason}")]
    Line {
        /// The line, from 1, on which the value begins.
        line: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// A registry that was exported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegExport {
    /// By the key in lower case: the key as written, and its values.
    keys: BTreeMap<String, (String, Vec<Value>)>,
    /// Keys, in lower case, that answer with "access is denied".
    denied: Vec<String>,
}

impl RegExport {
    /// Reads an export: UTF-16 with a byte order mark, as regedit writes it, or UTF-8.
    ///
    /// # Errors
    /// See [`ExportError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ExportError> {
        if bytes.len() > MAX_BYTES {
            return Err(ExportError::TooLong);
        }
        let text = decode(bytes);
        let mut lines = (1..).zip(text.lines().map(str::trim_end));
        if lines.find(|(_, line)| !line.is_empty()).is_none_or(|(_, line)| line != HEADER) {
            return Err(ExportError::Header);
        }
        let mut export = Self::default();
        let mut current: Option<String> = None;
        while let Some((number, line)) = lines.next() {
            let fail = |reason| ExportError::Line { line: number, reason };
            let content = line.trim_start();
            if content.is_empty() || content.starts_with(';') {
                continue;
            }
            if let Some(key) = content.strip_prefix('[') {
                let key = key.strip_suffix(']').ok_or_else(|| fail("a key without its ]"))?;
                current = key
                    .get(..HIVE.len())
                    .filter(|hive| hive.eq_ignore_ascii_case(HIVE))
                    .and_then(|_| key.get(HIVE.len()..))
                    .map(|key| export.add_key(key));
                continue;
            }
            let mut whole = content.to_owned();
            // Only lists of bytes go on in the next line; a text may well end in a backslash.
            while whole.ends_with('\\') && !whole.ends_with('"') {
                let (_, next) = lines.next().ok_or_else(|| fail("it goes on and ends"))?;
                whole.pop();
                whole.push_str(next.trim_start());
            }
            let value = value(&whole).map_err(fail)?;
            if let Some((_, values)) = current.as_ref().and_then(|key| export.keys.get_mut(key)) {
                values.push(value);
            }
        }
        Ok(export)
    }

    /// This registry, in which the key `key` and those below it may not be read.
    #[must_use]
    pub fn denying(mut self, key: &str) -> Self {
        self.denied.push(key.to_lowercase());
        self
    }

    /// Enters a key and those above it, which an export names only where they have values.
    fn add_key(&mut self, key: &str) -> String {
        let ends = key.match_indices('\\').map(|(at, _)| at).chain([key.len()]);
        for name in ends.filter_map(|end| key.get(..end)) {
            self.keys.entry(name.to_lowercase()).or_insert_with(|| (name.to_owned(), Vec::new()));
        }
        key.to_lowercase()
    }

    fn check(&self, key: &str) -> Result<String, RegistryError> {
        let lower = key.to_lowercase();
        let within = |denied: &String| {
            lower
                .strip_prefix(denied.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('\\'))
        };
        if self.denied.iter().any(within) {
            let source = io::Error::new(io::ErrorKind::PermissionDenied, "access is denied");
            return Err(RegistryError { key: key.to_owned(), source });
        }
        Ok(lower)
    }
}

impl Registry for RegExport {
    fn values(&self, key: &str) -> Result<Option<Vec<Value>>, RegistryError> {
        let key = self.check(key)?;
        Ok(self.keys.get(&key).map(|(_, values)| values.clone()))
    }

    fn subkeys(&self, key: &str) -> Result<Option<Vec<String>>, RegistryError> {
        let key = self.check(key)?;
        if !self.keys.contains_key(&key) {
            return Ok(None);
        }
        let below = format!("{key}\\");
        let direct = self.keys.range(below.clone()..).map_while(|(lower, (name, _))| {
            lower.strip_prefix(&below)?;
            Some(name.get(below.len()..).unwrap_or_default())
        });
        Ok(Some(direct.filter(|n| !n.contains('\\')).map(str::to_owned).collect()))
    }
}

fn decode(bytes: &[u8]) -> String {
    match bytes.strip_prefix(&[0xff, 0xfe]) {
        Some(wide) => {
            let pairs = wide.as_chunks().0.iter();
            let units: Vec<u16> = pairs.map(|pair| u16::from_le_bytes(*pair)).collect();
            String::from_utf16_lossy(&units)
        }
        None => {
            let plain = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
            String::from_utf8_lossy(plain).into_owned()
        }
    }
}

/// `"name"=data` or `@=data`.
fn value(line: &str) -> Result<Value, &'static str> {
    let (name, rest) = match line.strip_prefix('@') {
        Some(rest) => (String::new(), rest),
        None => quoted(line).ok_or("a name without its quotes")?,
    };
    let data = rest.trim_start().strip_prefix('=').ok_or("a name without its =")?.trim();
    if data.starts_with('"') {
        let (text, rest) = quoted(data).ok_or("a text without its closing quote")?;
        return match rest {
            "" => Ok(Value { name, data: Data::Text(text) }),
            _ => Err("something follows the text"),
        };
    }
    let (kind, digits) = data.split_once(':').ok_or("data of no known form")?;
    if kind == "dword" {
        let number = u32::from_str_radix(digits, 16).map_err(|_| "a dword of other than digits")?;
        return Ok(Value { name, data: Data::Number(number) });
    }
    let kind = match kind.strip_prefix("hex") {
        Some("") => 3,
        Some(kind) => kind
            .strip_prefix('(')
            .and_then(|kind| kind.strip_suffix(')'))
            .and_then(|kind| u32::from_str_radix(kind, 16).ok())
            .ok_or("a type that is no number")?,
        None => return Err("data of no known form"),
    };
    let bytes = digits
        .split(',')
        .map(str::trim)
        .filter(|byte| !byte.is_empty())
        .map(|byte| u8::from_str_radix(byte, 16))
        .collect::<Result<Vec<u8>, _>>()
        .map_err(|_| "a byte that is not hexadecimal")?;
    Ok(Value { name, data: Data::from_raw(kind, bytes) })
}

/// A text in quotes at the start, with its escapes resolved, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inside = text.strip_prefix('"')?;
    let mut out = String::new();
    let mut chars = inside.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, inside.get(at + 1..)?)),
            '\\' => out.push(chars.next()?.1),
            other => out.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = r#"Windows Registry Editor Version 5.00

; a comment
[HKEY_LOCAL_MACHINE\SOFTWARE\One]
@="default"
"a \"b\" \\"="C:\\Windows\\"
"Number"=dword:0000c350
"Bytes"=hex:01,02,\
  03
"Path"=hex(2):25,00,61,00,25,00,00,00
"List"=hex(7):61,00,00,00,62,00,63,00,00,00,00,00
"Empty list"=hex(7):00,00
"Large"=hex(b):01,00,00,00,00,00,00,00

[HKEY_LOCAL_MACHINE\SOFTWARE\One\Two\Three]
"x"="y"

[HKEY_CURRENT_USER\Software]
"not"="ours"
"#;

    fn check(registry: &RegExport) {
        let value = |name: &str| registry.value("software\\one", name).expect("readable");
        assert_eq!(value(""), Some(Data::Text("default".to_owned())));
        assert_eq!(value("A \"B\" \\"), Some(Data::Text("C:\\Windows\\".to_owned())));
        assert_eq!(value("number"), Some(Data::Number(50_000)));
        assert_eq!(value("Bytes"), Some(Data::Other { kind: 3, bytes: vec![1, 2, 3] }));
        assert_eq!(value("Path"), Some(Data::Text("%a%".to_owned())));
        assert_eq!(value("List"), Some(Data::Lines(vec!["a".to_owned(), "bc".to_owned()])));
        assert_eq!(value("Empty list"), Some(Data::Lines(Vec::new())));
        assert_eq!(value("Large"), Some(Data::Large(1)));
        assert_eq!(value("gone"), None);
        let below = registry.subkeys("SOFTWARE\\ONE").expect("readable");
        assert_eq!(below, Some(vec!["Two".to_owned()]));
        assert_eq!(registry.values("SOFTWARE\\Other").expect("readable"), None);
        assert_eq!(registry.values("Software").expect("readable"), Some(Vec::new()));
    }

    #[test]
    fn reads_what_regedit_writes() {
        check(&RegExport::parse(TEXT.as_bytes()).expect("an export"));
        let wide: Vec<u8> = std::iter::once(0xfeff)
            .chain(TEXT.replace('\n', "\r\n").encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        check(&RegExport::parse(&wide).expect("an export"));
    }

    #[test]
    fn a_key_may_be_denied() {
        let registry = RegExport::parse(TEXT.as_bytes()).expect("an export");
        let registry = registry.denying("SOFTWARE\\One\\Two");
        assert!(registry.values("software\\one\\two\\three").is_err());
        assert!(registry.values("software\\one").is_ok());
    }

    #[test]
    fn says_what_it_cannot_read() {
        assert_eq!(RegExport::parse(b"REGEDIT4\n"), Err(ExportError::Header));
        for line in
            ["\"x", "\"x\"", "\"x\"=1", "\"x\"=dword:z", "\"x\"=hex(", "[HKEY", "\"a\"=hex:0,\\"]
        {
            let text = format!("{HEADER}\n[HKEY_LOCAL_MACHINE\\A]\n{line}");
            let error = RegExport::parse(text.as_bytes()).expect_err(line);
            assert!(matches!(error, ExportError::Line { line: 3, .. }), "{line}: {error}");
        }
    }

    proptest! {
        #[test]
        fn takes_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = RegExport::parse(&bytes);
        }

        #[test]
        fn takes_any_value(line in "[\"@\\\\=hexdwor:(),0-9a-f ]{0,60}") {
            let _ = value(&line);
        }
    }
}

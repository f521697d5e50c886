//! The sentences in the source: string literals that hold words, without those of tests, of attributes and of
//! invariants that nobody sees.

use std::{fs, path::Path};

use proc_macro2::{Delimiter, Literal, TokenStream, TokenTree};

use crate::{files_below, root};

/// Macros and methods whose texts only somebody who changes the code sees.
const UNSEEN: [&str; 8] = [
    "expect",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "unreachable",
    "concat",
];

/// Every file below a folder that has any, by its path, with its sentences in their order.
pub(crate) fn below(folder: &str) -> Vec<(String, Vec<String>)> {
    let files = files_below(&root().join(folder), ".rs").into_iter();
    let named = files.map(|path| {
        let name = path.strip_prefix(root()).expect("it is below").display().to_string();
        (name, path)
    });
    let in_source = named.filter(|(name, _)| {
        let is_test = |part: &str| {
            matches!(part, "tests" | "tests.rs" | "testing" | "testing.rs" | "samples.rs")
        };
        name.contains("/src/") && !name.split('/').any(is_test)
    });
    let read = in_source.map(|(name, path)| (name, of(&path)));
    read.filter(|(_, sentences)| !sentences.is_empty()).collect()
}

fn of(path: &Path) -> Vec<String> {
    let source = fs::read_to_string(path).expect("a file");
    let tokens: TokenStream =
        source.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut found = Vec::new();
    walk(tokens, &mut found);
    found
}

fn walk(tokens: TokenStream, found: &mut Vec<String>) {
    let mut tokens = tokens.into_iter().peekable();
    let mut is_unseen = false;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                tokens.next_if(|next| matches!(next, TokenTree::Punct(p) if p.as_char() == '!'));
                let Some(TokenTree::Group(attribute)) =
                    tokens.next_if(|next| matches!(next, TokenTree::Group(_)))
                else {
                    continue;
                };
                let text = attribute.stream().to_string();
                if text.starts_with("error") {
                    walk(attribute.stream(), found);
                } else if text.replace(' ', "") == "cfg(test)" {
                    skip_item(&mut tokens);
                }
            }
            TokenTree::Ident(ident) => is_unseen = UNSEEN.contains(&ident.to_string().as_str()),
            TokenTree::Group(group) => {
                if !(is_unseen && group.delimiter() == Delimiter::Parenthesis) {
                    walk(group.stream(), found);
                }
                is_unseen = false;
            }
            TokenTree::Literal(literal) => found.extend(sentence(&literal)),
            TokenTree::Punct(_) => {}
        }
    }
}

/// Past the item that an attribute speaks of.
fn skip_item(tokens: &mut impl Iterator<Item = TokenTree>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return,
            TokenTree::Punct(punct) if punct.as_char() == ';' => return,
            _ => {}
        }
    }
}

/// The text of a literal that holds at least two words, in one line.
fn sentence(literal: &Literal) -> Option<String> {
    let source = literal.to_string();
    let raw = source.strip_prefix('r').map(|rest| rest.trim_matches('#'));
    let text = match raw {
        Some(raw) => raw.trim_matches('"').to_owned(),
        None => unescaped(source.strip_prefix('"')?.strip_suffix('"')?),
    };
    let words = text.split_whitespace().filter(|word| {
        let letters = word.trim_matches(|c: char| !c.is_alphabetic());
        letters.len() > 1 && letters.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '-'))
    });
    (words.count() > 1).then(|| text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Without escapes, and without the break of a literal that goes on in the next line.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('n' | 't' | 'r') => out.push(' '),
                Some('\n') => while rest.next_if(|c| c.is_whitespace()).is_some() {},
                Some(other) => out.push(other),
                None => {}
            },
            c => out.push(c),
        }
    }
    out
}

/// Whether a sentence stands in a text, whatever was put into it: by its longest piece.
pub(crate) fn stands_in(sentence: &str, text: &str) -> bool {
    let mut pieces = vec![String::new()];
    let mut depth = 0_u32;
    for c in sentence.chars() {
        match c {
            '{' => {
                depth += 1;
                pieces.push(String::new());
            }
            '}' => depth = depth.saturating_sub(1),
            c if depth == 0 => pieces.last_mut().into_iter().for_each(|piece| piece.push(c)),
            _ => {}
        }
    }
    let longest = pieces.iter().map(|piece| piece.trim()).max_by_key(|piece| piece.len());
    longest.is_none_or(|longest| text.contains(longest))
}

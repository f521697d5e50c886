//! The names that a module defines, imports and uses.

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, Item, ItemMod, UseTree,
    spanned::Spanned as _,
    visit::{self, Visit},
};

use crate::module::Named;

/// The names that the items of one module stand for.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) items: Vec<String>,
    pub(crate) imports: Vec<(String, Named)>,
    pub(crate) globs: Vec<Named>,
    pub(crate) paths: Vec<Named>,
    /// The modules declared; they are read by themselves.
    pub(crate) modules: Vec<ItemMod>,
}

/// The attributes of an item.
pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

impl Names {
    /// Takes in one item.
    pub(crate) fn item(&mut self, item: &Item) {
        match item {
            Item::Mod(declared) => {
                self.modules.push(declared.clone());
                return;
            }
            Item::Use(used) => {
                self.imported(&used.tree, &mut Vec::new(), used.span().start().line);
                return;
            }
            Item::Const(item) => self.items.push(item.ident.to_string()),
            Item::Enum(item) => self.items.push(item.ident.to_string()),
            Item::Fn(item) => self.items.push(item.sig.ident.to_string()),
            Item::Static(item) => self.items.push(item.ident.to_string()),
            Item::Struct(item) => self.items.push(item.ident.to_string()),
            Item::Trait(item) => self.items.push(item.ident.to_string()),
            Item::Type(item) => self.items.push(item.ident.to_string()),
            Item::Union(item) => self.items.push(item.ident.to_string()),
            Item::Macro(item) => match &item.ident {
                Some(ident) => self.items.push(ident.to_string()),
                // What a macro defines is not known; the words after `enum`, `struct` or `fn`, and the
                // first one, are names that it may define.
                None => self.may_define(item.mac.tokens.clone()),
            },
            _ => {}
        }
        self.visit_item(item);
    }

    fn imported(&mut self, tree: &UseTree, before: &mut Vec<String>, line: usize) {
        let named = |before: &[String], last: Option<String>| {
            let segments = before.iter().cloned().chain(last).collect();
            Named { segments, line }
        };
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.imported(&path.tree, before, line);
                before.pop();
            }
            UseTree::Name(name) if name.ident == "self" => {
                let last = before.last().cloned().unwrap_or_default();
                self.imports.push((last, named(before, None)));
            }
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                self.imports.push((name.clone(), named(before, Some(name))));
            }
            UseTree::Rename(rename) => {
                let whole = rename.ident != "self";
                let last = whole.then(|| rename.ident.to_string());
                self.imports.push((rename.rename.to_string(), named(before, last)));
            }
            UseTree::Glob(_) => self.globs.push(named(before, None)),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.imported(tree, before, line);
                }
            }
        }
    }

    fn may_define(&mut self, tokens: TokenStream) {
        let mut defines = true;
        for token in tokens {
            match token {
                TokenTree::Ident(word) => {
                    let word = word.to_string();
                    let introduces = ["enum", "struct", "fn", "const", "trait", "type"];
                    if defines && word != "pub" {
                        self.items.push(word.clone());
                    }
                    defines = introduces.contains(&word.as_str());
                }
                // An attribute or `pub(…)` before the name.
                TokenTree::Group(_) | TokenTree::Punct(_) => {}
                TokenTree::Literal(_) => defines = false,
            }
        }
    }

    fn named(&mut self, segments: Vec<String>, line: usize) {
        if segments.len() > 1 {
            self.paths.push(Named { segments, line });
        }
    }

    /// Paths inside of a macro call, whose grammar is its own: words that `::` joins.
    fn within(&mut self, tokens: TokenStream) {
        let (mut segments, mut colons, mut line) = (Vec::new(), 0, 0);
        for token in tokens {
            match token {
                TokenTree::Ident(word) => {
                    if colons != 2 {
                        self.named(std::mem::take(&mut segments), line);
                        line = word.span().start().line;
                    }
                    segments.push(word.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' && !segments.is_empty() => {
                    colons += 1;
                }
                other => {
                    self.named(std::mem::take(&mut segments), line);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.within(group.stream());
                    }
                }
            }
        }
        self.named(segments, line);
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.named(segments, path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.within(call.tokens.clone());
    }

    fn visit_item_use(&mut self, used: &'ast syn::ItemUse) {
        // Inside of a function: what it names counts, and no name of the module comes of it.
        let mut inner = Self::default();
        inner.imported(&used.tree, &mut Vec::new(), used.span().start().line);
        self.paths.extend(inner.imports.into_iter().map(|(_, path)| path));
        self.paths.extend(inner.globs);
    }
}

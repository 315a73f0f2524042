//! What a source file says of names: the paths in it, what its `use` declarations bind, what it defines, and the modules that it has.
//!
//! In: a file's text, read as tokens, so that comments and strings say nothing and macros are read like the rest. Out: names, with the inline modules in which they stand.
//! Parts that are there for tests alone are left out. What macros make of their tokens is not known.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

/// Words behind which an item's name stands.
const ITEMS: [&str; 9] = [
    "fn", "struct", "enum", "trait", "type", "const", "static", "union", "mod",
];
/// Items that end with a semicolon, whatever braces they hold.
const UNTIL_SEMICOLON: [&str; 4] = ["use", "const", "static", "type"];

/// A module as its file has it: the file itself, or a module in its text.
#[derive(Debug, Default)]
pub(super) struct Text {
    /// Paths of two segments and more.
    pub(super) paths: Vec<Vec<String>>,
    /// Names that `use` binds here, and what they stand for; a star for all of a module.
    pub(super) bindings: Vec<(String, Vec<String>)>,
    /// Names of items.
    pub(super) defines: BTreeSet<String>,
    /// Modules in files of their own.
    pub(super) files: Vec<String>,
    /// Modules in this text.
    pub(super) inline: Vec<(String, Text)>,
}

/// Reads a file.
pub(super) fn read(text: &str) -> Result<Text, String> {
    let stream: TokenStream = text.parse().map_err(|error| format!("{error}"))?;
    let mut out = Text::default();
    scan(stream, &mut out);
    Ok(out)
}

fn scan(stream: TokenStream, out: &mut Text) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut place = 0;
    while place < tokens.len() {
        place = step(&tokens, place, out);
    }
}

/// Takes what stands at a place; the place behind it.
fn step(tokens: &[TokenTree], place: usize, out: &mut Text) -> usize {
    if is_for_tests(tokens, place) {
        return behind_item(tokens, place + 2);
    }
    let next = tokens.get(place + 1);
    match (&tokens[place], next) {
        (TokenTree::Ident(word), _) if *word == "use" => {
            let end = (place..tokens.len()).find(|at| is_punct(tokens.get(*at), ';'));
            let end = end.unwrap_or(tokens.len());
            tree(&tokens[place + 1..end], &[], out);
            end
        }
        (TokenTree::Ident(word), Some(TokenTree::Ident(name))) if *word == "mod" => {
            module(name, tokens.get(place + 2), out);
            place + 3
        }
        (TokenTree::Ident(word), Some(TokenTree::Ident(name)))
            if ITEMS.iter().any(|item| word == item) =>
        {
            out.defines.insert(name.to_string());
            place + 2
        }
        (TokenTree::Ident(_), _) => path(tokens, place, out),
        (TokenTree::Group(group), _) => {
            scan(group.stream(), out);
            place + 1
        }
        _ => place + 1,
    }
}

fn module(name: &Ident, body: Option<&TokenTree>, out: &mut Text) {
    match body {
        Some(TokenTree::Group(group)) => {
            let mut inner = Text::default();
            scan(group.stream(), &mut inner);
            out.inline.push((name.to_string(), inner));
        }
        _ => out.files.push(name.to_string()),
    }
}

/// A path that begins here.
fn path(tokens: &[TokenTree], place: usize, out: &mut Text) -> usize {
    let mut segments = Vec::new();
    let mut at = place;
    while let Some(TokenTree::Ident(ident)) = tokens.get(at) {
        segments.push(ident.to_string());
        if !is_separator(tokens, at + 1) {
            break;
        }
        at += 3;
    }
    let is_inner = place >= 2 && is_separator(tokens, place - 2);
    if segments.len() > 1 && !is_inner {
        out.paths.push(segments);
    }
    at.max(place) + 1
}

/// A tree of names behind `use`.
fn tree(tokens: &[TokenTree], before: &[String], out: &mut Text) {
    let mut segments = before.to_vec();
    let mut alias = None;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Ident(word) if *word == "as" => {
                alias = tokens.get(at + 1).map(ToString::to_string);
                at += 1;
            }
            TokenTree::Ident(word) => segments.push(word.to_string()),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                return branches(group, &segments, out);
            }
            _ if is_punct(Some(token), '*') => {
                out.paths.push(segments.clone());
                out.bindings.push(("*".to_owned(), segments));
                return;
            }
            _ => {}
        }
        at += 1;
    }
    if segments.last().is_some_and(|last| last == "self") {
        segments.pop();
    }
    if let Some(last) = segments.last() {
        let name = alias.unwrap_or_else(|| last.clone());
        out.paths.push(segments.clone());
        out.bindings.push((name, segments));
    }
}

fn branches(group: &Group, before: &[String], out: &mut Text) {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    for branch in tokens.split(|token| is_punct(Some(token), ',')) {
        if !branch.is_empty() {
            tree(branch, before, out);
        }
    }
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn is_separator(tokens: &[TokenTree], place: usize) -> bool {
    is_punct(tokens.get(place), ':') && is_punct(tokens.get(place + 1), ':')
}

/// Whether an item for tests alone begins here, with its attribute.
fn is_for_tests(tokens: &[TokenTree], place: usize) -> bool {
    let Some(TokenTree::Group(group)) = tokens.get(place + 1) else {
        return false;
    };
    is_punct(tokens.get(place), '#') && group.stream().to_string().replace(' ', "") == "cfg(test)"
}

/// The place behind the item that begins here.
fn behind_item(tokens: &[TokenTree], place: usize) -> usize {
    let mut until_semicolon = false;
    for (at, token) in tokens.iter().enumerate().skip(place) {
        match token {
            TokenTree::Ident(word) if UNTIL_SEMICOLON.iter().any(|item| word == item) => {
                until_semicolon = true;
            }
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::Brace && !until_semicolon =>
            {
                return at + 1;
            }
            token if is_punct(Some(token), ';') => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

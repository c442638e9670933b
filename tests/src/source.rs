//! A look at Rust source text: which paths it names, and where.
//!
//! It knows just enough of the language for the architecture's tests: comments, strings, `use` trees, `super`,
//! and modules written inside a file.

/// A path that a source file names, with its `use` tree unfolded and `super` resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPath {
    /// The line in the file, from 1.
    pub line: usize,
    /// The segments: the first is `crate`, or the name of another crate that was asked for.
    pub segments: Vec<String>,
}

/// The paths in `text` that begin with `crate`, with `super`, or with one of `crates`.
///
/// `module` is the file's own module path below its crate's root (`["raft", "log"]`), to which `super` refers.
pub fn named_paths(text: &str, module: &[&str], crates: &[&str]) -> Vec<NamedPath> {
    let tokens = tokens(text);
    let mut scanner = Scanner { tokens: &tokens, at: 0, found: Vec::new() };
    let mut inline = InlineModules::default();
    while let Some(token) = scanner.peek(0) {
        let continues = scanner.at > 0 && scanner.tokens[scanner.at - 1].text == "::";
        let starts = token.text == "crate" || token.text == "super" || crates.contains(&token.text.as_str());
        if starts && !continues {
            let mut here: Vec<String> = module.iter().map(|name| (*name).to_string()).collect();
            here.extend(inline.names.iter().map(|(name, _)| name.clone()));
            scanner.path(&here);
        } else {
            inline.pass(&tokens, scanner.at);
            scanner.at += 1;
        }
    }
    scanner.found
}

#[derive(Debug)]
struct Token {
    line: usize,
    text: String,
}

/// The modules written inside the file that surround the current token, each with the depth of its braces.
#[derive(Default)]
struct InlineModules {
    depth: usize,
    names: Vec<(String, usize)>,
}

impl InlineModules {
    fn pass(&mut self, tokens: &[Token], at: usize) {
        match tokens[at].text.as_str() {
            "{" => {
                self.depth += 1;
                if at >= 2 && tokens[at - 2].text == "mod" {
                    self.names.push((tokens[at - 1].text.clone(), self.depth));
                }
            }
            "}" => {
                if self.names.last().is_some_and(|(_, depth)| *depth == self.depth) {
                    self.names.pop();
                }
                self.depth = self.depth.saturating_sub(1);
            }
            _ => {}
        }
    }
}

struct Scanner<'a> {
    tokens: &'a [Token],
    at: usize,
    found: Vec<NamedPath>,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead)
    }

    fn is(&self, ahead: usize, text: &str) -> bool {
        self.peek(ahead).is_some_and(|token| token.text == text)
    }

    /// Reads a path from its first segment; `here` is the module in which it stands.
    fn path(&mut self, here: &[String]) {
        let first = &self.tokens[self.at];
        let line = first.line;
        let mut prefix = vec![first.text.clone()];
        self.at += 1;
        if prefix[0] == "super" {
            let mut above = here.len().saturating_sub(1);
            while self.is(0, "::") && self.is(1, "super") {
                above = above.saturating_sub(1);
                self.at += 2;
            }
            prefix = std::iter::once("crate".to_string()).chain(here[..above].iter().cloned()).collect();
        }
        self.rest(line, prefix);
    }

    /// Reads what follows a path's beginning, and records the paths that end in it.
    fn rest(&mut self, line: usize, mut prefix: Vec<String>) {
        while self.is(0, "::") {
            self.at += 1;
            match self.peek(0) {
                Some(open) if open.text == "{" => {
                    self.at += 1;
                    return self.group(&prefix);
                }
                Some(segment) if is_name(&segment.text) => {
                    prefix.push(segment.text.clone());
                    self.at += 1;
                }
                _ => break,
            }
        }
        self.found.push(NamedPath { line, segments: prefix });
    }

    fn group(&mut self, prefix: &[String]) {
        while let Some(token) = self.peek(0) {
            let (line, text) = (token.line, token.text.clone());
            self.at += 1;
            match text.as_str() {
                "}" => return,
                "as" => self.at += 1,
                "self" => self.found.push(NamedPath { line, segments: prefix.to_vec() }),
                name if is_name(name) => {
                    let mut path = prefix.to_vec();
                    path.push(text);
                    self.rest(line, path);
                }
                _ => {}
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Words, `::` and braces; other signs one by one; comments, strings and characters left out.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let rest = &chars[at..];
        let length = match rest[0] {
            '/' if rest.get(1) == Some(&'/') => length_until(rest, |tail| tail[0] == '\n'),
            '/' if rest.get(1) == Some(&'*') => block_comment_length(rest),
            '"' => string_length(rest),
            'r' if raw_string_length(rest).is_some() => raw_string_length(rest).unwrap_or(1),
            '\'' => quote_length(rest),
            first if first.is_alphanumeric() || first == '_' => {
                length_until(rest, |tail| !(tail[0].is_alphanumeric() || tail[0] == '_'))
            }
            ':' if rest.get(1) == Some(&':') => 2,
            _ => 1,
        };
        let piece: String = rest[..length].iter().collect();
        let is_code = !piece.starts_with("//") && !piece.starts_with("/*") && !piece.contains(['"', '\'']);
        if is_code && !piece.trim().is_empty() {
            found.push(Token { line, text: piece.clone() });
        }
        line += piece.matches('\n').count();
        at += length;
    }
    found
}

fn length_until(rest: &[char], ends: impl Fn(&[char]) -> bool) -> usize {
    (0..rest.len()).find(|&at| ends(&rest[at..])).unwrap_or(rest.len())
}

fn block_comment_length(rest: &[char]) -> usize {
    let (mut at, mut depth) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string_length(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

fn raw_string_length(rest: &[char]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|&&sign| sign == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return None;
    }
    let body = 2 + hashes;
    let closes =
        |tail: &[char]| tail[0] == '"' && tail[1..].iter().take_while(|&&sign| sign == '#').count() >= hashes;
    Some((body + length_until(&rest[body..], closes) + 1 + hashes).min(rest.len()))
}

/// A character literal whole, or the quote of a lifetime alone.
fn quote_length(rest: &[char]) -> usize {
    match rest {
        ['\'', '\\', _, tail @ ..] => 3 + length_until(tail, |tail| tail[0] == '\'') + 1,
        ['\'', _, '\'', ..] => 3,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths of a file at `raft::log`, each as `line: a::b`.
    fn paths(text: &str) -> Vec<String> {
        named_paths(text, &["raft", "log"], &["other"])
            .iter()
            .map(|path| format!("{}: {}", path.line, path.segments.join("::")))
            .collect()
    }

    #[test]
    fn a_use_tree_is_unfolded_with_the_line_of_each_leaf() {
        let text = "use crate::{\n    sim::{World, event::{self, Event as E}},\n    time::Micros,\n};\n";
        assert_eq!(
            paths(text),
            [
                "2: crate::sim::World",
                "2: crate::sim::event",
                "2: crate::sim::event::Event",
                "3: crate::time::Micros"
            ]
        );
    }

    #[test]
    fn paths_in_expressions_and_types_are_found() {
        assert_eq!(
            paths("fn f() -> crate::kv::Op { crate::sim::Setup { x: other::a::<u8>(1) } }"),
            ["1: crate::kv::Op", "1: crate::sim::Setup", "1: other::a"]
        );
    }

    #[test]
    fn super_is_resolved_also_inside_an_inline_module() {
        assert_eq!(paths("use super::ids::Term;"), ["1: crate::raft::ids::Term"]);
        assert_eq!(paths("use super::super::sim::World;"), ["1: crate::sim::World"]);
        let text = "fn f() {}\nmod tests { use super::*; fn g() {} use super::super::super::kv::Op; }\nuse super::x;";
        assert_eq!(paths(text), ["2: crate::raft::log", "2: crate::kv::Op", "3: crate::raft::x"]);
    }

    #[test]
    fn comments_strings_and_visibility_name_nothing() {
        let text = r##"
            // crate::sim::A
            /* crate::sim::B /* nested */ crate::sim::C */
            /// [`crate::sim::D`]
            pub(crate) fn f<'a>(x: &'a str) { g("crate::sim::E \" crate::sim::F", r#"crate::sim::"G"#, '"', '\'') }
            use crate::time::Micros;
        "##;
        assert_eq!(paths(text), ["5: crate", "6: crate::time::Micros"]);
    }
}

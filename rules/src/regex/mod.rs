//! Regular expressions: each compiled once, matched against whole strings.
//!
//! In: patterns as Falco takes them. Out: automata, or the reason why not. All patterns of a load share a budget of
//! memory and so of work: rule files may have as many as they like, and each may ask for megabytes.

mod posix;

use std::collections::HashMap;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::hybrid::dfa as lazy;
use regex_automata::nfa::thompson::{self, NFA};
use regex_automata::util::{pool::Pool, syntax};
use regex_automata::{Anchored, Input, MatchKind};

/// Largest program of one pattern, in bytes; beyond it, the pattern is refused, as RE2 refuses it.
const MAX_PROGRAM_BYTES: usize = 8 << 20;

/// Most bytes that the programs of all patterns of a load may take; a hundred times what a thousand real ones take. It
/// bounds the work too: compiling takes time in proportion to what comes of it, and what is refused counts as the
/// largest.
const MAX_PROGRAMS_BYTES: usize = 128 << 20;

/// Largest deterministic automaton of one pattern, in bytes; beyond it, one that is made while it matches takes over.
const MAX_AUTOMATON_BYTES: usize = 256 << 10;

/// Most bytes of sets of states that are kept while one automaton is made, for the same reason; a real one takes a tenth.
const MAX_STATE_SETS_BYTES: usize = 64 << 10;

/// Most bytes that all automata of a load may take, attempts that failed included. Such an automaton is an eighth
/// faster for some and takes long to make for others; answers are the same.
const MAX_AUTOMATA_BYTES: usize = 8 << 20;

/// A pattern that is matched without an automaton of its own remembers states in so many times the bytes of its program,
/// in each thread.
const CACHE_PER_PROGRAM: usize = 4;

/// The patterns of a load.
#[derive(Clone)]
pub(crate) struct Patterns {
    /// Rules share patterns, and a rule is compiled again when a later file changes it.
    known: HashMap<Box<str>, Result<Arc<Pattern>, String>>,
    program_bytes_left: usize,
    automaton_bytes_left: usize,
}

impl Default for Patterns {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            program_bytes_left: MAX_PROGRAMS_BYTES,
            automaton_bytes_left: MAX_AUTOMATA_BYTES,
        }
    }
}

impl Patterns {
    /// The compiled pattern; the error is the sentence for the diagnostic.
    pub(crate) fn compiled(&mut self, pattern: &str) -> Result<Arc<Pattern>, String> {
        if let Some(known) = self.known.get(pattern) {
            return known.clone();
        }
        let compiled = self.compile(pattern);
        self.known.insert(pattern.into(), compiled.clone());
        compiled
    }

    fn compile(&mut self, pattern: &str) -> Result<Arc<Pattern>, String> {
        let translated = posix::translate(pattern)
            .map_err(|reason| format!("invalid regular expression '{pattern}': {reason}"))?;
        let program = self.program(pattern, &translated)?;
        let engine = match self.automaton(&program) {
            Some(automaton) => Engine::Dense(Box::new(automaton)),
            None => Engine::Lazy(Box::new(Lazy::new(program))),
        };
        Ok(Arc::new(Pattern {
            text: pattern.as_bytes().into(),
            engine,
        }))
    }

    fn program(&mut self, pattern: &str, translated: &str) -> Result<NFA, String> {
        let limit = MAX_PROGRAM_BYTES.min(self.program_bytes_left);
        let compiled = thompson::Compiler::new()
            .configure(
                thompson::Config::new()
                    .utf8(false)
                    .which_captures(thompson::WhichCaptures::None)
                    .nfa_size_limit(Some(limit)),
            )
            // RE2's POSIX mode: `^` and `$` match at lines, `.` does not match a line break.
            .syntax(syntax::Config::new().multi_line(true).utf8(false))
            .build(translated);
        let bytes = compiled.as_ref().map_or(limit, NFA::memory_usage);
        self.program_bytes_left = self.program_bytes_left.saturating_sub(bytes);
        compiled.map_err(|_| {
            if limit < MAX_PROGRAM_BYTES {
                let most = MAX_PROGRAMS_BYTES >> 20;
                format!(
                    "the regular expressions of all rules take more than {most} MiB together: no room is left for '{pattern}'"
                )
            } else {
                format!("regular expression '{pattern}' is too large")
            }
        })
    }

    /// The automaton of a program, if it is small enough.
    fn automaton(&mut self, program: &NFA) -> Option<dense::DFA<Vec<u32>>> {
        let limit = MAX_AUTOMATON_BYTES.min(self.automaton_bytes_left);
        if limit == 0 {
            return None;
        }
        let config = dense::Config::new()
            .match_kind(MatchKind::All)
            .start_kind(StartKind::Anchored)
            .dfa_size_limit(Some(limit))
            .determinize_size_limit(Some(MAX_STATE_SETS_BYTES));
        let made = dense::Builder::new()
            .configure(config)
            .build_from_nfa(program)
            .ok();
        let bytes = made.as_ref().map_or(limit, dense::DFA::memory_usage);
        self.automaton_bytes_left = self.automaton_bytes_left.saturating_sub(bytes);
        made
    }
}

/// A compiled pattern. Two of the same text are the same.
pub(crate) struct Pattern {
    text: Box<[u8]>,
    engine: Engine,
}

enum Engine {
    Dense(Box<dense::DFA<Vec<u32>>>),
    Lazy(Box<Lazy>),
}

/// An automaton that is made while it matches.
struct Lazy {
    automaton: lazy::DFA,
    /// What each thread remembers of it.
    caches: Pool<lazy::Cache, MakeCache>,
}

type MakeCache = Box<dyn Fn() -> lazy::Cache + Send + Sync + UnwindSafe + RefUnwindSafe>;

impl Lazy {
    fn new(program: NFA) -> Self {
        let config = lazy::Config::new()
            .match_kind(MatchKind::All)
            .cache_capacity(program.memory_usage().saturating_mul(CACHE_PER_PROGRAM))
            // The least that a search needs is kept in any case.
            .skip_cache_capacity_check(true);
        // The only other reasons are word borders, which the syntax does not have, and more states than there are
        // numbers, which the program's size rules out.
        let automaton = lazy::Builder::new()
            .configure(config)
            .build_from_nfa(program)
            .expect("a program within its limit has a lazy automaton");
        let maker = automaton.clone();
        let caches: MakeCache = Box::new(move || maker.create_cache());
        Self {
            automaton,
            caches: Pool::new(caches),
        }
    }
}

impl Pattern {
    /// As the rule has it.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        let input = Input::new(text).anchored(Anchored::Yes);
        // A search can fail at bytes that an automaton was told to stop at, and none was; without a start state for
        // anchored searches, which both have; and when it was told to give up, which none was.
        let found = match &self.engine {
            Engine::Dense(automaton) => automaton.try_search_fwd(&input),
            Engine::Lazy(lazy) => lazy
                .automaton
                .try_search_fwd(&mut lazy.caches.get(), &input),
        };
        found.expect("an anchored search goes to its end").is_some()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl std::hash::Hash for Pattern {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "/{}/", self.text.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both engines must give the answer.
    fn check(pattern: &str, text: &str, expected: Option<bool>) {
        let found = |automaton_bytes_left| {
            let mut patterns = Patterns {
                automaton_bytes_left,
                ..Patterns::default()
            };
            let compiled = patterns.compiled(pattern).ok();
            compiled.map(|pattern| pattern.matches(text.as_bytes()))
        };
        assert_eq!(found(MAX_AUTOMATA_BYTES), expected, "{pattern} on {text}");
        assert_eq!(found(0), expected, "{pattern} on {text}");
    }

    #[test]
    fn the_whole_string_must_match() {
        check("^[s]{1}ysca[l]{2}$", "syscall", Some(true));
        check("yscal.*", "syscall", Some(false));
        check(".*yscal", "syscall", Some(false));
        check("a|ab", "ab", Some(true));
        check("research[0-9]+", "research12", Some(true));
        check("[[:alpha:]]+", "abc", Some(true));
        check("a{,2}", "a{,2}", Some(true));
        check("[a&&b]+", "a&b", Some(true));
        check(r"a\.b", "a.b", Some(true));
        check("a.b", "a\nb", Some(false));
        check("", "", Some(true));
        check("(a*)*", "aaab", Some(false));
    }

    #[test]
    fn what_posix_does_not_know_is_refused() {
        for pattern in [
            r"\d+", r"\w", r"\bx", "(?i)a", "*a", "(a", "a)", "[a", r"a\", "a{2,1}", "a{1001}",
        ] {
            check(pattern, "", None);
        }
    }

    /// What is too large counts as the largest, or a thousand of them would cost as much as they like.
    #[test]
    fn the_sum_of_all_patterns_has_a_limit() {
        let check = |program_bytes_left: usize, pattern: fn(usize) -> String, expected: usize| {
            let mut patterns = Patterns {
                program_bytes_left,
                ..Patterns::default()
            };
            let mut taken = 0;
            let message = loop {
                match patterns.compiled(&pattern(taken)) {
                    Err(message) if message.contains("together") => break message,
                    _ => taken += 1,
                }
            };
            assert_eq!(taken, expected);
            let told = format!(
                "take more than 128 MiB together: no room is left for '{}'",
                pattern(taken)
            );
            assert!(message.ends_with(&told), "{message}");
            // What rules share is compiled once.
            assert_eq!(patterns.compiled(&pattern(taken)).err(), Some(message));
        };
        check(1 << 20, |index| format!("(x{index}[^y]{{100}})"), 37);
        check(
            2 * MAX_PROGRAM_BYTES,
            |index| format!("((x{index}[^y]{{1000}}){{1000}}){{1000}}"),
            2,
        );
    }
}

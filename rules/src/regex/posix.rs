//! RE2's POSIX syntax, translated into the syntax of the automaton's compiler.
//!
//! In: a pattern as Falco takes it. Out: the same for whole strings in the other syntax, or the reason why it is none.
//! It is translated piece by piece, so that nothing of that other syntax (classes like `\d`, word borders, set operations)
//! slips through.

/// Largest count in `{n,m}`, RE2's own bound.
const MAX_REPEAT: u32 = 1_000;

/// Deepest nesting of groups; the compiler behind recurses.
const MAX_GROUPS: u32 = 200;

/// The pattern for whole strings.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    let translator = Translator {
        rest: pattern,
        out: String::new(),
        depth: 0,
    };
    let translated = translator.run()?;
    Ok(format!(r"(?:{translated})\z"))
}

struct Translator<'p> {
    rest: &'p str,
    out: String,
    depth: u32,
}

type Reason = String;

impl Translator<'_> {
    fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let character = characters.next()?;
        self.rest = characters.as_str();
        Some(character)
    }

    fn run(mut self) -> Result<String, Reason> {
        // Whether something stands before that a repetition can repeat.
        let mut repeatable = false;
        while let Some(character) = self.next() {
            match character {
                '(' => {
                    self.depth += 1;
                    if self.depth > MAX_GROUPS {
                        return Err("nested too deeply".to_owned());
                    }
                    self.out.push_str("(?:");
                    repeatable = false;
                }
                ')' => {
                    self.depth = self.depth.checked_sub(1).ok_or("unexpected )")?;
                    self.out.push(')');
                    repeatable = true;
                }
                '|' => {
                    self.out.push('|');
                    repeatable = false;
                }
                '*' | '+' | '?' => {
                    self.repeat(repeatable, &character.to_string())?;
                }
                '{' => match self.counts()? {
                    Some(counts) => self.repeat(repeatable, &counts)?,
                    None => {
                        self.literal('{');
                        repeatable = true;
                    }
                },
                '.' | '^' | '$' => {
                    self.out.push(character);
                    repeatable = true;
                }
                '[' => {
                    self.class()?;
                    repeatable = true;
                }
                '\\' => {
                    let escaped = self.escape()?;
                    self.literal(escaped);
                    repeatable = true;
                }
                other => {
                    self.literal(other);
                    repeatable = true;
                }
            }
        }
        if self.depth > 0 {
            Err("missing closing )".to_owned())
        } else {
            Ok(self.out)
        }
    }

    /// A repetition applies to all before it in its group; groups keep a following `?` from changing its meaning.
    fn repeat(&mut self, repeatable: bool, operator: &str) -> Result<(), Reason> {
        if !repeatable {
            return Err(format!("no argument for repetition operator: {operator}"));
        }
        self.out.push_str(operator);
        // In POSIX syntax `a*?` repeats `a*`, it is no lazy repetition: skip what adds nothing, refuse the rest.
        while let Some(next) = self
            .rest
            .chars()
            .next()
            .filter(|next| matches!(next, '*' | '+' | '?'))
        {
            self.rest = self.rest.get(next.len_utf8()..).unwrap_or_default();
            if operator != next.to_string() {
                let star = self.out.len() - operator.len();
                self.out.truncate(star);
                self.out.push('*');
                return self.drop_repeats();
            }
        }
        Ok(())
    }

    /// After a mixture of repetitions, which is `*` whatever follows.
    fn drop_repeats(&mut self) -> Result<(), Reason> {
        self.rest = self.rest.trim_start_matches(['*', '+', '?']);
        Ok(())
    }

    /// `{n}`, `{n,}` or `{n,m}` behind a `{`; anything else is a literal brace.
    fn counts(&mut self) -> Result<Option<String>, Reason> {
        let Some((inner, after)) = self.rest.split_once('}') else {
            return Ok(None);
        };
        let (low, high) = inner
            .split_once(',')
            .map_or((inner, None), |(low, high)| (low, Some(high)));
        let is_number =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(low) || !high.is_none_or(|high| high.is_empty() || is_number(high)) {
            return Ok(None);
        }
        let within = |text: &str| {
            text.parse::<u32>()
                .ok()
                .filter(|count| *count <= MAX_REPEAT)
        };
        let invalid = || format!("invalid repetition size: {{{inner}}}");
        let low = within(low).ok_or_else(invalid)?;
        if let Some(high) = high.filter(|high| !high.is_empty())
            && within(high).is_none_or(|high| high < low)
        {
            return Err(invalid());
        }
        self.rest = after;
        Ok(Some(format!("{{{inner}}}")))
    }

    fn literal(&mut self, character: char) {
        if character.is_ascii_alphanumeric() {
            self.out.push(character);
        } else {
            let code = u32::from(character);
            self.out.push_str(&format!("\\x{{{code:x}}}"));
        }
    }

    fn escape(&mut self) -> Result<char, Reason> {
        let character = self.next().ok_or("trailing \\")?;
        let control = |code: u8| Ok(char::from(code));
        match character {
            'a' => control(7),
            'f' => control(12),
            'n' => control(10),
            'r' => control(13),
            't' => control(9),
            'v' => control(11),
            'x' => self.hexadecimal(),
            '0' => self.octal(),
            other if !other.is_ascii_alphanumeric() && other.is_ascii() => Ok(other),
            other => Err(format!("invalid escape sequence: \\{other}")),
        }
    }

    fn hexadecimal(&mut self) -> Result<char, Reason> {
        let invalid = || "invalid escape sequence: \\x".to_owned();
        let (digits, after) = match self.rest.strip_prefix('{') {
            Some(rest) => rest.split_once('}').ok_or_else(invalid)?,
            None => self.rest.split_at_checked(2).ok_or_else(invalid)?,
        };
        self.rest = after;
        u32::from_str_radix(digits, 16)
            .ok()
            .and_then(char::from_u32)
            .ok_or_else(invalid)
    }

    fn octal(&mut self) -> Result<char, Reason> {
        let length = self
            .rest
            .bytes()
            .take(2)
            .take_while(|byte| matches!(byte, b'0'..=b'7'))
            .count();
        let (digits, after) = self.rest.split_at(length);
        self.rest = after;
        let code = if digits.is_empty() {
            0
        } else {
            u8::from_str_radix(digits, 8).unwrap_or(0)
        };
        Ok(char::from(code))
    }

    /// A bracket expression behind its `[`.
    fn class(&mut self) -> Result<(), Reason> {
        self.out.push('[');
        if let Some(rest) = self.rest.strip_prefix('^') {
            self.rest = rest;
            self.out.push('^');
        }
        let mut is_first = true;
        loop {
            if let Some(class) = self.named_class()? {
                self.out.push_str(&class);
                is_first = false;
                continue;
            }
            let low = match self.next().ok_or("missing closing ]")? {
                ']' if !is_first => break,
                '\\' => self.escape()?,
                other => other,
            };
            is_first = false;
            self.literal(low);
            let is_range = self.rest.starts_with('-') && !self.rest.starts_with("-]");
            if is_range {
                self.next();
                let high = match self.next().ok_or("missing closing ]")? {
                    '\\' => self.escape()?,
                    other => other,
                };
                if high < low {
                    return Err(format!("invalid character class range: {low}-{high}"));
                }
                self.out.push('-');
                self.literal(high);
            }
        }
        self.out.push(']');
        Ok(())
    }

    /// `[:alpha:]` inside a bracket expression.
    fn named_class(&mut self) -> Result<Option<String>, Reason> {
        let Some((name, after)) = self
            .rest
            .strip_prefix("[:")
            .and_then(|rest| rest.split_once(":]"))
        else {
            return Ok(None);
        };
        let known = [
            "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print",
            "punct", "space", "upper", "word", "xdigit",
        ];
        if !known.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return Err(format!("invalid character class range: [:{name}:]"));
        }
        self.rest = after;
        Ok(Some(format!("[:{name}:]")))
    }
}

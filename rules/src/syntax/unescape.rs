//! Escape sequences of quoted strings.

/// The content of a quoted string between its quotes, or the message for an escape that is none.
///
/// A backslash before a blank stays a backslash and swallows the blank, which real rules rely on.
pub(crate) fn unescape(content: &str, quote: char) -> Result<String, String> {
    let mut out = String::with_capacity(content.len());
    let mut characters = content.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        let Some(escaped) = characters.next() else {
            break;
        };
        match escaped {
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            ' ' | '\\' => out.push('\\'),
            '/' => out.push('/'),
            '"' | '\'' if escaped == quote => out.push(escaped),
            '"' | '\'' => {
                return Err(format!(
                    "invalid \\{escaped} escape in {quote}-quoted string"
                ));
            }
            other => return Err(format!("unsupported string escape sequence: \\{other}")),
        }
    }
    Ok(out)
}
